"""What the conversation asks its shell to do. Do them in order; they hold no decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voice_widget.realtime.wire.events import Event


@dataclass(frozen=True)
class Send:
    """Send a server event: to ``"all"``, to ``"kernel"`` (sockets with ``agent=kernel``) or to one origin."""

    event: Event
    to: str = "all"


@dataclass(frozen=True)
class Speak:
    """Have ``text`` spoken, until ``speech_done`` or `CancelSpeech`; its audio belongs to the item.

    ``output_format`` is what the audio is to be on a session socket.
    """

    speech_id: str
    response_id: str
    item_id: str
    text: str
    voice: str | None
    speed: float
    output_index: int = 0
    output_format: str = "audio/pcm"


@dataclass(frozen=True)
class CancelSpeech:
    """Stop making this speech and drop what still comes of it."""

    speech_id: str


@dataclass(frozen=True)
class EndOfSpeech:
    """No more audio comes for this response: the speaker may drain."""

    response_id: str


@dataclass(frozen=True)
class ClearPlayout:
    """Throw away all audio that waits to be played."""


@dataclass(frozen=True)
class HoldPlayout:
    """Pause what is played (``on``), or go on with it; `ClearPlayout` ends the pause too."""

    on: bool


@dataclass(frozen=True)
class Listen:
    """Push-to-talk: take what was heard as one utterance (answered by ``committed``), or throw it away."""

    kind: Literal["commit", "clear"]


@dataclass(frozen=True)
class Configure:
    """How to listen from now on. ``phrases`` and ``keywords`` are what the recogniser should expect."""

    turn_detection: Mapping[str, Any] | None
    keywords: tuple[str, ...]
    phrases: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Watch:
    """For so long somebody watches how likely there is speech: tell it."""

    ms: float


@dataclass(frozen=True)
class AppendAudio:
    """Caller's audio of a session socket, base64 as it came. Bad base64: answer with ``refuse``."""

    audio: str
    event_id: str | None = None
    origin: str = ""


@dataclass(frozen=True)
class Close:
    """End the session. ``code`` says why, for instance ``"session_expired"``."""

    code: str


Action = (
    Send
    | Speak
    | CancelSpeech
    | EndOfSpeech
    | ClearPlayout
    | HoldPlayout
    | Listen
    | Configure
    | Watch
    | AppendAudio
    | Close
)
