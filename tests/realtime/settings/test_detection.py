from __future__ import annotations

from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
from voice_widget.realtime.settings.settings import Settings


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
