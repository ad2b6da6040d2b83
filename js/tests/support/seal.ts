import type { SecretMessage } from "../../src/model.gen.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** Seals a token to the key of a `call.open`, as the kernel does. */
export async function seal(
  token: string,
  to: string,
  { request_id, url, call }: Pick<SecretMessage, "request_id" | "url" | "call">,
): Promise<Omit<SecretMessage, "seq">> {
  const { subtle } = crypto;
  const point = Uint8Array.from(atob(to), (char) => char.charCodeAt(0));
  const page = await subtle.importKey("raw", point, CURVE, false, []);
  const own = (await subtle.generateKey(CURVE, false, ["deriveBits"])) as CryptoKeyPair;
  const shared = await subtle.deriveBits({ name: "ECDH", public: page }, own.privateKey, 256);
  const hkdf = await subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const info = utf8(`voice_widget secret ${request_id}`);
  const bits = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info }, hkdf, 256);
  const key = await subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: utf8(url) }, key, utf8(token));
  const kernel = await subtle.exportKey("raw", own.publicKey);
  return {
    type: "secret",
    request_id,
    call,
    url,
    key: base64(kernel),
    nonce: base64(nonce),
    sealed: base64(sealed),
    connect_ms: 2500,
  };
}
