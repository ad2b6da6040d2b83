import type { Traits } from "../model.gen.ts";
import type { Scope, Undo } from "../scope.ts";

type TurnDetection = Traits["turn_detection"];

/** So long a slider rests before the kernel is asked. */
const SOON_MS = 200;

/** How turns are taken, as it was chosen here last: one choice more before the kernel's answer takes none back. */
export class Turns {
  /** What each way was set to when it was in force last, by its type. */
  readonly ways: Record<string, Record<string, unknown>> = {};

  readonly #set: (value: TurnDetection) => Promise<boolean>;
  readonly #draw: () => void;
  readonly #changed: () => void;
  readonly #scope: Scope;
  #waits: Undo | null = null;
  #chosen: { readonly wanted: TurnDetection } | null = null;

  /** `set` asks the kernel: true when it refused. `draw` draws at once, `changed` soon. */
  constructor(set: (value: TurnDetection) => Promise<boolean>, draw: () => void, changed: () => void, scope: Scope) {
    this.#scope = scope;
    this.#set = set;
    this.#draw = draw;
    this.#changed = changed;
  }

  /** What is in force, or will be if the kernel agrees. */
  of({ turn_detection }: Traits): TurnDetection {
    const turns = this.#chosen ? this.#chosen.wanted : turn_detection;
    if (turns) this.ways[String(turns["type"])] = turns;
    return turns;
  }

  /** True when it was refused. */
  readonly choose = async (wanted: TurnDetection): Promise<boolean> => {
    const chosen = this.#show(wanted);
    const refused = await this.#set(wanted);
    if (this.#chosen === chosen) this.#chosen = null;
    this.#changed();
    return refused;
  };

  /** The same of what goes on changing: shown at once, asked for when it rests. */
  readonly soon = (wanted: TurnDetection): void => {
    this.#show(wanted);
    this.#waits = this.#scope.after(SOON_MS, () => void this.choose(wanted));
  };

  #show(wanted: TurnDetection): { readonly wanted: TurnDetection } {
    this.#waits?.();
    const chosen = { wanted };
    this.#chosen = chosen;
    this.#draw();
    return chosen;
  }
}
