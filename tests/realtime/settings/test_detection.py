from __future__ import annotations

import pytest

from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
from voice_widget.realtime.settings.settings import SessionConfig, Settings


def test_they_read_as_the_protocols_objects():
    vad = ServerVad(threshold=0.4, silence_duration_ms=900)
    assert vad == {"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 900}
    assert {**SemanticVad()} == {"type": "semantic_vad"}
    assert len(vad) == 3
    assert repr(vad) == "ServerVad(threshold=0.4, silence_duration_ms=900)"


def test_false_is_given_and_none_is_left_to_the_service():
    assert ServerVad(create_response=False, threshold=None) == {
        "type": "server_vad",
        "create_response": False,
    }


def test_they_are_settings():
    sent = Settings(turn_detection=SemanticVad(eagerness="high")).session()
    assert sent["audio"]["input"]["turn_detection"] == {"type": "semantic_vad", "eagerness": "high"}
    assert type(sent["audio"]["input"]["turn_detection"]) is dict


@pytest.mark.parametrize("kind", [ServerVad, SemanticVad])
def test_what_only_the_embedded_engine_knows_is_named_so_on_the_wire(kind):
    detection = kind(interrupt_min_ms=300, interrupt_wait_ms=800)
    assert {name: value for name, value in detection.items() if name != "type"} == {
        "voice_widget.interrupt_min_ms": 300,
        "voice_widget.interrupt_wait_ms": 800,
    }
    assert repr(detection) == f"{kind.__name__}(interrupt_min_ms=300, interrupt_wait_ms=800)"
    taken = SessionConfig.from_session({"audio": {"input": {"turn_detection": dict(detection)}}})
    assert (taken.turn_taking() or {})["voice_widget.interrupt_min_ms"] == 300


@pytest.mark.parametrize("value", [-1, "soon", True, 1e9])
def test_an_impossible_time_to_interrupt_is_refused(value):
    setting = {"type": "server_vad", "voice_widget.interrupt_min_ms": value}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": setting}}}
    with pytest.raises(ProtocolError, match="interrupt_min_ms"):
        SessionConfig().merged(session)
