import { PageFailure } from "../failure.ts";
import type { Scope } from "../scope.ts";
import type { Answer, Call, CallHost, CallState } from "./call.ts";
import { Gathering } from "./ice.ts";

/** So much longer a peer gets that has a path, for what comes after it. */
const REST_MS = 8000;
/** What a peer takes that does not say. */
const MESSAGE_BYTES = 65_536;

export const makesPeers = () => typeof RTCPeerConnection !== "undefined";

/** A peer with its offer, which has no answer yet; until its scope ends. */
export interface Offered {
  readonly peer: RTCPeerConnection;
  readonly sender: RTCRtpSender;
  readonly channel: RTCDataChannel;
  readonly sdp: Promise<string>;
  readonly gathering: Gathering;
  /** The service's answer, where it is there before the call. */
  ahead: string;
}

/**
 * Sound both ways, and a channel for events. What is sent is said later: no microphone is needed. With `servers` the
 * offer waits for them and says the addresses there; without, the other end finds us where our first packet comes from.
 * Throws `PageFailure` where the browser makes no peers.
 */
export function makeOffer(scope: Scope, servers: Promise<RTCIceServer[]> | null = null): Offered {
  if (!makesPeers()) throw new PageFailure("no_webrtc");
  const peer = new RTCPeerConnection({ iceServers: [] });
  scope.defer(() => peer.close());
  const { sender } = peer.addTransceiver("audio", { direction: "sendrecv", streams: [new MediaStream()] });
  const channel = peer.createDataChannel("oai-events");
  scope.defer(() => channel.close());
  const gathering = new Gathering(peer, scope);
  const make = async () => {
    const iceServers = servers && (await scope.race(servers));
    if (iceServers) peer.setConfiguration({ iceServers });
    const offer = await scope.race(peer.createOffer());
    const enough = iceServers && gathering.enough(iceServers);
    await scope.race(peer.setLocalDescription(offer));
    if (enough) await scope.race(enough);
    return (enough && peer.localDescription?.sdp) || offer.sdp || "";
  };
  const sdp = make();
  // It may fail before it is looked at.
  sdp.catch(() => {});
  return { peer, sender, channel, sdp, gathering, ahead: "" };
}

/**
 * A WebRTC call, whoever does the signalling: the offer goes when it may, and what there is to say comes beside it. Resolves
 * when sound and events flow.
 */
export async function openPeer(
  { peer, sender, channel, sdp, gathering, ahead }: Offered,
  goes: Promise<void>,
  track: Promise<MediaStreamTrack>,
  host: CallHost,
  scope: Scope,
): Promise<Call> {
  scope.on(peer, "track", (event: RTCTrackEvent) => {
    host.remote(event.streams[0] ?? new MediaStream([event.track]));
  });
  host.channel(channel, () => peer.sctp?.maxMessageSize ?? MESSAGE_BYTES);
  let sent: MediaStreamTrack | null = null;
  const send = async (wanted: MediaStreamTrack) => {
    if (wanted === sent) return;
    sent = wanted;
    await sender.replaceTrack(wanted);
  };

  const offer = await scope.race(sdp);
  await scope.race(goes);
  const answered = host.answer(offer);
  const connect = async (sdp: string) => {
    // The other end sends nothing before this: until here sound had time to start.
    await scope.race(host.started());
    const ready = connected(peer, channel, gathering, scope);
    // It may fail before it is looked at.
    ready.catch(() => {});
    try {
      await scope.race(peer.setRemoteDescription({ type: "answer", sdp }));
    } catch (error) {
      if (scope.closed) throw error;
      throw new PageFailure("answer_invalid", String(error).slice(0, 300));
    }
    await inTime(ready, answered, peer, gathering, scope);
  };
  const [answer] = await scope.race(
    Promise.all([
      answered,
      ahead ? connect(ahead) : answered.then(({ sdp }) => connect(sdp)),
      // Not waited for: only a peer that has ended refuses, and that is seen anyway.
      track.then((spoken) => void send(spoken).catch(() => {})),
    ]),
  );
  // The kernel had forgotten its answer, and has asked for another one.
  if (ahead && answer.sdp !== ahead) throw new PageFailure("answer_invalid", "late");
  watch(peer, channel, (state) => host.state(answer.call, state), scope);
  host.state(answer.call, "connected");
  return {
    number: answer.call,
    peer,
    channel,
    send(event) {
      if (channel.readyState !== "open") return false;
      channel.send(JSON.stringify(event));
      return true;
    },
    hush: () => false,
    replaceTrack: send,
  };
}

/** Why there is no call: no way was found, or it was, and no events come by it. */
function unconnected(peer: RTCPeerConnection, detail: string): PageFailure {
  return peer.connectionState === "connected"
    ? new PageFailure("channel_not_open")
    : new PageFailure("ice_failed", detail);
}

function connected(
  peer: RTCPeerConnection,
  channel: RTCDataChannel,
  gathering: Gathering,
  scope: Scope,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (peer.connectionState === "failed") reject(unconnected(peer, gathering.trouble || peer.iceConnectionState));
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

/** Resolves as `ready` does. Throws `PageFailure` if that takes longer than the kernel gives it from its answer on. */
async function inTime(
  ready: Promise<void>,
  answered: Promise<Answer>,
  peer: RTCPeerConnection,
  gathering: Gathering,
  scope: Scope,
): Promise<void> {
  const timer = scope.child();
  const pause = (ms: number) => new Promise<void>((resolve) => timer.after(ms, resolve));
  const late = async () => {
    const { connect_ms } = await answered;
    await pause(connect_ms);
    if (peer.iceConnectionState !== "checking" && peer.iceConnectionState !== "new") await pause(REST_MS);
    throw unconnected(peer, gathering.trouble || `${connect_ms} ms`);
  };
  try {
    await Promise.race([scope.race(ready), late()]);
  } finally {
    timer.close();
  }
}
