import type { Choice } from "../audio/choice.ts";
import { LOOK_MS, SoundDevices } from "../audio/devices.ts";
import { Preview } from "../audio/preview.ts";
import { TREATED } from "../audio/treated.ts";
import { Trial } from "../audio/trial.ts";
import type { FailureCode, PageFailure } from "../failure.ts";
import type { Link } from "../link.ts";
import type { ChooseDevicesMessage, Device, DiagnosisMessage, KernelMessage } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { MadeLink } from "../view/own_tab.ts";
import type { SoundSource } from "../view/source.ts";
import { Connection } from "./connection.ts";
import { tabLink } from "./tab_link.ts";
import type { LiveTalk } from "./talk.ts";

/** What is known of the devices of a call. */
export interface SoundState {
  /** Why the microphone that was chosen last could not be had; the one before is used. */
  readonly failed: FailureCode | null;
  /** The loudspeaker that was chosen, and that the browser could not take: the one before is used; null: it could. */
  readonly speakerFailed: string | null;
  /** The system has silenced the microphone: by a switch of its own, or a phone call. */
  readonly silenced: boolean;
  /** The input gain is 0, perhaps since another notebook: nobody hears anything. */
  readonly turnedDown: boolean;
  /** Chosen, or used until it went, and not there: the browser's own choice is used. */
  readonly missing: readonly Device[];
}

/** Keeps a call to the devices that are chosen, and tells the kernel of them. It is loaded when there is time. */
export class Sound implements SoundSource {
  readonly devices: SoundDevices;
  readonly #link: Link;
  readonly #talk: () => LiveTalk | null;
  readonly #changed: () => void;
  readonly #scope: Scope;
  readonly #connection: Connection;
  #told = "";
  /** Whose sound was looked after last. */
  #of: LiveTalk | null = null;
  /** What was asked for last, also by a call that began before this was loaded. */
  #asked = JSON.stringify(TREATED);
  #refused = "";
  #failed: FailureCode | null = null;
  /** The id of a loudspeaker. */
  #speakerRefused: string | null = null;
  #taking = false;
  /** With what, and of which devices, another one was looked for in the place of one that has gone. */
  #tried = "";
  #track: MediaStreamTrack | null = null;
  /** The one that the browser had chosen, and that has gone in this call. */
  #vanished: Device | null = null;
  /** The browser keeps it up to date; null: it does not say. */
  #permission: PermissionStatus | null = null;
  #preview: Preview | null = null;

  /** `hasServers`: the kernel has ICE servers for offers. */
  constructor(link: Link, talk: () => LiveTalk | null, hasServers: () => boolean, changed: () => void, scope: Scope) {
    this.#link = link;
    this.#talk = talk;
    this.#changed = () => {
      // What is used may be another one. Not before there is something to tell.
      if (this.#told) this.#tell();
      changed();
    };
    this.#scope = scope;
    this.#connection = new Connection(link, () => talk()?.call ?? null, hasServers, scope);
    void permission().then((told) => {
      this.#permission = told;
    });
    this.devices = new SoundDevices(() => {
      this.follow();
      this.#tell();
      changed();
    }, scope);
  }

  get state(): SoundState {
    const talk = this.#talk();
    return {
      failed: this.#failed,
      speakerFailed: talk && this.#speakerRefused === this.devices.speaker ? this.devices.choice.speaker : null,
      silenced: talk?.desk.microphone?.muted ?? false,
      turnedDown: (talk?.desk.hasMicrophone ?? false) && this.devices.choice.gain === 0,
      missing: talk ? [...this.devices.missing, ...this.#gone()] : [],
    };
  }

  /** A call that begins gets a microphone without a question. */
  get allowed(): boolean {
    return this.#permission?.state === "granted";
  }

  get level(): number {
    return this.#talk()?.desk.level ?? 0;
  }

  /** Made once somebody wants to see it. */
  get preview(): Preview {
    this.#preview ??= new Preview(this.devices, this.#changed, this.#scope);
    return this.#preview;
  }

  diagnosis(): Promise<DiagnosisMessage | null> {
    return this.#connection.diagnosis();
  }

  ownTab(): Promise<MadeLink> {
    return tabLink(this.#link, this.#scope);
  }

  trial(changed: () => void, scope: Scope): Trial {
    return new Trial(this.devices, changed, scope);
  }

  /** What is used in the place of what was chosen and cannot be, by its name; null: what the browser takes. */
  get #instead(): Record<string, string | null> {
    const talk = this.#talk();
    const { devices, missing } = this.devices;
    const named = (id: unknown) => devices.all.find((one) => one.id === id)?.label ?? null;
    const instead: Record<string, string | null> = {};
    if (talk?.desk.hasMicrophone && this.#failed)
      instead["microphone"] = named(JSON.parse(this.#asked).deviceId?.exact);
    if (this.state.speakerFailed) instead["speaker"] = named(talk?.desk.playout.element.sinkId);
    for (const { kind } of missing) instead[kind] = null;
    return instead;
  }

  #gone(): readonly Device[] {
    return this.#vanished && this.devices.choice.microphone === null ? [this.#vanished] : [];
  }

  readonly choose = (change: Partial<Choice>): void => this.devices.choose(change);

  /** What a call asks the browser for that begins. */
  begin(): MediaTrackConstraints {
    this.devices.recall();
    const { constraints } = this.devices;
    this.#asked = JSON.stringify(constraints);
    return constraints;
  }

  /** Make it so with the call of the moment. Safe to call at any time: only what is not so is done. */
  follow(): void {
    const talk = this.#talk();
    if (talk !== this.#of) {
      this.#of = talk;
      this.#track = null;
      this.#refused = "";
      this.#failed = null;
      this.#speakerRefused = null;
      this.#vanished = null;
      this.#changed();
      talk?.scope.every(LOOK_MS, () => this.devices.look());
    }
    if (!talk) return;
    const before = this.#track;
    const { desk } = talk;
    const { choice, speaker, constraints } = this.devices;
    const { element } = desk.playout;
    element.volume = choice.volume;
    void this.#playOn(element, speaker);
    if (desk.amplify(choice.gain)) talk.sendSound();
    if (desk.microphone !== this.#track) {
      const track = desk.microphone;
      this.#track = track;
      // The system silences it, or no more.
      if (track) for (const type of ["mute", "unmute"]) talk.scope.on(track, type, this.#changed);
      // Once it is allowed browsers tell names, and perhaps that of the one that was wanted.
      void this.devices.refresh();
    }
    if (!talk.microphoneLost) this.#tried = "";
    if (this.#taking) return;
    const wanted = JSON.stringify(constraints);
    if (talk.microphoneLost === "gone" && this.#tried !== this.devices.microphones)
      void this.#replace(talk, before?.label ?? "");
    else if (desk.hasMicrophone && wanted !== this.#asked && wanted !== this.#refused) void this.#take(talk);
  }

  /** Tried again whenever something changes: it may be there, or free, by then. */
  async #playOn(element: HTMLAudioElement, speaker: string): Promise<void> {
    // Not every browser lets a page choose.
    if ((element.sinkId ?? "") === speaker || !element.setSinkId) return;
    const refused = await element.setSinkId(speaker).then(
      () => null,
      () => speaker,
    );
    // Another one may be wanted by now.
    if (refused === this.#speakerRefused || speaker !== this.devices.speaker) return;
    this.#speakerRefused = refused;
    this.#changed();
  }

  /** In a call that has none, in the click's own task. */
  useMicrophone(): void {
    const talk = this.#talk();
    if (!talk || this.#taking) return;
    this.devices.recall();
    void this.#take(talk);
  }

  /** What is its business of all that comes. */
  take(message: KernelMessage): void {
    if (message.type === "devices.choose") this.#chosen(message);
    else if (message.type === "connection.wanted") void this.#connection.answer(message);
  }

  /** The kernel chooses. */
  #chosen({ page, microphone, speaker, volume }: ChooseDevicesMessage): void {
    if (page !== this.#link.page) return;
    this.#told = "";
    this.devices.choose({ microphone, speaker, volume });
  }

  /** The one before stays until this one is there, and where it cannot be had. */
  async #take(talk: LiveTalk): Promise<void> {
    const { constraints } = this.devices;
    const wanted = JSON.stringify(constraints);
    const there = this.devices.microphones;
    // Chromium goes on to treat the sound of a device as it did, as long as that is open.
    const same = this.#deviceOf(this.#asked) === this.#deviceOf(wanted);
    this.#taking = true;
    try {
      await talk.takeMicrophone(constraints, same);
      this.#asked = wanted;
      this.#refused = "";
      this.#failed = null;
    } catch (error) {
      this.#refused = wanted;
      this.#failed = (error as PageFailure).code ?? "microphone_missing";
      this.#tried = there;
    }
    this.#taking = false;
    this.#changed();
    // What was chosen meanwhile.
    this.follow();
  }

  /** Without permission the browser would ask, out of nowhere. */
  async #replace(talk: LiveTalk, gone: string): Promise<void> {
    this.#taking = true;
    await this.devices.refresh();
    // Asked anew, for the track may end before what is kept has changed. Browsers that do not say so are believed.
    const allowed = ((await permission())?.state ?? "granted") === "granted";
    this.#taking = false;
    if (this.#scope.closed || talk !== this.#talk()) return;
    if (allowed) {
      await this.#take(talk);
      if (gone && talk.desk.hasMicrophone) this.#vanished = { kind: "microphone", label: gone };
      this.#changed();
      return;
    }
    talk.microphoneLost = "withdrawn";
    this.#changed();
  }

  #deviceOf(asked: string): string {
    return JSON.stringify(JSON.parse(asked).deviceId ?? null);
  }

  #tell(): void {
    const { choice, devices } = this.devices;
    const { microphone, speaker, volume } = choice;
    const list = devices.all.map(({ kind, label }) => ({ kind, label }));
    const told = { devices: list, named: devices.named, microphone, speaker, instead: this.#instead, volume };
    const text = JSON.stringify(told);
    if (text === this.#told || this.#link.kernel.state === "lost") return;
    this.#told = text;
    this.#link.send({ type: "devices", ...told });
  }
}

async function permission(): Promise<PermissionStatus | null> {
  const asked = navigator.permissions?.query({ name: "microphone" as PermissionName });
  return (await asked?.catch(() => null)) ?? null;
}
