import { afterEach, expect, test } from "vitest";
import type { Shown } from "../../src/replay/given.ts";
import { frames, HOLES, Shows, turn } from "./support/replays.ts";

let shows: Shows;

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
});

async function show(talk: Partial<Shown>): Promise<void> {
  shows = new Shows(talk);
  await shows.drawn();
}

const drawn = () =>
  [...shows.picture.querySelectorAll<HTMLElement>(".hole")].map(({ className, style, textContent }) => [
    className,
    style.left,
    style.width,
    textContent,
  ]);
const told = (seq: number) =>
  [...shows.find(`[data-seq="${seq}"]`).querySelectorAll(".hole")].map(({ textContent }) => textContent);

test("where sound is missing the lane of that side says why, at its place on the clock", async () => {
  await show({ holes: HOLES });
  expect(drawn()).toEqual([
    ["hole user", "52.5%", "35%", "paused"],
    ["hole assistant", "50%", "11.25%", "lost"],
  ]);
  const [above, below] = [...shows.picture.querySelectorAll(".hole")].map((one) => one.getBoundingClientRect());
  const over = shows.picture.querySelector(".over")?.getBoundingClientRect();
  expect([(above?.top ?? 0) - (over?.top ?? 0), (below?.top ?? 0) - (over?.top ?? 0)]).toEqual([2, 66]);
});

test("who reads the transcript, or hears it, is told at the turn: whose sound, why, and when", async () => {
  await show({ holes: HOLES });
  expect([1, 2, 3, 4, 5].map(told)).toEqual([
    [],
    [],
    ["Assistant: no sound, lost · 0:04.000 to 0:04.900"],
    ["P07: no sound, paused · 0:04.200 to 0:07.000"],
    [],
  ]);
});

test("what was lost again and again in one turn is one sentence, and what is longer one of its own", async () => {
  const lost = (start_ms: number, ms = 20) =>
    ({ side: "user", kind: "lost", start_ms, end_ms: start_ms + ms }) as const;
  await show({ holes: [lost(600), lost(700, 500), lost(1300), lost(1400)] });
  expect(told(1)).toEqual(["P07: no sound, lost 3 times · 60 ms in all", "P07: no sound, lost · 0:00.700 to 0:01.200"]);
  expect(drawn()).toHaveLength(4);
});

test("without a turn it is told as well", async () => {
  await show({ turns: [], tools: [], holes: HOLES });
  expect(shows.find(".rows").textContent).toContain("P07: no sound, paused");
});

test("a pause grows with the talk, and the row that tells of it stays", async () => {
  const sound = { state: "later", mime: "audio/wav", pieces: 1, where: null, error: null } as const;
  await show({ turns: [turn(1, 500, 1500)], tools: [], duration_ms: 2000, sound });
  const row = shows.find("[data-seq='1']");
  row.querySelector("button")?.focus();
  const paused = (end_ms: number) => [{ side: "user", kind: "paused", start_ms: 1600, end_ms }] as const;
  for (const end of [2000, 3000]) {
    shows.grows({ holes: paused(end), duration_ms: end === 2000 ? 2000 : 4000 });
    await frames();
    expect(told(1)).toEqual([`P07: no sound, paused · 0:01.600 to 0:0${end / 1000}.000`]);
  }
  expect(drawn()).toEqual([["hole user", "40%", "35%", "paused"]]);
  expect(shows.find("[data-seq='1']")).toBe(row);
  expect(shows.root.activeElement).toBe(row.querySelector("button"));
});

test("a gap lies over the silence that was heard, wherever its answer's row begins", async () => {
  await show({ turns: [turn(1, 500, 1500), turn(2, 2000, 3000, { gap_ms: 800, gap_end_ms: 2400 })], tools: [] });
  const { left, width } = shows.picture.querySelector<HTMLElement>(".silence")?.style ?? {};
  expect([left, width]).toEqual(["20%", "10%"]);
});

test("a gap that nobody knows is no number anywhere", async () => {
  await show({ turns: [turn(1, 500, 1500), turn(2, 2000, 3000, { gap_ms: null, gap_end_ms: null })], tools: [] });
  expect(shows.picture.querySelector(".silence")).toBeNull();
  expect(shows.root.querySelector(".gap")).toBeNull();
});

test("its number is read, also where the answer's row begins over it", async () => {
  await show({ turns: [turn(1, 500, 1500), turn(2, 2000, 3000, { gap_ms: 800, gap_end_ms: 2400 })], tools: [] });
  const [number, word] = [".silence span", ".word.assistant"].map((one) =>
    shows.picture.querySelector(one)?.getBoundingClientRect(),
  );
  expect(number?.width).toBeGreaterThan(20);
  expect(number?.bottom).toBeLessThanOrEqual(word?.top ?? 0);
});
