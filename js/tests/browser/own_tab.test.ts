import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { STATES } from "../../dev/states.ts";
import type { ErrorInfo } from "../../src/model.gen.ts";
import { seal } from "../support/seal.ts";
import { button, drawn, lab, shown } from "./support/shown.ts";
import { share, useStage } from "./support/stage.ts";

const LINK = "http://127.0.0.1:51234/tab/#code";
let life: AbortController;
let opened: {
  opener: unknown;
  closed: boolean;
  location: { replace(url: string): void; url: string };
  close(): void;
} | null;

beforeEach(() => {
  share();
  life = new AbortController();
  lab();
  opened = {
    opener: window,
    closed: false,
    location: {
      url: "",
      replace(url) {
        this.url = url;
      },
    },
    close() {
      this.closed = true;
    },
  };
  vi.spyOn(window, "open").mockImplementation(() => opened as unknown as Window);
});
afterEach(() => {
  life.abort();
  vi.restoreAllMocks();
  document.body.replaceChildren();
  document.head.querySelector("meta[name=application-name]")?.remove();
});

function withError(code: string, more: Record<string, unknown> = {}) {
  const error: ErrorInfo = { code, message: "There is no microphone.", next_step: "Press Own tab." };
  const of = STATES["idle"];
  if (!of) throw new Error("no such state");
  return shown({ ...of, ...more, traits: { ...of.traits, connection_state: "error", error } }, life.signal);
}

const row = (root: ShadowRoot) => root.querySelector<HTMLElement>(".own-tab");

test.each(["microphone_denied", "microphone_blocked_by_policy"])(
  "where the page may have no microphone (%s), a tab of its own is offered, and a click opens it",
  async (code) => {
    const { root } = withError(code);
    await drawn();
    expect(row(root)).not.toBeNull();
    await userEvent.click(button(root, "Own tab"));
    await vi.waitFor(() => expect(opened?.location.url).toBe(LINK));
    expect(opened?.opener).toBeNull();
    expect(opened?.closed).toBe(false);
  },
);

test("other errors offer none", async () => {
  const { root } = withError("engine_failed");
  await drawn();
  expect(row(root)).toBeNull();
});

test("a browser that opens no tab, as in VS Code, leaves the link", async () => {
  opened = null;
  const { root } = withError("microphone_blocked_by_policy");
  await drawn();
  await userEvent.click(button(root, "Own tab"));
  await vi.waitFor(() => expect(row(root)?.querySelector("a")?.href).toBe(LINK));
  const link = row(root)?.querySelector("a");
  expect([link?.target, link?.rel]).toEqual(["_blank", "noopener"]);
  // By a tunnel the notebook's own address is of this computer, and the tab's port is not.
  expect(row(root)?.querySelector("code")?.textContent).toBe("ssh -L 51234:127.0.0.1:51234 user@that-computer");
  await userEvent.click(button(root, "Close the link to a tab of its own"));
  await drawn();
  expect(row(root)?.querySelector("a")).toBeNull();
});

test("the settings have the button as well, and in such a tab nothing offers another one", async () => {
  const { root } = withError("engine_failed");
  button(root, "Settings").click();
  await drawn();
  await drawn();
  expect(button(root, "Own tab")).not.toBeNull();
  life.abort();
  document.head.append(Object.assign(document.createElement("meta"), { name: "application-name", content: "own tab" }));
  life = new AbortController();
  const { root: tab } = withError("microphone_denied");
  await drawn();
  expect(row(tab)).toBeNull();
});

test("while the call is on another page nothing is offered", async () => {
  const of = STATES["idle"];
  if (!of) throw new Error("no such state");
  const error: ErrorInfo = { code: "microphone_denied", message: "No.", next_step: "Press Own tab." };
  const { root } = shown({ ...of, traits: { ...of.traits, error, holder: "page_other" } }, life.signal);
  await drawn();
  expect(row(root)).toBeNull();
});

const stage = useStage();

test("the link comes sealed to the page that has asked", async () => {
  const { kernel, page } = stage.now;
  page.load();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  const made = page.sound?.ownTab();
  await vi.waitFor(() => expect(kernel.of("tab.wanted")).toHaveLength(1));
  const { key, request_id } = kernel.of("tab.wanted")[0] ?? { key: "", request_id: "" };
  const { call: _, ...sealed } = await seal(LINK, key, { request_id, url: "", call: 0 });
  kernel.say({ ...sealed, type: "tab", port: 51234, seconds: 60 });
  expect(await made).toEqual({ url: LINK, port: 51234, seconds: 60 });
});

test("why there is none is told", async () => {
  const { kernel, page } = stage.now;
  page.load();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  const made = page.sound?.ownTab();
  await vi.waitFor(() => expect(kernel.of("tab.wanted")).toHaveLength(1));
  const error = { code: "engine_failed", message: "It did not start.", next_step: "Try again." };
  kernel.say({ type: "request.failed", request_id: kernel.of("tab.wanted")[0]?.request_id ?? "", error });
  expect(await made).toEqual(error);
});
