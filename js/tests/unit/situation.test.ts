import { expect, test } from "vitest";
import { EXTRAS, LOCAL, PAGE, TRAITS } from "../../dev/recorded.ts";
import { WELL } from "../../dev/states.ts";
import type { LocalState } from "../../src/calls/local.ts";
import type { Traits } from "../../src/model.gen.ts";
import type { Line } from "../../src/store.ts";
import { plain } from "../../src/view/parts.ts";
import { canInterrupt, situation } from "../../src/view/situation.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { strip } from "../../src/view/strip.ts";
import { row } from "./rows.ts";

type Kernel = PanelSource["kernel"];

function source(traits: Partial<Traits> = {}, local: Partial<LocalState> = {}, kernel: Kernel = "alive") {
  return {
    id: PAGE,
    traits: { ...TRAITS, ...traits },
    local: { ...LOCAL, ...local },
    lines: [] as readonly Line[],
    kernel,
    refusal: null,
    waiting: [],
    loaded: { extras: EXTRAS },
  };
}

const inCall = { connection_state: "connected", holder: PAGE } as const;
const open = { stage: "open", hasMicrophone: true } as const;

test.each<[string, string, Partial<Traits>, Partial<LocalState>]>([
  ["idle", "Ready", {}, {}],
  ["asking", "Asking for the microphone", { connection_state: "connecting", holder: PAGE }, { stage: "asking" }],
  ["connecting", "Connecting", { connection_state: "connecting", holder: PAGE }, { stage: "offering" }],
  ["listening", "Listening", { ...inCall, activity: "listening" }, open],
  ["hearing", "Hearing you", { ...inCall, user_speaking: true }, open],
  ["thinking", "Thinking", { ...inCall, activity: "thinking" }, open],
  ["tool", "Using a tool", { ...inCall, activity: "tool" }, open],
  ["speaking", "Speaking", { ...inCall, assistant_speaking: true }, open],
  ["muted", "Muted", inCall, { ...open, muted: true }],
  ["muted", "Muted", inCall, { ...open, sound: { ...WELL, silenced: true } }],
  ["speaking", "Speaking", { ...inCall, assistant_speaking: true }, { ...open, sound: { ...WELL, silenced: true } }],
  ["muted", "Muted", inCall, { ...open, sound: { ...WELL, turnedDown: true } }],
  ["stopped", "Sound stopped", { ...inCall, activity: "listening" }, { ...open, soundStopped: "suspended" }],
  ["muted", "Muted", inCall, { ...open, muted: true, talkingUnheard: true }],
  ["typing", "Ready for text", inCall, { stage: "open" }],
  // Heard already, though the kernel does not know it yet.
  ["listening", "Listening", { connection_state: "connecting", holder: PAGE }, { ...open, flows: true }],
  ["connecting", "Connecting", { connection_state: "connecting", holder: PAGE }, open],
  ["reconnecting", "Reconnecting", { connection_state: "reconnecting", holder: PAGE }, { ...open, flows: true }],
  ["push", "Hold to talk", { ...inCall, turn_detection: null }, open],
  ["hearing", "Listening", { ...inCall, turn_detection: null }, { ...open, pushed: true }],
  ["hearing", "Listening", { ...inCall, turn_detection: null, assistant_speaking: true }, { ...open, pushed: true }],
  ["speaking", "Speaking", { ...inCall, turn_detection: null, assistant_speaking: true }, open],
  ["typing", "Ready for text", { ...inCall, turn_detection: null }, { stage: "open" }],
  ["following", "Following a call", { connection_state: "connected" }, {}],
  ["listening", "Listening", { connection_state: "connected", transport: "memory" }, {}],
  ["ending", "Ending", inCall, { ending: true }],
  ["error", "Not connected", { connection_state: "error" }, {}],
  ["error", "Not connected", {}, { failure: "ice_failed" }],
  ["elsewhere", "Speaking", { ...inCall, holder: "other", assistant_speaking: true }, {}],
])("%s: %s", (name, words, traits, local) => {
  expect(situation(source(traits, local), 0, 0)).toMatchObject({ name, words });
});

test("until it hears, the strip says so in any call, louder to who talks; not to who has no microphone", () => {
  const waits = { connection_state: "connecting", holder: PAGE } as const;
  const rows = { title: "Nobody hears you yet.", text: "It says so here as soon as it listens.", button: null };
  for (const stage of ["asking", "offering", "open"] as const) {
    const local = { stage, hasMicrophone: stage !== "asking" };
    expect(shown(waits, local)).toMatchObject({ ...rows, tone: "info" });
    expect(shown(waits, { ...local, talkingUnheard: true })).toMatchObject({ ...rows, tone: "warning" });
  }
  expect(shown(waits, { stage: "offering" })).toBeNull();
  expect(shown(inCall, open)).toBeNull();
  const missing = { kind: "microphone", label: "Headset" } as const;
  const notice_of = (code: string) => ({ ...waits, notice: { code, message: "So it is.", next_step: "" } });
  for (const code of ["sound_device_unused", "quiet_kernel"]) expect(shown(notice_of(code), open)).toMatchObject(rows);
  expect(shown(waits, { ...open, sound: { ...WELL, missing: [missing] } })).toMatchObject(rows);
  // What takes long is told, unless somebody talks.
  const notice = { code: "parts_loading", message: "Loading kokoro.", next_step: "" };
  expect(shown({ ...waits, notice }, open)?.title).toBe("Loading kokoro.");
  expect(shown({ ...waits, notice }, { ...open, talkingUnheard: true })?.title).toBe(rows.title);
});

test("a call without a microphone says so, also where it was muted before, and while one is asked for", () => {
  const of = (local: Partial<LocalState>) => situation(source(inCall, { stage: "open", ...local }), 0, 0);
  expect(of({ muted: true })).toMatchObject({ name: "typing", words: "Ready for text" });
  const asks = { words: "Asking", detail: "allow the microphone in the browser" };
  expect(of({ takesMicrophone: true })).toMatchObject({ name: "typing", ...asks });
  expect(of({ takesMicrophone: true, hasMicrophone: true }).name).toBe("listening");
});

test("after 3 s of connecting it says what it waits for", () => {
  const connecting = source({ connection_state: "connecting", holder: PAGE }, { stage: "offering", since: 1000 });
  expect(situation(connecting, 3900, 0).detail).toBe("");
  const heard = { ...connecting, local: { ...connecting.local, hasMicrophone: true } };
  expect(situation(heard, 3900, 0).detail).toBe("it cannot hear you yet");
  const after = (code?: string) => {
    const notice = code ? { code, message: "So it is.", next_step: "" } : null;
    return situation({ ...connecting, traits: { ...connecting.traits, notice } }, 4100, 0).detail;
  };
  const waits = "waiting for the service's answer";
  expect([after(), after("smaller_parts"), after("sound_device_unused")]).toEqual([waits, waits, waits]);
  expect(after("parts_loading")).toBe("");
});

test("who only taps to talk is told how it is done", () => {
  const of = (tapped: boolean) => source({ ...inCall, turn_detection: null }, { ...open, tapped });
  expect(situation(of(false), 0, 0).detail).toBe("the button or Space");
  expect(situation(of(true), 0, 0).detail).toBe("keep it down while you speak");
});

test("reconnecting counts down", () => {
  const of = (reconnect_attempts: number) =>
    source({ connection_state: "reconnecting", holder: PAGE, retry_at: 103.2, reconnect_attempts }, open);
  expect(situation(of(2), 0, 100).detail).toBe("try 2 of 3 in 4 s");
  expect(situation(of(2), 0, 104).detail).toBe("try 2 of 3");
  expect(situation(of(4), 0, 104).detail).toBe("try 4");
  expect(situation(of(0), 0, 104).detail).toBe("");
});

test("a page may act on its own call, and steer another page's; without a kernel nothing can be done", () => {
  expect(situation(source(inCall, open), 0, 0)).toMatchObject({ inCall: true, ours: true });
  expect(situation(source({ ...inCall, holder: "other" }), 0, 0)).toMatchObject({ inCall: true, ours: true });
  expect(situation(source(inCall, {}, "lost"), 0, 0)).toMatchObject({ name: "lost", inCall: false, ours: false });
  expect(situation(source({}, {}, "silent"), 0, 0)).toMatchObject({ name: "waiting", ours: false });
});

test("Interrupt is offered while there is something to hear, or about to be", () => {
  const offered = (traits: Partial<Traits>) => canInterrupt(source({ ...inCall, ...traits }));
  expect(offered({ activity: "thinking" })).toBe(true);
  expect(offered({ activity: "speaking" })).toBe(true);
  expect(offered({ activity: "listening", assistant_speaking: true })).toBe(true);
  expect(offered({ activity: "listening" })).toBe(false);
  expect(offered({ connection_state: "disconnected", assistant_speaking: true })).toBe(false);
});

function shown(traits: Partial<Traits>, local: Partial<LocalState> = {}, kernel: Kernel = "alive") {
  const of = source(traits, local, kernel);
  return strip(of, situation(of, 0, 0));
}

test("an error shows the kernel's sentence, its next step, and one button", () => {
  const denied = { code: "microphone_denied", message: "Denied.", next_step: "Allow it." };
  expect(shown({ connection_state: "error", error: denied })).toMatchObject({
    tone: "error",
    title: "Denied.",
    text: "Allow it.",
    button: { label: "Continue without a microphone", deed: { do: "typeOnly" } },
  });
  const insecure = { code: "page_not_secure", message: "Not secure.", next_step: "Run `ssh -L 1:2 x`." };
  expect(shown({ connection_state: "error", error: insecure })?.button).toEqual({
    label: "Copy",
    deed: { do: "copy", text: "ssh -L 1:2 x" },
  });
});

test("an error in a running call is a warning, and a notice waits for the call's end", () => {
  const error = { code: "agent_failed", message: "It raised.", next_step: "Mend it." };
  expect(shown({ ...inCall, error }, open)?.tone).toBe("warning");
  const notice = { code: "missing_parts", message: "No parts.", next_step: "Run `pip install x`." };
  expect(shown({ notice })).toMatchObject({ tone: "info", title: "No parts." });
  expect(shown({ ...inCall, notice }, open)).toBeNull();
});

test("after the last try one button calls again, where no Call is seen; an error of a running call has none", () => {
  const error = { code: "reconnect_failed", message: "The call was lost.", next_step: "Press Retry." };
  const button = (traits: Partial<Traits>, alone: boolean, local: Partial<LocalState> = {}) => {
    const known = source(traits, local);
    return strip(known, situation(known, 0, 0), new Set(), alone)?.button;
  };
  expect(button({ connection_state: "error", error }, true)).toEqual({ label: "Retry", deed: { do: "call" } });
  expect(button({ connection_state: "error", error }, false)).toBeNull();
  expect(button({ connection_state: "error", error, can_call: false }, true)).toBeNull();
  expect(button({ ...inCall, error }, true, open)).toBeNull();
});

test("a panel that was saved is named, with one button; so is a kernel that takes the talk with it", () => {
  const line = (role: "user" | "assistant", text: string) => {
    return {
      row: row({ role, text }),
      words: [{ text, start_ms: null }],
      partial: false,
      notes: [],
      results: [],
      tools: [],
    };
  };
  const rows = [line("user", "what is it"), line("assistant", "It is good.")];
  const of = (kernel: Kernel, lines: typeof rows, local: Partial<LocalState> = {}) => {
    const saved = { ...source({}, local, kernel), lines };
    const now = situation(saved, 0, 0);
    return [now.name, now.ours, strip(saved, now)] as const;
  };
  const copies = { label: "Copy the transcript", deed: { do: "copyTalk" } };
  expect(of("silent", rows)).toMatchObject(["replay", false, { tone: "info", text: "2 turns", button: copies }]);
  expect(of("lost", rows)).toMatchObject(["lost", false, { tone: "error", button: copies }]);
  expect(of("lost", [])).toMatchObject(["lost", false, { tone: "error", button: null }]);
  expect(of("silent", [])).toMatchObject([
    "waiting",
    false,
    { title: "No kernel answers.", button: { deed: { text: "from voice_widget import VoiceWidget; VoiceWidget()" } } },
  ]);
  expect(plain(rows)).toBe("You: what is it\nAssistant: It is good.\n");
});

test("a refused call is no call; a refused setting changes nothing but the strip", () => {
  const error = { code: "no", message: "Not that.", next_step: "Another." };
  const refused = { ...source(), refusal: { what: "call", error } } as const;
  expect(situation(refused, 0, 0).name).toBe("error");
  const setting = { ...source(), refusal: { what: "setting", error } } as const;
  expect(situation(setting, 0, 0).name).toBe("idle");
  for (const of of [refused, setting]) expect(strip(of, situation(of, 0, 0))?.title).toBe("Not that.");
});

test("what is wrong with the sound is said also where what is seldom used cannot be loaded", () => {
  const of = (local: Partial<LocalState>) => {
    const bare = {
      ...source(inCall, { ...open, ...local }),
      loaded: { extras: null, error: null, long: false },
    } as const;
    return strip(bare, situation(bare, 0, 0));
  };
  expect(of({ microphoneLost: "gone", hasMicrophone: false })?.title).toBe("There is no microphone.");
  expect(of({ soundStopped: "suspended" })?.button).toMatchObject({ deed: { do: "sound" } });
  expect(of({})).toBeNull();
});

test("that the session ends soon is said in the call", () => {
  const notice = { code: "session_ending", message: "This session ends at 14:30.", next_step: "Nothing to do." };
  expect(shown({ ...inCall, notice }, open)).toMatchObject({ tone: "info", title: "This session ends at 14:30." });
});

test.each([
  ["recognition_lags", "Nobody hears you yet."],
  ["parts_loading", "It takes a while."],
])("%s is said in the call, and as one waits for it only what makes one wait", (code, waiting) => {
  const notice = { code, message: "It takes a while.", next_step: "" };
  expect(shown({ ...inCall, notice }, open)?.title).toBe("It takes a while.");
  expect(shown({ connection_state: "connecting", notice }, open)?.title).toBe(waiting);
  expect(shown({ ...inCall, notice: { ...notice, code: "smaller_parts" } }, open)).toBeNull();
});

test.each(["assistant_hears_itself", "answer_incomplete", "not_transcribed", "mcp_tools_unlisted"])(
  "%s is said in the call that it is of use in",
  (code) => {
    const notice = { code, message: "So it is.", next_step: "Do that." };
    expect(shown({ ...inCall, notice }, open)).toMatchObject({ tone: "info", title: "So it is.", text: "Do that." });
  },
);

test("of this page's own sound there is no notice", () => {
  for (const code of ["playback_blocked", "sound_stopped"]) {
    const notice = { code, message: "No sound.", next_step: "" };
    expect([shown({ ...inCall, notice }, open), shown({ notice })]).toEqual([null, null]);
  }
});

test("an answer that failed hides nothing that holds now", () => {
  const error = { code: "agent_failed", message: "It raised.", next_step: "Mend it." };
  const held = { connection_state: "connected", holder: "other", error } as const;
  expect(shown(held)?.title).toBe("Another page holds this call.");
  const talking = { ...open, muted: true, talkingUnheard: true };
  expect(shown({ ...inCall, error }, talking)?.title).toBe("You are muted.");
  const lost = { stage: "open", microphoneLost: "gone" } as const;
  expect(shown({ ...inCall, error }, lost)?.title).toBe("The microphone was unplugged.");
  const again = { connection_state: "reconnecting", holder: PAGE, error } as const;
  expect(shown(again, open)).toMatchObject({ title: "The connection is lost.", tone: "warning" });
  expect(shown({ ...inCall, error }, open)?.title).toBe("It raised.");
});

test("what is loaded has a bar, and its name stays the same while it goes on", () => {
  const of = (progress?: number | null) =>
    shown({
      notice: {
        code: "parts_loading",
        message: "Loading kokoro.",
        next_step: "",
        ...(progress === undefined ? {} : { progress }),
      },
    });
  expect([of(0.4)?.progress, of(null)?.progress, of()?.progress]).toEqual([0.4, null, undefined]);
  expect(of(0.4)?.key).toBe(of(0.5)?.key);
});

test("a kernel that is gone has words, although it can send none", () => {
  expect(shown({ connection_state: "connected" }, {}, "lost")).toMatchObject({ tone: "error", button: null });
});

test("an ended talk has its summary and the code for the rows", () => {
  const of = {
    ...source({ summary: { turns: 2, interruptions: 1, median_gap_ms: 618 }, variable: "talk" }),
    lines: [{} as never],
  };
  expect(strip(of, situation(of, 0, 0))).toMatchObject({
    text: "2 turns · median gap 618 ms · 1 interruption",
    button: { deed: { do: "copy", text: "talk.transcript_df" } },
  });
  // One that its page has left says that.
  const notice = { code: "page_left", message: "The page has gone.", next_step: "Press Call." };
  const left = { ...of, traits: { ...of.traits, notice } };
  expect(strip(left, situation(left, 0, 0))).toMatchObject({ title: "The page has gone." });
});

test.each(["error", "notice"] as const)(
  "the code that an %s says, and has copied, has the notebook's own variable",
  (name) => {
    const told = { code: "item_lost", message: "It was lost.", next_step: "Look at `w.events_df` for the details." };
    expect(shown({ [name]: told, variable: "talk" })).toMatchObject({
      text: "Look at `talk.events_df` for the details.",
      button: { deed: { do: "copy", text: "talk.events_df" } },
    });
  },
);
