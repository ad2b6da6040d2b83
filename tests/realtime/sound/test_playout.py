from __future__ import annotations

import base64
from typing import Any

import pytest

from voice_widget.realtime.sound.playout import Playout, delta_ms


def told(events: Any) -> list[tuple[str, str, int]]:
    return [(e["type"].removeprefix("output_audio_buffer."), e["response_id"], e["audio_ms"]) for e in events]


def test_a_whole_answer_starts_and_stops_on_the_audio_clock() -> None:
    ledger = Playout()
    assert ledger.append("r", "i", 200.0)
    assert ledger.append("r", "i", 100.0)
    assert ledger.pending_ms == 300.0
    assert ledger.advance(0.0, 1000.0) == []
    assert told(ledger.advance(50.0, 1050.0)) == [("started", "r", 1000)]
    assert ledger.advance(150.0, 1150.0) == []
    assert ledger.complete("r", 1160.0) == []
    # The report comes late: the sound had ended when the player had no more.
    assert told(ledger.advance(900.0, 1300.0)) == [("stopped", "r", 1300)]
    assert (ledger.pending_ms, ledger.played_ms) == (0.0, 300.0)


def test_a_response_said_to_be_whole_after_its_sound_stops_when_the_sound_did() -> None:
    ledger = Playout()
    ledger.append("r", "i", 100.0)
    assert told(ledger.advance(100.0, 600.0)) == [("started", "r", 500)]
    assert ledger.advance(100.0, 800.0) == []
    assert told(ledger.complete("r", 900.0)) == [("stopped", "r", 600)]
    assert ledger.complete("r", 950.0) == []


def test_a_buffer_that_runs_dry_does_not_stop_the_answer() -> None:
    ledger = Playout()
    ledger.append("r", "i", 100.0)
    ledger.advance(100.0, 100.0)
    ledger.append("r", "i", 100.0)
    assert ledger.advance(150.0, 450.0) == []


def test_two_answers_one_after_the_other() -> None:
    ledger = Playout()
    ledger.append("r1", "i1", 100.0)
    ledger.append("r2", "i2", 100.0)
    ledger.complete("r1", 0.0)
    ledger.complete("r2", 0.0)
    assert told(ledger.advance(150.0, 150.0)) == [
        ("started", "r1", 0),
        ("stopped", "r1", 100),
        ("started", "r2", 100),
    ]
    assert told(ledger.advance(200.0, 200.0)) == [("stopped", "r2", 200)]


def test_two_items_of_one_answer_are_one_sound() -> None:
    ledger = Playout()
    ledger.append("r", "i1", 100.0)
    ledger.append("r", "i2", 100.0)
    assert told(ledger.advance(150.0, 150.0)) == [("started", "r", 0)]
    cut = ledger.clear(150.0, 150.0)
    (truncate,) = cut.requests
    assert truncate == {
        "type": "conversation.item.truncate",
        "item_id": "i2",
        "content_index": 0,
        "audio_end_ms": 50,
    }
    assert told(cut.events) == [("cleared", "r", 150)]


@pytest.mark.parametrize(
    ("played", "end"), [(120.9, 120), (5000.0, 300), (0.4, None), (0.0, None), (-5.0, None)]
)
def test_the_cut_is_what_was_played_never_more_and_never_zero(played: float, end: int | None) -> None:
    ledger = Playout()
    ledger.append("r", "i", 300.0, content_index=1)
    cut = ledger.clear(played, 1000.0)
    (request,) = cut.requests
    if end is None:
        assert request == {"type": "conversation.item.delete", "item_id": "i"}
    else:
        assert (request["audio_end_ms"], request["content_index"]) == (end, 1)
    assert told(cut.events)[-1] == ("cleared", "r", 1000)
    assert ledger.pending_ms == 0.0


def test_audio_of_a_cut_answer_is_not_played() -> None:
    ledger = Playout()
    ledger.append("r1", "i1", 100.0)
    ledger.append("r2", "i2", 100.0)
    cut = ledger.clear(50.0, 50.0)
    assert [event[:2] for event in told(cut.events)] == [
        ("started", "r1"),
        ("cleared", "r1"),
        ("cleared", "r2"),
    ]
    assert not ledger.append("r1", "i1", 100.0)
    assert not ledger.append("r2", "i2", 100.0)
    assert ledger.append("r3", "i3", 100.0)
    assert told(ledger.advance(100.0, 900.0)) == [("started", "r3", 850)]


def test_nothing_to_clear() -> None:
    cut = Playout().clear(10.0, 10.0)
    assert cut.requests == ()
    assert list(cut.events) == []


def test_an_answer_without_sound_neither_starts_nor_stops() -> None:
    ledger = Playout()
    ledger.append("r", "i", 0.0)
    assert ledger.complete("r", 10.0) == []
    assert ledger.advance(0.0, 20.0) == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, 959, 960, 961])
def test_length_of_a_delta(size: int) -> None:
    event = {"delta": base64.b64encode(b"\1" * size).decode()}
    assert delta_ms(event) == size / 48
    assert delta_ms(event, 8.0) == size / 8


def test_what_is_being_made_can_be_refused_before_any_of_it_sounds() -> None:
    ledger = Playout()
    ledger.begin({"id": "r1"})
    ledger.begin({"id": "aside"}, aside=True)
    assert not ledger.holds
    ledger.refuse()
    assert ledger.refuses("r1")
    assert not ledger.append("r1", "i1", 100.0)
    assert ledger.append("aside", "i2", 100.0)
    assert ledger.holds


def test_what_was_refused_plays_on_until_it_is_cleared() -> None:
    ledger = Playout()
    ledger.begin({"id": "r"})
    ledger.append("r", "i", 300.0)
    ledger.refuse()
    assert not ledger.append("r", "i", 100.0)
    ledger.begin({"id": "next"})
    cut = ledger.clear(120.0, 120.0)
    assert [request["audio_end_ms"] for request in cut.requests] == [120]
    assert told(cut.events) == [("started", "r", 0), ("cleared", "r", 120)]
    assert ledger.append("next", "i2", 50.0)


def test_what_is_made_already_is_not_refused() -> None:
    ledger = Playout()
    ledger.begin({"id": "r"})
    ledger.complete("r", 0.0)
    ledger.refuse()
    assert not ledger.refuses("r")


def test_responses_that_never_end_are_forgotten() -> None:
    ledger = Playout()
    for number in range(200):
        ledger.begin({"id": f"r{number}"})
    ledger.refuse()
    ledger.begin({"id": "next"})
    assert not ledger.refuses("r0")
    assert ledger.refuses("r199")


def test_what_was_not_heard_is_taken_back() -> None:
    ledger = Playout()
    for item_id in ("i1", "i2", "i3"):
        ledger.append("r", item_id, 100.0)
    cut = ledger.clear(150.0, 150.0)
    assert [(request["type"], request["item_id"]) for request in cut.requests] == [
        ("conversation.item.truncate", "i2"),
        ("conversation.item.delete", "i3"),
    ]


def test_an_item_of_which_a_part_was_heard_stays() -> None:
    ledger = Playout()
    ledger.append("r", "i", 100.0)
    ledger.append("r", "i", 100.0, content_index=1)
    assert [request["type"] for request in ledger.clear(50.0, 50.0).requests] == [
        "conversation.item.truncate"
    ]
    ledger.append("r2", "j", 100.0)
    ledger.append("r2", "j", 100.0, content_index=1)
    ledger.advance(150.0, 150.0)
    assert ledger.clear(150.0, 150.0).requests == []


def test_without_those_that_follow_only_the_answer_that_sounds_is_dropped() -> None:
    ledger = Playout()
    for name in ("1", "2"):
        ledger.append(f"r{name}", f"i{name}", 200.0)
        ledger.complete(f"r{name}", 0.0)
    cut = ledger.clear(50.0, 1050.0, following=False)
    assert told(cut.events) == [("started", "r1", 1000), ("cleared", "r1", 1050)]
    assert [request["item_id"] for request in cut.requests] == ["i1"]
    assert (ledger.pending_ms, ledger.played_ms) == (200.0, 50.0)
    assert (ledger.refuses("r1"), ledger.refuses("r2")) == (True, False)
    assert told(ledger.advance(60.0, 1100.0)) == [("started", "r2", 1090)]
    assert told(ledger.advance(250.0, 1290.0)) == [("stopped", "r2", 1290)]
