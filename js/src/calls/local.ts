import type { Stopped } from "../audio/desk.ts";
import type { FailureCode } from "../failure.ts";
import type { RecordingState } from "../model.gen.ts";
import type { SoundState } from "./sound.ts";
import type { LiveTalk, Stage } from "./talk.ts";

/** What this page knows by itself, of its media and its way to the kernel; the panel draws it beside the traits. */
export interface LocalState {
  readonly stage: Stage;
  /** `performance.now()` at the start of the stage. */
  readonly since: number;
  readonly hasMicrophone: boolean;
  readonly muted: boolean;
  /** The service has answered this page, which sends it its sound. */
  readonly flows: boolean;
  /** Something is said that nobody hears: muted, or before the call is up. */
  readonly talkingUnheard: boolean;
  /** Held down to talk. */
  readonly pushed: boolean;
  /** Pressed to talk and let go of at once, a moment ago. */
  readonly tapped: boolean;
  /** The browser wants a click before it plays. */
  readonly soundBlocked: boolean;
  /** Why there is no microphone: its device has gone, or its permission, or it could not be had; null: none was wanted. */
  readonly microphoneLost: LiveTalk["microphoneLost"];
  /** The browser is asked for one, or for another one. */
  readonly takesMicrophone: boolean;
  /** The browser or the system has stopped the sound. */
  readonly soundStopped: Stopped;
  /** What is known of the devices, once it is loaded. */
  readonly sound: SoundState | null;
  /** Nothing was heard from the kernel for 5 s. */
  readonly kernelSlow: boolean;
  /** The trait, but for a pause that was asked for here: that holds at once. */
  readonly recording: RecordingState;
  /** It was hung up here, and the kernel has not said that it is over. */
  readonly ending: boolean;
  /** The call waits for a person's answer to `consent`. */
  readonly consenting: boolean;
  /** Why the last call ended on this page, until the next one. */
  readonly failure: FailureCode | "kernel_gone" | null;
}

/** As long as it is said how to hold. */
const TAPPED_MS = 3000;

/** What a talk, or that there is none, says by itself. */
export function ofTalk(talk: LiveTalk | null) {
  return {
    stage: talk?.stage ?? "none",
    since: talk?.since ?? 0,
    hasMicrophone: talk?.desk.hasMicrophone ?? false,
    flows: talk?.flows ?? false,
    talkingUnheard: talk?.desk.talkingUnheard ?? false,
    pushed: talk?.push.held ?? false,
    tapped: talk !== null && performance.now() - talk.push.tappedAt < TAPPED_MS,
    soundBlocked: talk?.soundBlocked ?? false,
    microphoneLost: talk?.microphoneLost ?? null,
    takesMicrophone: talk?.takesMicrophone ?? false,
    soundStopped: talk?.soundStopped ?? null,
  } as const;
}
