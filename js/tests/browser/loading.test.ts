import { afterEach, expect, test, vi } from "vitest";
import type { Traits } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { Stage } from "./support/stage.ts";

const SHARED = Symbol.for("voice_widget.extras");
/** What a panel makes as soon as it can. */
const MADE = `Cells: class {}, frontEnd: () => null, rare: "", soundTrouble: () => null,
  Pieces: class { clear() {} },
  Ready: class {},
  Sound: class { follow() {} },
  Images: class { view() { return ""; } button() { return ""; } },
  OwnTab: class { view() { return ""; } button() { return ""; } },
  Aloud: class { view() { return ""; } }, Turns: class { of() { return null; } }, recordingBadge: () => ["", ""], recordingMark: () => null, pauseButton: () => null,`;
const SOURCE = `globalThis.made = (globalThis.made ?? 0) + 1;
export default ({ html }) => ({
  ${MADE} makeSound: () => () => "", settings: () => html\`<p>Made of what was handed over</p>\`,
});`;
const stages: Stage[] = [];

afterEach(async () => {
  Reflect.deleteProperty(globalThis, SHARED);
  Reflect.deleteProperty(globalThis, "made");
  vi.useRealTimers();
  for (const stage of stages.splice(0)) await stage.close();
  document.body.replaceChildren();
});

/** A widget with a view. The kernel says nothing that the test does not. */
function widget(state: Partial<Traits> = {}): {
  stage: Stage;
  root: ShadowRoot;
  asked: () => string[];
  popover: () => string;
} {
  const stage = new Stage(state);
  stages.push(stage);
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, stage.page, stage.life.signal);
  const root = el.querySelector("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  return {
    stage,
    root,
    asked: () => stage.kernel.of("extras.wanted").map((message) => message.request_id),
    popover: () => root.querySelector(".popover")?.textContent?.trim().replace(/\s+/g, " ") ?? "",
  };
}

function toggle(root: ShadowRoot): void {
  root.querySelector<HTMLElement>(".toggle")?.click();
}

function answer({ stage, asked }: ReturnType<typeof widget>, source = SOURCE): void {
  stage.kernel.say({ type: "extras", request_id: asked().at(-1) ?? "", source });
}

test("it is there before it is asked for, once for all widgets of the page", async () => {
  const [one, before] = [widget(), widget()];
  expect(one.asked()).toEqual([]);
  one.stage.kernel.say({ type: "snapshot", page: one.stage.page.id, rows: [] });
  await vi.waitFor(() => expect(one.asked()).toHaveLength(1));
  answer(one);
  await vi.waitFor(() => expect(one.stage.page.loaded.extras).not.toBeNull());
  for (const { stage, root, popover } of [one, before, widget()]) {
    toggle(root);
    expect(popover()).toBe("Made of what was handed over");
    expect(stage.page.sound).not.toBeNull();
  }
  expect([before.asked(), Reflect.get(globalThis, "made")]).toEqual([[], 1]);
});

test("while it loads the popover says so, and after a while for what it waits", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const one = widget();
  toggle(one.root);
  expect(one.popover()).toBe("Loading…");
  toggle(one.root);
  toggle(one.root);
  expect(one.asked()).toHaveLength(1);
  vi.advanceTimersByTime(2000);
  await vi.waitFor(() => expect(one.popover()).toContain("The kernel is busy"));
  answer(one);
  await vi.waitFor(() => expect(one.popover()).toBe("Made of what was handed over"));
});

test("a kernel that is gone is named", async () => {
  const one = widget();
  toggle(one.root);
  one.stage.kernel.emit("comm_live_update");
  await vi.waitFor(() => expect(one.popover()).toBe("There is no kernel to bring this. Run the widget's cell again."));
});

test("a refusal of the kernel is shown, and asking again is another try", async () => {
  const one = widget();
  toggle(one.root);
  const error = { code: "bundle_missing", message: "It was not built.", next_step: "Run `npm run build`." };
  one.stage.kernel.say({ type: "request.failed", request_id: one.asked()[0] ?? "", error });
  await vi.waitFor(() => expect(one.popover()).toBe("It was not built. Run npm run build."));
  toggle(one.root);
  toggle(one.root);
  expect(one.asked()).toHaveLength(2);
  answer(one);
  await vi.waitFor(() => expect(one.popover()).toBe("Made of what was handed over"));
});

test("a page that forbids scripts from memory says so, and what may be done", async () => {
  const one = widget();
  // As a browser says it: the script is not fetched.
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:null/forbidden");
  toggle(one.root);
  answer(one);
  await vi.waitFor(() => expect(one.popover()).toContain("its security policy forbids scripts"));
  vi.restoreAllMocks();
});

test("a script that fails is told with its own words", async () => {
  const one = widget();
  toggle(one.root);
  answer(one, `throw new Error("no such thing")`);
  await vi.waitFor(() =>
    expect(one.popover()).toBe("This could not be loaded: Error: no such thing. Reload the page."),
  );
});

test("a call by comm waits for it, and goes on with it", async () => {
  const one = widget({ transport: "comm" });
  one.stage.page.call(false);
  await vi.waitFor(() => expect(one.asked()).toHaveLength(1));
  expect(one.stage.kernel.of("call.open")).toEqual([]);
  answer(one, `export default () => ({ ${MADE} openComm: (_, host) => host.answer("") });`);
  await vi.waitFor(() => expect(one.stage.kernel.of("call.open")).toHaveLength(1));
});

test.each([{ transport: "comm" }, { flow: "ephemeral" }] as const)(
  "a call by %o that cannot have it is none, says why, and keeps nobody waiting",
  async (how) => {
    const one = widget(how);
    one.stage.page.call(false);
    await vi.waitFor(() => expect(one.asked()).toHaveLength(1));
    answer(one, "throw new TypeError('forbidden')");
    await vi.waitFor(() => expect(one.stage.page.local.stage).toBe("none"));
    expect(one.stage.page.refusal).toMatchObject({ what: "call", error: { code: "extras_refused" } });
    await vi.waitFor(() => expect(one.root.querySelector(".strip")?.textContent).toContain("security policy"));
    expect(one.stage.kernel.of("call.open")).toEqual([]);
    expect(one.stage.kernel.of("call.hang_up")).toMatchObject([{ talk: one.stage.talk, reason: "closed" }]);
  },
);
