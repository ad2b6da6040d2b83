import type { Link } from "../link.ts";
import type { Scope } from "../scope.ts";
import { makeKey } from "./seal.ts";

/** So long an offer waits for addresses at the servers. */
const GATHER_MS = 2000;
/** And so long for others, once there is one of the kind that is wanted. */
const OTHERS_MS = 300;

/**
 * The servers for one offer, of a talk or, without one, for somebody may call; not `offers`: those that there are. They
 * may hold credentials.
 */
export async function iceServers(
  link: Pick<Link, "request">,
  talk: string,
  scope: Scope,
  offers = true,
): Promise<RTCIceServer[]> {
  const key = await scope.race(makeKey());
  const reply = await link.request({ type: "ice.wanted", talk, key: key.public, offers }, scope.signal);
  if (reply.type !== "ice.servers") return [];
  return JSON.parse(reply.key ? await scope.race(key.open(reply)) : reply.sealed);
}

/** The kind of addresses that servers are asked for. */
export const wantedOf = (servers: RTCIceServer[]) =>
  /"turns?:/.test(JSON.stringify(servers.map(({ urls }) => urls))) ? "relay" : "srflx";

/** What a peer meets while it looks for its addresses. */
export class Gathering {
  /** What a server has answered, or that one was not reached; empty: nothing of the kind. */
  trouble = "";
  readonly #peer: RTCPeerConnection;
  readonly #scope: Scope;

  constructor(peer: RTCPeerConnection, scope: Scope) {
    this.#peer = peer;
    this.#scope = scope;
    scope.on(peer, "icecandidateerror", ({ errorCode, url, errorText }: RTCPeerConnectionIceErrorEvent) => {
      // 701: not reached. A refusal says more.
      if (!this.trouble || errorCode !== 701) this.trouble = `${errorCode} ${url} ${errorText}`;
    });
  }

  /** Resolves when there are enough of them, or it was waited long enough. */
  enough(servers: RTCIceServer[]): Promise<void> {
    const wanted = wantedOf(servers);
    return new Promise((resolve) => {
      const scope = this.#scope.child();
      const done = () => {
        scope.close();
        resolve();
      };
      scope.after(GATHER_MS, done);
      scope.on(this.#peer, "icecandidate", ({ candidate }: RTCPeerConnectionIceEvent) => {
        if (!candidate) done();
        else if (candidate.type === wanted) scope.after(OTHERS_MS, done);
      });
    });
  }
}
