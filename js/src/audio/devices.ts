import type { Device } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { type Choice, changed, constraints, type Devices, idOf, listed, missing, NONE, parsed } from "./choice.ts";

/** In this browser only: what devices a person has is nobody else's to know, and a notebook is shared. */
const STORED = "voice_widget.sound";

/** The microphones and loudspeakers of this browser, and which are to be used, how. */
export class SoundDevices {
  choice: Choice;
  devices: Devices = NONE;
  readonly #tell: () => void;
  readonly #scope: Scope;

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

  /** Look again: a device came or went, or names are told now. */
  async refresh(): Promise<void> {
    const infos = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []);
    if (this.#scope.closed) return;
    this.devices = listed(infos ?? []);
    this.#tell();
  }

  /** What another widget of this browser has chosen since holds here, too. */
  recall(): void {
    const text = stored();
    if (text !== null) this.choice = parsed(text);
  }

  choose(change: Readonly<Record<string, unknown>>): void {
    this.choice = changed(this.choice, change);
    try {
      localStorage.setItem(STORED, JSON.stringify(this.choice));
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
