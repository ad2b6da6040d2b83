"""The server side of one session. Pure: no I/O, no clock, no thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from voice_widget.engine.actions import Action, Configure
from voice_widget.engine.stages import Word
from voice_widget.errors import ProtocolError
from voice_widget.realtime.config import SessionConfig
from voice_widget.realtime.events import Event, new_id
from voice_widget.realtime.script import Script

Media = Literal["webrtc", "websocket"]


class Conversation:
    """Signatures; the behaviour follows. ``now_ms`` is any steady clock; ``audio_ms`` the clock of the caller's samples.

    ``now_ms``/``audio_ms`` given as None where optional: the last known one is used.
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        session_id: str,
        media: Media,
        new_id: Callable[[str], str] = new_id,
        expires_at: float = 0,
        voices: Sequence[str] = (),
        missing: Mapping[str, str] = {},  # noqa: B006  (never changed)
        scripted: Script | None = None,
        agent_wait_ms: float = 5000,
        delta_wait_ms: float = 30000,
    ) -> None: ...

    config: SessionConfig
    configuration: Configure  # what to configure the stages with when the session is opened

    def open(self) -> Event: ...
    def client_event(
        self,
        event: Event,
        *,
        now_ms: float,
        played_ms: float | None = None,
        audio_ms: float | None = None,
        origin: str = "",
    ) -> list[Action]: ...
    def refuse(self, error: ProtocolError, *, event_id: str | None, origin: str) -> list[Action]: ...
    def speech_started(
        self, at_ms: float, *, now_ms: float, played_ms: float | None = None, audio_ms: float | None = None
    ) -> list[Action]: ...
    def speech_stopped(self, at_ms: float, *, now_ms: float) -> list[Action]: ...
    def partial(self, text: str) -> list[Action]: ...
    def final(self, text: str, *, now_ms: float) -> list[Action]: ...
    def committed(self, empty: bool, *, now_ms: float) -> list[Action]: ...  # answer to Listen("commit") only
    def speech_audio(
        self, speech_id: str, audio_ms: float, words: Sequence[Word], *, now_ms: float | None = None
    ) -> list[Action]: ...  # audio_ms: length of this chunk; words: times within the utterance
    def speech_done(
        self, speech_id: str, error: str | None = None, *, now_ms: float | None = None
    ) -> list[Action]: ...
    def playout_started(self, response_id: str, audio_ms: float) -> list[Action]: ...
    def playout_drained(self, response_id: str, audio_ms: float, *, now_ms: float) -> list[Action]: ...
    def agents(self, count: int, *, now_ms: float) -> list[Action]: ...
    def stages_lost(self, *, now_ms: float) -> list[Action]: ...
    def stages_back(self, *, now_ms: float) -> list[Action]: ...  # configure + whatever waited to be spoken
    def expire(self) -> list[Action]: ...  # 60 minutes are over: error session_expired, Close
    def tick(self, now_ms: float) -> list[Action]: ...
    def deadline(self) -> float | None: ...
