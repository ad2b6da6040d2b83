"""Both sides come in step to who listens live."""

from __future__ import annotations

import numpy as np

from voice_widget.recording.pairing import LATE, Pairs


def of(value: int, count: int) -> np.ndarray:
    return np.full(count, value, np.int16)


def test_what_both_sides_have_come_to_is_given_once_and_in_order() -> None:
    pairs, got = Pairs(), []
    for n in range(10):
        for side, value in (("user", n + 1), ("assistant", -n - 1)):
            block = pairs.push("c", side, 100 * n, of(value, 100))
            got += [] if block is None else [block]
    whole = np.concatenate(got)
    assert whole.shape == (1000, 2)
    assert whole[:, 0].tolist() == [n + 1 for n in range(10) for _ in range(100)]
    assert (whole[:, 1] == -whole[:, 0]).all()


def test_a_side_that_does_not_come_is_silence_after_five_seconds() -> None:
    pairs = Pairs()
    assert pairs.push("c", "user", 0, of(1, LATE)) is None
    block = pairs.push("c", "user", LATE, of(2, 240))
    assert block is not None
    assert block.tolist() == [[1, 0]] * 240


def test_holes_are_silence_and_what_comes_too_late_is_passed_over() -> None:
    pairs = Pairs()
    pairs.push("c", "user", 0, of(1, 10))
    pairs.push("c", "user", 20, of(1, 10))
    block = pairs.push("c", "assistant", 0, of(2, 30))
    assert block is not None
    assert block[:, 0].tolist() == [1] * 10 + [0] * 10 + [1] * 10
    assert pairs.push("c", "assistant", 5, of(3, 10)) is None


def test_a_new_clock_begins_anew() -> None:
    pairs = Pairs()
    pairs.push("a", "user", 5000, of(1, 10))
    assert pairs.push("b", "user", 7, of(1, 10)) is None
    block = pairs.push("b", "assistant", 7, of(2, 10))
    assert block is not None
    assert block.tolist() == [[1, 2]] * 10


def test_what_waits_can_be_had_as_it_is() -> None:
    pairs = Pairs()
    assert pairs.rest() is None
    assert not pairs.waiting
    pairs.push("c", "user", 5, of(1, 10))
    assert pairs.waiting
    block = pairs.rest()
    assert block is not None
    assert block.tolist() == [[1, 0]] * 10
    assert not pairs.waiting
    assert pairs.rest() is None
    later = pairs.push("c", "assistant", 10, of(2, 10))
    assert later is None
    assert pairs.push("c", "user", 15, of(1, 5)).tolist() == [[1, 2]] * 5  # type: ignore[union-attr]
