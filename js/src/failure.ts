import type { FailureCode } from "./model.gen.ts";

export type { FailureCode };

export class PageFailure extends Error {
  readonly ofPage = true;
  readonly code: FailureCode;

  constructor(code: FailureCode, detail = "") {
    super(detail);
    this.code = code;
  }

  /** Also one of another copy of this bundle: widgets of a page share the second one, which has the first one's class. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    return !!(error as PageFailure | null)?.ofPage;
  }
}
