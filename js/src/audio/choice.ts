import type { Device } from "../model.gen.ts";
import { TREATED } from "./treated.ts";

/** What was chosen for the sound in this browser. Names, because a device's id is another one in each notebook server. */
export interface Choice {
  /** By its name; null: the one that the browser takes. */
  readonly microphone: string | null;
  readonly speaker: string | null;
  /** By how much the microphone is made louder, 0 to `LOUDEST`. */
  readonly gain: number;
  /** Of what is heard, 0 to 1. */
  readonly volume: number;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

export const LOUDEST = 2;

export const DEFAULTS: Choice = {
  microphone: null,
  speaker: null,
  gain: 1,
  volume: 1,
  ...TREATED,
};

/** A device that can be chosen. */
export interface Listed extends Device {
  readonly id: string;
}

/** What the browser lists, as far as it tells. */
export interface Devices {
  readonly all: readonly Listed[];
  /** Before the microphone was allowed browsers tell no names, and then nothing is known to be missing. */
  readonly named: boolean;
}

export const NONE: Devices = { all: [], named: false };

const KINDS = { audioinput: "microphone", audiooutput: "speaker" } as const;
/** Chromium lists these beside the devices that they stand for. */
const STANDS_FOR = ["default", "communications"];
const LONGEST_NAME = 200;

/** The devices with names of their own: two of the same make get numbers. */
export function listed(infos: readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]): Devices {
  const all: Listed[] = [];
  let named = false;
  for (const { kind, deviceId: id, label } of infos) {
    named ||= label !== "";
    if (!(kind in KINDS) || !label || STANDS_FOR.includes(id)) continue;
    const of = KINDS[kind as keyof typeof KINDS];
    const name = label.slice(0, LONGEST_NAME);
    const same = all.filter((one) => one.kind === of && one.label.replace(/ \(\d+\)$/, "") === name).length;
    all.push({ kind: of, label: same > 0 ? `${name} (${same + 1})` : name, id });
  }
  return { all, named };
}

/** The id of what is to be used; empty: the browser's own choice. */
export function idOf({ all }: Devices, kind: Device["kind"], choice: Choice): string {
  return all.find((one) => one.kind === kind && one.label === choice[kind])?.id ?? "";
}

/** What was chosen and is not there: the browser's own choice takes its place. */
export function missing(devices: Devices, choice: Choice): readonly Device[] {
  return (["microphone", "speaker"] as const).flatMap((kind) => {
    const label = choice[kind];
    return label !== null && devices.named && !idOf(devices, kind, choice) ? [{ kind, label }] : [];
  });
}

/** What the browser is asked for. `exact`, for Chromium takes anything less for no wish at all. */
export function constraints(devices: Devices, choice: Choice): MediaTrackConstraints {
  const { echoCancellation, noiseSuppression, autoGainControl } = choice;
  const id = idOf(devices, "microphone", choice);
  return { echoCancellation, noiseSuppression, autoGainControl, ...(id && { deviceId: { exact: id } }) };
}

/** `choice` with what of `change` can be meant. */
export function changed(choice: Choice, change: Readonly<Record<string, unknown>>): Choice {
  const within = (value: unknown, most: number, before: number) =>
    typeof value === "number" && Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : before;
  const name = (value: unknown, before: string | null) =>
    value === null || (typeof value === "string" && value) ? value : before;
  const on = (value: unknown, before: boolean) => (typeof value === "boolean" ? value : before);
  return {
    microphone: name(change["microphone"], choice.microphone),
    speaker: name(change["speaker"], choice.speaker),
    gain: within(change["gain"], LOUDEST, choice.gain),
    volume: within(change["volume"], 1, choice.volume),
    echoCancellation: on(change["echoCancellation"], choice.echoCancellation),
    noiseSuppression: on(change["noiseSuppression"], choice.noiseSuppression),
    autoGainControl: on(change["autoGainControl"], choice.autoGainControl),
  };
}

/** What was stored, or as much of it as makes sense. */
export function parsed(stored: string | null): Choice {
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    return changed(DEFAULTS, typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {});
  } catch {
    return DEFAULTS;
  }
}
