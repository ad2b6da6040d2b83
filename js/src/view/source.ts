import type { Choice } from "../audio/choice.ts";
import type { SoundDevices } from "../audio/devices.ts";
import type { Lane } from "../audio/levels.ts";
import type { Preview } from "../audio/preview.ts";
import type { Trial } from "../audio/trial.ts";
import type { LocalState } from "../calls/local.ts";
import type { KernelState } from "../liveness.ts";
import type { Loaded } from "../loading.ts";
import type {
  DiagnosisMessage,
  ErrorInfo,
  EventsMessage,
  EventsWantedMessage,
  ResultContentMessage,
  SetMessage,
  Side,
  ToolRow,
  Traits,
} from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Line } from "../store.ts";
import type { MadeLink } from "./own_tab.ts";

/** What is told of changes. */
export interface View {
  /** Something has to be drawn again. */
  changed(): void;
  /** There is sound: the lanes move, and nothing else. */
  stir(): void;
}

/** What the kernel would not do, and its sentence. */
export interface Refusal {
  readonly what: "call" | "text" | "setting";
  readonly error: ErrorInfo;
}

/** Microphone and loudspeaker are tried. */
export type Tried = Pick<Trial, "failure" | "level" | "microphone" | "speaker" | "speakerFailed" | "stage" | "stop">;

/** The sound devices, and what is chosen of them. */
export interface SoundSource {
  readonly devices: Pick<
    SoundDevices,
    "choice" | "constraints" | "devices" | "look" | "microphones" | "missing" | "recall" | "refresh" | "speaker"
  >;
  /** How loud the microphone of the call is, from 0 to 1. */
  readonly level: number;
  readonly preview: Pick<Preview, "failure" | "follow" | "level">;
  /** One that is told of in `changed`, until the scope ends. */
  trial(changed: () => void, scope: Scope): Tried;
  choose(change: Partial<Choice>): void;
  /** A link to a tab of its own; null: the kernel does not answer. */
  ownTab(): Promise<MadeLink>;
  /** How this page's connection is, as Python says it; null: the kernel does not answer. */
  diagnosis(): Promise<DiagnosisMessage | null>;
}

/** From where on events are wanted. */
export type Wanted = Pick<EventsWantedMessage, "after" | "edition" | "activity_after">;

/** All that the panel knows, and all that it can ask for. The page is one; so is the recorded one in `js/dev`. */
export interface PanelSource {
  /** This page's name for `holder`. */
  readonly id: string;
  readonly traits: Traits;
  readonly local: LocalState;
  readonly lines: readonly Line[];
  /** The calls of tools that wait to be allowed. */
  readonly waiting: readonly ToolRow[];
  readonly lanes: Readonly<Record<Side, Lane>>;
  readonly kernel: KernelState;
  /** Of the last thing that was asked for; null: it was done. */
  readonly refusal: Refusal | null;
  /** What is seldom used. */
  readonly loaded: Loaded;
  /** The meters' clock in milliseconds; null without a call on this page. */
  readonly clock: number | null;
  /** There is something to see in the lanes. */
  readonly lively: boolean;
  /** Once what is seldom used is there. */
  readonly sound: SoundSource | null;
  /** Milliseconds of an item's audio that were heard; null: it is not being spoken on this page. */
  heard(item_id: string): number | null;
  attach(view: View, scope: Scope): void;

  /** Somebody is about to call, perhaps. Safe to call again. */
  prepare(): void;
  call(microphone?: boolean): void;
  hangUp(): void;
  /** Speak in a call that goes on without a microphone. In the click's own task. */
  useMicrophone(): void;
  mute(muted: boolean): void;
  /** Hold to talk, or let go. */
  push(held: boolean): void;
  interrupt(): void;
  unblockSound(): void;
  pauseRecording(on: boolean): void;
  /** Agree to what `consent` asks, and call; or do not, and there is no call. */
  answerConsent(agreed: boolean): void;
  /** Get what is seldom used, if it is not there. */
  load(): void;
  /** The kernel's events from there on; null: it does not answer. */
  events(wanted: Wanted): Promise<EventsMessage | null>;
  /** What a result looks like, or why it cannot be told; null: the page goes. */
  result(number: number): Promise<ResultContentMessage | ErrorInfo | null>;
  /** With images, as files. Resolves with the refusal, or null. */
  sendText(text: string, images?: ArrayBuffer[]): Promise<ErrorInfo | null>;
  /** The images of a row, as URLs; none: the kernel has them no more, or does not answer. */
  images(item_id: string): Promise<readonly string[]>;
  /** Allow a tool's call, with other arguments if there is a text, or do not, with the text as the reason. */
  decide(tool_call_id: string, approved: boolean, always: boolean, text: string | null): Promise<ErrorInfo | null>;
  /** As the person at the desk: say this, or with a number what may be picked. */
  answer(text: string, number: number | null): Promise<ErrorInfo | null>;
  set(name: SetMessage["name"], value: unknown): Promise<ErrorInfo | null>;
}
