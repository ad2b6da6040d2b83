// A picture of every state in both themes, narrow too, and of every scene: `node js/dev/screenshots.mjs FOLDER [NAME ...]`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { here, launched, shown } from "./opened.mjs";

const [folder = join(here, "build", "shots"), ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launched();
const page = await browser.newPage({ deviceScaleFactor: 2, reducedMotion: "reduce" });
page.on("pageerror", (error) => {
  throw error;
});
await shown(page, {});
const chosen = (names) => names.filter((name) => only.length === 0 || only.includes(name));
const states = chosen(await page.locator("section:not(:has(img)) h3").allTextContents());
const scenes = chosen(await page.locator("section:has(img) h3").allTextContents());
for (const width of [720, 320]) {
  for (const theme of ["light", "dark"]) {
    const named = (name) => ({ path: join(folder, `${name}-${width}-${theme}.png`) });
    await page.setViewportSize({ width: width + 32, height: 640 });
    for (const state of states) {
      await shown(page, { state, theme });
      await page.locator("[data-voice-widget]").screenshot(named(state));
    }
    await page.setViewportSize({ width, height: 640 });
    for (const scene of scenes) {
      await shown(page, { scene, theme });
      await page.screenshot({ ...named(scene), fullPage: true });
    }
  }
}
await browser.close();
