import type { Row } from "../src/model.gen.ts";
import type { Line } from "../src/store.ts";

type MakeRow = (seq: number, role: Row["role"], at: number, text: string, more?: Partial<Row>) => Row;
const line = (row: Row): Line => ({
  row,
  words: [{ text: row.text, start_ms: null }],
  partial: false,
  results: [],
  tools: [],
});

/** Each of another script; the last answer was cut. */
export const scripts = (row: MakeRow): Line[] => [
  line(row(1, "user", 3, "ما هو متوسط الوزن؟")),
  line(row(2, "assistant", 6, "הממוצע הוא שלושה וחצי קילוגרם.", { response_gap_ms: 618 })),
  line(row(3, "user", 9, "ค่าเฉลี่ยของแต่ละเกาะคือเท่าไร")),
  line(row(4, "assistant", 12, "औसत साढ़े तीन किलोग्राम है।", { response_gap_ms: 702 })),
  line(row(5, "user", 15, "哪个岛的企鹅最多？ 👨‍👩‍👧‍👦")),
  line(
    row(6, "assistant", 18, "متوسط الكتلة هو ثلاثة كيلوغرامات ونصف.", {
      response_gap_ms: 655,
      status: "incomplete",
      text_heard: "متوسط الكتلة هو ثلاثة",
      interrupted: true,
      stopped_by: "speech",
    }),
  ),
];
