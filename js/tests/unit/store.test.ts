import { expect, test } from "vitest";
import { joined, Store } from "../../src/store.ts";
import { row } from "./rows.ts";

function storeWith(...rows: ReturnType<typeof row>[]): Store {
  const store = new Store();
  store.replace(rows);
  return store;
}

test("rows are ordered by their number, not by when they came", () => {
  const store = new Store();
  store.take({ type: "row", seq: 1, row: row({ seq: 2, item_id: "b" }) });
  store.take({ type: "row", seq: 2, row: row({ seq: 1, item_id: "a" }) });
  expect(store.lines.map((line) => line.row.item_id)).toEqual(["a", "b"]);
});

test("deltas are appended with their times, and the finished row keeps them", () => {
  const store = storeWith(row());
  store.take({ type: "text", seq: 1, item_id: "item_1", delta: "Three", audio_start_ms: 0 });
  store.take({ type: "text", seq: 2, item_id: "item_1", delta: " birds", audio_start_ms: 300 });
  store.take({ type: "row", seq: 3, row: row({ text: "Three birds", status: "completed" }) });
  expect(store.get("item_1")?.words).toEqual([
    { text: "Three", start_ms: 0 },
    { text: " birds", start_ms: 300 },
  ]);
});

test("a final text that says something else replaces the words", () => {
  const store = storeWith(row());
  store.take({ type: "text", seq: 1, item_id: "item_1", delta: "Tree", audio_start_ms: 0 });
  store.take({ type: "row", seq: 2, row: row({ text: "Three", status: "completed" }) });
  expect(store.get("item_1")?.words).toEqual([{ text: "Three", start_ms: null }]);
});

test("a partial of the user replaces the last one and is marked until the row is done", () => {
  const store = storeWith(row({ role: "user" }));
  store.take({ type: "text", seq: 1, item_id: "item_1", text: "how man" });
  store.take({ type: "text", seq: 2, item_id: "item_1", text: "how many" });
  const line = store.get("item_1");
  expect(line && joined(line.words)).toBe("how many");
  expect(line?.partial).toBe(true);
  store.take({ type: "row", seq: 3, row: row({ role: "user", text: "how many", status: "completed" }) });
  expect(line?.partial).toBe(false);
});

test("a snapshot removes what is gone and keeps notes of what stays", () => {
  const store = storeWith(row(), row({ item_id: "old", seq: 2 }));
  store.take({ type: "note", seq: 1, item_id: "item_1", text: "table · 4 rows" });
  store.take({ type: "snapshot", seq: 2, page: "", rows: [row()] });
  expect(store.lines.map((line) => [line.row.item_id, line.notes])).toEqual([["item_1", ["table · 4 rows"]]]);
});

test("a snapshot brings the notes to a page that was not there for them", () => {
  const store = new Store();
  const snapshot = {
    type: "snapshot",
    seq: 1,
    page: "",
    rows: [row()],
    notes: { item_1: "table · 4 rows", gone: "x" },
  };
  for (const _ of "12") store.take(snapshot as never);
  expect(store.lines.map((line) => line.notes)).toEqual([["table · 4 rows"]]);
});

test("text and notes for unknown rows are ignored; other messages are not its business", () => {
  const store = new Store();
  store.take({ type: "text", seq: 1, item_id: "nobody", delta: "x" });
  store.take({ type: "note", seq: 2, item_id: "nobody", text: "x" });
  expect(store.lines).toEqual([]);
  expect(store.take({ type: "beat", seq: 3 })).toBe(false);
});
