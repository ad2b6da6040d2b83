import { html, nothing, type TemplateResult } from "lit-html";
import type { RecordingState } from "../model.gen.ts";
import { onFirst } from "./clicks.ts";
import { icon } from "./icons.ts";
import type { Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** Word and lamp: it is seen without colours, too. */
const MARKS = {
  recording: ["Recording", "on bad"],
  paused: ["Recording paused", "bad"],
  failed: ["Not recorded", ""],
} as const;

/** What everybody at this page has to know, and is told when it changes. */
export function recordingMark({ local }: PanelSource, now: Situation): TemplateResult {
  const [words, lamp] = mark(local.recording, now);
  return html`<span class="mark" aria-live="polite">${words ? html`<i class="lamp ${lamp}"></i>${words}` : nothing}</span>`;
}

function mark(state: RecordingState, { name, inCall, ours }: Situation): readonly [string, string] {
  // Where nobody can call nothing will be recorded.
  if (!state || !(inCall || ours)) return ["", ""];
  // Its sound is another program's, so there is nothing to pause either.
  if (name === "following" && state !== "failed") return ["Recording text", "on bad"];
  return state === "recording" && !inCall ? ["Will be recorded", ""] : MARKS[state];
}

export function pauseButton(source: PanelSource, now: Situation): TemplateResult | typeof nothing {
  const state = source.local.recording;
  if (state !== "recording" && state !== "paused") return nothing;
  const paused = state === "paused";
  const label = paused ? "Resume recording" : "Pause recording";
  return html`<button
    class="plain pause"
    aria-label=${label}
    title=${label}
    ?disabled=${!now.inCall || now.name === "following"}
    @click=${onFirst(() => source.pauseRecording(!paused))}
  >${icon(paused ? "record" : "pause")}<span class="word">${paused ? "Resume" : "Pause"}</span></button>`;
}

/** The question before the microphone opens. Nothing else in the panel can be reached until it has an answer. */
export function consentDialog(source: PanelSource): TemplateResult {
  return html`<div
    class="consent"
    role="dialog"
    aria-modal="true"
    aria-labelledby="consent-title"
    aria-describedby="consent-text"
    tabindex="-1"
  >
    <h2 id="consent-title">Before the call</h2>
    <div class="words" id="consent-text" tabindex="0">${source.traits.consent?.text}</div>
    <div class="answers">
      <button class="plain main" @click=${() => source.answerConsent(true)}>Agree</button>
      <button class="plain" title="Decline (Escape)" @click=${() => source.answerConsent(false)}>Decline</button>
    </div>
  </div>`;
}
