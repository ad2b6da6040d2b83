import type { Device } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { type Choice, changed, constraints, type Devices, idOf, listed, missing, NONE, parsed } from "./choice.ts";

/** In this browser only: what devices a person has is nobody else's to know, and a notebook is shared. */
const STORED = "voice_widget.sound";

/**
 * How often to look where it matters. Chromium takes note of what a sound server (PulseAudio, PipeWire) adds or takes away
 * only when it is asked for the list, and gives what has gone another source without a word: that of the loudspeaker, too.
 */
export const LOOK_MS = 2000;

/** The microphones and loudspeakers of this browser, and which are to be used, how. */
export class SoundDevices {
  choice: Choice;
  devices: Devices = NONE;
  readonly #tell: () => void;
  readonly #scope: Scope;
  #looks = 0;
  /** The last look that was answered. */
  #seen = 0;

  constructor(tell: () => void, scope: Scope) {
    this.#tell = tell;
    this.#scope = scope;
    this.choice = parsed(stored());
    // Not there in pages that are not secure.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (media) scope.on(media, "devicechange", () => void this.refresh());
    void this.refresh();
  }

  get missing(): readonly Device[] {
    return missing(this.devices, this.choice);
  }

  /** To ask for the microphone with. */
  get constraints(): MediaTrackConstraints {
    return constraints(this.devices, this.choice);
  }

  /** The id; empty: the browser's own choice. */
  get microphone(): string {
    return idOf(this.devices, "microphone", this.choice);
  }

  /** The id; empty: the browser's own choice. */
  get speaker(): string {
    return idOf(this.devices, "speaker", this.choice);
  }

  /** What could be taken for the microphone now. */
  get microphones(): string {
    return JSON.stringify([this.constraints, this.devices.all.filter(({ kind }) => kind === "microphone")]);
  }

  /** Look again: a device came or went, or names are told now. */
  async refresh(): Promise<void> {
    this.#looks += 1;
    const nth = this.#looks;
    const infos = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []);
    // A later look may be answered first.
    if (this.#scope.closed || nth < this.#seen) return;
    this.#seen = nth;
    const before = this.devices;
    this.devices = listed(infos ?? []);
    if (before === NONE || JSON.stringify(before) !== JSON.stringify(this.devices)) this.#tell();
  }

  /** Look whether something came or went. Some browsers answer only once the page has the focus. */
  look(): void {
    if (this.#seen === this.#looks) void this.refresh();
  }

  /** What another widget of this browser has chosen since holds here, too. */
  recall(): void {
    const text = stored();
    if (text !== null) this.choice = parsed(text);
  }

  /** What is not named stays as it is, here and in what is kept: another widget may have chosen that. */
  choose(change: Readonly<Record<string, unknown>>): void {
    const text = stored();
    const kept = changed(text === null ? this.choice : parsed(text), change);
    this.choice = changed(this.choice, change);
    try {
      localStorage.setItem(STORED, JSON.stringify(kept));
    } catch {
      // A page may be kept from storing; then it holds until it is reloaded.
    }
    this.#tell();
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}
