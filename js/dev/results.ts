import type { ErrorInfo, ResultContentMessage, ShownResult } from "../src/model.gen.ts";

const LABELS = ["table · 3 rows", "plot", "drawing", "four", "table · 40 rows", "grid", "frame"];

/** What stands under each line: a result under every question. */
export const SHOWN: readonly (readonly ShownResult[])[] = LABELS.flatMap((label, number) => [
  [{ number, item_id: `item_${2 * number}`, label, under: [] }],
  [],
]);

const row = (cells: readonly (string | number)[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
const table = (rows: readonly (readonly (string | number)[])[]) =>
  `<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>island</th><th>penguins</th></tr></thead><tbody>${rows.map(row).join("")}</tbody></table>`;

const svg = (more = "") =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60"><circle cx="30" cy="30" r="24" fill="#1f77b4"/><path d="M70 50 120 12 190 40" fill="none" stroke="#b3510c" stroke-width="3"/>${more}</svg>`;

const content = (mime: string, data: string): ResultContentMessage => ({
  type: "result.content",
  seq: 0,
  request_id: "",
  mime,
  data,
});

/** By number, as the kernel gives them. */
export const CONTENTS: readonly (ResultContentMessage | ErrorInfo)[] = [
  content(
    "text/html",
    table([
      [0, "Biscoe", 168],
      [1, "Dream", 124],
      [2, "Torgersen", 52],
    ]),
  ),
  content(
    "image/png",
    "iVBORw0KGgoAAAANSUhEUgAAAFoAAAA3BAMAAAB+7EC1AAAAGFBMVEUYXIugoKDh4eFjY2MeHh7+/v4fd7TGxsaaq3QbAAAACHRSTlP///////////OBUtQAAAEZSURBVHjaYwxlIAEwMdBONQsDAwMDw9+jCYSV/tpiADH7P1Emf2BgDGVgYGBgkntAhKPlHrBgEWYUgLH+f6BfmJCuWoEU1X8OkKL6wl8GKeJVf+InxWynKwzPSPClw6AJb9rmBnzpbtD68ixJqj+9JUW142Wi0yALA4NcAr4MLwgP2U8MDEwMDAvPEp0GWRgYHBmGfRocMarl35KSL/fdd5FaFDkBJsJe8BOJzdAJZ2ctcGCBVlHs5QwMDLPSGNDZDAj2LwEGxlCG84KwAlzpHsJSrGxGqtTcfwmrvoBg/keuXv5ewKL6jzwOYx4JYBFEsWcvUm307wMWFf+Qq/u/CljMRq65WYQQbLZHSBxHBiyqkcE/p+GUvgF520LAGB/FzwAAAABJRU5ErkJggg==",
  ),
  content("image/svg+xml", svg("<script>window.hacked = true</script>")),
  content("text/plain", Array.from({ length: 12 }, (_, i) => `${i}  ${"four ".repeat(1 + i)}`).join("\n")),
  content("text/html", table(Array.from({ length: 40 }, (_, i) => [i, "Biscoe", 100 + i]))),
  {
    code: "result_too_large",
    message: "This result has 3.4 MB, too much for the panel.",
    next_step: "It is `w.results[5].value`.",
  },
  {
    code: "result_not_shown",
    message: "This result could not be drawn.",
    next_step: "Look at `w.results[6].value` in a cell.",
  },
];
