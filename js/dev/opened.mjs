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
