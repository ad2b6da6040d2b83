"""Calls in which nobody says when an answer sounds."""

from __future__ import annotations

import pytest

from tests.call.test_call import FakeService, Held
from voice_widget.realtime.answering import sounding as sounding_module


async def test_an_answer_of_whose_sound_nobody_tells_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounding_module, "_TOLD_MS", 20.0)
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    held.call.media("connected")
    item = {"id": "a", "type": "message", "role": "assistant"}
    part = {"response_id": "r", "item_id": "a"}
    held.line.say({"type": "response.created", "response": {"id": "r"}})
    held.line.say({"type": "response.output_item.added", "response_id": "r", "item": item})
    held.line.say({"type": "response.output_audio_transcript.delta", **part, "delta": "Hm."})
    held.line.say({"type": "response.done", "response": {"id": "r", "status": "completed"}})
    await held.until("voice_widget.call.unheard")
    assert held.session.activity == "idle"
    await held.end()
