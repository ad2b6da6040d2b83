import { html, nothing, type TemplateResult } from "lit-html";
import { type Choice, idOf, LOUDEST } from "../audio/choice.ts";
import { LOOK_MS } from "../audio/devices.ts";
import type { TrialStage } from "../audio/trial.ts";
import type { Device } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import { ConnectionView } from "./connection.ts";
import type { Pace } from "./pace.ts";
import type { PanelSource, SoundSource, Tried } from "./source.ts";

const SAYS: Readonly<Partial<Record<TrialStage, string>>> = {
  opening: words.stateAsking.join(": "),
  speak: words.soundSpeak,
  listen: words.soundListen,
};

/**
 * The sound's part of the settings: what it gives is drawn while they are open. As soon as it is not seen any more no
 * microphone is open for it: what is tried ends, and nothing runs.
 */
export function makeSound(
  source: PanelSource,
  sound: SoundSource,
  pace: Pick<Pace, "changed" | "watched">,
  scope: Scope,
): () => TemplateResult {
  const trial = sound.trial(pace.changed, scope);
  const { preview } = sound;
  const connection = new ConnectionView(sound, pace, scope);
  const meter = document.createElement("meter");
  meter.max = 1;
  meter.setAttribute("aria-label", words.soundLevel);
  /** As long as it is seen. */
  let run: Scope | null = null;
  const rest = () => {
    run?.close();
    run = null;
    trial.stop();
    preview.follow(meter, false);
    connection.rest();
  };
  const move = () => {
    // Also not in a panel that is put away with its settings open.
    if (!pace.watched || meter.getClientRects().length === 0) return rest();
    const calls = source.local.stage !== "none";
    const tries = trial.stage !== "none";
    preview.follow(meter, !calls && !tries && !unanswered(source));
    // A call that begins meanwhile, as from Python, would hear what is played back.
    if (calls && tries && trial.stage !== "tone") trial.stop();
    const level = calls ? sound.level : tries ? trial.level : preview.level;
    // As loudness is heard, not as it is measured.
    meter.value = Math.min(1, Math.sqrt(3 * level));
    run?.frame(move);
  };
  scope.on(document, "visibilitychange", () => {
    // No frame comes that would say so.
    if (document.hidden) rest();
  });
  scope.defer(rest);
  return () => {
    if (!run && pace.watched) {
      run = scope.child();
      // A call that begins takes what was chosen last, here or in another widget.
      if (source.local.stage === "none") sound.devices.recall();
      // Who opens them may have plugged something in.
      sound.devices.look();
      run.every(LOOK_MS, () => sound.devices.look());
      run.frame(move);
    }
    return html`${section(source, sound, trial, meter)} ${connection.view()}`;
  };
}

/** A person has yet to agree before a microphone may open. */
function unanswered({ traits: { consent } }: PanelSource): boolean {
  return consent !== null && consent.answer !== "agreed";
}

function section(source: PanelSource, sound: SoundSource, trial: Tried, meter: HTMLMeterElement): TemplateResult {
  const { local } = source;
  const { choice } = sound.devices;
  // In a call the one before is used; one that has none says so where everybody sees it.
  const failed =
    local.stage === "none" ? sound.preview.failure : local.hasMicrophone ? (local.sound?.failed ?? null) : null;
  return html`<div class="sound" role="group" aria-label=${words.soundTitle}>
    ${picker(sound, "microphone", words.soundMicrophone)}
    ${slider(words.soundGain, "gain", LOUDEST, choice.gain, sound)}
    ${Object.entries(words.soundTreatments).map(
      ([name, label]) => html`<label><span>${label}</span>
        <input
          type="checkbox"
          .checked=${choice[name as keyof typeof words.soundTreatments]}
          @change=${({ target }: Event) => sound.choose({ [name]: (target as HTMLInputElement).checked })}
        /></label>`,
    )}
    <div class="try">
      <button
        class="plain"
        ?disabled=${local.stage !== "none" || unanswered(source) || trial.stage !== "none"}
        @click=${() => trial.microphone()}
      >${words.soundTestMicrophone}</button>
      ${meter}
    </div>
    <p class="none" role="status">${ofMicrophone(sound, failed, trial)}</p>
    ${picker(sound, "speaker", words.soundSpeaker)}
    ${slider(words.soundVolume, "volume", 1, choice.volume, sound)}
    <div class="try">
      <button class="plain" ?disabled=${trial.stage !== "none"} @click=${() => trial.speaker()}>${words.soundTestSpeaker}</button>
    </div>
    <p class="none" role="status">${ofSpeaker(source, trial)}</p>
  </div>`;
}

function ofMicrophone({ devices }: SoundSource, untried: Tried["failure"], { stage, failure }: Tried): string {
  if (failure === "silent") return devices.choice.gain === 0 ? words.stripTurnedDown.join(" ") : words.soundSilent;
  const failed = failure === "playback_blocked" ? null : (failure ?? untried);
  if (failed) return words.soundFailures[failed] ?? words.soundFailed;
  return SAYS[stage] ?? (devices.devices.named ? "" : words.soundUnnamed);
}

function ofSpeaker({ local }: PanelSource, { stage, failure, speakerFailed }: Tried): string {
  if (failure === "playback_blocked") return words.soundUnplayed;
  if (speakerFailed || local.sound?.speakerFailed) return words.soundSpeakerFailed;
  return stage === "tone" ? words.soundTone : "";
}

/** What can be chosen, and what was chosen and is not there; nothing where the browser lets no page choose. */
function picker(
  { devices: { devices, choice }, choose }: SoundSource,
  kind: Device["kind"],
  label: string,
): TemplateResult | typeof nothing {
  const there = devices.all.filter((one) => one.kind === kind).map((one) => one.label);
  const chosen = choice[kind];
  if (kind === "speaker" && there.length === 0 && chosen === null) return nothing;
  const absent = chosen !== null && !idOf(devices, kind, choice) ? [chosen] : [];
  return html`<label><span>${label}</span>
    <select class="device" @change=${({ target }: Event) => choose({ [kind]: (target as HTMLSelectElement).value || null })}>
      <option value="" .selected=${chosen === null}>${words.soundDefault}</option>
      ${[...there, ...absent].map(
        (name) => html`<option value=${name} .selected=${name === chosen}>
          ${absent.includes(name) && devices.named ? words.soundAbsent(name) : name}
        </option>`,
      )}
    </select></label>`;
}

function slider(
  label: string,
  name: keyof Choice & ("gain" | "volume"),
  most: number,
  value: number,
  { choose }: SoundSource,
): TemplateResult {
  const percent = `${Math.round(100 * value)} %`;
  return html`<label><span>${label}</span>
    <input
      type="range"
      min="0"
      max=${most}
      step="0.05"
      aria-valuetext=${percent}
      .value=${String(value)}
      @input=${({ target }: Event) => choose({ [name]: Number((target as HTMLInputElement).value) })}
    /><span class="percent" aria-hidden="true">${percent}</span></label>`;
}
