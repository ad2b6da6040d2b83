/**
 * What a context says of its output, `outputLatency` and `getOutputTimestamp`, can be asked for. Firefox asks its audio process,
 * and holds the lock meanwhile that this process may be waiting for: on a busy machine the page stood still for good.
 */
export const tellsOutput = !/firefox/i.test(globalThis.navigator?.userAgent);
