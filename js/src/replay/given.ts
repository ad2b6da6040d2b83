import type { AnyModel } from "@anywidget/types";

/** What the kernel shows of a talk: `voice_widget/replay/contents.py` makes it. Times in ms of the recording. */
export interface Shown {
  readonly duration_ms: number;
  readonly names: { readonly user?: string; readonly assistant?: string };
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly holes: readonly Hole[];
  readonly sound: SoundFacts;
  /** How many levels of the envelope there are; the coarsest is here. */
  readonly levels: number;
  readonly step_ms: number;
  /** False of a long talk: its picture comes bit by bit, for who asks. */
  readonly drawn?: boolean;
  /** From when on a talk that goes on has a finer one of its last minute; null: it is over. */
  readonly recent_ms: number | null;
}

export type Role = "user" | "assistant" | "system";
/** A piece of a text, and when it is spoken. */
export type Piece = readonly [text: string, start_ms: number | null, end_ms: number | null];

export interface Turn {
  readonly seq: number;
  readonly role: Role;
  readonly pieces: readonly Piece[];
  readonly unheard: string;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  readonly gap_ms: number | null;
  /** Where that silence ends, and the answer is heard. */
  readonly gap_end_ms: number | null;
  readonly interrupted: boolean;
  readonly status: string;
  readonly source: string;
}

export interface Tool {
  readonly seq: number | null;
  readonly name: string;
  readonly status: string;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
}

/** Where nobody knows what sounded of a side, and why. */
export interface Hole {
  readonly side: "user" | "assistant";
  readonly kind: "paused" | "lost" | "redacted";
  readonly start_ms: number;
  readonly end_ms: number;
}

/** `voice_widget/replay/labelling.py` makes it. One of a turn that has no times has none. */
export interface Label {
  readonly number: number;
  readonly seq: number | null;
  readonly side: string | null;
  readonly code: string;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  readonly coder: string;
  readonly note: string;
}

export interface Code {
  readonly name: string;
  readonly colour: string | null;
  readonly key: string | null;
  readonly meaning: string;
}

/** By what is labelled; without a coder labels are only shown. */
export interface Coding {
  readonly coder: string | null;
  readonly codes: readonly Code[];
  /** The talk lies in a folder, and its labels with it. */
  readonly saved: boolean;
  readonly problem: Problem | null;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly next_step: string;
}

export interface SoundFacts {
  /** `later`: when the talk does not go on any more. */
  readonly state: "kernel" | "embedded" | "none" | "later";
  readonly mime: string;
  readonly pieces: number;
  /** A long one can be had in pieces of its own from any place on: so long is each. */
  readonly piece_ms?: number | null;
  readonly where: string | null;
  readonly error: Problem | null;
}

export type Selection = readonly [start_ms: number, end_ms: number];

export interface Traits {
  _shown: Shown;
  _envelope: DataView;
  _recent: DataView;
  _sound: DataView;
  _coding: Coding;
  _labels: readonly Label[];
  selection: Selection | null;
}

export type FromKernel =
  | { readonly type: "alive" }
  | {
      readonly type: "sound";
      readonly piece: number;
      readonly of: number;
      readonly mime: string;
      readonly head: number;
    }
  | { readonly type: "sound.failed" | "label.failed"; readonly error: Problem }
  | { readonly type: "envelope"; readonly step_ms: number }
  | { readonly type: "drawn"; readonly share: number }
  | { readonly type: "seek"; readonly ms: number }
  | { readonly type: "play" | "pause" };

export type Model = AnyModel<Traits & Record<string, unknown>>;
