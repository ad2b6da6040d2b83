"""A look is taken again and again, as long as it is wanted, and never for long."""

from __future__ import annotations

import gc
import threading
import time
import weakref

from voice_widget.threads.repeating import SHARE, Repeating


class Owner:
    """Counts the looks."""

    def __init__(self) -> None:
        self.looks = 0
        self.enough = threading.Event()


def look(owner: Owner) -> bool:
    owner.looks += 1
    if owner.looks == 3:
        owner.enough.set()
    return owner.looks < 5


def test_it_looks_until_it_is_told_that_there_is_nothing_more() -> None:
    owner = Owner()
    repeating = Repeating("looks", owner, look, every_s=0.001)
    repeating.thread.join(10)
    assert not repeating.thread.is_alive()
    assert owner.looks == 5


def test_it_looks_no_more_when_it_is_closed() -> None:
    owner = Owner()
    repeating = Repeating("looks", owner, look, every_s=3600)
    repeating.close()
    repeating.thread.join(10)
    assert not repeating.thread.is_alive()
    assert owner.looks == 0


def test_it_ends_with_its_owner_and_does_not_hold_it() -> None:
    owner = Owner()
    repeating = Repeating("looks", owner, lambda _: True, every_s=0.001)
    gone = weakref.ref(owner)
    del owner
    repeating.thread.join(10)
    gc.collect()
    assert gone() is None
    assert not repeating.thread.is_alive()


def test_a_look_that_takes_long_is_taken_seldom() -> None:
    owner = Owner()
    starts: list[float] = []

    def works(_: Owner) -> bool:
        starts.append(time.monotonic())
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        return len(starts) < 2

    Repeating("looks", owner, works, every_s=0.0).thread.join(60)
    assert starts[1] - starts[0] >= SHARE * 0.05 * 0.99
