import { afterEach, expect, test, vi } from "vitest";
import { answer, line, question, row, second, speaking } from "../../dev/lines.ts";
import { call, open, PAGE, type State } from "../../dev/state.ts";
import type { Row } from "../../src/model.gen.ts";
import { shown } from "./support/shown.ts";

let life = new AbortController();
afterEach(() => {
  vi.useRealTimers();
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
});

const TEXT = "Total bill, tip.";
/** An answer without sound, as the kernel tells it. */
const silent = (more: Partial<Row> = {}) =>
  line(row(4, "assistant", 18, TEXT, { text_heard: null, start_ms: null, end_ms: null, ...more }));
const made = silent({ status: "in_progress" });
const thinks = { ...call, activity: "thinking" as const };
const first: State = { traits: call, local: open, lines: [question, answer] };
const asked: State = { traits: thinks, local: open, lines: [question, answer, second] };

/** What a screen reader says beside the state, from now on. */
function listened(root: ShadowRoot): string[] {
  const heard: string[] = [];
  const watch = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node instanceof Element && node.parentElement?.closest("[role=log]")) heard.push(node.textContent ?? "");
      }
    }
  });
  watch.observe(root, { childList: true, subtree: true });
  life.signal.addEventListener("abort", () => watch.disconnect());
  return heard;
}

test.each(["panel", "floating", "overlay"] as const)(
  "%s: an answer without sound is read aloud once, when it is complete",
  async (view) => {
    const { root, turn } = shown("idle", life.signal, view);
    await turn(first);
    const heard = listened(root);
    await turn({ ...asked, lines: [...(asked.lines ?? []), made] });
    expect(heard).toEqual([]);
    const complete = { ...first, lines: [...(asked.lines ?? []), silent()] };
    await turn(complete);
    await turn(complete);
    expect(heard).toEqual([`Assistant: ${TEXT}`]);
    // Behind a modal dialog nobody would hear it.
    expect(root.querySelectorAll("[role=log]")).toHaveLength(1);
    if (view === "overlay") expect(root.querySelector("dialog [role=log]")).not.toBeNull();
  },
);

test("one that sounds here is not, nor what was interrupted, nor one that this page alone heard", async () => {
  const { root, turn } = shown(first, life.signal);
  const heard = listened(root);
  const lines = asked.lines ?? [];
  await turn({ ...asked, traits: { ...call, assistant_speaking: true }, lines: [...lines, speaking], heard: 900 });
  const { row: of } = speaking;
  await turn({ ...first, lines: [...lines, line({ ...of, status: "incomplete", text_heard: "The Gentoo" })] });
  await turn({ ...first, lines: [...lines, line({ ...of, status: "completed", text_heard: of.text })] });
  await turn({ ...first, lines: [...lines, line({ ...of, status: "completed" })] });
  // Whole before it was told that it sounds.
  await turn({ ...asked, lines: [...lines, silent()] });
  await turn({ ...first, lines: [...lines, silent({ text_heard: TEXT })] });
  expect(heard).toEqual([]);
});

test("nothing is read over a voice: it waits until nobody speaks", async () => {
  const { root, turn } = shown(first, life.signal);
  const heard = listened(root);
  const lines = [question, answer, second, silent()];
  await turn({ ...first, lines, traits: { ...call, activity: "speaking" } });
  await turn({ ...first, lines, traits: { ...call, user_speaking: true } });
  expect(heard).toEqual([]);
  await turn({ ...first, lines });
  expect(heard).toEqual([`Assistant: ${TEXT}`]);
});

test.each([
  ["held by another page", { ...call, holder: "page_there" }, {}],
  ["of another program", { ...call, holder: "" }, {}],
  ["that the browser does not play yet", call, { ...open, soundBlocked: true }],
])("in a talk %s the answers are read aloud, though they sound somewhere", async (_, traits, local) => {
  const { root, turn } = shown({ traits, local, lines: [question] }, life.signal);
  const heard = listened(root);
  await turn({ traits: { ...traits, assistant_speaking: true }, local, lines: [question, answer] });
  expect(heard).toEqual([`Assistant: ${answer.row.text}`]);
});

test("what was shown is read by its name, once nobody speaks; its text stands no longer than it takes", async () => {
  const { root, turn } = shown(first, life.signal);
  const heard = listened(root);
  const result = (number: number, label: string) => ({ number, item_id: "item_3", label, under: [PAGE] });
  const lines = [question, answer, { ...second, results: [result(1, "table · 5 rows"), result(2, "")] }];
  await turn({ ...first, lines, traits: thinks });
  expect(heard).toEqual([]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await turn({ ...first, lines });
  expect(heard).toEqual(["Shown: table · 5 rows", "Shown: Result"]);
  vi.advanceTimersByTime(6000);
  await turn({ ...first, lines });
  expect([root.querySelector("[role=log]")?.childElementCount, heard.length]).toEqual([0, 2]);
});

test("what a page finds when it comes to a talk is not read aloud", async () => {
  const { root, turn } = shown({ traits: call, lines: [question] }, life.signal);
  const heard = listened(root);
  await turn({ traits: call, lines: [question], kernel: "lost" });
  await turn({ traits: call, lines: [question, answer, second, silent()] });
  expect(heard).toEqual([]);
});
