import type { FailureCode } from "./model.gen.ts";

export type { FailureCode };

export class PageFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail = "") {
    super(detail);
    this.code = code;
  }
}
