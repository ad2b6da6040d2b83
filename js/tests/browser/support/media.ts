import { beforeEach, vi } from "vitest";

/** What the browser says of the microphone's permission, in each test of the file. To be called before `useStage`. */
export function usePermission(state: PermissionState): void {
  beforeEach(() => {
    const status = Object.assign(new EventTarget(), { state, name: "microphone", onchange: null });
    vi.spyOn(navigator.permissions, "query").mockResolvedValue(status);
  });
}

/** Counts every track that was taken from a microphone (clones too) and every peer, and plays browsers that refuse. */
export class Media {
  readonly peers: RTCPeerConnection[] = [];
  readonly tracks: MediaStreamTrack[] = [];
  asked = 0;
  /** Instead of the browser's own answer. */
  answer: ((real: () => Promise<MediaStream>) => Promise<MediaStream>) | null = null;

  readonly #media = navigator.mediaDevices.getUserMedia;
  readonly #clone = MediaStreamTrack.prototype.clone;
  readonly #peer = globalThis.RTCPeerConnection;

  constructor() {
    const { tracks, peers } = this;
    const clone = this.#clone;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      this.asked += 1;
      const real = async () => {
        const stream = await this.#media.call(navigator.mediaDevices, constraints);
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
    globalThis.RTCPeerConnection = class extends this.#peer {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        peers.push(this);
      }
    };
  }

  /** Microphone tracks that are still on. */
  get live(): number {
    return this.tracks.filter((track) => track.readyState === "live").length;
  }

  get openPeers(): number {
    return this.peers.filter((peer) => peer.connectionState !== "closed").length;
  }

  restore(): void {
    navigator.mediaDevices.getUserMedia = this.#media;
    MediaStreamTrack.prototype.clone = this.#clone;
    globalThis.RTCPeerConnection = this.#peer;
    for (const track of this.tracks) track.stop();
  }
}

/** All sound that is made from now on, until globals are no longer stubbed. */
export function watchContexts(made: (context: AudioContext) => void): void {
  const Context = globalThis.AudioContext;
  vi.stubGlobal(
    "AudioContext",
    class extends Context {
      constructor(options?: AudioContextOptions) {
        super(options);
        made(this);
      }
    },
  );
}
