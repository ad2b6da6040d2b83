from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voice_widget.realtime.state.records import Row
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.events import events_frame
from voice_widget.tables.schema import dtypes
from voice_widget.tables.transcript import (
    COMPUTED,
    cells_of,
    html_summary,
    level_db,
    plain_summary,
    transcript_frame,
    transcript_of,
)


def row(seq: int = 1, **changes: Any) -> Row:
    made: dict[str, Any] = {
        "seq": seq,
        "item_id": f"item_{seq}",
        "role": "user",
        "text": "how many rows",
        "text_heard": None,
        "status": "completed",
        "stop_reason": None,
        "stopped_by": None,
        "start_ms": 1200,
        "end_ms": 2400,
        "service_start_ms": 900,
        "service_end_ms": 2900,
        "started_at": "2026-03-01T10:00:01.250000+00:00",
        "arrived_at": "2026-03-01T10:00:02Z",
        "time_source": "engine",
        "response_gap_ms": None,
        "interrupted": False,
        "source": "speech",
        "voice": None,
        "model": "embedded",
        "call_id": "rtc_1",
        "overlap": None,
        "overlap_item_id": None,
        "images": 0,
        "text_before": None,
    }
    return made | changes  # type: ignore[return-value]


def test_an_empty_transcript_has_all_columns_and_their_dtypes():
    frame = transcript_frame([])
    assert list(frame.columns) == [*Row.__annotations__, *COMPUTED]
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == dtypes("transcript")
    assert len(frame) == 0


@pytest.mark.parametrize(
    "rows",
    [
        [row()],
        [row(start_ms=None, end_ms=None, started_at=None, model=None, call_id=None)],
        [row(1), row(2, role="assistant", response_gap_ms=310, text_heard="four", voice="one")],
        [{"seq": 1}],
    ],
)
def test_the_dtypes_do_not_depend_on_the_rows(rows: list[Any]):
    assert (transcript_frame(rows).dtypes == transcript_frame([]).dtypes).all()


def test_values_keep_their_meaning():
    frame = transcript_frame([row(2, role="assistant", response_gap_ms=310, interrupted=True), row(1)])
    assert list(frame["seq"]) == [1, 2]
    assert frame["response_gap_ms"].iloc[0] is pd.NA
    assert frame["response_gap_ms"].iloc[1] == 310
    assert frame["interrupted"].sum() == 1
    assert frame["started_at"].iloc[0] == pd.Timestamp("2026-03-01T10:00:01.25", tz="UTC")
    assert frame["arrived_at"].iloc[0] == pd.Timestamp("2026-03-01T10:00:02", tz="UTC")
    assert frame["text_heard"].isna().all()


def test_events_are_rows_with_their_json():
    log = EventLog()
    log.add({"type": "response.create", "event_id": "event_1", "response": {"x": "ä"}}, "sent", 0.5, "rtc_1")
    log.add({"type": "error"}, "received", 1.0, None)
    frame = events_frame(log.lines())
    assert list(frame.columns[:5]) == ["at", "direction", "type", "event_id", "event"]
    assert frame["at"].iloc[0] == pd.Timestamp(0.5, unit="s", tz="UTC")
    assert list(frame["direction"]) == ["sent", "received"]
    assert json.loads(frame["event"].iloc[0])["response"] == {"x": "ä"}
    assert frame["event_id"].isna().tolist() == [False, True]
    assert {name: str(dtype) for name, dtype in events_frame([]).dtypes.items()} == dtypes("events")
    assert (frame.dtypes == events_frame([]).dtypes).all()


@pytest.mark.filterwarnings("error")
def test_every_table_goes_through_json_as_the_page_says_and_keeps_its_moments():
    log = EventLog()
    log.add({"type": "error"}, "received", 1_760_000_000.123456, None)
    for table, name in ((events_frame(log.lines()), "at"), (transcript_frame([row()]), "started_at")):
        [line] = json.loads(table.to_json(orient="records", date_format="iso", date_unit="us"))
        assert pd.Timestamp(line[name]) == table[name].iloc[0]
        assert line[name].endswith("Z")


def test_the_html_is_escaped_and_shows_what_was_heard():
    html = html_summary(
        [
            row(text="<script>alert(1)</script>"),
            row(2, role="assistant", text="a b c", text_heard="a b", interrupted=True, response_gap_ms=310),
        ]
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "a b <em>(interrupted)</em>" in html
    assert "a b c" not in html
    assert "310" in html
    assert "w.transcript_df" in html


def test_summaries_say_how_to_get_the_rows_and_stay_short():
    rows = [row(n, text="word " * 500) for n in range(200)]
    assert "w.transcript_df" in plain_summary([])
    assert "<table>" not in html_summary([])
    assert len(plain_summary(rows)) < 4_000
    assert len(html_summary(rows)) < 40_000


def overlaps(*spans: tuple[str, int | None, int | None], **changes: Any) -> list[Any]:
    rows = [
        row(
            place,
            role=role,
            start_ms=start,
            end_ms=end,
            started_at=None if start is None else f"2026-03-01T10:00:{start / 1000:06.3f}+00:00",
            **changes,
        )
        for place, (role, start, end) in enumerate(spans, 1)
    ]
    table = transcript_frame(rows)["overlap_ms"]
    return [None if value is pd.NA else value for value in table]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("user", 0, 1000), ("assistant", 1500, 3000)], [0, 0]),
        ([("assistant", 0, 3000), ("user", 1000, 1500)], [500, 500]),
        ([("assistant", 0, 3000), ("user", 2500, 3500), ("user", 3400, 4000)], [500, 500, 0]),
        ([("assistant", 0, 3000), ("user", 100, 600), ("user", 500, 900)], [800, 500, 400]),
        ([("assistant", 0, 1000), ("assistant", 900, 2000), ("user", 500, 1500)], [500, 600, 1000]),
        ([("user", 0, 1000), ("user", 500, 1500)], [0, 0]),
        ([("user", 0, None), ("assistant", 500, 900)], [None, 0]),
        ([("user", None, None), ("assistant", 0, 900)], [None, 0]),
        ([("user", 0, 1000), ("assistant", 1000, 1000)], [0, 0]),
    ],
)
def test_how_long_both_sides_sounded(spans: list[Any], expected: list[Any]):
    assert overlaps(*spans) == expected


def test_two_calls_do_not_overlap_though_both_clocks_begin_at_zero():
    first = row(1, start_ms=0, end_ms=1000, started_at="2026-03-01T10:00:00.000+00:00", call_id=None)
    later = row(2, role="assistant", start_ms=0, end_ms=1000, started_at="2026-03-01T11:00:00.000+00:00")
    assert transcript_frame([first, later])["overlap_ms"].tolist() == [0, 0]


def test_within_a_call_its_own_clock_counts_and_not_the_moments_which_are_estimates():
    first = row(1, start_ms=0, end_ms=1000, started_at="2026-03-01T10:00:00.000+00:00")
    other = row(2, role="assistant", start_ms=900, end_ms=2000, started_at="2026-03-01T10:00:01.000+00:00")
    assert transcript_frame([first, other])["overlap_ms"].tolist() == [100, 100]


def test_how_long_and_how_loud_a_turn_is():
    table = transcript_frame([row(1, start_ms=100, end_ms=350), row(2, end_ms=None)], {"item_1": -20.5})
    assert table["audible_ms"].tolist()[0] == 250
    assert table["audible_ms"].isna().tolist() == [False, True]
    assert table["level_db"].tolist()[0] == -20.5
    assert table["level_db"].isna().tolist() == [False, True]


def test_a_level_is_of_full_scale():
    loud = np.full(480, 32767, dtype=np.int16)
    assert str(level_db([loud])) == "0.0"
    assert level_db([loud // 10]) == -20.0
    assert level_db([loud, loud // 10]) == -3.0
    noise = np.random.default_rng(0).integers(-32768, 32768, 1001, dtype=np.int16)
    assert level_db([noise]) == level_db([noise[:1], noise[1:500], noise[:0], noise[500:]])
    assert level_db([np.zeros(480, dtype=np.int16)]) is None
    assert level_db([loud[:0]]) is None
    assert level_db([]) is None


def test_rows_and_their_cells_make_the_same_table():
    rows = [row(1), row(2, role="assistant", response_gap_ms=310, interrupted=True, started_at=None)]
    by_cells = transcript_of([cells_of(one) for one in rows])
    pd.testing.assert_frame_equal(by_cells, transcript_frame(rows))
