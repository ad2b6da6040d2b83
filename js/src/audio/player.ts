import type { Scope } from "../scope.ts";

/** After the last sample: what the sender still has to take from the mix. */
const TAIL_MS = 100;

/** PCM16 mono little endian, as it came in a message, for Web Audio (which resamples by itself). */
export function decode(pcm: DataView): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.floor(pcm.byteLength / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = pcm.getInt16(2 * i, true) / 32768;
  return samples;
}

/** Speak recorded sound into `node`; resolves when all of it has gone out. */
export async function playInto(
  context: AudioContext,
  node: AudioNode,
  samples: Float32Array<ArrayBuffer>,
  sampleRate: number,
  scope: Scope,
): Promise<void> {
  if (samples.length === 0) return;
  await scope.race(context.resume());
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const one = scope.child();
  source.connect(node);
  one.defer(() => source.disconnect());
  try {
    const ended = new Promise<void>((resolve) => one.on(source, "ended", () => one.after(TAIL_MS, resolve)));
    source.start();
    await one.race(ended);
  } finally {
    one.close();
  }
}
