import type { Choice } from "../audio/choice.ts";
import { SoundDevices } from "../audio/devices.ts";
import type { Link } from "../link.ts";
import type { ChooseDevicesMessage, Device } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { SoundSource } from "../view/source.ts";
import type { LiveTalk } from "./talk.ts";

/** What is not as it should be with the sound of a call. */
export interface SoundState {
  /** Why there is no microphone any more: its device has gone, or its permission. */
  readonly lost: LiveTalk["microphoneLost"];
  /** Why the microphone that was chosen last could not be had; the one before is used. */
  readonly failed: LiveTalk["microphoneFailed"];
  /** The system has silenced the microphone. */
  readonly silenced: boolean;
  /** The browser or the system has stopped all sound. */
  readonly stopped: boolean;
  /** Chosen and not there: the browser's own choice is used. */
  readonly missing: readonly Device[];
}

/** The sound devices of this page, for the call of the moment, the panel and the kernel. */
export class Sound implements SoundSource {
  readonly devices: SoundDevices;
  readonly #link: Link;
  readonly #talk: () => LiveTalk | null;
  #told = "";

  constructor(link: Link, talk: () => LiveTalk | null, changed: () => void, scope: Scope) {
    this.#link = link;
    this.#talk = talk;
    this.devices = new SoundDevices(() => {
      talk()?.follow();
      this.#tell();
      changed();
    }, scope);
  }

  get state(): SoundState {
    const talk = this.#talk();
    return {
      lost: talk?.microphoneLost ?? null,
      failed: talk?.microphoneFailed ?? null,
      silenced: talk?.desk.silenced ?? false,
      stopped: talk?.soundStopped ?? false,
      missing: talk ? this.devices.missing : [],
    };
  }

  get level(): number {
    return this.#talk()?.desk.level ?? 0;
  }

  readonly choose = (change: Partial<Choice>): void => this.devices.choose(change);

  regain(): void {
    void this.#talk()?.regainMicrophone();
  }

  /** The kernel chooses. */
  take({ page, microphone, speaker, volume }: ChooseDevicesMessage): void {
    if (page !== this.#link.page) return;
    this.#told = "";
    this.devices.choose({ microphone, speaker, volume });
  }

  #tell(): void {
    const { choice, devices } = this.devices;
    const { microphone, speaker, volume } = choice;
    const list = devices.all.map(({ kind, label }) => ({ kind, label }));
    const told = { devices: list, named: devices.named, microphone, speaker, volume };
    const text = JSON.stringify(told);
    // A page that was saved has no kernel to tell.
    if (text === this.#told || ["silent", "lost"].includes(this.#link.kernel.state)) return;
    this.#told = text;
    this.#link.send({ type: "devices", ...told });
  }
}
