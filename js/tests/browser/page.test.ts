import { expect, test, vi } from "vitest";
import { mountPanel } from "../../src/view/panel.ts";
import widget from "../../src/widget.ts";
import { row } from "../unit/rows.ts";
import { FakeKernel, traits } from "./support/kernel.ts";
import { useStage } from "./support/stage.ts";

const stage = useStage();

test("two views of one widget are two pictures of one call", async () => {
  const { page, life, kernel } = stage.now;
  const els = [0, 1].map(() => document.body.appendChild(document.createElement("div")));
  for (const el of els) mountPanel(el, page, life.signal);
  await stage.now.call();
  kernel.set({ connection_state: "connected", activity: "listening", holder: page.id });
  const words = () => els.map((el) => el.firstElementChild?.shadowRoot?.querySelector("[role=status]")?.textContent);
  await vi.waitFor(() => expect(words()).toEqual(["Listening", "Listening"]));
  expect(kernel.of("call.pending")).toHaveLength(1);
  for (const el of els) el.remove();
});

test("in a hidden tab the call goes on; who comes back sees it all, and hears nothing twice", async () => {
  const { page, life, kernel } = stage.now;
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, page, life.signal);
  await stage.now.call();
  kernel.set({ connection_state: "connected", activity: "listening", holder: page.id });
  const root = el.firstElementChild?.shadowRoot;
  const status = root?.querySelector(".unseen[role=status]");
  await vi.waitFor(() => expect(status?.textContent).toBe("Listening"));
  const said: string[] = [];
  const observer = new MutationObserver(() => said.push(status?.textContent ?? ""));
  observer.observe(status as Element, { characterData: true, childList: true, subtree: true });
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  const frames = vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(0);
  document.dispatchEvent(new Event("visibilitychange"));
  kernel.set({ assistant_speaking: true, activity: "speaking" });
  kernel.say({ type: "row", row: row({ seq: 1, item_id: "a", text: "while nobody looked", status: "completed" }) });
  kernel.set({ assistant_speaking: false, activity: "listening" });
  expect(kernel.of("call.hang_up")).toEqual([]);
  hidden.mockRestore();
  frames.mockRestore();
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(root?.querySelector(".rows")?.textContent).toContain("while nobody looked"));
  expect(said).toEqual([]);
  expect(page.local.stage).toBe("open");
  observer.disconnect();
  el.remove();
});

test("rows come in order, and a lost message is asked for", () => {
  const { page, kernel } = stage.now;
  const say = (seq: number, item_id: string) =>
    kernel.emit("msg:custom", { type: "row", seq, row: row({ seq, item_id }) }, []);
  say(1, "a");
  say(3, "c");
  expect(kernel.of("missing")).toEqual([{ type: "missing", page: page.id, seq: 2, first: 2, last: 2 }]);
  expect(page.lines.map((line) => line.row.item_id)).toEqual(["a"]);
  say(2, "b");
  say(2, "b");
  expect(page.lines.map((line) => line.row.item_id)).toEqual(["a", "b", "c"]);
});

test("a saved talk is shown from the trait until the kernel speaks", () => {
  const { page, kernel } = stage.now;
  kernel.set({ transcript: [row({ text: "hello", status: "completed" })] });
  expect(page.lines.map((line) => line.row.text)).toEqual(["hello"]);
  kernel.say({ type: "snapshot", page: page.id, rows: [] });
  expect(page.lines).toEqual([]);
});

test("a setting is a message; the kernel's refusal comes back as the sentence", async () => {
  const { page, kernel } = stage.now;
  const asked = page.set("voice", "nobody");
  const [request] = kernel.of("set");
  expect(request).toMatchObject({ name: "voice", value: "nobody" });
  const error = { code: "unknown_voice", message: "There is no voice nobody.", next_step: "Choose another." };
  kernel.say({ type: "request.failed", request_id: request?.request_id ?? "", error });
  expect(await asked).toEqual(error);
});

test("a kernel that is not there: the panel says so after a while", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const kernel = new FakeKernel();
  const definition = widget();
  const life = new AbortController();
  const el = document.createElement("div");
  definition.initialize({ model: kernel.model, signal: life.signal } as never);
  definition.render({ model: kernel.model, el, signal: life.signal } as never);
  expect(kernel.sent).toEqual([{ type: "hello", page: expect.stringMatching(/^page_/), seq: 1 }]);
  vi.advanceTimersByTime(4000);
  vi.useRealTimers();
  const status = () => el.firstElementChild?.shadowRoot?.querySelector(".unseen[role=status]")?.textContent;
  return vi
    .waitFor(() => expect(status()).toBe("Waiting for the kernel, run the cell to talk"))
    .finally(() => life.abort());
});

test("the page saves nothing and sets no trait", async () => {
  // The fake model throws on both; a whole call must not touch them.
  await stage.now.call();
  stage.now.page.mute(true);
  stage.now.page.hangUp();
  expect(stage.now.kernel.of("call.hang_up")).toHaveLength(1);
});

test("whatever changes of what a panel draws, it is told, also where the host has no event for all of it", () => {
  const { page, kernel, view } = stage.now;
  const changed = vi.fn();
  page.attach({ changed, stir() {} }, view);
  // Of no panel: who hands over the offer, and whether that asks for servers.
  const unseen = ["flow", "has_ice_servers"];
  const drawn = (Object.keys(traits) as (keyof typeof traits)[]).filter((name) => !unseen.includes(name));
  const silent = drawn.filter((name) => {
    changed.mockClear();
    kernel.set({ [name]: traits[name] });
    return changed.mock.calls.length === 0;
  });
  expect(silent).toEqual([]);
});
