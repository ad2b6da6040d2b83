import { afterEach, expect, test, vi } from "vitest";
import { frames, long, Shows, TALK, turn, wav } from "./support/replays.ts";

let shows: Shows;

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
});

const LATER = { state: "later", mime: "audio/wav", pieces: 1, where: null, error: null } as const;
const OVER = { ...LATER, state: "kernel" } as const;

async function grows(talk: Parameters<typeof Shows.prototype.grows>[0], recent?: DataView): Promise<void> {
  shows.grows(talk, recent);
  await frames();
}

test("a talk that has not begun becomes one with rows and a picture", async () => {
  const none = { ...LATER, state: "none" } as const;
  shows = new Shows({ turns: [], tools: [], duration_ms: 0, sound: none }, 720, 1, { labels: [] });
  shows.kernel({ type: "alive" });
  await frames();
  expect(shows.root.textContent).toContain("No turns in this talk");
  await grows({ turns: [turn(1, 500, 1500)], duration_ms: 1600, sound: LATER });
  await shows.drawn();
  expect(shows.find(".row").textContent).toContain("first second.");
  expect(shows.picture.querySelectorAll(".turn")).toHaveLength(1);
  expect(shows.says).toBe("The talk goes on. It can be heard here once the call is over.");
  expect(shows.button("Play").disabled).toBe(true);
  expect(shows.replayed.sound.ms).toBe(1600);
});

test("what is marked moves as the talk becomes longer, and a row that is the same stays", async () => {
  shows = new Shows({ turns: [turn(1, 500, 1500)], tools: [], duration_ms: 2000, sound: LATER });
  shows.kernel({ type: "alive" });
  await shows.drawn();
  const place = () => shows.picture.querySelector<HTMLElement>(".turn")?.style.left;
  const first = shows.find(".row");
  first.querySelector("button")?.focus();
  expect(place()).toBe("25%");
  await grows({ turns: [turn(1, 500, 1500), turn(2, 2000, 3000)], duration_ms: 4000 });
  expect(place()).toBe("12.5%");
  expect(shows.root.querySelectorAll(".row")).toHaveLength(2);
  expect(shows.find(".row")).toBe(first);
  expect(shows.root.activeElement).toBe(first.querySelector("button"));
  // The end is followed until a person goes elsewhere.
  expect(shows.replayed.sound.ms).toBe(4000);
  shows.replayed.sound.seek(1000);
  await grows({ duration_ms: 5000 });
  expect(shows.replayed.sound.ms).toBe(1000);
});

test("a row that becomes another keeps the focus and its labels", async () => {
  const open = turn(3, 2900, null, { pieces: [["fir", null, null]] });
  shows = new Shows({ turns: [turn(1, 500, 1500), open], tools: [], sound: LATER });
  shows.kernel({ type: "alive" });
  await shows.drawn();
  shows.find("[data-seq='3'] button.at").focus();
  await grows({ turns: [turn(1, 500, 1500), turn(3, 2900, 4000)] });
  const row = shows.find("[data-seq='3']");
  expect(row.textContent).toContain("first second.");
  expect(shows.root.activeElement).toBe(row.querySelector("button"));
  expect(row.querySelector(".tag")?.textContent).toBe("repair · a");
});

test("the selection stays where it is in the talk", async () => {
  shows = new Shows({ turns: [turn(1, 500, 1500)], tools: [], duration_ms: 2000, sound: LATER });
  await shows.drawn();
  shows.selects([500, 1000]);
  await frames();
  const region = () => {
    const style = shows.picture.querySelector<HTMLElement>("[part~='region']")?.style;
    return [Number.parseFloat(style?.left ?? ""), 100 - Number.parseFloat(style?.right ?? "")];
  };
  expect(region()).toEqual([25, 50]);
  await grows({ duration_ms: 4000 });
  expect(region()).toEqual([12.5, 25]);
});

test("of a longer one the last minute is in sight, until it is over or a person zooms", async () => {
  shows = new Shows({ ...long(400), sound: LATER });
  shows.kernel({ type: "alive" });
  await shows.drawn();
  const scroll = shows.picture.querySelector<HTMLElement>(".scroll");
  const share = () => Math.round((1000 * (scroll?.clientWidth ?? 0)) / (scroll?.scrollWidth ?? 1));
  await grows({ duration_ms: 120_000 });
  expect(share()).toBe(500);
  expect((scroll?.scrollLeft ?? 0) + (scroll?.clientWidth ?? 0)).toBeGreaterThanOrEqual((scroll?.scrollWidth ?? 0) - 1);
  await grows({ sound: OVER });
  expect(share()).toBe(1000);
});

test("its last minute is drawn as finely as the kernel has it", async () => {
  const loud = new Uint8Array(400).map((_, at) => (at % 2 ? 100 : 156));
  shows = new Shows({ ...TALK, tools: [], sound: LATER, step_ms: 10 });
  await shows.drawn();
  await grows({ recent_ms: 7000 }, new DataView(loud.buffer));
  expect(shows.replayed.range(0, 6000, 6010)).toEqual([-60, 60]);
  expect(shows.replayed.range(0, 7500, 7510)).toEqual([-100, 100]);
  expect(shows.replayed.range(0, 7995, 8100)).toEqual([-100, 100]);
});

test("once it is over its sound is brought", async () => {
  shows = new Shows({ turns: [turn(1, 500, 1500)], tools: [], duration_ms: 2000, sound: LATER });
  shows.kernel({ type: "alive" });
  await shows.drawn();
  expect(shows.sent.filter(({ type }) => type === "sound")).toEqual([]);
  await grows({ sound: OVER });
  await vi.waitFor(() => expect(shows.sent.filter(({ type }) => type === "sound")).toHaveLength(1));
  expect(shows.button("Play").disabled).toBe(false);
  // What comes late of its end does not stop who listens already.
  shows.button("Play").click();
  await grows({ duration_ms: 2200 });
  shows.kernel({ type: "sound", piece: 0, of: 1, mime: "audio/wav" }, wav(2200));
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  await grows({ duration_ms: 2300 });
  shows.kernel({ type: "sound", piece: 0, of: 1, mime: "audio/wav" }, wav(2300));
  await vi.waitFor(() => expect(shows.replayed.sound.media.paused).toBe(false));
  await vi.waitFor(() => expect(shows.replayed.sound.media.duration).toBeCloseTo(2.3, 1));
  // And when it goes on once more it goes again.
  await grows({ sound: LATER, duration_ms: 2500 });
  expect(shows.button("Play").disabled).toBe(true);
  expect(shows.replayed.sound.state).toBe("later");
});
