import type { Traits } from "./model.gen.ts";

/** The kernel knows of no call. */
export function isOver({ connection_state }: Traits): boolean {
  return connection_state === "disconnected" || connection_state === "error";
}

/** The service does not find the end of a turn. */
export function pushes({ turn_detection }: Traits): boolean {
  return turn_detection === null;
}

/** A person has to agree first. */
export function unanswered({ consent }: Traits): boolean {
  return consent ? consent.answer !== "agreed" : false;
}

/** There is something to hear, or about to be. */
export function answering(traits: Traits): boolean {
  const { connection_state, assistant_speaking, activity } = traits;
  return (
    connection_state === "connected" && (assistant_speaking || ["speaking", "thinking", "tool"].includes(activity))
  );
}
