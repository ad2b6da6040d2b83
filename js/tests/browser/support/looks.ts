import { cdp } from "vitest/browser";

interface Tools {
  send(method: string, params: object): Promise<{ data: string }>;
}
type Colour = readonly [number, number, number];

/** What a person has set in the system; nothing: all as it was. */
export async function emulate(wishes: Readonly<Record<string, string>> = {}): Promise<void> {
  const features = Object.entries(wishes).map(([name, value]) => ({ name, value }));
  await (cdp() as unknown as Tools).send("Emulation.setEmulatedMedia", { features });
}

/** Pages that a panel is on: by themselves, and with what JupyterLab's themes set. */
export const PAGES = {
  light: { background: "#fff" },
  dark: { background: "#1c1f24" },
  "JupyterLab light": {
    background: "#fff",
    "--jp-layout-color1": "#fff",
    "--jp-ui-font-color1": "rgba(0, 0, 0, 0.87)",
    "--jp-ui-font-color2": "rgba(0, 0, 0, 0.54)",
    "--jp-brand-color1": "#1976d2",
  },
  "JupyterLab dark": {
    background: "#111",
    "--jp-layout-color1": "#212121",
    "--jp-ui-font-color1": "rgba(255, 255, 255, 0.87)",
    "--jp-ui-font-color2": "rgba(255, 255, 255, 0.54)",
    "--jp-brand-color1": "#2196f3",
  },
  "high contrast": {
    background: "#111",
    "--jp-layout-color1": "#111",
    "--jp-ui-font-color1": "#fff",
    "--jp-ui-font-color2": "#fff",
    "--jp-brand-color1": "#319bf2",
  },
} as const;

/** The page gets one of these looks. */
export function dress(name: keyof typeof PAGES): void {
  document.body.removeAttribute("style");
  for (const [property, value] of Object.entries(PAGES[name])) document.body.style.setProperty(property, value);
}

const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** Whatever CSS calls a colour, laid over another one. */
function over(ground: Colour, colour: string, alpha = 1): Colour {
  if (!brush) throw new Error("no canvas");
  brush.globalAlpha = 1;
  brush.fillStyle = `rgb(${ground.join()})`;
  brush.fillRect(0, 0, 1, 1);
  brush.globalAlpha = alpha;
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = brush.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

/** As a screen has it, whichever form CSS tells it in. */
export const onScreen = (colour: string): Colour => over([255, 255, 255], colour);

function parentOf(one: Element): Element | null {
  return one.parentElement ?? (one.getRootNode() as ShadowRoot).host ?? null;
}

/** What one sees around an element, or with itself in it. */
function ground(one: Element | null): Colour {
  if (one === null) return [255, 255, 255];
  const { backgroundColor, opacity } = getComputedStyle(one);
  // What lies over all of the page has no part of it under it.
  const below = one.matches("dialog") ? null : parentOf(one);
  return over(ground(below), backgroundColor, Number(opacity));
}

function luminance(colour: Colour): number {
  const [r = 0, g = 0, b = 0] = colour.map((value) => {
    const of = value / 255;
    return of <= 0.04045 ? of / 12.92 : ((of + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** As WCAG has it: 1 to 21. */
export function contrast(a: Colour, b: Colour): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Of a control's words or picture against what is under them; what is off fades as a whole. */
export function ofLabel(control: Element): number {
  const { color, backgroundColor, opacity } = getComputedStyle(control);
  const below = ground(parentOf(control));
  const label = over(over(below, backgroundColor), color);
  return contrast(over(below, `rgb(${label.join()})`, Number(opacity)), ground(control));
}

/** Of what a control is filled with, against what is around it. */
export function ofFace(control: Element): number {
  return contrast(ground(control), ground(parentOf(control)));
}

/** How far one sees where a control is: by its edge or its face, and where it has neither by what is in it. */
export function ofControl(control: Element): number {
  const one = control.matches("form input") ? (control.closest("form") as Element) : control;
  const style = getComputedStyle(one);
  const around = ground(parentOf(one));
  const edged = style.borderBottomStyle !== "none" && Number.parseFloat(style.borderBottomWidth) > 0;
  const edge = edged ? over(around, style.borderBottomColor, Number(style.opacity)) : around;
  const seen = Math.max(contrast(edge, around), ofFace(one));
  return seen > 1.05 ? seen : ofLabel(one);
}

/** Of an element that the browser itself draws, on a screen of two pixels for one: how many one sees well on its ground. */
export async function seenPixels(one: Element): Promise<number> {
  const frame = window.frameElement?.getBoundingClientRect() ?? new DOMRect(0, 0, innerWidth, innerHeight);
  const { left, top, width, height } = one.getBoundingClientRect();
  // A frame that has no room in the window is shown smaller.
  const size = frame.width / innerWidth;
  const clip = { x: frame.left + left * size, y: frame.top + top * size, width: width * size, height: height * size };
  const { data } = await (cdp() as unknown as Tools).send("Page.captureScreenshot", {
    format: "png",
    clip: { ...clip, scale: 2 / size },
  });
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  if (!context) throw new Error("no canvas");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, picture.width, picture.height).data;
  const around = ground(parentOf(one));
  let count = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const [r = 0, g = 0, b = 0] = pixels.subarray(at, at + 3);
    if (contrast([r, g, b], around) >= 3) count += 1;
  }
  return count;
}
