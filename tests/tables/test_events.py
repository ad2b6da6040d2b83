"""The table of events grows with its log, and forgets with it."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.tables.test_event_log import filled
from voice_widget.tables.event_log import DROPPED, EventLog
from voice_widget.tables.events import EventsTable, events_frame


@pytest.mark.parametrize("most", [3, 5, 100])
def test_it_is_the_table_of_the_log_at_any_moment(most: int):
    log = EventLog(most=most)
    table = EventsTable(log)
    for count in (0, 1, 2, 0, 4, 1, 9):
        filled(log, count)
        pd.testing.assert_frame_equal(table.frame(), events_frame(log.lines()))


def test_what_is_missing_is_told_first():
    log = filled(EventLog(most=2), 5)
    table = EventsTable(log).frame()
    assert table["type"].tolist() == [DROPPED, "response.created", "response.created"]
    assert '"count": 3' in table["event"].iloc[0]


def test_since_gives_what_came_after():
    log = filled(EventLog(most=3), 5)
    assert [len(log.since(number)[1]) for number in (0, 2, 3, 5, 9)] == [3, 3, 2, 0, 0]
    assert log.since(0)[0] == 2
