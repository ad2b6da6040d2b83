import { html, nothing, type TemplateResult } from "lit-html";
import type { RecordingState } from "../model.gen.ts";
import * as words from "../words.ts";
import { onFirst } from "./clicks.ts";
import { icon } from "./icons.ts";
import type { Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";

type Shown = TemplateResult | typeof nothing;

/** Word and lamp: it is seen without colours, too. */
const MARKS = {
  recording: [words.recordingRecording, "on bad"],
  paused: [words.recordingPaused, "bad"],
  failed: [words.recordingFailed, ""],
} as const;

/** What everybody at this page has to know, and is told when it changes. */
export function recordingMark({ local }: PanelSource, now: Situation): TemplateResult {
  const [words, lamp] = mark(local.recording, now);
  return html`<span class="mark" aria-live="polite">${words ? html`<i class="lamp ${lamp}"></i>${words}` : nothing}</span>`;
}

/** On the button that a shut panel is: what its name goes on with, and a badge, where there is something to know. */
export function recordingBadge({ local }: PanelSource, now: Situation): readonly [string, Shown] {
  const [told, lamp] = mark(local.recording, now);
  if (!told) return ["", nothing];
  const badge = lamp === "bad" ? words.recordingBadgePaused : words.recordingBadge;
  return [`, ${told}`, lamp ? html`<b class="badge ${lamp}" data-says=${badge}></b>` : nothing];
}

function mark(state: RecordingState, { name, inCall, ours }: Situation): readonly [string, string] {
  // Where nobody can call nothing will be recorded.
  if (!state || !(inCall || ours)) return ["", ""];
  // Its sound is another program's, so there is nothing to pause either.
  if (name === "following" && state !== "failed") return [words.recordingText, "on bad"];
  return state === "recording" && !inCall ? [words.recordingLater, ""] : MARKS[state];
}

export function pauseButton(source: PanelSource, now: Situation): Shown {
  const state = source.local.recording;
  if (state !== "recording" && state !== "paused") return nothing;
  const paused = state === "paused";
  const label = paused ? words.recordingResumeLabel : words.recordingPauseLabel;
  return html`<button
    class="plain pause"
    aria-label=${label}
    title=${label}
    ?disabled=${!now.inCall || now.name === "following"}
    @click=${onFirst(() => source.pauseRecording(!paused))}
  >${icon(paused ? "record" : "pause")}<span class="word">${paused ? words.recordingResume : words.recordingPause}</span></button>`;
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
    <h2 id="consent-title">${words.consentTitle}</h2>
    <div class="words" id="consent-text" tabindex="0">${source.traits.consent?.text}</div>
    <div class="answers">
      <button class="plain main" @click=${() => source.answerConsent(true)}>${words.consentAgree}</button>
      <button class="plain" title=${words.consentDeclineTitle} @click=${() => source.answerConsent(false)}>${words.consentDecline}</button>
    </div>
  </div>`;
}
