import { html, nothing, type TemplateResult } from "lit-html";
import type { Traits } from "../model.gen.ts";
import { USUAL } from "../view/settings.ts";
import * as words from "../words.ts";
import { type Decision, SHAPES } from "./decisions.ts";

/** What is drawn in the user's lane. */
export interface Drawn {
  /** There is a probability of speech, and what it is right now; null: there is none right now. */
  readonly likely: boolean;
  readonly now: number | null;
  /** Null: nothing is held against one. */
  readonly threshold: number | null;
  /** This service tells no probability. */
  readonly untold: boolean;
  readonly speech: boolean;
  readonly decisions: readonly Decision[];
}

/** What the probability is held against; null with push to talk, where nobody is listened for. */
export function thresholdOf(turns: Traits["turn_detection"]): number | null {
  return turns && Number(turns["threshold"] ?? USUAL.threshold);
}

/** Names all that the lane shows, in text: the picture alone would say it to some only. */
export function legend(drawn: Drawn, turns: Traits["turn_detection"]): TemplateResult | typeof nothing {
  const { likely, now, threshold, untold, speech, decisions } = drawn;
  if (!likely && !untold && !speech && decisions.length === 0) return nothing;
  const names = {
    ...words.laneDecisions,
    ended: words.laneEnded[String(turns?.["type"] ?? "")] ?? words.laneEnded.other,
  };
  return html`<ul class="legend" aria-label=${words.laneLegend}>
    ${likely ? html`<li class="likely">${words.laneLikely} <b>${now === null ? nothing : now.toFixed(2)}</b></li>` : nothing}
    ${likely && threshold !== null ? html`<li class="threshold">${words.laneThreshold} <b>${threshold.toFixed(2)}</b></li>` : nothing}
    ${untold ? html`<li class="untold">${words.laneUntold}</li>` : nothing}
    ${speech ? html`<li class="speech">${words.laneSpeech}</li>` : nothing}
    ${decisions.map(
      (decision) => html`<li class=${decision}>
        <svg viewBox="0 0 8 8" aria-hidden="true"><path d=${SHAPES[decision]}></path></svg>${names[decision]}</li>`,
    )}
  </ul>`;
}
