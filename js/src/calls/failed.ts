import { type FailureCode, PageFailure } from "../failure.ts";
import { RequestFailed } from "../link.ts";
import { OF_THE_PATH } from "../model.gen.ts";

/** Why a call did not come about, or broke off: the page could not do its part, or the kernel refuses it. */
export type Failed = PageFailure | RequestFailed;

/** `unknown`: what a failure is taken for that has no name. */
export function failureOf(error: unknown, unknown: FailureCode): Failed {
  return error instanceof PageFailure || error instanceof RequestFailed
    ? error
    : new PageFailure(unknown, String(error));
}

export const ofThePath = ({ code }: Failed): boolean => OF_THE_PATH.includes(code);
