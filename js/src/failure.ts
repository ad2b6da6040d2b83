import type { FailureCode as Known } from "./model.gen.ts";

/** With those of a call's signalling by the page, and of its events. */
export type FailureCode =
  | Known
  | "cannot_unseal"
  | "post_failed"
  | "post_refused"
  | "answer_invalid"
  | "message_too_large";

export class PageFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail = "") {
    super(detail);
    this.code = code;
  }
}
