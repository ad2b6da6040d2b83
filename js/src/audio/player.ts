import type { Scope } from "../scope.ts";

/** After the last sample: what the sender still has to take from the mix. */
const TAIL_MS = 100;
/** A context that stands still longer than that, beyond the recording's length, was stopped by the browser or the system. */
const STILL_MS = 10_000;

/** Where what a call sends is mixed, as long as there is sound. */
export type Mix = readonly [context: AudioContext, node: AudioNode, scope: Scope];

/** PCM16 mono little endian, as it came in a message, for Web Audio (which resamples by itself). */
export function decode(pcm: DataView): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.floor(pcm.byteLength / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = pcm.getInt16(2 * i, true) / 32768;
  return samples;
}

/** Speak recorded sound into `node`; resolves when all of it has gone out, and rejects when it does not. */
export async function playInto(
  context: AudioContext,
  node: AudioNode,
  samples: Float32Array<ArrayBuffer>,
  sampleRate: number,
  scope: Scope,
  still = STILL_MS,
): Promise<void> {
  if (samples.length === 0) return;
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const one = scope.child();
  source.connect(node);
  one.defer(() => source.disconnect());
  try {
    const ended = new Promise<void>((resolve, reject) => {
      one.on(source, "ended", () => one.after(TAIL_MS, resolve));
      one.after(buffer.duration * 1000 + still, () => reject(new Error(`the page's sound is ${context.state}`)));
      context
        .resume()
        .then(() => source.start())
        .catch(reject);
    });
    await one.race(ended);
  } finally {
    one.close();
  }
}

/** The same of a recording as it came. */
export function speak(pcm: DataView, rate: number, ...[context, node, scope]: Mix): Promise<void> {
  return playInto(context, node, decode(pcm), rate, scope);
}
