"""What a page that looks at the events is given of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from voice_widget.realtime.wire.events import Event
from voice_widget.tables.event_batches import LEFT_OUT, MOST_EVENTS, batch, told
from voice_widget.tables.event_log import EventLog


def log_of(*events: Event, most: int = 50_000) -> EventLog:
    log = EventLog(most)
    for at, event in enumerate(events):
        log.add(event, "received", float(at), "rtc_1")
    return log


def head_of(event: Event) -> list[Any]:
    ((head, _),) = [told(line) for line in log_of(event).lines()]
    return list(json.loads(head))


def numbers(answer: Mapping[str, Any]) -> tuple[int, int, int]:
    return answer["first"], answer["next"], answer["total"]


def test_an_event_is_two_lines_one_for_the_list_and_itself():
    log = log_of({"type": "conversation.item.done", "item": {"id": "item_1", "role": "user"}})
    head, event = batch(log, 0, 0)["lines"].split("\n")
    assert json.loads(head) == [0.0, "received", "conversation.item.done", "rtc_1", ["item_1"], "user", False]
    assert json.loads(event) == {"type": "conversation.item.done", "item": {"id": "item_1", "role": "user"}}


@pytest.mark.parametrize(
    ("event", "items"),
    [
        ({"type": "response.output_text.delta", "item_id": "a"}, ["a"]),
        ({"type": "response.output_item.done", "item": {"id": "a"}, "item_id": "a"}, ["a"]),
        ({"type": "response.done", "response": {"output": [{"id": "a"}, {"id": "b"}, 7]}}, ["a", "b"]),
        ({"type": "session.created", "item": "no item"}, []),
    ],
)
def test_which_turns_it_is_about(event: Event, items: list[str]):
    assert head_of(event)[4] == items


@pytest.mark.parametrize(
    ("event", "summary", "failed"),
    [
        ({"type": "response.output_audio_transcript.delta", "delta": "two "}, "two ", False),
        (
            {"type": "error", "error": {"message": "There is no such voice.", "code": "x"}},
            "There is no such voice.",
            True,
        ),
        ({"type": "response.done", "response": {"status": "failed"}}, "failed", True),
        ({"type": "response.done", "response": {"status": "completed"}}, "completed", False),
        ({"type": "conversation.item.input_audio_transcription.failed"}, "", True),
        ({"type": "voice_widget.page.voiced", "voiced": True, "side": "user"}, "user", False),
        ({"type": "response.done", "response": "odd"}, "", False),
    ],
)
def test_what_it_says_in_short(event: Event, summary: str, failed: bool):
    assert head_of(event)[5:] == [summary, failed]


def test_a_page_gets_them_piece_by_piece_and_then_nothing():
    log = log_of(*({"type": "response.create", "n": n} for n in range(1200)))
    assert numbers(batch(log, 0, 0)) == (0, 500, 1200)
    assert numbers(batch(log, 1000, 0)) == (1000, 1200, 1200)
    assert batch(log, 1200, 0)["lines"] == ""


def test_a_piece_has_a_size_too_but_never_nothing_in_it():
    long = {"type": "response.create", "text": "x" * 30_000}
    answer = batch(log_of(*[long] * 20), 0, 0)
    assert len(answer["lines"]) <= 1 << 18
    assert answer["next"] == 8
    assert numbers(batch(log_of({"type": "a", "text": "x" * 300_000}), 0, 0)) == (0, 1, 1)


def test_one_that_is_too_long_is_told_by_its_length():
    line = log_of({"type": "session.update", "instructions": "x" * 40_000}).lines()[0]
    assert json.loads(told(line)[1]) == {"type": "session.update", LEFT_OUT: len(line.event)}


def test_what_is_too_old_is_left_out_and_counted():
    log = log_of(*({"type": "response.create"} for _ in range(MOST_EVENTS + 300)))
    assert batch(log, 0, 0)["first"] == 300
    assert batch(log_of(*[{"type": "a"}] * 50, most=20), 0, 0)["first"] == 30


def test_events_that_have_become_others_are_told_anew():
    log = log_of({"type": "a"}, {"type": "b"})
    log.rewrite(lambda line: line._replace(event='{"type": "…"}'))
    answer = batch(log, 2, 0)
    assert (answer["edition"], *numbers(answer)) == (1, 0, 2, 2)


def test_no_secret_gets_to_a_page():
    event = {
        "type": "session.updated",
        "session": {"client_secret": "ek_1", "tools": [{"authorization": "ek_2"}]},
    }
    assert "ek_" not in batch(log_of(event), 0, 0)["lines"]
