/** Counts every track that was ever taken from a microphone, clones too, and plays browsers that refuse. */
export class Microphones {
  readonly tracks: MediaStreamTrack[] = [];
  asked = 0;
  /** Instead of the browser's own answer. */
  answer: ((real: () => Promise<MediaStream>) => Promise<MediaStream>) | null = null;

  readonly #media = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  readonly #clone = MediaStreamTrack.prototype.clone;

  constructor() {
    const { tracks } = this;
    const clone = this.#clone;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      this.asked += 1;
      const real = async () => {
        const stream = await this.#media(constraints);
        tracks.push(...stream.getTracks());
        return stream;
      };
      return this.answer ? this.answer(real) : real();
    };
    MediaStreamTrack.prototype.clone = function (this: MediaStreamTrack) {
      const copy = clone.call(this);
      if (tracks.includes(this)) tracks.push(copy);
      return copy;
    };
  }

  get live(): number {
    return this.tracks.filter((track) => track.readyState === "live").length;
  }

  restore(): void {
    navigator.mediaDevices.getUserMedia = this.#media;
    MediaStreamTrack.prototype.clone = this.#clone;
    for (const track of this.tracks) track.stop();
  }
}
