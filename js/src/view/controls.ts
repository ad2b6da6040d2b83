import { html, nothing, type TemplateResult } from "lit-html";
import * as words from "../words.ts";
import { onFirst } from "./clicks.ts";
import type { Hold } from "./hold.ts";
import { icon } from "./icons.ts";
import type { Images } from "./images.ts";
import { canInterrupt, givenUp, type Situation } from "./situation.ts";
import type { PanelSource } from "./source.ts";

/** One row, the primary control first. Controls that are of no use now are off, not gone: nothing moves. */
export function controls(
  source: PanelSource,
  now: Situation,
  hold: Hold,
  send: (text: string) => void,
  images: Images | null,
): TemplateResult {
  const { traits, local } = source;
  const calling = local.stage !== "none" || (now.inCall && now.ours);
  /** Nothing is up yet that could be hung up. */
  const waits = now.name === "asking" || now.name === "connecting";
  const word =
    now.name === "following"
      ? words.leave
      : waits
        ? words.cancel
        : calling
          ? words.hangUp
          : now.name === "ended"
            ? words.again
            : givenUp(traits.error)
              ? words.retry
              : words.call;
  const closed = !now.ours;
  const prepare = () => {
    if (!calling && !closed) source.prepare();
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    send(form.querySelector("input")?.value ?? "");
    form.reset();
  };
  return html`<div class="controls">
    <button
      aria-label=${word}
      class="plain main ${waits ? "cancel" : calling ? "end" : ""}"
      ?disabled=${!calling && (closed || !traits.can_call)}
      @focus=${prepare}
      @pointermove=${prepare}
      @pointerdown=${prepare}
      @click=${onFirst(() => (calling ? source.hangUp() : source.call()))}
    >${icon(waits ? "close" : calling ? "hangUp" : "call")}<span>${word}</span></button>
    ${microphoneButton(source, hold)}
    <button
      class="plain interrupt"
      aria-label=${words.interrupt}
      title=${words.interruptTitle}
      ?disabled=${closed || !canInterrupt(source)}
      @click=${onFirst(() => source.interrupt())}
    >${icon("interrupt")}<span class="word">${words.interrupt}</span></button>
    ${source.loaded.extras?.pauseButton(source, now) ?? nothing}
    <form @submit=${onSubmit}>
      <input
        type="text"
        dir="auto"
        aria-label=${words.message}
        placeholder=${words.placeholder}
        autocomplete="off"
        ?disabled=${closed}
      />
      ${images?.button(closed) ?? nothing}
      <button class="bare" aria-label=${words.send} title=${words.sendTitle} ?disabled=${closed}>
        ${icon("send")}
      </button>
    </form>
  </div>`;
}

/**
 * Hold to talk, where the service does not find the end of a turn; else mute. In a call without a microphone: what takes
 * one.
 */
export function microphoneButton(source: PanelSource, hold: Hold): TemplateResult {
  const { traits, local } = source;
  const { muted } = local;
  const none = local.stage === "open" && !local.hasMicrophone;
  // Of another page, too, that holds the call.
  const open = local.stage === "open" || (traits.holder && traits.holder !== source.id);
  const [word, title] = none
    ? [words.useMicrophone, words.useMicrophoneTitle]
    : muted
      ? [words.unmute, words.unmuteTitle]
      : [words.mute, words.muteTitle];
  return traits.turn_detection === null && !muted && !none
    ? html`<button
            class="plain hold ${local.pushed ? "on" : ""}"
            aria-label=${local.pushed ? words.held : words.hold}
            title=${words.holdTitle}
            ?disabled=${local.stage !== "open"}
            @pointerdown=${hold.down}
            @pointerup=${hold.up}
            @pointercancel=${hold.up}
            @lostpointercapture=${hold.up}
            @contextmenu=${(event: Event) => event.preventDefault()}
            @click=${hold.click}
          >${icon("microphone")}<span>${local.pushed ? words.held : words.hold}</span></button>`
    : html`<button
            class="plain mute ${none ? "take" : muted ? "on" : ""}"
            aria-label=${word}
            title=${title}
            ?disabled=${!open || (none && local.takesMicrophone)}
            @click=${onFirst(() => (none ? source.useMicrophone() : source.mute(!muted)))}
          >${icon(muted && !none ? "muted" : "microphone")}<span class="word">${word}</span></button>`;
}
