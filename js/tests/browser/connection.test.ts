import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { STATES } from "../../dev/states.ts";
import { button, drawn, lab, shown } from "./support/shown.ts";
import { share, useStage } from "./support/stage.ts";

let life: AbortController;

beforeEach(() => {
  share();
  life = new AbortController();
  lab();
});
afterEach(() => {
  life.abort();
  vi.useRealTimers();
  document.body.replaceChildren();
});

/** A panel with its connection open, and how often the kernel was asked. */
async function opened(state: string) {
  const of = STATES[state];
  if (!of) throw new Error("no such state");
  const panel = shown(of, life.signal);
  button(panel.root, "Settings").click();
  await drawn();
  await userEvent.click(button(panel.root, "Connection"));
  await drawn();
  await drawn();
  return { ...panel, dialog: () => panel.root.querySelector<HTMLDialogElement>("dialog.connection") };
}

test("it shows what is in the way first, then each thing with what to do, its line as code", async () => {
  const { dialog } = await opened("connection-far");
  const shownRows = [...(dialog()?.querySelectorAll("tbody tr") ?? [])];
  expect(dialog()?.querySelector("[role=status]")?.textContent).toContain("ssh -L 8888:localhost:8888 ada@10.0.0.7");
  expect(dialog()?.querySelector("[role=status] code")?.textContent).toBe("ssh -L 8888:localhost:8888 ada@10.0.0.7");
  const [, secure] = shownRows;
  expect(secure?.querySelector("th")?.textContent?.trim()).toContain("secure context");
  expect(secure?.querySelector(".sign")?.getAttribute("aria-label")).toBe("in the way");
  expect(secure?.querySelector("td p code")?.textContent).toBe("ssh -L 8888:localhost:8888 ada@10.0.0.7");
});

test("Escape closes it alone, and its button has the focus again", async () => {
  const { dialog, root } = await opened("connection-well");
  expect(root.activeElement).toBe(dialog());
  await userEvent.keyboard("{Escape}");
  await drawn();
  expect(dialog()).toBeNull();
  expect(root.querySelector(".popover")).not.toBeNull();
  expect(root.activeElement).toBe(button(root, "Connection"));
});

test("its button and a click beside it close it", async () => {
  const { dialog, root } = await opened("connection-well");
  await userEvent.click(button(root, "Close the connection"));
  await drawn();
  expect(dialog()).toBeNull();
  await userEvent.click(button(root, "Connection"));
  await drawn();
  dialog()?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await drawn();
  expect(dialog()).toBeNull();
});

test("a kernel that does not answer is told of, and what it said last stays", async () => {
  const { dialog } = await opened("listening");
  await vi.waitFor(() => expect(dialog()?.querySelector(".none")?.textContent).toContain("The kernel is busy"));
  expect(dialog()?.querySelector("table")).toBeNull();
});

test("in 320 pixels nothing is cut off", async () => {
  document.body.style.width = "320px";
  const { dialog } = await opened("connection-far");
  const element = dialog() as HTMLDialogElement;
  element.style.maxWidth = "288px";
  expect(element.scrollWidth).toBeLessThanOrEqual(element.clientWidth);
  document.body.style.width = "";
});

const stage = useStage();

test("a page that the kernel asks tells numbers and codes, and no name of a device", async () => {
  const { kernel, page } = stage.now;
  page.load();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  kernel.say({ type: "connection.wanted", page: "another page", request_id: "r0" });
  kernel.say({ type: "connection.wanted", page: page.id, request_id: "r1" });
  await vi.waitFor(() => expect(kernel.of("connection")).toHaveLength(1), { timeout: 8000 });
  const [{ request_id, facts } = { request_id: "", facts: null }] = kernel.of("connection");
  expect(request_id).toBe("r1");
  expect(facts).toMatchObject({
    secure: true,
    protocol: location.protocol,
    host: location.hostname,
    port: location.port,
    webrtc: true,
    gathered: true,
    peer: null,
  });
  expect(facts?.candidates.some(({ kind, protocol }) => kind === "host" && protocol === "udp")).toBe(true);
  expect(JSON.stringify(facts)).not.toMatch(/fake|default|label/i);
  expect(facts?.took_ms).toBeGreaterThanOrEqual(0);
});

test("in a call the pair of its peer is told, and asked for by a panel it says how long a message takes", async () => {
  const { kernel, page } = stage.now;
  await stage.now.call();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  const answer = kernel.onMessage;
  kernel.onMessage = (message) => {
    answer(message);
    if (message.type === "connection") {
      const { request_id } = message;
      kernel.say({ type: "diagnosis", request_id, rows: [], way_out: "Nothing stands in the way." });
    }
  };
  expect((await page.sound?.diagnosis())?.way_out).toBe("Nothing stands in the way.");
  await page.sound?.diagnosis();
  const [first, second] = kernel.of("connection");
  expect(first?.facts.comm_ms).toBeNull();
  expect(second?.facts.comm_ms).toBeGreaterThanOrEqual(0);
  expect(first?.facts.peer).toMatchObject({ state: "connected", channel: "open", waiting: 0 });
  expect(first?.facts.peer?.pair).toMatchObject({ local: expect.any(String), protocol: "udp" });
});

test("while it is shut nothing is asked, and while it is open again and again", async () => {
  const { kernel, page, life: ends } = stage.now;
  page.load();
  await vi.waitFor(() => expect(page.sound).not.toBeNull());
  kernel.onMessage = (message) => {
    if (message.type === "connection")
      kernel.say({ type: "diagnosis", request_id: message.request_id, rows: [], way_out: "Well." });
  };
  const { mountPanel } = await import("../../src/view/panel.ts");
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, page, ends.signal);
  const root = document.querySelector<HTMLElement>("[data-voice-widget]")?.shadowRoot as ShadowRoot;
  button(root, "Settings").click();
  await drawn();
  expect(kernel.of("connection")).toHaveLength(0);
  button(root, "Connection").click();
  await vi.waitFor(() => expect(kernel.of("connection").length).toBeGreaterThanOrEqual(2), { timeout: 12_000 });
  button(root, "Close the connection").click();
  await drawn();
  const before = kernel.of("connection").length;
  await new Promise((done) => setTimeout(done, 2500));
  expect(kernel.of("connection")).toHaveLength(before);
});
