"""What the kernel tells the pages.

These messages carry ``seq``, a number that grows by one per widget. A page that sees a gap asks with
``missing``; the publisher sends the lost ones again or, when they are too old, a ``snapshot``.
No message holds a key, a token that another page could read, or audio to be stored.

The TypeScript types in ``js/src/model.gen.ts`` are generated from this file, `from_page`, the records of
``realtime`` and the widget's traits (``scripts/generate_types.py``); a test holds them fresh.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from voice_widget.errors import ErrorInfo
from voice_widget.page.ice import IceServersMessage
from voice_widget.page.own_tab import TabMessage
from voice_widget.realtime.state.records import Row, ToolRow, Transport

View = Literal["panel", "compact", "floating", "overlay"]
"""How a page shows the widget."""


class Colors(TypedDict):
    """What of the panel has a colour of the user's choice, as CSS has it."""

    user: NotRequired[str]
    assistant: NotRequired[str]
    accent: NotRequired[str]


class RowMessage(TypedDict):
    """A row was made or changed: upsert by ``item_id``. Order the transcript by ``row.seq``."""

    type: Literal["row"]
    seq: int
    row: Row


class TextMessage(TypedDict):
    """The text of a row goes on. ``delta`` is appended, ``text`` replaces (a partial; show it dimmed).

    ``audio_start_ms`` and ``audio_end_ms`` say when, within the item's audio, the words of ``delta`` are
    spoken; ``estimated``: those are guesses, for the voice tells no times.
    """

    type: Literal["text"]
    seq: int
    item_id: str
    delta: NotRequired[str]
    text: NotRequired[str]
    audio_start_ms: NotRequired[int]
    audio_end_ms: NotRequired[int]
    estimated: NotRequired[bool]


class ShownResult(TypedDict):
    """Something that the agent has shown, by its ``number`` in ``w.results``.

    The page asks for what it draws. It stands under the row ``item_id``, its question; empty: there was none.
    ``under`` are the pages in which a cell's output shows it; in the others it opens by itself.
    """

    number: int
    item_id: str
    label: str
    under: list[str]


class ResultMessage(TypedDict):
    """The agent has shown something."""

    type: Literal["result"]
    seq: int
    result: ShownResult


class ToolMessage(TypedDict):
    """A tool was called, or something of its call has changed. Of long texts only the beginning is there."""

    type: Literal["tool"]
    seq: int
    tool: ToolRow


class SnapshotMessage(TypedDict):
    """All rows as they are now: the answer to ``hello``, and to a gap too old to fill.

    ``results`` are what the agent has shown, ``tools`` the calls of tools.
    """

    type: Literal["snapshot"]
    seq: int
    page: str
    rows: list[Row]
    results: NotRequired[list[ShownResult]]
    tools: NotRequired[list[ToolRow]]


class AnswerMessage(TypedDict):
    """The service's answer to a page's offer. ``call`` 0: to that of ``call.prepare``, before the call."""

    type: Literal["answer"]
    seq: int
    request_id: str
    call: int
    sdp: str
    connect_ms: int  # so long a peer may take to connect from then on


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
    connect_ms: int


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


class AudioTakenMessage(TypedDict):
    """Of the caller's sound in a call by comm so many samples have come, since its start.

    A page holds its sound back that is not taken: on a slow way it would pile up in the browser.
    """

    type: Literal["audio.taken"]
    seq: int
    call: int
    samples: int


class AudioClearMessage(TypedDict):
    """Fall silent and forget what is queued. Answered at once by ``audio.played`` with ``cleared``."""

    type: Literal["audio.clear"]
    seq: int
    call: int


class AudioPauseMessage(TypedDict):
    """Stand still where you are, or go on there; ``audio.clear`` ends it too."""

    type: Literal["audio.pause"]
    seq: int
    call: int
    on: bool


class ExtrasMessage(TypedDict):
    """The second bundle, built with the one that the page runs."""

    type: Literal["extras"]
    seq: int
    request_id: str
    source: str


class VoiceActivityPiece(TypedDict):
    """How likely each ``step_ms`` held speech, from ``at`` on (seconds since the epoch; by the samples)."""

    at: float
    audio_start_ms: float
    step_ms: float
    probabilities: list[float]


class VoiceActivity(TypedDict):
    """The pieces of it that a page does not have yet, up to number ``next``."""

    next: int
    pieces: list[VoiceActivityPiece]


class EventsMessage(TypedDict):
    """A piece of the event log for a page that looks at it: from ``first`` up to ``next`` of ``total``.

    ``lines`` are two for each event: ``[at, direction, type, call_id, item_ids, summary, failed]`` as JSON,
    and the event. With another ``edition`` than before, all that the page has is void.
    ``voice_activity`` is None where the service does not tell it.
    """

    type: Literal["events"]
    seq: int
    request_id: str
    edition: int
    first: int
    next: int
    total: int
    lines: str
    voice_activity: VoiceActivity | None


class ResultContentMessage(TypedDict):
    """What a result looks like: its mime type and its text; images but SVG are base64."""

    type: Literal["result.content"]
    seq: int
    request_id: str
    mime: str
    data: str


class ImagesMessage(TypedDict):
    """The images that were sent with a turn, as URLs with all their data in them; none: they are not kept."""

    type: Literal["images"]
    seq: int
    request_id: str
    images: list[str]


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
    new one, or the one that is to go on with the microphone that the page holds. ``transport``: how its sound
    travels, which is not the trait's where a peer found no path.
    """

    type: Literal["call.offer_wanted"]
    seq: int
    page: str
    talk: str
    reason: Literal["connect", "reconnect"]
    transport: Transport


class CloseMessage(TypedDict):
    """The talk is over: close the peer and release the microphone.

    With ``keep_microphone`` only its call of the moment is over, placed or not; another one will be wanted.
    """

    type: Literal["call.close"]
    seq: int
    talk: str
    keep_microphone: bool


class BeatMessage(TypedDict):
    """The kernel lives. Sent every 2 s from ``call.pending``, or the offer, to the end of the talk.

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


class RecordingKeptMessage(TypedDict):
    """The page's pieces up to ``number`` have come: forget them. ``again``: send those after them again."""

    type: Literal["recording.kept"]
    seq: int
    page: str
    number: int
    again: bool


class ChooseDevicesMessage(TypedDict):
    """Use these from now on; what is not named stays as it is. Answered by ``devices``.

    ``microphone`` and ``speaker`` are names, None: what the browser takes.
    """

    type: Literal["devices.choose"]
    seq: int
    page: str
    microphone: NotRequired[str | None]
    speaker: NotRequired[str | None]
    volume: NotRequired[float]


class ConnectionWantedMessage(TypedDict):
    """Find out how the connection is, and tell it by ``connection``. An empty ``page``: any that is there."""

    type: Literal["connection.wanted"]
    seq: int
    page: str
    request_id: str


class DiagnosisRow(TypedDict):
    """One thing that was looked at, what was found, and what to do about it."""

    what: str
    value: str
    verdict: Literal["good", "bad", "unknown"]
    next_step: str


class DiagnosisMessage(TypedDict):
    """What the facts of ``connection`` mean, as in ``w.diagnose()``; ``way_out`` is what to do first."""

    type: Literal["diagnosis"]
    seq: int
    request_id: str
    rows: list[DiagnosisRow]
    way_out: str


KernelMessage = (
    RowMessage
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
    | DiagnosisMessage
)
