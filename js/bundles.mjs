// The bundles that ship: what they are made of.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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

/** Templates are indented for who reads the source: a page draws one space of it, as of a line's end. Each line stays. */
export const withoutIndents = (source) => source.replace(/\n +/g, "\n");
const noIndents = {
  name: "no-indents",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: withoutIndents(source), loader: "ts", watchFiles: [path] };
    });
  },
};

const LICENCE = "/*! lit-html: Copyright 2017, 2018, 2020 Google LLC, SPDX-License-Identifier: BSD-3-Clause */";
const WAVESURFER =
  "/*! wavesurfer.js: Copyright 2012-2023 katspaugh and contributors, SPDX-License-Identifier: BSD-3-Clause */";

export const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  plugins: [cssAsText, noIndents],
  logLevel: "warning",
};
/** In the second bundle `first.ts` stands for these: it has what the first one hands over. */
const source = (path) => fileURLToPath(new URL(`src/${path}`, import.meta.url));
const HANDED_OVER = ["failure.ts", "audio/microphone.ts", "view/icons.ts"].map(source);
const fromFirst = {
  name: "from-first",
  setup(build) {
    const first = { path: source("first.ts") };
    build.onResolve({ filter: /^lit-html/ }, () => first);
    build.onResolve({ filter: /\.ts$/ }, ({ path, importer }) =>
      HANDED_OVER.includes(join(dirname(importer), path)) ? first : null,
    );
  },
};

/** Of wavesurfer.js what a replay has a use for: it is given its peaks and plays an element, and neither fetches nor plays samples. */
const PARTS = fileURLToPath(new URL("../node_modules/wavesurfer.js/dist/", import.meta.url));
const lessWaves = {
  name: "less-waves",
  setup(build) {
    build.onResolve({ filter: /^wavesurfer\.js$/ }, () => ({ path: join(PARTS, "wavesurfer.js") }));
    build.onResolve({ filter: /^\.\/(fetcher|webaudio)\.js$/ }, ({ path }) => ({ path, namespace: "less-waves" }));
    build.onLoad({ filter: /./, namespace: "less-waves" }, () => ({ contents: "export default class {}" }));
  },
};

/** A recorded talk, a widget of its own: of the others it has nothing. */
export const replay = {
  ...shared,
  entryPoints: ["js/src/replay/replay.ts"],
  outfile: "voice_widget/static/replay.js",
  minify: true,
  legalComments: "none",
  plugins: [...shared.plugins, lessWaves],
  footer: { js: `${LICENCE}\n${WAVESURFER}` },
};

/** What shows the first bundle in a browser tab of its own. */
export const tab = {
  ...shared,
  entryPoints: ["js/src/tab/tab.ts"],
  outfile: "voice_widget/static/tab.js",
  minify: true,
};

/** What is seldom used. */
export const extras = {
  ...shared,
  entryPoints: ["js/src/extras.ts"],
  outfile: "voice_widget/static/extras.js",
  minify: true,
  plugins: [...shared.plugins, fromFirst],
};
/** A page loads the second bundle once for all widgets whose first one was built with it: this names it. */
export const widget = async () => {
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
