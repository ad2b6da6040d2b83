/**
 * Firefox asks its audio process for what a context says of its output, and holds the lock meanwhile that this process may be
 * waiting for: on a busy machine the page stood still for good. It is asked for nowhere else.
 */
const tells = !/firefox/i.test(globalThis.navigator?.userAgent);

/** So long after it left the context sound is heard, in seconds; 0: nobody says. */
export function latencyOf(context: AudioContext): number {
  return (tells && context.outputLatency) || 0;
}

/** What is heard at which time; empty where nobody says. */
export function timestampOf(context: AudioContext): AudioTimestamp {
  // Old browsers do not have it.
  return (tells && context.getOutputTimestamp?.()) || {};
}
