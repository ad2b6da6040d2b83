import { userEvent } from "@vitest/browser/context";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tool } from "../../dev/lines.ts";
import { SCENES } from "../../dev/scenes.ts";
import { STATES, type State } from "../../dev/states.ts";
import type { ErrorInfo, View } from "../../src/model.gen.ts";
import type { Line } from "../../src/store.ts";
import { brief, how } from "../../src/view/tools.ts";
import { button, lab, shown, take } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  lab();
});
afterEach(() => {
  life.abort();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const text = (one: Element | null | undefined) => one?.textContent?.replace(/\s+/g, " ").trim();

/** A panel in which a booking waits, with what it sends and what the kernel says to that. */
function asking(view: View = "panel", refusal: ErrorInfo | null = null, state: string | State = "tool-asks") {
  const { root, acts } = shown(state, life.signal, view);
  acts.decide.mockResolvedValue(refusal);
  return { root, decided: acts.decide.mock.calls, card: () => root.querySelector(".ask") as HTMLElement };
}

test("what a tool was called with is read in a line", () => {
  expect(brief('{"day": "Sun", "seats": 2}')).toBe('day: "Sun", seats: 2');
  expect(brief("{")).toBe("{");
  expect(brief("3")).toBe("3");
  // A number that would lose digits stays as it was written.
  expect(brief('{"id": 9007199254740993}')).toBe('{"id": 9007199254740993}');
});

test.each(["tool-change", "tool-change-refused", "tool-reject"])(
  "%s: in a narrow panel one can still hang up and type, and comes to all of the card",
  async (name) => {
    const { state = "", steps = [] } = SCENES[name] ?? {};
    const { root, cell, acts } = shown(state, life.signal);
    acts.decide.mockResolvedValue(STATES[state]?.refuses ?? null);
    cell.style.width = "320px";
    for (const step of steps) await take(root, step);
    const bottom = (selector: string) => root.querySelector(selector)?.getBoundingClientRect().bottom ?? 0;
    expect(bottom("form")).toBeLessThanOrEqual(bottom(".panel"));
    button(root, "Back").scrollIntoView({ block: "nearest" });
    expect(bottom(".ask .choices")).toBeLessThanOrEqual(bottom(".asks"));
    expect(root.querySelector(".asks")?.clientHeight).toBeGreaterThan(100);
  },
);

test("calls of tools stand under their question, each with how it ended, and open", () => {
  const { root } = shown("tools", life.signal);
  const lines = [...root.querySelectorAll<HTMLDetailsElement>(".row.user .tool")];
  expect(lines.map((line) => text(line.querySelector("summary")))).toEqual([
    'find(day: "Sunday")700 ms',
    'book(day: "Monday", seats: 4)700 ms',
    "pay(amount: 12)failed · 700 ms",
    "delete_all()not allowed · 700 ms",
  ]);
  lines[1]?.querySelector("summary")?.click();
  expect(lines[1]?.open).toBe(true);
  expect(text(lines[1]?.querySelector("dl"))).toBe(
    'Called with{ "day": "Sunday", "seats": 2 } Changed to{ "day": "Monday", "seats": 4 } GaveBooked.',
  );
});

test("of agents it is said what one does beside calling functions", () => {
  const ended = { status: "completed" } as const;
  expect(how(tool(1, "transfer_to_booking", {}, { ...ended, kind: "handoff", duration_ms: 20 }))).toBe(
    "hands over · 20 ms",
  );
  expect(how(tool(2, "no_prices", {}, { ...ended, kind: "guardrail" }))).toBe("stopped the answer");
  expect(how(tool(3, "no_prices", {}, { status: "failed", kind: "guardrail" }))).toBe("failed");
});

test("one that runs says how far it is", () => {
  const { root } = shown("tool", life.signal);
  expect(text(root.querySelector(".tool .how"))).toBe("asking three restaurants");
  expect(text(root.querySelector(".state"))).toBe("Using a tool");
});

test("one that waits says so, in the header, in its line and on a card", () => {
  const { root, card } = asking();
  expect(text(root.querySelector(".state"))).toBe("Waiting for you");
  expect(text(root.querySelector(".tool .how"))).toBe("waits for you");
  expect(card().getAttribute("aria-label")).toBe("Allow book?");
  expect(card().querySelector("pre")?.textContent).toBe('day: "Sunday"\nseats: 2');
});

test("what a service wants to call of an MCP server says whose it is, and runs with what it was asked with", async () => {
  const { root, card, decided } = asking("panel", null, "tool-asks-server");
  expect(card().getAttribute("aria-label")).toBe("Allow book of tables?");
  expect([...card().querySelectorAll("button")].map(text)).toEqual(["Allow once", "Always allow", "Reject"]);
  expect(text(root.querySelector(".tool code"))).toBe('tables.book(day: "Sunday", seats: 2)');
  button(root, "Allow once").click();
  await vi.waitFor(() => expect(decided).toEqual([["call_1", true, false, null]]));
});

test("what is always allowed of an MCP server is told once", async () => {
  const { root, decided } = asking("panel", null, "tool-asks-server");
  button(root, "Always allow").click();
  await vi.waitFor(() => expect(decided).toEqual([["call_1", true, true, null]]));
});

test.each(["tool-asks", "tool-asks-server"])(
  "%s: a card that nobody answers in time goes, and its line says why",
  async (name) => {
    const { root, turn } = shown(name, life.signal);
    button(root, "Reject").click();
    const state = STATES[name] as State;
    const why = { error: "book was not approved: nobody answered within 60 s", approval: "expired" } as const;
    const over = (one: Line) => ({
      ...one,
      tools: one.tools.map((tool) => ({ ...tool, ...why, status: "rejected" as const })),
    });
    await turn({ ...state, lines: (state.lines ?? []).map(over) });
    expect(root.querySelector(".ask")).toBeNull();
    expect(text(root.querySelector(".tool .how"))).toBe("not allowed");
    root.querySelector<HTMLElement>(".tool summary")?.click();
    expect(text(root.querySelector(".tool dl"))).toContain("Failedbook was not approved: nobody answered within 60 s");
  },
);

test("one that was taken back is struck out and says so", () => {
  const { root } = shown("tools", life.signal);
  const state = STATES.tools as State;
  const back = (one: Line) => ({ ...one, tools: one.tools.map((tool) => ({ ...tool, status: "rewound" as const })) });
  const again = shown({ ...state, lines: (state.lines ?? []).map(back) }, life.signal).root;
  const struck = (of: ShadowRoot) => getComputedStyle(of.querySelector(".tool code") as Element).textDecorationLine;
  expect([struck(root), struck(again)]).toEqual(["none", "line-through"]);
  expect(text(again.querySelector(".tool .how"))).toBe("taken back · 700 ms");
});

test("what it would give stands on the card, but not while its arguments are changed", async () => {
  const { root, card } = asking("panel", null, "tool-asks-preview");
  const shown = () => [...card().querySelectorAll("pre")].map(({ textContent }) => textContent?.split("\n")[0]);
  expect(shown()).toEqual(['expression: "df[df.tip > 1]"', "DataFrame, 2 rows, 2 columns"]);
  button(root, "Change").click();
  await vi.waitFor(() => expect(card().querySelector("textarea")).not.toBeNull());
  expect(shown()).toEqual([]);
});

test("whose arguments nobody may change offers no change", () => {
  const { card } = asking("panel", null, "tool-asks-fixed");
  expect([...card().querySelectorAll("button")].map(text)).toEqual(["Allow once", "Always allow", "Reject"]);
});

test.each([
  ["Allow once", [["call_1", true, false, null]]],
  ["Always allow", [["call_1", true, true, null]]],
] as const)("by mouse: %s", async (name, sent) => {
  const { root, decided } = asking();
  button(root, name).click();
  await vi.waitFor(() => expect(decided).toEqual(sent));
});

test("by keyboard: what it is called with can be changed, and Escape goes back to the buttons", async () => {
  const { root, card, decided } = asking();
  button(root, "Change").focus();
  await userEvent.keyboard("{Enter}");
  await vi.waitFor(() => expect(root.activeElement).toBe(card().querySelector("textarea")));
  await userEvent.keyboard("{Escape}");
  await vi.waitFor(() => expect(text(root.activeElement)).toBe("Allow once"));
  button(root, "Change").click();
  await vi.waitFor(() => expect(root.activeElement).toBe(card().querySelector("textarea")));
  const field = card().querySelector("textarea") as HTMLTextAreaElement;
  expect(JSON.parse(field.value)).toEqual({ day: "Sunday", seats: 2 });
  field.value = '{"day": "Monday"}';
  await userEvent.keyboard("{Tab}{Enter}");
  await vi.waitFor(() => expect(decided).toEqual([["call_1", true, false, '{"day": "Monday"}']]));
});

test("what the kernel does not take says why, and nothing typed is lost", async () => {
  const refusal = {
    code: "arguments_invalid",
    message: "The arguments do not fit: day",
    next_step: "See w.tool_calls_df.",
  };
  const { traits } = STATES["tool-asks"] as State;
  const state = { ...STATES["tool-asks"], traits: { ...traits, variable: "talk" } };
  const { root, card } = asking("panel", refusal, state);
  button(root, "Change").click();
  await vi.waitFor(() => expect(card().querySelector("textarea")).not.toBeNull());
  (card().querySelector("textarea") as HTMLTextAreaElement).value = "{";
  button(root, "Allow with these").click();
  await vi.waitFor(() =>
    expect(text(card().querySelector("[role=alert]"))).toBe("The arguments do not fit: day See talk.tool_calls_df."),
  );
  expect(card().querySelector("textarea")?.value).toBe("{");
});

test("an answer that came too late says so", async () => {
  const late = { code: "no_approval", message: "No tool call 'call_1' waits for approval.", next_step: "" };
  const { root, card } = asking("panel", late);
  button(root, "Allow once").click();
  await vi.waitFor(() => expect(text(card().querySelector("[role=alert]"))).toBe(late.message));
});

test("a rejection takes a reason, which Enter sends", async () => {
  const { root, card, decided } = asking();
  button(root, "Reject").click();
  await vi.waitFor(() => expect(root.activeElement).toBe(card().querySelector("input")));
  await userEvent.keyboard("too dear{Enter}");
  await vi.waitFor(() => expect(decided).toEqual([["call_1", false, false, "too dear"]]));
});

test.each(["panel", "compact", "floating", "overlay"] as const)("it can be answered in the view %s", async (view) => {
  const { root, decided, card } = asking(view);
  await vi.waitFor(() => expect(card()).not.toBeNull());
  expect(root.querySelectorAll(".ask")).toHaveLength(1);
  const allow = button(root, "Allow once");
  const { left, right, top, bottom } = allow.getBoundingClientRect();
  const hit = root.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  expect(hit?.closest("button")).toBe(allow);
  allow.click();
  await vi.waitFor(() => expect(decided).toHaveLength(1));
});
