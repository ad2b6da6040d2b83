import { expect, test } from "vitest";
import { tool } from "../../dev/lines.ts";
import type { ToolRow } from "../../src/model.gen.ts";
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

test("of a turn that is redacted no word is left", () => {
  const store = storeWith(row());
  store.take({ type: "text", seq: 1, item_id: "item_1", delta: "My number", audio_start_ms: 0 });
  store.take({ type: "row", seq: 2, row: row({ text: "My number", status: "completed" }) });
  store.take({ type: "row", seq: 3, row: row({ text: "", text_heard: "", status: "completed" }) });
  expect(store.get("item_1")?.words).toEqual([]);
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

const result = (number: number, item_id = "item_1") => ({ number, item_id, label: `table ${number}`, under: [] });

test("a snapshot removes what is gone and keeps results of what stays", () => {
  const store = storeWith(row(), row({ item_id: "old", seq: 2 }));
  store.take({ type: "result", seq: 1, result: result(0) });
  store.take({ type: "snapshot", seq: 2, page: "", rows: [row()] });
  expect(store.lines.map((line) => [line.row.item_id, line.results])).toEqual([["item_1", [result(0)]]]);
});

test("a snapshot brings the results to a page that was not there for them, each once and in their order", () => {
  const store = new Store();
  const results = [result(0), result(1, "gone"), result(2)];
  for (const seq of [1, 2]) store.take({ type: "snapshot", seq, page: "", rows: [row()], results });
  store.take({ type: "result", seq: 3, result: result(2) });
  expect(store.lines.map((line) => line.results)).toEqual([[result(0), result(2)]]);
});

test("what came before its row stands under that, and what nobody asked for under the first one", () => {
  const store = new Store();
  store.take({ type: "result", seq: 1, result: result(0, "") });
  store.take({ type: "result", seq: 2, result: result(1, "late") });
  for (const [seq, item_id] of ["first", "late"].entries()) {
    store.take({ type: "row", seq, row: row({ item_id, seq }) });
  }
  expect(store.lines.map((line) => line.results)).toEqual([[result(0, "")], [result(1, "late")]]);
});

test("text for unknown rows is ignored; other messages are not its business", () => {
  const store = new Store();
  store.take({ type: "text", seq: 1, item_id: "nobody", delta: "x" });
  expect(store.lines).toEqual([]);
  expect(store.take({ type: "beat", seq: 3 })).toBe(false);
});

const call = (number: number, turn_id: string | null, more: Partial<ToolRow> = {}): ToolRow => ({
  ...tool(number, "book", {}),
  turn_id,
  ...more,
});

test("calls of tools stand under their turn, each once, as they are now; those that wait are known", () => {
  const store = new Store();
  store.take({ type: "tool", seq: 1, tool: call(1, null) });
  store.take({ type: "row", seq: 2, row: row() });
  store.take({ type: "tool", seq: 3, tool: call(2, "item_1", { status: "waiting" }) });
  expect(store.lines.map(({ tools }) => tools.map(({ number }) => number))).toEqual([[1, 2]]);
  expect(store.waiting.map(({ number }) => number)).toEqual([2]);
  const done = call(2, "item_1", { status: "completed" });
  store.take({ type: "snapshot", seq: 4, page: "", rows: [row()], tools: [call(1, null), done] });
  expect(store.lines[0]?.tools[1]).toBe(done);
  expect(store.waiting).toEqual([]);
});

test("a tool that was called before anything was said stands under the first row, also after a reload, and changes there", () => {
  const store = new Store();
  const snapshot = { type: "snapshot", seq: 1, page: "", rows: [row()] };
  store.take({ ...snapshot, type: "snapshot", tools: [call(1, null, { status: "waiting" })] });
  expect(store.lines[0]?.tools).toHaveLength(1);
  store.take({ type: "tool", seq: 2, tool: call(1, null, { status: "completed" }) });
  expect(store.lines[0]?.tools.map(({ status }) => status)).toEqual(["completed"]);
  expect(store.waiting).toEqual([]);
});
