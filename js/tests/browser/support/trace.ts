import { cdp } from "vitest/browser";

/** A function of the page in its file: `Class.method`, `function`, or `function.inner`. */
export interface Step {
  readonly file: string;
  readonly function: string;
}

export function nameOf({ file, function: name }: Step): string {
  return `\`${file}\` · \`${name}\``;
}

/** Of Chromium's tools what is used here; their types are in no package that we have. */
interface Tools {
  send(method: "Debugger.enable" | "Debugger.disable"): Promise<unknown>;
  send(
    method: "Debugger.setBreakpointByUrl",
    params: { url: string; lineNumber: number; condition: string },
  ): Promise<{ locations: unknown[] }>;
}

const SEEN = "__walk";

/**
 * Takes note of each call of some functions, private ones too, by breakpoints at which nothing breaks: their condition
 * takes the note and is false.
 */
export class Trace {
  readonly #tools = cdp() as unknown as Tools;
  readonly #steps: readonly Step[];
  readonly #seen: number[] = [];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** Rejects for a function that its file does not have. */
  async start(): Promise<void> {
    Object.assign(globalThis, { [SEEN]: this.#seen });
    await this.#tools.send("Debugger.enable");
    for (const [index, step] of this.#steps.entries()) {
      const url = `${location.origin}/${step.file}`;
      const lineNumber = firstLine(await (await fetch(url)).text(), step.function);
      if (lineNumber === null) throw new Error(`${nameOf(step)}: there is no such function`);
      const condition = `${SEEN}.push(${index}), false`;
      const { locations } = await this.#tools.send("Debugger.setBreakpointByUrl", { url, lineNumber, condition });
      if (locations.length === 0) throw new Error(`${nameOf(step)}: the page does not run this file`);
    }
  }

  /** The steps that were taken, in their order, since the last time. */
  take(): Step[] {
    return this.#seen.splice(0).flatMap((index) => this.#steps[index] ?? []);
  }

  async stop(): Promise<void> {
    await this.#tools.send("Debugger.disable");
  }
}

/** Where a function's body begins, in what the page really runs: each member of a class stands on a line of its own. */
export function firstLine(source: string, name: string): number | null {
  const lines = source.split("\n");
  const [outer = "", inner] = name.split(".");
  const owner = new RegExp(`^(export )?(default )?(async )?(class|function) ${outer}\\b`);
  const from = lines.findIndex((line) => owner.test(line));
  if (from < 0) return null;
  if (inner === undefined) return / function |^function /.test(lines[from] ?? "") ? from + 1 : null;
  const until = lines.findIndex((line, at) => at > from && line.startsWith("}"));
  const member = new RegExp(`^  ((async |get |set |static )*${inner}\\(.*\\{|const ${inner} = (async )?\\(.*=> \\{)$`);
  const at = lines.findIndex((line, index) => index > from && index < until && member.test(line));
  return at < 0 ? null : at + 1;
}
