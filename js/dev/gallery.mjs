// The pictures of docs/panel.md: every state of the panel on one sheet for each look and width, and its views.
// `npm run gallery [FOLDER]` writes them into docs/panel.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { here, index, launched } from "./opened.mjs";

const [folder = join(here, "..", "..", "docs", "panel")] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launched();

/** A page of this width that stands still. */
async function opened(width, query, forcedColors, scale) {
  const page = await browser.newPage({
    viewport: { width, height: 640 },
    deviceScaleFactor: scale,
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

// Some sheets have so many panels that half of the pixels must do.
for (const [name, theme, forcedColors, width, columns] of [
  ["light-720", "light", "none", 720, 4],
  ["dark-720", "dark", "none", 720, 4],
  ["forced-720", "light", "active", 720, 4],
  ["light-320", "light", "none", 320, 8],
  ["dark-320", "dark", "none", 320, 8],
  ["forced-320", "light", "active", 320, 8],
  // Wider it does not get.
  ["light-1200", "light", "none", 1200, 3],
]) {
  const page = await opened(columns * (width + 24) + 8, { theme, width }, forcedColors, 0.5);
  await page.screenshot({ path: join(folder, `${name}.jpg`), fullPage: true, type: "jpeg", quality: 45 });
  await page.close();
}
for (const [view, state] of [
  ["compact", "speaking"],
  ["floating", "speaking"],
  ["overlay", "speaking"],
]) {
  const page = await opened(752, { view, state }, "none", 1);
  if (view === "floating") await page.getByRole("button", { name: "Voice call" }).click();
  const clip = view === "compact" ? { clip: { x: 0, y: 0, width: 752, height: 84 } } : {};
  await page.screenshot({ path: join(folder, `${view}.jpg`), type: "jpeg", quality: 80, ...clip });
  await page.close();
}
await browser.close();
