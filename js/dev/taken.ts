/** What a person does that a test and the gallery's browser do alike, by events. */

/** Puts a text into a field, or chooses it. */
export function put(root: ShadowRoot, selector: string, text: string): void {
  const field = root.querySelector<HTMLInputElement | HTMLSelectElement>(selector);
  if (!field) throw new Error(`no field "${selector}"`);
  field.value = text;
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
}

/** So many frames a picture may take until it can be drawn. */
const FRAMES = 300;

/** Drags a picture over the panel, and drops it there. Resolves once the panel has taken it, or has said why not. */
export async function drag(root: ShadowRoot, drops: boolean): Promise<void> {
  const canvas = new OffscreenCanvas(160, 120);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  for (const [n, colour] of ["#ffffff", "#3b7dd8", "#d8893b", "#3ba05a"].entries()) {
    context.fillStyle = colour;
    context.fillRect(n * 40 - 30, n === 0 ? 0 : 100 - 25 * n, n === 0 ? 190 : 30, 120);
  }
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([await canvas.convertToBlob()], "chart.png", { type: "image/png" }));
  const at = root.querySelector(".panel");
  for (const type of drops ? ["dragover", "drop"] : ["dragover"]) {
    at?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true }));
  }
  const shown = drops ? ".shots .shot, .strip" : ".drop";
  for (let frame = 0; !root.querySelector(shown); frame++) {
    if (frame > FRAMES) throw new Error(`no "${shown}"`);
    await new Promise(requestAnimationFrame);
  }
}
