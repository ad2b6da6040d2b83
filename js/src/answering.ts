import type { Traits } from "./model.gen.ts";

/** There is something to hear, or about to be. */
export function answering(traits: Traits): boolean {
  const { connection_state, assistant_speaking, activity } = traits;
  return (
    connection_state === "connected" && (assistant_speaking || ["speaking", "thinking", "tool"].includes(activity))
  );
}
