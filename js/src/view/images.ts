import { html, nothing, type TemplateResult } from "lit-html";
import type { ErrorInfo } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Line } from "../store.ts";
import * as words from "../words.ts";
import { named } from "./format.ts";
import { drawn, icon } from "./icons.ts";
import css from "./images.css";
import type { PanelSource } from "./source.ts";
import type { Strip } from "./strip.ts";

/** Pixels of the longer side: services look at no more of them. */
const SIDE = 1024;
const LEAST_SIDE = 64;
/** What every service that sees takes as it is. */
const KEPT = /^image\/(png|jpeg)$/;

const PICTURE = "M2.5 3h11v10h-11zM2.5 11l3.2-3.4 2.6 2.6 1.8-1.6 3.4 3M10.6 6.2v.1";

/** An image that goes with the next message. */
export interface Shot {
  readonly file: Blob;
  readonly url: string;
}

/** Images on their way into the talk, by paste, drop or choice, and those that are in it. */
export class Images {
  /** Why the last one was not taken. */
  problem: Strip | null = null;

  readonly #source: PanelSource;
  readonly #host: HTMLElement;
  readonly #changed: () => void;
  readonly #ours: () => boolean;
  readonly #scope: Scope;
  #shots: readonly Shot[] = [];
  #dropping = false;
  /** The images of rows, as the kernel has them; null: it was asked. */
  readonly #seen = new WeakMap<Line, readonly string[] | null>();

  /** `ours`: this page may act on the call. */
  constructor(source: PanelSource, host: HTMLElement, ours: () => boolean, changed: () => void, scope: Scope) {
    this.#source = source;
    this.#host = host;
    this.#ours = ours;
    this.#changed = changed;
    this.#scope = scope;
    scope.on(host, "paste", (event: ClipboardEvent) => this.#pasted(event));
    scope.on(host, "dragover", (event: DragEvent) => this.#dragged(event, true));
    scope.on(host, "drop", (event: DragEvent) => {
      this.#dragged(event, false);
      if (event.dataTransfer) this.#add(event.dataTransfer.files);
    });
    scope.on(host, "dragleave", ({ clientX: x, clientY: y }: DragEvent) => {
      const { left, right, top, bottom } = host.getBoundingClientRect();
      // From one part of the panel to another it is left, too.
      if (x <= left || x >= right || y <= top || y >= bottom) this.#drop(false);
    });
    scope.defer(() => this.#shots.forEach(forget));
  }

  /** What is about to be sent. */
  view(): TemplateResult | typeof nothing {
    if (!this.#sees) return nothing;
    return html`<style>${css}</style>${
      this.#shots.length > 0
        ? html`<ul class="shots" aria-label=${words.imageList}>${this.#shots.map(
            (shot, n) => html`<li>
              <img class="shot" src=${shot.url} alt=${name(n, this.#shots.length)} />
              <button
                class="bare"
                aria-label="${words.imageRemove} ${n + 1}"
                title=${words.imageRemove}
                @click=${() => this.#remove(shot)}
              >${icon("close")}</button>
            </li>`,
          )}</ul>`
        : nothing
    }${this.#dropping ? html`<div class="drop" aria-hidden="true">${words.imageDrop}</div>` : nothing}`;
  }

  /** By which images are chosen. */
  button(disabled: boolean): TemplateResult | typeof nothing {
    if (!this.#sees) return nothing;
    return html`<button
      type="button"
      class="bare"
      aria-label=${words.imageAdd}
      title=${words.imageAddTitle}
      ?disabled=${disabled}
      @click=${this.#choose}
    >${drawn(PICTURE)}</button>`;
  }

  /** The images of a row; null: it has none, or they are not here. */
  of(line: Line): TemplateResult | null {
    const { images, item_id } = line.row;
    // A saved row may not say.
    if (!(images > 0)) {
      this.#seen.delete(line);
      return null;
    }
    const seen = this.#seen.get(line);
    if (seen === undefined) {
      this.#seen.set(line, null);
      void this.#source.images(item_id).then((urls) => {
        if (line.row.images > 0) this.#seen.set(line, urls);
        this.#changed();
      });
    }
    return seen ? this.shown(seen.map((url) => ({ url }))) : null;
  }

  shown(images: readonly { readonly url: string }[]): TemplateResult | null {
    if (images.length === 0) return null;
    return html`<div class="seen">${images.map(({ url }, n) => html`<img class="shot" src=${url} alt=${name(n, images.length)} />`)}</div>`;
  }

  readonly #choose = (): void => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", multiple: true });
    this.#scope.on(input, "change", () => this.#add(input.files ?? []));
    input.click();
  };

  /** They go with the message now. */
  take(): readonly Shot[] {
    const taken = this.#shots;
    this.#shots = [];
    this.problem = null;
    return taken;
  }

  /** A message with images, small enough together. What is refused comes back, so that nothing is lost. */
  async send(text: string, shots: readonly Shot[]): Promise<ErrorInfo | null> {
    if (shots.length === 0) return this.#source.sendText(text);
    const most = Math.floor(this.#source.traits.image_bytes / shots.length);
    const refusal = await Promise.all(shots.map(({ file }) => fitting(file, most))).then(
      (files) => this.#source.sendText(text, files),
      () => this.#unfit(),
    );
    if (refusal) this.#shots = [...shots, ...this.#shots];
    else shots.forEach(forget);
    return refusal;
  }

  get #sees(): boolean {
    return this.#source.traits.image_bytes > 0;
  }

  /** A bar, whatever lies over the page, has no message that an image could go with. */
  get #writes(): boolean {
    return !this.#host.matches("[data-bar]");
  }

  #pasted(event: ClipboardEvent): void {
    const { files } = event.clipboardData ?? {};
    // Cells of a spreadsheet come as a picture of them, too: what has a text is a text.
    if (!files?.length || event.clipboardData?.getData("text/plain")) return;
    event.preventDefault();
    event.stopPropagation();
    void this.#add(files);
  }

  #dragged(event: DragEvent, over: boolean): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    // Else the browser would leave the notebook for the file.
    event.preventDefault();
    event.stopPropagation();
    this.#drop(over && this.#writes && this.#ours());
  }

  #drop(dropping: boolean): void {
    if (dropping === this.#dropping) return;
    this.#dropping = dropping;
    this.#changed();
  }

  async #add(files: Iterable<File>): Promise<void> {
    if (!this.#ours()) return;
    this.problem = null;
    const [all, takes] = [[...files], this.#sees && this.#writes];
    for (const file of takes ? all : []) {
      const kept = await imageIn(file);
      if (kept) this.#shots = [...this.#shots, { file: kept, url: URL.createObjectURL(kept) }];
      else this.#complain(words.imageUnknown(file.name));
    }
    if (!this.#sees) this.#complain(words.imageUnseen(this.#source.traits.service_name));
    else if (!takes && all.length > 0) this.#complain(words.imageNowhere);
    if (this.#scope.closed) this.take().forEach(forget);
    this.#changed();
  }

  #complain([title, next]: readonly [string, string]): void {
    const text = named(next, this.#source.traits);
    this.problem = { tone: "warning", title, text, button: null, key: title };
  }

  /** There is no room to draw it smaller: that must not keep the message. */
  #unfit(): ErrorInfo {
    const [message, next_step] = words.imageUnfit;
    this.#complain(words.imageUnfit);
    return { code: "", message, next_step };
  }

  #remove(shot: Shot): void {
    forget(shot);
    this.#shots = this.#shots.filter((one) => one !== shot);
    this.#changed();
  }
}

function name(n: number, of: number): string {
  return of === 1 ? words.image : `${words.image} ${n + 1}`;
}

function forget({ url }: Shot): void {
  URL.revokeObjectURL(url);
}

/** Its bytes, for the file may be another one or gone when it is sent; null: they are no image. */
async function imageIn(file: Blob): Promise<Blob | null> {
  try {
    const kept = new Blob([await file.arrayBuffer()], { type: file.type });
    (await createImageBitmap(kept)).close();
    return kept;
  } catch {
    return null;
  }
}

/** The same image with at most so many bytes, scaled where it has to be. */
export async function fitting(file: Blob, most: number): Promise<ArrayBuffer> {
  const bitmap = await createImageBitmap(file);
  try {
    const longer = Math.max(bitmap.width, bitmap.height);
    if (longer <= SIDE && file.size <= most && KEPT.test(file.type)) return await file.arrayBuffer();
    let made: Blob;
    let side = Math.min(longer, SIDE);
    do {
      made = await scaled(bitmap, side / longer, "image/png");
      if (made.size > most) made = await scaled(bitmap, side / longer, "image/jpeg");
      // Each try takes its time, and bytes go by the area.
      const next = side * Math.min(0.75, 0.95 * Math.sqrt(most / made.size));
      side = side > LEAST_SIDE ? Math.max(LEAST_SIDE, next) : 0;
    } while (made.size > most && side >= LEAST_SIDE);
    return await made.arrayBuffer();
  } finally {
    bitmap.close();
  }
}

function scaled(bitmap: ImageBitmap, scale: number, type: string): Promise<Blob> {
  const size = (side: number) => Math.max(1, Math.round(side * scale));
  const canvas = new OffscreenCanvas(size(bitmap.width), size(bitmap.height));
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  if (type === "image/jpeg") {
    // It has no transparency, and black letters would be on black.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type, quality: 0.85 });
}
