from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from tests.tables.test_transcript import row
from voice_widget.errors import ErrorInfo
from voice_widget.realtime.state.changes import (
    Problem,
    ResponseDone,
    RowChanged,
    RowText,
    StateChanged,
    TurnFinished,
)
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.report import Report, short, summary_of

GONE: ErrorInfo = {"code": "gone", "message": "It went away.", "next_step": "Call again."}


class Desk:
    """A report whose traits and messages are written down."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.traits: dict[str, Any] = {
            "connection_state": "disconnected",
            "turns": 0,
            "error": None,
            "summary": None,
        }
        self.traits["activity"] = "idle"
        self.transcripts: list[tuple[list[str], bool, bool]] = []
        self.publisher = Publisher(lambda message, buffers: self.sent.append(dict(message)))
        self.under: list[str] = []
        self.report = Report(
            self.publisher,
            write=self.traits.__setitem__,
            read=self.traits.__getitem__,
            write_transcript=lambda rows, tell, send: self.transcripts.append(
                ([r["text"] for r in rows], tell, send)
            ),
            facts=tuple(self.traits),
            under=self.under.copy,
        )

    def publish(self, *changes: Any) -> None:
        self.report.publish(changes)
        assert self.publisher.flush(calls=True)

    def do(self, job: Any) -> None:
        self.publisher.submit(job)
        assert self.publisher.flush()


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.publisher.close()


def test_rows_and_text_become_messages_in_order(desk: Desk):
    desk.publish(
        RowChanged(row(1, text="")),
        RowText("item_1", text="how man"),
        RowText("item_1", delta=" rows", audio_start_ms=10, audio_end_ms=20),
        RowText("item_1", delta=" there", audio_start_ms=20, estimated=True),
        RowChanged(row(1)),
    )
    assert [{k: v for k, v in message.items() if k != "seq"} for message in desk.sent] == [
        {"type": "row", "row": row(1, text="")},
        {"type": "text", "item_id": "item_1", "text": "how man"},
        {"type": "text", "item_id": "item_1", "delta": " rows", "audio_start_ms": 10, "audio_end_ms": 20},
        {"type": "text", "item_id": "item_1", "delta": " there", "audio_start_ms": 20, "estimated": True},
        {"type": "row", "row": row(1)},
    ]


def test_a_snapshot_is_of_its_place_in_the_order_and_not_changed_later(desk: Desk):
    desk.publish(RowChanged(row(2, text="a")), RowChanged(row(1)), RowText("item_2", delta="b"))
    desk.do(lambda: desk.report.hello("p"))
    desk.publish(RowText("item_2", delta="c"), RowText("unknown", delta="c"))
    snapshot = next(message for message in desk.sent if message["type"] == "snapshot")
    assert [(r["seq"], r["text"]) for r in snapshot["rows"]] == [(1, "how many rows"), (2, "ab")]
    assert snapshot["seq"] == 4


def test_a_finished_turn_is_told_counted_and_not_sent_whole(desk: Desk):
    turns: list[Any] = []
    desk.report.on("turn", turns.append)
    desk.traits["connection_state"] = "connected"
    desk.publish(RowChanged(row(1)), TurnFinished(row(1)), RowChanged(row(2, text="under way")))
    assert desk.transcripts == [(["how many rows"], True, False)]
    assert desk.traits["turns"] == 1
    assert turns == [row(1)]


def test_what_was_shown_stands_under_its_question_or_else_under_the_latest_row(desk: Desk):
    desk.do(lambda: desk.report.shown(0, "", "greeting"))
    desk.publish(RowChanged(row(2, item_id="asked")), RowChanged(row(1, item_id="before", role="assistant")))
    desk.do(lambda: desk.report.shown(1, "before", "table · 3 rows"))
    desk.under.append("p")
    desk.do(lambda: desk.report.shown(2, "deleted", ""))
    told = [message["result"] for message in desk.sent if message["type"] == "result"]
    assert told == [
        {"number": 0, "item_id": "", "label": "greeting", "under": []},
        {"number": 1, "item_id": "before", "label": "table · 3 rows", "under": []},
        {"number": 2, "item_id": "asked", "label": "", "under": ["p"]},
    ]
    desk.do(lambda: desk.report.hello("p"))
    (snapshot,) = [message for message in desk.sent if message["type"] == "snapshot"]
    assert snapshot["results"] == [{**result, "under": ["p"]} for result in told]


def test_late_text_mends_the_transcript_without_telling_again(desk: Desk):
    desk.traits["connection_state"] = "connected"
    desk.publish(TurnFinished(row(1, text="")), RowText(row(1)["item_id"], "late"))
    assert desk.transcripts == [([""], True, False), (["late"], False, False)]
    assert desk.traits["turns"] == 1
    # When the talk is over the page has the whole, and it has to be mended there, too.
    desk.publish(StateChanged("connection_state", "disconnected"), RowChanged(row(1, text="later")))
    assert desk.transcripts[2:] == [(["late"], False, True), (["later"], False, True)]


def test_the_end_keeps_what_was_under_way(desk: Desk):
    desk.traits["connection_state"] = "connected"
    desk.publish(RowChanged(row(1, status="in_progress")), StateChanged("connection_state", "error"))
    assert desk.transcripts == [(["how many rows"], False, True)]
    assert desk.traits["turns"] == 0
    desk.publish(TurnFinished(row(1, text="late")))
    assert desk.transcripts[-1] == (["late"], True, True)
    assert desk.traits["summary"]["turns"] == 1


def test_a_new_call_clears_the_error_and_the_summary(desk: Desk):
    desk.publish(Problem(GONE))
    assert desk.traits["error"] == GONE
    desk.traits["summary"] = {"turns": 1}
    desk.publish(StateChanged("connection_state", "connecting"))
    assert desk.traits["error"] is None
    assert desk.traits["summary"] is None


def test_a_state_is_told_when_it_changes(desk: Desk):
    told: list[Any] = []
    desk.report.on("state", told.append)
    desk.publish(*[StateChanged("activity", value) for value in ("idle", "listening", "listening")])
    assert told == [{"name": "activity", "value": "listening"}]


def test_errors_reach_trait_and_callbacks_before_who_waits(desk: Desk):
    told: list[Any] = []
    desk.report.on("error", told.append)
    future: Future[None] = Future()
    desk.do(lambda: desk.report.until("connected", future))
    desk.publish(StateChanged("error", GONE), StateChanged("connection_state", "error"))
    assert told == [GONE]
    with pytest.raises(Exception, match="It went away"):
        future.result(0)


def test_what_is_no_trait_is_passed_over(desk: Desk):
    before = dict(desk.traits)
    desk.publish(StateChanged("call_id", "rtc_1"), ResponseDone("resp_1", "completed"))
    assert desk.traits == before
    assert desk.sent == []


def test_a_change_that_fails_costs_itself(desk: Desk):
    desk.publish(RowChanged({}), RowChanged(row(1)))  # type: ignore[typeddict-item]
    assert [message["type"] for message in desk.sent] == ["row"]


def test_the_summary_counts_and_takes_the_median():
    assert summary_of([]) is None
    rows = [
        row(1),
        row(2, response_gap_ms=100, interrupted=True),
        row(3, response_gap_ms=300),
        row(4, response_gap_ms=900),
    ]
    assert summary_of(rows) == {"turns": 4, "interruptions": 1, "median_gap_ms": 300}
    assert summary_of(rows[:3]) == {"turns": 3, "interruptions": 1, "median_gap_ms": 200}
    assert summary_of(rows[:1]) == {"turns": 1, "interruptions": 0, "median_gap_ms": None}


def test_a_text_that_streams_faster_than_it_is_told_is_told_in_fewer_pieces(desk: Desk):
    held = threading.Event()
    desk.publisher.submit(lambda: held.wait(10) and None)
    desk.report.publish([RowChanged(row(1, item_id="a", text=""))])
    for word in ("one ", "two ", "three "):
        desk.report.publish([RowText("a", word)])
    desk.report.publish([RowText("a", "timed ", None, 10, 20), RowText("a", "words ", None, 20, 30)])
    desk.report.publish([RowText("b", None, "gue"), RowText("b", None, "guess")])
    held.set()
    assert desk.publisher.flush()
    texts = [(m["item_id"], m.get("delta"), m.get("text")) for m in desk.sent if m["type"] == "text"]
    assert texts == [
        ("a", "one two three ", None),
        ("a", "timed ", None),
        ("a", "words ", None),
        ("b", None, "guess"),
    ]
    assert desk.report.rows["a"]["text"] == "one two three timed words "


def test_what_was_published_is_written_though_another_thread_is_held_up_at_publishing(desk: Desk):
    submit = desk.publisher.submit
    second = threading.Thread(target=desk.report.publish, args=([StateChanged("turns", 1)],))

    def held_up(job: Any) -> bool:
        desk.publisher.submit = submit  # type: ignore[method-assign]
        second.start()
        second.join(0.1)  # it may have to wait for this thread
        if not second.is_alive():
            assert desk.publisher.flush()
            assert desk.traits["turns"] == 1
        return submit(job)

    desk.publisher.submit = held_up  # type: ignore[method-assign]
    desk.report.publish([StateChanged("activity", "thinking")])
    second.join()
    assert desk.publisher.flush()
    assert (desk.traits["activity"], desk.traits["turns"]) == ("thinking", 1)


def test_of_what_a_tool_gave_a_page_gets_the_beginning_and_where_the_rest_is() -> None:
    words: Any = {"output": "x" * 1200, "error": None, "progress": "y" * 1000, "traceback": "z"}
    told = short(words)
    rest = "\n… Cut here, of 1,200 characters. All of it is in w.tool_calls_df."
    assert told["output"] == "x" * 1000 + rest
    assert (told["error"], told["progress"], told["traceback"]) == (None, "y" * 1000, None)
