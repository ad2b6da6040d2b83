import { PageFailure } from "../failure.ts";
import type { Scope } from "../scope.ts";
import type { Call, CallHost, CallState } from "./call.ts";

const CONNECT_MS = 15_000;
/** What a peer takes that does not say. */
const MESSAGE_BYTES = 65_536;

/** Throws `PageFailure` where the browser makes no peers. */
export function checkPeer(): void {
  if (typeof RTCPeerConnection === "undefined") throw new PageFailure("no_webrtc");
}

/**
 * A WebRTC call, whoever does the signalling: the offer is made at once, and goes when it may; the answer is taken when there
 * is a track. Resolves when sound and events flow.
 */
export async function openPeer(
  goes: Promise<void>,
  track: Promise<MediaStreamTrack>,
  host: CallHost,
  scope: Scope,
): Promise<Call> {
  const peer = new RTCPeerConnection({ iceServers: [] });
  scope.defer(() => peer.close());
  scope.on(peer, "track", (event: RTCTrackEvent) => {
    host.remote(event.streams[0] ?? new MediaStream([event.track]));
  });
  const { sender } = peer.addTransceiver("audio", { direction: "sendrecv", streams: [new MediaStream()] });
  const channel = peer.createDataChannel("oai-events");
  scope.defer(() => channel.close());
  host.channel(channel, () => peer.sctp?.maxMessageSize ?? MESSAGE_BYTES);

  const offer = await scope.race(peer.createOffer());
  await scope.race(peer.setLocalDescription(offer));
  await scope.race(goes);
  const [answer] = await scope.race(
    Promise.all([host.answer(offer.sdp ?? ""), track.then((spoken) => sender.replaceTrack(spoken))]),
  );
  const ready = connected(peer, channel, scope);
  try {
    await scope.race(peer.setRemoteDescription({ type: "answer", sdp: answer.sdp }));
  } catch (error) {
    ready.catch(() => {});
    if (scope.closed) throw error;
    throw new PageFailure("answer_invalid", String(error).slice(0, 300));
  }
  await within(scope, CONNECT_MS, ready);
  watch(peer, channel, (state) => host.state(answer.call, state), scope);
  host.state(answer.call, "connected");
  return {
    number: answer.call,
    send(event) {
      if (channel.readyState !== "open") return false;
      channel.send(JSON.stringify(event));
      return true;
    },
    hush: () => false,
    replaceTrack: (other) => sender.replaceTrack(other),
  };
}

function connected(peer: RTCPeerConnection, channel: RTCDataChannel, scope: Scope): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (peer.connectionState === "failed") reject(new PageFailure("ice_failed", peer.iceConnectionState));
      else if (peer.connectionState === "connected" && channel.readyState === "open") resolve();
    };
    scope.on(peer, "connectionstatechange", look);
    scope.on(channel, "open", look);
  });
}

/** After `connected`: tell what becomes of it, each change once. */
function watch(peer: RTCPeerConnection, channel: RTCDataChannel, tell: (state: CallState) => void, scope: Scope): void {
  let last: CallState = "connected";
  const changed = (state: CallState) => {
    if (state === last || last === "closed") return;
    last = state;
    tell(state);
  };
  scope.on(peer, "connectionstatechange", () => {
    const state = peer.connectionState;
    if (state === "connected" || state === "disconnected" || state === "failed" || state === "closed") changed(state);
  });
  // The other end hung up; a peer that only loses its channel has no events any more and is of no use.
  scope.on(channel, "close", () => changed("closed"));
}

async function within<T>(scope: Scope, ms: number, promise: Promise<T>): Promise<T> {
  const timer = scope.child();
  try {
    return await Promise.race([
      scope.race(promise),
      new Promise<never>((_, reject) => timer.after(ms, () => reject(new PageFailure("ice_failed", `${ms} ms`)))),
    ]);
  } finally {
    timer.close();
  }
}
