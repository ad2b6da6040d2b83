import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { withoutIndents } from "./js/bundles.mjs";

/** The system's browser: the full one, because the headless shell has no `getUserMedia`. */
const chromium = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => path && existsSync(path));

const SOURCES = new URL("js/src/", import.meta.url).pathname;

const launchOptions = (autoplay: string) => ({
  ...(chromium ? { executablePath: chromium } : {}),
  args: [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--autoplay-policy=${autoplay}`,
  ],
});

const browser = (name: string, folder: string, autoplay: string) => ({
  extends: true as const,
  optimizeDeps: {
    include: [
      "axe-core",
      "lit-html",
      "lit-html/directives/guard.js",
      "lit-html/directives/repeat.js",
      "wavesurfer.js",
      "wavesurfer.js/plugins/regions",
      "wavesurfer.js/plugins/timeline",
    ],
  },
  test: {
    name,
    include: [`js/tests/${folder}/**/*.test.ts`],
    globalSetup: ["js/tests/support/service.ts"],
    // Beside other tests the sound's own clock may stumble: what goes by it is tried again.
    retry: process.env["TESTS_BESIDE"] ? 2 : 0,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions(autoplay) }),
      instances: [{ browser: "chromium" as const }],
    },
  },
});

export default defineConfig({
  define: { EXTRAS: '"extras"' },
  // As the bundle has it: CSS is text, and templates are not indented.
  plugins: [
    {
      name: "css-as-text",
      enforce: "pre",
      resolveId: (id, importer) =>
        id.endsWith(".css") && importer ? `${new URL(id, `file://${importer}`).pathname}?raw` : null,
    },
    {
      name: "no-indents",
      enforce: "pre",
      // Before types are taken away, and with the same lines: no map is needed to find one.
      transform: (source, id) =>
        id.startsWith(SOURCES) && id.endsWith(".ts") ? { code: withoutIndents(source), map: null } : null,
    },
  ],
  test: {
    // Of nothing but hanging: what a quiet machine reckons in a second takes a busy one ten.
    testTimeout: 60_000,
    setupFiles: ["js/tests/support/patience.ts"],
    onConsoleLog: (log) => !log.includes("Lit is in dev mode"),
    projects: [
      { extends: true, test: { name: "unit", environment: "node", include: ["js/tests/unit/**/*.test.ts"] } },
      browser("browser", "browser", "no-user-gesture-required"),
      // What needs a real click, where Chromium is as strict as it can be.
      browser("clicked", "clicked", "user-gesture-required"),
    ],
  },
});
