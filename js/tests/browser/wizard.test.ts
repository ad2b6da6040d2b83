import { userEvent } from "@vitest/browser/context";
import { afterEach, beforeEach, expect, test } from "vitest";
import { STATES } from "../../dev/states.ts";
import type { WizardDesk } from "../../src/model.gen.ts";
import { lab, shown } from "./support/shown.ts";

let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  lab();
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

const WAITS: WizardDesk = {
  question: "When is the tide high?",
  choices: ["At six.", "Could you say that again?"],
  begun: false,
};
const NONE: WizardDesk = { ...WAITS, question: null };

/** A panel in a call, with a desk. */
function seated() {
  const panel = shown("listening", life.signal);
  const { root, acts, turn } = panel;
  const sits = async (wizard: WizardDesk | null) => {
    const state = STATES["listening"];
    if (!state) throw new Error("no such state");
    await turn({ ...state, traits: { ...state.traits, variable: "talk", wizard } });
  };
  return {
    sits,
    acts,
    desk: () => root.querySelector<HTMLElement>(".ask"),
    buttons: () => [...root.querySelectorAll<HTMLButtonElement>(".ask button")],
    field: () => root.querySelector(".ask input") as HTMLInputElement,
    told: () => root.querySelector(".ask [role=status]")?.textContent,
  };
}

test("a widget whose agent has no desk shows none", async () => {
  const { sits, desk } = seated();
  expect(desk()).toBeNull();
  await sits(NONE);
  expect(desk()?.getAttribute("aria-label")).toBe("Desk of the wizard");
});

test("the desk says that a question waits, and what it is; only then something may be picked", async () => {
  const { sits, told, buttons } = seated();
  await sits(NONE);
  expect(told()).toBe("Nobody waits for your answer.");
  expect(buttons().map((button) => button.disabled)).toEqual([true, true]);
  await sits(WAITS);
  expect(told()).toBe("Waits for your answer: “When is the tide high?”");
  expect(buttons().map((button) => [button.textContent, button.disabled])).toEqual([
    ["At six.", false],
    ["Could you say that again?", false],
  ]);
});

test("a suggestion is said by a click, or by its keys; the kernel gets its number", async () => {
  const { sits, acts, buttons } = seated();
  await sits(WAITS);
  await userEvent.click(buttons()[0] as HTMLElement);
  buttons()[0]?.focus();
  await userEvent.keyboard("{Tab}{Enter}");
  expect(acts.answer.mock.calls).toEqual([
    ["", 1],
    ["", 2],
  ]);
});

test("what is typed is said at Enter, and stays where it is refused", async () => {
  const { sits, acts, field, desk } = seated();
  await sits(WAITS);
  field().focus();
  await userEvent.keyboard(" {Enter}");
  expect(acts.answer).not.toHaveBeenCalled();
  await userEvent.keyboard("{Backspace}At noon.{Enter}");
  expect(acts.answer.mock.calls).toEqual([["At noon.", null]]);
  await expect.poll(() => field().value).toBe("");
  acts.answer.mockResolvedValue({
    code: "nobody_asked",
    message: "No question waits for the wizard.",
    next_step: "Wait for w.on.",
  });
  await userEvent.keyboard("Too late.{Enter}");
  // In the notebook the widget has another name.
  await expect
    .poll(() => desk()?.querySelector("[role=alert]")?.textContent)
    .toBe("No question waits for the wizard. Wait for talk.on.");
  expect(field().value).toBe("Too late.");
});
