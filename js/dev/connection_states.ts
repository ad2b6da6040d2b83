import type { DiagnosisMessage } from "../src/model.gen.ts";
import told from "./diagnoses.json";
import { talk } from "./lines.ts";
import { call, open, type State } from "./state.ts";

const said = (of: unknown): DiagnosisMessage => ({
  type: "diagnosis",
  seq: 1,
  request_id: "r",
  ...(of as Pick<DiagnosisMessage, "rows" | "way_out">),
});

/** What Python says of the connection, once it is asked. */
export const CONNECTIONS: Readonly<Record<string, State>> = {
  "connection-well": { traits: call, local: open, lines: talk, sound: "turns", diagnosis: said(told.well) },
  "connection-far": { diagnosis: said(told.far) },
};
