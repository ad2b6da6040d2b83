import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recorded } from "../../dev/recorded.ts";
import type { ErrorInfo, ResultContentMessage, ShownResult } from "../../src/model.gen.ts";
import { mountPanel } from "../../src/view/panel.ts";
import { OPEN } from "../../src/view/result.ts";
import type { PanelSource } from "../../src/view/source.ts";
import { row } from "../unit/rows.ts";
import { useExtras } from "./support/extras.ts";
import { useStage } from "./support/stage.ts";

useExtras();
const stage = useStage({ connection_state: "connected" });
let life: AbortController;

beforeEach(() => {
  life = new AbortController();
  Reflect.deleteProperty(globalThis, "hacked");
});
afterEach(() => {
  life.abort();
  document.body.replaceChildren();
});

const shown = (number: number, more: Partial<ShownResult> = {}): ShownResult => ({
  number,
  item_id: `q${number}`,
  label: `table ${number}`,
  under: [],
  ...more,
});

function view(source: PanelSource = stage.now.page): ShadowRoot {
  const cell = document.body.appendChild(document.createElement("div"));
  mountPanel(cell, source, life.signal);
  const root = cell.querySelector("[data-voice-widget]")?.shadowRoot;
  if (!root) throw new Error("no panel");
  return root;
}

/** The agent shows something in answer to a question of its own. */
function show(...results: ShownResult[]): void {
  const { kernel } = stage.now;
  for (const result of results) {
    const { number, item_id } = result;
    kernel.say({
      type: "row",
      row: row({ item_id, seq: number, role: "user", text: `question ${number}`, status: "completed" }),
    });
    kernel.say({ type: "result", result });
  }
}

/** What the kernel answers to whoever asks for a result. */
function gives(of: (number: number) => { mime: string; data: string } | ErrorInfo): void {
  const { kernel } = stage.now;
  const before = kernel.onMessage;
  kernel.onMessage = (message) => {
    before(message);
    if (message.type !== "result.wanted") return;
    const given = of(message.number);
    const { request_id } = message;
    if ("code" in given) kernel.say({ type: "request.failed", request_id, error: given });
    else kernel.say({ type: "result.content", request_id, ...given });
  };
}

const wanted = () => stage.now.kernel.of("result.wanted").map(({ number }) => number);
const table = (rows: number) =>
  `<table class="dataframe">${Array.from({ length: rows }, (_, i) => `<tr><td>cell ${i}</td></tr>`).join("")}</table>`;
const buttonOf = (root: ShadowRoot, name: string) => {
  const found = [...root.querySelectorAll("button")].find((one) => one.textContent?.trim() === name);
  if (!found) throw new Error(`no button ${name}`);
  return found;
};

/** The document of a frame that has loaded what it was given. */
async function framed(root: ShadowRoot, text: string): Promise<{ frame: HTMLIFrameElement; inside: Document }> {
  const has = (one: HTMLIFrameElement) => one.contentDocument?.body?.textContent?.includes(text);
  const frame = await vi.waitFor(() => {
    const found = [...root.querySelectorAll("iframe")].find(has);
    expect(found?.style.height).toMatch(/px$/);
    return found as HTMLIFrameElement;
  });
  return { frame, inside: frame.contentDocument as Document };
}

test("each result stands under its question, with its name, and as high as it is", async () => {
  gives((number) => ({ mime: "text/html", data: table(1 + number) }));
  const root = view();
  show(shown(0), shown(1, { label: "" }));
  for (const [i, name] of ["table 0", "Result"].entries()) {
    const { frame, inside } = await framed(root, `cell ${i}`);
    const line = frame.closest(".row");
    expect(line?.querySelector(".text")?.textContent?.trim()).toBe(`question ${i}`);
    expect(frame.title).toBe(name);
    const region = frame.parentElement as HTMLElement;
    expect([region.role, region.ariaLabel, region.tabIndex]).toEqual(["region", name, 0]);
    const high = inside.documentElement.getBoundingClientRect().height;
    expect(Math.abs(frame.getBoundingClientRect().height - high)).toBeLessThan(2);
    expect(high).toBeGreaterThan(20 * (1 + i));
  }
  expect(wanted()).toEqual([0, 1]);
});

test("where a cell's output shows it, nothing is asked for before a person opens it, and shut it takes no room", async () => {
  gives(() => ({ mime: "text/html", data: table(1) }));
  const root = view();
  show(shown(0, { under: ["page_of_another", stage.now.page.id] }));
  const button = await vi.waitFor(() => buttonOf(root, "table 0"));
  expect(button.ariaExpanded).toBe("false");
  expect(wanted()).toEqual([]);
  button.click();
  await framed(root, "cell 0");
  expect(button.ariaExpanded).toBe("true");
  button.click();
  await vi.waitFor(() => expect(root.querySelector("iframe")).toBeNull());
  button.click();
  await framed(root, "cell 0");
  expect(wanted()).toEqual([0, 0]);
});

test("a second view, and one that is opened later, show what there is", async () => {
  gives(() => ({ mime: "text/html", data: table(1) }));
  const first = view();
  show(shown(0));
  await framed(first, "cell 0");
  await framed(view(), "cell 0");
  // A page that is loaded later gets what was shown with the rows.
  const { kernel } = stage.now;
  const late = row({ item_id: "q7", seq: 7, role: "user", text: "question 7", status: "completed" });
  kernel.say({ type: "snapshot", page: stage.now.page.id, rows: [late], results: [shown(7)] });
  await vi.waitFor(() => expect(first.querySelector(".row .results")?.textContent).toContain("table 7"));
  expect(wanted().at(-1)).toBe(7);
});

test("of many the newest are open, the others a click away", async () => {
  gives((number) => ({ mime: "text/plain", data: `shown ${number}` }));
  const root = view();
  show(...Array.from({ length: OPEN + 3 }, (_, number) => shown(number)));
  await vi.waitFor(() => expect(root.querySelectorAll(".result pre")).toHaveLength(OPEN));
  expect(Math.min(...wanted())).toBe(3);
  buttonOf(root, "table 0").click();
  await vi.waitFor(() => expect(root.querySelector(".result pre")?.textContent).toBe("shown 0"));
  // What a person has opened stays so.
  show(shown(OPEN + 3));
  await vi.waitFor(() => expect(wanted()).toContain(OPEN + 3));
  expect(buttonOf(root, "table 0").ariaExpanded).toBe("true");
  expect(buttonOf(root, "table 3").ariaExpanded).toBe("false");
});

test("what is high scrolls by itself, and is shown in full by a button", async () => {
  gives(() => ({ mime: "text/html", data: table(40) }));
  const root = view();
  show(shown(0));
  const { frame } = await framed(root, "cell 39");
  const region = frame.parentElement as HTMLElement;
  const button = await vi.waitFor(() => buttonOf(root, "Show in full"));
  expect(region.scrollHeight).toBeGreaterThan(4 * region.clientHeight);
  button.click();
  await vi.waitFor(() => expect(region.clientHeight).toBe(region.scrollHeight));
  button.click();
  await vi.waitFor(() => expect(region.clientHeight).toBeLessThan(200));
});

test("what is wider than the panel scrolls sideways, and leaves the panel as wide as it was", async () => {
  gives(() => ({ mime: "text/html", data: `<div style="width:3000px">wide</div>` }));
  const root = view();
  show(shown(0));
  const { frame } = await framed(root, "wide");
  await vi.waitFor(() => expect(frame.clientWidth).toBeGreaterThanOrEqual(3000));
  expect((frame.parentElement as HTMLElement).clientWidth).toBeLessThan(720);
});

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><script>top.hacked = "svg"</script></svg>`;

test("images are images, and text is text", async () => {
  const contents = [
    { mime: "image/svg+xml", data: SVG },
    { mime: "text/plain", data: "<b onclick=x>bold</b>" },
    { mime: "image/png", data: "bm8=" },
  ];
  gives((number) => contents[number] as { mime: string; data: string });
  const root = view();
  show(shown(0), shown(1), shown(2));
  const image = await vi.waitFor(() => {
    const found = root.querySelector<HTMLImageElement>("img");
    expect(found?.naturalWidth).toBe(40);
    return found;
  });
  expect(image?.alt).toBe("table 0");
  expect(root.querySelector(".result pre")?.textContent).toBe("<b onclick=x>bold</b>");
  // What is no image has its name in its place.
  expect([...root.querySelectorAll("img")].at(-1)?.alt).toBe("table 2");
  expect(Reflect.get(globalThis, "hacked")).toBeUndefined();
});

test("why one cannot be drawn is said in its place", async () => {
  const next_step = "It is `w.results[0].value`.";
  gives(() => ({ code: "result_too_large", message: "This result has 3.0 MB, too much for the panel.", next_step }));
  const root = view();
  show(shown(0));
  await vi.waitFor(() => expect(root.querySelector(".results .none")?.textContent).toContain("3.0 MB"));
  expect(root.querySelector(".results .none code")?.textContent).toBe("w.results[0].value");
  expect(root.querySelector("iframe")).toBeNull();
});

test("without a kernel it says so", async () => {
  const root = view();
  show(shown(0));
  await vi.waitFor(() => expect(root.querySelector(".results .none")?.textContent).toContain("Loading"));
  stage.now.kernel.emit("comm_live_update");
  await vi.waitFor(() => expect(root.querySelector(".results .none")?.textContent).toContain("no kernel"));
});

/** There it could be fetched: it is a file of this project. */
const REMOTE = new URL("/docs/talk.png", location.href).href;
const HOSTILE = `
<meta http-equiv="refresh" content="0;url=https://evil.invalid/refresh">
<base href="https://evil.invalid/">
<link rel="preload" as="image" href="${REMOTE}?link"><style>@import url(${REMOTE}?import)</style>
<style>html, body { position: fixed; inset: 0; z-index: 2147483647; width: 100vw; height: 100vh }
  * { background: url(${REMOTE}?css) }</style>
<script>top.hacked = "script"; parent.document.body.remove()</script>
<script src="https://evil.invalid/x.js"></script>
<img src="x" onerror="top.hacked = 'onerror'"><img id="remote" src="${REMOTE}?img">
<svg onload="top.hacked = 'svg'"><a xlink:href="javascript:top.hacked='xlink'"><text id="svglink">svg</text></a></svg>
<a id="js" href="javascript:top.hacked='href'">a link</a> <a id="out" href="https://evil.invalid/" target="_top">out</a>
<form action="https://evil.invalid/form"><button id="send" formaction="javascript:top.hacked='form'">send</button></form>
<iframe srcdoc="<script>top.hacked = 'frame'</script>"></iframe><object data="https://evil.invalid/o"></object>
<details open ontoggle="top.hacked = 'toggle'"><summary>more</summary></details>
<body onload="top.hacked = 'load'" background="${REMOTE}?body"><p>the end</p>`;

test("hostile HTML runs nothing, fetches nothing, leads nowhere and stays in its frame", async () => {
  const control = new Image();
  control.src = REMOTE;
  await control.decode();
  gives(() => ({ mime: "text/html", data: HOSTILE }));
  const root = view();
  show(shown(0));
  const { frame, inside } = await framed(root, "the end");
  expect(frame.sandbox.value).toBe("allow-same-origin");
  for (const id of ["js", "out", "send", "svglink"]) {
    inside.getElementById(id)?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
  inside.querySelector("img")?.dispatchEvent(new Event("error"));
  // As long as a refresh, a picture or a click would need.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await vi.waitFor(() => expect(inside.readyState).toBe("complete"));
  expect(Reflect.get(globalThis, "hacked")).toBeUndefined();
  expect(Reflect.get(window.top ?? window, "hacked")).toBeUndefined();
  expect(frame.contentDocument).toBe(inside);
  expect(frame.contentWindow?.location.href).toBe("about:srcdoc");
  expect(inside.querySelectorAll("script, meta[http-equiv=refresh], base, link, iframe, object")).toHaveLength(0);
  expect(inside.querySelectorAll("[href], [action], [formaction], [target]")).toHaveLength(0);
  expect(inside.getElementById("out")?.title).toBe("https://evil.invalid/");
  // Chromium counts what the policy kept from being fetched, too.
  const tried = frame.contentWindow?.performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  expect(tried.filter(({ responseStatus, transferSize }) => responseStatus + transferSize > 0)).toEqual([]);
  expect((inside.getElementById("remote") as HTMLImageElement).naturalWidth).toBe(0);
  const region = (frame.parentElement as HTMLElement).getBoundingClientRect();
  expect(region.height).toBeLessThan(200);
});

test("scripts do not run even where the page's own cleaning would miss one", async () => {
  const root = view();
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-same-origin");
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script>top.hacked = 1</script><img src=x onerror="top.hacked = 2">`;
  const loaded = new Promise((done) => frame.addEventListener("load", done));
  root.append(frame);
  await loaded;
  frame.contentDocument?.querySelector("img")?.dispatchEvent(new Event("error"));
  expect(Reflect.get(window.top ?? window, "hacked")).toBeUndefined();
});

test("in the dark it is dark, and follows the page's theme", async () => {
  gives(() => ({ mime: "text/html", data: table(1) }));
  const root = view();
  show(shown(0));
  const colours = async () => {
    const { inside } = await framed(root, "cell 0");
    const { color, colorScheme } = getComputedStyle(inside.body);
    return [color, getComputedStyle(inside.documentElement).backgroundColor, colorScheme];
  };
  expect(await colours()).toEqual(["rgb(31, 35, 40)", "rgb(255, 255, 255)", "light"]);
  document.body.style.background = "#111";
  await vi.waitFor(async () => expect(await colours()).toEqual(["rgb(230, 233, 238)", "rgb(28, 31, 36)", "dark"]));
  document.body.removeAttribute("style");
});

test("the end of the transcript stays in sight when a result takes its room", async () => {
  gives(() => ({ mime: "text/html", data: table(6) }));
  const root = view();
  show(...Array.from({ length: 4 }, (_, number) => shown(number)));
  const scroll = root.querySelector(".scroll") as HTMLElement;
  await vi.waitFor(() => {
    const frames = [...root.querySelectorAll("iframe")];
    expect(frames.filter((frame) => frame.offsetHeight > 100)).toHaveLength(4);
    expect(scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop).toBeLessThan(2);
  });
});

test("without the second bundle the names are there", () => {
  const root = view({
    ...recorded({
      lines: [{ row: row({ role: "user", text: "q" }), words: [], partial: false, results: [shown(0)], tools: [] }],
    }),
    loaded: { extras: null, error: null, long: false },
  });
  expect(root.querySelector(".results")?.textContent?.trim()).toBe("table 0");
});

const CONTENT: ResultContentMessage = {
  type: "result.content",
  seq: 0,
  request_id: "",
  mime: "text/plain",
  data: "four",
};

test("a result that comes after the page has gone is drawn nowhere", async () => {
  let give: (content: ResultContentMessage) => void = () => {};
  const source = recorded({
    lines: [{ row: row({ role: "user", text: "q" }), words: [], partial: false, results: [shown(0)], tools: [] }],
  });
  const root = view({ ...source, result: () => new Promise((done) => (give = done)) });
  await vi.waitFor(() => expect(root.querySelector(".results .none")).not.toBeNull());
  life.abort();
  give(CONTENT);
  await Promise.resolve();
  expect(root.querySelector(".result")).toBeNull();
});
