import { html, nothing, type TemplateResult } from "lit-html";
import type { ErrorInfo, ResultContentMessage, ShownResult } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { named } from "./format.ts";
import { icon } from "./icons.ts";
import css from "./result.css";
import { frameDocument, type Ground, resize } from "./result_frame.ts";
import type { PanelSource } from "./source.ts";
import { adopt } from "./theme.ts";

/** So many open by themselves, as many as stand under the widget elsewhere. */
export const OPEN = 10;
/** As the style sheet has it. */
const HIGH_PX = 176;
const HIGH_LINES = 9;

interface Shown {
  /** What a person chose; null: nothing. */
  open: boolean | null;
  full: boolean;
  high: boolean;
  content: ResultContentMessage | ErrorInfo | null;
  asked: boolean;
}

/** Draws results: under a button with their name, those open that are to be. */
export function makeResults(
  source: PanelSource,
  root: ShadowRoot,
  changed: () => void,
  scope: Scope,
): (results: readonly ShownResult[]) => TemplateResult {
  adopt(root, css);
  const all = new Map<number, Shown>();
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) resize(target as HTMLIFrameElement);
  });
  scope.defer(() => sizes.disconnect());

  const ask = async (number: number, shown: Shown) => {
    shown.asked = true;
    shown.content = await source.result(number);
    shown.asked = shown.content !== null;
    changed();
  };
  const measure = (shown: Shown) => (event: Event) => {
    const element = event.target as HTMLElement;
    if (element instanceof HTMLIFrameElement) {
      resize(element);
      sizes.observe(element);
    }
    shown.high = element.offsetHeight > HIGH_PX;
    // What follows the end of the transcript must know.
    changed();
  };

  const one = ({ number, label, under }: ShownResult, newest: number) => {
    const shown = all.get(number) ?? { open: null, full: false, high: false, content: null, asked: false };
    all.set(number, shown);
    const open = shown.open ?? (!under.includes(source.id) && number > newest - OPEN);
    if (open && !shown.asked) void ask(number, shown);
    // Only what is looked at takes room.
    else if (!open) Object.assign(shown, { asked: false, content: null });
    const name = label || words.resultName;
    const toggle = () => {
      shown.open = !open;
      changed();
    };
    return html`<button class="named" aria-expanded=${open} @click=${toggle}>${icon("note")}${name}</button>
      ${open ? content(name, shown) : nothing}`;
  };

  const content = (name: string, shown: Shown) => {
    const { content, full } = shown;
    // What was asked for in vain of a kernel that went is no more than that.
    if (content === null || ("code" in content && source.kernel === "lost")) {
      const [title, text] = source.kernel === "alive" ? [words.extrasLoading, ""] : words.extrasNoKernel;
      return html`<p class="none">${title} ${text}</p>`;
    }
    if ("code" in content)
      return html`<p class="none">${coded(content.message)} ${coded(named(content.next_step, source.traits))}</p>`;
    const { mime, data } = content;
    const high = shown.high || (mime === "text/plain" && data.split("\n").length > HIGH_LINES);
    const widen = () => {
      shown.full = !full;
      changed();
    };
    return html`<div class="result" role="region" aria-label=${name} tabindex="0" ?data-full=${full}>${drawn(name, mime, data, measure(shown))}</div>
      ${high ? html`<button class="plain" @click=${widen}>${full ? words.resultLess : words.resultFull}</button>` : nothing}`;
  };

  const drawn = (name: string, mime: string, data: string, onLoad: (event: Event) => void) => {
    if (mime === "text/html") {
      // The same origin, or nobody could say how high it is; without scripts nothing in it can use that.
      return html`<iframe
        sandbox="allow-same-origin"
        referrerpolicy="no-referrer"
        title=${name}
        scrolling="no"
        .srcdoc=${frameDocument(data, groundOf(root))}
        @load=${onLoad}
      ></iframe>`;
    }
    if (!mime.startsWith("image/")) return html`<pre>${data}</pre>`;
    const body = mime === "image/svg+xml" ? `;utf8,${encodeURIComponent(data)}` : `;base64,${data}`;
    return html`<img alt=${name} src="data:${mime}${body}" @load=${onLoad} @error=${onLoad} />`;
  };

  return (results) => {
    const newest = source.lines.findLast((line) => line.results.length > 0)?.results.at(-1)?.number ?? 0;
    return html`<div class="results">${results.map((result) => one(result, newest))}</div>`;
  };
}

function groundOf({ host }: ShadowRoot): Ground {
  const { color, fontFamily } = getComputedStyle(host);
  const dark = host.hasAttribute("data-dark");
  const panel = host.shadowRoot?.querySelector(".panel");
  const background = panel ? getComputedStyle(panel).backgroundColor : "transparent";
  return { dark, color, background, font: fontFamily.replaceAll('"', "'") };
}
