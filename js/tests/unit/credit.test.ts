import { expect, test } from "vitest";
import { Credit, KEPT_MS, ON_ITS_WAY_MS } from "../../src/audio/credit.ts";
import type { Hole } from "../../src/audio/stamps.ts";

const PIECE_MS = 40;
const PIECE = PIECE_MS * 24;
const [WAY, KEPT] = [ON_ITS_WAY_MS / PIECE_MS, KEPT_MS / PIECE_MS];

class Way {
  readonly sent: number[] = [];
  readonly missed: Hole[] = [];
  readonly credit = new Credit(
    (pcm) => this.sent.push(new Int16Array(pcm)[0] as number),
    (hole) => this.missed.push(hole),
  );
  #next = 0;

  /** So long the microphone goes on; each piece is known by its number. */
  says(ms: number): void {
    for (const end = this.#next + ms / PIECE_MS; this.#next < end; this.#next++) {
      this.credit.add({ pcm: new Int16Array(PIECE).fill(this.#next), start: 24_000 + this.#next * PIECE });
    }
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("what is taken is followed by more, in order, and nothing is missed", () => {
  const way = new Way();
  for (let ms = 0; ms < 20_000; ms += 400) {
    way.says(400);
    way.credit.taken(way.sent.length * PIECE);
  }
  expect(way.sent).toEqual(numbers(0, 500));
  expect(way.missed).toEqual([]);
});

test("what is not taken is held back, and goes once it is", () => {
  const way = new Way();
  way.says(ON_ITS_WAY_MS + KEPT_MS);
  expect(way.sent).toEqual(numbers(0, WAY));
  way.credit.taken(10 * PIECE);
  expect(way.sent).toEqual(numbers(0, WAY + 10));
  // An older report says nothing new.
  way.credit.taken(5 * PIECE);
  expect(way.sent).toHaveLength(WAY + 10);
  way.credit.taken((WAY + 10) * PIECE);
  expect(way.sent).toEqual(numbers(0, WAY + KEPT));
  expect(way.missed).toEqual([]);
});

test("of what is held back for too long the oldest is dropped, and told by the page's clock", () => {
  const way = new Way();
  way.says(ON_ITS_WAY_MS + KEPT_MS + 2 * PIECE_MS);
  expect(way.missed).toEqual([
    { from_ms: 1000 + ON_ITS_WAY_MS, to_ms: 1000 + ON_ITS_WAY_MS + PIECE_MS },
    { from_ms: 1000 + ON_ITS_WAY_MS + PIECE_MS, to_ms: 1000 + ON_ITS_WAY_MS + 2 * PIECE_MS },
  ]);
  way.credit.taken(WAY * PIECE);
  expect(way.sent).toEqual([...numbers(0, WAY), ...numbers(WAY + 2, WAY + KEPT + 2)]);
});

test("nothing is sent in mid-piece, and an event goes behind all that was said before it", () => {
  const way = new Way();
  way.says(ON_ITS_WAY_MS + 400);
  way.credit.flush();
  expect(way.sent).toEqual(numbers(0, WAY + 10));
  way.says(40);
  expect(way.sent).toHaveLength(WAY + 10);
});
