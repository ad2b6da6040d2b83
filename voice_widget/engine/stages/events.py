"""What the stage process and its client say to each other.

The process reports `StageEvent`s. Everything crosses two pipes as frames: two little-endian 32-bit lengths,
a small JSON header, and raw bytes (PCM). Nothing is pickled: what arrives can only be data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from voice_widget.engine.stages.contracts import Word
from voice_widget.errors import ProtocolError

_LENGTHS = struct.Struct("<II")
HEADER_BYTES = _LENGTHS.size
MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class StageReport:
    """What a warm stage process can do.

    Attributes:
        voices: The voices, the default one first.
        missing: A stage that does not work → a sentence that says how to get it.
        parts: A stage that works → what it is.
        notes: Why better parts, which are installed, were not taken.
        about: What one must know of a part, such as where its voice comes from.
        steps: A sentence of ``missing`` or ``notes`` → what stands at its end: the one thing to do about it.
    """

    voices: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    steps: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, told: Mapping[str, Any]) -> StageReport:
        """The report in an object of JSON."""
        return cls(
            tuple(map(str, told.get("voices") or ())),
            dict(told.get("missing") or {}),
            dict(told.get("parts") or {}),
            tuple(map(str, told.get("notes") or ())),
            tuple(map(str, told.get("about") or ())),
            dict(told.get("steps") or {}),
        )


@dataclass(frozen=True)
class Loading:
    """A part is being loaded, perhaps downloaded; ``of`` it this much is there (0 … 1; None: not known)."""

    part: str
    says: str
    of: float | None = None


@dataclass(frozen=True)
class SpeechStarted:
    """The caller speaks. ``at_ms`` includes the prefix padding; ``utterance`` counts within the session."""

    at_ms: float
    utterance: int


@dataclass(frozen=True)
class SpokenOn:
    """There is voice of so much length in this utterance that it is no cough."""

    utterance: int


@dataclass(frozen=True)
class SpeechStopped:
    """The caller has been silent for long enough. ``at_ms`` is the end of the last voiced frame."""

    at_ms: float
    utterance: int


@dataclass(frozen=True)
class PartialText:
    """What was understood so far; replaces the partial before it."""

    text: str
    utterance: int


@dataclass(frozen=True)
class FinalText:
    """What was understood, which may be nothing: one for each utterance that is over, at any time after it.

    ``failed`` is a sentence that says why there will be no text; ``late``: it was passed over to catch up.
    """

    text: str
    utterance: int
    failed: str | None = None
    late: bool = False


@dataclass(frozen=True)
class SpeechAudio:
    """A piece of speech: 24 kHz mono PCM16 and the words that start in it (times within this speech)."""

    speech_id: str
    pcm: bytes
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class SpeechDone:
    """Nothing more comes for this speech: it is complete, or ``cancelled``, or failed with ``error``."""

    speech_id: str
    error: str | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class StageFailed:
    """A stage cannot work or failed once; ``message`` is a sentence for people."""

    stage: str
    message: str
    code: str = "stage_failed"


@dataclass(frozen=True)
class Committed:
    """The answer to a commit: ``empty`` with less than 100 ms of audio, else a `FinalText` follows.

    ``seconds`` is how much sound was committed.
    """

    empty: bool
    utterance: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Lagging:
    """What is said is understood so much later; 0: no longer."""

    ms: float


@dataclass(frozen=True)
class VoiceActivity:
    """How likely each ``step_ms`` from ``at_ms`` on held speech; only while somebody watches."""

    at_ms: float
    step_ms: float
    likely: tuple[float, ...]


StageEvent = (
    SpeechStarted
    | SpokenOn
    | SpeechStopped
    | PartialText
    | FinalText
    | SpeechAudio
    | SpeechDone
    | StageFailed
    | Committed
    | Lagging
    | VoiceActivity
)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        SpeechStarted,
        SpokenOn,
        SpeechStopped,
        PartialText,
        FinalText,
        SpeechAudio,
        SpeechDone,
        StageFailed,
        Committed,
        Lagging,
        VoiceActivity,
    )
}


def pack(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """One frame.

    Example:
        >>> lengths(pack({"op": "commit"}, b"abc"))
        (15, 3)
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((_LENGTHS.pack(len(text), len(payload)), text, payload))


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of header and payload from a frame's first 8 bytes.

    Raises:
        ProtocolError: Something else wrote into the pipe.
    """
    header, payload = _LENGTHS.unpack(head[:HEADER_BYTES])
    if header > MOST_BYTES or payload > MOST_BYTES:
        raise ProtocolError(f"A frame of {header} + {payload} bytes cannot be ours.")
    return header, payload


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame of a blocking stream, ``None`` at its end."""
    head = stream.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return None
    size, payload_size = lengths(head)
    text = stream.read(size)
    payload = stream.read(payload_size) if payload_size else b""
    if len(text) < size or len(payload) < payload_size:
        return None
    return json.loads(text), payload


def pack_event(channel: int, event: StageEvent) -> bytes:
    """The frame of an event."""
    if isinstance(event, SpeechAudio):
        words = [(w.start, w.end, w.at_ms, w.estimated) for w in event.words]
        header = {"channel": channel, "event": "SpeechAudio", "speech_id": event.speech_id, "words": words}
        return pack(header, event.pcm)
    return pack({"channel": channel, "event": type(event).__name__, **asdict(event)})


def unpack_event(header: dict[str, Any], payload: bytes) -> StageEvent:
    """The event of a frame."""
    fields = {k: v for k, v in header.items() if k not in ("channel", "event")}
    if header["event"] == "SpeechAudio":
        fields["words"] = tuple(Word(int(a), int(b), float(at), bool(e)) for a, b, at, e in fields["words"])
        fields["pcm"] = payload
    elif header["event"] == "VoiceActivity":
        fields["likely"] = tuple(fields["likely"])
    event: StageEvent = _KINDS[header["event"]](**fields)
    return event
