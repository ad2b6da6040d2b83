import { type Link, RequestFailed } from "../link.ts";
import type { Scope } from "../scope.ts";
import type { MadeLink } from "../view/own_tab.ts";
import { makeKey } from "./seal.ts";

/** The engine's process may have to start first. */
const PATIENCE_MS = 30_000;

/** A link to a tab of its own, sealed on its way: what the comm carries every page can read. */
export async function tabLink(link: Pick<Link, "request">, of: Scope): Promise<MadeLink> {
  const scope = of.child();
  scope.after(PATIENCE_MS, () => scope.close());
  try {
    const key = await scope.race(makeKey());
    const reply = await link.request({ type: "tab.wanted", key: key.public }, scope.signal);
    if (reply.type !== "tab") return null;
    const { port, seconds } = reply;
    return { url: reply.key ? await key.open(reply) : reply.sealed, port, seconds };
  } catch (error) {
    return error instanceof RequestFailed ? error.info : null;
  } finally {
    scope.close();
  }
}
