"""What the stage process and its client say to each other.

The process reports `StageEvent`s. Everything crosses two pipes as frames: two little-endian 32-bit lengths,
a small JSON header, and raw bytes (PCM). Nothing is pickled: what arrives can only be data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Literal

from voice_widget.engine.stages.contracts import Word
from voice_widget.errors import ProtocolError

Stage = Literal["vad", "stt", "tts"]

_LENGTHS = struct.Struct("<II")
HEADER_BYTES = _LENGTHS.size
MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class StageSpec:
    """Which parts a session uses.

    Names of the package's own parts, or ``"module:Class"`` for a part of yours that can be imported in the
    stage process.

    Attributes:
        vad: ``"silero"``, ``"level"`` or ``"webrtc"``.
        stt: ``"pocketsphinx"`` or ``"scripted"``.
        tts: ``"espeak"`` or ``"tone"``.
        script: What the scripted recogniser hears (`Script.dump`).
    """

    vad: str = "silero"
    stt: str = "pocketsphinx"
    tts: str = "espeak"
    script: str | None = None


@dataclass(frozen=True)
class StageReport:
    """What a warm stage process can do. ``missing`` maps a part to a sentence that says how to get it."""

    voices: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SpeechStarted:
    """The caller speaks. ``at_ms`` includes the prefix padding."""

    at_ms: float


@dataclass(frozen=True)
class SpeechStopped:
    """The caller has been silent for long enough. ``at_ms`` is the end of the last voiced frame."""

    at_ms: float


@dataclass(frozen=True)
class PartialText:
    """What was understood so far; replaces the partial before it."""

    text: str


@dataclass(frozen=True)
class FinalText:
    """What was understood; one after each `SpeechStopped` or commit. May be empty."""

    text: str


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


@dataclass(frozen=True)
class Committed:
    """The answer to a commit: ``empty`` with less than 100 ms of audio, else a `FinalText` follows."""

    empty: bool


StageEvent = (
    SpeechStarted
    | SpeechStopped
    | PartialText
    | FinalText
    | SpeechAudio
    | SpeechDone
    | StageFailed
    | Committed
)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        SpeechStarted,
        SpeechStopped,
        PartialText,
        FinalText,
        SpeechAudio,
        SpeechDone,
        StageFailed,
        Committed,
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
    event: StageEvent = _KINDS[header["event"]](**fields)
    return event
