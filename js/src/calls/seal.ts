import { PageFailure } from "../failure.ts";
import type { SecretMessage } from "../model.gen.ts";
import * as words from "../words.ts";

type Sealed = Pick<SecretMessage, "request_id" | "url" | "key" | "nonce" | "sealed">;

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const NOWHERE: SealKey = { public: "", open: () => Promise.reject(new PageFailure("cannot_unseal")) };

/** What the kernel's comm carries every page can read: a token comes sealed to a key that only this page has. */
export interface SealKey {
  /** For `call.open`; empty where the page cannot make a key. */
  readonly public: string;
  /** The token. To be kept in a local variable only: it is in no field, no log and no error. */
  open(secret: Sealed): Promise<string>;
}

/** A key for one offer. Never rejects: `crypto.subtle` is missing where the page is not secure. */
export async function makeKey(): Promise<SealKey> {
  try {
    return await sealKey(await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]));
  } catch {
    return NOWHERE;
  }
}

export async function sealKey({ publicKey, privateKey }: CryptoKeyPair): Promise<SealKey> {
  const { subtle } = crypto;
  return {
    public: btoa(String.fromCharCode(...new Uint8Array(await subtle.exportKey("raw", publicKey)))),
    async open({ request_id, url, key, nonce, sealed }) {
      try {
        const theirs = await subtle.importKey("raw", bytes(key), CURVE, false, []);
        const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256);
        const token = await subtle.decrypt(
          { name: "AES-GCM", iv: bytes(nonce), additionalData: utf8(url) },
          await subtle.deriveKey(
            {
              name: "HKDF",
              hash: "SHA-256",
              salt: new Uint8Array(),
              info: utf8(`voice_widget secret ${request_id}`),
            },
            await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]),
            { name: "AES-GCM", length: 256 },
            false,
            ["decrypt"],
          ),
          bytes(sealed),
        );
        return new TextDecoder().decode(token);
      } catch {
        throw new PageFailure("post_failed", words.detailOtherPagesToken);
      }
    },
  };
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
