import type { AnyModel } from "@anywidget/types";
import { Inbox } from "./inbox.ts";
import { Liveness } from "./liveness.ts";
import type {
  AnswerMessage,
  DiagnosisMessage,
  DoneMessage,
  ErrorInfo,
  EventsMessage,
  ExtrasMessage,
  FromPage,
  IceServersMessage,
  ImagesMessage,
  KernelMessage,
  PageMessage,
  ResultContentMessage,
  SecretMessage,
  TabMessage,
  Traits,
} from "./model.gen.ts";
import type { Scope } from "./scope.ts";
import * as words from "./words.ts";

export type Model = AnyModel<Traits & Record<string, unknown>>;

type Outgoing = PageMessage extends infer M ? (M extends PageMessage ? Omit<M, keyof FromPage> : never) : never;
export type Asking = Outgoing extends infer M
  ? M extends { request_id: string }
    ? Omit<M, "request_id">
    : never
  : never;
export type Reply =
  | AnswerMessage
  | SecretMessage
  | IceServersMessage
  | TabMessage
  | ExtrasMessage
  | EventsMessage
  | ImagesMessage
  | ResultContentMessage
  | DiagnosisMessage
  | DoneMessage;

/** The kernel has the words for everything but its own end. */
export const KERNEL_GONE: ErrorInfo = { code: "kernel_gone", ...words.kernelGone };

/** The kernel said no, with its sentence. */
export class RequestFailed extends Error {
  readonly info: ErrorInfo;
  readonly code: string;

  constructor(info: ErrorInfo) {
    super(info.message);
    this.info = info;
    this.code = info.code;
  }
}

/** The way to the kernel: messages out, requests with an answer or an error, messages in by their order. */
export class Link {
  readonly page = newId("page");
  readonly kernel = new Liveness();

  readonly #model: Model;
  readonly #scope: Scope;
  readonly #waiting = new Map<string, { resolve(reply: Reply): void; reject(error: unknown): void }>();
  readonly #receive: (message: KernelMessage, buffers: readonly DataView[]) => void;
  readonly #lost: () => void;
  #sent = 0;

  constructor(
    model: Model,
    scope: Scope,
    on: { receive(message: KernelMessage, buffers: readonly DataView[]): void; lost(): void },
  ) {
    this.#model = model;
    this.#scope = scope;
    this.#receive = on.receive;
    this.#lost = on.lost;
    const inbox = new Inbox(this.page);
    scope.listen(model, "msg:custom", (message: KernelMessage, buffers: readonly DataView[] = []) => {
      this.kernel.heard();
      const { deliver, ask } = inbox.take({ message, buffers }, performance.now());
      if (ask) this.send({ type: "missing", ...ask });
      for (const letter of deliver) this.#dispatch(letter.message, letter.buffers);
    });
    // JupyterLab says so when the kernel restarts, dies or is shut down; the value itself is not ours to see.
    scope.listen(model, "comm_live_update", () => this.#lose());
    scope.defer(() => this.#lose());
  }

  /** Never throws: a comm that refuses means that the kernel is gone. */
  send(message: Outgoing, buffers: ArrayBuffer[] = []): void {
    try {
      // Not every host takes an object in the middle for what it calls afterwards.
      this.#model.send({ ...message, page: this.page, seq: ++this.#sent }, undefined, buffers);
    } catch (error) {
      console.warn("[voice_widget] no kernel", error);
      this.#lose();
    }
  }

  /** Send and wait for its answer, for `request.failed`, or for the kernel's end. */
  request(message: Asking, signal: AbortSignal, buffers: ArrayBuffer[] = []): Promise<Reply> {
    const request_id = newId("req");
    return new Promise<Reply>((resolve, reject) => {
      const scope = this.#scope.child(signal);
      const settle = (act: () => void) => {
        this.#waiting.delete(request_id);
        act();
        scope.close();
      };
      this.#waiting.set(request_id, {
        resolve: (reply) => settle(() => resolve(reply)),
        reject: (error) => settle(() => reject(error)),
      });
      scope.defer(() => settle(() => reject(scope.signal.reason)));
      if (scope.closed) return;
      this.send({ ...message, request_id } as Outgoing, buffers);
      // Not every host says that a comm is closed.
      if (this.kernel.state === "lost") this.#refuseAll();
    });
  }

  /** A request whose answer is only yes or no. Resolves with the refusal, or null. */
  async ask(message: Asking, buffers: ArrayBuffer[] = []): Promise<ErrorInfo | null> {
    try {
      await this.request(message, this.#scope.signal, buffers);
      return null;
    } catch (error) {
      return error instanceof RequestFailed ? error.info : null;
    }
  }

  #lose(): void {
    this.kernel.lose();
    this.#lost();
    this.#refuseAll();
  }

  /** Nobody will answer any more: what was asked for is given back. */
  #refuseAll(): void {
    for (const { reject } of [...this.#waiting.values()]) reject(new RequestFailed(KERNEL_GONE));
  }

  #dispatch(message: KernelMessage, buffers: readonly DataView[]): void {
    // What the kernel wants of the page has an id as well, and nobody waits for that one.
    const waiting = "request_id" in message && this.#waiting.get(message.request_id);
    if (!waiting) this.#receive(message, buffers);
    else if (message.type === "request.failed") waiting.reject(new RequestFailed(message.error));
    else waiting.resolve(message as Reply);
  }
}

/** Random, and there also where the page is not secure (`crypto.randomUUID` is not). */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return `${prefix}_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
