import { expect, test } from "vitest";
import { packed, unpacked } from "../../src/tab/frames.ts";

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
const text = (view: DataView) => new TextDecoder().decode(view);

test("without buffers a message is its JSON", () => {
  const data = { method: "custom", content: { ä: 1 } };
  expect(packed(data)).toBe('{"method":"custom","content":{"ä":1}}');
  expect(unpacked(packed(data) as string)).toEqual([data, []]);
});

test("with buffers it is as Python has it: the JSON's length, the JSON and the buffers", () => {
  const frame = packed({ method: "ä" }, [bytes("xyz"), bytes("")]) as Uint8Array<ArrayBuffer>;
  const head = '{"method":"ä","sizes":[3,0]}';
  expect(new DataView(frame.buffer).getUint32(0)).toBe(bytes(head).byteLength);
  expect(new TextDecoder().decode(frame.subarray(4))).toBe(`${head}xyz`);
  const [data, buffers] = unpacked(frame.buffer);
  expect(data).toEqual({ method: "ä" });
  expect(buffers.map(text)).toEqual(["xyz", ""]);
});
