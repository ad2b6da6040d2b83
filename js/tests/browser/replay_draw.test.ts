import { afterEach, expect, test, vi } from "vitest";
import { Shows } from "./support/replays.ts";

let shows: Shows;

afterEach(() => {
  shows.life.abort();
  document.body.replaceChildren();
});

const asked = (kind: string) => shows.sent.filter(({ type }) => type === kind);

/** So much of what is drawn, of 1, is more than a line. */
function painted(): number {
  const canvas = shows.picture.querySelector(".canvases canvas") as HTMLCanvasElement;
  const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(
    ...[0, Math.round(canvas.height * 0.35), canvas.width, 1],
  );
  return data.filter((value, at) => at % 4 === 3 && value > 0).length / canvas.width;
}

function give(share: number): void {
  const bytes = new Int8Array(4 * 200).map((_, at) => (at / 800 >= share ? 0 : at % 2 ? 60 : -60));
  shows.envelope(new DataView(bytes.buffer));
  shows.kernel({ type: "drawn", share });
}

test("the picture of a long talk is asked for bit by bit, and shows as it comes", async () => {
  shows = new Shows({ drawn: false, levels: 2, step_ms: 40 });
  shows.envelope(new DataView(new ArrayBuffer(800)));
  await shows.drawn();
  expect(asked("draw")).toEqual([]);
  shows.kernel({ type: "alive" });
  expect(asked("draw")).toHaveLength(1);
  give(0.5);
  await vi.waitFor(() => expect(painted()).toBeCloseTo(0.5, 1));
  expect(asked("draw")).toHaveLength(2);
  // Who would look closer already, does so once there is something.
  for (let at = 0; at < 4; at += 1) shows.button("Zoom in").click();
  expect(asked("envelope")).toEqual([]);
  give(1);
  await vi.waitFor(() => expect(painted()).toBeCloseTo(1, 1));
  expect([asked("draw").length, asked("envelope")]).toEqual([2, [{ type: "envelope", level: 0 }]]);
  // What another page asks for changes nothing here.
  give(0.2);
  expect(painted()).toBeCloseTo(1, 1);
});

test("without a kernel nothing is asked for", async () => {
  shows = new Shows({ drawn: false });
  await shows.drawn();
  shows.emit("comm_live_update");
  expect(asked("draw")).toEqual([]);
});
