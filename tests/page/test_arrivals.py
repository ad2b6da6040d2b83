"""A message that a front end or a proxy delivers twice is known, in whatever order."""

from __future__ import annotations

import random
from typing import Any

from voice_widget.page import arrivals
from voice_widget.page.arrivals import Arrivals


def numbered(seq: int, page: str = "p", kind: str = "audio", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "page": page, "seq": seq, "call": 1, **fields}


def new(known: Arrivals, *numbers: int, page: str = "p") -> list[int]:
    """The numbers that are taken for new."""
    return [seq for seq in numbers if known.add(numbered(seq, page))]


def test_what_came_is_known_at_once_later_and_whatever_it_is() -> None:
    known = Arrivals()
    assert new(known, 1, 1, 2, 3, 1, 2, 3, 4) == [1, 2, 3, 4]
    assert not known.add(numbered(3, kind="set", request_id="r"))
    assert known.add(numbered(5, kind="set", request_id="r"))


def test_what_was_overtaken_is_new_once() -> None:
    rng = random.Random(1)
    numbers = [n for n in range(1, 3000) for _ in range(2)]
    # Each comes a little early or late, and twice.
    numbers = [n for _, n in sorted((n + rng.uniform(0, 300), n) for n in numbers)]
    assert numbers != sorted(numbers)
    assert sorted(new(Arrivals(), *numbers)) == list(range(1, 3000))


def test_a_hole_is_a_hole_and_what_comes_after_it_is_known() -> None:
    known = Arrivals()
    assert new(known, 1, 4, 5, 4, 5, 1) == [1, 4, 5]
    long = range(6, 6 + 2 * arrivals.LATE)
    assert new(known, *long) == list(long)
    assert new(known, *range(4, 6 + 2 * arrivals.LATE), long.stop) == [long.stop]


def test_every_page_counts_for_itself_and_from_anywhere() -> None:
    known = Arrivals()
    assert new(known, 1, 2) == [1, 2]
    assert new(known, 1, 2, page="q") == [1, 2]
    assert new(known, 700, 701, 700, page="r") == [700, 701]
    assert new(known, 1, 2, 3) == [3]


def test_strange_numbers_are_bounded_and_harm_nobody() -> None:
    known = Arrivals()
    assert new(known, 0, -1, -(10**30)) == []
    for n in range(3 * arrivals.LATE):
        new(known, 10**30 - 2 * n, page="wild")
    for n in range(2 * arrivals.KEPT_PAGES):
        new(known, 1, page=f"p{n}")
        new(known, 1)
    assert len(known._pages) == arrivals.KEPT_PAGES
    assert all(len(numbers._beyond) <= arrivals.LATE for numbers in known._pages.values())
    assert new(known, 1, 2) == [2]


def test_without_numbers_requests_are_known_by_their_ids() -> None:
    known = Arrivals()
    asked = {"type": "send_text", "page": "p", "request_id": "r", "text": "hello"}
    event = {"type": "client_event", "page": "p", "event": {"type": "response.create", "event_id": "e"}}
    assert [known.add(message) for message in (asked, event, asked, event)] == [True, True, False, False]
    odd = {"type": "client_event", "page": "p", "event": {"type": "response.create", "event_id": ["odd"]}}
    sound = {"type": "audio", "page": "p", "call": 1}
    assert all(known.add(message) for message in (odd, odd, sound, sound))
