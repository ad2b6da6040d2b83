import { afterEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { Coding, Label, Shown } from "../../src/replay/given.ts";
import { frames, LABEL, Shows, TALK } from "./support/replays.ts";

let shows: Shows;

async function show(
  coding: Partial<Coding> & { labels?: readonly Label[] } = {},
  talk: Partial<Shown> = {},
  views = 1,
): Promise<Shows> {
  shows = new Shows(talk, 720, views, { coder: "a", ...coding });
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
const deeds = () => shows.sent.filter(({ type }) => ["label", "unlabel", "undo"].includes(type));
const code = (name: string) =>
  [...shows.root.querySelectorAll<HTMLButtonElement>(".code")].find((one) =>
    one.textContent?.includes(name),
  ) as HTMLButtonElement;
const hint = () => shows.find(".codes .hint").textContent;
const tag = (number: number) => shows.find(`[data-number="${number}"]`);
const STRETCH: Label = { ...LABEL, number: 2, seq: null, side: null, code: "overlap", start_ms: 2500, end_ms: 2950 };

test("codes have a button each, with name, key, meaning and colour", async () => {
  await show();
  const found = [...shows.root.querySelectorAll<HTMLElement>(".code")];
  expect(found.map((one) => [...one.children].map((part) => part.textContent))).toEqual([
    ["repair", "r"],
    ["overlap", "v"],
  ]);
  expect(found.map((one) => getComputedStyle(one).borderLeftColor)).toEqual(["rgb(213, 94, 0)", "rgb(0, 114, 178)"]);
  expect(found.map(({ title }) => title)).toEqual(["what was said is put right · Key r", "Key v"]);
  expect(found[0]?.getAttribute("aria-keyshortcuts")).toBe("r");
  expect(shows.find(".codes").getAttribute("aria-label")).toBe("Codes of a");
});

test("without a coder labels are shown, and nothing can be pressed", async () => {
  await show({ coder: null });
  expect(shows.root.querySelector(".codes, [data-number]")).toBeNull();
  expect(shows.find(".row[data-seq='3'] .labels").textContent).toBe("repair · a");
  shows.replayed.sound.seek(3500);
  shows.find(".wave").focus();
  await pressed("r{Delete}{Control>}z{/Control}");
  expect(deeds()).toEqual([]);
});

test("a code's key labels the turn that the voice has reached, its button too", async () => {
  await show({ labels: [] });
  expect([hint(), code("repair").disabled]).toEqual(["Go to a turn, or select a stretch, to label it.", true]);
  shows.find(".wave").focus();
  await pressed("r");
  expect(deeds()).toEqual([]);
  shows.replayed.sound.seek(2950);
  await vi.waitFor(() => expect(hint()).toBe("A code labels turn 3, P07:"));
  await pressed("r");
  expect(deeds()).toEqual([{ type: "label", code: "repair", seq: 3 }]);
  // Who hears its end and presses then, means it still.
  shows.replayed.sound.seek(4500);
  await frames();
  await pressed("R");
  code("overlap").click();
  expect(deeds().slice(1)).toEqual([
    { type: "label", code: "repair", seq: 3 },
    { type: "label", code: "overlap", seq: 3 },
  ]);
});

test("it labels the turn to which somebody goes in the transcript, also one that was typed", async () => {
  await show({ labels: [] });
  shows.root.querySelector<HTMLElement>("button.at")?.focus();
  await pressed("{ArrowDown}v");
  expect(deeds().at(-1)).toEqual({ type: "label", code: "overlap", seq: 2 });
  await pressed("{ArrowDown}{ArrowDown}{ArrowDown}r");
  expect(deeds().at(-1)).toEqual({ type: "label", code: "repair", seq: 5 });
});

test("it labels the selection, if there is one", async () => {
  await show({ labels: [STRETCH] });
  shows.replayed.sound.seek(2950);
  shows.selects([2500, 2950]);
  await vi.waitFor(() => expect(hint()).toBe("A code labels the selection:"));
  expect([code("repair"), code("overlap")].map((one) => one.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
  shows.find(".wave").focus();
  await pressed("r");
  expect(deeds()).toEqual([{ type: "label", code: "repair", start_ms: 2500, end_ms: 2950 }]);
});

test("nothing is shown as given before the kernel says so, and then in all views", async () => {
  await show({ labels: [] }, {}, 2);
  shows.replayed.sound.seek(2950);
  await frames();
  code("repair").click();
  await frames();
  expect(shows.picture.querySelector(".label")).toBeNull();
  expect(code("repair").getAttribute("aria-pressed")).toBe("false");
  shows.labels([LABEL]);
  await vi.waitFor(() => expect(code("repair").getAttribute("aria-pressed")).toBe("true"));
  expect(shows.find(".codes [role=status]").textContent).toBe("repair: given (turn 3)");
  for (const cell of shows.cells) {
    const root = cell.firstElementChild?.shadowRoot;
    expect(root?.querySelector(".row[data-seq='3'] [data-number]")?.textContent).toBe("repair · a");
    expect(root?.querySelector(".wave > div")?.shadowRoot?.querySelectorAll(".label")).toHaveLength(1);
  }
});

test("each coder has a lane, with labels in their colours, names and places, none over another", async () => {
  const other = { ...LABEL, number: 3, coder: "CD", code: "gone from the scheme" };
  const { picture } = await show({ labels: [LABEL, { ...STRETCH, end_ms: 3000 }, other] });
  const lanes = [...picture.querySelectorAll<HTMLElement>(".lane")];
  const marks = lanes.map((lane) => [...lane.querySelectorAll<HTMLElement>(".label")]);
  expect(marks.map((all) => all.map((one) => one.textContent))).toEqual([
    ["overlap", "repair"],
    ["gone from the scheme"],
  ]);
  const [first = [], second = []] = marks;
  expect(first.map((one) => [one.style.left, one.style.width])).toEqual([
    ["31.25%", "6.25%"],
    ["36.25%", "13.75%"],
  ]);
  expect(first.map((one) => getComputedStyle(one).borderLeftColor)).toEqual(["rgb(0, 114, 178)", "rgb(213, 94, 0)"]);
  const [overlap, repair] = first.map((one) => one.getBoundingClientRect());
  expect(overlap && repair && overlap.bottom <= repair.top).toBe(true);
  expect(second[0]?.style.left).toBe("36.25%");
  const coders = [...shows.root.querySelectorAll<HTMLElement>(".coder")];
  expect(coders.map((one) => one.textContent)).toEqual(["a", "CD"]);
  for (const [at, lane] of lanes.entries()) {
    expect(coders[at]?.getBoundingClientRect().top).toBeCloseTo(lane.getBoundingClientRect().top, 0);
  }
});

test("labels of stretches are listed at the turn that they lie on most", async () => {
  const between = { ...STRETCH, number: 4, start_ms: 4200, end_ms: 4700 };
  await show({ labels: [LABEL, STRETCH, between] });
  const listed = (seq: number) => [...shows.find(`.row[data-seq='${seq}'] .labels`).children].map((x) => x.textContent);
  expect([1, 2, 3, 4].map(listed)).toEqual([[], ["overlap · a"], ["repair · a", "overlap · a"], []]);
});

test("a label is selected by Tab and Enter, and Delete removes it; the focus stays here", async () => {
  await show();
  const rows = [...shows.root.querySelectorAll<HTMLElement>("button.at")];
  rows[0]?.focus();
  await pressed("{ArrowDown}{ArrowDown}{Tab}");
  expect(shows.root.activeElement).toBe(tag(1));
  await pressed("{Enter}");
  await vi.waitFor(() => expect(tag(1).getAttribute("aria-pressed")).toBe("true"));
  expect(shows.picture.querySelectorAll("[data-picked]")).toHaveLength(1);
  expect(shows.button("Remove repair · a")).toBeTruthy();
  expect(shows.replayed.sound.playing).toBe(false);
  await pressed("{Delete}");
  expect(deeds()).toEqual([{ type: "unlabel", number: 1 }]);
  shows.labels([]);
  expect(shows.root.activeElement).toBe(rows[2]);
  await frames();
  expect(shows.root.textContent).not.toContain("Remove");
  expect(shows.find(".codes [role=status]").textContent).toBe("repair: taken back (turn 3)");
});

test("a label is selected by a click in its lane, without going there; Escape selects none", async () => {
  await show();
  const mark = shows.picture.querySelector(".label") as HTMLElement;
  await userEvent.click(mark);
  await vi.waitFor(() => expect(tag(1).getAttribute("aria-pressed")).toBe("true"));
  expect([shows.replayed.sound.ms, shows.replayed.selection]).toEqual([0, null]);
  shows.find(".wave").focus();
  await pressed("{Escape}{Delete}");
  expect(deeds()).toEqual([]);
  await userEvent.click(shows.picture.querySelector(".label") as HTMLElement);
  await vi.waitFor(() => shows.button("Remove repair · a").click());
  expect(deeds()).toEqual([{ type: "unlabel", number: 1 }]);
  expect(shows.root.activeElement).toBe(shows.find(".wave"));
});

test("another coder's label cannot be selected", async () => {
  await show({ labels: [{ ...LABEL, coder: "CD" }] });
  await userEvent.click(shows.picture.querySelector(".label") as HTMLElement, { force: true });
  await frames();
  expect(shows.root.querySelector("[data-number]")).toBeNull();
  expect(shows.picture.querySelector("[data-picked]")).toBeNull();
});

test("Control and Z undo, and go no further; the button does it as well", async () => {
  await show();
  const leaked = vi.fn();
  document.addEventListener("keydown", leaked);
  shows.find(".wave").focus();
  await pressed("{Control>}z{/Control}");
  expect(deeds()).toEqual([{ type: "undo" }]);
  expect(leaked.mock.calls.filter(([event]) => event.key === "z")).toEqual([]);
  shows.button("Undo").click();
  expect(deeds()).toHaveLength(2);
  // The notebook's own pass.
  await pressed("{Control>}{Shift>}z{/Shift}{/Control}");
  expect(leaked.mock.calls.filter(([event]) => event.shiftKey && /z/i.test(event.key))).toHaveLength(1);
  document.removeEventListener("keydown", leaked);
});

test("what the kernel refuses is said, until something else is done", async () => {
  await show({ labels: [] });
  shows.replayed.sound.seek(2950);
  await frames();
  code("repair").click();
  const error = { code: "recording_failed", message: "/t cannot be written: full.", next_step: "Make room." };
  shows.kernel({ type: "label.failed", error });
  await vi.waitFor(() => expect(shows.says).toBe("/t cannot be written: full. Make room."));
  expect(code("repair").getAttribute("aria-pressed")).toBe("false");
  code("repair").click();
  await vi.waitFor(() => expect(shows.says).toBe(""));
  expect(deeds()).toHaveLength(2);
});

test("labels that cannot be read are said to be so", async () => {
  const problem = { code: "not_a_recording", message: "/t cannot be read: no.", next_step: "Let yourself read it." };
  await show({ labels: [], codes: [], problem });
  expect(shows.says).toBe("/t cannot be read: no. Let yourself read it.");
});

test("a saved view shows labels, and its buttons are off", async () => {
  shows = new Shows({}, 720, 1, { coder: "a" });
  await shows.drawn();
  shows.emit("comm_live_update");
  shows.replayed.sound.seek(2950);
  await vi.waitFor(() => expect(hint()).toBe("Labels are given with a kernel: run the cell."));
  expect([...shows.root.querySelectorAll<HTMLButtonElement>(".codes button")].every((one) => one.disabled)).toBe(true);
  expect(shows.find(".row[data-seq='3'] .labels").textContent).toBe("repair · a");
  expect(shows.picture.querySelectorAll(".label")).toHaveLength(1);
  shows.find(".wave").focus();
  await pressed("r{Control>}z{/Control}");
  expect(deeds()).toEqual([]);
});

test("a talk that lies nowhere says when its labels are saved", async () => {
  await show({ saved: false });
  expect(shows.find(".unsaved").textContent).toBe(
    "This talk lies in no folder: its labels are saved with it, by talk.save.",
  );
});

test("the keys of labels stand with the others", async () => {
  await show();
  shows.button("Keys").click();
  await frames();
  const keys = [...shows.find(".keys").querySelectorAll("dt")].map((one) => one.textContent);
  expect(keys.slice(-8)).toEqual([
    ...["A code's key", "Tab Enter", "Alt+← →", "Ctrl+← →", "Alt+↑ ↓", "F2", "Delete", "Ctrl+Z"],
  ]);
});

test("where there are no turns, labels of stretches are listed all the same", async () => {
  await show({ labels: [STRETCH] }, { turns: [], tools: [] });
  tag(2).focus();
  await pressed("{Delete}");
  expect(deeds()).toEqual([{ type: "unlabel", number: 2 }]);
  expect(TALK.turns).not.toHaveLength(0);
});
