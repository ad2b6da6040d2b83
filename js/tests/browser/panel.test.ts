import { afterEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import { STATES } from "../../dev/states.ts";
import type { ErrorInfo, Traits } from "../../src/model.gen.ts";
import type { Line } from "../../src/store.ts";
import { mountPanel } from "../../src/view/panel.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { row } from "../unit/rows.ts";
import { emulate } from "./support/looks.ts";

let life = new AbortController();

afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
  document.body.style.background = "";
});

function show(
  state: string,
  more: Partial<PanelSource> = {},
): { root: ShadowRoot; source: PanelSource; host: Element } {
  const of = STATES[state];
  if (!of) throw new Error(`no state ${state}`);
  const source = { ...recorded(of), ...more };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, source, life.signal);
  const host = el.querySelector("[data-voice-widget]");
  if (!host?.shadowRoot) throw new Error("no panel");
  return { root: host.shadowRoot, source, host };
}

/** A control by the name that a screen reader says. */
function button(root: ShadowRoot, name: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find((one) => nameOf(one) === name);
  if (!found) throw new Error(`no button "${name}"`);
  return found;
}

function nameOf(element: Element): string {
  return (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
}

/** A finished turn. */
function lineOf(i: number): Line {
  return {
    ...(recorded(STATES["interrupted"] ?? {}).lines[0] as Line),
    row: row({ item_id: `item_${i}`, text: `turn ${i}` }),
    words: [{ text: `turn ${i}`, start_ms: null }],
  } as Line;
}

function press(target: EventTarget, key: string): boolean {
  return target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
}

test.each([
  ["idle", "Ready", "Call"],
  ["asking", "Asking for the microphone, allow it in the browser", "Cancel"],
  ["asking-first", "Asking for the microphone", "Cancel"],
  ["connecting", "Connecting, waiting for the service's answer", "Cancel"],
  ["ending", "Ending, waiting for the kernel", "Call"],
  ["listening", "Listening", "Hang up"],
  ["hearing", "Hearing you", "Hang up"],
  ["thinking", "Thinking", "Hang up"],
  ["tool", "Using a tool", "Hang up"],
  ["speaking", "Speaking", "Hang up"],
  ["muted", "Muted, it cannot hear you", "Hang up"],
  ["push", "Hold to talk, the button or Space", "Hang up"],
  ["push-held", "Listening, release or tap again to send", "Hang up"],
  ["push-idle", "Ready", "Call"],
  ["following", "Following a call, speaking", "Leave"],
  ["session-ending", "Listening", "Hang up"],
  ["consent", "One question", "Call"],
  ["error-given-up", "Not connected", "Retry"],
  ["ended", "Call ended", "Call again"],
  ["error-denied", "Not connected", "Call"],
  ["elsewhere", "Speaking, held elsewhere", "Hang up"],
  ["no-microphone", "Ready for text, no microphone", "Hang up"],
  ["replay", "Saved talk, run the cell to talk", "Call"],
])("%s says '%s' and offers %s", (state, words, primary) => {
  const { root } = show(state);
  const said = ["state", "detail"].map((name) => root.querySelector(`.${name}`)?.textContent);
  expect(said.filter(Boolean).join(", ")).toBe(words);
  expect(nameOf(root.querySelector(".main") as Element)).toBe(primary);
});

test.each(Object.keys(STATES))("%s: every control has a name, and fits the panel", (state) => {
  const { root } = show(state);
  for (const control of root.querySelectorAll("button, select, input, [tabindex='0']")) {
    const name = nameOf(control) || control.closest("label")?.textContent?.trim();
    expect(name, control.outerHTML).toBeTruthy();
  }
  const panel = root.querySelector(".panel");
  expect(panel?.scrollWidth).toBeLessThanOrEqual(panel?.clientWidth ?? 0);
});

test("captions are not read aloud, the state is", () => {
  const { root } = show("hearing");
  expect(root.querySelector(".rows")?.closest("[aria-live], [role=log], [role=status]")).toBeNull();
  expect(root.querySelectorAll("[role=status]")).toHaveLength(1);
});

test.each([
  ["hearing", "Listening"],
  ["thinking", "Listening"],
  ["speaking", "Listening"],
  ["tool", "Using a tool"],
  ["muted", "Muted, it cannot hear you"],
  ["sound-blocked", "Listening"],
])("%s is read aloud as '%s': nothing over a voice, and what nobody hears", (state, words) => {
  expect(show(state).root.querySelector("[role=status]")?.textContent).toBe(words);
});

test("what is wrong is read aloud at once, what is merely worth knowing when one comes by", () => {
  const role = (state: string) => show(state).root.querySelector(".strip")?.getAttribute("role");
  expect(["sound-blocked", "error-denied", "ended"].map(role)).toEqual(["alert", "alert", "note"]);
  // That another device is used cannot be heard: it is read aloud in its turn.
  expect(role("device-missing")).toBe("status");
});

test("the transcript: role by word, gap, note, interrupted and what was not heard", () => {
  const { root } = show("interrupted");
  const rows = [...root.querySelectorAll(".row")];
  expect(rows.map((row) => row.querySelector(".role")?.textContent)).toEqual([
    "You",
    "Assistant",
    "You",
    "Assistant",
    "You",
  ]);
  expect(rows[0]?.querySelector(".results")?.textContent).toContain("table · 3 rows");
  expect(rows[1]?.querySelector(".gap")?.textContent).toBe("618 ms");
  expect(rows[3]?.querySelector("s")?.textContent).toBe(
    " Its average body mass is five thousand and seventy-six grams.",
  );
  expect(rows[3]?.textContent).toContain("interrupted");
  expect(rows.map((row) => row.querySelector("time")?.textContent)).toEqual(["0:03", "0:06", "0:15", "0:18", "0:21"]);
});

test.each([
  ["idle", ".empty .earlier"],
  ["interrupted", ".rows .earlier:first-child"],
])("%s: what the talk goes on from is told, and is no row", (state, place) => {
  const of = STATES[state];
  const { root } = show(state, { traits: { ...recorded(of as NonNullable<typeof of>).traits, earlier_turns: 6 } });
  expect(root.querySelector(place)?.textContent).toBe("Goes on from 6 earlier turns");
  expect(root.querySelectorAll(".row")).toHaveLength(state === "idle" ? 0 : 5);
  expect(show(state).root.querySelector(".earlier")).toBeNull();
});

test("partial text is marked, spoken words are told from those to come", () => {
  expect(show("hearing").root.querySelector("[data-partial] .said")?.textContent).toBe("which species is the");
  const { root } = show("speaking");
  expect(root.querySelector(".now")?.textContent).toBe(" average");
  expect(root.querySelector(".ahead")?.textContent).toMatch(/^ body mass/);
});

test("markup stays text", () => {
  const { root } = show("markup");
  expect(root.querySelector(".text b, .text img, .service i")).toBeNull();
  expect(root.querySelector(".said")?.textContent).toBe("<b>bold</b> & <img src=x onerror=alert(1)>");
});

test("Call, Mute, Interrupt and Hang up do what they say; the second click of a double click does nothing", () => {
  const call = vi.fn();
  button(show("idle", { call }).root, "Call").click();
  expect(call).toHaveBeenCalledOnce();
  const [hangUp, mute, interrupt] = [vi.fn(), vi.fn(), vi.fn()];
  const { root } = show("speaking", { hangUp, mute, interrupt });
  button(root, "Hang up").dispatchEvent(new MouseEvent("click", { detail: 2 }));
  expect(hangUp).not.toHaveBeenCalled();
  for (const name of ["Mute", "Interrupt", "Hang up"]) button(root, name).click();
  expect(mute).toHaveBeenCalledWith(true);
  expect(interrupt).toHaveBeenCalledOnce();
  expect(hangUp).toHaveBeenCalledOnce();
});

test("who talks while muted is told so and what to do, and the lane shows the mute", () => {
  const { root } = show("muted-talking");
  const strip = root.querySelector(".strip");
  expect(strip?.getAttribute("role")).toBe("alert");
  expect(strip?.textContent).toContain("You are muted.");
  expect(strip?.textContent).toContain("press Unmute, or M");
  const line = (state: string) => {
    const picture = show(state).root.querySelector(".picture") as Element;
    return getComputedStyle(picture, "::before").borderTopStyle;
  };
  expect([line("muted"), line("listening")]).toEqual(["dashed", "solid"]);
  expect(root.querySelectorAll(".names .user svg")).toHaveLength(1);
});

test("a tool that runs can be interrupted, by the button and by Escape", () => {
  const interrupt = vi.fn();
  const { root } = show("tool", { interrupt });
  button(root, "Interrupt").click();
  press(root.querySelector(".panel") as Element, "Escape");
  expect(interrupt).toHaveBeenCalledTimes(2);
});

test("what does not connect says it once: no call to press Call above the error, no second button that calls", () => {
  for (const state of ["error-denied", "error-insecure", "declined", "error-given-up"]) {
    const { root } = show(state);
    expect(root.querySelector(".empty")?.textContent ?? "").not.toContain("Press Call");
    const calls = [...root.querySelectorAll("button")].filter((one) => /^(Call|Retry|Answer again)/.test(nameOf(one)));
    expect(calls).toHaveLength(1);
  }
});

test("while a call ends before anything was said nothing says to press Call", () => {
  const { root } = show("ending", { lines: [] });
  expect(["h2", "p"].map((one) => root.querySelector(`.empty ${one}`)?.textContent)).toEqual(["One moment", ""]);
});

test("thinking does not look like speaking, nor does either without colours", () => {
  const filled = (state: string) => {
    const lamp = show(state).root.querySelector("header .lamp") as Element;
    return getComputedStyle(lamp).backgroundColor !== "rgba(0, 0, 0, 0)";
  };
  expect(["thinking", "tool", "speaking"].map(filled)).toEqual([false, false, true]);
});

test.each(["light", "dark"])("controls stand out from what is around them (%s)", (theme) => {
  document.body.dataset["jpThemeLight"] = String(theme === "light");
  const { root } = show("thinking");
  const ground = getComputedStyle(root.querySelector(".panel") as Element).backgroundColor;
  for (const name of ["Mute", "Interrupt"]) {
    expect(contrast(getComputedStyle(button(root, name)).borderTopColor, ground), name).toBeGreaterThanOrEqual(3);
  }
  expect(contrast(getComputedStyle(button(root, "Hang up")).backgroundColor, ground)).toBeGreaterThanOrEqual(3);
  delete document.body.dataset["jpThemeLight"];
});

test("what is of no use is off", () => {
  expect(button(show("listening").root, "Interrupt").disabled).toBe(true);
  expect(button(show("idle").root, "Mute").disabled).toBe(true);
  const { root } = show("replay");
  expect([button(root, "Call").disabled, root.querySelector("input")?.disabled]).toEqual([true, true]);
});

test("a call that another page holds is steered here, and has one button that ends it", () => {
  const [mute, hangUp] = [vi.fn(), vi.fn()];
  const { root } = show("elsewhere", { mute, hangUp });
  expect(root.querySelector("select")?.disabled).toBe(false);
  for (const name of ["Hang up", "Mute", "Interrupt"]) expect(button(root, name).disabled, name).toBe(false);
  expect(root.querySelector("input")?.disabled).toBe(false);
  button(root, "Mute").click();
  expect(mute).toHaveBeenCalledWith(true);
  expect([...root.querySelectorAll("button")].filter((one) => nameOf(one) === "Hang up")).toHaveLength(1);
  button(root, "Hang up").click();
  expect(hangUp).toHaveBeenCalledOnce();
});

test("keys: M and Escape act, in the text field M is text, and none reaches the notebook", () => {
  const [mute, interrupt, leaked] = [vi.fn(), vi.fn(), vi.fn()];
  document.addEventListener("keydown", leaked);
  const { root } = show("speaking", { mute, interrupt });
  const panel = root.querySelector(".panel") as HTMLElement;
  press(panel, "m");
  press(panel, "Escape");
  expect(mute).toHaveBeenCalledWith(true);
  expect(interrupt).toHaveBeenCalledOnce();
  const input = root.querySelector("input") as HTMLInputElement;
  expect(press(input, "m")).toBe(true);
  press(input, "Escape");
  press(root.querySelector("select") as Element, "d");
  press(root.querySelector("select") as Element, "Escape");
  expect(mute).toHaveBeenCalledOnce();
  expect(interrupt).toHaveBeenCalledTimes(2);
  expect(leaked).not.toHaveBeenCalled();
  document.removeEventListener("keydown", leaked);
});

test("JupyterLab's shortcuts are kept out", () => {
  expect(show("idle").host.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
});

test("the settings are shut by Escape and by a click elsewhere", async () => {
  const { root } = show("listening");
  const isOpen = () => root.querySelector("[role=dialog]") !== null;
  button(root, "Settings").click();
  await vi.waitFor(() => expect(isOpen()).toBe(true));
  press(root.activeElement as Element, "Escape");
  await vi.waitFor(() => expect(isOpen()).toBe(false));
  button(root, "Settings").click();
  await vi.waitFor(() => expect(isOpen()).toBe(true));
  document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  await vi.waitFor(() => expect(isOpen()).toBe(false));
});

test("a typed message is sent on Enter; a refusal gives it back and says why", async () => {
  const error = { code: "x", message: "The engine is not there.", next_step: "Press Call." };
  const sendText = vi.fn(async () => {
    Object.assign(source, { refusal: { what: "text", error } });
    return error;
  });
  const { root, source } = show("idle", { sendText });
  const input = root.querySelector("input") as HTMLInputElement;
  input.value = "  how many penguins  ";
  input.form?.requestSubmit();
  expect(sendText).toHaveBeenCalledWith("how many penguins");
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("The engine is not there."));
  expect(input.value).toBe("  how many penguins  ");
});

test("a refusal gives it back beside what was typed since", async () => {
  let answer: (refusal: ErrorInfo | null) => void = () => {};
  const { root } = show("idle", { sendText: () => new Promise((done) => (answer = done)) });
  const input = root.querySelector("input") as HTMLInputElement;
  input.value = "how many penguins";
  input.form?.requestSubmit();
  input.value = "on Biscoe";
  answer({ code: "x", message: "The engine is not there.", next_step: "Press Call." });
  await vi.waitFor(() => expect(input.value).toBe("how many penguins on Biscoe"));
});

test("an example is one click away", () => {
  const sendText = vi.fn(async () => null);
  const { root } = show("idle", { sendText });
  button(root, "How many penguins are there?").click();
  expect(sendText).toHaveBeenCalledWith("How many penguins are there?");
});

test("a voice that is refused is taken back", async () => {
  const set = vi.fn(async () => ({ code: "x", message: "No such voice.", next_step: "" }));
  const { root } = show("listening", { set });
  const select = root.querySelector("select") as HTMLSelectElement;
  select.value = "en-gb";
  select.dispatchEvent(new Event("change"));
  expect(set).toHaveBeenCalledWith("voice", "en-gb");
  await vi.waitFor(() => expect(select.value).toBe("en-us"));
});

test("an answer that went on after a cough or a nod says so, quietly; one that was interrupted does not", () => {
  const said = (text: string, more: Partial<Line["row"]>): Line => ({
    row: row({ text, status: "completed", ...more }),
    words: text ? [{ text, start_ms: null }] : [],
    partial: false,
    results: [],
    tools: [],
  });
  const over = { role: "user", overlap_item_id: "a" } as const;
  const { root } = show("listening", {
    lines: [
      said("The mean is 2.", { item_id: "a", seq: 1 }),
      said("Mm-hm.", { item_id: "u1", seq: 2, overlap: "backchannel", ...over }),
      said("", { item_id: "u2", seq: 3, overlap: "cough", ...over }),
      said("Stop.", { item_id: "u3", seq: 4, overlap: "interruption", ...over }),
    ],
  });
  const marks = [...root.querySelectorAll(".row")].map((one) =>
    [...one.querySelectorAll(".note")].map((note) => note.textContent?.trim()),
  );
  expect(marks).toEqual([["Went on after “Mm-hm.”", "Went on after a sound without words"], [], [], []]);
});

test("what was edited or taken back by hand is struck and says so, and a system message is nobody's", () => {
  const { root } = show("by-hand");
  const rows = [...root.querySelectorAll(".row")].map((one) => ({
    role: one.querySelector(".role")?.textContent,
    said: one.querySelector(".said")?.textContent,
    struck: [...one.querySelectorAll("s")].map((part) => `${part.title}: ${part.textContent}`),
    tags: [...one.querySelectorAll(".tag")].map((tag) => tag.textContent),
    from: one.querySelector(".gap")?.textContent,
  }));
  const plain = { struck: [], tags: [] };
  expect(rows).toEqual([
    { ...plain, role: "System", said: "The user is a biologist.", from: "from Python" },
    {
      role: "You",
      said: "Which species is the heaviest?",
      struck: ["Said before it was edited: which species is the happiest"],
      tags: ["edited"],
      from: undefined,
    },
    { ...plain, role: "Assistant", said: "The Gentoo is the heaviest species.", from: "597 ms" },
    {
      role: "You",
      said: "",
      struck: ["taken back: and what about the dodo"],
      tags: ["taken back"],
      from: undefined,
    },
    {
      role: "Assistant",
      said: "",
      struck: ["taken back: There is none in the table."],
      tags: ["taken back"],
      from: "640 ms",
    },
  ]);
  for (const part of root.querySelectorAll("s")) expect(getComputedStyle(part).textDecorationLine).toBe("line-through");
});

test.each([
  ["connecting", "note"],
  ["connecting-again", "note"],
  ["connecting-talking", "alert"],
])("until it hears, the panel says so once, in a first call and in a later one: %s", (state, role) => {
  const { root } = show(state);
  const strip = root.querySelector(".strip");
  expect(strip?.getAttribute("role")).toBe(role);
  expect(strip?.querySelector(".message")?.textContent?.replace(/\s+/g, " ").trim()).toBe(
    "Nobody hears you yet. It says so here as soon as it listens.",
  );
  expect(root.querySelector(".panel")?.textContent?.split("Nobody hears you yet")).toHaveLength(2);
  const local = { ...recorded(STATES[state] ?? {}).local, hasMicrophone: false, talkingUnheard: false };
  expect(show(state, { local }).root.querySelector(".strip")).toBeNull();
});

test("in a call without a microphone there is a button that takes one, in the place of Mute, and M does it, too", () => {
  const useMicrophone = vi.fn();
  const { root } = show("typing", { useMicrophone });
  const before = button(root, "Use the microphone");
  expect([before.disabled, before.textContent?.trim()]).toEqual([false, "Use the microphone"]);
  expect([...root.querySelectorAll("button")].map(nameOf)).not.toContain("Mute");
  before.focus();
  before.click();
  press(before, "m");
  expect(useMicrophone).toHaveBeenCalledTimes(2);
});

test("once the microphone is there the button is Mute, and has the focus that it had", async () => {
  const of = recorded(STATES["typing"] ?? {});
  let local = of.local;
  let view: { changed(): void } | null = null;
  const { root, source } = show("typing", {
    attach: (attached) => {
      view = attached;
    },
  });
  Object.defineProperty(source, "local", { get: () => local });
  button(root, "Use the microphone").focus();
  local = { ...local, hasMicrophone: true };
  (view as { changed(): void } | null)?.changed();
  await vi.waitFor(() => expect(root.activeElement).toBe(button(root, "Mute")));
});

/** A slider of the settings by its name, and what stands beside it. */
function slider(root: ShadowRoot, name: string): { input: HTMLInputElement; shown: () => string } {
  const input = [...root.querySelectorAll<HTMLInputElement>("input[type=range]")].find((one) => nameOf(one) === name);
  if (!input) throw new Error(`no slider "${name}"`);
  return { input, shown: () => input.parentElement?.querySelector("output")?.textContent ?? "" };
}

function slide(input: HTMLInputElement, value: string): void {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

test("the numbers of hands-free talking are sliders: shown at once, and asked for when they rest", async () => {
  const set = vi.fn(async (..._: unknown[]): Promise<ErrorInfo | null> => null);
  const traits = { ...recorded(STATES["listening"] ?? {}).traits };
  traits.turn_detection = { type: "server_vad", threshold: 0.6, silence_duration_ms: 500 };
  const { root } = show("listening", { set, traits });
  button(root, "Settings").click();
  const [threshold, pause, padding] = ["Threshold", "Pause", "Padding"].map((name) => slider(root, name));
  if (!threshold || !pause || !padding) throw new Error("a slider is missing");
  expect([threshold, pause, padding].map(({ input, shown }) => [input.value, shown()])).toEqual([
    ["0.6", "0.60"],
    ["500", "500 ms"],
    ["300", "300 ms"],
  ]);
  for (const value of ["550", "700", "900"]) slide(pause.input, value);
  expect(pause.shown()).toBe("900 ms");
  slide(threshold.input, "0.8");
  expect([threshold.shown(), threshold.input.getAttribute("aria-valuetext")]).toEqual(["0.80", "0.80"]);
  expect(set).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(set).toHaveBeenCalled());
  expect(set.mock.calls).toEqual([
    ["turn_detection", { type: "server_vad", threshold: 0.8, silence_duration_ms: 900 }],
  ]);
});

test("a slider has its own keys: none of them is the panel's or the notebook's", () => {
  const { root, source } = show("listening", { mute: vi.fn(), push: vi.fn() });
  button(root, "Settings").click();
  const { input } = slider(root, "Pause");
  const leaked = vi.fn();
  document.addEventListener("keydown", leaked);
  for (const name of ["ArrowRight", "ArrowLeft", "Home", "End", "PageUp", "m", " "]) {
    expect(press(input, name), name).toBe(true); // not prevented: the browser moves the slider
  }
  document.removeEventListener("keydown", leaked);
  expect(leaked).not.toHaveBeenCalled();
  expect(source.mute).not.toHaveBeenCalled();
});

test("a pause that is refused is taken back", async () => {
  const set = vi.fn(async (_: string, _value: unknown) => ({ code: "x", message: "Not now.", next_step: "" }));
  const { root } = show("listening", { set });
  button(root, "Settings").click();
  const { input } = slider(root, "Pause");
  const box = root.querySelector(".popover [type=checkbox]") as HTMLInputElement;
  expect(input.value).toBe("500");
  slide(input, "900");
  await vi.waitFor(() => expect(set).toHaveBeenCalled());
  box.click();
  expect(set.mock.calls.map(([, value]) => value)).toMatchObject([
    { silence_duration_ms: 900 },
    { interrupt_response: false },
  ]);
  await vi.waitFor(() => expect([input.value, box.checked]).toEqual(["500", true]));
});

test("a second choice before the kernel has answered keeps the first one", async () => {
  const answers: ((refusal: ErrorInfo | null) => void)[] = [];
  const set = vi.fn((..._: unknown[]) => new Promise<ErrorInfo | null>((done) => answers.push(done)));
  const { root } = show("listening", { set });
  button(root, "Settings").click();
  const { input } = slider(root, "Pause");
  slide(input, "900");
  (root.querySelector(".popover [type=checkbox]") as HTMLInputElement).click();
  expect(set).toHaveBeenLastCalledWith("turn_detection", {
    type: "server_vad",
    threshold: 0.5,
    silence_duration_ms: 900,
    interrupt_response: false,
  });
  for (const answer of answers) answer(null);
  // The kernel would have set the trait; here it has not, and the panel shows what is so.
  await vi.waitFor(() => expect(input.value).toBe("500"));
  // Nor does what the slider waited for come after it.
  slide(input, "700");
  await vi.waitFor(() => expect(set).toHaveBeenCalledTimes(2));
  expect(set.mock.calls[1]?.[1]).toMatchObject({ silence_duration_ms: 700 });
});

test("a click elsewhere shuts the settings, and takes nothing back from where it went", () => {
  const { root } = show("listening");
  button(root, "Mute").focus();
  button(root, "Settings").click();
  const elsewhere = document.body.appendChild(document.createElement("input"));
  elsewhere.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }));
  elsewhere.focus();
  expect(root.querySelector(".popover")).toBeNull();
  expect(document.activeElement).toBe(elsewhere);
});

test.each([
  ["speaking", "Interrupt", { assistant_speaking: false, activity: "listening" }],
  ["error-given-up", "Dismiss", {}],
  ["muted", "Unmute", { turn_detection: null }],
] as const)("%s: when %s goes or is switched off, the keys go on", async (state, name, then) => {
  let changed = () => {};
  const traits = { ...recorded(STATES[state] ?? {}).traits };
  const local = { ...recorded(STATES[state] ?? {}).local };
  const { root } = show(state, {
    traits,
    local,
    attach: (view) => {
      changed = view.changed;
    },
  });
  const control = button(root, name);
  control.focus();
  control.click();
  Object.assign(traits, then);
  Object.assign(local, { muted: false });
  changed();
  await vi.waitFor(() => expect(root.activeElement).toBe(root.querySelector(".panel")));
});

test.each([
  [
    "dialog",
    "speaking",
    { view: "overlay" },
    "dialog .interrupt",
    { assistant_speaking: false, activity: "listening" },
  ],
  [".popover", "listening", {}, '[aria-label="Threshold"]', { turn_detection: null }],
] as const)("what goes within a %s leaves the focus in it", async (within, state, more, control, then) => {
  let changed = () => {};
  const traits = { ...recorded(STATES[state] ?? {}).traits, ...more };
  const { root } = show(state, {
    traits,
    attach: (view) => {
      changed = view.changed;
    },
  });
  if (within === ".popover") button(root, "Settings").click();
  await vi.waitFor(() => {
    root.querySelector<HTMLElement>(control)?.focus();
    expect(root.activeElement).toBe(root.querySelector(control));
  });
  Object.assign(traits, then);
  changed();
  await vi.waitFor(() => expect(root.activeElement).toBe(root.querySelector(within)));
});

test("the host's keys pass it: save and palette, but not what a text field needs", async () => {
  const { root, host } = show("listening");
  const field = root.querySelector("form input") as HTMLInputElement;
  const heard: string[] = [];
  const listen = (event: KeyboardEvent) => {
    // As JupyterLab does: it looks for the mark from the target up.
    heard.push(`${event.key}${host.matches("[data-lm-suppress-shortcuts]") ? " marked" : ""}`);
  };
  document.addEventListener("keydown", listen);
  for (const at of [field, button(root, "Mute")]) {
    key("keydown", at, { key: "s", ctrlKey: true });
    key("keydown", at, { key: "C", metaKey: true, shiftKey: true });
    key("keydown", at, { key: "d" });
    key("keydown", at, { key: "Enter", ctrlKey: true });
  }
  key("keydown", field, { key: "a", ctrlKey: true });
  document.removeEventListener("keydown", listen);
  expect(heard).toEqual(["s", "C", "s", "C"]);
  await vi.waitFor(() => expect(host.matches("[data-lm-suppress-shortcuts]")).toBe(true));
});

test("M mutes nothing where there is no microphone", () => {
  const mute = vi.fn();
  const { local } = recorded(STATES["listening"] ?? {});
  const { root } = show("listening", { mute, local: { ...local, hasMicrophone: false } });
  key("keydown", root.querySelector(".panel") as Element, { key: "m" });
  expect(mute).not.toHaveBeenCalled();
});

test("Escape interrupts on the page that holds the call, on another one, and not where no kernel is", () => {
  const interrupt = vi.fn();
  press(show("kernel-gone", { interrupt }).root.querySelector(".panel") as Element, "Escape");
  expect(interrupt).not.toHaveBeenCalled();
  for (const state of ["elsewhere", "speaking"]) {
    press(show(state, { interrupt }).root.querySelector(".panel") as Element, "Escape");
  }
  expect(interrupt).toHaveBeenCalledTimes(2);
});

test("typed text is there at once, until it has a row or was refused", async () => {
  let answer: (refusal: ErrorInfo | null) => void = () => {};
  const lines: Line[] = [];
  let changed = () => {};
  const { root } = show("idle", {
    lines,
    sendText: () => new Promise((done) => (answer = done)),
    attach: (view) => {
      changed = view.changed;
    },
  });
  const field = root.querySelector("form input") as HTMLInputElement;
  const typed = () => [...root.querySelectorAll(".row")].map((one) => one.textContent?.replace(/\s+/g, " ").trim());
  field.value = "hello there";
  button(root, "Send").click();
  await vi.waitFor(() => expect(typed()).toEqual(["Youhello theresending"]));
  lines.push({
    ...lineOf(1),
    row: row({ role: "user", source: "typed" }),
    words: [{ text: "hello there", start_ms: null }],
    results: [],
    tools: [],
  } as Line);
  changed();
  await vi.waitFor(() => expect(typed()).toEqual([expect.stringMatching(/You hello there typed$/)]));
  lines.pop();
  answer({ code: "no_call", message: "No.", next_step: "Call." });
  await vi.waitFor(() => expect(typed()).toEqual([]));
  expect(field.value).toBe("hello there");
});

test("a new turn leaves the rows of the others alone, also where the oldest goes", async () => {
  let changed = () => {};
  const lines = Array.from({ length: 200 }, (_, i) => lineOf(i));
  const { root } = show("listening", {
    lines,
    attach: (view) => {
      changed = view.changed;
    },
  });
  const rows = () => [...root.querySelectorAll(".row")];
  const before = rows();
  lines.push(lineOf(200));
  changed();
  await vi.waitFor(() => expect(rows().at(-1)?.textContent).toContain("turn 200"));
  expect(rows()).toHaveLength(201);
  expect(before.every((row, place) => rows()[place] === row)).toBe(true);
});

test("text of any script begins on its own side", () => {
  const { root } = show("interrupted");
  expect([...root.querySelectorAll(".row .text")].every((one) => one.getAttribute("dir") === "auto")).toBe(true);
});

test("the settings take the focus and give it back", () => {
  const { root } = show("listening");
  const message = root.querySelector(".panel input") as HTMLInputElement;
  message.focus();
  button(root, "Settings").click();
  expect(root.activeElement).toBe(root.querySelector("[role=dialog]"));
  press(root.activeElement as Element, "Escape");
  expect(root.activeElement).toBe(message);
});

test("Mute says what a click does; it is no switch besides", () => {
  const { root } = show("muted");
  expect(button(root, "Unmute").hasAttribute("aria-pressed")).toBe(false);
});

/** A key that goes down or up in the panel. */
function key(type: "keydown" | "keyup", target: EventTarget, more: KeyboardEventInit = {}): boolean {
  const init = { key: " ", bubbles: true, composed: true, cancelable: true, ...more };
  return target.dispatchEvent(new KeyboardEvent(type, init));
}

/** A panel in push to talk whose source says what it was asked for, and how it is then. */
function pushing() {
  const asked: boolean[] = [];
  const local = { ...recorded(STATES["push"] ?? {}).local, pushed: false };
  const push = (held: boolean) => {
    asked.push(held);
    Object.assign(local, { pushed: held });
  };
  return { asked, ...show("push", { push, local }) };
}

function pointer(type: string, target: Element, more: PointerEventInit = {}): void {
  target.dispatchEvent(new PointerEvent(type, { bubbles: true, composed: true, ...more }));
}

test("held by a pointer: until it goes up, is cancelled or taken away; a second button is none", () => {
  const capture = vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation(() => {});
  const { root, asked } = pushing();
  const hold = button(root, "Hold to talk");
  const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
  pointer("pointerdown", hold, { button: 2 });
  expect(asked).toEqual([]);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    pointer("pointerdown", hold);
    expect(asked.splice(0), end).toEqual([true]);
    clock.mockReturnValue(performance.now() + 300);
    pointer(end, hold);
    pointer("pointerup", hold);
    hold.dispatchEvent(new MouseEvent("click", { detail: 1 }));
    expect(asked.splice(0), end).toEqual([false]);
  }
  expect(capture).toHaveBeenCalledTimes(3);
  vi.restoreAllMocks();
});

test("a tap talks until the next one; one that is taken away is none", () => {
  vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation(() => {});
  const { root, asked } = pushing();
  const hold = button(root, "Hold to talk");
  const tap = (end = "pointerup") => {
    pointer("pointerdown", hold);
    pointer(end, hold);
    pointer("lostpointercapture", hold);
    hold.dispatchEvent(new MouseEvent("click", { detail: 1 }));
  };
  tap();
  expect(asked.splice(0)).toEqual([true]);
  tap();
  expect(asked.splice(0)).toEqual([false]);
  tap("pointercancel");
  expect(asked.splice(0)).toEqual([true, false]);
  tap();
  window.dispatchEvent(new Event("blur"));
  expect(asked).toEqual([true, false]);
  vi.restoreAllMocks();
});

test("what a tap in one view has begun, a tap or a click in another one ends", () => {
  vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation(() => {});
  const { root, asked, source } = pushing();
  const { root: other } = show("push", source);
  const tap = (at: ShadowRoot) => {
    pointer("pointerdown", button(at, "Hold to talk"));
    pointer("pointerup", button(at, "Hold to talk"));
  };
  tap(root);
  tap(other);
  expect(asked.splice(0)).toEqual([true, false]);
  tap(root);
  button(other, "Hold to talk").click();
  expect(asked.splice(0)).toEqual([true, false]);
  tap(root);
  expect(asked.splice(0)).toEqual([true]);
  vi.restoreAllMocks();
});

test("held by Space, wherever it does nothing better; repeats are none, and no button is clicked", () => {
  const { root, asked } = pushing();
  const panel = root.querySelector(".panel") as HTMLElement;
  for (const at of [panel, button(root, "Hold to talk"), button(root, "Hang up")]) {
    expect(key("keydown", at)).toBe(false);
    key("keydown", at, { repeat: true });
    expect(asked.splice(0)).toEqual([true]);
    expect(key("keyup", at)).toBe(false);
    expect(asked.splice(0)).toEqual([false]);
  }
  const input = root.querySelector("form input") as Element;
  expect(key("keydown", input)).toBe(true);
  expect(key("keydown", root.querySelector("select") as Element)).toBe(true);
  expect(asked).toEqual([]);
});

test("a focus that goes elsewhere lets go of Space; a window or a page that is left, of anything", () => {
  vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation(() => {});
  const { root, asked } = pushing();
  const panel = root.querySelector(".panel") as HTMLElement;
  panel.focus();
  key("keydown", panel);
  button(root, "Settings").focus();
  expect(asked).toEqual([true]);
  (root.activeElement as HTMLElement).blur();
  expect(asked.splice(0)).toEqual([true, false]);
  pointer("pointerdown", button(root, "Hold to talk"));
  window.dispatchEvent(new Event("blur"));
  expect(asked.splice(0)).toEqual([true, false]);
  pointer("pointerdown", button(root, "Hold to talk"));
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  hidden.mockRestore();
  expect(asked.splice(0)).toEqual([true, false]);
  pointer("pointerdown", button(root, "Hold to talk"));
  life.abort();
  expect(asked).toEqual([true, false]);
  vi.restoreAllMocks();
});

test("a click without a pointer (a screen reader, Enter) talks until the next one", () => {
  const { root, asked } = pushing();
  const hold = button(root, "Hold to talk");
  hold.click();
  expect(asked).toEqual([true]);
  hold.click();
  expect(asked).toEqual([true, false]);
});

test("Hold to talk says what to do, held or not, and is off where nothing can be heard", () => {
  for (const [state, words] of [
    ["push", "Hold to talk"],
    ["push-held", "Stop to send"],
    ["push-held-first", "Stop to send"],
  ] as const) {
    // What is read aloud is what is read, and so there is nothing that is pressed.
    const hold = button(show(state).root, words);
    expect([hold.textContent?.trim(), hold.getAttribute("aria-pressed")]).toEqual([words, null]);
  }
  expect(button(show("push-idle").root, "Hold to talk").disabled).toBe(true);
});

test("Space is nobody's where turns are found by the service", () => {
  const push = vi.fn();
  const { root } = show("listening", { push });
  expect(key("keydown", root.querySelector(".panel") as Element)).toBe(true);
  expect(push).not.toHaveBeenCalled();
});

test("turn taking: to push to talk and back to what it was; a refusal is taken back", async () => {
  const set = vi.fn(async (_: string, _value: unknown): Promise<ErrorInfo | null> => null);
  const source = recorded(STATES["listening"] ?? {});
  const traits = { ...source.traits };
  const { root } = show("listening", { set, traits });
  button(root, "Settings").click();
  const select = root.querySelector(".popover select") as HTMLSelectElement;
  const choose = (value: string) => {
    select.value = value;
    select.dispatchEvent(new Event("change"));
  };
  choose("");
  expect(set).toHaveBeenLastCalledWith("turn_detection", null);
  const before = traits.turn_detection;
  traits.turn_detection = null;
  button(root, "Settings").click();
  button(root, "Settings").click();
  const again = root.querySelector(".popover select") as HTMLSelectElement;
  expect([again.value, root.querySelectorAll(".popover select:not(.device)").length]).toEqual(["", 1]);
  set.mockResolvedValue({ code: "x", message: "Not now.", next_step: "" });
  again.value = "server_vad";
  again.dispatchEvent(new Event("change"));
  expect(set).toHaveBeenLastCalledWith("turn_detection", before);
  await vi.waitFor(() => expect(again.value).toBe(""));
});

test("by meaning is a choice; each way goes back to what it was", async () => {
  const set = vi.fn(async (_: string, _value: unknown): Promise<ErrorInfo | null> => null);
  const traits = { ...recorded(STATES["listening"] ?? {}).traits };
  const { root } = show("listening", { set, traits });
  const by = async (turn_detection: Traits["turn_detection"]) => {
    traits.turn_detection = turn_detection;
    // The last choice was answered.
    await Promise.resolve();
    await new Promise(requestAnimationFrame);
    for (const _ of "12") button(root, "Settings").click();
    if (!root.querySelector(".popover")) button(root, "Settings").click();
    return [...root.querySelectorAll<HTMLSelectElement>(".popover select")];
  };
  const [kind] = await by({ type: "server_vad", silence_duration_ms: 900 });
  expect([...(kind?.options ?? [])].map(({ text }) => text.trim())).toEqual([
    "After a pause",
    "By meaning",
    "Push to talk",
  ]);
  const choose = (select: HTMLSelectElement | undefined, value: string) => {
    if (!select) throw new Error("no such choice");
    select.value = value;
    select.dispatchEvent(new Event("change"));
  };
  choose(kind, "semantic_vad");
  expect(set).toHaveBeenLastCalledWith("turn_detection", { type: "semantic_vad" });
  const [other, eagerness] = await by({ type: "semantic_vad", eagerness: "low" });
  expect([other?.value, eagerness?.value]).toEqual(["semantic_vad", "low"]);
  choose(eagerness, "high");
  expect(set).toHaveBeenLastCalledWith("turn_detection", { type: "semantic_vad", eagerness: "high" });
  choose(other, "server_vad");
  expect(set).toHaveBeenLastCalledWith("turn_detection", { type: "server_vad", silence_duration_ms: 900 });
  expect((await by({ type: "of_tomorrow" }))[0]?.value).toBe("of_tomorrow");
});

test("the picture of an ended call takes the colours of the theme, too", async () => {
  const { root, source } = show("ended");
  const canvas = root.querySelector("canvas") as HTMLCanvasElement;
  const painted = () => {
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) return [...data.slice(i, i + 3)].join();
    return "";
  };
  await vi.waitFor(() => expect(painted()).not.toBe(""));
  const light = painted();
  Object.assign(source, { clock: null });
  await new Promise((resolve) => setTimeout(resolve, 200));
  document.body.style.background = "#111";
  await vi.waitFor(() => expect(painted()).not.toBe(light));
});

test.each(["light", "dark", "forced colours"])(
  "%s: the message's field has one frame when it has the focus",
  async (look) => {
    await emulate(look === "forced colours" ? { "forced-colors": "active" } : {});
    document.body.style.background = look === "dark" ? "#111" : "#fff";
    const { root } = show("listening");
    const input = root.querySelector("form input") as HTMLInputElement;
    const form = getComputedStyle(input.form as Element);
    expect(form.outlineStyle).toBe("none");
    input.focus();
    expect(input.matches(":focus-visible")).toBe(true);
    expect(getComputedStyle(input).outlineStyle).toBe("none");
    // A shadow would be a second one, and none in forced colours.
    expect([form.outlineStyle, form.outlineWidth, form.boxShadow]).toEqual(["solid", "2px", "none"]);
    await emulate();
    document.body.removeAttribute("style");
  },
);

test("before the first word it says how to talk, also while one does", () => {
  for (const state of ["push-first", "push-held-first"]) {
    expect(show(state).root.querySelector("h2")?.textContent, state).toBe("Hold to talk");
  }
  expect(show("no-microphone-first").root.querySelector("h2")?.textContent).toBe("Type a message");
});

test("how the sound travels is said in the settings only", () => {
  const { root } = show("comm");
  expect(root.textContent).not.toContain("connection");
  button(root, "Settings").click();
  expect(root.querySelector("[role=dialog]")?.textContent).toContain("The sound goes through the kernel");
});

test("after the last try, Retry calls", () => {
  const call = vi.fn();
  button(show("error-given-up", { call }).root, "Retry").click();
  expect(call).toHaveBeenCalledOnce();
});

test("while it reconnects, one button ends the talk, and no countdown is read aloud", () => {
  const { root } = show("reconnecting");
  expect(root.querySelector("[role=status]")?.textContent).toBe("Reconnecting");
  expect(root.querySelector(".detail")?.textContent).toMatch(/^try 2 of 3 in \d s$/);
  expect([...root.querySelectorAll("button")].map(nameOf).filter((name) => /^(Stop|Hang up)$/.test(name))).toEqual([
    "Hang up",
  ]);
});

test("what only sounds is not drawn", async () => {
  const view: { stir(): void; changed(): void } = { stir() {}, changed() {} };
  const header = vi.fn(() => null);
  const { source } = show("speaking", {
    attach: (of) => {
      Object.assign(view, of);
    },
  });
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  Object.defineProperty(source, "refusal", { get: header });
  view.stir();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  expect(header).not.toHaveBeenCalled();
  view.changed();
  await vi.waitFor(() => expect(header).toHaveBeenCalled());
});

test("many changes are one picture", async () => {
  let changed = () => {};
  const drawn = vi.fn(() => 0);
  show("speaking", {
    attach: (view) => {
      changed = view.changed;
    },
    heard: drawn,
  });
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  drawn.mockClear();
  const lines = STATES["speaking"]?.lines?.length ?? 0;
  for (let i = 0; i < 20; i++) {
    changed();
    await Promise.resolve();
  }
  expect(drawn).not.toHaveBeenCalled();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  // The meters look at the last line, too. Twenty pictures would ask four times as often.
  expect(drawn.mock.calls.length).toBeLessThan(5 * lines);
  expect(drawn.mock.calls.length).toBeGreaterThanOrEqual(lines);
});

test("while a peer connects its pictures are few, and the one of the call that hears waits for none", async () => {
  let changed = () => {};
  let drawn = 0;
  const { source, root } = show("connecting", {
    attach: (view) => {
      changed = view.changed;
    },
  });
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const refusal = source.refusal;
  Object.defineProperty(source, "refusal", {
    get: () => {
      drawn += 1;
      return refusal;
    },
  });
  const began = performance.now();
  let frames = 0;
  while (frames < 20 || performance.now() - began < 320) {
    changed();
    frames += 1;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  const pictures = (performance.now() - began) / 150 + 1;
  expect(drawn).toBeGreaterThan(0);
  // A picture reads it twice.
  expect(drawn).toBeLessThanOrEqual(2 * pictures);
  changed();
  Object.assign(source.local, { stage: "open", flows: true });
  changed();
  expect(root.querySelector<HTMLElement>(".panel")?.dataset["state"]).toBe("listening");
});

test("out of sight it is drawn once a second at most, and at once when it comes into sight", async () => {
  let changed = () => {};
  let drawn = 0;
  const { host, source } = show("speaking", {
    attach: (view) => {
      changed = view.changed;
    },
  });
  const box = host.parentElement as HTMLElement;
  box.style.marginTop = "9000px";
  const seen = (wanted: boolean) =>
    vi.waitFor(
      () =>
        new Promise<void>((resolve, reject) => {
          new IntersectionObserver(([entry], observer) => {
            observer.disconnect();
            entry?.isIntersecting === wanted ? resolve() : reject(new Error("not yet"));
          }).observe(host);
        }),
    );
  await seen(false);
  Object.defineProperty(source, "refusal", {
    get: () => {
      drawn += 1;
      return null;
    },
  });
  const began = performance.now();
  while (performance.now() - began < 700) {
    changed();
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  // A picture reads it twice, and one may have been due.
  expect(drawn).toBeLessThanOrEqual(4);
  drawn = 0;
  box.style.marginTop = "0";
  await seen(true);
  await vi.waitFor(() => expect(drawn).toBeGreaterThan(0), { timeout: 200 });
});

test("the transcript follows the talk through a change of width", async () => {
  const { root, host } = show("long");
  const scroll = root.querySelector(".scroll") as HTMLElement;
  const rest = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
  expect(rest()).toBeLessThan(2);
  for (const width of ["260px", "700px", "300px"]) {
    (host as HTMLElement).style.width = width;
    scroll.dispatchEvent(new Event("scroll"));
    await vi.waitFor(() => expect(rest()).toBeLessThan(2));
  }
  expect([...root.querySelectorAll("button")].map(nameOf)).not.toContain("↓ Latest");
});

test.each([220, 300, 440, 720])("%i px wide: nothing is outside, nothing covers a control", async (width) => {
  for (const state of ["long", "error-denied", "idle", "ended", "reconnecting", "push", "following"]) {
    const { root, host } = show(state);
    (host as HTMLElement).style.width = `${width}px`;
    const scroll = root.querySelector(".scroll") as HTMLElement;
    if (state === "long") {
      scroll.scrollTop = 0;
      await vi.waitFor(() => expect(button(root, "↓ Latest")).toBeTruthy());
      expect(button(root, "↓ Latest").getBoundingClientRect().bottom).toBeLessThanOrEqual(
        scroll.getBoundingClientRect().bottom,
      );
    }
    const panel = host.getBoundingClientRect();
    for (const one of root.querySelectorAll("header button, header select, .controls button")) {
      const box = one.getBoundingClientRect();
      expect(box.right, `${state}: ${one.outerHTML}`).toBeLessThanOrEqual(panel.right);
      expect(box.left, `${state}: ${one.outerHTML}`).toBeGreaterThanOrEqual(panel.left);
    }
    const tops = ["main", "interrupt"].map((name) => root.querySelector(`.${name}`)?.getBoundingClientRect().top);
    expect(tops[0]).toBe(tops[1]);
    host.remove();
  }
});

/** Of two colours, as WCAG has it; `over` is what is seen through a colour that is not full. */
function contrast(one: string, other: string): number {
  const brush = new OffscreenCanvas(1, 1).getContext("2d") as OffscreenCanvasRenderingContext2D;
  const light = (...layers: string[]) => {
    for (const layer of layers) {
      brush.fillStyle = layer;
      brush.fillRect(0, 0, 1, 1);
    }
    const [r = 0, g = 0, b = 0] = [...brush.getImageData(0, 0, 1, 1).data].map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark = 0, bright = 0] = [light(other), light(other, one)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

test.each(["#fff", "#111"])("on %s words have a contrast of 4.5, and the field's border 3", (ground) => {
  document.body.style.background = ground;
  for (const state of ["idle", "muted", "speaking", "ended", "error-insecure", "reconnecting"]) {
    const { root, host } = show(state);
    const bg = getComputedStyle(root.querySelector(".panel") as Element).backgroundColor;
    const seen = ".state, .detail, .role, .gap, .row time, .now, .ahead, .empty p, .mute:enabled, .interrupt:enabled";
    for (const one of root.querySelectorAll(seen)) {
      expect(contrast(getComputedStyle(one).color, bg), `${state} ${one.className}`).toBeGreaterThanOrEqual(4.5);
    }
    const main = getComputedStyle(root.querySelector(".main") as Element);
    expect(contrast(main.color, main.backgroundColor), `${state} main`).toBeGreaterThanOrEqual(4.5);
    const code = root.querySelector("code");
    if (code) {
      expect(getComputedStyle(code).color).toBe(getComputedStyle(root.querySelector(".state") as Element).color);
    }
    expect(contrast(getComputedStyle(root.querySelector("form") as Element).borderColor, bg)).toBeGreaterThanOrEqual(3);
    host.remove();
  }
});

test("errors can be put away, and say their next step", async () => {
  const { root } = show("error-denied");
  const alert = root.querySelector("[role=alert]");
  expect(alert?.textContent).toContain("Allow the microphone by the icon");
  button(root, "Dismiss").click();
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")).toBeNull());
});

test("what was put away makes room for what lay below it, and comes back when it happens again", async () => {
  let changed = () => {};
  const error = { code: "agent_failed", message: "It raised.", next_step: "Mend it." };
  const traits = { ...recorded(STATES["device-missing"] ?? {}).traits, error: error as ErrorInfo | null };
  const { root } = show("device-missing", {
    traits,
    attach: (view) => {
      changed = view.changed;
    },
  });
  const says = (words: string) =>
    vi.waitFor(() => expect(root.querySelector(".strip")?.textContent ?? "").toContain(words));
  await says("It raised.");
  button(root, "Dismiss").click();
  await says("“Headset (USB)” is not there");
  button(root, "Dismiss").click();
  await vi.waitFor(() => expect(root.querySelector(".strip")).toBeNull());
  traits.error = null;
  changed();
  await new Promise(requestAnimationFrame);
  traits.error = { ...error };
  changed();
  await says("It raised.");
});

test("the transcript follows the talk unless a person has scrolled up", async () => {
  const source = recorded(STATES["long"] ?? {});
  let changed = () => {};
  const { root } = show("long", {
    attach: (view) => {
      changed = view.changed;
    },
    lines: source.lines,
  });
  const scroll = root.querySelector(".scroll") as HTMLElement;
  const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 2;
  expect(atEnd()).toBe(true);
  scroll.scrollTop = 0;
  await vi.waitFor(() => expect(button(root, "↓ Latest")).toBeTruthy());
  changed();
  await new Promise(requestAnimationFrame);
  expect(scroll.scrollTop).toBe(0);
  button(root, "↓ Latest").click();
  await vi.waitFor(() => expect(atEnd()).toBe(true));
});

test("the theme is JupyterLab's, elsewhere the background's", async () => {
  const { host } = show("idle");
  expect(host.hasAttribute("data-dark")).toBe(false);
  document.body.dataset["jpThemeLight"] = "false";
  await vi.waitFor(() => expect(host.hasAttribute("data-dark")).toBe(true));
  delete document.body.dataset["jpThemeLight"];
  document.body.style.background = "#111";
  await vi.waitFor(() => expect(host.hasAttribute("data-dark")).toBe(true));
  document.body.style.background = "#fff";
  await vi.waitFor(() => expect(host.hasAttribute("data-dark")).toBe(false));
});

test.each([
  ["oklch(1 0 0)", false],
  ["color(srgb 1 1 1)", false],
  ["lab(96 0 0)", false],
  ["oklch(0.2 0 0)", true],
  ["color(srgb 0.1 0.1 0.1)", true],
  ["rgb(255 255 255 / 0.2)", true],
])("a page of %s is dark: %s", async (background, dark) => {
  // What lets see through is not what one sees.
  document.documentElement.style.background = "#000";
  document.body.style.background = background;
  const { host } = show("idle");
  expect(host.hasAttribute("data-dark")).toBe(dark);
  document.documentElement.removeAttribute("style");
});

test("the lanes are painted in device pixels and in the sides' colours", async () => {
  const { root } = show("interrupted");
  const canvas = root.querySelector("canvas") as HTMLCanvasElement;
  await vi.waitFor(() => expect(canvas.width).toBe(Math.round(canvas.clientWidth * devicePixelRatio)));
  await vi.waitFor(() => {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    const colours = new Set<string>();
    for (let i = 0; i < pixels.length; i += 4)
      if (pixels[i + 3] === 255) colours.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
    expect([...colours].sort()).toEqual(["179,81,12", "31,99,196"]);
  });
});

test("when the view ends, nothing of it is left", () => {
  const { host } = show("listening");
  life.abort();
  expect(host.isConnected).toBe(false);
  expect(host.shadowRoot?.querySelector("section")).toBeNull();
});

test.each([
  ["recording-idle", "Will be recorded", ["Pause recording", true]],
  ["recording", "Recording", ["Pause recording", false]],
  ["recording-paused", "Recording paused", ["Resume recording", false]],
  ["recording-failed", "Not recorded", null],
  ["recording-following", "Recording text", ["Pause recording", true]],
  ["listening", "", null],
] as const)("%s: in words '%s', which is told when it changes", (state, words, button_) => {
  const { root } = show(state);
  const mark = root.querySelector(".mark") as HTMLElement;
  expect(mark.textContent).toBe(words);
  expect(mark.getAttribute("aria-live")).toBe("polite");
  const found = root.querySelector<HTMLButtonElement>(".pause");
  expect(found && [nameOf(found), found.disabled]).toEqual(button_);
});

test("a page without a kernel records nothing: neither mark nor Pause", () => {
  const { root } = show("recording-lost");
  expect([".mark .lamp", ".pause"].map((one) => root.querySelector(one))).toEqual([null, null]);
});

test("a recording that runs has a full red lamp, one that is paused an empty one", () => {
  const lamp = (state: string) => getComputedStyle(show(state).root.querySelector(".mark .lamp") as Element);
  const [on, off] = [lamp("recording"), lamp("recording-paused")];
  expect(on.backgroundColor).toBe(on.color);
  expect(off.backgroundColor).not.toBe(off.color);
  expect(off.color).toBe(on.color);
});

test("Pause and Resume ask for it", () => {
  const pauseRecording = vi.fn();
  button(show("recording", { pauseRecording }).root, "Pause recording").click();
  button(show("recording-paused", { pauseRecording }).root, "Resume recording").click();
  expect(pauseRecording.mock.calls).toEqual([[true], [false]]);
});

test("the second click of a double click takes nothing back", () => {
  const done = { pauseRecording: vi.fn(), mute: vi.fn(), hangUp: vi.fn() };
  const { root } = show("recording", done);
  for (const name of ["Pause recording", "Mute", "Hang up"]) {
    for (const detail of [1, 2]) button(root, name).dispatchEvent(new MouseEvent("click", { detail }));
  }
  expect(Object.values(done).map(({ mock }) => mock.calls)).toEqual([[[true]], [[true]], [[]]]);
});

test("the question before a call has the text as it is, and nothing else can be reached", () => {
  const answerConsent = vi.fn();
  const { root } = show("consent", { answerConsent });
  const dialog = root.querySelector("[role=dialog]") as HTMLElement;
  expect(dialog.getAttribute("aria-labelledby")).toBe(root.querySelector("h2:not(.empty h2)")?.id);
  expect(root.getElementById(dialog.getAttribute("aria-describedby") ?? "")?.textContent).toContain(
    "for five years.\n\n",
  );
  (root.querySelector(".toggle") as HTMLElement).focus();
  expect(root.activeElement).toBeNull();
  button(root, "Agree").click();
  button(root, "Decline").click();
  press(dialog, "Escape");
  expect(answerConsent.mock.calls).toEqual([[true], [false], [false]]);
});

test("the question takes the focus of who pressed Call, and gives it back", async () => {
  let view: { changed(): void } | null = null;
  let consenting = false;
  const source = recorded(STATES["idle"] ?? {});
  const more = {
    attach: (one: { changed(): void }) => {
      view = one;
    },
    get local() {
      return { ...source.local, consenting };
    },
  };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, Object.create(source, Object.getOwnPropertyDescriptors(more)), life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  const turn = async (on: boolean) => {
    consenting = on;
    view?.changed();
    await vi.waitFor(() => expect(root.querySelector(".consent") !== null).toBe(on));
  };
  await turn(true);
  // Nobody was here: it takes the focus from nobody.
  expect(root.activeElement).toBeNull();
  await turn(false);
  button(root, "Call").focus();
  await turn(true);
  expect(root.activeElement).toBe(root.querySelector(".consent"));
  button(root, "Agree").focus();
  await turn(false);
  expect(root.activeElement).toBe(button(root, "Call"));
});

test("who declined may answer again, by Call, as it is told", () => {
  const call = vi.fn();
  const { root } = show("declined", { call });
  expect(root.querySelector(".strip")?.textContent).toContain("Press Call to be asked again");
  button(root, "Call").click();
  expect(call).toHaveBeenCalledOnce();
});

test.each([
  ["sound-stopped", "The sound has stopped.", "Resume the sound", "sound"],
  ["microphone-withdrawn", "The microphone was forbidden.", "Try again", "take"],
  ["microphone-gone", "The microphone was unplugged.", "Try again", "take"],
  ["microphone-refused", "Another program holds the microphone.", "Try again", "take"],
  ["microphone-silenced", "The system has muted the microphone.", "Open the settings", "settings"],
  ["turned-down", "The input gain is 0.", "Open the settings", "settings"],
  ["kernel-quiet", "The call ends if it stays so.", "End the call", "end"],
  ["device-missing", "“Headset (USB)” is not there", "Dismiss", null],
])("%s says what is wrong with the sound, and what can be done", (state, says, label, deed) => {
  const done: string[] = [];
  const { root } = show(state, {
    unblockSound: () => done.push("sound"),
    useMicrophone: () => done.push("take"),
    hangUp: () => done.push("end"),
  });
  const strip = root.querySelector(".strip");
  expect(strip?.textContent).toContain(says);
  expect([...(strip?.querySelectorAll("button") ?? [])].map(nameOf)).toEqual(label ? [label] : []);
  if (deed) button(root, label ?? "").click();
  if (root.querySelector(".popover")) done.push("settings");
  expect(done).toEqual(deed ? [deed] : []);
  // Where there is none, that in the place of Mute takes it as well, under a name of its own.
  const taking = [...root.querySelectorAll("button")].filter((one) => nameOf(one) === "Use the microphone");
  expect(taking).toHaveLength(recorded(STATES[state] ?? {}).local.hasMicrophone ? 0 : 1);
});
