"""The pieces that a page gets are one file, which holds what was recorded."""

from __future__ import annotations

import io
import wave
from typing import Any

import av
import numpy as np
import pytest

from tests.analysis.made import InMemory
from tests.recording.talks import tone
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Stereo
from voice_widget.replay import coding
from voice_widget.replay.coding import Coded


def sides(seconds: float) -> Stereo:
    """A tone each, the assistant's from the middle on."""
    samples = round(seconds * RATE)
    pcm = np.stack([tone(samples, 300), tone(samples, 900)], axis=1)
    pcm[: samples // 2, 1] = 0
    return pcm


def decoded(data: bytes) -> Stereo:
    found = []
    with av.open(io.BytesIO(data)) as file:
        thinner = av.AudioResampler("s16", "stereo", RATE)
        for frame in [*file.decode(audio=0), None]:
            found += [piece.to_ndarray().reshape(-1, 2) for piece in thinner.resample(frame)]
    return np.concatenate(found)


def level(pcm: Any) -> float:
    return float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64))))


@pytest.mark.parametrize("seconds", [0.4, 3.0, 7.25])
def test_opus_in_pieces_has_the_length_and_the_sides_of_what_it_was_made_of(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "PIECE_S", 2)
    pcm = sides(seconds)
    coded = Coded(InMemory(pcm), "opus")
    pieces = [coded.piece(number) for number in range(coded.pieces)]
    assert coded.pieces == -(-len(pcm) // (2 * RATE))
    assert all(pieces)
    heard = decoded(b"".join(pieces))
    assert abs(len(heard) - len(pcm)) <= 2
    half = len(pcm) // 2
    quiet, loud = heard[RATE // 10 : half - RATE // 20], heard[half + RATE // 20 : -RATE // 20]
    assert level(quiet[:, 1]) < 100
    for column in (loud[:, 0], loud[:, 1], quiet[:, 0]):
        assert level(column) == pytest.approx(8000 / np.sqrt(2), rel=0.1)


def test_a_piece_is_kept_and_may_be_asked_for_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "PIECE_S", 1)
    coded = Coded(InMemory(sides(3.5)), "opus")
    last = coded.piece(3)
    assert decoded(b"".join(coded.piece(number) for number in range(4))).shape[0] > 3.4 * RATE
    assert coded.piece(3) is last


def test_wav_is_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "PIECE_S", 1)
    pcm = sides(2.5)
    coded = Coded(InMemory(pcm), "wav")
    data = b"".join(coded.piece(number) for number in range(coded.pieces))
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, len(pcm))
        assert file.readframes(len(pcm)) == pcm.tobytes()
    assert coded.pieces == 3
