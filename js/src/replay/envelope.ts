/** Steps, sides, lowest and highest: how far each side's sound goes up and down. */
export class Envelope {
  readonly stepMs: number;
  readonly fromMs: number;
  readonly #values: Int8Array;

  constructor(bytes: DataView, stepMs: number, fromMs = 0) {
    this.#values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    [this.stepMs, this.fromMs] = [stepMs, fromMs];
  }

  get steps(): number {
    return this.#values.length / 4;
  }

  /** The lowest and the highest value between two moments, of side 0, the user, or 1, the assistant. */
  range(side: number, fromMs: number, toMs: number): readonly [number, number] {
    const last = this.steps - 1;
    const first = Math.max(0, Math.floor((fromMs - this.fromMs) / this.stepMs));
    const end = Math.max(first, Math.min(last, Math.ceil((toMs - this.fromMs) / this.stepMs) - 1));
    let [low, high] = [0, 0];
    for (let step = first; step <= end && step <= last; step += 1) {
      low = Math.min(low, this.#values[step * 4 + side * 2] ?? 0);
      high = Math.max(high, this.#values[step * 4 + side * 2 + 1] ?? 0);
    }
    return [low, high];
  }

  /** The farthest that any of it goes from silence. */
  get loudest(): number {
    return this.#values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }
}
