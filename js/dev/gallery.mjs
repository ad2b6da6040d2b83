// The pictures of docs/panel.md: every state of the panel, and all that can be opened, on one sheet for each look and width;
// and its views. `npm run gallery [FOLDER]` writes them into docs/panel.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { here, launched, shown } from "./opened.mjs";

const [folder = join(here, "..", "..", "docs", "panel")] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launched();

/** What the views show that lie over the page, of which so much is seen. */
const HEIGHT = 640;

/** A page of this width that stands still. */
async function opened(width, forcedColors) {
  const page = await browser.newPage({
    viewport: { width, height: HEIGHT },
    reducedMotion: "reduce",
    forcedColors,
  });
  page.on("pageerror", (error) => {
    throw error;
  });
  return page;
}

/** All of a page as WebP, which Playwright does not write: no larger than it must be. */
async function shot(page, quality, scale) {
  const { width } = page.viewportSize();
  const height = await page.evaluate((least) => {
    const host = document.querySelector("[data-voice-widget]");
    const over = getComputedStyle(host).position === "fixed" || host.shadowRoot.querySelector("dialog[open]");
    return over ? least : document.body.getBoundingClientRect().height;
  }, HEIGHT);
  const tools = await page.context().newCDPSession(page);
  const { data } = await tools.send("Page.captureScreenshot", {
    format: "webp",
    quality,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale },
  });
  await tools.detach();
  return data;
}

const write = (name, data) => writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));

/** The pictures of all scenes, by their names. */
async function scenes(width, theme, forcedColors) {
  const page = await opened(width, forcedColors);
  await shown(page, { theme });
  const names = await page.locator("img[id]").evaluateAll((all) => all.map(({ id }) => id));
  const pictures = [];
  for (const scene of names) {
    await shown(page, { theme, scene });
    pictures.push([scene, await shot(page, 90, 1)]);
  }
  await page.close();
  return pictures;
}

for (const [look, theme, forcedColors] of [
  ["light", "light", "none"],
  ["dark", "dark", "none"],
  ["forced", "light", "active"],
]) {
  // The sheets have so many panels that some of the pixels must do.
  for (const [width, columns, scale] of [
    [320, 8, 0.5],
    [720, 4, 0.5],
    [1200, 3, 0.4],
  ]) {
    const pictures = await scenes(width, theme, forcedColors);
    const page = await opened(columns * (width + 24) + 8, forcedColors);
    await shown(page, { theme, width });
    await page.evaluate(async (pictures) => {
      for (const [id, data] of pictures) {
        const image = document.getElementById(id);
        image.src = `data:image/webp;base64,${data}`;
        await image.decode();
      }
    }, pictures);
    write(`${look}-${width}`, await shot(page, 20, scale));
    await page.close();
  }
}
const page = await opened(720, "none");
for (const [name, scene] of [
  ["compact", "compact"],
  ["floating", "floating-open"],
  ["overlay", "overlay"],
]) {
  await shown(page, { scene });
  write(name, await shot(page, 80, 1));
}
await browser.close();
