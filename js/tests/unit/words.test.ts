import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SOURCES = readdirSync("js/src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !/(words|model\.gen|\.d)\.ts$/.test(path))
  .map((path) => `js/src/${path}`);

/** What a person would read, as far as it can be told from how it is written. */
const SENTENCES = [
  /\b(?:aria-label|title|placeholder|alt)="[^"$]*[A-Za-z]/g,
  />\s*[A-Za-z][^<>${}`;]*<\//g,
  /"[A-Z][a-z]+(?: [A-Za-z'’]+)+[^"]*"/g,
];

function sentences(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, "").replace(/console\.\w+\([^)]*\)/g, "");
  return SENTENCES.flatMap((sentence) => code.match(sentence) ?? []);
}

test("a sentence is known by what it looks like", () => {
  const found = sentences('x = "Hang up"; html`<b title="Not heard">typed</b>`; // "Not this"');
  expect(found).toEqual(['title="Not heard', ">typed</", '"Hang up"', '"Not heard"']);
});

test.each(SOURCES)("%s: what people read stands in words.ts", (path) => {
  expect(sentences(readFileSync(path, "utf8"))).toEqual([]);
});
