import { expect, test } from "vitest";
import { Playhead } from "../../src/playhead.ts";
import { parts } from "../../src/view/parts.ts";
import { goesOn } from "../../src/view/transcript.ts";
import { row } from "./rows.ts";

const words = [
  { text: "Three", start_ms: 0 },
  { text: " grey", start_ms: 300 },
  { text: " birds", start_ms: 600 },
];
const line = (more = {}, text = "Three grey birds") => ({
  row: row({ text, ...more }),
  words,
  partial: false,
  results: [],
  tools: [],
});

test("words light up when their sound is reached", () => {
  expect(parts(line(), 0)).toEqual({ said: "", now: "Three", ahead: " grey birds", unheard: "" });
  expect(parts(line(), 299)).toMatchObject({ said: "", now: "Three" });
  expect(parts(line(), 300)).toEqual({ said: "Three", now: " grey", ahead: " birds", unheard: "" });
  expect(parts(line(), 5000)).toEqual({ said: "Three grey", now: " birds", ahead: "", unheard: "" });
});

test("a line that is not being spoken is all said", () => {
  expect(parts(line(), null)).toEqual({ said: "Three grey birds", now: "", ahead: "", unheard: "" });
});

test("without word times nothing is held back", () => {
  const plain = { ...line(), words: [{ text: "Three grey birds", start_ms: null }] };
  expect(parts(plain, 10)).toEqual({ said: "Three grey birds", now: "", ahead: "", unheard: "" });
});

test("an interrupted line is struck from where it was no longer heard", () => {
  const cut = line({ interrupted: true, text_heard: "Three" });
  expect(parts(cut, 400)).toEqual({ said: "Three", now: "", ahead: "", unheard: " grey birds" });
  expect(parts(line({ interrupted: true, text_heard: "" }), null)).toMatchObject({
    said: "",
    unheard: "Three grey birds",
  });
  expect(parts(line({ interrupted: true, text_heard: "Something else" }), null)).toMatchObject({ unheard: "" });
});

test("so is one that the end of the call cut off; one that was heard is whole", () => {
  expect(parts(line({ text_heard: "Three grey" }), null)).toMatchObject({ said: "Three grey", unheard: " birds" });
  expect(parts(line({ text_heard: "Three grey birds" }), null)).toMatchObject({
    said: "Three grey birds",
    unheard: "",
  });
});

test("the playhead starts with the first sound of the row, also when the sound was told first", () => {
  const head = new Playhead();
  head.row(row({ item_id: "a" }), true, 1000, false);
  expect(head.heard("a", 1500)).toBe(0);
  head.mark("user", true, 1100);
  head.mark("assistant", true, 1200);
  head.mark("assistant", true, 1900);
  expect(head.heard("a", 2000)).toBe(800);
  expect(head.heard("b", 2000)).toBeNull();

  const late = new Playhead();
  late.mark("assistant", true, 1200);
  late.row(row({ item_id: "a" }), true, 1300, true);
  expect(late.heard("a", 1400)).toBe(200);
});

test("at rest nothing is being spoken", () => {
  const head = new Playhead();
  head.row(row({ item_id: "a" }), true, 1000, false);
  head.rest();
  expect(head.heard("a", 2000)).toBeNull();
});

test("a talk that goes on from an earlier one says from how many turns", () => {
  expect([0, 1, 6].map(goesOn)).toEqual(["", "Goes on from 1 earlier turn", "Goes on from 6 earlier turns"]);
});

test("what was taken back is struck, whatever was heard of it", () => {
  for (const text_heard of [null, "Three", "Three grey birds"]) {
    const back = parts(line({ status: "rewound", text_heard }), 400);
    expect(back).toEqual({ said: "", now: "", ahead: "", unheard: "Three grey birds" });
  }
});

test("of an edited line the new text stands whole: what was heard is of the old one", () => {
  const edited = line({ text_before: "Three gray words", text_heard: "Three", interrupted: true });
  expect(parts(edited, 400)).toEqual({ said: "Three grey birds", now: "", ahead: "", unheard: "" });
});
