import { PageFailure } from "../failure.ts";
import { inApplication } from "../front_end.ts";
import type { Scope } from "../scope.ts";

/** The page's microphone. It is stopped when the scope it was taken in ends. */
export interface Microphone {
  /** What is sent; `enabled = false` mutes it. */
  readonly track: MediaStreamTrack;
  /** The same sound for the meters, also while muted: so that "you are muted" can be said. */
  readonly meter: MediaStream;
}

/** Everything that can be known before anyone is asked for anything. Throws `PageFailure`. */
export function checkMicrophone(): void {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new PageFailure(isSecureContext ? "microphone_blocked_by_policy" : "page_not_secure", location.origin);
  }
  // `featurePolicy` is Chromium's; elsewhere the refusal of getUserMedia says it.
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  if (policy && !policy.allowsFeature("microphone")) throw new PageFailure("microphone_blocked_by_policy");
}

/**
 * Ask for the microphone, until `scope` ends. Must be called in the click's own task, before any await, or browsers may
 * refuse.
 */
export function askMicrophone(audio: MediaTrackConstraints, scope: Scope): Promise<MediaStream> {
  const { deviceId, ...any } = audio;
  const asked = navigator.mediaDevices
    .getUserMedia({ audio })
    .catch((error: unknown) => {
      // It has gone since it was listed: any other is better than none.
      if (!deviceId || (error as Error).name !== "OverconstrainedError") throw error;
      return navigator.mediaDevices.getUserMedia({ audio: any });
    })
    .then(
      (stream) => {
        // The permission prompt cannot be taken back: what it grants after the end is stopped at once.
        scope.defer(() => stop(stream));
        return stream;
      },
      async (error: unknown) => {
        throw await named(error);
      },
    );
  // Who asked may be over before anybody takes it.
  asked.catch(() => {});
  return asked;
}

/** What was asked for, until `scope` ends. */
export async function takeMicrophone(asked: Promise<MediaStream>, scope: Scope): Promise<Microphone> {
  const stream = await scope.race(asked);
  scope.defer(() => stop(stream));
  const track = stream.getAudioTracks()[0];
  // Unplugged while it was opened, it is over before anybody could be told.
  if (track?.readyState !== "live") throw new PageFailure("microphone_missing");
  const meter = new MediaStream([track.clone()]);
  scope.defer(() => stop(meter));
  return { track, meter };
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function named(error: unknown): Promise<PageFailure> {
  if (!(error instanceof DOMException)) return new PageFailure("microphone_missing", String(error));
  const detail = `${error.name}: ${error.message}`;
  switch (error.name) {
    case "NotAllowedError":
      return new PageFailure(await refusal(error.message), detail);
    case "SecurityError":
      return new PageFailure("microphone_blocked_by_policy", detail);
    case "NotReadableError":
    case "AbortError":
      return new PageFailure("microphone_busy", detail);
    default:
      return new PageFailure("microphone_missing", detail);
  }
}

async function refusal(message: string): Promise<PageFailure["code"]> {
  if (/dismissed/i.test(message)) return "permission_dismissed";
  // An application that shows notebooks asks nobody, and has no icon by which it could be allowed.
  if (/policy/i.test(message) || inApplication()) return "microphone_blocked_by_policy";
  // Chromium's words: the state of the permission may not have come to the page yet.
  if (/^Permission denied/.test(message)) return "microphone_denied";
  const state = await navigator.permissions
    ?.query({ name: "microphone" as PermissionName })
    .then((status) => status.state)
    .catch(() => "denied");
  return state === "prompt" ? "permission_dismissed" : "microphone_denied";
}
