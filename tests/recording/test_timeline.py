"""Where the pieces of sound lie, by values and for pieces in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.timeline import FARTHEST, Piece, Placed, Timeline, tiles

BEGAN = 1_700_000_000.0


def sound(samples: int, value: int = 1) -> Any:
    return np.full(samples, value, np.int16)


def told(placed: list[Placed]) -> list[tuple[str, int, int]]:
    return [(one.piece.kind, one.piece.start, one.piece.samples) for one in placed]


def test_the_first_piece_lies_where_it_was_heard():
    timeline = Timeline(BEGAN)
    placed = timeline.place("page", "user", 96_000, sound(6000), BEGAN + 2.0, call_id="rtc_1")
    assert told(placed) == [("gap", 0, 42_000), ("sound", 42_000, 6000)]
    assert placed[1].piece.call_id == "rtc_1"
    assert timeline.offset("page") == 42_000 - 96_000
    assert timeline.end == 2 * RATE


def test_it_begins_with_the_first_call():
    timeline = Timeline(BEGAN)
    assert timeline.begins(BEGAN + 3600)
    assert not timeline.begins(BEGAN + 3601)
    assert told(timeline.place("page", "user", 0, sound(RATE), BEGAN + 3602))[-1] == ("sound", RATE, RATE)


def test_what_has_a_place_keeps_it():
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 0, sound(RATE), BEGAN + 2)
    assert not timeline.begins(BEGAN + 3600)
    assert told(timeline.place("next", "user", 0, sound(RATE), BEGAN + 4))[-1] == ("sound", 3 * RATE, RATE)


def test_both_sides_of_a_clock_lie_as_on_the_clock_whenever_they_come():
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 1000, sound(10), BEGAN + 1)
    placed = timeline.place("page", "assistant", 1003, sound(10), BEGAN + 500)
    offset = timeline.offset("page")
    assert offset is not None
    assert placed[-1].piece.start == offset + 1003


def test_a_second_clock_begins_by_the_wall_clock_and_never_in_what_is_there():
    timeline = Timeline(BEGAN)
    timeline.place("one", "user", 0, sound(5 * RATE), BEGAN + 5)
    timeline.place("two", "user", 0, sound(RATE), BEGAN + 9)
    assert timeline.offset("two") == 8 * RATE
    timeline.place("faster than time", "user", 0, sound(RATE), BEGAN + 9.1)
    assert timeline.offset("faster than time") == 9 * RATE


def test_what_came_second_of_a_new_clock_leaves_a_place_for_the_first():
    timeline = Timeline(BEGAN)
    timeline.place("one", "user", 0, sound(RATE), BEGAN + 1)
    timeline.place("two", "user", 480, sound(480, 2), BEGAN + 1)
    assert told(timeline.place("two", "user", 0, sound(480, 3), BEGAN + 1)) == [("sound", RATE, 480)]


@pytest.mark.parametrize("at", [BEGAN - 1e6, BEGAN + 1e12, BEGAN + 40 * 24 * 3600])
def test_a_wall_clock_that_is_wrong_costs_no_more_than_a_day(at: float):
    timeline = Timeline(BEGAN)
    assert timeline.place("page", "user", 0, sound(RATE), at)[-1].piece.kind == "sound"
    assert timeline.end <= FARTHEST + RATE


def test_a_number_that_is_wrong_costs_its_piece():
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 0, sound(100), BEGAN)
    assert timeline.place("page", "user", 10**13, sound(100), BEGAN) == []
    assert timeline.place("page", "user", -(10**13), sound(100), BEGAN) == []
    assert timeline.gap("page", "user", 10**13, 5, "lost") == []
    assert timeline.gap("nobody knows it", "user", 0, 5, "lost") == []
    assert timeline.end == 100


def test_a_known_hole_has_its_reason_until_it_is_filled():
    timeline = Timeline(BEGAN)
    placed = timeline.place("page", "user", 0, sound(100), BEGAN)
    placed += timeline.gap("page", "user", 100, 50, "overflow")
    placed += timeline.place("page", "user", 170, sound(30), BEGAN)
    pieces = [one.piece for one in placed]
    wanted = [("sound", 0, None), ("gap", 100, "overflow"), ("gap", 150, None), ("sound", 170, None)]
    assert [(x.kind, x.start, x.reason) for x in tiles(pieces, 200) if x.side == "user"] == wanted
    pieces += [one.piece for one in timeline.place("page", "user", 90, sound(60), BEGAN)]
    wanted = [("sound", 0, None), ("gap", 150, None), ("sound", 170, None)]
    assert [(x.kind, x.start, x.reason) for x in tiles(pieces, 200) if x.side == "user"] == wanted


def test_what_is_said_in_a_pause_is_silence_for_good():
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 0, sound(100), BEGAN)
    paused = timeline.place("page", "user", 100, sound(100), BEGAN, paused=True)
    assert [(one.piece.kind, one.pcm) for one in paused] == [("paused", None)]
    assert told(timeline.place("page", "user", 150, sound(100), BEGAN)) == [("sound", 200, 50)]


def test_redaction_counts_before_all_else():
    pieces = [
        Piece("user", 0, 100, "sound"),
        Piece("user", 20, 30, "redacted"),
        Piece("user", 0, 90, "sound"),
    ]
    assert [(x.kind, x.start, x.samples) for x in tiles(pieces, 100) if x.side == "user"] == [
        ("sound", 0, 20),
        ("redacted", 20, 30),
        ("sound", 50, 50),
    ]


def test_only_holes_take_memory():
    timeline = Timeline(BEGAN)
    for number in range(2000):
        timeline.place("page", "user", 240 * number, sound(240), BEGAN)
    timeline.place("page", "user", 240 * 2001, sound(240), BEGAN)
    assert len(timeline._covered["user"]) == 2


PIECES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(SIDES),
        st.integers(0, 60),
        st.integers(0, 25),
        st.booleans(),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=300)
@given(PIECES)
def test_pieces_in_any_order_make_one_timeline(pieces: list[tuple[str, Side, int, int, bool]]):
    """Duplicates, overlaps, gaps: each sample is the first that came, at its place, and no other is there."""
    timeline = Timeline(BEGAN)
    wanted: dict[Side, dict[int, int]] = {side: {} for side in SIDES}
    noted: list[Piece] = []
    written: dict[Side, dict[int, int]] = {side: {} for side in SIDES}
    for number, (clock, side, start, samples, paused) in enumerate(pieces, 1):
        pcm = (np.arange(samples) + 100 * number).astype(np.int16)
        placed = timeline.place(clock, side, start, pcm, BEGAN, paused=paused)
        offset = timeline.offset(clock)
        if samples:
            assert offset is not None
            assert timeline.place(clock, side, start, pcm, BEGAN, paused=paused) == []
            for at in range(samples):
                if offset + start + at >= 0:
                    value = 0 if paused else int(pcm[at])
                    wanted[side].setdefault(offset + start + at, value)
        for piece, there in placed:
            noted.append(piece)
            assert (there is not None) == (piece.kind == "sound")
            assert there is None or len(there) == piece.samples
            if piece.kind != "gap":
                for at in range(piece.samples):
                    assert piece.start + at not in written[piece.side], "nothing is written twice"
                    written[piece.side][piece.start + at] = 0 if there is None else int(there[at])
    assert written == wanted
    tiled = tiles(noted, timeline.end)
    for side in SIDES:
        own = [tile for tile in tiled if tile.side == side]
        ends = [0, *(tile.end for tile in own)]
        assert [tile.start for tile in own] == ends[:-1]
        assert ends[-1] == timeline.end
        assert all(tile.samples > 0 for tile in own)
        there = {at for tile in own if tile.kind != "gap" for at in range(tile.start, tile.end)}
        assert there == set(wanted[side])
