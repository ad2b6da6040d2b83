"""When somebody is heard, by the rule that is documented; the page's has the same cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from voice_widget.audio.played import PlayedVoice
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.voice import ASSISTANT, USER, Voice

MS = RATE // 1000


def tone(length: int, *spans: tuple[int, int], level: float = 0.2) -> np.ndarray:
    """A square wave, so that the first and the last loud sample are known."""
    samples = np.zeros(length)
    for begin, end in spans:
        samples[begin:end] = np.where(np.arange(begin, end) % 40 < 20, level, -level)
    return samples


def feed(voice: Voice, samples: np.ndarray, piece: int = 4800) -> list[tuple[bool, int]]:
    pcm = (samples * 32_767).astype("<i2").tobytes()
    return [mark for at in range(0, len(pcm), 2 * piece) for mark in voice.push(pcm[at : at + 2 * piece])]


@pytest.mark.parametrize("piece", [100, 480, 4801, 24_000])
def test_it_is_exact_to_the_sample_in_pieces_of_any_length(piece: int) -> None:
    assert feed(Voice(ASSISTANT), tone(RATE, (5_003, 15_007)), piece) == [(True, 5_003), (False, 15_007)]


@pytest.mark.parametrize(
    ("spans", "marks"),
    [
        ([(5000, 5100)], 0),  # a click
        ([(2400, 4800), (4800 + 150 * MS, 15_000)], 2),  # a pause within a word
        ([(2400, 4800), (4800 + 250 * MS, 15_000)], 4),
    ],
)
def test_a_click_and_a_short_pause_are_none(spans: Sequence[tuple[int, int]], marks: int) -> None:
    assert len(feed(Voice(ASSISTANT), tone(RATE, *spans))) == marks


def test_a_steady_noise_is_the_room_and_speech_above_it_is_not() -> None:
    noise = np.where(np.arange(3 * RATE) % 2, 0.01, -0.01)
    noise[RATE : 2 * RATE] = tone(3 * RATE, (RATE, 2 * RATE))[RATE : 2 * RATE]
    assert feed(Voice(USER, follows_noise=True), noise) == [(True, RATE), (False, 2 * RATE)]


def test_a_soft_beginning_out_of_digital_silence_is_the_voice_s_and_not_the_room_s() -> None:
    samples = tone(RATE, (4800, 12_000))
    samples[4800 : 4800 + 70 * MS] *= 0.06
    assert feed(Voice(USER, follows_noise=True), samples) == [(True, 4800), (False, 12_000)]


def test_a_room_that_an_unmuted_microphone_lets_in_is_the_room() -> None:
    samples = tone(RATE, (2400, 19_200))
    samples[2400:14_400] *= 0.06
    assert feed(Voice(USER, follows_noise=True), samples)[0] == (True, 14_400)


def test_what_is_missing_is_told_by_the_number_of_the_next_sample() -> None:
    voice = Voice(ASSISTANT)
    voice.push(bytes(4800), 0)
    pcm = (tone(4800, (240, 4800)) * 32_767).astype("<i2").tobytes()
    assert voice.push(pcm, 50_000) == [(True, 50_240)]


def sound(ms: int, loud_ms: int) -> bytes:
    return bytes((tone(ms * MS, (0, loud_ms * MS)) * 32_767).astype("<i2").tobytes())


def test_an_answer_that_is_played_ends_with_its_voice() -> None:
    played = PlayedVoice()
    played.append(sound(500, 420), 1000.0)
    assert played.played(1010.0) == [(True, 1000.0)]
    assert played.played(1500.0, ends=True) == [(False, 1420.0)]
    played.append(sound(100, 100), 1500.0)
    assert played.played(1600.0, ends=True) == [(True, 1500.0), (False, 1600.0)]


def test_a_cut_answer_ends_where_it_was_cut() -> None:
    played = PlayedVoice()
    played.append(sound(900, 400), 0.0)
    assert played.played(100.0, ends=True) == [(True, 0.0), (False, 100.0)]
    assert played.played(900.0) == []
