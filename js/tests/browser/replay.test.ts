import { afterEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { Shown } from "../../src/replay/given.ts";
import { long, Shows, TALK, wav } from "./support/replays.ts";

let shows: Shows;

async function show(talk: Partial<Shown> = {}, width = 720, views = 1): Promise<Shows> {
  shows = new Shows(talk, width, views);
  await shows.drawn();
  return shows;
}

afterEach(() => {
  vi.restoreAllMocks();
  shows.life.abort();
  document.body.replaceChildren();
});

const KERNEL = { state: "kernel", mime: "audio/wav", pieces: 2, where: "/talks/p07", error: null } as const;
const ms = () => shows.replayed.sound.ms;
const pressed = (keys: string) => userEvent.keyboard(keys);

test("turns, gaps, tools and labels lie at their place on the clock", async () => {
  const { picture } = await show();
  const places = (selector: string) =>
    [...picture.querySelectorAll<HTMLElement>(selector)].map(({ style }) => [style.left, style.width]);
  expect(places(".turn.user")).toEqual([
    ["6.25%", "12.5%"],
    ["36.25%", "13.75%"],
  ]);
  expect(places(".turn.assistant")).toEqual([
    ["25%", "12.5%"],
    ["62.5%", "12.5%"],
  ]);
  expect(places(".silence")).toEqual([
    ["20%", "5%"],
    ["57.5%", "5%"],
  ]);
  expect(picture.querySelector(".silence")?.textContent).toBe("400 ms");
  expect([places(".tool"), places(".label")]).toEqual([[["51.25%", "7.5%"]], [["36.25%", "13.75%"]]]);
  expect(picture.querySelectorAll("[data-interrupted]")).toHaveLength(1);
});

test("the picture has the sound of each side: as high as the envelope says, in that side's colour", async () => {
  const { picture } = await show();
  const lanes = [...picture.querySelectorAll<HTMLCanvasElement>(".canvases canvas")];
  expect(lanes).toHaveLength(2);
  const pixel = (canvas: HTMLCanvasElement, share: number) =>
    [...(canvas.getContext("2d")?.getImageData(canvas.width / 2, canvas.height * share, 1, 1).data ?? [])].join();
  const [user, assistant] = lanes.map((lane) => pixel(lane, 0.5));
  expect(user).toBe("31,99,196,255");
  expect(assistant).toBe("179,81,12,255");
  for (const lane of lanes) expect(pixel(lane, 0.1).endsWith(",255")).toBe(true);
});

test("Play plays; the row and the word that sound are marked, and Stop stops", async () => {
  await show();
  shows.replayed.sound.seek(1800);
  shows.button("Play").click();
  await vi.waitFor(() => expect(shows.current).toEqual(["2"]));
  expect(shows.find(".now").textContent).toBe("first");
  await vi.waitFor(() => expect(shows.current).toEqual(["2", "3"]), { timeout: 3000 });
  expect([...shows.root.querySelectorAll(".now")].map((word) => word.textContent)).toEqual(["second.", "first"]);
  shows.button("Stop").click();
  await vi.waitFor(() => expect(shows.button("Play")).toBeTruthy());
  expect(shows.replayed.sound.media.paused).toBe(true);
});

test("a click on a turn, in the picture or in its row, plays it from its start", async () => {
  await show();
  const box = shows.find(".wave").getBoundingClientRect();
  const click = (share: number, y: number) =>
    shows.picture
      .querySelector(".wrapper")
      ?.dispatchEvent(
        new MouseEvent("click", { clientX: box.left + share * box.width, clientY: box.top + y, bubbles: true }),
      );
  click(0.3, 100);
  await vi.waitFor(() => expect(shows.current).toEqual(["2"]));
  expect(ms()).toBeGreaterThanOrEqual(2000);
  expect(ms()).toBeLessThan(2400);
  shows.replayed.sound.pause();
  // On the other side's lane nobody speaks then: the moment itself is meant, and nothing plays.
  click(0.3, 20);
  expect(ms()).toBeCloseTo(2400, -1);
  expect(shows.replayed.sound.playing).toBe(false);
  shows.find(".row[data-seq='4'] .text").click();
  await vi.waitFor(() => expect(shows.current).toEqual(["4"]));
  expect(shows.replayed.sound.playing).toBe(true);
});

test("rows follow the voice in their own box, and leave a person who scrolls alone", async () => {
  await show(long(60));
  document.body.style.paddingTop = "2000px";
  const scroll = shows.find(".scroll");
  const top = document.scrollingElement?.scrollTop;
  const inBox = (seq: number) => {
    const [row, box] = [shows.find(`.row[data-seq='${seq}']`), scroll].map((one) => one.getBoundingClientRect());
    return row !== undefined && box !== undefined && row.top >= box.top - 1 && row.bottom <= box.bottom + 1;
  };
  expect(inBox(50)).toBe(false);
  shows.replayed.sound.seek(49 * 200 + 50);
  await vi.waitFor(() => expect(inBox(50)).toBe(true));
  expect(document.scrollingElement?.scrollTop).toBe(top);
  scroll.dispatchEvent(new WheelEvent("wheel"));
  scroll.scrollTop = 0;
  shows.replayed.sound.seek(55 * 200 + 50);
  await vi.waitFor(() => expect(shows.current).toEqual(["56"]));
  expect(inBox(56)).toBe(false);
  shows.button("Follow the voice").click();
  await vi.waitFor(() => expect(inBox(56)).toBe(true));
  document.body.style.paddingTop = "";
});

test("keys: each does what the help says, and none reaches the notebook", async () => {
  await show();
  const leaked = vi.fn();
  for (const kind of ["keydown", "keyup", "keypress"]) document.addEventListener(kind, leaked, { once: false });
  shows.find(".wave").focus();
  await pressed("{ArrowRight}");
  expect(ms()).toBe(1000);
  await pressed("{Shift>}{ArrowRight}{/Shift}");
  expect(ms()).toBe(6000);
  await pressed("{ArrowLeft}");
  expect(ms()).toBe(5000);
  await pressed("{Home}]]");
  expect(ms()).toBe(2000);
  await pressed("[[");
  expect(ms()).toBe(500);
  await pressed("{End}");
  expect(ms()).toBe(8000);
  await pressed("{Home} ");
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  await pressed(" ");
  expect(shows.replayed.sound.media.paused).toBe(true);
  const wide = () => shows.picture.querySelector(".wrapper")?.clientWidth ?? 0;
  const before = wide();
  await pressed("+");
  expect(wide()).toBe(2 * before);
  await pressed("-");
  expect(wide()).toBe(before);
  await pressed("?");
  const help = shows.find(".keys");
  expect(help.querySelectorAll("dt")).toHaveLength(9);
  await pressed("{Escape}");
  await vi.waitFor(() => expect(shows.root.querySelector(".keys")).toBeNull());
  expect(shows.root.activeElement).toBe(shows.button("Keys"));
  expect(leaked).not.toHaveBeenCalled();
  for (const kind of ["keydown", "keyup", "keypress"]) document.removeEventListener(kind, leaked);
});

test("in the transcript arrows go from row to row, and Enter plays", async () => {
  await show();
  const rows = [...shows.root.querySelectorAll<HTMLElement>("button.at")];
  expect(rows.map((row) => row.tabIndex)).toEqual([0, -1, -1, -1]);
  rows[0]?.focus();
  await pressed("{ArrowDown}{ArrowDown}");
  expect(shows.root.activeElement).toBe(rows[2]);
  expect(rows.map((row) => row.tabIndex)).toEqual([-1, -1, 0, -1]);
  await pressed("{Enter}");
  await vi.waitFor(() => expect(shows.current).toContain("3"));
  await pressed(" ");
  expect(shows.replayed.sound.playing).toBe(false);
});

test("the stretch that is dragged over is told to the kernel, shown, played and taken away", async () => {
  await show();
  const wrapper = shows.picture.querySelector(".wrapper") as HTMLElement;
  const { left, top, width } = wrapper.getBoundingClientRect();
  const point = (type: string, share: number, on: EventTarget) =>
    on.dispatchEvent(
      new PointerEvent(type, {
        clientX: left + share * width,
        clientY: top + 20,
        bubbles: true,
        composed: true,
        cancelable: true,
        pointerId: 1,
      }),
    );
  // From within a turn: they are no obstacle.
  point("pointerdown", 0.1, wrapper);
  for (const share of [0.15, 0.2, 0.25, 0.375]) point("pointermove", share, document);
  point("pointerup", 0.375, document);
  await vi.waitFor(() => expect(shows.sent.at(-1)?.type).toBe("select"));
  const { start_ms, end_ms } = shows.sent.at(-1) as unknown as { start_ms: number; end_ms: number };
  // To a pixel, which is 11 ms here.
  expect(Math.abs(start_ms - 800)).toBeLessThan(12);
  expect(Math.abs(end_ms - 3000)).toBeLessThan(12);
  await vi.waitFor(() => expect(shows.find(".picked").textContent).toContain("3 turns"));
  expect(shows.picture.querySelectorAll("[part~=region]")).toHaveLength(1);
  shows.selects([1000, 1200]);
  await vi.waitFor(() => expect(shows.find(".picked").textContent).toContain("0:01.000 to 0:01.200 · 1 turn"));
  shows.button("Play selection").click();
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(true));
  expect(ms()).toBeGreaterThanOrEqual(1200);
  expect(ms()).toBeLessThan(1600);
  shows.button("Clear selection").click();
  expect(shows.sent.at(-1)).toEqual({ type: "select", start_ms: null, end_ms: null });
  await vi.waitFor(() => expect(shows.picture.querySelector("[part~=region]")).toBeNull());
});

test("a selection is made, and taken back, by keys alone", async () => {
  await show();
  shows.find(".wave").focus();
  await pressed("{ArrowRight}i{ArrowRight}{ArrowRight}o");
  expect(shows.sent.at(-1)).toEqual({ type: "select", start_ms: 1000, end_ms: 3000 });
  await pressed("{ArrowLeft}i");
  expect(shows.sent.at(-1)).toEqual({ type: "select", start_ms: 2000, end_ms: 3000 });
  await pressed("{Escape}");
  expect(shows.sent.at(-1)).toEqual({ type: "select", start_ms: null, end_ms: null });
});

test("sound comes from the kernel in pieces, one after the other, and plays once all are there", async () => {
  const { replayed } = await show({ sound: KERNEL });
  const asked = () => shows.sent.filter(({ type }) => type === "sound").map(({ piece }) => piece);
  expect(shows.sent).toEqual([{ type: "hello" }]);
  shows.kernel({ type: "alive" });
  expect(asked()).toEqual([0]);
  shows.button("Play").click();
  const all = wav(8000);
  const half = 20_000;
  const piece = (at: number, from: number, end: number) =>
    shows.kernel({ type: "sound", piece: at, of: 2, mime: "audio/wav" }, new DataView(all.buffer.slice(from, end)));
  // What comes twice counts once.
  piece(0, 0, half);
  piece(0, 0, half);
  expect(asked()).toEqual([0, 1]);
  await vi.waitFor(() => expect(shows.says).toBe("Loading the sound: 50 %"));
  piece(1, half, all.byteLength);
  await vi.waitFor(() => expect(replayed.sound.media.paused).toBe(false));
  await vi.waitFor(() => expect(shows.says).toBe(""));
  await vi.waitFor(() => expect(replayed.sound.media.duration).toBeCloseTo(8, 1));
});

test("the sound of a long talk is asked for when somebody wants to hear it", async () => {
  await show({ sound: { ...KERNEL, pieces: 60 } });
  shows.kernel({ type: "alive" });
  expect(shows.sent).toHaveLength(1);
  shows.button("Play").click();
  expect(shows.sent.at(-1)).toEqual({ type: "sound", piece: 0, form: "opus" });
});

test("why there is no sound is said, and the rest goes on", async () => {
  await show({ sound: KERNEL });
  shows.kernel({ type: "alive" });
  const error = { code: "sound_missing", message: "The folder is gone.", next_step: "Read the talk again." };
  shows.kernel({ type: "sound.failed", error });
  await vi.waitFor(() => expect(shows.says).toBe("The folder is gone. Read the talk again."));
  shows.find(".row[data-seq='4'] .text").click();
  await vi.waitFor(() => expect(shows.current).toEqual(["4"]));
});

test("a talk without sound is there to be read, with its lanes", async () => {
  const error = { code: "not_recorded", message: "There is no sound of this talk.", next_step: "Record the next one." };
  await show({ sound: { ...KERNEL, state: "none", error } });
  expect(shows.says).toBe("There is no sound of this talk. Record the next one.");
  expect(shows.button("Play").disabled).toBe(true);
  expect(shows.picture.querySelectorAll(".turn")).toHaveLength(4);
  shows.find(".wave").focus();
  await pressed("]]");
  await vi.waitFor(() => expect(shows.current).toEqual(["2"]));
  const cursor = shows.picture.querySelector<HTMLElement>(".cursor");
  await vi.waitFor(() => expect(cursor?.style.left).toBe("25%"));
});

test("a saved view without its sound says where that is", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  shows = new Shows({ sound: KERNEL });
  vi.advanceTimersByTime(6000);
  vi.useRealTimers();
  await shows.drawn();
  await vi.waitFor(() =>
    expect(shows.says).toBe("This is a saved view. The sound is in /talks/p07; run the cell to hear it."),
  );
  expect(shows.button("Play").disabled).toBe(true);
  // A kernel that was only slow.
  shows.kernel({ type: "alive" });
  await vi.waitFor(() => expect(shows.button("Play").disabled).toBe(false));
});

test("a kernel that is gone took the sound with it, unless it is here", async () => {
  await show({ sound: KERNEL });
  shows.emit("comm_live_update");
  await vi.waitFor(() => expect(shows.says).toContain("The kernel is gone"));
  shows.life.abort();
  document.body.replaceChildren();
  await show();
  shows.emit("comm_live_update");
  expect([shows.says, shows.button("Play").disabled]).toEqual(["", false]);
});

test("the kernel seeks, plays and pauses", async () => {
  await show();
  shows.kernel({ type: "seek", ms: 5100 });
  await vi.waitFor(() => expect(shows.current).toEqual(["4"]));
  shows.kernel({ type: "play" });
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  shows.kernel({ type: "pause" });
  expect(shows.replayed.sound.media.paused).toBe(true);
});

test("who looks closer gets a finer picture, once", async () => {
  const fine = new DataView(new ArrayBuffer(4 * 800));
  await show({ levels: 2, step_ms: 40 });
  shows.kernel({ type: "alive" });
  for (let at = 0; at < 3; at += 1) shows.button("Zoom in").click();
  const asked = () => shows.sent.filter(({ type }) => type === "envelope");
  expect(asked()).toEqual([{ type: "envelope", level: 0 }]);
  shows.kernel({ type: "envelope", step_ms: 10 }, fine);
  expect(shows.replayed.envelope.stepMs).toBe(10);
  shows.button("Zoom in").click();
  expect(asked()).toHaveLength(1);
});

test("no turns: a sentence, and nothing to press", async () => {
  shows = new Shows({ turns: [], tools: [], duration_ms: 0, sound: { ...KERNEL, state: "none" } });
  expect(shows.root.textContent).toContain("No turns in this talk");
  expect(shows.root.querySelector("button, .wave")).toBeNull();
});

test("one turn is enough", async () => {
  await show({ turns: TALK.turns.slice(0, 1), tools: [] });
  shows.find(".wave").focus();
  await pressed("]]][[");
  expect(ms()).toBe(500);
});

test("two views of one talk play one sound", async () => {
  await show({}, 600, 2);
  shows.button("Play").click();
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  const [, other] = shows.cells.map((cell) => cell.firstElementChild?.shadowRoot);
  await vi.waitFor(() => expect(other?.querySelector(".play")?.textContent).toContain("Stop"));
});

test("what ends leaves nothing behind", async () => {
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  await show();
  shows.button("Play").click();
  const { media } = shows.replayed.sound;
  await vi.waitFor(() => expect(media.paused).toBe(false));
  expect(shows.listeners).toBe(6);
  shows.life.abort();
  expect([media.paused, media.getAttribute("src"), shows.listeners]).toEqual([true, null, 0]);
  expect(revoked).toHaveBeenCalledOnce();
  expect(document.querySelector("[data-voice-replay]")).toBeNull();
});
