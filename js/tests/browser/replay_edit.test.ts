import { afterEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { Coding, Label } from "../../src/replay/given.ts";
import { frames, LABEL, Shows } from "./support/replays.ts";

let shows: Shows;
const STRETCH: Label = { ...LABEL, number: 2, seq: null, side: null, code: "overlap", start_ms: 2000, end_ms: 3000 };

async function show(labels: readonly Label[] = [LABEL, STRETCH], coding: Partial<Coding> = {}): Promise<Shows> {
  shows = new Shows({}, 824, 1, { coder: "a", labels, ...coding });
  await shows.drawn();
  shows.kernel({ type: "alive" });
  await frames();
  return shows;
}

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
});

const pressed = (keys: string) => userEvent.keyboard(keys);
const deeds = () => shows.sent.filter(({ type }) => ["label", "relabel", "unlabel", "undo"].includes(type));
const tag = (number: number) => shows.find(`[data-number="${number}"]`);
const mark = (code: string) =>
  [...shows.picture.querySelectorAll<HTMLElement>(".label")].find((one) => one.textContent === code) as HTMLElement;
const note = () => shows.root.querySelector<HTMLInputElement>(".codes input");
const field = () => shows.find(".codes input") as HTMLInputElement;
const heard = () => shows.find(".codes [role=status]").textContent;
/** So many milliseconds are a pixel. */
const perPixel = () => 8000 / (shows.picture.querySelector(".lane") as HTMLElement).clientWidth;

/** A press at a share of the label's width, a way in milliseconds, and where it is let go. */
async function drag(label: HTMLElement, share: number, ms: number): Promise<void> {
  const { left, top, width } = label.getBoundingClientRect();
  const at = (type: string, x: number, buttons: number) =>
    label.dispatchEvent(
      new PointerEvent(type, { clientX: x, clientY: top + 4, bubbles: true, composed: true, pointerId: 1, buttons }),
    );
  // Only a real pointer can be captured.
  vi.spyOn(label, "setPointerCapture").mockImplementation(() => {});
  const from = left + share * width;
  at("pointerdown", from, 1);
  at("pointermove", from + ms / perPixel() / 2, 1);
  at("pointermove", from + ms / perPixel(), 1);
  await frames();
  at("pointerup", from + ms / perPixel(), 0);
  label.click();
}

async function picked(number: number): Promise<void> {
  tag(number).focus();
  await pressed("{Enter}");
  await vi.waitFor(() => expect(tag(number).getAttribute("aria-pressed")).toBe("true"));
}

const near = (ms: unknown, to: number) => expect(Math.abs((ms as number) - to)).toBeLessThan(perPixel() + 1);

test("a label of a stretch is dragged at its edges, and as a whole; the kernel alone says where it lies then", async () => {
  await show();
  for (const [share, ms, start, end] of [
    [0.01, -400, 1600, 3000],
    [0.99, 500, 2000, 3500],
    [0.5, 700, 2700, 3700],
    [0.5, -9000, 0, 1000],
    [0.01, 5000, 2990, 3000],
  ] as const) {
    await drag(mark("overlap"), share, ms);
    const last = deeds().at(-1);
    expect([last?.type, last?.["number"]]).toEqual(["relabel", 2]);
    near(last?.["start_ms"], start);
    near(last?.["end_ms"], end);
    shows.labels([LABEL, STRETCH]);
    await frames();
  }
  expect(deeds()).toHaveLength(5);
  // It was moved, and neither selected nor gone to; nor was a stretch begun.
  expect(shows.picture.querySelector("[data-picked]")).toBeNull();
  expect([shows.replayed.sound.ms, shows.replayed.selection]).toEqual([0, null]);
  // A press that goes nowhere is a click.
  await userEvent.click(mark("overlap"));
  await vi.waitFor(() => expect(tag(2).getAttribute("aria-pressed")).toBe("true"));
  expect(deeds()).toHaveLength(5);
});

test("where it is dragged to is shown on the way, and a pointer that is lost changes nothing", async () => {
  await show();
  const label = mark("overlap");
  vi.spyOn(label, "setPointerCapture").mockImplementation(() => {});
  const { left, width } = label.getBoundingClientRect();
  const at = (type: string, x: number) => label.dispatchEvent(new PointerEvent(type, { clientX: x, pointerId: 1 }));
  at("pointerdown", left + width / 2);
  at("pointermove", left + width / 2 + 800 / perPixel());
  near((Number.parseFloat(label.style.left) * 8000) / 100, 2800);
  at("pointercancel", 0);
  expect(label.style.left).toBe("25%");
  at("pointerup", 500);
  expect(deeds()).toEqual([]);
});

test("a turn's label, another coder's, and any without a coder, cannot be dragged", async () => {
  await show([LABEL, { ...STRETCH, coder: "CD" }]);
  for (const code of ["repair", "overlap"]) await drag(mark(code), 0.5, 500);
  expect(deeds()).toEqual([]);
  await vi.waitFor(() => expect(tag(1).getAttribute("aria-pressed")).toBe("true"));
  await pressed("{Control>}{ArrowRight}{/Control}{Alt>}{ArrowDown}{/Alt}");
  expect(deeds()).toEqual([]);
  shows.life.abort();
  document.body.replaceChildren();
  await show([STRETCH], { coder: null });
  await drag(mark("overlap"), 0.5, 500);
  expect(deeds()).toEqual([]);
});

test("keys move its start, its end and all of it, by ten milliseconds or a hundred", async () => {
  await show();
  await picked(2);
  for (const [keys, start_ms, end_ms] of [
    ["{Alt>}{ArrowLeft}{/Alt}", 1990, 3000],
    ["{Alt>}{Shift>}{ArrowRight}{/Shift}{/Alt}", 2090, 3000],
    ["{Control>}{ArrowRight}{/Control}", 2090, 3010],
    ["{Control>}{Shift>}{ArrowLeft}{/Shift}{/Control}", 2090, 2910],
    ["{Alt>}{ArrowUp}{/Alt}", 2080, 2900],
    ["{Alt>}{Shift>}{ArrowDown}{/Shift}{/Alt}", 2180, 3000],
  ] as const) {
    await pressed(keys);
    expect(deeds().at(-1)).toEqual({ type: "relabel", number: 2, start_ms, end_ms });
  }
  expect([deeds().length, shows.replayed.sound.ms]).toEqual([6, 0]);
  expect(shows.root.activeElement).toBe(tag(2));
  // What has come of it is read aloud, and seen; it is still the one.
  shows.labels([LABEL, { ...STRETCH, start_ms: 2100, end_ms: 3100 }]);
  await frames();
  expect(heard()).toBe("overlap: changed, 0:02.100 to 0:03.100");
  expect(shows.find(".codes").textContent).toContain("0:02.100 to 0:03.100");
  expect(shows.root.activeElement).toBe(tag(2));
  await pressed("{Control>}{ArrowRight}{/Control}");
  expect(deeds().at(-1)).toMatchObject({ start_ms: 2100, end_ms: 3110 });
});

test("with no label selected these keys are the notebook's, and no code's", async () => {
  await show([LABEL], { codes: [{ name: "repair", colour: null, key: "c", meaning: "" }] });
  const leaked = vi.fn();
  document.addEventListener("keydown", leaked);
  shows.replayed.sound.seek(2950);
  await frames();
  shows.find(".wave").focus();
  await pressed("{Alt>}{ArrowDown}{/Alt}{Control>}c{/Control}{F2}");
  expect(deeds()).toEqual([]);
  const keys = leaked.mock.calls.map(([event]) => event.key).filter((key) => key.length === 1 || key === "ArrowDown");
  expect(keys).toEqual(["ArrowDown", "c"]);
  document.removeEventListener("keydown", leaked);
});

test("a note is written beside the selected label, by F2 and Enter; the focus comes back to it", async () => {
  await show();
  expect(note()).toBeNull();
  await picked(1);
  await vi.waitFor(() => expect(note()?.getAttribute("aria-label")).toBe("Note to repair · a"));
  await pressed("{F2}");
  expect(shows.root.activeElement).toBe(field());
  // Keys are the field's now: neither codes, nor the talk's, nor the notebook's.
  const leaked = vi.fn();
  document.addEventListener("keydown", leaked);
  await pressed("air or o? i{ArrowLeft}[[ ");
  expect(field().value).toBe("air or o? [ i");
  expect([shows.sent.filter(({ type }) => type !== "hello"), shows.replayed.sound.ms]).toEqual([[], 0]);
  await pressed("{Enter}");
  expect(deeds()).toEqual([{ type: "relabel", number: 1, note: "air or o? [ i" }]);
  expect(shows.root.activeElement).toBe(tag(1));
  expect(leaked).not.toHaveBeenCalled();
  document.removeEventListener("keydown", leaked);
  shows.labels([{ ...LABEL, note: "air or o? [ i" }, STRETCH]);
  await frames();
  expect(heard()).toBe("repair: changed, air or o? [ i");
  expect(mark("repair").title).toBe("repair · a\nair or o? [ i");
});

test("Escape leaves a note as it was; what is left by a click is kept", async () => {
  await show([{ ...LABEL, note: "so" }, STRETCH]);
  await picked(1);
  await pressed("{F2}{End} not{Escape}");
  expect([field().value, deeds(), shows.root.activeElement]).toEqual(["so", [], tag(1)]);
  await pressed("{F2}{End} it is");
  await userEvent.click(tag(2));
  expect(deeds()).toEqual([{ type: "relabel", number: 1, note: "so it is" }]);
  await vi.waitFor(() => expect(note()?.getAttribute("aria-label")).toBe("Note to overlap · a"));
  expect(field().value).toBe("");
});

test("a note that others change shows, but for who is writing one", async () => {
  await show();
  await picked(1);
  await frames();
  shows.labels([{ ...LABEL, note: "theirs" }, STRETCH]);
  expect(field().value).toBe("theirs");
  await pressed("{F2}{End}, mine");
  shows.labels([{ ...LABEL, note: "other" }, STRETCH]);
  await frames();
  expect([field().value, shows.root.activeElement]).toEqual(["theirs, mine", field()]);
  await pressed("{Enter}");
  expect(deeds().at(-1)).toEqual({ type: "relabel", number: 1, note: "theirs, mine" });
});

test("a label that goes while its note is written takes the field, and the focus stays here", async () => {
  await show();
  await picked(2);
  await pressed("{F2}what");
  shows.labels([LABEL]);
  await frames();
  expect(note()).toBeNull();
  expect(shows.root.activeElement).toBe(shows.find(".row[data-seq='2'] .at"));
});

test("the focus goes with a label that is at another turn by now", async () => {
  await show();
  await picked(2);
  shows.labels([LABEL, { ...STRETCH, start_ms: 5000, end_ms: 6000 }]);
  expect(tag(2).closest<HTMLElement>(".row")?.dataset["seq"]).toBe("4");
  expect(shows.root.activeElement).toBe(tag(2));
});

test("without a kernel a note is read, and not written", async () => {
  await show([{ ...LABEL, note: "so" }]);
  await picked(1);
  shows.emit("comm_live_update");
  await vi.waitFor(() => expect(field().readOnly).toBe(true));
  expect(field().value).toBe("so");
});
