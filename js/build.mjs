// Bundles the page's side: `node js/build.mjs` once, `--watch` for development, `--panel` serves js/dev.
import { readFile } from "node:fs/promises";
import { context } from "esbuild";
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

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  plugins: [cssAsText],
  logLevel: "info",
};
const widget = {
  ...shared,
  entryPoints: ["js/src/widget.ts"],
  outfile: "voice_widget/static/widget.js",
  minify: true,
};
const panel = { ...shared, entryPoints: ["js/dev/main.ts"], outdir: "js/dev/build" };

const [mode] = process.argv.slice(2);
const build = await context(mode === "--panel" ? panel : widget);
if (mode === "--watch") await build.watch();
else if (mode === "--panel") await build.serve({ servedir: "js/dev", host: "127.0.0.1" });
else {
  await build.rebuild();
  await build.dispose();
  await buildFlite();
}
