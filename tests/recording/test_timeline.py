"""Where the pieces of sound lie, by values and for pieces in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.timeline import FARTHEST, UNALIGNED, Piece, Placed, Timeline, settled, tiles

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


def test_what_is_pending_makes_room_for_the_same_at_its_place():
    timeline = Timeline(BEGAN)
    waits = timeline.place("page", "user", 100, sound(60), BEGAN, alignment="pending")
    waits += timeline.place("page", "user", 160, sound(40), BEGAN, alignment="pending")
    assert told(waits) == [("pending", 100, 60), ("pending", 160, 40)]
    assert timeline.end == 0
    placed = timeline.place("page", "user", 70, sound(100, 2), BEGAN)
    assert told(placed) == [("gap", 0, 70), ("sound", 70, 100), ("gap", 170, 0)]
    assert placed[-1].pcm is not None
    assert placed[-1].pcm.tolist() == [0] * 30
    noted = settled(one.piece for one in waits + placed)
    assert [(x.kind, x.start, x.end) for x in tiles(noted, 200) if x.side == "user"] == [
        ("gap", 0, 70),
        ("sound", 70, 170),
        ("gap", 170, 200),
    ]


def test_what_is_pending_is_sound_if_nothing_comes_in_its_place():
    timeline = Timeline(BEGAN)
    waits = timeline.place("page", "user", 10, sound(60), BEGAN, alignment="pending")
    assert [(x.kind, x.start, x.end, x.reason) for x in settled(one.piece for one in waits)] == [
        ("sound", 10, 70, UNALIGNED)
    ]
    assert told(timeline.settle()) == [("gap", 0, 10), ("sound", 10, 60)]
    assert told(timeline.place("page", "user", 0, sound(80), BEGAN)) == [("sound", 0, 10), ("sound", 70, 10)]


def test_another_clock_changes_nothing_of_what_is_pending():
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 0, sound(60), BEGAN, alignment="pending")
    placed = timeline.place("another page", "user", 0, sound(10, 2), BEGAN)
    assert told(placed) == [("sound", 0, 60), ("sound", 60, 10)]


def test_what_is_pending_and_paused_is_on_no_disk():
    timeline = Timeline(BEGAN)
    assert timeline.place("page", "user", 0, sound(60), BEGAN, alignment="pending", paused=True) == []
    timeline.place("page", "user", 0, sound(60), BEGAN, alignment="pending")
    (paused,) = timeline.place("page", "user", 0, sound(60), BEGAN, paused=True)
    assert paused.pcm is not None
    assert not paused.pcm.any()


STEPS = st.lists(
    st.one_of(
        st.none(),
        st.tuples(
            st.sampled_from(SIDES), st.integers(0, 60), st.integers(1, 25), st.booleans(), st.booleans()
        ),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=300)
@given(STEPS)
def test_a_folder_says_of_each_sample_what_there_is_whenever_its_process_is_killed(steps: list[Any]):
    """None: it is settled. Else side, start, samples, pending, paused, on one clock."""
    timeline = Timeline(BEGAN)
    timeline.place("page", "user", 0, sound(1, 9), BEGAN)
    noted, file = [Piece("user", 0, 1, "sound")], {("user", 0): 9}
    kept, waits = {("user", 0): 9}, dict[tuple[Side, int], int]()
    for number, step in enumerate(steps, 10):
        if step is None:
            placed = timeline.settle()
            kept |= {place: value for place, value in waits.items() if place not in kept}
            waits = {}
        else:
            side, start, samples, pending, paused = step
            alignment: Any = "pending" if pending else "aligned"
            pcm = sound(samples, number)
            placed = timeline.place("page", side, start, pcm, BEGAN, alignment=alignment, paused=paused)
            places = [(side, at) for at in range(start, start + samples)]
            if pending and not paused:
                waits |= {place: number for place in places if place not in kept}
            elif not pending:
                waits = {place: value for place, value in waits.items() if place[0] != side}
                kept |= {place: 0 if paused else number for place in places if place not in kept}
        for piece, there in placed:
            noted.append(piece)
            for at, value in enumerate([] if there is None else there.tolist(), piece.start):
                file[piece.side, at] = value
        wanted = {place: value for place, value in (kept | waits).items() if value}
        assert {place: value for place, value in file.items() if value} == wanted
        tiled = tiles(settled(noted), 100)
        assert {(x.side, at) for x in tiled if x.kind == "sound" for at in range(x.start, x.end)} == {*wanted}


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


def test_who_is_killed_while_what_is_pending_gets_its_place_has_lost_none_of_it():
    timeline, pcm = Timeline(0.0), np.ones(100, np.int16)
    noted = [x.piece for x in timeline.place("page", "user", 0, pcm, 0.0)]
    noted += [x.piece for x in timeline.place("page", "user", 300, pcm, 0.1, alignment="pending")]
    placed = [x.piece for x in timeline.place("page", "user", 260, pcm, 0.2)]
    assert [piece.kind for piece in placed] == ["gap", "sound", "gap"]
    for written in range(len(placed) + 1):
        sounds = [x for x in settled([*noted, *placed[:written]]) if x.kind == "sound"]
        assert sum(piece.samples for piece in sounds) == 200
