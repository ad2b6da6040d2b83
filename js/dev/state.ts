import type { Choice, Devices } from "../src/audio/choice.ts";
import type { LocalState } from "../src/calls/local.ts";
import type { DiagnosisMessage, ErrorInfo, EventsMessage, ResultContentMessage, Traits } from "../src/model.gen.ts";
import type { Line } from "../src/store.ts";
import type { Refusal, SoundSource, Tried } from "../src/view/source.ts";

/** One state of the panel, as a kernel would tell it. */
export interface State {
  readonly traits?: Partial<Traits>;
  readonly local?: Partial<LocalState>;
  readonly lines?: readonly Line[];
  readonly kernel?: "alive" | "silent" | "lost";
  /** What the kernel would not do. */
  readonly refusal?: Refusal;
  /** What is seldom used is still on its way; true: for long. */
  readonly loads?: boolean;
  /** It does not answer yet to what is sent. */
  readonly busy?: boolean;
  /** Milliseconds of the last answer's audio that were heard. */
  readonly heard?: number;
  /** All that the kernel tells of its events. */
  readonly events?: EventsMessage;
  /** What the kernel gives of the results, by their numbers. */
  readonly contents?: readonly (ResultContentMessage | ErrorInfo)[];
  /** Who was loud in the last seconds: the numbers of `speech` in `recorded.ts`. */
  readonly sound?: "turns" | "user" | "assistant" | "interrupted" | "overlaps" | "none";
  /** What was chosen for the sound, and the devices that there are. */
  readonly choice?: Partial<Choice>;
  readonly devices?: Devices;
  /** Why the microphone has no level before a call. */
  readonly preview?: Pick<SoundSource["preview"], "failure">;
  /** How far microphone or loudspeaker are tried. */
  readonly trial?: Partial<Pick<Tried, "stage" | "failure" | "speakerFailed">>;
  /** What the kernel says of the connection. */
  readonly diagnosis?: DiagnosisMessage;
  /** Why the kernel takes no answer to the question for a tool. */
  readonly refuses?: ErrorInfo;
}

export const PAGE = "page_here";
/** Nothing is wrong with the sound. */
export const WELL: NonNullable<LocalState["sound"]> = {
  failed: null,
  speakerFailed: null,
  silenced: false,
  turnedDown: false,
  missing: [],
};

/** A call that listens, as the kernel tells it and as this page knows it. */
export const call: Partial<Traits> = {
  connection_state: "connected",
  activity: "listening",
  holder: PAGE,
  call_started_at: Date.now() / 1000 - 42.5,
};
export const open: Partial<LocalState> = { stage: "open", hasMicrophone: true };
