"""Everything that crosses the comm, both ways.

The TypeScript types in ``js/src/model.gen.ts`` are generated from this file, the records of ``realtime``
and the widget's traits (``scripts/generate_types.py``); a test holds them fresh.

Kernel → page messages carry ``seq``, a number that grows by one per widget. A page that sees a gap asks
with ``missing``; the publisher sends the lost ones again or, when they are too old, a ``snapshot``.
No message and no trait holds a key, a token or audio to be stored.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.records import Row, Side

# --- kernel → page ---------------------------------------------------------------------------------


class RowMessage(TypedDict):
    """A row was made or changed: upsert by ``item_id``. Order the transcript by ``row.seq``."""

    type: Literal["row"]
    seq: int
    row: Row


class TextMessage(TypedDict):
    """The text of a row goes on. ``delta`` is appended, ``text`` replaces (a partial; show it dimmed).

    ``audio_start_ms`` and ``audio_end_ms`` say when, within the item's audio, the words of ``delta`` are
    spoken.
    """

    type: Literal["text"]
    seq: int
    item_id: str
    delta: NotRequired[str]
    text: NotRequired[str]
    audio_start_ms: NotRequired[int]
    audio_end_ms: NotRequired[int]


class NoteMessage(TypedDict):
    """A small line under a row, for instance ``table · 4 rows``."""

    type: Literal["note"]
    seq: int
    item_id: str
    text: str


class SnapshotMessage(TypedDict):
    """All rows as they are now: the answer to ``hello``, and to a gap too old to fill.

    ``notes`` are the lines under them, by ``item_id``.
    """

    type: Literal["snapshot"]
    seq: int
    page: str
    rows: list[Row]
    notes: NotRequired[dict[str, str]]


class AnswerMessage(TypedDict):
    """The service's answer to a page's offer."""

    type: Literal["answer"]
    seq: int
    request_id: str
    call: int
    sdp: str


class SecretMessage(TypedDict):
    """The other answer to ``call.open``: post the offer to ``url`` yourself, with the token that is in here.

    The token is sealed to the ``key`` of that ``call.open``: AES-GCM under HKDF-SHA256 of the ECDH (P-256)
    secret of that key and this ``key``. All of them base64. Other pages get it too and cannot read it.
    """

    type: Literal["secret"]
    seq: int
    request_id: str
    call: int
    url: str
    key: str
    nonce: str
    sealed: str


class RelayMessage(TypedDict):
    """Relay the data channel's events from now on, beginning with those after ``after`` that are still kept.

    With ``on`` false the kernel hears the events elsewhere again.
    """

    type: Literal["relay"]
    seq: int
    call: int
    on: bool
    after: int


class RelaySendMessage(TypedDict):
    """Send these client events over the data channel."""

    type: Literal["relay.send"]
    seq: int
    call: int
    events: list[dict[str, Any]]


class AudioMessage(TypedDict):
    """The assistant's sound in a call by comm: play it after what is queued.

    Buffer 0 is PCM16 mono at 24 kHz.
    """

    type: Literal["audio"]
    seq: int
    call: int


class AudioClearMessage(TypedDict):
    """Fall silent and forget what is queued. Answered at once by ``audio.played`` with ``cleared``."""

    type: Literal["audio.clear"]
    seq: int
    call: int


class FailedMessage(TypedDict):
    """A request of the page could not be met."""

    type: Literal["request.failed"]
    seq: int
    request_id: str
    error: ErrorInfo


class DoneMessage(TypedDict):
    """A request of the page was met and needs no other answer."""

    type: Literal["request.done"]
    seq: int
    request_id: str


class OfferWantedMessage(TypedDict):
    """Make an offer now: Python called ``connect()``, or the engine was replaced in mid-call.

    ``page`` names the page meant (empty: any that has a view). ``talk`` is the talk that the offer is for: a
    new one, or the one that is to go on with the microphone that the page holds.
    """

    type: Literal["call.offer_wanted"]
    seq: int
    page: str
    talk: str
    reason: Literal["connect", "reconnect"]


class CloseMessage(TypedDict):
    """The talk is over: close the peer and release the microphone.

    With ``keep_microphone`` only its call of the moment is over, placed or not; another one will be wanted.
    """

    type: Literal["call.close"]
    seq: int
    talk: str
    keep_microphone: bool


class BeatMessage(TypedDict):
    """The kernel lives. Sent every 2 s from ``call.pending`` to the end of the talk.

    Without it a page gives an offer up after 15 s and hangs a call up after 30 s.
    """

    type: Literal["beat"]
    seq: int


class PlayMessage(TypedDict):
    """Mix this audio into the call as the caller's. Buffer 0 is PCM16 mono little endian."""

    type: Literal["play"]
    seq: int
    request_id: str
    sample_rate: int


KernelMessage = (
    RowMessage
    | TextMessage
    | NoteMessage
    | SnapshotMessage
    | AnswerMessage
    | SecretMessage
    | RelayMessage
    | RelaySendMessage
    | AudioMessage
    | AudioClearMessage
    | FailedMessage
    | DoneMessage
    | OfferWantedMessage
    | CloseMessage
    | BeatMessage
    | PlayMessage
)


# --- page → kernel ---------------------------------------------------------------------------------
# ``page`` is a random id that each page makes for each model; ``call`` is the number that ``answer`` gave.
# ``talk`` is a random id of what goes from Call to the end, kept over reconnects: made by the page that was
# clicked, or by the kernel that wants an offer. What is said of a talk that has ended is passed over.


class HelloMessage(TypedDict):
    """A page has loaded the widget and wants the rows."""

    type: Literal["hello"]
    page: str


class MissingMessage(TypedDict):
    """Messages ``first`` … ``last`` did not arrive."""

    type: Literal["missing"]
    page: str
    first: int
    last: int


class OpenMessage(TypedDict):
    """Call: the page's offer (empty by comm). Answered by ``answer``, ``secret`` or ``request.failed``.

    ``key`` is a public key made for this offer (P-256, raw, base64), to which a token can be sealed; empty
    where the page cannot make one.
    """

    type: Literal["call.open"]
    page: str
    talk: str
    request_id: str
    sdp: str
    microphone: bool
    key: str


class PostedMessage(TypedDict):
    """The service has answered the offer that the page posted itself.

    ``call_id`` is empty where the service did not tell one, or did not let the page read it.
    """

    type: Literal["call.posted"]
    page: str
    talk: str
    call: int
    call_id: str


class HeardMessage(TypedDict):
    """The first event has come by the call's data channel: the session lives, whatever a sideband says."""

    type: Literal["call.heard"]
    page: str
    call: int


class RelayedMessage(TypedDict):
    """Events of the data channel, as they came, numbered from ``first`` on; the first of a call is 1.

    ``lost`` counts those before ``first`` that were asked for and are not kept any more.
    """

    type: Literal["relay.events"]
    page: str
    call: int
    first: int
    lost: int
    events: list[str]


class CallerAudioMessage(TypedDict):
    """The caller's sound in a call by comm. Buffer 0 is PCM16 mono, 24 kHz."""

    type: Literal["audio"]
    page: str
    call: int


class AudioPlayedMessage(TypedDict):
    """How much of the call's sound was really played, since its start, pauses not counted.

    ``cleared``: this is the answer to ``audio.clear``, one for each; what was queued then will not sound.
    """

    type: Literal["audio.played"]
    page: str
    call: int
    played_ms: float
    cleared: bool


class PendingMessage(TypedDict):
    """The page asks for the microphone or makes its offer: all pages show ``connecting``."""

    type: Literal["call.pending"]
    page: str
    talk: str


class PeerMessage(TypedDict):
    """The state of the peer connection changed (``connected`` once the data channel is open, too)."""

    type: Literal["call.peer"]
    page: str
    call: int
    state: Literal["connected", "disconnected", "failed", "closed"]


class HangUpMessage(TypedDict):
    """The page ended the talk. An empty ``talk``: whichever runs, held by another page."""

    type: Literal["call.hang_up"]
    page: str
    talk: str
    reason: Literal["user", "view_gone", "page_gone", "kernel_silent"]


class PageFailedMessage(TypedDict):
    """The page could not do its part. ``code`` is one of ``PAGE_ERRORS``; Python has the sentence."""

    type: Literal["call.failed"]
    page: str
    talk: str
    code: str
    detail: str


class PlaysMessage(TypedDict):
    """The sound that the browser blocked (``playback_blocked``) plays now."""

    type: Literal["call.plays"]
    page: str


class VoicedMessage(TypedDict):
    """A side became voiced or silent at ``at_ms`` of the page's audio clock (sample exact)."""

    type: Literal["voiced"]
    page: str
    call: int
    side: Side
    voiced: bool
    at_ms: float


class SentMessage(TypedDict):
    """A client event of the page: a copy for the event table, or, not ``sent``, one to be sent for it.

    A page without a data channel (by comm) has no way of its own.
    """

    type: Literal["client_event"]
    page: str
    call: int
    event: dict[str, Any]
    sent: bool


class SetMessage(TypedDict):
    """A choice made in the panel. Answered by the trait and ``request.done``, or by ``request.failed``."""

    type: Literal["set"]
    page: str
    request_id: str
    name: Literal["voice", "turn_detection", "muted"]
    value: Any


class SendTextMessage(TypedDict):
    """A typed user turn. Without a call it opens one without a microphone."""

    type: Literal["send_text"]
    page: str
    request_id: str
    text: str


class InterruptedMessage(TypedDict):
    """Interrupt was pressed; the page has already acted on the media where it can."""

    type: Literal["interrupt"]
    page: str


class PlayedMessage(TypedDict):
    """The audio of ``play`` has been mixed in whole."""

    type: Literal["played"]
    page: str
    request_id: str


class PlayFailedMessage(TypedDict):
    """The audio of ``play`` could not be mixed in, or not to its end.

    ``code`` is one of ``PAGE_ERRORS``, mostly ``play_failed``; ``detail`` is the browser's own reason.
    """

    type: Literal["play.failed"]
    page: str
    request_id: str
    code: str
    detail: str


PageMessage = (
    HelloMessage
    | MissingMessage
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
    | SentMessage
    | SetMessage
    | SendTextMessage
    | InterruptedMessage
    | PlayedMessage
    | PlayFailedMessage
)
