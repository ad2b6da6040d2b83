/** What is done to the sound, unless something else was chosen. */
export const TREATED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
