import type { Link } from "../link.ts";
import type { Scope } from "../scope.ts";
import { makeOffer, type Offered } from "./peer.ts";

/** The kernel keeps its answer longer. */
export const READY_MS = 10_000;

/** An offer made ahead of its call, while somebody points at Call; the kernel may get it answered meanwhile, too. */
export class Ready {
  readonly #link: Pick<Link, "request">;
  readonly #scope: Scope;
  #made: { readonly offered: Offered; readonly scope: Scope; readonly keep: () => void } | null = null;

  constructor(link: Pick<Link, "request">, scope: Scope) {
    this.#link = link;
    this.#scope = scope;
  }

  /** Safe to call again. */
  make(): void {
    if (this.#made) return;
    const scope = this.#scope.child();
    const offered = makeOffer(scope);
    const forget = () => {
      // A call has it, or it ended long ago.
      if (this.#made?.offered !== offered) return;
      this.#made = null;
      scope.close();
    };
    this.#made = { offered, scope, keep: scope.after(READY_MS, forget) };
    void this.#ask(offered, scope).catch(forget);
  }

  async #ask(offered: Offered, scope: Scope): Promise<void> {
    const sdp = await offered.sdp;
    const reply = await this.#link.request({ type: "call.prepare", sdp }, scope.signal);
    if (reply.type === "answer") offered.ahead = reply.sdp;
  }

  /** An offer for the call that begins, made now if there is none; it ends with `call`. */
  take(call: Scope): Offered {
    const made = this.#made;
    this.#made = null;
    if (!made) return makeOffer(call);
    made.keep();
    call.defer(() => made.scope.close());
    return made.offered;
  }
}
