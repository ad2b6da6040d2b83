import { CommAudio } from "../audio/comm.ts";
import { Credit } from "../audio/credit.ts";
import type { Desk } from "../audio/desk.ts";
import type { Scope } from "../scope.ts";
import type { Call, CommHost, SoundMessage } from "./call.ts";

const REPORT_MS = 100;
/** So long after Interrupt what still comes is of the answer that was interrupted, unless the kernel says so sooner. */
const DROP_MS = 2000;

/** A call whose sound goes by messages through the kernel, for pages that no peer can reach. */
export async function openComm(desk: Desk, host: CommHost, scope: Scope): Promise<Call> {
  const audio = desk.comm((context, mix) => new CommAudio(context, mix, scope));
  const { speaker, capture } = audio;
  let call: number | null = null;
  /** What came before the call had its number. */
  const early: [SoundMessage, readonly DataView[]][] = [];
  let told = 0;
  let toldAt = 0;
  let dropUntil = 0;
  let connected = false;

  const credit = new Credit(
    (pcm) => call !== null && host.audio(call, pcm),
    (hole) => host.missed(hole),
  );
  const send = () => {
    const piece = capture.read();
    if (piece.pcm.length === 0 || call === null) return;
    credit.add(piece);
    if (connected) return;
    // Behind the first of the microphone's sound: who is told to speak is heard from then on.
    connected = true;
    host.state(call, "connected");
  };
  const report = (cleared = false) => {
    told = speaker.played;
    toldAt = performance.now();
    if (call !== null) host.played(call, told, cleared);
  };
  const take = (message: SoundMessage, buffers: readonly DataView[]) => {
    if (call === null) early.push([message, buffers]);
    else if (message.call !== call || scope.closed) return;
    else if (message.type === "audio.taken") credit.taken(message.samples);
    else if (message.type === "audio.clear") {
      dropUntil = 0;
      speaker.clear();
      report(true);
    } else if (message.type === "audio.pause") {
      speaker.pause(message.on);
      report();
    } else if (buffers[0] && performance.now() >= dropUntil) speaker.play(buffers[0]);
  };
  host.sound(take);

  const answer = await scope.race(host.answer(""));
  call = answer.call;
  capture.read();
  host.remote(audio.stream, audio.heard);
  audio.run(() => {
    send();
    const news = speaker.played !== told;
    if (news && (speaker.dry || performance.now() - toldAt >= REPORT_MS)) report();
  });
  for (const letter of early.splice(0)) take(...letter);
  return {
    number: answer.call,
    send() {
      // What was said before it goes before it.
      send();
      credit.flush();
      return false;
    },
    hush() {
      dropUntil = performance.now() + DROP_MS;
      speaker.clear();
      report();
      return true;
    },
    // What the desk mixes is what is sent.
    replaceTrack: async () => {},
  };
}
