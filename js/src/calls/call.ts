import type { Hole } from "../audio/stamps.ts";
import type { AudioClearMessage, AudioMessage, AudioPauseMessage, AudioTakenMessage } from "../model.gen.ts";

/** What the page and a call to a service have to say to each other, whatever carries the sound. */

/** The kernel's answer to an offer. */
export interface Answer {
  readonly call: number;
  readonly sdp: string;
  /** So long a peer may take to connect. */
  readonly connect_ms: number;
}

export type CallState = "connected" | "disconnected" | "failed" | "closed";

/** The side that places calls. */
export interface CallHost {
  /** Hand the offer to the kernel and get the service's answer, by whatever way the kernel says. */
  answer(sdp: string): Promise<Answer>;
  /** Until sound can be heard here. */
  started(): Promise<void>;
  /**
   * The call's own way for events, told of before anything can arrive by it. A call without one has no use for this.
   * `limit` is the largest message that the other end takes, in bytes.
   */
  channel(channel: RTCDataChannel, limit: () => number): void;
  /** The media's state changed; never called before the answer is there. */
  state(call: number, state: CallState): void;
  /** The assistant's sound is there; `made` is the node that gives it, where it is made here. */
  remote(stream: MediaStream, made?: AudioNode): void;
}

export type SoundMessage = AudioMessage | AudioClearMessage | AudioPauseMessage | AudioTakenMessage;

/** The same for a call whose sound goes through the kernel. */
export interface CommHost extends Omit<CallHost, "channel" | "started"> {
  /** Told before any of them can arrive: what takes the kernel's sound. */
  sound(take: (message: SoundMessage, buffers: readonly DataView[]) => void): void;
  /** The caller's sound, PCM16 at 24 kHz. */
  audio(call: number, pcm: ArrayBuffer): void;
  /** Some of it was dropped, for the kernel takes it too slowly. */
  missed(hole: Hole): void;
  /** So much of the call's sound was heard; `cleared`: it is silent now, as it was told to be. */
  played(call: number, played_ms: number, cleared: boolean): void;
}

/** One call. It lives as long as the scope it was opened in and is never used again. */
export interface Call {
  readonly number: number;
  /** What carries it, if that is a peer, and its way for events. */
  readonly peer?: RTCPeerConnection;
  readonly channel?: RTCDataChannel;
  /** A client event of the protocol. False when there is no way for it. */
  send(event: Record<string, unknown>): boolean;
  /** Fall silent at once. False: it takes the service, and client events for it. */
  hush(): boolean;
  /** Speak by another track from now on. */
  replaceTrack(track: MediaStreamTrack): Promise<void>;
}
