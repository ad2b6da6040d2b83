import { frontEnd, inApplication } from "../front_end.ts";
import type { CandidateFacts, CandidateKind, PageFacts, PairFacts, PeerFacts, Permission } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Call } from "./call.ts";
import { wantedOf } from "./ice.ts";
import { makeOffer, makesPeers } from "./peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: browsers differ in what they count
type Stat = any;

/** So long addresses are looked for. */
const GATHER_MS = 2000;

/** What a peer of this page could be reached by. */
export interface Gathered {
  readonly candidates: CandidateFacts[];
  /** There are no more. */
  readonly gathered: boolean;
  /** Of which kind its servers are asked for one; null: there are none. */
  readonly wanted: CandidateKind | null;
  /** What one of these has answered, or that it was not reached. */
  readonly trouble: string;
}

/** Look for the addresses of a peer that is made for this and calls nobody. */
export async function gather(parent: Scope, servers: Promise<RTCIceServer[]> | null): Promise<Gathered> {
  if (!makesPeers()) return { candidates: [], gathered: true, wanted: null, trouble: "" };
  const scope = parent.child();
  const found = new Map<string, CandidateFacts>();
  try {
    // What a person gave cannot be had: what the peer has without is known all the same.
    const given = servers?.catch(() => []) ?? null;
    const { peer, sdp, gathering } = makeOffer(scope, given);
    const gathered = await new Promise<boolean>((resolve) => {
      scope.defer(() => resolve(false));
      scope.after(GATHER_MS, () => resolve(false));
      scope.on(peer, "icecandidate", ({ candidate }: RTCPeerConnectionIceEvent) => {
        if (!candidate?.candidate) return candidate ? undefined : resolve(true);
        const kind = candidate.type as CandidateKind | null;
        const protocol = candidate.protocol ?? "";
        if (kind) found.set(`${kind} ${protocol}`, { kind, protocol });
      });
      sdp.catch(() => resolve(true));
    });
    const { iceServers = [] } = peer.getConfiguration();
    const wanted = iceServers.length > 0 ? wantedOf(iceServers) : null;
    return { candidates: [...found.values()], gathered, wanted, trouble: gathering.trouble };
  } finally {
    scope.close();
  }
}

/** Numbers and codes alone: of the address of the page nothing but its host, of devices nothing but how many. */
export async function factsOf(call: Call | null, gathered: Gathered): Promise<Facts> {
  const [microphone, local_network, devices, peer] = await Promise.all([
    permission("microphone"),
    permission("local-network-access"),
    navigator.mediaDevices?.enumerateDevices?.().catch(() => null),
    call?.peer ? peerFacts(call.peer, call.channel) : null,
  ]);
  const count = (kind: MediaDeviceKind) => devices?.filter((one) => one.kind === kind).length ?? null;
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  const blocked = policy
    ? !policy.allowsFeature("microphone")
    : isSecureContext && !(navigator.mediaDevices as MediaDevices | undefined)?.getUserMedia;
  return {
    secure: isSecureContext,
    protocol: location.protocol,
    host: location.hostname,
    port: location.port,
    framed: window.top !== window,
    blocked: blocked || (microphone === "denied" && inApplication()),
    microphone,
    local_network,
    microphones: count("audioinput"),
    speakers: count("audiooutput"),
    webrtc: makesPeers(),
    ...gathered,
    peer,
    front_end: frontEnd(),
  };
}

/** All but how long it takes. */
export type Facts = Omit<PageFacts, "took_ms" | "comm_ms">;

async function permission(name: string): Promise<Permission> {
  // Not every browser knows each, and some throw at once.
  const asked = async () => (await navigator.permissions.query({ name: name as PermissionName })).state;
  return asked().catch(() => "unknown");
}

async function peerFacts(peer: RTCPeerConnection, channel?: RTCDataChannel): Promise<PeerFacts> {
  const stats: Stat[] = [...((await peer.getStats()) as unknown as Map<string, unknown>).values()];
  return {
    state: peer.connectionState,
    channel: channel?.readyState ?? "closed",
    waiting: channel?.bufferedAmount ?? 0,
    ...counted(stats),
  };
}

/** What is counted of a peer, of whichever browser. */
export function counted(
  stats: readonly Stat[],
): Pick<PeerFacts, "pair" | "lost" | "sent_lost" | "jitter_ms" | "concealed"> {
  const of = (id: unknown) => stats.find((one) => one.id === id);
  const audio = (type: string) => stats.find((one) => one.type === type && (one.kind ?? one.mediaType) === "audio");
  const transport = stats.find((one) => one.type === "transport" && one.selectedCandidatePairId);
  // Firefox names no transport, but marks the pair.
  const used = transport
    ? of(transport.selectedCandidatePairId)
    : stats.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
  const [inbound, remote] = [audio("inbound-rtp"), audio("remote-inbound-rtp")];
  const all = (inbound?.packetsReceived ?? 0) + (inbound?.packetsLost ?? 0);
  return {
    pair: used ? pairOf(used, of(used.localCandidateId), of(used.remoteCandidateId)) : null,
    lost: all > 0 ? Math.max(0, inbound.packetsLost) / all : null,
    sent_lost: remote?.fractionLost ?? null,
    jitter_ms: inbound?.jitter === undefined ? null : 1000 * inbound.jitter,
    // What is made up where nobody speaks is heard by nobody.
    concealed:
      inbound?.totalSamplesReceived > 0
        ? (inbound.concealedSamples - (inbound.silentConcealedSamples ?? 0)) / inbound.totalSamplesReceived
        : null,
  };
}

function pairOf(used: Stat, local?: Stat, remote?: Stat): PairFacts {
  const trip = used.currentRoundTripTime;
  return {
    local: local?.candidateType ?? "host",
    remote: remote?.candidateType ?? "host",
    protocol: local?.protocol ?? "",
    round_trip_ms: trip === undefined ? null : 1000 * trip,
  };
}
