// Made by scripts/generate_types.py from the messages of voice_widget/page and the widget's traits. Do not edit.

/** What crosses to the page and stands in the ``error`` trait. */
export interface ErrorInfo {
  code: string;
  message: string;
  next_step: string;
}

/** What stands in the ``notice`` trait; ``progress`` of what goes on: 0 … 1, None if nobody knows. */
export interface Notice {
  code: string;
  message: string;
  next_step: string;
  progress?: number | null;
}

export type ConnectionState = "disconnected" | "connecting" | "connected" | "reconnecting" | "error";

export type Activity = "idle" | "listening" | "thinking" | "tool" | "speaking";

export type Side = "user" | "assistant";

export type RowRole = "user" | "assistant" | "system";

export type RowStatus = "in_progress" | "completed" | "incomplete" | "failed" | "no_transcript" | "rewound";

export type TimeSource = "page" | "engine" | "samples" | "arrival";

export type Source = "speech" | "typed" | "say" | "added";

export type Transport = "webrtc" | "comm" | "memory";

export type Flow = "unified" | "ephemeral";

export type RecordingState = "" | "recording" | "paused" | "failed";

export type Answered = "" | "agreed" | "declined";

export type OverlapKind = "interruption" | "backchannel" | "cough";

export type StoppedBy =
  | "speech"
  | "interrupt"
  | "token_limit"
  | "content_filter"
  | "call_ended"
  | "call_lost"
  | "events_lost"
  | "timeout"
  | "failure"
  | "unknown";

export type HoleReason = "late" | "dropped" | "paused" | "no_call";

export type Alignment = "aligned" | "unaligned" | "pending";

/**
 * One utterance of one side, or a message of neither: a row of ``transcript`` and ``transcript_df``.
 *
 * ``start_ms`` and ``end_ms`` are when it was heard, in milliseconds of the call's audio clock: the page's,
 * where a page has the sound, else the service's. A side is heard from the first loud sample of three blocks
 * of 10 ms that are loud, one after the other, until its last sample before 200 ms of quiet. Loud is -50 dB
 * of full scale for the assistant and -42 dB for the user, or 12 dB above the room's noise if that is more;
 * 6 dB below that is quiet. Where nobody listened, and until that is known, they are what the service says.
 * ``service_start_ms`` and ``service_end_ms`` are that in any case, on its own clock: often with padding
 * before the speech and a silence behind it.
 *
 * ``response_gap_ms`` is from the user's end to the assistant's start, ``None`` also where the page missed
 * something in between. ``started_at`` and ``arrived_at`` are ISO 8601 in UTC. ``text_heard`` is what was
 * really played of an assistant's text, by words of which most had sounded (``None`` while unknown);
 * ``stop_reason`` is why an answer ended before it was whole, in the service's word, and ``stopped_by`` the
 * same in one word of ours, whatever the service. ``overlap`` is what the engine took a sound of
 * the user's over an answer for, and ``overlap_item_id`` that answer. ``images`` counts those that the
 * user sent with it; they themselves are in the event. ``text_before`` is what was really said, where
 * another text was put in its place; a row with the status ``rewound`` was taken back.
 */
export interface Row {
  seq: number;
  item_id: string;
  role: RowRole;
  text: string;
  text_heard: string | null;
  status: RowStatus;
  stop_reason: string | null;
  stopped_by: StoppedBy | null;
  start_ms: number | null;
  end_ms: number | null;
  service_start_ms: number | null;
  service_end_ms: number | null;
  started_at: string | null;
  arrived_at: string;
  time_source: TimeSource;
  response_gap_ms: number | null;
  interrupted: boolean;
  source: Source;
  voice: string | null;
  model: string | null;
  call_id: string | null;
  overlap: OverlapKind | null;
  overlap_item_id: string | null;
  images: number;
  text_before: string | null;
}

export type ToolStatus =
  | "requested"
  | "waiting"
  | "running"
  | "completed"
  | "failed"
  | "rejected"
  | "cancelled"
  | "not_run"
  | "rewound";

export type ToolKind = "function" | "handoff" | "guardrail";

export type Approval = "asked" | "approved" | "edited" | "always" | "rejected" | "expired";

/**
 * One function call of a talk, or a guardrail's verdict on an answer.
 *
 * Moments are seconds since the epoch, milliseconds on the audio clock. ``editable``: who allows it may
 * change its arguments. ``preview``: what it would give, in a few lines for who is asked,
 * where that is known.
 */
export interface ToolRow {
  number: number;
  seq: number | null;
  turn_id: string | null;
  kind: ToolKind;
  name: string;
  server: string | null;
  arguments: string;
  editable: boolean;
  preview: string | null;
  approved_arguments: string | null;
  approval: Approval | null;
  approval_ms: number | null;
  reason: string | null;
  progress: string | null;
  output: string | null;
  error: string | null;
  traceback: string | null;
  status: ToolStatus;
  start_ms: number | null;
  end_ms: number | null;
  started_at: number | null;
  ended_at: number | null;
  duration_ms: number | null;
  tool_call_id: string;
  item_id: string;
  response_id: string;
  call_id: string | null;
}

/** The line under an ended talk. */
export interface Summary {
  turns: number;
  interruptions: number;
  median_gap_ms: number | null;
}

/**
 * What a person sees who answers in the assistant's place (``Wizard(desk=True)``).
 *
 * ``question``: what the user said, and waits for an answer; None: nothing waits. ``choices``: what may be
 * picked, counted from 1. ``begun``: a sentence was said, and more is to follow.
 */
export interface WizardDesk {
  question: string | null;
  choices: string[];
  begun: boolean;
}

/** What a person is asked before the microphone opens, the answer, and when it came (ISO 8601, in UTC). */
export interface Consent {
  text: string;
  answer: Answered;
  at: string;
}

/**
 * Sound that is not there: so many samples from ``start`` on, of its side and clock.
 *
 * ``late``: the page was held up for longer than it can look back. ``dropped``: the kernel took nothing
 * for minutes, and the page keeps no more. ``paused``: the recording was. ``no_call``: nothing was to be
 * heard.
 */
export interface Hole {
  start: number;
  samples: number;
  reason: HoleReason;
}

/** What the browser does to the microphone's sound, as far as it says so. */
export interface MicrophoneFacts {
  echoCancellation?: boolean | string;
  noiseSuppression?: boolean;
  autoGainControl?: boolean;
  sampleRate?: number;
}

/** What shows the page: the application with its version, as far as it says so, and the browser. */
export interface FrontEnd {
  app: string;
  browser: string;
}

/**
 * One side of a piece: so many samples at 24 kHz from ``start`` on, counted from the clock's zero.
 *
 * ``holes`` are those since this side's last part, and those within this one, where silence stands for them.
 * What is ``pending`` comes again, without a hole before it, at its place or as ``unaligned``.
 */
export interface RecordedPart {
  side: Side;
  start: number;
  samples: number;
  holes: Hole[];
  alignment: Alignment;
}

/** A microphone or loudspeaker, by the name that the browser tells. */
export interface Device {
  kind: "microphone" | "speaker";
  label: string;
}

export type CandidateKind = "host" | "srflx" | "prflx" | "relay";

export type Permission = "granted" | "denied" | "prompt" | "unknown";

/** An address by which a peer could be reached, by its kind alone. */
export interface CandidateFacts {
  kind: CandidateKind;
  protocol: string;
}

/** The kinds of the two addresses between which a call goes; ``round_trip_ms``: there and back. */
export interface PairFacts {
  local: CandidateKind;
  remote: CandidateKind;
  protocol: string;
  round_trip_ms: number | null;
}

/**
 * What the peer of the call counts.
 *
 * ``lost`` is the share of the service's packets that did not come, ``sent_lost`` that of ours,
 * ``concealed`` that of the sound which the browser has made up; None: not known yet. ``waiting`` bytes
 * wait in the channel.
 */
export interface PeerFacts {
  state: string;
  channel: string;
  waiting: number;
  pair: PairFacts | null;
  lost: number | null;
  sent_lost: number | null;
  jitter_ms: number | null;
  concealed: number | null;
}

/**
 * What a page finds out about the way from it to a service, as numbers and codes.
 *
 * ``protocol``, ``host`` and ``port`` are of its address, of which nothing else is told. ``microphones`` and
 * ``speakers`` count the devices; None: the browser lists none. ``blocked``: what shows the page keeps the
 * microphone from it. ``candidates`` are those of a peer made for this, each kind once, and ``gathered``
 * that there are no more; ``wanted`` is the kind that its ICE servers are asked for, None without any, and
 * ``trouble`` what one of these has answered, or that it was not reached. ``took_ms`` is how long all of it
 * took, ``comm_ms`` how long a message takes to the kernel and back.
 */
export interface PageFacts {
  secure: boolean;
  protocol: string;
  host: string;
  port: string;
  framed: boolean;
  blocked: boolean;
  microphone: Permission;
  local_network: Permission;
  microphones: number | null;
  speakers: number | null;
  webrtc: boolean;
  candidates: CandidateFacts[];
  gathered: boolean;
  wanted: CandidateKind | null;
  trouble: string;
  peer: PeerFacts | null;
  front_end: FrontEnd;
  took_ms: number;
  comm_ms: number | null;
}

/**
 * The ICE servers for one offer: ``RTCConfiguration.iceServers`` as JSON, sealed as in ``secret``.
 *
 * An empty ``key``: the page gave none, as where it is not secure, and ``sealed`` is the JSON itself.
 */
export interface IceServersMessage {
  type: "ice.servers";
  seq: number;
  request_id: string;
  url: string;
  key: string;
  nonce: string;
  sealed: string;
}

/**
 * A link that opens the widget in a tab once, within so many ``seconds``; sealed as in ``secret``.
 *
 * An empty ``key``: the page gave none, as where it is not secure, and ``sealed`` is the link itself.
 * ``port`` is where the engine's process listens.
 */
export interface TabMessage {
  type: "tab";
  seq: number;
  request_id: string;
  url: string;
  key: string;
  nonce: string;
  sealed: string;
  seconds: number;
  port: number;
}

export type View = "panel" | "compact" | "floating" | "overlay";

/** What of the panel has a colour of the user's choice, as CSS has it. */
export interface Colors {
  user?: string;
  assistant?: string;
  accent?: string;
}

/** A row was made or changed: upsert by ``item_id``. Order the transcript by ``row.seq``. */
export interface RowMessage {
  type: "row";
  seq: number;
  row: Row;
}

/**
 * The text of a row goes on. ``delta`` is appended, ``text`` replaces (a partial; show it dimmed).
 *
 * ``audio_start_ms`` and ``audio_end_ms`` say when, within the item's audio, the words of ``delta`` are
 * spoken; ``estimated``: those are guesses, for the voice tells no times.
 */
export interface TextMessage {
  type: "text";
  seq: number;
  item_id: string;
  delta?: string;
  text?: string;
  audio_start_ms?: number;
  audio_end_ms?: number;
  estimated?: boolean;
}

/**
 * Something that the agent has shown, by its ``number`` in ``w.results``.
 *
 * The page asks for what it draws. It stands under the row ``item_id``, its question; empty: there was none.
 * ``under`` are the pages in which a cell's output shows it; in the others it opens by itself.
 */
export interface ShownResult {
  number: number;
  item_id: string;
  label: string;
  under: string[];
}

/** The agent has shown something. */
export interface ResultMessage {
  type: "result";
  seq: number;
  result: ShownResult;
}

/** A tool was called, or something of its call has changed. Of long texts only the beginning is there. */
export interface ToolMessage {
  type: "tool";
  seq: number;
  tool: ToolRow;
}

/**
 * All rows as they are now: the answer to ``hello``, and to a gap too old to fill.
 *
 * ``results`` are what the agent has shown, ``tools`` the calls of tools.
 */
export interface SnapshotMessage {
  type: "snapshot";
  seq: number;
  page: string;
  rows: Row[];
  results?: ShownResult[];
  tools?: ToolRow[];
}

/** The service's answer to a page's offer. ``call`` 0: to that of ``call.prepare``, before the call. */
export interface AnswerMessage {
  type: "answer";
  seq: number;
  request_id: string;
  call: number;
  sdp: string;
  connect_ms: number;
}

/**
 * The other answer to ``call.open``: post the offer to ``url`` yourself, with the token that is in here.
 *
 * The token is sealed to the ``key`` of that ``call.open``: AES-GCM under HKDF-SHA256 of the ECDH (P-256)
 * secret of that key and this ``key``. All of them base64. Other pages get it too and cannot read it.
 */
export interface SecretMessage {
  type: "secret";
  seq: number;
  request_id: string;
  call: number;
  url: string;
  key: string;
  nonce: string;
  sealed: string;
  connect_ms: number;
}

/**
 * Relay the data channel's events from now on, beginning with those after ``after`` that are still kept.
 *
 * With ``on`` false the kernel hears the events elsewhere again.
 */
export interface RelayMessage {
  type: "relay";
  seq: number;
  call: number;
  on: boolean;
  after: number;
}

/** Send these client events over the data channel. */
export interface RelaySendMessage {
  type: "relay.send";
  seq: number;
  call: number;
  events: (Record<string, unknown>)[];
}

/**
 * The assistant's sound in a call by comm: play it after what is queued.
 *
 * Buffer 0 is PCM16 mono at 24 kHz.
 */
export interface AudioMessage {
  type: "audio";
  seq: number;
  call: number;
}

/**
 * Of the caller's sound in a call by comm so many samples have come, since its start.
 *
 * A page holds its sound back that is not taken: on a slow way it would pile up in the browser.
 */
export interface AudioTakenMessage {
  type: "audio.taken";
  seq: number;
  call: number;
  samples: number;
}

/** Fall silent and forget what is queued. Answered at once by ``audio.played`` with ``cleared``. */
export interface AudioClearMessage {
  type: "audio.clear";
  seq: number;
  call: number;
}

/** Stand still where you are, or go on there; ``audio.clear`` ends it too. */
export interface AudioPauseMessage {
  type: "audio.pause";
  seq: number;
  call: number;
  on: boolean;
}

/** The second bundle, built with the one that the page runs. */
export interface ExtrasMessage {
  type: "extras";
  seq: number;
  request_id: string;
  source: string;
}

/** How likely each ``step_ms`` held speech, from ``at`` on (seconds since the epoch; by the samples). */
export interface VoiceActivityPiece {
  at: number;
  audio_start_ms: number;
  step_ms: number;
  probabilities: number[];
}

/** The pieces of it that a page does not have yet, up to number ``next``. */
export interface VoiceActivity {
  next: number;
  pieces: VoiceActivityPiece[];
}

/**
 * A piece of the event log for a page that looks at it: from ``first`` up to ``next`` of ``total``.
 *
 * ``lines`` are two for each event: ``[at, direction, type, call_id, item_ids, summary, failed]`` as JSON,
 * and the event. With another ``edition`` than before, all that the page has is void.
 * ``voice_activity`` is None where the service does not tell it.
 */
export interface EventsMessage {
  type: "events";
  seq: number;
  request_id: string;
  edition: number;
  first: number;
  next: number;
  total: number;
  lines: string;
  voice_activity: VoiceActivity | null;
}

/** What a result looks like: its mime type and its text; images but SVG are base64. */
export interface ResultContentMessage {
  type: "result.content";
  seq: number;
  request_id: string;
  mime: string;
  data: string;
}

/** The images that were sent with a turn, as URLs with all their data in them; none: they are not kept. */
export interface ImagesMessage {
  type: "images";
  seq: number;
  request_id: string;
  images: string[];
}

/** A request of the page could not be met. */
export interface FailedMessage {
  type: "request.failed";
  seq: number;
  request_id: string;
  error: ErrorInfo;
}

/** A request of the page was met and needs no other answer. */
export interface DoneMessage {
  type: "request.done";
  seq: number;
  request_id: string;
}

/**
 * Make an offer now: Python called ``connect()``, or the engine was replaced in mid-call.
 *
 * ``page`` names the page meant (empty: any that has a view). ``talk`` is the talk that the offer is for: a
 * new one, or the one that is to go on with the microphone that the page holds. ``transport``: how its sound
 * travels, which is not the trait's where a peer found no path.
 */
export interface OfferWantedMessage {
  type: "call.offer_wanted";
  seq: number;
  page: string;
  talk: string;
  reason: "connect" | "reconnect";
  transport: Transport;
}

/**
 * The talk is over: close the peer and release the microphone.
 *
 * With ``keep_microphone`` only its call of the moment is over, placed or not; another one will be wanted.
 */
export interface CloseMessage {
  type: "call.close";
  seq: number;
  talk: string;
  keep_microphone: boolean;
}

/**
 * The kernel lives. Sent every 2 s from ``call.pending``, or the offer, to the end of the talk.
 *
 * Without it a page gives an offer up after 15 s and hangs a call up after 30 s.
 */
export interface BeatMessage {
  type: "beat";
  seq: number;
}

/** Mix this audio into the call as the caller's. Buffer 0 is PCM16 mono little endian. */
export interface PlayMessage {
  type: "play";
  seq: number;
  request_id: string;
  sample_rate: number;
}

/** The page's pieces up to ``number`` have come: forget them. ``again``: send those after them again. */
export interface RecordingKeptMessage {
  type: "recording.kept";
  seq: number;
  page: string;
  number: number;
  again: boolean;
}

/**
 * Use these from now on; what is not named stays as it is. Answered by ``devices``.
 *
 * ``microphone`` and ``speaker`` are names, None: what the browser takes.
 */
export interface ChooseDevicesMessage {
  type: "devices.choose";
  seq: number;
  page: string;
  microphone?: string | null;
  speaker?: string | null;
  volume?: number;
}

/** Find out how the connection is, and tell it by ``connection``. An empty ``page``: any that is there. */
export interface ConnectionWantedMessage {
  type: "connection.wanted";
  seq: number;
  page: string;
  request_id: string;
}

/** One thing that was looked at, what was found, and what to do about it. */
export interface DiagnosisRow {
  what: string;
  value: string;
  verdict: "good" | "bad" | "unknown";
  next_step: string;
}

/** What the facts of ``connection`` mean, as in ``w.diagnose()``; ``way_out`` is what to do first. */
export interface DiagnosisMessage {
  type: "diagnosis";
  seq: number;
  request_id: string;
  rows: DiagnosisRow[];
  way_out: string;
}

export type KernelMessage =
  | RowMessage
  | TextMessage
  | ResultMessage
  | ToolMessage
  | SnapshotMessage
  | AnswerMessage
  | SecretMessage
  | IceServersMessage
  | TabMessage
  | RelayMessage
  | RelaySendMessage
  | AudioMessage
  | AudioTakenMessage
  | AudioClearMessage
  | AudioPauseMessage
  | ExtrasMessage
  | EventsMessage
  | ImagesMessage
  | ResultContentMessage
  | FailedMessage
  | DoneMessage
  | OfferWantedMessage
  | CloseMessage
  | BeatMessage
  | PlayMessage
  | RecordingKeptMessage
  | ChooseDevicesMessage
  | ConnectionWantedMessage
  | DiagnosisMessage;

/**
 * The page makes an offer and wants the ICE servers. Answered by ``ice.servers`` or ``request.failed``.
 *
 * ``talk`` is the talk that it is for; empty: somebody may call. ``key`` as in ``call.open``. Not
 * ``offers``: it only looks for its addresses.
 */
export interface IceWantedMessage {
  page: string;
  seq?: number;
  type: "ice.wanted";
  request_id: string;
  talk: string;
  key: string;
  offers: boolean;
}

/**
 * What every message of a page carries.
 *
 * ``page`` is a random id that each page makes for each model. ``seq`` counts its messages from 1: by it one
 * that is delivered twice is known; without it only requests are, by their ids.
 */
export interface FromPage {
  page: string;
  seq?: number;
}

/**
 * Somebody wants the widget in a tab of its own. Answered by ``tab`` or ``request.failed``.
 *
 * ``key`` as in ``call.open``.
 */
export interface TabWantedMessage {
  page: string;
  seq?: number;
  type: "tab.wanted";
  request_id: string;
  key: string;
}

/** A page has loaded the widget and wants the rows. */
export interface HelloMessage {
  page: string;
  seq?: number;
  type: "hello";
}

/** Messages ``first`` … ``last`` did not arrive. */
export interface MissingMessage {
  page: string;
  seq?: number;
  type: "missing";
  first: number;
  last: number;
}

/** The page wants the second bundle: what is seldom used. Answered by ``extras`` or ``request.failed``. */
export interface ExtrasWantedMessage {
  page: string;
  seq?: number;
  type: "extras.wanted";
  request_id: string;
}

/**
 * The page's drawer is open, and wants the events from number ``after`` on. Answered by ``events``.
 *
 * ``edition`` is that of the last answer; it changes when events that were told of have become others.
 * Of the probability of speech it has the pieces before number ``activity_after``.
 */
export interface EventsWantedMessage {
  page: string;
  seq?: number;
  type: "events.wanted";
  request_id: string;
  after: number;
  edition: number;
  activity_after: number;
}

/** The page wants to draw a result. Answered by what it looks like, or by ``request.failed``. */
export interface ResultWantedMessage {
  page: string;
  seq?: number;
  type: "result.wanted";
  request_id: string;
  number: number;
}

/** Somebody may call at once, with this offer. Answered by ``answer``, empty: none before the call. */
export interface PrepareMessage {
  page: string;
  seq?: number;
  type: "call.prepare";
  request_id: string;
  sdp: string;
}

/**
 * Call: the page's offer (empty by comm). Answered by ``answer``, ``secret`` or ``request.failed``.
 *
 * ``key`` is a public key made for this offer (P-256, raw, base64), to which a token can be sealed; empty
 * where the page cannot make one.
 */
export interface OpenMessage {
  page: string;
  seq?: number;
  type: "call.open";
  talk: string;
  request_id: string;
  sdp: string;
  microphone: boolean;
  key: string;
}

/**
 * The service has answered the offer that the page posted itself.
 *
 * ``call_id`` is empty where the service did not tell one, or did not let the page read it.
 */
export interface PostedMessage {
  page: string;
  seq?: number;
  type: "call.posted";
  talk: string;
  call: number;
  call_id: string;
}

/** The first event has come by the call's data channel: the session lives, whatever a sideband says. */
export interface HeardMessage {
  page: string;
  seq?: number;
  type: "call.heard";
  call: number;
}

/**
 * Events of the data channel, as they came, numbered from ``first`` on; the first of a call is 1.
 *
 * ``lost`` counts those before ``first`` that were asked for and are not kept any more.
 */
export interface RelayedMessage {
  page: string;
  seq?: number;
  type: "relay.events";
  call: number;
  first: number;
  lost: number;
  events: string[];
}

/** The caller's sound in a call by comm. Buffer 0 is PCM16 mono, 24 kHz. */
export interface CallerAudioMessage {
  page: string;
  seq?: number;
  type: "audio";
  call: number;
}

/**
 * How much of the call's sound was really played, since its start, pauses not counted.
 *
 * ``cleared``: this is the answer to ``audio.clear``, one for each; what was queued then will not sound.
 */
export interface AudioPlayedMessage {
  page: string;
  seq?: number;
  type: "audio.played";
  call: number;
  played_ms: number;
  cleared: boolean;
}

/** The page may have to wait for its microphone: all pages show ``connecting``. Else its offer says so. */
export interface PendingMessage {
  page: string;
  seq?: number;
  type: "call.pending";
  talk: string;
}

/** The state of the peer connection changed (``connected`` once the data channel is open, too). */
export interface PeerMessage {
  page: string;
  seq?: number;
  type: "call.peer";
  call: number;
  state: "connected" | "disconnected" | "failed" | "closed";
}

/**
 * The page ended the talk, or has done what ``call.close`` wanted (``closed``).
 *
 * An empty ``talk``: whichever runs, held by another page.
 */
export interface HangUpMessage {
  page: string;
  seq?: number;
  type: "call.hang_up";
  talk: string;
  reason: "user" | "view_gone" | "page_gone" | "kernel_silent" | "closed";
}

/** The page could not do its part. ``code`` is one of ``PAGE_ERRORS``; Python has the sentence. */
export interface PageFailedMessage {
  page: string;
  seq?: number;
  type: "call.failed";
  talk: string;
  code: string;
  detail: string;
}

/** The sound that the browser blocked (``playback_blocked``) plays now. */
export interface PlaysMessage {
  page: string;
  seq?: number;
  type: "call.plays";
}

/** A side became voiced or silent at ``at_ms`` of the page's audio clock (sample exact). */
export interface VoicedMessage {
  page: string;
  seq?: number;
  type: "voiced";
  call: number;
  side: Side;
  voiced: boolean;
  at_ms: number;
}

/**
 * Somewhere between these moments of its audio clock the page has lost sound, or time.
 *
 * ``dropped``: it was the microphone's, for which the way to the kernel is too slow.
 */
export interface MissedMessage {
  page: string;
  seq?: number;
  type: "missed";
  call: number;
  from_ms: number;
  to_ms: number;
  dropped: boolean;
}

/**
 * A client event of the page: a copy for the event table, or, not ``sent``, one to be sent for it.
 *
 * A page without a data channel (by comm) has no way of its own.
 */
export interface SentMessage {
  page: string;
  seq?: number;
  type: "client_event";
  call: number;
  event: Record<string, unknown>;
  sent: boolean;
}

/** A choice made in the panel. Answered by the trait and ``request.done``, or by ``request.failed``. */
export interface SetMessage {
  page: string;
  seq?: number;
  type: "set";
  request_id: string;
  name: "voice" | "turn_detection" | "muted";
  value: unknown;
}

/**
 * A typed user turn. Without a call it opens one without a microphone.
 *
 * Each buffer is an image that goes with it, as a file; with one the text may be empty.
 */
export interface SendTextMessage {
  page: string;
  seq?: number;
  type: "send_text";
  request_id: string;
  text: string;
}

/**
 * A tool's call that waits for approval may run, or may not. Answered by ``tool`` and ``request.done``.
 *
 * ``always``: so may every other call of this tool. ``arguments``: it is to run with these, as JSON text;
 * None: as it was called. ``reason``: why it may not, for the model.
 */
export interface ToolDecisionMessage {
  page: string;
  seq?: number;
  type: "tool.decide";
  request_id: string;
  tool_call_id: string;
  approved: boolean;
  always: boolean;
  arguments: string | null;
  reason: string;
}

/**
 * The person at the desk answers: with a text, or with the choice of that number, counted from 1.
 *
 * Answered by ``request.done`` or ``request.failed``.
 */
export interface WizardSayMessage {
  page: string;
  seq?: number;
  type: "wizard.say";
  request_id: string;
  text: string;
  number: number | null;
}

/** The images that were sent with a turn are to be shown. Answered by ``images``. */
export interface ImagesWantedMessage {
  page: string;
  seq?: number;
  type: "images.wanted";
  request_id: string;
  item_id: string;
}

/** Interrupt was pressed; the page has already acted on the media where it can. */
export interface InterruptedMessage {
  page: string;
  seq?: number;
  type: "interrupt";
}

/** The audio of ``play`` has been mixed in whole. */
export interface PlayedMessage {
  page: string;
  seq?: number;
  type: "played";
  request_id: string;
}

/**
 * The audio of ``play`` could not be mixed in, or not to its end.
 *
 * ``code`` is one of ``PAGE_ERRORS``, mostly ``play_failed``; ``detail`` is the browser's own reason.
 */
export interface PlayFailedMessage {
  page: string;
  seq?: number;
  type: "play.failed";
  request_id: string;
  code: string;
  detail: string;
}

/**
 * What both sides sounded like for a quarter of a second. A buffer for each part: PCM16; empty: silence.
 *
 * ``number`` counts a page's pieces from 1; it keeps them until ``recording.kept``. All pieces of a
 * ``clock`` share one count of samples, which is at ``now`` when the message leaves. ``call`` is the call of
 * then, or the last one. ``last``: nothing more comes for now. ``microphone`` comes with the first piece of
 * each microphone, and ``front_end`` with the first.
 */
export interface RecordingPieceMessage {
  page: string;
  seq?: number;
  type: "recording.piece";
  number: number;
  call: number;
  clock: string;
  now: number;
  parts: RecordedPart[];
  last: boolean;
  microphone?: MicrophoneFacts;
  front_end?: FrontEnd;
}

/** Pause the recording, or go on. Answered by the trait and ``request.done``, or ``request.failed``. */
export interface RecordingPauseMessage {
  page: string;
  seq?: number;
  type: "recording.pause";
  request_id: string;
  on: boolean;
}

/**
 * The devices of the page's browser, and what is chosen; None: what it takes. Told at each change.
 *
 * Their names come once the microphone was allowed (``named``). ``instead`` is used for what cannot be.
 */
export interface DevicesMessage {
  page: string;
  seq?: number;
  type: "devices";
  devices: Device[];
  named: boolean;
  microphone: string | null;
  speaker: string | null;
  instead: Record<string, string | null>;
  volume: number;
}

/** The answer to what ``consent`` asks. Without it no microphone opens, and there is no call. */
export interface ConsentMessage {
  page: string;
  seq?: number;
  type: "consent";
  agreed: boolean;
}

/**
 * How the connection is: the answer to ``connection.wanted``, by its ``request_id``.
 *
 * With an id of the page's own the page wants to know what that means. Answered by ``diagnosis``.
 */
export interface ConnectionMessage {
  page: string;
  seq?: number;
  type: "connection";
  request_id: string;
  facts: PageFacts;
}

export type PageMessage =
  | HelloMessage
  | MissingMessage
  | ExtrasWantedMessage
  | EventsWantedMessage
  | ResultWantedMessage
  | IceWantedMessage
  | TabWantedMessage
  | PrepareMessage
  | OpenMessage
  | PendingMessage
  | PostedMessage
  | HeardMessage
  | RelayedMessage
  | CallerAudioMessage
  | AudioPlayedMessage
  | PeerMessage
  | HangUpMessage
  | PageFailedMessage
  | PlaysMessage
  | VoicedMessage
  | MissedMessage
  | SentMessage
  | SetMessage
  | SendTextMessage
  | ToolDecisionMessage
  | WizardSayMessage
  | ImagesWantedMessage
  | InterruptedMessage
  | PlayedMessage
  | PlayFailedMessage
  | RecordingPieceMessage
  | RecordingPauseMessage
  | DevicesMessage
  | ConsentMessage
  | ConnectionMessage;

/** What a page can fail at: `PAGE_ERRORS` has the words. */
export type FailureCode =
  | "microphone_denied"
  | "permission_dismissed"
  | "microphone_missing"
  | "microphone_busy"
  | "microphone_blocked_by_policy"
  | "page_not_secure"
  | "no_webrtc"
  | "page_error"
  | "microphone_silent"
  | "ice_failed"
  | "relay_refused"
  | "channel_not_open"
  | "media_stopped"
  | "answer_timeout"
  | "cannot_unseal"
  | "post_failed"
  | "post_refused"
  | "answer_invalid"
  | "post_timeout"
  | "message_too_large"
  | "play_failed"
  | "playback_blocked"
  | "sound_stopped"
  | "consent_declined"
  | "kernel_silent";

/** How often a lost call is tried to be got back. */
export const TRIES = 3;

/** Failures of the path of the sound: by another way it may be well. */
export const OF_THE_PATH = ["channel_not_open", "ice_failed", "ice_servers_failed", "no_webrtc", "relay_refused"];

/** The traits: only Python writes them. */
export interface Traits {
  /** Whether both sides' sound is kept; before a call: whether it will be. */
  recording: RecordingState;
  /** What is asked before the microphone opens, and the answer; None: nothing is asked. */
  consent: Consent | null;
  /** What the person sees who answers in the assistant's place; None: the panel has no desk. */
  wizard: WizardDesk | null;
  /** How many turns the talk goes on from. */
  earlier_turns: number;
  /** The notebook's variable that holds the widget, as code in the panel names it. */
  variable: string;
  /** How a page shows the widget: as the whole panel, a compact bar, a button that floats over the notebook, or during a call as an overlay over the page. Assign to change it. */
  view: View;
  /** Colours of the lanes and of buttons. Assign to change them. */
  colors: Colors;
  /** How many bytes the images of a turn may have together; 0: the service sees none. */
  image_bytes: number;
  /** Where the call is. */
  connection_state: ConnectionState;
  /** What the assistant does. */
  activity: Activity;
  /** The user is heard speaking. */
  user_speaking: boolean;
  /** The assistant is heard speaking. */
  assistant_speaking: boolean;
  /** The assistant's voice in force. Assign to change it. */
  voice: string | null;
  /** The voices the service is known to have. */
  voices: string[];
  /** The microphone is muted. Assign to change it. */
  muted: boolean;
  /** How the end of a turn is found, as the protocol says it. Assign to change it. */
  turn_detection: Record<string, unknown> | null;
  /** How the caller's audio travels. */
  transport: Transport;
  /** Attempts made to get a lost call back. */
  reconnect_attempts: number;
  /** When the next attempt starts, seconds since the epoch; 0: none. */
  retry_at: number;
  /** What stopped the call or was refused. */
  error: ErrorInfo | null;
  /** Something worth knowing that stops no call. */
  notice: Notice | null;
  /** The finished turns. Sent to the page once, when the talk is over; until then it gets row messages. */
  transcript: Row[];
  /** How many turns are finished. */
  turns: number;
  /** What the panel calls the service. */
  service_name: string;
  /** The service's model. */
  model: string;
  /** Sentences worth trying. */
  examples: string[];
  /** The page that holds the call; empty: none. */
  holder: string;
  /** When the call was connected, seconds since the epoch; 0: no call. */
  call_started_at: number;
  /** The line under an ended talk. */
  summary: Summary | null;
  /** The service answers the page's offer. */
  can_call: boolean;
  /** Who hands the page's offer to the service. */
  flow: Flow;
  /** There are ICE servers for its way. */
  has_ice_servers: boolean;
}
