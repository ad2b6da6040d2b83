import type { View } from "../src/model.gen.ts";

/**
 * What a person does: clicks the last button of a name, presses a key, sends a message, scrolls a part, puts a text into a
 * field, or drags a picture over the panel and perhaps drops it.
 */
export type Step =
  | { readonly click: string }
  | { readonly press: string }
  | { readonly send: string }
  | { readonly into: string; readonly put: string }
  | { readonly drops: boolean }
  | { readonly scroll: string; readonly by: number };

/** A state as it is seen in a view, once a person did something. */
export interface Scene {
  readonly state: string;
  readonly view?: View;
  readonly steps?: readonly Step[];
}

const settings = { click: "Settings" };
const events = { click: "Events" };
const connection = [settings, { click: "Connection" }];
const sound = [settings, { scroll: ".popover", by: 1000 }];

export const SCENES: Readonly<Record<string, Scene>> = {
  settings: { state: "listening", steps: [settings] },
  "settings-sound": { state: "listening", steps: sound },
  "settings-meaning": { state: "meaning", steps: [settings] },
  "settings-push": { state: "push", steps: [settings] },
  "settings-idle": { state: "idle", steps: [settings] },
  "settings-unnamed": { state: "devices-unnamed", steps: sound },
  "settings-missing": { state: "device-missing", steps: [settings] },
  "settings-held": { state: "microphone-held", steps: sound },
  "settings-speaker": { state: "speaker-failed", steps: sound },
  "settings-trial-speak": { state: "trial-speak", steps: sound },
  "settings-trial-listen": { state: "trial-listen", steps: sound },
  "settings-trial-silent": { state: "trial-silent", steps: sound },
  "settings-trial-busy": { state: "trial-busy", steps: sound },
  "settings-trial-tone": { state: "trial-tone", steps: sound },
  "settings-trial-speaker": { state: "trial-speaker", steps: sound },
  "settings-loading": { state: "extras-loading", steps: [settings] },
  "settings-late": { state: "extras-late", steps: [settings] },
  "settings-preview": { state: "preview-failed", steps: sound },
  "settings-refused": { state: "setting-refused", steps: [settings] },
  "settings-comm": { state: "comm", steps: sound },
  connection: { state: "connection-well", steps: connection },
  "connection-far": { state: "connection-far", steps: connection },
  "connection-busy": { state: "listening", steps: connection },
  "events-busy": { state: "listening-first", steps: [events] },
  "events-open": { state: "events", steps: [events] },
  "events-turn": {
    state: "events",
    steps: [events, { click: "Events of this turn" }, { press: "ArrowDown" }, { press: "Enter" }],
  },
  "events-json": {
    state: "overlaps",
    steps: [events, { click: "Events of this turn" }, { press: "End" }, { press: "Enter" }],
  },
  "events-activity": { state: "events-activity", steps: [events] },
  "events-overlaps": { state: "overlaps", steps: [events] },
  "events-paused": { state: "events", steps: [events, { click: "Pause" }] },
  "events-filtered": {
    state: "events",
    steps: [events, { into: ".drawer select", put: "received" }, { into: ".drawer input", put: "island" }],
  },
  "events-left-out": { state: "events-left-out", steps: [events] },
  "tool-change": { state: "tool-asks", steps: [{ click: "Change" }] },
  "tool-change-refused": { state: "tool-refused", steps: [{ click: "Change" }, { click: "Allow with these" }] },
  "tool-reject": { state: "tool-asks", steps: [{ click: "Reject" }] },
  "images-pending": { state: "images-asked", steps: [{ drops: true }, { drops: true }] },
  "images-over": { state: "images-asked", steps: [{ drops: false }] },
  "images-unseen": { state: "listening", steps: [{ drops: true }] },
  keys: { state: "listening", steps: [{ press: "?" }] },
  "keys-push": { state: "push", steps: [settings, { click: "Keys" }] },
  sending: { state: "kernel-busy", steps: [{ send: "And on the island of Dream?" }] },
  scrolled: { state: "long", steps: [{ scroll: ".scroll", by: -400 }] },
  "results-first": { state: "results", steps: [{ scroll: ".scroll", by: -10_000 }] },
  "results-later": { state: "results", steps: [{ scroll: ".scroll", by: -700 }] },
  compact: { state: "speaking", view: "compact" },
  "compact-idle": { state: "idle", view: "compact" },
  "compact-push": { state: "push", view: "compact" },
  "compact-recording": { state: "recording", view: "compact" },
  "compact-consent": { state: "consent", view: "compact" },
  "compact-error": { state: "error-denied", view: "compact" },
  "compact-tool": { state: "tool-asks", view: "compact" },
  "compact-settings": { state: "listening", view: "compact", steps: [settings] },
  "compact-events": { state: "events-activity", view: "compact", steps: [{ press: "e" }] },
  floating: { state: "speaking", view: "floating" },
  "floating-muted": { state: "muted-talking", view: "floating" },
  "floating-recording": { state: "recording", view: "floating" },
  "floating-paused": { state: "recording-paused", view: "floating" },
  "floating-consent": { state: "consent", view: "floating" },
  "floating-error": { state: "error-denied", view: "floating" },
  "floating-tool": { state: "tool-asks", view: "floating" },
  "floating-open": { state: "speaking", view: "floating", steps: [{ click: "Voice call" }] },
  "floating-settings": { state: "listening", view: "floating", steps: [{ click: "Voice call" }, settings] },
  overlay: { state: "speaking", view: "overlay" },
  "overlay-listening": { state: "listening", view: "overlay" },
  "overlay-thinking": { state: "thinking", view: "overlay" },
  "overlay-muted": { state: "muted-talking", view: "overlay" },
  "overlay-stopped": { state: "sound-stopped", view: "overlay" },
  "overlay-push": { state: "push-held", view: "overlay" },
  "overlay-itself": { state: "hears-itself", view: "overlay" },
  "overlay-recording": { state: "recording", view: "overlay" },
  "overlay-loading": { state: "loading", view: "overlay" },
  "overlay-consent": { state: "consent", view: "overlay" },
  "overlay-tool": { state: "tool-asks", view: "overlay" },
  "overlay-away": { state: "listening", view: "overlay", steps: [{ press: "Escape" }] },
};

/** Before something is opened they look like others. */
export const ALIKE: readonly string[] = [
  "meaning",
  "microphone-held",
  "devices-unnamed",
  "extras-loading",
  "extras-late",
  "preview-failed",
  "trial-speak",
  "trial-listen",
  "trial-silent",
  "trial-busy",
  "trial-tone",
  "trial-speaker",
  "tool-refused",
  "images-asked",
  "kernel-busy",
  "connection-well",
  "connection-far",
  "events",
  "events-activity",
  "events-left-out",
];
