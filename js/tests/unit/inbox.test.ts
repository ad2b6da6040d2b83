import { expect, test } from "vitest";
import { Inbox, type Letter } from "../../src/inbox.ts";
import type { KernelMessage } from "../../src/model.gen.ts";

const beat = (seq: number): Letter => ({ message: { type: "beat", seq }, buffers: [] });
const snapshot = (seq: number, page = "me"): Letter => ({
  message: { type: "snapshot", seq, page, rows: [] } satisfies KernelMessage,
  buffers: [],
});
const seqs = (letters: readonly Letter[]) => letters.map((letter) => letter.message.seq);

test("begins wherever the kernel is and keeps the order", () => {
  const inbox = new Inbox("me");
  expect(seqs(inbox.take(beat(7), 0).deliver)).toEqual([7]);
  expect(seqs(inbox.take(beat(8), 0).deliver)).toEqual([8]);
});

test("drops what it has had", () => {
  const inbox = new Inbox("me");
  inbox.take(beat(1), 0);
  inbox.take(beat(2), 0);
  expect(inbox.take(beat(2), 0)).toEqual({ deliver: [], ask: null });
  expect(inbox.take(beat(1), 0)).toEqual({ deliver: [], ask: null });
});

test("asks for a gap once, holds what came after it, and delivers all in order", () => {
  const inbox = new Inbox("me");
  inbox.take(beat(1), 0);
  expect(inbox.take(beat(4), 0)).toEqual({ deliver: [], ask: { first: 2, last: 3 } });
  expect(inbox.take(beat(5), 10)).toEqual({ deliver: [], ask: null });
  expect(seqs(inbox.take(beat(2), 20).deliver)).toEqual([2]);
  expect(seqs(inbox.take(beat(3), 30).deliver)).toEqual([3, 4, 5]);
});

test("asks again when a second has passed without an answer", () => {
  const inbox = new Inbox("me");
  inbox.take(beat(1), 0);
  inbox.take(beat(4), 0);
  expect(inbox.take(beat(5), 999).ask).toBeNull();
  expect(inbox.take(beat(6), 1000).ask).toEqual({ first: 2, last: 3 });
});

test("a snapshot for this page stands for everything before it", () => {
  const inbox = new Inbox("me");
  inbox.take(beat(1), 0);
  inbox.take(beat(4), 0);
  const taken = inbox.take(snapshot(9), 0);
  expect(seqs(taken.deliver)).toEqual([4, 9]);
  expect(seqs(inbox.take(beat(10), 0).deliver)).toEqual([10]);
});

test("a snapshot for another page closes no gap", () => {
  const inbox = new Inbox("me");
  inbox.take(beat(1), 0);
  expect(inbox.take(snapshot(3, "other"), 0)).toEqual({ deliver: [], ask: { first: 2, last: 2 } });
});
