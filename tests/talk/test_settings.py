from __future__ import annotations

from typing import Any

import pytest

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.settings.settings import Settings
from voice_widget.realtime.state.changes import StateChanged
from voice_widget.talk import settings as module
from voice_widget.talk.settings import TalkSettings


def shown(voice: str) -> dict[str, Any]:
    return {"type": "session.updated", "session": {"type": "realtime", "audio": {"output": {"voice": voice}}}}


def test_settings_are_read_again_only_where_there_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Settings] = []

    def reads(settings: Settings) -> dict[str, Any]:
        read.append(settings)
        return {"voice": settings.voice, "turn_detection": None}

    monkeypatch.setattr(module, "said_by_traits", reads)
    session = Session()
    settings = TalkSettings(Settings(voice="marin"), session, lambda changes: None, by_webrtc=True)
    calling = {"transport": "webrtc", "model": "", "voice": "marin", "reconnect": False}
    told = []
    for event in (
        {"type": "voice_widget.call.connecting", **calling},
        {"type": "voice_widget.call.media", "state": "connected"},
        shown("marin"),
        *({"type": "input_audio_buffer.speech_started", "item_id": f"item_{n}"} for n in range(20)),
        shown("cedar"),
        shown("marin"),
    ):
        told += settings.told(session.apply(event, 1.0))
    voices = [change.value for change in told if isinstance(change, StateChanged) and change.name == "voice"]
    assert voices == ["marin", "cedar", "marin"]
    assert len(read) == 4  # as they were given, and as each of the three showed them
