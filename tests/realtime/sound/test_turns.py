"""The turn detector, by values."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from voice_widget.realtime.sound.turns import Started, Stopped, TurnDetector

FRAME_MS = 20.0


def run(detector: TurnDetector, levels: Sequence[float], start_ms: float = 0.0) -> list[Started | Stopped]:
    out = []
    for number, level in enumerate(levels):
        at = start_ms + number * FRAME_MS
        change = detector.push(level, at, at + FRAME_MS)
        if change is not None:
            out.append(change)
    return out


def detector(**settings: float) -> TurnDetector:
    return TurnDetector(**{"prefix_padding_ms": 0, "silence_duration_ms": 100, **settings})


def test_a_turn_from_its_first_to_its_last_voiced_frame() -> None:
    assert run(detector(), [0] * 5 + [1] * 10 + [0] * 10) == [Started(100.0), Stopped(300.0)]


def test_it_starts_on_the_frame_that_completes_the_least_speech() -> None:
    turns = detector()
    assert run(turns, [1, 1]) == []
    assert not turns.speaking
    assert run(turns, [1], 40) == [Started(0.0)]
    assert turns.speaking


def test_it_stops_on_the_frame_that_completes_the_silence() -> None:
    turns = detector()
    run(turns, [1] * 3)
    assert run(turns, [0] * 4, 60) == []
    assert run(turns, [0], 140) == [Stopped(60.0)]
    assert not turns.speaking


def test_a_click_is_no_speech() -> None:
    assert run(detector(), [1, 1, 0, 1, 1, 0, 0]) == []


def test_a_doubtful_frame_neither_counts_as_speech_nor_starts_over() -> None:
    assert run(detector(), [1, 0.4, 1, 0.4, 1]) == [Started(0.0)]


def test_padding_goes_before_the_first_voiced_frame() -> None:
    assert run(detector(prefix_padding_ms=60), [0] * 5 + [1] * 3) == [Started(40.0)]


def test_padding_never_reaches_before_the_beginning() -> None:
    assert run(detector(prefix_padding_ms=300), [0] * 5 + [1] * 3) == [Started(0.0)]


def test_padding_never_reaches_into_the_turn_before() -> None:
    turns = detector(prefix_padding_ms=300)
    assert run(turns, [1] * 5 + [0] * 5 + [1] * 3) == [Started(0.0), Stopped(100.0), Started(100.0)]


def test_soft_frames_keep_a_turn_going_but_cannot_start_one() -> None:
    assert run(detector(), [0.4] * 20) == []
    assert run(detector(), [1] * 3 + [0.4] * 20) == [Started(0.0)]
    assert run(detector(), [1] * 3 + [0.34] * 20) == [Started(0.0), Stopped(60.0)]


def test_silence_ends_a_turn_at_a_very_low_threshold_too() -> None:
    assert run(detector(threshold=0.1), [0.2] * 5 + [0.0] * 10) == [Started(0.0), Stopped(100.0)]


def test_a_pause_shorter_than_the_window_does_not_end_it() -> None:
    assert run(detector(), [1] * 3 + [0] * 4 + [1] + [0] * 10) == [Started(0.0), Stopped(160.0)]


def test_reset_forgets_the_speech_that_is_going_on() -> None:
    turns = detector()
    run(turns, [1] * 3)
    turns.reset()
    assert run(turns, [0] * 20, 60) == []
    assert run(turns, [1] * 2, 460) == []


@pytest.mark.parametrize("frame_ms", [10, 16, 32, 32 / 3])
def test_frames_of_any_length_add_up(frame_ms: float) -> None:
    turns = TurnDetector(prefix_padding_ms=0, silence_duration_ms=96, min_speech_ms=frame_ms * 6)
    found = [turns.push(1.0, n * frame_ms, (n + 1) * frame_ms) for n in range(6)]
    assert found == [None] * 5 + [Started(0.0)]
