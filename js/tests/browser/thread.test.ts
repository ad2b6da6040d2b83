import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { STATES } from "../../dev/states.ts";
import type { Row, StoppedBy } from "../../src/model.gen.ts";
import type { Line } from "../../src/store.ts";
import { mountPanel } from "../../src/view/panel.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { row } from "../unit/rows.ts";
import { share } from "./support/stage.ts";

let life = new AbortController();

beforeEach(() => share());
afterEach(() => {
  life.abort();
  life = new AbortController();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function line(i: number, text: string, more: Partial<Row> = {}): Line {
  const at = new Date(Date.parse("2026-03-02T10:00:00Z") + i * 4000).toISOString();
  const of = row({
    seq: i + 1,
    item_id: `item_${i}`,
    role: i % 2 ? "assistant" : "user",
    text,
    text_heard: i % 2 ? text : null,
    status: "completed",
    start_ms: i * 4000,
    started_at: at,
    arrived_at: at,
    ...more,
  });
  return { row: of, words: text ? [{ text, start_ms: null }] : [], partial: false, results: [] };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => line(i, `turn ${i}: how many penguins are there`));

/** A panel of a call at rest, and how its source says that something has changed. */
function show(lines: Line[], more: Partial<PanelSource> = {}, state = "listening") {
  let changed = () => {};
  const source: PanelSource = {
    ...recorded(STATES[state] ?? {}),
    lines,
    attach: (view) => {
      changed = () => view.changed();
    },
    ...more,
  };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, source, life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot;
  if (!root) throw new Error("no panel");
  const rows = () => [...root.querySelectorAll<HTMLElement>(".row")];
  return { root, source, rows, changed: () => changed(), scroll: root.querySelector(".scroll") as HTMLElement };
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const named = (root: ShadowRoot, name: string) =>
  [...root.querySelectorAll("button")].find((one) => (one.ariaLabel ?? one.textContent?.trim()) === name);

// --- why an answer stopped -------------------------------------------------------------------------

test.each<[StoppedBy, string]>([
  ["speech", "interrupted: you spoke"],
  ["interrupt", "stopped by Interrupt"],
  ["token_limit", "cut off: the limit of tokens was reached"],
  ["content_filter", "stopped by the service's content filter"],
  ["call_ended", "the call ended"],
  ["call_lost", "the connection was lost"],
  ["events_lost", "cut off: some events did not arrive"],
  ["timeout", "the service said no more"],
  ["failure", "the answer failed"],
  ["unknown", "interrupted"],
])("an answer that %s stopped says: %s", (stopped_by, words) => {
  const cut = line(1, "It is three and a half.", { status: "incomplete", text_heard: "It is", stopped_by });
  const { root } = show([line(0, "how much"), cut]);
  expect(root.querySelector(".tag")?.textContent).toBe(words);
  expect(root.querySelector("s")?.textContent).toBe(" three and a half.");
});

test("one that came to its end says nothing, and one of a notebook saved before what was known then", () => {
  expect(show([line(1, "It is three.")]).root.querySelector(".tag")).toBeNull();
  const { stopped_by: _, ...old } = line(1, "It is three.", { interrupted: true }).row;
  const { root } = show([{ ...line(1, "It is three."), row: old as Row }]);
  expect(root.querySelector(".tag")?.textContent).toBe("interrupted");
});

// --- go on -----------------------------------------------------------------------------------------

const cut = line(1, "It is three and a half.", { status: "incomplete", text_heard: "It is", stopped_by: "interrupt" });
const goOn = (root: ShadowRoot) => named(root, "Go on");

test("an answer that was stopped can be gone on with: once, as if it was typed", async () => {
  let answered = () => {};
  const sendText = vi.fn(() => new Promise<null>((resolve) => (answered = () => resolve(null))));
  const { root } = show([line(0, "how much"), cut], { sendText });
  const button = goOn(root);
  button?.focus();
  expect(root.activeElement).toBe(button);
  button?.click();
  button?.click();
  expect(sendText.mock.calls).toEqual([["Go on."]]);
  await vi.waitFor(() => expect(goOn(root)).toBeUndefined());
  // What is asked for is there at once, and the keys are not lost.
  expect(root.querySelector(".row.pending .text")?.textContent).toBe("Go on.");
  expect(root.activeElement).not.toBeNull();
  answered();
});

test.each<[string, Line[]]>([
  ["it was heard to its end", [line(0, "how much"), line(1, "It is three.")]],
  ["something was said since", [cut, line(2, "thanks")]],
  ["the next answer is there", [cut, line(2, "thanks"), line(3, "You are welcome.")]],
  ["a filter ended it", [{ ...cut, row: { ...cut.row, stopped_by: "content_filter" } }]],
  ["it was said in a call that was hung up", [{ ...cut, row: { ...cut.row, stopped_by: "call_ended" } }]],
  ["it is being cut just now", [{ ...cut, row: { ...cut.row, status: "in_progress" } }]],
])("there is nothing to go on with: %s", (_, lines) => {
  expect(goOn(show(lines).root)).toBeUndefined();
});

test("a sound without words leaves it", () => {
  expect(goOn(show([cut, line(2, "", { status: "no_transcript" })]).root)).toBeDefined();
});

test.each(["speaking", "thinking", "tool", "hearing", "elsewhere", "ended", "replay", "connecting"])(
  "nor is there while the panel is %s",
  (state) => {
    expect(goOn(show([line(0, "how much"), cut], {}, state).root)).toBeUndefined();
  },
);

// --- copying ---------------------------------------------------------------------------------------

test("a row and all of the talk are copied as they were heard, also what is not drawn", async () => {
  const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  const { root, rows } = show([
    ...many(300),
    line(300, "", { status: "no_transcript" }),
    { ...cut, row: { ...cut.row, seq: 302, item_id: "cut" } },
  ]);
  rows().at(-1)?.querySelector<HTMLElement>(".copy")?.click();
  await vi.waitFor(() => expect(named(root, "Copied")).toBeDefined());
  expect(written).toHaveBeenLastCalledWith("It is");
  named(root, "Copy the transcript")?.click();
  await vi.waitFor(() => expect(root.querySelector(".whole")?.ariaLabel).toBe("Copied"));
  const lines = String(written.mock.lastCall?.[0]).split("\n");
  expect(lines).toHaveLength(301);
  expect(lines.slice(0, 2)).toEqual([
    "0:00 You: turn 0: how many penguins are there",
    "0:04 Assistant: turn 1: how many penguins are there",
  ]);
  expect(lines.at(-1)).toBe("0:04 Assistant: It is [stopped by Interrupt]");
});

test("where writeText is refused it is copied in the old way, and the focus stays", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
  const copied: string[] = [];
  let works = true;
  vi.spyOn(document, "execCommand").mockImplementation(() => {
    copied.push(root.querySelector("textarea")?.value ?? "");
    return works;
  });
  const { root } = show(many(2));
  const button = named(root, "Copy the transcript");
  button?.focus();
  button?.click();
  await vi.waitFor(() => expect(button?.ariaLabel).toBe("Copied"));
  expect(copied[0]).toContain("0:00 You: turn 0");
  expect([root.activeElement, root.querySelector("textarea")]).toEqual([button, null]);
  // And where nothing helps, that is said.
  works = false;
  button?.click();
  await vi.waitFor(() => expect(button?.ariaLabel).toBe("The browser forbids copying"));
});

test("Tab comes to the newest row's button only; up and down go from row to row", () => {
  const { rows } = show(many(4));
  const buttons = rows().map((one) => one.querySelector<HTMLElement>(".copy"));
  expect(buttons.map((one) => one?.tabIndex)).toEqual([-1, -1, -1, 0]);
  buttons[3]?.focus();
  const press = (key: string) => {
    const root = buttons[0]?.getRootNode() as ShadowRoot;
    root.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
    return buttons.indexOf(root.activeElement as HTMLElement);
  };
  expect(["ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"].map(press)).toEqual([2, 1, 2, 3, 3]);
});

// --- long talks ------------------------------------------------------------------------------------

test("earlier rows come 200 at a time, and what is looked at stays in its place", async () => {
  const { root, rows, scroll } = show(many(500));
  expect(rows()).toHaveLength(200);
  expect(rows()[0]?.textContent).toContain("turn 300:");
  scroll.scrollTop = 40;
  scroll.dispatchEvent(new Event("scroll"));
  const first = rows()[0] as HTMLElement;
  const place = first.getBoundingClientRect().top;
  named(root, "Show 200 of 300 earlier turns")?.click();
  expect(rows()).toHaveLength(400);
  // The button has another line above: a few pixels, and no row's height.
  expect(Math.abs(first.getBoundingClientRect().top - place)).toBeLessThan(2);
  named(root, "Show 100 of 100 earlier turns")?.click();
  expect(rows()).toHaveLength(500);
  expect(root.querySelector(".earlier")).toBeNull();
  // Back at the end the page is light again.
  named(root, "↓ Latest")?.click();
  await vi.waitFor(() => expect(rows()).toHaveLength(200));
});

/** How long it takes to draw a new row, then a word of it, so many times: the median, and how many tasks were long. */
async function written(lines: Line[], changed: () => void, scroll: HTMLElement): Promise<{ ms: number; long: number }> {
  const took: number[] = [];
  let long = 0;
  const count = (list: PerformanceEntryList) => (long += list.length);
  const tasks = new PerformanceObserver((list) => count(list.getEntries()));
  tasks.observe({ type: "longtask" });
  const step = async () => {
    changed();
    const before = performance.now();
    // The picture is due in the same frame: what it costs, and the layout of it.
    await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    scroll.getBoundingClientRect();
    took.push(performance.now() - before);
    await frame();
  };
  for (let i = 0; i < 20; i++) {
    lines.push(line(lines.length, "", { status: "in_progress", text_heard: null }));
    await step();
    lines.at(-1)?.words.push({ text: "three ", start_ms: 0 });
    await step();
  }
  count(tasks.takeRecords());
  tasks.disconnect();
  took.sort((a, b) => a - b);
  return { ms: took[took.length / 2] ?? 0, long };
}

test("2,000 rows: new rows and words touch no other row, no selection, and are no long task", async () => {
  // A machine that has other things to do makes long tasks of anything: so it is held against a short talk.
  const short = many(20);
  const few = show(short);
  const floor = await written(short, few.changed, few.scroll);
  life.abort();
  life = new AbortController();
  const lines = many(2000);
  const { root, rows, changed, scroll } = show(lines);
  const { ms, long } = await written(lines, changed, scroll);
  const told = `${ms} ms and ${long} long tasks; of 20 rows ${floor.ms} ms and ${floor.long}`;
  expect(ms, told).toBeLessThan(Math.max(50, 3 * floor.ms));
  expect(long, told).toBeLessThanOrEqual(floor.long + 10);
  // Also with all of them drawn.
  for (const _ of Array.from({ length: 9 })) root.querySelector<HTMLElement>(".earlier button")?.click();
  const drawn = rows().length;
  expect(drawn).toBeGreaterThan(1900);
  await frame();
  const old = rows()[3]?.querySelector(".said")?.firstChild as Text;
  getSelection()?.setBaseAndExtent(old, 2, old, 12);
  const touched = new Set<Node>();
  const observer = new MutationObserver((records) => {
    for (const { target } of records) touched.add(target);
  });
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  for (const one of rows().slice(0, -1)) observer.observe(one, all);
  await written(lines, changed, scroll);
  observer.disconnect();
  expect(rows()).toHaveLength(drawn + 20);
  expect(rows().at(-1)?.textContent).toContain("three");
  expect([...touched]).toEqual([]);
  const [range] = getSelection()?.getComposedRanges({ shadowRoots: [root] }) ?? [];
  expect(range?.startContainer).toBe(old);
  expect([range?.startOffset, range?.endOffset]).toEqual([2, 12]);
});

// --- any script ------------------------------------------------------------------------------------

const FAMILY = "👨‍👩‍👧‍👦";
test.each<[string, string, string, string]>([
  ["Arabic", "المتوسط هو ثلاثة ونصف", "المتوسط هو", "rtl"],
  ["Hebrew", "הממוצע הוא שלושה וחצי", "הממוצע הוא", "rtl"],
  ["Thai", "ค่าเฉลี่ยคือสามจุดห้า", "ค่าเฉลี่ยคือ", "ltr"],
  ["Chinese", "平均值是三点五。", "平均值是", "ltr"],
  ["Devanagari", "औसत साढ़े तीन है", "औसत साढ़े", "ltr"],
  ["emoji", `Four: ${FAMILY} and one 👍🏽 more`, `Four: ${FAMILY}`, "ltr"],
])("%s: on its own side, and heard told from unheard", (_, text, text_heard, direction) => {
  const { root, rows } = show([line(1, text, { text_heard, status: "incomplete", stopped_by: "speech" })]);
  const place = rows()[0]?.querySelector(".text") as HTMLElement;
  expect(getComputedStyle(place).direction).toBe(direction);
  expect(root.querySelector(".said")?.textContent).toBe(text_heard);
  expect(root.querySelector("s")?.textContent).toBe(text.slice(text_heard.length));
  const [panel, scroll] = [root.querySelector(".panel"), root.querySelector(".scroll")] as HTMLElement[];
  expect(panel?.scrollWidth).toBeLessThanOrEqual(panel?.clientWidth ?? 0);
  expect(scroll?.scrollWidth).toBeLessThanOrEqual(scroll?.clientWidth ?? 0);
});

test.each([
  ["a family", `${FAMILY} here`, 3, FAMILY],
  ["a colour of skin", "👍🏽 yes", 2, "👍🏽"],
  ["a Devanagari syllable", "क्षि है", 2, "क्षि"],
  ["a Thai vowel", "ที่นี่", 1, "ที่"],
])("no mark stands within what is one letter: %s", (_, text, at, letter) => {
  const heard = show([line(1, text, { text_heard: text.slice(0, at), status: "incomplete", stopped_by: "speech" })]);
  expect(heard.root.querySelector(".said")?.textContent).toBe(letter);
  // So too where a service's pieces of text end within it.
  const spoken = { ...line(1, text, { status: "in_progress", text_heard: null }) };
  spoken.words = [
    { text: text.slice(0, at), start_ms: 0 },
    { text: text.slice(at), start_ms: 300 },
  ];
  const { root } = show([spoken], { heard: () => 100 }, "speaking");
  expect(root.querySelector(".now")?.textContent).toBe(letter);
  expect(root.querySelector(".ahead")?.textContent).toBe(text.slice(letter.length));
});
