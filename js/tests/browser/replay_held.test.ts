import { afterEach, expect, test, vi } from "vitest";
import { cdp, userEvent } from "vitest/browser";
import { frames, LABEL, long, Shows, turn } from "./support/replays.ts";

let shows: Shows;

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
  document.body.removeAttribute("style");
});

const LATER = { state: "later", mime: "audio/wav", pieces: 1, where: null, error: null } as const;
const STRETCH = { ...LABEL, number: 2, seq: null, side: null, code: "overlap", start_ms: 2000, end_ms: 3000 } as const;
const settled = async () => {
  await new Promise((done) => setTimeout(done, 20));
  await frames();
};
const deeds = () => shows.sent.filter(({ type }) => ["label", "relabel", "unlabel", "select"].includes(type));
const mark = () =>
  [...shows.picture.querySelectorAll<HTMLElement>(".label")].find(
    (one) => one.textContent === "overlap",
  ) as HTMLElement;
const pressed = (keys: string) => userEvent.keyboard(keys);

/** A real mouse, which finds by itself what lies under it. */
async function mouse(type: "Pressed" | "Moved" | "Released", x: number, y: number): Promise<void> {
  const frame = window.frameElement?.getBoundingClientRect();
  const scale = frame ? frame.width / window.innerWidth : 1;
  const at = { x: x * scale + (frame?.left ?? 0), y: y * scale + (frame?.top ?? 0) };
  const buttons = type === "Released" ? 0 : 1;
  const session = cdp() as unknown as { send(method: string, given: object): Promise<void> };
  await session.send("Input.dispatchMouseEvent", {
    type: `mouse${type}`,
    ...at,
    button: "left",
    buttons,
    clickCount: 1,
  });
}

async function drag(from: readonly [number, number], by: number, half: () => Promise<void> | void): Promise<void> {
  const [x, y] = from;
  await mouse("Pressed", x, y);
  for (let at = 0; at <= by / 2; at += 10) await mouse("Moved", x + at, y);
  await half();
  await settled();
  for (let at = by / 2; at <= by; at += 10) await mouse("Moved", x + at, y);
  await mouse("Released", x + by, y);
  await settled();
}

async function show(talk: ConstructorParameters<typeof Shows>[0] = {}): Promise<void> {
  shows = new Shows(talk, 800, 1, { coder: "a", labels: [LABEL, STRETCH] });
  await shows.drawn();
  shows.kernel({ type: "alive" });
  await frames();
}

const middle = (one: Element): [number, number] => {
  const { left, top, width } = one.getBoundingClientRect();
  return [left + width / 2, top + 5];
};

/** Where the label is that lies so many pixels farther to the right. */
const later = (px: number) => {
  const by = Math.round((px * 8000) / shows.find(".wave").clientWidth);
  return { start_ms: STRETCH.start_ms + by, end_ms: STRETCH.end_ms + by };
};

test.each([
  ["nothing else is new", () => {}],
  ["the talk grows", () => shows.grows({ duration_ms: 8100 })],
  ["somebody else labels", () => shows.labels([LABEL, STRETCH, { ...LABEL, number: 3, coder: "CD" }])],
])("a label is dragged to its place while %s", async (_, meanwhile) => {
  await show({ sound: LATER });
  await drag(middle(mark()), 80, meanwhile);
  expect(deeds()).toEqual([{ type: "relabel", number: 2, ...later(80) }]);
});

test("what has come meanwhile is shown when the pointer is up", async () => {
  await show({ sound: LATER });
  await drag(middle(mark()), 80, () => shows.grows({ duration_ms: 16_000 }));
  await vi.waitFor(() => expect(mark().style.left).toBe("12.5%"));
});

test("a click on a label counts though the talk grows between down and up", async () => {
  await show({ sound: LATER });
  const [x, y] = middle(mark());
  await mouse("Pressed", x, y);
  shows.grows({ duration_ms: 8100 });
  await settled();
  await mouse("Released", x, y);
  await settled();
  expect(shows.picture.querySelectorAll("[data-picked]")).toHaveLength(1);
});

test("a label that lies under the selection is clicked and dragged", async () => {
  await show();
  shows.selects([1000, 4000]);
  await settled();
  await drag(middle(mark()), 40, () => {});
  expect(deeds()).toEqual([{ type: "relabel", number: 2, ...later(40) }]);
});

test.each([false, true])("the selection's end goes where it is dragged; the talk grows: %s", async (grows) => {
  await show({ sound: LATER });
  shows.selects([1000, 3000]);
  await settled();
  const handle = shows.picture.querySelector("[part~='region-handle-right']") as Element;
  await drag(middle(handle), 100, () => (grows ? shows.grows({ duration_ms: 8100 }) : undefined));
  expect(shows.replayed.selection?.[0]).toBe(1000);
  const dragged = 3000 + (100 * 8000) / shows.find(".wave").clientWidth;
  expect(Math.abs((shows.replayed.selection?.[1] ?? 0) - dragged)).toBeLessThan(60);
});

test("a label stays under the pointer while the picture is scrolled", async () => {
  await show(long(40));
  shows.labels([{ ...STRETCH, start_ms: 100, end_ms: 300 }]);
  for (let at = 0; at < 3; at += 1) shows.button("Zoom in").click();
  await settled();
  const scroll = shows.picture.querySelector(".scroll") as HTMLElement;
  const [x, y] = middle(mark());
  await mouse("Pressed", x, y);
  await mouse("Moved", x + 20, y);
  scroll.scrollLeft = 100;
  await settled();
  await mouse("Moved", x + 40, y);
  await settled();
  expect(Math.abs(middle(mark())[0] - (x + 40))).toBeLessThan(2);
  await mouse("Released", x + 40, y);
});

test("keys that are pressed faster than the kernel answers add up", async () => {
  await show();
  shows.find('[data-number="2"]').click();
  await frames();
  shows.find('[data-number="2"]').focus();
  await pressed("{Alt>}{ArrowDown}{ArrowDown}{ArrowDown}{/Alt}");
  expect(deeds().map(({ start_ms }) => start_ms)).toEqual([2010, 2020, 2030]);
  shows.kernel({ type: "label.failed", error: { code: "label_outside", message: "It lies outside.", next_step: "" } });
  await pressed("{Alt>}{ArrowDown}{/Alt}");
  expect(deeds().at(-1)).toMatchObject({ start_ms: 2010 });
});

test("the row in the way of Tab stays that, also when it becomes another", async () => {
  await show({ turns: [turn(1, 500, 1500), turn(2, 2000, 2500)], tools: [], sound: LATER });
  shows.find("button.at").focus();
  await pressed("{ArrowDown}");
  const tabs = () => [...shows.root.querySelectorAll<HTMLElement>("button.at")].map(({ tabIndex }) => tabIndex);
  expect(tabs()).toEqual([-1, 0]);
  shows.grows({ turns: [turn(1, 500, 1500), turn(2, 2000, 3000), turn(3, 3500, 4000)] });
  await frames();
  expect(tabs()).toEqual([-1, 0, -1]);
});

test("the focus is never lost to nothing", async () => {
  await show();
  const focused = () => shows.root.activeElement?.className;
  const remove = () => shows.find(".codes .plain[title*='Delete']");
  const pick = async () => {
    shows.find('[data-number="2"]').click();
    await frames();
  };
  const selected = async (name: string) => {
    shows.selects([1000, 3000]);
    await frames();
    shows.button(name).focus();
  };
  await selected("Clear selection");
  await pressed("{Enter}");
  await frames();
  expect(focused()).toBe("wave");
  await selected("Play selection");
  await pressed("{Escape}");
  await frames();
  expect(focused()).toBe("wave");
  shows.selects([1000, 3000]);
  await frames();
  shows.find("button.code").focus();
  await pressed("{Escape}");
  await frames();
  expect(focused()).toBe("wave");
  await pick();
  remove().focus();
  await pressed("{Escape}");
  await frames();
  expect(focused()).toBe("wave");
  await pick();
  remove().focus();
  await pressed("{Delete}");
  shows.labels([LABEL]);
  await frames();
  expect(focused()).toBe("wave");
  shows.find(".scroll").dispatchEvent(new WheelEvent("wheel"));
  await frames();
  shows.find(".latest").focus();
  await pressed("{Enter}");
  await frames();
  expect(focused()).toBe("wave");
  shows.find(".play").focus();
  shows.grows({ sound: LATER });
  await frames();
  expect(focused()).toBe("wave");
});

test("who zooms while a long talk is drawn gets the level that is needed, at once", async () => {
  const kernel = { ...LATER, state: "kernel", pieces: 60 } as const;
  await show({ ...long(400), drawn: false, levels: 4, step_ms: 640, sound: kernel });
  const asked = () => shows.sent.filter(({ type }) => type === "envelope").map(({ level }) => level);
  for (let at = 0; at < 7; at += 1) shows.button("Zoom in").click();
  await frames();
  expect(asked()).toEqual([]);
  shows.kernel({ type: "drawn", share: 1 });
  expect(asked()).toEqual([0]);
  shows.grows({ duration_ms: 80_100 });
  shows.kernel({ type: "drawn", share: 1 });
  expect(asked()).toEqual([0, 0]);
});

test("in a call nothing plays by itself once it is over", async () => {
  await show({ turns: [turn(1, 500, 1500)], tools: [], duration_ms: 2000, sound: LATER });
  shows.kernel({ type: "play" });
  shows.grows({ sound: { ...LATER, state: "kernel" } });
  await frames();
  expect(shows.replayed.sound.playing).toBe(false);
});

test("in the dark what has sounded has the colours of the dark", async () => {
  document.body.style.background = "#111";
  for (const [name, value] of [
    ["--jp-layout-color1", "#212121"],
    ["--jp-ui-font-color1", "#fff"],
  ] as const)
    document.body.style.setProperty(name, value);
  await show();
  shows.replayed.sound.seek(6000);
  await settled();
  const colours = (which: string) =>
    [...shows.picture.querySelectorAll<HTMLCanvasElement>(`${which} canvas`)].map((canvas) =>
      [...(canvas.getContext("2d")?.getImageData(20, canvas.height / 2, 1, 1).data ?? [])].slice(0, 3).join(),
    );
  expect(colours(".progress")).toEqual(colours(".canvases"));
});

test("in the field of a note the notebook's commands pass, and what edits does not", async () => {
  await show();
  shows.find('[data-number="2"]').click();
  await frames();
  const passed: string[] = [];
  const listens = ({ key }: KeyboardEvent) => void (key.length === 1 && passed.push(key));
  document.addEventListener("keydown", listens);
  shows.find(".codes input").focus();
  await pressed("s{Control>}s{/Control}{Control>}z{/Control}");
  document.removeEventListener("keydown", listens);
  expect(passed).toEqual(["s"]);
  expect((shows.find(".codes input") as HTMLInputElement).value).toBe("");
});

test("what is written when the kernel has gone is said to be lost", async () => {
  await show();
  shows.find('[data-number="2"]').click();
  await frames();
  shows.find(".codes input").focus();
  await pressed("abc");
  shows.emit("comm_live_update");
  await pressed("{Enter}");
  await frames();
  expect(deeds()).toEqual([]);
  expect(shows.says).toBe("No kernel answers: this was not kept. Run the cell again.");
});
