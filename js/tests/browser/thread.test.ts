import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { cdp } from "vitest/browser";
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
  return { row: of, words: text ? [{ text, start_ms: null }] : [], partial: false, results: [], tools: [] };
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
  return { lines, root, source, rows, changed: () => changed(), scroll: root.querySelector(".scroll") as HTMLElement };
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const named = (root: ShadowRoot, name: string) =>
  [...root.querySelectorAll("button")].find((one) => (one.ariaLabel ?? one.textContent?.trim()) === name);

// --- why an answer stopped -------------------------------------------------------------------------

test.each<[StoppedBy, string]>([
  ["speech", "interrupted by speech"],
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

test.each([320, 720])("where nothing hovers the copy buttons are there, and over no text: %i px", async (width) => {
  const fingers = (enabled: boolean) =>
    (cdp() as unknown as { send(method: string, params: object): Promise<unknown> }).send(
      "Emulation.setTouchEmulationEnabled",
      { enabled, maxTouchPoints: 1 },
    );
  await fingers(true);
  onTestFinished(() => fingers(false).then(() => {}));
  expect(matchMedia("(pointer: coarse)").matches).toBe(true);
  document.body.style.width = `${width}px`;
  onTestFinished(() => document.body.removeAttribute("style"));
  const { root } = show([line(0, "how many penguins are there on each of the islands"), cut]);
  const buttons = [...root.querySelectorAll<HTMLElement>(".copy, .whole")];
  expect(buttons.map((one) => getComputedStyle(one).opacity)).toEqual(["1", "1", "1"]);
  const texts = [...root.querySelectorAll(".said, s, .tag, .go, time, .role, .gap")].flatMap((one) => [
    ...one.getClientRects(),
  ]);
  for (const button of buttons) {
    const { left, right, top, bottom } = button.querySelector("svg")?.getBoundingClientRect() ?? new DOMRect();
    expect(right - left).toBeGreaterThan(8);
    const over = texts.filter((of) => of.left < right && of.right > left && of.top < bottom && of.bottom > top);
    expect(over).toEqual([]);
  }
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

/** What the page was busy with for a frame: what `act` does, drawing, the layout and the paint. */
async function busy(act: () => void): Promise<number> {
  await frame();
  const before = performance.now();
  act();
  const acted = performance.now() - before;
  let began = 0;
  requestAnimationFrame(() => (began = performance.now()));
  await frame();
  return acted + performance.now() - began;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** A new row and a word of it, so many times, in each talk in turn: the median of what that takes, and how many are long. */
async function written(...talks: { lines: Line[]; changed: () => void }[]): Promise<{ ms: number; long: number }[]> {
  const took = talks.map((): number[] => []);
  for (let i = 0; i < 20; i++) {
    for (const [which, { lines, changed }] of talks.entries()) {
      const empty = line(lines.length, "", { status: "in_progress", text_heard: null });
      for (const act of [() => lines.push(empty), () => lines.at(-1)?.words.push({ text: "three ", start_ms: 0 })]) {
        const step = () => {
          act();
          changed();
        };
        took[which]?.push(await busy(step));
      }
    }
  }
  return took.map((of) => ({ ms: median(of), long: of.filter((ms) => ms > 50).length }));
}

/** Two panels beside each other, so that what else the machine does costs both of them the same. */
function showBoth() {
  return [show(many(20)), show(many(2000))] as const;
}

test("2,000 rows are no long task: not new rows, nor words, nor the earlier ones when they are shown", async () => {
  const [few, all] = showBoth();
  const hold = async (what: string) => {
    const [floor, of] = await written(few, all);
    if (!floor || !of) throw new Error("nothing measured");
    const told = `${what}: ${of.ms} ms and ${of.long} long; of 20 rows ${floor.ms} ms and ${floor.long}`;
    console.log(told);
    expect(of.ms, told).toBeLessThan(4 * floor.ms);
    expect(of.long, told).toBeLessThanOrEqual(floor.long + 4);
  };
  await hold("the newest 200");
  // Of the earlier ones so many cost no more than the first ones did, however many there are by now.
  const earlier = () => all.root.querySelector<HTMLElement>(".earlier button");
  const more: number[] = [];
  const first: number[] = [];
  for (let i = 0; i < 10 && earlier(); i++) {
    more.push(await busy(() => earlier()?.click()));
    let other: Element | null = null;
    first.push(await busy(() => (other = show(many(200)).root.host)));
    (other as Element | null)?.remove();
  }
  expect(all.rows().length).toBeGreaterThan(2000);
  const told = `${more.map(Math.round)} ms; the first ones ${first.map(Math.round)} ms`;
  console.log(told);
  expect(median(more), told).toBeLessThan(1.5 * median(first));
  await hold("all");
});

test("a word more draws as many rows of 2,020 as of 20, and a new row no more of them", async () => {
  const drawn = async (count: number) => {
    const panel = show(many(count));
    for (let i = 0; i < 10; i++) panel.root.querySelector<HTMLElement>(".earlier button")?.click();
    expect(panel.rows()).toHaveLength(count);
    const read = new Set<string>();
    for (const { row } of panel.lines) {
      const { item_id, response_gap_ms } = row;
      // Only who draws the row asks for that.
      const get = () => {
        read.add(item_id);
        return response_gap_ms;
      };
      Object.defineProperty(row, "response_gap_ms", { get });
    }
    const during = async (act: () => void) => {
      read.clear();
      await busy(() => {
        act();
        panel.changed();
      });
      return read.size;
    };
    const last = panel.lines.at(-1);
    const word = await during(() => last?.words.push({ text: " more", start_ms: 0 }));
    expect(panel.rows().at(-1)?.textContent).toContain(" more");
    const row = await during(() => panel.lines.push(line(count, "one more")));
    expect(panel.rows()).toHaveLength(count + 1);
    panel.root.host.remove();
    return [word, row];
  };
  const few = await drawn(20);
  expect(few).toEqual([20, 20]);
  expect(await drawn(2020)).toEqual(few);
});

test("2,000 rows that are all shown: what goes on touches no other row and no selection, and the end is followed", async () => {
  const lines = many(2000);
  const panel = show(lines);
  const { root, rows, scroll } = panel;
  for (let i = 0; i < 9; i++) root.querySelector<HTMLElement>(".earlier button")?.click();
  expect(rows()).toHaveLength(2000);
  await frame();
  const old = rows()[3]?.querySelector(".said")?.firstChild as Text;
  getSelection()?.setBaseAndExtent(old, 2, old, 12);
  const touched = new Set<Node>();
  const observer = new MutationObserver((records) => {
    for (const { target } of records) touched.add(target);
  });
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  for (const one of rows().slice(0, -1)) observer.observe(one, all);
  await written(panel);
  observer.disconnect();
  expect(rows()).toHaveLength(2020);
  expect(rows().at(-1)?.textContent).toContain("three");
  expect([...touched]).toEqual([]);
  const [range] = getSelection()?.getComposedRanges({ shadowRoots: [root] }) ?? [];
  expect(range?.startContainer).toBe(old);
  expect([range?.startOffset, range?.endOffset]).toEqual([2, 12]);
  const below = () => (rows().at(-1)?.getBoundingClientRect().bottom ?? 0) - scroll.getBoundingClientRect().bottom;
  expect(below()).toBeLessThan(0);
  // A person who scrolls up through what was never laid out sees rows all the way, and each of them once.
  const seen = new Set<string>();
  for (let i = 0; scroll.scrollTop > 0 && i < 100; i++) {
    scroll.scrollTop -= 1000;
    await frame();
    const { left, top, bottom } = scroll.getBoundingClientRect();
    const inSight = new Set<string>();
    for (let y = top + 1; y < bottom; y += 10) {
      const one = root
        .elementFromPoint(left + 200, y)
        ?.closest(".row")
        ?.querySelector(".said")?.textContent;
      if (one) inSight.add(one);
    }
    expect(inSight.size).toBeGreaterThan(2);
    for (const one of inSight) seen.add(one);
  }
  expect(seen).toContain("turn 0: how many penguins are there");
  // It is there for who reads the page otherwise: as one list.
  const list = root.querySelector('[role="list"].rows');
  expect(list?.querySelectorAll('[role="listitem"]')).toHaveLength(2020);
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
