import axe from "axe-core";
import { afterEach, expect, test, vi } from "vitest";
import { cdp } from "vitest/browser";
import { recorded } from "../../dev/recorded.ts";
import { STATES } from "../../dev/states.ts";
import type { ErrorInfo } from "../../src/model.gen.ts";
import type { Line } from "../../src/store.ts";
import { fitting } from "../../src/view/images.ts";
import { mountPanel } from "../../src/view/panel.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { row } from "../unit/rows.ts";
import { drawn, lab } from "./support/shown.ts";

let life = new AbortController();

afterEach(() => {
  life.abort();
  life = new AbortController();
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

interface Shown {
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
  changed(): void;
}

function show(image_bytes: number, more: Partial<PanelSource> = {}, of = STATES["idle"] ?? {}): Shown {
  let changed = () => {};
  const attach: PanelSource["attach"] = (view) => {
    changed = view.changed;
  };
  const source = { ...recorded({ ...of, traits: { ...of.traits, image_bytes } }), attach, ...more };
  const el = document.body.appendChild(document.createElement("div"));
  mountPanel(el, source, life.signal);
  const host = el.querySelector<HTMLElement>("[data-voice-widget]");
  if (!host?.shadowRoot) throw new Error("no panel");
  return { host, root: host.shadowRoot, changed: () => changed() };
}

/** A picture of noise, which no format makes small. */
async function picture(width: number, height: number, type = "image/png", name = "chart.png"): Promise<File> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = i % 4 === 3 ? 255 : (i * 2654435761) >>> 24;
  context.putImageData(pixels, 0, 0);
  return new File([await canvas.convertToBlob({ type })], name, { type });
}

function carrying(files: readonly File[], text = ""): DataTransfer {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  if (text) data.setData("text/plain", text);
  return data;
}

function paste(target: Element, clipboardData: DataTransfer): boolean {
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true, cancelable: true });
  return target.dispatchEvent(event);
}

function drag(type: string, target: Element, dataTransfer: DataTransfer, more: DragEventInit = {}): boolean {
  const event = new DragEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true, ...more });
  return target.dispatchEvent(event);
}

function named(root: ShadowRoot, name: string): HTMLButtonElement | undefined {
  return [...root.querySelectorAll("button")].find((one) => one.ariaLabel === name);
}

const field = (root: ShadowRoot) => root.querySelector("form input") as HTMLInputElement;
const shots = (root: ShadowRoot) => [...root.querySelectorAll<HTMLImageElement>(".shots img")];

async function violations(host: HTMLElement): Promise<string[]> {
  const { violations: found } = await axe.run(host, { rules: { region: { enabled: false } } });
  return found.map(({ id }) => id);
}

test("an image that is pasted goes with the message, and is there at once until it has a row", async () => {
  let answer: (refusal: ErrorInfo | null) => void = () => {};
  const sendText = vi.fn<PanelSource["sendText"]>(() => new Promise((done) => (answer = done)));
  const lines: Line[] = [];
  const images = vi.fn(async () => ["data:image/png;base64,iVBORw0KGgo="]);
  const { host, root, changed } = show(180_000, { sendText, lines, images });
  const file = await picture(40, 30);
  expect(paste(field(root), carrying([file]))).toBe(false);
  await vi.waitFor(() => expect(shots(root).map((one) => one.alt)).toEqual(["Image"]));
  expect(await violations(host)).toEqual([]);
  field(root).value = "What is this?";
  named(root, "Send")?.click();
  await vi.waitFor(() => expect(sendText).toHaveBeenCalledOnce());
  const [text, files] = sendText.mock.calls[0] ?? [];
  expect(text).toBe("What is this?");
  expect(files).toHaveLength(1);
  expect(new Uint8Array(files?.[0] ?? new ArrayBuffer(0))).toEqual(new Uint8Array(await file.arrayBuffer()));
  expect(shots(root)).toEqual([]);
  expect(root.querySelectorAll(".row.pending .seen img")).toHaveLength(1);
  const words = [{ text: "What is this?", start_ms: null }];
  const own = row({ role: "user", source: "typed", text: "What is this?", images: 1, status: "completed" });
  lines.push({ row: own, words, partial: false, results: [], tools: [] });
  changed();
  await vi.waitFor(() => expect(root.querySelector(".row .seen img")?.getAttribute("src")).toContain("data:image/png"));
  expect(root.querySelectorAll(".row")).toHaveLength(1);
  expect(images).toHaveBeenCalledExactlyOnceWith("item_1");
  answer(null);
  // Redacted: nothing of it is left.
  Object.assign(lines[0] as Line, { row: { ...own, text: "", images: 0 }, words: [] });
  changed();
  await vi.waitFor(() => expect(root.querySelector(".seen")).toBeNull());
});

test("where the clipboard has a text, too, it is the text that was meant", async () => {
  const { root } = show(180_000);
  expect(paste(field(root), carrying([await picture(8, 8)], "1\t2"))).toBe(true);
  expect(paste(field(root), carrying([]))).toBe(true);
  expect(shots(root)).toEqual([]);
});

test("images are dropped on the panel, which says so; each can be taken away again", async () => {
  const { host, root } = show(180_000);
  const lanes = root.querySelector(".lanes") as Element;
  const data = carrying([await picture(8, 8), await picture(9, 9)]);
  expect(drag("dragover", lanes, data)).toBe(false);
  await vi.waitFor(() => expect(root.querySelector(".drop")?.textContent).toContain("Drop the image"));
  expect(await violations(host)).toEqual([]);
  const { left, top, right } = host.getBoundingClientRect();
  drag("dragleave", lanes, data, { clientX: left + 20, clientY: top + 20 });
  await vi.waitFor(() => expect(root.querySelector(".drop")).not.toBeNull());
  drag("dragleave", lanes, data, { clientX: right + 20, clientY: top + 20 });
  await vi.waitFor(() => expect(root.querySelector(".drop")).toBeNull());
  expect(drag("drop", lanes, data)).toBe(false);
  await vi.waitFor(() => expect(shots(root).map((one) => one.alt)).toEqual(["Image 1", "Image 2"]));
  named(root, "Remove image 1")?.click();
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
});

test.each([
  ["compact", "idle", ".strip"],
  ["overlay", "idle", ".strip"],
  ["overlay", "listening", "dialog .told"],
] as const)("%s, %s: an image that no message could take is refused, and not asked for", async (view, state, where) => {
  lab();
  const of = STATES[state];
  const { root, changed } = show(180_000, {}, { ...of, traits: { ...of?.traits, view, variable: "talk" } });
  const at = (root.querySelector("dialog") ?? root.querySelector(".lanes")) as Element;
  const told = () => root.querySelector(where)?.textContent ?? "";
  const data = carrying([await picture(8, 8)]);
  // Else the browser would leave the notebook for it.
  expect(drag("dragover", at, data)).toBe(false);
  changed();
  await drawn();
  expect(root.querySelector(".drop")).toBeNull();
  const refused = async () => {
    await vi.waitFor(() => expect(told()).toContain("No message can be typed in this view."));
    // As this notebook calls the widget.
    expect(told()).toContain('Set talk.view = "panel"');
    expect(root.querySelectorAll(".shots")).toHaveLength(0);
  };
  expect(drag("drop", at, data)).toBe(false);
  await refused();
  const dismiss = [...root.querySelectorAll("button")].filter((one) => one.ariaLabel === "Dismiss").at(-1);
  dismiss?.click();
  await vi.waitFor(() => expect(told()).not.toContain("No message"));
  expect(paste(at, data)).toBe(false);
  await refused();
});

test("what is dragged and no file is not ours", () => {
  const { root } = show(180_000);
  const data = new DataTransfer();
  data.setData("text/plain", "a cell");
  expect(drag("dragover", root.querySelector(".lanes") as Element, data)).toBe(true);
  expect(root.querySelector(".drop")).toBeNull();
});

test("images are chosen by a button, and go without a text", async () => {
  const sendText = vi.fn<PanelSource["sendText"]>(async () => null);
  const { root } = show(180_000, { sendText });
  const file = await picture(8, 8);
  vi.spyOn(HTMLInputElement.prototype, "click").mockImplementation(function (this: HTMLInputElement) {
    expect([this.type, this.accept, this.multiple]).toEqual(["file", "image/*", true]);
    this.files = carrying([file]).files;
    this.dispatchEvent(new Event("change"));
  });
  named(root, "Add an image")?.click();
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
  field(root).form?.requestSubmit();
  await vi.waitFor(() => expect(sendText).toHaveBeenCalledOnce());
  expect(sendText.mock.calls[0]?.[0]).toBe("");
});

test("what was refused comes back, with the text", async () => {
  const refusal = { code: "images_too_large", message: "Too large.", next_step: "Send fewer." };
  const { root } = show(180_000, { sendText: async () => refusal });
  paste(field(root), carrying([await picture(8, 8)]));
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
  field(root).value = "Look";
  field(root).form?.requestSubmit();
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
  await vi.waitFor(() => expect(field(root).value).toBe("Look"));
});

test("what was chosen is what goes, whatever becomes of its file", async () => {
  const shown = vi.spyOn(URL, "createObjectURL");
  const { root } = show(180_000);
  const file = await picture(8, 8);
  paste(field(root), carrying([file]));
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
  const kept = shown.mock.calls[0]?.[0];
  expect(kept).not.toBeInstanceOf(File);
  expect(kept).toMatchObject({ size: file.size, type: "image/png" });
});

test("an image that cannot be made smaller comes back with the text, and it says why", async () => {
  const sendText = vi.fn<PanelSource["sendText"]>(async () => null);
  const { root } = show(180_000, { sendText });
  paste(field(root), carrying([await picture(8, 8)]));
  await vi.waitFor(() => expect(shots(root)).toHaveLength(1));
  vi.spyOn(globalThis, "createImageBitmap").mockRejectedValue(new DOMException("no memory", "InvalidStateError"));
  field(root).value = "Look";
  field(root).form?.requestSubmit();
  await vi.waitFor(() =>
    expect(root.querySelector("[role=alert]")?.textContent).toContain("could not make the image small enough"),
  );
  expect(field(root).value).toBe("Look");
  expect(shots(root)).toHaveLength(1);
  expect(root.querySelector(".pending")).toBeNull();
  expect(sendText).not.toHaveBeenCalled();
});

test("the buttons of narrow images do not cover each other", async () => {
  const { root } = show(180_000);
  paste(field(root), carrying([await picture(60, 40), await picture(2, 200), await picture(2, 200)]));
  await vi.waitFor(() => expect(shots(root)).toHaveLength(3));
  await Promise.all(shots(root).map((image) => image.decode()));
  const boxes = [...root.querySelectorAll(".shots button")].map((one) => one.getBoundingClientRect());
  for (const [n, { left }] of boxes.entries()) expect(left).toBeGreaterThanOrEqual(boxes[n - 1]?.right ?? 0);
});

test("for fingers what takes an image away is 44 px, also of narrow ones", async () => {
  const tools = cdp() as unknown as { send(method: string, params: object): Promise<unknown> };
  const touch = (enabled: boolean) => tools.send("Emulation.setTouchEmulationEnabled", { enabled, maxTouchPoints: 1 });
  await touch(true);
  try {
    const { root } = show(180_000);
    paste(field(root), carrying([await picture(60, 40), await picture(2, 200), await picture(2, 200)]));
    await vi.waitFor(() => expect(shots(root)).toHaveLength(3));
    await Promise.all(shots(root).map((image) => image.decode()));
    for (const one of root.querySelectorAll(".shots button")) {
      const { left, top, width, height } = one.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      const hit = [-21, 21].flatMap((by) => [root.elementFromPoint(x + by, y), root.elementFromPoint(x, y + by)]);
      expect(hit.map((at) => at?.closest("button") === one)).toEqual([true, true, true, true]);
    }
  } finally {
    await touch(false);
  }
});

test("a service that sees none has no button, and says so; what was typed stays", async () => {
  const sendText = vi.fn<PanelSource["sendText"]>(async () => null);
  const { host, root } = show(0, { sendText });
  expect(named(root, "Add an image")).toBeUndefined();
  field(root).value = "Look at this";
  expect(paste(field(root), carrying([await picture(8, 8)]))).toBe(false);
  await vi.waitFor(() =>
    expect(root.querySelector("[role=alert]")?.textContent).toContain("The embedded engine sees no images."),
  );
  expect(await violations(host)).toEqual([]);
  expect(field(root).value).toBe("Look at this");
  named(root, "Dismiss")?.click();
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")).toBeNull());
  field(root).form?.requestSubmit();
  expect(sendText).toHaveBeenCalledWith("Look at this");
});

test("a file that is no image is named", async () => {
  const { root } = show(180_000);
  paste(field(root), carrying([new File(["%PDF"], "notes.pdf", { type: "application/pdf" })]));
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("notes.pdf is no image"));
  expect(shots(root)).toEqual([]);
});

test.each([
  [2000, 500, 180_000],
  [600, 600, 45_000],
  [300, 900, 9_000],
])("%i × %i pixels are scaled into %i bytes", async (width, height, most) => {
  const file = await picture(width, height);
  const made = await fitting(file, most);
  expect(made.byteLength).toBeLessThanOrEqual(most);
  const bitmap = await createImageBitmap(new Blob([made]));
  expect(Math.max(bitmap.width, bitmap.height)).toBeLessThanOrEqual(1024);
  expect(bitmap.width / bitmap.height).toBeCloseTo(width / height, 1);
});

test("what not every service reads becomes a PNG", async () => {
  const made = new Uint8Array(await fitting(await picture(20, 20, "image/webp"), 45_000));
  expect([...made.slice(1, 4)]).toEqual([..."PNG"].map((letter) => letter.charCodeAt(0)));
});
