/** The data of a comm's message. */
export interface Data {
  readonly method: string;
  readonly [name: string]: unknown;
}

const HEAD = 4;

/** One frame for a WebSocket, as `voice_widget/own_tab/frames.py` has it: text or, with buffers, all of it in bytes. */
export function packed(data: Data, buffers: readonly ArrayBuffer[] = []): string | Uint8Array<ArrayBuffer> {
  if (buffers.length === 0) return JSON.stringify(data);
  const text = new TextEncoder().encode(JSON.stringify({ ...data, sizes: buffers.map((one) => one.byteLength) }));
  const frame = new Uint8Array(buffers.reduce((sum, one) => sum + one.byteLength, HEAD + text.length));
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, HEAD);
  let at = HEAD + text.length;
  for (const one of buffers) {
    frame.set(new Uint8Array(one), at);
    at += one.byteLength;
  }
  return frame;
}

export function unpacked(frame: string | ArrayBuffer): [Data, DataView[]] {
  if (typeof frame === "string") return [JSON.parse(frame), []];
  let at = HEAD + new DataView(frame).getUint32(0);
  const { sizes, ...data } = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, HEAD, at - HEAD)));
  const buffers = sizes.map((size: number) => {
    at += size;
    return new DataView(frame, at - size, size);
  });
  return [data, buffers];
}
