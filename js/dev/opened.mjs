// The panel without Jupyter in a real browser, for pictures.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright";

export const here = dirname(fileURLToPath(import.meta.url));
export const index = pathToFileURL(join(here, "index.html"));

/** The browser, once the page is built. */
export async function launched() {
  await build({
    entryPoints: [join(here, "main.ts")],
    outfile: join(here, "build", "main.js"),
    bundle: true,
    loader: { ".css": "text" },
  });
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  );
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });
}

/** Nothing goes on meanwhile: two pictures of the same are the same. */
const NOW = new Date("2026-03-02T10:00:45Z");

/** Go there, until what is shown stands still. */
export async function shown(page, query) {
  await page.clock.setFixedTime(NOW);
  await page.goto(`${index.href}?${new URLSearchParams(query)}`);
  const steps = JSON.parse((await page.locator("body").getAttribute("data-scene")) ?? "[]");
  for (const step of steps) {
    await take(page, step);
    await drawn(page);
  }
  // A button that the pointer rests on looks another way.
  if (steps.length > 0) await page.mouse.move(0, page.viewportSize().height - 1);
  // With calm pictures the lanes are painted now and then.
  if ((await page.locator(".drawer").count()) > 0) await page.waitForTimeout(600);
  await drawn(page);
}

function drawn(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** What a person would do. */
async function take(page, { click, press, send, scroll, by, into, put, drops }) {
  if (click)
    await page
      .getByRole("button", { name: new RegExp(`^${click}`) })
      .last()
      .click();
  if (press) {
    // In an open panel the keys are already.
    if (await page.evaluate(() => document.activeElement === document.body)) await page.locator(".panel").focus();
    await page.keyboard.press(press);
  }
  if (send) {
    await page.getByRole("textbox", { name: "Message" }).fill(send);
    await page.keyboard.press("Enter");
  }
  if (into) {
    await page.evaluate(
      ([field, text]) => globalThis.put(document.querySelector("[data-voice-widget]").shadowRoot, field, text),
      [into, put],
    );
  }
  if (drops !== undefined) {
    await page.evaluate(
      (drops) => globalThis.drag(document.querySelector("[data-voice-widget]").shadowRoot, drops),
      drops,
    );
  }
  if (scroll) await page.locator(scroll).evaluate((part, by) => part.scrollBy(0, by), by);
}
