import { CALL } from "./call_states.ts";
import { CONNECTIONS } from "./connection_states.ts";
import type { State } from "./state.ts";
import { TALK } from "./talk_states.ts";
import { TROUBLE } from "./trouble_states.ts";

export { PAGE, type State, WELL } from "./state.ts";

export const STATES: Readonly<Record<string, State>> = { ...CALL, ...TALK, ...TROUBLE, ...CONNECTIONS };
