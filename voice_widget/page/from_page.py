"""What the pages tell the kernel.

``call`` is the number that ``answer`` gave.
``talk`` is a random id of what goes from Call to the end, kept over reconnects: made by the page that was
clicked, or by the kernel that wants an offer. What is said of a talk that has ended is passed over.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from voice_widget.page.ice import IceWantedMessage
from voice_widget.page.message import FromPage
from voice_widget.page.own_tab import TabWantedMessage
from voice_widget.page.parts import Device, PageFacts, RecordedPart
from voice_widget.realtime.state.records import FrontEnd, MicrophoneFacts, Side


class HelloMessage(FromPage):
    """A page has loaded the widget and wants the rows."""

    type: Literal["hello"]


class MissingMessage(FromPage):
    """Messages ``first`` … ``last`` did not arrive."""

    type: Literal["missing"]
    first: int
    last: int


class ExtrasWantedMessage(FromPage):
    """The page wants the second bundle: what is seldom used. Answered by ``extras`` or ``request.failed``."""

    type: Literal["extras.wanted"]
    request_id: str


class EventsWantedMessage(FromPage):
    """The page's drawer is open, and wants the events from number ``after`` on. Answered by ``events``.

    ``edition`` is that of the last answer; it changes when events that were told of have become others.
    Of the probability of speech it has the pieces before number ``activity_after``.
    """

    type: Literal["events.wanted"]
    request_id: str
    after: int
    edition: int
    activity_after: int


class ResultWantedMessage(FromPage):
    """The page wants to draw a result. Answered by what it looks like, or by ``request.failed``."""

    type: Literal["result.wanted"]
    request_id: str
    number: int


class PrepareMessage(FromPage):
    """Somebody may call at once, with this offer. Answered by ``answer``, empty: none before the call."""

    type: Literal["call.prepare"]
    request_id: str
    sdp: str


class OpenMessage(FromPage):
    """Call: the page's offer (empty by comm). Answered by ``answer``, ``secret`` or ``request.failed``.

    ``key`` is a public key made for this offer (P-256, raw, base64), to which a token can be sealed; empty
    where the page cannot make one.
    """

    type: Literal["call.open"]
    talk: str
    request_id: str
    sdp: str
    microphone: bool
    key: str


class PostedMessage(FromPage):
    """The service has answered the offer that the page posted itself.

    ``call_id`` is empty where the service did not tell one, or did not let the page read it.
    """

    type: Literal["call.posted"]
    talk: str
    call: int
    call_id: str


class HeardMessage(FromPage):
    """The first event has come by the call's data channel: the session lives, whatever a sideband says."""

    type: Literal["call.heard"]
    call: int


class RelayedMessage(FromPage):
    """Events of the data channel, as they came, numbered from ``first`` on; the first of a call is 1.

    ``lost`` counts those before ``first`` that were asked for and are not kept any more.
    """

    type: Literal["relay.events"]
    call: int
    first: int
    lost: int
    events: list[str]


class CallerAudioMessage(FromPage):
    """The caller's sound in a call by comm. Buffer 0 is PCM16 mono, 24 kHz."""

    type: Literal["audio"]
    call: int


class AudioPlayedMessage(FromPage):
    """How much of the call's sound was really played, since its start, pauses not counted.

    ``cleared``: this is the answer to ``audio.clear``, one for each; what was queued then will not sound.
    """

    type: Literal["audio.played"]
    call: int
    played_ms: float
    cleared: bool


class PendingMessage(FromPage):
    """The page may have to wait for its microphone: all pages show ``connecting``. Else its offer says so."""

    type: Literal["call.pending"]
    talk: str


class PeerMessage(FromPage):
    """The state of the peer connection changed (``connected`` once the data channel is open, too)."""

    type: Literal["call.peer"]
    call: int
    state: Literal["connected", "disconnected", "failed", "closed"]


class HangUpMessage(FromPage):
    """The page ended the talk, or has done what ``call.close`` wanted (``closed``).

    An empty ``talk``: whichever runs, held by another page.
    """

    type: Literal["call.hang_up"]
    talk: str
    reason: Literal["user", "view_gone", "page_gone", "kernel_silent", "closed"]


class PageFailedMessage(FromPage):
    """The page could not do its part. ``code`` is one of ``PAGE_ERRORS``; Python has the sentence."""

    type: Literal["call.failed"]
    talk: str
    code: str
    detail: str


class PlaysMessage(FromPage):
    """The sound that the browser blocked (``playback_blocked``) plays now."""

    type: Literal["call.plays"]


class VoicedMessage(FromPage):
    """A side became voiced or silent at ``at_ms`` of the page's audio clock (sample exact)."""

    type: Literal["voiced"]
    call: int
    side: Side
    voiced: bool
    at_ms: float


class MissedMessage(FromPage):
    """Somewhere between these moments of its audio clock the page has lost sound, or time.

    ``dropped``: it was the microphone's, for which the way to the kernel is too slow.
    """

    type: Literal["missed"]
    call: int
    from_ms: float
    to_ms: float
    dropped: bool


class SentMessage(FromPage):
    """A client event of the page: a copy for the event table, or, not ``sent``, one to be sent for it.

    A page without a data channel (by comm) has no way of its own.
    """

    type: Literal["client_event"]
    call: int
    event: dict[str, Any]
    sent: bool


class SetMessage(FromPage):
    """A choice made in the panel. Answered by the trait and ``request.done``, or by ``request.failed``."""

    type: Literal["set"]
    request_id: str
    name: Literal["voice", "turn_detection", "muted"]
    value: Any


class SendTextMessage(FromPage):
    """A typed user turn. Without a call it opens one without a microphone.

    Each buffer is an image that goes with it, as a file; with one the text may be empty.
    """

    type: Literal["send_text"]
    request_id: str
    text: str


class ToolDecisionMessage(FromPage):
    """A tool's call that waits for approval may run, or may not. Answered by ``tool`` and ``request.done``.

    ``always``: so may every other call of this tool. ``arguments``: it is to run with these, as JSON text;
    None: as it was called. ``reason``: why it may not, for the model.
    """

    type: Literal["tool.decide"]
    request_id: str
    tool_call_id: str
    approved: bool
    always: bool
    arguments: str | None
    reason: str


class WizardSayMessage(FromPage):
    """The person at the desk answers: with a text, or with the choice of that number, counted from 1.

    Answered by ``request.done`` or ``request.failed``.
    """

    type: Literal["wizard.say"]
    request_id: str
    text: str
    number: int | None


class ImagesWantedMessage(FromPage):
    """The images that were sent with a turn are to be shown. Answered by ``images``."""

    type: Literal["images.wanted"]
    request_id: str
    item_id: str


class InterruptedMessage(FromPage):
    """Interrupt was pressed; the page has already acted on the media where it can."""

    type: Literal["interrupt"]


class PlayedMessage(FromPage):
    """The audio of ``play`` has been mixed in whole."""

    type: Literal["played"]
    request_id: str


class PlayFailedMessage(FromPage):
    """The audio of ``play`` could not be mixed in, or not to its end.

    ``code`` is one of ``PAGE_ERRORS``, mostly ``play_failed``; ``detail`` is the browser's own reason.
    """

    type: Literal["play.failed"]
    request_id: str
    code: str
    detail: str


class RecordingPieceMessage(FromPage):
    """What both sides sounded like for a quarter of a second. A buffer for each part: PCM16; empty: silence.

    ``number`` counts a page's pieces from 1; it keeps them until ``recording.kept``. All pieces of a
    ``clock`` share one count of samples, which is at ``now`` when the message leaves. ``call`` is the call of
    then, or the last one. ``last``: nothing more comes for now. ``microphone`` comes with the first piece of
    each microphone, and ``front_end`` with the first.
    """

    type: Literal["recording.piece"]
    number: int
    call: int
    clock: str
    now: int
    parts: list[RecordedPart]
    last: bool
    microphone: NotRequired[MicrophoneFacts]
    front_end: NotRequired[FrontEnd]


class RecordingPauseMessage(FromPage):
    """Pause the recording, or go on. Answered by the trait and ``request.done``, or ``request.failed``."""

    type: Literal["recording.pause"]
    request_id: str
    on: bool


class DevicesMessage(FromPage):
    """The devices of the page's browser, and what is chosen; None: what it takes. Told at each change.

    Their names come once the microphone was allowed (``named``). ``instead`` is used for what cannot be.
    """

    type: Literal["devices"]
    devices: list[Device]
    named: bool
    microphone: str | None
    speaker: str | None
    instead: dict[Literal["microphone", "speaker"], str | None]
    volume: float


class ConsentMessage(FromPage):
    """The answer to what ``consent`` asks. Without it no microphone opens, and there is no call."""

    type: Literal["consent"]
    agreed: bool


class ConnectionMessage(FromPage):
    """How the connection is: the answer to ``connection.wanted``, by its ``request_id``.

    With an id of the page's own the page wants to know what that means. Answered by ``diagnosis``.
    """

    type: Literal["connection"]
    request_id: str
    facts: PageFacts


PageMessage = (
    HelloMessage
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
    | ConnectionMessage
)
