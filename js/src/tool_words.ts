/** What people read of tools that are called, and of a person who answers in the assistant's place. */

/** Of a person who answers in the assistant's place. */
export const deskName = "Desk of the wizard";
export const deskIdle = "Nobody waits for your answer.";
export const deskWaits = (question: string) => `Waits for your answer: “${question}”`;
export const deskField = "Say this as the assistant";

/** A call of a tool that waits to be allowed, and what was decided. */
export const toolAsks = (name: string, server: string | null) => `Allow ${name}${server ? ` of ${server}` : ""}?`;
export const toolAllow = "Allow once";
export const toolAlways = "Always allow";
export const toolChange = "Change";
export const toolReject = "Reject";
export const toolArguments = "Arguments, as JSON";
export const toolAllowChanged = "Allow with these";
export const toolReason = "Why not (the assistant is told)";
export const toolBack = "Back";
/** What it is beside a function: of an agent that hands over, of its guardrail. */
export const toolKind = { function: "", handoff: "hands over", guardrail: "stopped the answer" } as const;

export const toolStatus = {
  requested: "called",
  waiting: "waits for you",
  running: "running",
  completed: "",
  failed: "failed",
  rejected: "not allowed",
  cancelled: "cancelled",
  not_run: "not run",
} as const;
export const toolGiven = "Called with";
export const toolGivenChanged = "Changed to";
export const toolGave = "Gave";
export const toolFailed = "Failed";
