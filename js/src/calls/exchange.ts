import { PageFailure } from "../failure.ts";
import type { AnswerMessage, SecretMessage } from "../model.gen.ts";
import type { Scope } from "../scope.ts";
import type { Answer } from "./call.ts";
import type { SealKey } from "./seal.ts";

export const POST_MS = 10_000;
const DETAIL_LENGTH = 300;

/** The kernel, which every offer goes to. */
export interface Kernel {
  /** Hand the offer over; the kernel brings the answer, or the means to get it. */
  open(sdp: string, key: string): Promise<AnswerMessage | SecretMessage>;
  /** The page got the answer itself. */
  posted(call: number, call_id: string): void;
}

/** The answer to an offer: the kernel's, or the service's own to whom the page posts it with the token it is given. */
export async function exchange(offer: string, making: Promise<SealKey>, kernel: Kernel, scope: Scope): Promise<Answer> {
  const key = await scope.race(making);
  const reply = await scope.race(kernel.open(offer, key.public));
  if (reply.type === "answer") return reply;
  const { sdp, call_id } = await post(offer, reply, key, scope);
  kernel.posted(reply.call, call_id);
  return { call: reply.call, sdp, connect_ms: reply.connect_ms };
}

async function post(
  offer: string,
  secret: SecretMessage,
  key: SealKey,
  scope: Scope,
): Promise<{ sdp: string; call_id: string }> {
  const token = await scope.race(key.open(secret));
  // Servers and browsers may repeat the token in what they say of it.
  const failure = (code: "post_failed" | "post_refused" | "answer_invalid", detail: string) =>
    new PageFailure(code, detail.replaceAll(token, "…").replace(/\s+/g, " ").trim().slice(0, DETAIL_LENGTH));
  // Ends the request, too.
  const life = scope.child();
  life.after(POST_MS, () => life.close(failure("post_failed", `no answer within ${POST_MS / 1000} s`)));
  try {
    const response = await life.race(
      fetch(secret.url, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" },
        body: offer,
        signal: life.signal,
      }),
    );
    const text = await life.race(response.text());
    if (!response.ok) throw failure("post_refused", `${response.status} ${gist(text)}`);
    if (!text.trimStart().startsWith("v=0")) throw failure("answer_invalid", `${response.status} ${gist(text)}`);
    // Null where the server does not let the page read it.
    const path = (response.headers.get("Location") ?? "").split(/[?#]/)[0] ?? "";
    return { sdp: text.trimStart(), call_id: path.split("/").filter(Boolean).at(-1) ?? "" };
  } catch (error) {
    if (scope.closed || error instanceof PageFailure) throw error;
    throw failure("post_failed", String(error));
  } finally {
    life.close();
  }
}

/** What a server's refusal says: the message of its JSON, the title of its page, or its text. */
function gist(body: string): string {
  try {
    const { error, message, detail } = JSON.parse(body);
    const said = error?.message ?? message ?? detail ?? error;
    return typeof said === "string" ? said : "";
  } catch {
    if (!/^\s*</.test(body)) return body;
    return /<title[^>]*>([^<]*)/i.exec(body)?.[1] ?? "";
  }
}
