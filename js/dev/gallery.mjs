// The pictures of docs/panel.md: every state of the panel on one sheet for each look and width, and its views.
// `npm run gallery [FOLDER]` writes them into docs/panel.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { here, index, launched } from "./opened.mjs";

const [folder = join(here, "..", "..", "docs", "panel")] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launched();

/** A page of this width that stands still. */
async function opened(width, query, forcedColors) {
  const page = await browser.newPage({
    viewport: { width, height: 640 },
    reducedMotion: "reduce",
    forcedColors,
  });
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(`${index.href}?${new URLSearchParams(query)}`);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page;
}

/** WebP, which Playwright does not write, and no larger than it must be. */
async function shoot(page, name, quality, scale, clip) {
  const { width } = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const tools = await page.context().newCDPSession(page);
  const { data } = await tools.send("Page.captureScreenshot", {
    format: "webp",
    quality,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale, ...clip },
  });
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
  await page.close();
}

// Wider than 720 px the panel does not get: a dozen states show that.
const WIDE =
  "idle,connecting,listening,speaking,interrupted,push-held,muted-talking,reconnecting,recording,ended,error-denied,replay";
// The sheets have so many panels that half of the pixels must do.
for (const [look, theme, forcedColors] of [
  ["light", "light", "none"],
  ["dark", "dark", "none"],
  ["forced", "light", "active"],
]) {
  for (const [width, columns] of [
    [320, 8],
    [720, 4],
    [1200, 2],
  ]) {
    const query = { theme, width, ...(width > 720 ? { state: WIDE } : {}) };
    const page = await opened(columns * (width + 24) + 8, query, forcedColors);
    await shoot(page, `${look}-${width}`, 23, 0.5);
  }
}
for (const [view, state] of [
  ["compact", "speaking"],
  ["floating", "speaking"],
  ["overlay", "speaking"],
]) {
  const page = await opened(752, { view, state }, "none");
  if (view === "floating") await page.getByRole("button", { name: "Voice call" }).click();
  await shoot(page, view, 80, 1, { height: view === "compact" ? 84 : 640 });
}
await browser.close();
