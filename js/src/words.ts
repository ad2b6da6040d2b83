/**
 * Every sentence and every name that the page shows or has read aloud, in English, by what shows them. Each is a constant
 * of its own, so that it is in the bundle that uses it. What the kernel says (errors, notices) has its words in Python.
 */

import type { StoppedBy } from "./model.gen.ts";

export const sides = { user: "You", assistant: "Assistant", system: "System" } as const;

/** The state in words, and more, where more is known. */
export const stateLost = ["No kernel", "run the widget's cell again"] as const;
export const stateReplay = ["Saved talk", "run the cell to talk"] as const;
export const stateWaiting = ["Waiting for the kernel", "run the cell to talk"] as const;
export const stateEnding = ["Ending", "waiting for the kernel"] as const;
export const stateConsent = ["One question", ""] as const;
export const stateAsking = ["Asking for the microphone", "allow it in the browser"] as const;
/** In a call, whose time stands beside it. */
export const stateTaking = ["Asking", "allow the microphone in the browser"] as const;
export const stateConnecting = ["Connecting", "it cannot hear you yet"] as const;
export const stateError = ["Not connected", ""] as const;
export const stateEnded = ["Call ended", ""] as const;
export const stateIdle = ["Ready", ""] as const;
export const stateSpeaking = ["Speaking", ""] as const;
export const stateHearing = ["Hearing you", ""] as const;
export const stateTool = ["Using a tool", ""] as const;
export const stateApproval = ["Waiting for you", "A tool needs your approval"] as const;
export const stateThinking = ["Thinking", ""] as const;
export const stateMuted = ["Muted", "it cannot hear you"] as const;
export const stateStopped = ["Sound stopped", ""] as const;
export const stateTyping = ["Ready for text", "no microphone"] as const;
export const stateListening = ["Listening", ""] as const;

export const stateElsewhere = "held elsewhere";
export const stateFollowing = "Following a call";
export const stateReconnecting = "Reconnecting";
export const stateNextTry = (nth: number, of: number, seconds: number) =>
  `try ${nth}${nth > of ? "" : ` of ${of}`}${seconds > 0 ? ` in ${seconds} s` : ""}`;
export const stateWaitsForAnswer = "waiting for the service's answer";
export const stateWaitsForSound = "waiting for the sound";
export const statePushed = "release or tap again to send";
export const statePush = "Hold to talk";
export const statePushBy = "the button or Space";
export const stateTapped = "keep it down while you speak";

export const headerPanel = "Voice call";
export const headerVoice = "Voice";
export const headerLength = "Length of the call";
export const headerSettings = "Settings";
export const headerEventsTitle = "Events (E)";

export const lanesName = "Loudness of you and the assistant";

/** What stands where the transcript will be: a title, and a sentence. */
export const openings = {
  asking: ["Allow the microphone", "The browser asks for it, beside the address."],
  connecting: ["One moment", ""],
  following: ["Following a call", "What is said in it appears here."],
  typing: ["Type a message", "The answer is spoken."],
  push: ["Hold to talk", "Hold the button or Space while you speak. Release to send."],
  call: ["Say something", "Speak when it listens. You can talk over it at any time."],
  closed: ["No turns yet", ""],
  error: ["No call", ""],
  idle: [
    "Talk, and every turn becomes a row",
    "Press Call and speak, or type below. The rows are in `w.transcript_df`.",
  ],
} as const;

export const placeFloats = "The panel is the button at the corner of the page.";
export const floatName = "Voice call";
export const overlayCollapse = "Back to the notebook";
export const overlayClose = "Close and hang up";
export const overlayEnd = "End";
export const overlayExpand = "Show over the page";

/** What an agent has shown, where it gave it no name. */
export const resultName = "Result";
export const resultShown = (name: string) => `Shown: ${name}`;
export const resultFull = "Show in full";
export const resultLess = "Show less";

export const transcriptName = "Transcript";
export const transcriptLatest = "↓ Latest";
export const transcriptEarlier = (turns: number, of: number) =>
  `Show ${turns} of ${of.toLocaleString("en")} earlier turns`;
export const transcriptGoesOn = (turns: number) => `Goes on from ${turns} earlier ${turns === 1 ? "turn" : "turns"}`;
export const transcriptSending = "sending";
export const transcriptGap = "Response gap";
export const transcriptTyped = "typed";
export const transcriptFromPython = "from Python";
/** Why an answer did not come to its end, without the second bundle: true: it was interrupted, and no more is known. */
export const transcriptStopped = (by: StoppedBy | true) =>
  by === true ? "interrupted" : `stopped: ${by.replace("_", " ")}`;
/** Why an answer did not come to its end. */
export const stoppedBy: Readonly<Record<StoppedBy, string>> = {
  speech: "interrupted by speech",
  interrupt: "stopped by Interrupt",
  token_limit: "cut off: the limit of tokens was reached",
  content_filter: "stopped by the service's content filter",
  call_ended: "the call ended",
  call_lost: "the connection was lost",
  events_lost: "cut off: some events did not arrive",
  timeout: "the service said no more",
  failure: "the answer failed",
  unknown: "interrupted",
};
export const goOn = "Go on";
export const goOnTitle = "Let it say the rest";
/** What is sent then, as if a person had typed it: every service understands it. */
export const goOnText = "Go on.";
export const copyRow = "Copy this turn";
export const copyTalk = "Copy the transcript";
export const copyRefused = "The browser forbids copying";
export const transcriptWentOn = (said: string) => `Went on after ${said ? `“${said}”` : "a sound without words"}`;
export const transcriptUnheard = "Not heard";
export const transcriptRewound = "taken back";
export const transcriptEdited = "edited";
export const transcriptBefore = "Said before it was edited";
export const transcriptFailed = "no answer";
export const transcriptNoWords = "no words were recognised";
export const transcriptNothingSaid = "nothing was said";

export const call = "Call";
export const again = "Call again";
export const retry = "Retry";
export const hangUp = "Hang up";
export const cancel = "Cancel";
export const leave = "Leave";
export const hold = "Hold to talk";
export const held = "Stop to send";
export const holdTitle = "Hold (or Space), or tap to begin and to end";
export const mute = "Mute";
export const muteTitle = "Mute (M)";
export const unmute = "Unmute";
export const unmuteTitle = "Unmute (M)";
export const useMicrophone = "Use the microphone";
export const useMicrophoneTitle = "Use the microphone (M)";
export const interrupt = "Interrupt";
export const interruptTitle = "Interrupt (Escape)";
export const message = "Message";
export const placeholder = "Type a message";
export const send = "Send";
export const sendTitle = "Send (Enter)";
export const image = "Image";
export const imageAdd = "Add an image";
export const imageAddTitle = "Add an image (or paste or drop one)";
export const imageList = "Images of the message";
export const imageRemove = "Remove image";
export const imageDrop = "Drop the image to add it to your message";
export const imageCount = (images: number) => (images === 1 ? "1 image" : `${images} images`);
export const imageUnknown = (name: string) =>
  [`${name || "This"} is no image that can be sent.`, "Take a PNG, JPEG, GIF or WebP."] as const;
export const imageUnfit = [
  "The browser could not make the image small enough.",
  "Take a smaller one, or send the message without it.",
] as const;
export const imageNowhere = [
  "No message can be typed in this view.",
  'Set `w.view = "panel"`, and add the image there.',
] as const;
export const imageUnseen = (service: string) =>
  [`The ${service} sees no images.`, "Describe it in words, or use a service that sees, such as `OpenAI()`."] as const;
export const recordingRecording = "Recording";
export const recordingPaused = "Recording paused";
export const recordingBadge = "REC";
export const recordingBadgePaused = "PAUSED";
export const recordingFailed = "Not recorded";
export const recordingText = "Recording text";
export const recordingLater = "Will be recorded";
export const recordingPause = "Pause";
export const recordingPauseLabel = "Pause recording";
export const recordingResume = "Resume";
export const recordingResumeLabel = "Resume recording";
export const consentTitle = "Before the call";
export const consentAgree = "Agree";
export const consentDecline = "Decline";
export const consentDeclineTitle = "Decline (Escape)";
/** One thing worth saying, and what can be done about it. */
export const stripSoundBlocked = ["No sound yet.", "The browser wants a click first."] as const;
export const stripPlaySound = "Play the sound";
export const stripKernelSlow = ["The kernel is quiet.", "The call ends if it stays so."] as const;
export const stripEndCall = "End the call";
export const stripUnheard = ["Nobody hears you yet.", "It says so here as soon as it listens."] as const;
export const stripReconnecting = [
  "The connection is lost.",
  "Nobody hears you until it is back; the talk goes on where it was.",
] as const;
export const stripElsewhere = ["Another page holds this call.", ""] as const;
export const stripMuted = ["You are muted.", "Nobody hears what you say now: press Unmute, or M."] as const;
export const stripSoundStopped = ["The sound has stopped.", "The browser or the system did that."] as const;
export const stripSoundInterrupted = [
  "The system has interrupted the sound.",
  "End the phone call or the other recording, then resume.",
] as const;
export const stripSoundRefused = ["The browser does not resume the sound.", "End the call, then call again."] as const;
export const stripResumeSound = "Resume the sound";
/** Why there is no microphone in mid-call, and what to do before the button that takes one, by what became of it. */
const forbidden = [
  "The microphone was forbidden.",
  "Allow it by the icon beside the address, or type to go on.",
] as const;
export const stripMicrophoneLost = {
  gone: ["The microphone was unplugged.", "Plug one in, or type to go on."],
  withdrawn: forbidden,
  microphone_denied: forbidden,
  permission_dismissed: ["The question for the microphone was closed.", "Ask again and allow it, or type to go on."],
  microphone_busy: ["Another program holds the microphone.", "Close that program, or type to go on."],
  microphone_missing: ["This computer has no microphone.", "Plug one in, or type to go on."],
  microphone_blocked_by_policy: ["This page may not use the microphone.", "Press Own tab, or type to go on."],
  page_not_secure: ["Only pages from https or localhost get a microphone.", "Type to go on."],
} as Readonly<Record<string, readonly [string, string]>>;
export const stripTakeAgain = "Try again";
/** Before it is known why. */
export const stripNoMicrophone = ["There is no microphone.", "Plug one in, or type to go on."] as const;
export const stripMicrophoneSilenced = [
  "The system has muted the microphone.",
  "Look for its switch, end the other call, or choose another.",
] as const;
export const stripOpenSettings = "Open the settings";
export const stripTurnedDown = ["The input gain is 0.", "Turn it up to be heard."] as const;
export const stripDeviceMissing = (name: string) => `“${name}” is not there: the default one is used.`;
export const stripSpeakerFailed = (name: string) => `“${name}” cannot be used: you hear another loudspeaker.`;
export const stripSummary = (turns: string, median: string, interruptions: string) =>
  `${turns}${median && ` · median gap ${median}`} · ${interruptions}`;
export const stripTurn = "turn";
export const stripInterruption = "interruption";
export const stripCopyRows = "Copy code for the rows";
export const stripCopyTalk = "Copy the transcript";
export const stripCopy = "Copy";
export const stripCopied = "Copied";
export const stripTypeOnly = "Continue without a microphone";
export const stripDismiss = "Dismiss";
/** The kernel has the words for everything but its own end. */
export const kernelGone = {
  message: "The kernel stopped answering, so the call ended and the microphone is off.",
  next_step: "Run the widget's cell again, then press Call.",
} as const;
/** A saved panel, or one whose kernel has not come yet. */
export const stripNoKernel = {
  message: "No kernel answers.",
  next_step:
    "Where none runs, run the notebook, or make another panel: `from voice_widget import VoiceWidget; VoiceWidget()`.",
} as const;
export const settingsName = "Settings";
export const settingsTurns = "Turn taking";
/** How the end of a turn is found. */
export const settingsKinds = { server_vad: "After a pause", semantic_vad: "By meaning" } as Readonly<
  Record<string, string>
>;
export const settingsPush = "Push to talk";
/** The numbers of hands-free talking, by their names in the protocol. */
export const settingsThreshold = "Threshold";
export const settingsPause = "Pause";
export const settingsPadding = "Padding";
export const settingsMs = (ms: number) => `${ms} ms`;
export const settingsEagerness = "Eagerness to answer";
export const settingsEager = { auto: "Auto", low: "Low", medium: "Medium", high: "High" } as const;
export const settingsInterrupts = "Stop when I talk over it";
export const settingsComm = "The sound goes through the kernel";
export const eventsName = "Events";
export const eventsOfRow = "Events of this turn";
export const eventsKind = "Kind of events";
export const eventsAll = "All events";
export const eventsFailed = "Errors";
export const eventsDirections = {
  received: "From the service",
  sent: "To the service",
  page: "From a page",
  local: "Of the kernel",
} as const;
export const eventsTypes = "By type";
export const eventsSearch = "Search";
export const eventsPause = "Pause";
export const eventsGoOn = "Go on";
export const eventsCopy = "Copy";
export const eventsCopyTitle = "Copy what is listed as JSON";
export const eventsCopyOne = "Copy as JSON";
export const eventsClose = "Close the events";
export const eventsJson = "The event";
export const eventsFold = "Fold the event";
export const eventsOne = "event";
export const eventsTimes = (n: number) => `… × ${n}`;
export const eventsOf = (shown: number, all: string) => `${shown} of ${all}`;
export const eventsOfTurn = "One turn";
export const eventsLeftOut = (n: number) => `${n.toLocaleString("en")} earlier ones are in \`w.events_df\`.`;
export const eventsBusy = "The kernel is busy: what is new comes as soon as it has answered.";
/** What is drawn in the user's lane while the events are open. */
export const laneLegend = "Drawn in your lane";
export const laneLikely = "probability of speech";
export const laneThreshold = "threshold";
export const laneUntold = "This service does not tell its probability of speech.";
export const laneSpeech = "taken for speech by the service";
export const laneDecisions = {
  started: "speech started",
  stopped: "speech stopped",
  interruption: "interruption",
  backchannel: "“mm-hm”, no interruption",
  cough: "cough, no interruption",
  cancelled: "answer cancelled",
} as const;
/** By the type of turn detection. */
export const laneEnded: Record<string, string> & { readonly other: string } = {
  server_vad: "turn ended by silence",
  semantic_vad: "turn ended by what was said",
  "": "turn ended by hand",
  other: "turn ended",
};
/** While what is seldom used is on its way, and when it does not come. */
export const extrasLoading = "Loading…";
export const extrasBusy = "The kernel is busy: this opens as soon as it has answered.";
export const extrasNoKernel = ["There is no kernel to bring this.", "Run the widget's cell again."] as const;
export const extrasRefused = {
  message: "The page does not let this be loaded: its security policy forbids scripts of its own making.",
  next_step: "Open the notebook in JupyterLab, or ask who runs this page to allow `script-src blob:`.",
} as const;
export const extrasFailed = (why: string) => `This could not be loaded: ${why}.`;
export const extrasFailedStep = "Reload the page.";
export const soundTitle = "Sound";
export const soundMicrophone = "Microphone";
export const soundSpeaker = "Loudspeaker";
export const soundDefault = "Default";
export const soundAbsent = (name: string) => `${name} (not there)`;
export const soundUnnamed = "Names are shown once the microphone is allowed.";
export const soundGain = "Input gain";
export const soundVolume = "Volume";
export const soundLevel = "Level of the microphone";
export const soundTreatments = {
  echoCancellation: "Echo cancellation",
  noiseSuppression: "Noise suppression",
  autoGainControl: "Automatic gain",
} as const;
export const soundTestMicrophone = "Test microphone";
export const soundTestSpeaker = "Test loudspeaker";
export const soundSpeak = "Speak now …";
export const soundListen = "This is what is heard of you.";
export const soundTone = "You should hear two tones.";
/** It plays all the same, elsewhere. */
export const soundSpeakerFailed = "The browser cannot use this loudspeaker: plug it in again, or choose another.";
/** Why a microphone cannot be had, in short; the kernel has the long words for a call. */
export const soundFailures = {
  microphone_denied: "The browser was told not to give this page the microphone.",
  microphone_blocked_by_policy: "This page may not use the microphone.",
  permission_dismissed: "The question for the microphone was closed.",
  microphone_busy: "Another program holds this microphone.",
  page_not_secure: "Only pages from https or localhost get a microphone.",
} as Readonly<Record<string, string>>;
export const soundFailed = "This microphone cannot be had.";
export const soundSilent = "Nothing was heard: choose another microphone, or look for its switch.";
export const soundUnplayed = "The browser does not play it.";
/** A call of a tool that waits to be allowed, and what was decided. */
export const toolAsks = (name: string, server: string | null) => `Allow ${name}${server ? ` of ${server}` : ""}?`;
export const toolPreview = "Preview";
export const toolAllow = "Allow once";
export const toolAlways = "Always allow";
export const toolChange = "Change";
export const toolReject = "Reject";
export const toolArguments = "Arguments, as JSON";
export const toolAllowChanged = "Allow with these";
export const toolReason = "Why not (the assistant is told)";
export const toolBack = "Back";
/** What it is beside a function: of an agent that hands over, of its guardrail. */
export const toolKind = { function: "", handoff: "hands over", guardrail: "stopped the answer" } as const;
export const toolStatus = {
  requested: "called",
  waiting: "waits for you",
  running: "running",
  completed: "",
  failed: "failed",
  rejected: "not allowed",
  cancelled: "cancelled",
  not_run: "not run",
} as const;
export const toolGiven = "Called with";
export const toolGivenChanged = "Changed to";
export const toolGave = "Gave";
export const toolFailed = "Failed";
/** Of a person who answers in the assistant's place. */
export const deskName = "Desk of the wizard";
export const deskIdle = "Nobody waits for your answer.";
export const deskWaits = (question: string) => `Waits for your answer: “${question}”`;
export const deskField = "Say this as the assistant";
export const keyName = "Keys";
export const keyClose = "Close the keys";
/** Every key, by its name in an event: as it is written on it, and what it does. `Keyboard` has a deed for each. */
export const keys = {
  " ": ["Space", "hold to talk"],
  m: ["M", "mute, unmute"],
  Escape: ["Esc", "interrupt, then close what is open"],
  Enter: ["Enter", "send the message"],
  e: ["E", "events"],
  "?": ["?", "this help"],
} as const;
/** What the page tells the kernel beside a code: it may stand in an error. */
export const detailNoCallHere = "no call on this page";
export const detailOtherPagesToken = "The token is not for this page.";
export const detailNoAnswer = "no answer";
