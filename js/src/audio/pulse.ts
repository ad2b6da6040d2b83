import type { Scope } from "../scope.ts";

/** Beats every `seconds` of the audio clock. Browsers hold back the timers of a hidden page, but not the end of a sound. */
export function pulse(context: BaseAudioContext, seconds: number, beat: () => void, scope: Scope): void {
  const next = (at: number) => {
    if (scope.closed) return;
    const silence = new ConstantSourceNode(context, { offset: 0 });
    // Browsers let only what is connected come to an end.
    silence.connect(context.destination);
    const one = scope.child();
    one.defer(() => silence.disconnect());
    one.on(silence, "ended", () => {
      one.close();
      // Steady, unless it was held up.
      next(Math.max(at + seconds, context.currentTime));
      beat();
    });
    silence.start();
    silence.stop(at);
  };
  next(context.currentTime + seconds);
}
