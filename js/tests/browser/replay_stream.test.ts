import { afterEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { Shows } from "./support/replays.ts";
import pieces from "./support/streamed.json";

let shows: Shows;
/** What the kernel may answer already; the test opens it. */
let answers = true;

const LONG = {
  state: "kernel",
  mime: "audio/wav",
  pieces: 16,
  piece_ms: 1000,
  where: "/talks/p07",
  error: null,
} as const;

async function show(views = 1): Promise<Shows> {
  answers = true;
  shows = new Shows({ sound: LONG, duration_ms: 16_000 }, 720, views);
  const push = shows.sent.push.bind(shows.sent);
  shows.sent.push = (message) => {
    if (message.type === "sound") setTimeout(() => answers && give(message["piece"] as number));
    return push(message);
  };
  await shows.drawn();
  shows.kernel({ type: "alive" });
  return shows;
}

function give(piece: number): void {
  const { data, head } = pieces[piece] as { data: string; head: number };
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  shows.kernel({ type: "sound", piece, of: 16, mime: "audio/webm", head }, new DataView(bytes.buffer));
}

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
});

const asked = () => shows.sent.filter(({ type }) => type === "sound").map(({ piece }) => piece);
const media = () => shows.replayed.sound.media;
const here = () =>
  Array.from({ length: media().buffered.length }, (_, at) => [media().buffered.start(at), media().buffered.end(at)]);

test("a long sound plays as soon as the piece is here that is to be heard, at any place", async () => {
  const { replayed } = await show();
  expect(asked()).toEqual([]);
  replayed.sound.seek(12_400);
  answers = false;
  shows.button("Play").click();
  await vi.waitFor(() => expect(asked()).toEqual([12]));
  expect(shows.sent.at(-1)).toEqual({ type: "sound", piece: 12, form: "webm" });
  await vi.waitFor(() => expect(shows.says).toBe("Loading the sound"));
  expect(shows.button("Stop")).toBeTruthy();
  give(12);
  await vi.waitFor(() => expect(media().currentTime).toBeGreaterThan(12.5));
  expect(media().currentTime).toBeLessThan(14);
  await vi.waitFor(() => expect(shows.says).toBe(""));
  expect(media().duration).toBeCloseTo(16, 1);
});

test("it goes on over the joints, and ends where the talk does", async () => {
  const { replayed } = await show();
  replayed.sound.seek(13_800);
  shows.button("Play").click();
  await vi.waitFor(() => expect(media().ended).toBe(true), { timeout: 10_000 });
  expect(asked()).toEqual([13, 14, 15]);
  expect(here()).toHaveLength(1);
  expect(media().currentTime).toBeCloseTo(16, 1);
  await vi.waitFor(() => expect(shows.button("Play")).toBeTruthy());
  // And again from its beginning.
  shows.button("Play").click();
  await vi.waitFor(() => expect(media().currentTime).toBeGreaterThan(0.2));
  expect(media().currentTime).toBeLessThan(3);
});

test("what is far from the place that sounds is neither brought nor kept", async () => {
  await show();
  shows.button("Play").click();
  await vi.waitFor(() => expect(asked()).toEqual([0, 1, 2, 3, 4, 5, 6]));
  shows.replayed.sound.pause();
  shows.replayed.sound.seek(12_500);
  await vi.waitFor(() => expect(asked().slice(7)).toEqual([12, 13, 14, 15]));
  await vi.waitFor(() => expect(here()).toHaveLength(1));
  expect(here()[0]?.[0]).toBeCloseTo(12, 1);
  // The piece before is run up to where a piece begins.
  shows.replayed.sound.seek(10_000);
  await vi.waitFor(() => expect(asked().slice(11)).toEqual([9, 10, 11]));
  expect(shows.replayed.sound.playing).toBe(false);
});

test("a place that is gone to while a piece is under way is asked for next", async () => {
  await show();
  answers = false;
  shows.button("Play").click();
  await vi.waitFor(() => expect(asked()).toEqual([0]));
  shows.find(".wave").focus();
  shows.replayed.sound.seek(8200);
  await userEvent.keyboard("{ArrowRight}");
  expect(shows.replayed.sound.ms).toBe(9200);
  answers = true;
  give(0);
  // What was not asked for counts nothing.
  give(3);
  await vi.waitFor(() => expect(asked().slice(0, 3)).toEqual([0, 9, 10]));
  await vi.waitFor(() => expect(shows.replayed.sound.ms).toBeGreaterThan(9300));
});

test("a stretch is played up to its end, and a sound that fails may be tried again", async () => {
  await show();
  shows.selects([5200, 5600]);
  await vi.waitFor(() => expect(shows.button("Play selection")).toBeTruthy());
  answers = false;
  shows.button("Play selection").click();
  await vi.waitFor(() => expect(asked()).toEqual([5]));
  shows.kernel({ type: "sound.failed", error: { code: "sound_missing", message: "It is gone.", next_step: "" } });
  await vi.waitFor(() => expect(shows.says).toBe("It is gone."));
  answers = true;
  shows.button("Play selection").click();
  await vi.waitFor(() => expect(media().paused).toBe(false));
  await vi.waitFor(() => expect(media().paused).toBe(true));
  expect(shows.replayed.sound.ms).toBeGreaterThanOrEqual(5600);
  expect(shows.replayed.sound.ms).toBeLessThan(6100);
});

test("a kernel that is gone leaves what is here, and says so where more is needed", async () => {
  await show();
  shows.button("Play").click();
  await vi.waitFor(() => expect(asked()).toHaveLength(7));
  shows.replayed.sound.pause();
  answers = false;
  shows.emit("comm_live_update");
  await vi.waitFor(() => expect(shows.says).toBe(""));
  shows.replayed.sound.seek(12_000);
  await vi.waitFor(() => expect(shows.says).toContain("The kernel is gone"));
});

test("where a browser cannot do that, it comes whole", async () => {
  const able = vi.spyOn(MediaSource, "isTypeSupported").mockReturnValue(false);
  await show();
  answers = false;
  shows.button("Play").click();
  expect(shows.sent.at(-1)).toEqual({ type: "sound", piece: 0, form: "opus" });
  able.mockRestore();
});

test("what ends lets go of the sound", async () => {
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  await show();
  shows.button("Play").click();
  await vi.waitFor(() => expect(media().paused).toBe(false));
  shows.life.abort();
  expect([media().paused, media().getAttribute("src")]).toEqual([true, null]);
  expect(revoked).toHaveBeenCalledOnce();
  revoked.mockRestore();
});
