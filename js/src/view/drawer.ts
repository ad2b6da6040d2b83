import { html, nothing, type TemplateResult } from "lit-html";
import type { Extras } from "../extras.ts";
import type { Traits } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import * as words from "../words.ts";
import type { Copying } from "./copying.ts";
import { Disclosure } from "./disclosure.ts";
import { extra } from "./extra.ts";
import type { Pace } from "./pace.ts";
import type { PanelSource } from "./source.ts";
import { adopt } from "./theme.ts";
import type { LaneView } from "./waveform.ts";

/** What the drawer needs of the panel. */
export interface DrawerHost {
  readonly root: ShadowRoot;
  draw(): void;
  changed(): void;
  readonly pace: Pick<Pace, "watched">;
  readonly copying: Copying;
  /** How turns are taken, as it is shown. */
  turns(): Traits["turn_detection"];
}

/** The events, under the controls. While it is shut nothing is asked of the kernel, and nothing kept. */
export class Drawer {
  readonly disclosure: Disclosure;

  readonly #source: PanelSource;
  readonly #host: DrawerHost;
  readonly #scope: Scope;
  #open: { readonly inspector: InstanceType<Extras["Inspector"]>; readonly scope: Scope } | null = null;
  #item: string | null = null;
  #styled = false;

  constructor(source: PanelSource, host: DrawerHost, scope: Scope) {
    this.#source = source;
    this.#host = host;
    this.#scope = scope;
    this.disclosure = new Disclosure(host.root, ".drawer", () => {
      if (this.disclosure.open) source.load();
      else this.#forget();
      host.draw();
    });
  }

  /** Goes to the events of one turn. */
  readonly showItem = (item: string): void => {
    this.#item = item;
    this.#host.changed();
  };

  /** What it adds to the user's lane. */
  paint(brush: CanvasRenderingContext2D, view: LaneView): void {
    this.#open?.inspector.paint(brush, view);
  }

  view(): TemplateResult | typeof nothing {
    if (!this.disclosure.open) return nothing;
    return html`<section class="drawer" aria-label=${words.eventsName} tabindex="-1">
      ${extra(this.#source, (extras) => this.#inspector(extras).view())}
    </section>`;
  }

  /** To be called when it was drawn. */
  drawn(): void {
    const inspector = this.#open?.inspector;
    const item = this.#item;
    this.#item = null;
    inspector?.drawn();
    if (item !== null) inspector?.showItem(item);
  }

  #inspector({ Inspector }: Extras): InstanceType<Extras["Inspector"]> {
    if (!this.#open) {
      const scope = this.#scope.child();
      const host = { ...this.#host, close: () => this.disclosure.show(false) };
      this.#open = { inspector: new Inspector(this.#source, host, scope), scope };
      if (!this.#styled) adopt(this.#host.root, this.#open.inspector.css);
      this.#styled = true;
    }
    return this.#open.inspector;
  }

  #forget(): void {
    this.#open?.scope.close();
    this.#open = null;
  }
}
