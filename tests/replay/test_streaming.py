"""Pieces of a long sound go on without a gap, wherever they begin."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest

from tests.analysis.made import InMemory
from tests.recording.talks import tone
from tests.replay.test_coding import decoded
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Stereo
from voice_widget.replay import streaming
from voice_widget.replay.streaming import Streamed


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PIECE_S", 2)


def sides(seconds: float) -> Stereo:
    samples = round(seconds * RATE)
    return np.stack([tone(samples, 300), tone(samples, 900)], axis=1)


def streamed(pcm: Stereo) -> Streamed:
    return Streamed(InMemory(pcm))


def packets(data: bytes) -> list[tuple[int, int]]:
    """When each begins, in milliseconds, and its size."""
    with av.open(io.BytesIO(data)) as file:
        return [(packet.pts, packet.size) for packet in file.demux(audio=0) if packet.pts is not None]


def joined(of: Streamed, numbers: list[int]) -> bytes:
    """As a page puts them together: the head of the first one, then the sound."""
    pieces = [of.piece(number) for number in numbers]
    return pieces[0].data + b"".join(data[head:] for data, head in pieces[1:])


@pytest.mark.parametrize("seconds", [0.01, 1.3, 2.0, 2.01, 6.37])
def test_a_packet_each_twenty_milliseconds_and_none_twice(seconds: float) -> None:
    pcm = sides(seconds)
    whole = streamed(pcm)
    assert whole.pieces == max(1, -(-len(pcm) // (2 * RATE)))
    starts = [start for start, _ in packets(joined(whole, [*range(whole.pieces)]))]
    # WebM counts milliseconds, and the encoder's look ahead is none of them.
    assert all(19 <= after - before <= 21 for before, after in pairwise(starts))
    assert starts[0] in (-7, -6)
    assert starts[-1] + 20 >= 1000 * seconds - 7


def test_what_comes_out_is_what_was_said_and_joints_are_not_heard() -> None:
    pcm = sides(6.5)
    heard = decoded(joined(streamed(pcm), [0, 1, 2, 3]))
    assert abs(len(heard) - len(pcm)) <= RATE // 50
    error: Any = heard[: len(pcm)].astype(float) - pcm[: len(heard)]

    def rms(at: float) -> float:
        """Of 40 ms around a moment."""
        around = error[round((at - 0.02) * RATE) : round((at + 0.02) * RATE)]
        return float(np.sqrt(np.mean(around**2)))

    usual = float(np.median([rms(at) for at in np.arange(0.5, 6.0, 0.1)]))
    tone_rms = 8000 / np.sqrt(2)
    assert usual < 0.1 * tone_rms
    for joint in (2, 4, 6):
        assert rms(joint) < 0.12 * tone_rms


def test_a_piece_by_itself_is_where_it_belongs_and_its_head_is_that_of_all() -> None:
    whole = streamed(sides(6.5))
    first, third = whole.piece(0), whole.piece(2)
    assert first.data[: first.head] == third.data[: third.head]
    assert 0 < first.head < 1000
    begins = packets(third.data)[0][0]
    assert 3990 <= begins <= 4000
    assert whole.piece(2) == third
