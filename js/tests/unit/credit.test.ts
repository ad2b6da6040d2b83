import { expect, test } from "vitest";
import { Credit, KEPT_MS, ON_ITS_WAY_MS } from "../../src/audio/credit.ts";
import type { Hole } from "../../src/audio/stamps.ts";

const PIECE_MS = 40;
const PIECE = PIECE_MS * 24;

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
  expect(way.sent).toEqual(numbers(0, 50));
  way.credit.taken(10 * PIECE);
  expect(way.sent).toEqual(numbers(0, 60));
  // An older report says nothing new.
  way.credit.taken(5 * PIECE);
  expect(way.sent).toHaveLength(60);
  way.credit.taken(60 * PIECE);
  expect(way.sent).toEqual(numbers(0, 75));
  expect(way.missed).toEqual([]);
});

test("of what is held back for too long the oldest is dropped, and told by the page's clock", () => {
  const way = new Way();
  way.says(ON_ITS_WAY_MS + KEPT_MS + 2 * PIECE_MS);
  expect(way.missed).toEqual([
    { from_ms: 1000 + ON_ITS_WAY_MS, to_ms: 1000 + ON_ITS_WAY_MS + PIECE_MS },
    { from_ms: 1000 + ON_ITS_WAY_MS + PIECE_MS, to_ms: 1000 + ON_ITS_WAY_MS + 2 * PIECE_MS },
  ]);
  way.credit.taken(50 * PIECE);
  expect(way.sent).toEqual([...numbers(0, 50), ...numbers(52, 77)]);
});

test("nothing is sent in mid-piece, and an event goes behind all that was said before it", () => {
  const way = new Way();
  way.says(ON_ITS_WAY_MS + 400);
  way.credit.flush();
  expect(way.sent).toEqual(numbers(0, 60));
  way.says(40);
  expect(way.sent).toHaveLength(60);
});
