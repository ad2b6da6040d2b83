"""What a talk used: nothing that was told is left out, and nothing counted twice."""

from __future__ import annotations

from typing import Any

from voice_widget.analysis.usage import Used, used


def of(*rows: dict[str, Any]) -> dict[str, Used]:
    return {each.measure: each for each in used(rows)}


def test_a_transcription_without_a_total_counts_with_its_parts():
    told = {"kind": "transcription", "input_text_tokens": 4, "input_audio_tokens": 26, "output_tokens": 10}
    found = of(told, {"kind": "response", "input_tokens": 100, "output_tokens": 20, "total_tokens": 120})
    assert found["input_audio_tokens"][2:] == (1, 1, 26.0)
    assert found["input_tokens"][2:] == (2, 0, 130.0)
    assert found["output_tokens"][2:] == (2, 0, 30.0)
    assert found["total_tokens"][2:] == (2, 0, 160.0)
    assert found["audio_seconds"][2:] == (0, 0, None)


def test_a_total_that_was_told_stands():
    found = of({"kind": "response", "input_tokens": 7, "output_tokens": 2, "total_tokens": 11})
    assert found["total_tokens"].value == 11


def test_of_half_of_it_the_total_is_missing():
    found = of({"kind": "transcription", "input_audio_tokens": 26})
    assert found["input_tokens"][2:] == (1, 0, 26.0)
    assert found["total_tokens"][2:] == (0, 1, None)


def test_what_is_counted_by_time_has_no_tokens_to_miss():
    found = of({"kind": "transcription", "audio_seconds": 3.5}, {"kind": "transcription"})
    assert found["audio_seconds"][2:] == (1, 1, 3.5)
    assert found["total_tokens"][2:] == (0, 0, None)


def test_a_response_that_says_nothing_is_missing():
    assert of({"kind": "response"})["total_tokens"][2:] == (0, 1, None)
