import type { Traits } from "../model.gen.ts";
import * as words from "../words.ts";
import { count, gap } from "./format.ts";
import type { Strip } from "./strip.ts";

/** Pure: the line under an ended talk, if it had turns. Why nobody is there any more comes before it. */
export function summary({ notice, summary, variable }: Traits): Strip | null {
  if (!summary || notice?.code === "page_left") return null;
  const { turns, interruptions, median_gap_ms } = summary;
  const median = median_gap_ms === null ? "" : gap(median_gap_ms);
  const text = words.stripSummary(count(turns, words.stripTurn), median, count(interruptions, words.stripInterruption));
  const button = { label: words.stripCopyRows, deed: { do: "copy", text: `${variable}.transcript_df` } } as const;
  return { tone: "info", title: "", text, button, key: null };
}
