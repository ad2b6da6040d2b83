/** What the page itself says about its connection; what is found has its words in Python. */
export const name = "Connection";
export const close = "Close the connection";
export const looking = "Looking …";
export const busy = "The kernel is busy: what is new comes as soon as it has answered.";
export const columns = ["Looked at", "Found, and what to do"] as const;
/** A sign, and what it is read as. */
export const verdicts = { good: ["✓", "fine"], bad: ["✗", "in the way"], unknown: ["?", "not known"] } as const;
