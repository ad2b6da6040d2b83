"""A long talk costs no more per event than a short one, and keeps nothing but its rows."""

from __future__ import annotations

import gc
import tracemalloc

from benchmarks.session import turn
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import RowChanged, RowText


def grown(session: Session, first: int, last: int) -> int:
    """How many bytes are held more after these turns."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(first, last):
        for event, at, sent in turn(number):
            session.apply(event, at, sent=sent)
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


def test_memory_grows_with_the_rows_only() -> None:
    session = Session()
    tracemalloc.start()
    try:
        grown(session, 0, 200)  # bounded stores are full by now
        per_turn = grown(session, 200, 700) / 500
    finally:
        tracemalloc.stop()
    assert len(session.rows) == 1400
    # Two rows with some hundred characters; an event of the turn alone is as large.
    assert per_turn < 4000


def test_a_turn_reports_as_much_after_500_turns_as_after_10() -> None:
    session = Session()
    sizes = []
    for number in range(501):
        changes = [c for event, at, sent in turn(number) for c in session.apply(event, at, sent=sent)]
        sizes.append((len(changes), sum(isinstance(c, (RowChanged, RowText)) for c in changes)))
    assert sizes[10] == sizes[500]
    assert sizes[10][0] > 20
    assert [row["seq"] for row in session.rows] == list(range(1, 1003))
    assert {row["status"] for row in session.rows} == {"completed"}
