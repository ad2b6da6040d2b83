import { makeContext } from "../audio/start.ts";
import type { Link } from "../link.ts";
import type { Traits } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import { iceServers } from "./ice.ts";
import { makeOffer, makesPeers, type Offered } from "./peer.ts";

/** The kernel keeps its answer longer. */
export const READY_MS = 10_000;

/** Something made ahead of its use, which ends by itself unless it is taken. */
class Ahead<T> {
  readonly #scope: Scope;
  #made: { readonly value: T; readonly scope: Scope; readonly keep: () => void } | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Null: there is one. */
  make(build: (scope: Scope) => T): { readonly value: T; readonly scope: Scope } | null {
    if (this.#made) return null;
    const scope = this.#scope.child();
    const value = build(scope);
    this.#made = { value, scope, keep: scope.after(READY_MS, () => this.forget(value)) };
    return this.#made;
  }

  /** Not if it was taken, or has ended. */
  forget(value: T): void {
    const made = this.#made;
    if (made?.value !== value) return;
    this.#made = null;
    made.scope.close();
  }

  /** From now on it ends with `into`. */
  take(into: Scope): T | null {
    const made = this.#made;
    if (!made) return null;
    this.#made = null;
    made.keep();
    into.defer(() => made.scope.close());
    return made.value;
  }
}

/** What a talk takes a while to make, made while somebody points at Call; the kernel may get its offer answered, too. */
export class Ready {
  readonly #link: Pick<Link, "request">;
  readonly #offer: Ahead<Offered>;
  readonly #context: Ahead<AudioContext>;
  readonly #hasServers: () => boolean;

  /** `hasServers`: the kernel has ICE servers for offers. */
  constructor(link: Pick<Link, "request">, hasServers: () => boolean, scope: Scope) {
    this.#link = link;
    this.#hasServers = hasServers;
    this.#offer = new Ahead(scope);
    this.#context = new Ahead(scope);
  }

  /** Sound, and for a peer its offer. Safe to call again. */
  make({ transport, flow }: Pick<Traits, "transport" | "flow">): void {
    // Before the first click on a page none runs.
    if (navigator.userActivation?.hasBeenActive) this.#context.make(makeContext);
    const peer = transport === "webrtc" && flow === "unified" && makesPeers();
    const made = peer && this.#offer.make((scope) => this.#make("", scope));
    if (made) void this.#ask(made.value, made.scope).catch(() => this.#offer.forget(made.value));
  }

  async #ask(offered: Offered, scope: Scope): Promise<void> {
    const sdp = await offered.sdp;
    const reply = await this.#link.request({ type: "call.prepare", sdp }, scope.signal);
    if (reply.type === "answer") offered.ahead = reply.sdp;
  }

  /** An offer for the talk whose call begins, made now if there is none; it ends with `call`. */
  offer(call: Scope, talk: string): Offered {
    return this.#offer.take(call) ?? this.#make(talk, call);
  }

  #make(talk: string, scope: Scope): Offered {
    return makeOffer(scope, this.#hasServers() ? iceServers(this.#link, talk, scope) : null);
  }

  /** Sound for the talk that begins, if it runs already; it ends with `talk`. */
  context(talk: Scope): AudioContext | null {
    return this.#context.take(talk);
  }
}
