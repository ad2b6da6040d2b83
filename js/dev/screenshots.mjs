// A picture of every state in both themes: `node js/dev/screenshots.mjs FOLDER [STATE ...]`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { here, index, launched } from "./opened.mjs";

const [folder = join(here, "build", "shots"), ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launched();
const page = await browser.newPage({
  viewport: { width: 752, height: 480 },
  deviceScaleFactor: 2,
  reducedMotion: "reduce",
});
page.on("pageerror", (error) => {
  throw error;
});
await page.goto(index.href);
const names = (await page.locator("h3").allTextContents()).filter((name) => only.length === 0 || only.includes(name));
for (const theme of ["light", "dark"]) {
  for (const name of names) {
    await page.goto(`${index.href}?state=${name}&theme=${theme}`);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.locator("[data-voice-widget]").screenshot({ path: join(folder, `${name}-${theme}.png`) });
  }
}
for (const [name, state, theme] of [
  ["settings", "listening", "light"],
  ["settings-push", "push", "dark"],
  ["settings-comm", "comm", "light"],
]) {
  await page.goto(`${index.href}?state=${state}&theme=${theme}`);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.locator("[data-voice-widget]").screenshot({ path: join(folder, `${name}-${theme}.png`) });
}
await page.setViewportSize({ width: 392, height: 560 });
const narrow = [
  "idle",
  "consent",
  "recording",
  "recording-paused",
  "speaking",
  "push",
  "push-held",
  "reconnecting",
  "following",
  "error-denied",
  "error-given-up",
];
for (const name of narrow.filter((n) => names.includes(n))) {
  await page.goto(`${index.href}?state=${name}`);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.locator("[data-voice-widget]").screenshot({ path: join(folder, `${name}-narrow.png`) });
}
/** The drawer of the events: as it opens, one event unfolded, and those of one turn. */
for (const [width, theme] of [
  [752, "light"],
  [752, "dark"],
  [352, "light"],
  [352, "dark"],
]) {
  await page.setViewportSize({ width, height: 900 });
  for (const name of ["events", "events-activity", "events-left-out"].filter((n) => names.includes(n))) {
    await page.goto(`${index.href}?state=${name}&theme=${theme}`);
    await page.getByRole("button", { name: "Events", exact: true }).click();
    const shot = async (what) => {
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page
        .locator("[data-voice-widget]")
        .screenshot({ path: join(folder, `${name}${what}-${width - 32}-${theme}.png`) });
    };
    // With calm pictures the lanes are painted now and then.
    await page.waitForTimeout(600);
    await shot("-open");
    if (name !== "events") continue;
    await page.getByRole("tree").focus();
    for (const key of ["End", "ArrowUp", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    await shot("-unfolded");
    await page.getByRole("button", { name: "Events of this turn" }).last().click();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await shot("-turn");
  }
}
await browser.close();
