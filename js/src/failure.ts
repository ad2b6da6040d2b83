/** What the page can fail at. Python has a sentence and a next step for each (`PAGE_ERRORS`). */
export type FailureCode =
  | "microphone_denied"
  | "microphone_missing"
  | "microphone_busy"
  | "microphone_blocked_by_policy"
  | "permission_dismissed"
  | "page_not_secure"
  | "no_webrtc"
  | "ice_failed"
  | "answer_timeout"
  | "playback_blocked";

export class PageFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail = "") {
    super(detail);
    this.code = code;
  }
}
