import { html, nothing, type TemplateResult } from "lit-html";
import { KERNEL_GONE } from "../link.ts";
import type { ErrorInfo, Notice, Traits } from "../model.gen.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { type Copied, labelOf } from "./copying.ts";
import { codeIn, count, named } from "./format.ts";
import { icon } from "./icons.ts";
import { givenUp, type Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** What one button of a strip does. */
export type Deed =
  | { readonly do: "copy"; readonly text: string }
  | { readonly do: "call" | "typeOnly" | "sound" | "microphone" | "hangUp" | "settings" | "copyTalk" };

/** One thing worth saying, with at most one button. There is never more than one strip, so that nothing jumps twice. */
export interface Strip {
  readonly tone: "error" | "warning" | "info";
  readonly title: string;
  readonly text: string;
  readonly button: { readonly label: string; readonly deed: Deed } | null;
  /** Can be put away; the key says which one was. */
  readonly key: string | null;
  /** How much is done, 0 to 1; null: nobody knows. Without it nothing goes on. */
  readonly progress?: number | null | undefined;
}

const WITHOUT_MICROPHONE = /^(microphone_|permission_dismissed$|page_not_secure$)/;

/** Of what might be installed: that can wait for the call's end. Of its sound a page knows better than the notice. */
const NOT_IN_CALL = /^((missing|smaller)_parts$|play|sound_)/;
const OF_SOUND = /^(play|sound_)/;

type Known = Pick<PanelSource, "traits" | "local" | "lines" | "kernel" | "refusal" | "loaded">;

/** What is not kept anywhere else. */
const COPY_TALK: Strip["button"] = { label: words.stripCopyTalk, deed: { do: "copyTalk" } };

/** All of them, the most important one first. Pure. */
function strips(known: Known, now: Situation, alone: boolean): Strip[] {
  const { traits, local, lines, kernel, refusal, loaded } = known;
  const told: Strip[] = [];
  if (local.soundBlocked || (local.soundStopped && !loaded.extras)) {
    told.push(say("warning", words.stripSoundBlocked, words.stripPlaySound));
  }
  if (local.failure === "kernel_gone" || kernel === "lost") {
    const gone = ofError(KERNEL_GONE, "error", traits);
    told.push(lines.length > 0 ? { ...gone, button: COPY_TALK } : gone);
  }
  if (now.name === "waiting") told.push(ofError({ code: "", ...words.stripNoKernel }, "info", traits));
  if (local.kernelSlow) told.push(say("warning", words.stripKernelSlow, words.stripEndCall, "hangUp"));
  // What holds now, before what has failed once.
  if (now.name === "elsewhere") told.push(say("info", words.stripElsewhere));
  /** A microphone is or will be open, and what it hears goes nowhere. */
  const unheard = now.name === "asking" || (now.name === "connecting" && local.hasMicrophone);
  if (local.talkingUnheard && unheard) told.push(say("warning", words.stripUnheard));
  else if (local.talkingUnheard && local.muted) told.push(say("warning", words.stripMuted));
  const trouble = loaded.extras?.soundTrouble(local);
  if (trouble?.tone === "warning") told.push(trouble);
  else if (local.microphoneLost) told.push(say("warning", words.stripNoMicrophone));
  if (now.name === "reconnecting") told.push(say("warning", words.stripReconnecting, words.stripEndCall, "hangUp"));
  const error = traits.error ?? refusal?.error;
  if (error) told.push(ofError(error, now.inCall ? "warning" : "error", traits, alone && traits.can_call && now.ours));
  const { notice } = traits;
  const shows = notice && !(now.inCall ? NOT_IN_CALL : OF_SOUND).test(notice.code);
  // What loads says why nobody hears.
  if (shows && notice.code === "parts_loading") told.push(ofError(notice, "info", traits));
  if (unheard) told.push(say("info", words.stripUnheard));
  if (trouble?.tone === "info") told.push(trouble);
  const sum = now.name === "ended" && loaded.extras?.summary(traits);
  if (sum) told.push(sum);
  if (now.name === "replay") {
    const text = count(lines.length, words.stripTurn);
    told.push({ tone: "info", title: "", text, button: COPY_TALK, key: null });
  }
  if (shows) told.push(ofError(notice, "info", traits));
  return told;
}

/** The one to show: what was put away makes room for what lay below it. `alone`: no Call is seen beside it. */
export function strip(known: Known, now: Situation, dismissed?: Set<string>, alone = false): Strip | null {
  const told = strips(known, now, alone);
  // What is over and comes again is news.
  for (const key of dismissed ?? []) if (!told.some((one) => one.key === key)) dismissed?.delete(key);
  return told.find(({ key }) => !(key && dismissed?.has(key))) ?? null;
}

function say(
  tone: Strip["tone"],
  [title, text]: readonly [string, string],
  label?: string,
  deed: "sound" | "hangUp" = "sound",
): Strip {
  return { tone, title, text, button: label ? { label, deed: { do: deed } } : null, key: null };
}

function ofError(error: ErrorInfo | Notice, tone: Strip["tone"], traits: Traits, canCall = false): Strip {
  const text = named(error.next_step, traits);
  const code = codeIn(text);
  let button: Strip["button"] = null;
  if (code !== null) button = { label: words.stripCopy, deed: { do: "copy", text: code } };
  else if (tone === "error" && WITHOUT_MICROPHONE.test(error.code)) {
    button = { label: words.stripTypeOnly, deed: { do: "typeOnly" } };
  } else if (tone === "error" && canCall && givenUp(error)) button = { label: words.retry, deed: { do: "call" } };
  const title = error.message;
  const progress = "progress" in error ? error.progress : undefined;
  return { tone, title, text, button, key: `${error.code} ${title}`, progress };
}

/** What a strip tells, and how much of it is done. */
export function message({ title, text, progress }: Strip): TemplateResult {
  return html`${title ? html`<strong>${coded(title)}</strong> ` : nothing}${coded(text)}
      ${
        progress === undefined
          ? nothing
          : html`<progress aria-label=${title} max="1" value=${progress ?? nothing}></progress>`
      }`;
}

export function stripView(
  strip: Strip | null,
  copied: Copied | null,
  act: (deed: Deed) => void,
  dismiss: (key: string) => void,
): TemplateResult | typeof nothing {
  if (!strip) return nothing;
  const { tone, button, key } = strip;
  // In a narrow panel it scrolls: without a button in it the keys must come there, too.
  const tabindex = button || key ? nothing : 0;
  // What is news and cannot be heard is read aloud: in its turn, unless it is pressing.
  const role = tone === "info" ? (key ? "status" : "note") : "alert";
  return html`<div class="strip ${tone}" role=${role} tabindex=${tabindex}>
    ${icon(tone === "info" ? tone : "warning")}
    <div class="message">${message(strip)}</div>
    ${
      button
        ? html`<button class="plain" @click=${() => act(button.deed)}>
            ${button.deed.do.startsWith("copy") ? icon(copied?.done ? "done" : "copy") : nothing}${labelOf(copied, button.label)}
          </button>`
        : nothing
    }
    ${
      key
        ? html`<button class="bare" aria-label=${words.stripDismiss} @click=${() => dismiss(key)}>${icon("close")}</button>`
        : nothing
    }
  </div>`;
}

/** What is read aloud: not who speaks, for that is heard, and a voice over it would be in the way. */
export function announced(now: Situation): string {
  const { name, detail } = now;
  const heard = now.inCall && ["listening", "hearing", "thinking", "speaking"].includes(name);
  // A countdown read aloud every second is noise.
  return heard ? words.stateListening[0] : `${now.words}${detail && name !== "reconnecting" ? `, ${detail}` : ""}`;
}
