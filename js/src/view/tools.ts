import { html, nothing, type TemplateResult } from "lit-html";
import type { ErrorInfo, ToolRow } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import { coded } from "./coded.ts";
import { gap, named } from "./format.ts";
import { drawn } from "./icons.ts";
import type { PanelSource } from "./source.ts";
import { adopt } from "./theme.ts";
import css from "./tools.css";
import { makeDesk } from "./wizard.ts";

/** A wrench. */
const TOOL = "M13.6 4.1a3.6 3.6 0 0 1-4.8 4.5l-4.5 4.9-1.8-1.8 4.9-4.5a3.6 3.6 0 0 1 4.5-4.8L9.8 4.5l1.7 1.7z";

/** Numbers that would lose digits if they were read: such a text stays as it was written. */
const LONG = /\d{16}/;

/** What a person has begun to answer. */
interface Draft {
  readonly id: string;
  readonly what: "allow" | "change" | "reject";
  /** Why the kernel does not take it. */
  refusal: ErrorInfo | null;
}

/** Pure: what a tool was called with, as one reads it. */
export function brief(text: string, between = ", "): string {
  if (LONG.test(text)) return text;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof given !== "object" || given === null) return text;
  return Object.entries(given)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(between);
}

/** The calls of tools: a line each, behind the turn at which they were called, and a card for each that waits to be allowed. */
export function makeTools(source: PanelSource, root: ShadowRoot, changed: () => void, scope: Scope) {
  adopt(root, css);
  let draft: Draft | null = null;

  const open = (what: Draft["what"], { tool_call_id: id }: ToolRow) => {
    draft = { id, what, refusal: null };
    changed();
    // Once it is drawn: who pressed the button goes on in the field.
    scope.frame(() => root.querySelector<HTMLElement>(".ask textarea, .ask input")?.focus());
  };
  const shut = () => {
    draft = null;
    changed();
    scope.frame(() => root.querySelector<HTMLElement>(".ask .main")?.focus());
  };
  const decide = async (tool: ToolRow, approved: boolean, more: { always?: boolean; text?: string } = {}) => {
    draft = draft?.id === tool.tool_call_id ? draft : { id: tool.tool_call_id, what: "allow", refusal: null };
    const answering = draft;
    const refusal = await source.decide(tool.tool_call_id, approved, more.always ?? false, more.text ?? null);
    if (draft === answering) {
      if (refusal) answering.refusal = refusal;
      else draft = null;
    }
    changed();
  };

  const answers = (tool: ToolRow) => html`
    <button class="plain main" @click=${() => decide(tool, true)}>${words.toolAllow}</button>
    <button class="plain" @click=${() => decide(tool, true, { always: true })}>${words.toolAlways}</button>
    ${tool.editable ? html`<button class="plain" @click=${() => open("change", tool)}>${words.toolChange}</button>` : nothing}
    <button class="plain" @click=${() => open("reject", tool)}>${words.toolReject}</button>`;

  const changing = (tool: ToolRow) => html`
    <textarea aria-label=${words.toolArguments} spellcheck="false" rows="4" .value=${pretty(tool.arguments)}></textarea>
    <button
      class="plain main"
      @click=${(event: Event) => decide(tool, true, { text: field(event) })}
    >${words.toolAllowChanged}</button>
    <button class="plain" @click=${shut}>${words.toolBack}</button>`;

  const rejecting = (tool: ToolRow) => html`
    <input
      type="text"
      aria-label=${words.toolReason}
      placeholder=${words.toolReason}
      @keydown=${(event: KeyboardEvent) => event.key === "Enter" && decide(tool, false, { text: field(event) })}
    />
    <button class="plain main end" @click=${(event: Event) => decide(tool, false, { text: field(event) })}>${words.toolReject}</button>
    <button class="plain" @click=${shut}>${words.toolBack}</button>`;

  const card = (tool: ToolRow) => {
    const mine = draft?.id === tool.tool_call_id ? draft : null;
    const keys = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !mine) return;
      // Else the panel would take it for an interruption.
      event.stopPropagation();
      shut();
    };
    return html`<div class="ask" role="group" aria-label=${words.toolAsks(tool.name, tool.server)} @keydown=${keys}>
      <div>${drawn(TOOL)}<b>${words.toolAsks(tool.name, tool.server)}</b></div>
      ${mine?.what === "change" ? nothing : html`<pre tabindex="0">${brief(tool.arguments, "\n")}</pre>`}
      ${tool.preview && mine?.what !== "change" ? html`<small>${words.toolPreview}</small><pre tabindex="0">${tool.preview}</pre>` : nothing}
      ${mine?.refusal ? html`<p role="alert">${coded(mine.refusal.message)} ${coded(named(mine.refusal.next_step, source.traits))}</p>` : nothing}
      <div class="choices">${mine === null || mine.what === "allow" ? answers(tool) : mine.what === "change" ? changing(tool) : rejecting(tool)}</div>
    </div>`;
  };

  const line = (tool: ToolRow) => html`<details class="tool" data-status=${tool.status}>
    <summary>${drawn(TOOL)}<code>${tool.server ? `${tool.server}.` : ""}${tool.name}(${brief(tool.approved_arguments ?? tool.arguments)})</code><span class="how">${how(tool)}</span></summary>
    <dl>
      <dt>${words.toolGiven}</dt><dd><pre>${pretty(tool.arguments)}</pre></dd>
      ${tool.approved_arguments ? html`<dt>${words.toolGivenChanged}</dt><dd><pre>${pretty(tool.approved_arguments)}</pre></dd>` : nothing}
      ${tool.error === null && tool.output !== null ? html`<dt>${words.toolGave}</dt><dd><pre>${tool.output}</pre></dd>` : nothing}
      ${tool.error === null ? nothing : html`<dt>${words.toolFailed}</dt><dd><pre>${tool.error}</pre></dd>`}
    </dl>
  </details>`;

  return {
    lines: (tools: readonly ToolRow[]): TemplateResult => html`<div class="results">${tools.map(line)}</div>`,
    cards: (waiting: readonly ToolRow[]): TemplateResult => html`<div class="asks">${waiting.map(card)}</div>`,
    desk: makeDesk(source, changed),
  };
}

/** In words, and for how long. */
export function how({ kind, status, progress, duration_ms }: ToolRow): string {
  if (status === "running" && progress) return progress;
  const time = duration_ms === null ? "" : gap(duration_ms);
  const did = status === "failed" ? "" : words.toolKind[kind];
  const fate = status === "rewound" ? words.transcriptRewound : words.toolStatus[status];
  return [did, fate, time].filter(Boolean).join(" · ");
}

function pretty(text: string): string {
  if (LONG.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** What stands in the field of the card. */
function field(event: Event): string {
  const ask = (event.target as Element).closest(".ask") as Element;
  return (ask.querySelector("textarea, input") as HTMLTextAreaElement).value;
}
