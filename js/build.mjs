// Bundles the page's side: `node js/build.mjs` once, `--watch` for development, `--panel` serves js/dev.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { extras, replay, shared, tab, widget } from "./bundles.mjs";
import { buildFlite } from "./flite.mjs";

const panel = { ...shared, entryPoints: ["js/dev/main.ts"], outdir: "js/dev/build" };

const [mode] = process.argv.slice(2);
if (mode === "--panel") {
  await (await context(panel)).serve({ servedir: "js/dev", host: "127.0.0.1" });
} else if (mode === "--watch") {
  for (const bundle of [tab, replay, extras, await widget()]) await (await context(bundle)).watch();
} else {
  // The first one last: it is what a build is judged by.
  for (const bundle of [tab, replay, extras, await widget()]) {
    await build(bundle);
    const gzipped = gzipSync(await readFile(bundle.outfile), { level: 9 }).length;
    console.log(`${bundle.outfile}: ${gzipped} bytes gzipped`);
  }
  await buildFlite();
}
