import type { Link } from "../link.ts";
import type { ConnectionWantedMessage, DiagnosisMessage } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Call } from "./call.ts";
import { type Facts, factsOf, type Gathered, gather } from "./facts.ts";
import { iceServers } from "./ice.ts";

/** So long what addresses there are is not asked again. */
const FRESH_MS = 30_000;
const PATIENCE_MS = 5000;

/** Finds out how this page's connection is, when the kernel or a person wants to know; nothing runs otherwise. */
export class Connection {
  readonly #link: Link;
  readonly #call: () => Call | null;
  readonly #hasServers: () => boolean;
  readonly #scope: Scope;
  #gathered: { readonly value: Promise<Gathered>; readonly at: number } | null = null;
  /** How long a message took to the kernel and back. */
  #comm: number | null = null;

  constructor(link: Link, call: () => Call | null, hasServers: () => boolean, scope: Scope) {
    this.#link = link;
    this.#call = call;
    this.#hasServers = hasServers;
    this.#scope = scope;
  }

  /** The kernel wants to know. */
  async answer({ page, request_id }: ConnectionWantedMessage): Promise<void> {
    if (page !== "" && page !== this.#link.page) return;
    const since = performance.now();
    const facts = await this.#facts();
    if (this.#scope.closed) return;
    const took_ms = performance.now() - since;
    this.#link.send({ type: "connection", request_id, facts: { ...facts, took_ms, comm_ms: null } });
  }

  /** What Python makes of it; null: it does not answer. */
  async diagnosis(): Promise<DiagnosisMessage | null> {
    const scope = this.#scope.child();
    try {
      const since = performance.now();
      const facts = await scope.race(this.#facts());
      const asked = performance.now();
      scope.after(PATIENCE_MS, () => scope.close());
      const told = { ...facts, took_ms: asked - since, comm_ms: this.#comm };
      const reply = await this.#link.request({ type: "connection", facts: told }, scope.signal);
      this.#comm = performance.now() - asked;
      return reply.type === "diagnosis" ? reply : null;
    } catch {
      return null;
    } finally {
      scope.close();
    }
  }

  async #facts(): Promise<Facts> {
    const now = performance.now();
    if (!this.#gathered || now - this.#gathered.at > FRESH_MS) {
      const servers = this.#hasServers() ? iceServers(this.#link, "", this.#scope, false) : null;
      this.#gathered = { value: gather(this.#scope, servers), at: now };
    }
    const gathered = await this.#gathered.value;
    // The servers took too long to come: by now they may be there.
    if (!gathered.gathered && !gathered.wanted) this.#gathered = null;
    return factsOf(this.#call(), gathered);
  }
}
