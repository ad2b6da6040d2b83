import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    service: string;
  }
}

/** How `POST /calls/<id>?<this as JSON>` is answered. */
export interface Reply {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** Pages of other origins get nothing. */
  readonly closed?: boolean;
  /** Never answer; or answer, and never end the body; or wait for `PUT /answers/<id>`. */
  readonly wait?: "answer" | "body" | "put";
}

/** What was asked for under an id. */
export interface Seen {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The page has gone away before the end. */
  gone: boolean;
}

/**
 * A server at an origin of its own, which answers an offer as the test says in the address.
 *
 * Documents: 201, the answer as the body, the call in `Location`. Guess: which headers pages of other origins may read
 * and send; so a test says which are exposed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const seen = new Map<string, Seen>();
  const waiting = new Map<string, (sdp: string) => void>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://service");
    const [, kind, id = ""] = url.pathname.split("/");
    const reply: Reply = url.search ? JSON.parse(decodeURIComponent(url.search.slice(1))) : {};
    if (!reply.closed) allow(response);
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else if (kind === "seen") response.end(JSON.stringify(seen.get(id) ?? null));
    else if (kind === "answers") {
      waiting.get(id)?.(await read(request));
      response.end();
    } else {
      const { method = "", headers } = request;
      const entry: Seen = { method, headers: headers as Seen["headers"], body: await read(request), gone: false };
      response.on("close", () => {
        entry.gone = !response.writableFinished;
      });
      const body = reply.wait === "put" && new Promise<string>((resolve) => waiting.set(id, resolve));
      seen.set(id, entry);
      if (reply.wait === "answer") return;
      response.writeHead(reply.status ?? 201, reply.headers);
      if (reply.wait === "body") response.write("v=0");
      else response.end(body ? await body : reply.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("service", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

function allow(response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Access-Control-Allow-Headers", "authorization, content-type");
  response.setHeader("Access-Control-Allow-Methods", "POST, PUT");
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
