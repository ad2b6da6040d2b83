import type { Logged } from "./log.ts";

/** What is to be seen of the events. Empty: all. */
export interface Filter {
  /** A direction, `failed`, or what a type begins with. */
  readonly kind: string;
  /** Stands somewhere in the event, in any case of letters. */
  readonly search: string;
  /** The `item_id` of a row of the transcript. */
  readonly item: string;
}

/** A row of the list: one event, or deltas that make one text. */
export interface Row {
  readonly key: string;
  readonly events: readonly [Logged, ...Logged[]];
  /** A run of deltas whose events follow as rows of their own. */
  readonly unfolded: boolean;
  /** One of these. */
  readonly inside: boolean;
}

/** Pure: does the filter let an event pass? */
export function passes(filter: Filter): (event: Logged) => boolean {
  const { kind, item } = filter;
  const search = filter.search ? new RegExp(filter.search.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i") : null;
  return (event) =>
    (!kind || kind === event.direction || (kind === "failed" ? event.failed : event.type.split(".")[0] === kind)) &&
    (!item || event.items.includes(item)) &&
    (!search || search.test(event.type) || search.test(event.text));
}

/** Pure: deltas of one text are one row, until another event of their turn comes. `unfolded`: by their first number. */
export function rowsOf(events: readonly Logged[], filter: Filter, unfolded: ReadonlySet<number>): Row[] {
  const pass = passes(filter);
  const groups: [Logged, ...Logged[]][] = [];
  const open = new Map<string, Map<string, Logged[]>>();
  for (const event of events) {
    const of = event.items.join(" ");
    if (!event.type.endsWith(".delta")) {
      for (const item of event.items) open.delete(item);
      if (pass(event)) groups.push([event]);
      continue;
    }
    if (!pass(event)) continue;
    const runs = open.get(of) ?? new Map<string, Logged[]>();
    open.set(of, runs);
    const name = `${event.direction} ${event.type}`;
    const run = runs.get(name);
    if (run) run.push(event);
    else {
      const group: [Logged, ...Logged[]] = [event];
      runs.set(name, group);
      groups.push(group);
    }
  }
  return groups.flatMap((group): Row[] => {
    const open = group.length > 1 && unfolded.has(group[0].number);
    const row = { key: `${group[0].number}`, events: group, unfolded: open, inside: false };
    return open ? [row, ...group.map(alone)] : [row];
  });
}

function alone(event: Logged): Row {
  return { key: `${event.number} alone`, events: [event], unfolded: false, inside: true };
}

/** Pure: the rows that are in sight of a list that is scrolled to `top`, and a few around them. */
export function inSight(count: number, top: number, height: number, row: number, around = 4): [number, number] {
  const first = Math.max(0, Math.floor(top / row) - around);
  return [Math.min(first, count), Math.min(count, Math.ceil((top + height) / row) + around)];
}
