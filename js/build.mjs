// Bundles the page's side: `node js/build.mjs` once, `--watch` for development, `--panel` serves js/dev.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { buildFlite } from "./flite.mjs";

/** CSS becomes text that is as small as esbuild makes it: every widget object carries its own copy of the bundle. */
const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const { code } = await build.esbuild.transform(css, { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text", watchFiles: [path] };
    });
  },
};

const LICENCE = "/*! lit-html: Copyright 2017, 2018, 2020 Google LLC, SPDX-License-Identifier: BSD-3-Clause */";

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  plugins: [cssAsText],
  logLevel: "warning",
};
/** What is seldom used. Its lit-html is the first bundle's. */
const extras = {
  ...shared,
  entryPoints: ["js/src/extras.ts"],
  outfile: "voice_widget/static/extras.js",
  minify: true,
  alias: { "lit-html/directives/repeat.js": "./js/src/lit.ts", "lit-html": "./js/src/lit.ts" },
};
/** A page loads the second bundle once for all widgets whose first one was built with it: this names it. */
const widget = async () => {
  const { outputFiles } = await build({ ...extras, write: false, logLevel: "silent" });
  const name = createHash("sha256").update(outputFiles[0].contents).digest("hex").slice(0, 16);
  return {
    ...shared,
    entryPoints: ["js/src/widget.ts"],
    outfile: "voice_widget/static/widget.js",
    minify: true,
    // Each of its files says the same, and every widget object would carry all of that.
    legalComments: "none",
    footer: { js: LICENCE },
    define: { EXTRAS: JSON.stringify(name) },
  };
};
const panel = { ...shared, entryPoints: ["js/dev/main.ts"], outdir: "js/dev/build" };

const [mode] = process.argv.slice(2);
if (mode === "--panel") {
  await (await context(panel)).serve({ servedir: "js/dev", host: "127.0.0.1" });
} else if (mode === "--watch") {
  for (const bundle of [extras, await widget()]) await (await context(bundle)).watch();
} else {
  // The first one last: it is what a build is judged by.
  for (const bundle of [extras, await widget()]) {
    await build(bundle);
    const gzipped = gzipSync(await readFile(bundle.outfile), { level: 9 }).length;
    console.log(`${bundle.outfile}: ${gzipped} bytes gzipped`);
  }
  await buildFlite();
}
