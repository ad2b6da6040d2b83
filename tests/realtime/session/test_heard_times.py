"""The times of rows are those of what sounded, in whatever order it is told."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import pytest

from tests.realtime.talk import HEARD, Talk

SECOND = base64.b64encode(b"\1\0" * 24_000).decode()
Told = tuple[float, str, dict[str, Any]]


def mark(heard_ms: float, side: str, voiced: bool, at_ms: float) -> Told:
    """A mark of the page, which arrives at ``heard_ms``."""
    return heard_ms, "voice_widget.page.voiced", {"side": side, "voiced": voiced, "at_ms": at_ms}


def told(at_ms: float, kind: str, **fields: Any) -> Told:
    return at_ms, kind, fields


def sound(at_ms: float, what: str, audio_ms: int | None = None, response_id: str = "r") -> Told:
    return told(at_ms, f"output_audio_buffer.{what}", response_id=response_id, audio_ms=audio_ms)


def play(talk: Talk, events: Sequence[Told]) -> None:
    """Each at its time, in the order given."""
    for at_ms, kind, fields in events:
        talk.at = 1_000_000.0 + at_ms / 1000
        talk(kind, wait=0.0, **fields)


def speech(talk: Talk) -> None:
    """Speech from 1,000 to 2,000 on the page's clock; the service's runs 400 ms behind."""
    play(
        talk,
        [
            mark(1040, "user", True, 1000),
            told(1150, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=350),
            mark(2210, "user", False, 2000),
            told(2600, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1640),
            told(2601, "input_audio_buffer.committed", item_id="u"),
            told(2602, HEARD + "completed", item_id="u", transcript="hello"),
        ],
    )


def answer(talk: Talk, words: Sequence[str] = ("One", " two", " three")) -> None:
    talk.at = 1_000_002.61
    talk("response.created", wait=0.0, response={"id": "r"})
    talk.message()
    for number, word in enumerate(words):
        talk("response.output_audio_transcript.delta", wait=0.0, response_id="r", item_id="a", delta=word,
             audio_start_ms=300 * number, audio_end_ms=300 * number + 300)  # fmt: skip
    talk("response.output_audio.delta", wait=0.0, response_id="r", item_id="a", delta=SECOND)


def times(talk: Talk, item_id: str) -> tuple[Any, ...]:
    row = talk.row(item_id)
    return row["start_ms"], row["end_ms"], row["service_start_ms"], row["service_end_ms"]


def test_a_users_times_are_those_of_the_voice_and_the_services_stand_beside_them() -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    assert times(talk, "u") == (1000, 2000, 350, 1640)
    row = talk.row("u")
    assert (row["time_source"], row["started_at"]) == ("page", "1970-01-12T13:46:41.040+00:00")


def test_an_earlier_cough_is_not_the_start() -> None:
    talk = Talk(transport="webrtc")
    play(talk, [mark(140, "user", True, 100), mark(400, "user", False, 190)])
    speech(talk)
    assert times(talk, "u")[:2] == (1000, 2000)


def test_a_pause_within_the_speech_is_part_of_it() -> None:
    talk = Talk(transport="webrtc")
    play(
        talk,
        [
            mark(1040, "user", True, 1000),
            told(1150, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=350),
            mark(1510, "user", False, 1300),
            mark(1640, "user", True, 1600),
            mark(2210, "user", False, 2000),
            told(2600, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1640),
        ],
    )
    assert times(talk, "u") == (1000, 2000, 350, 1640)


def test_an_answer_ends_with_its_voice_and_not_with_its_padding() -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(
        talk,
        [
            sound(2700, "started", 2270),
            mark(2850, "assistant", True, 2800),
            told(2860, "response.done", response={"id": "r", "status": "completed"}),
            sound(3700, "stopped", 3280),
        ],
    )
    assert talk.finished == ["u", "a"]
    play(talk, [mark(3900, "assistant", False, 3650)])
    assert times(talk, "a") == (2800, 3650, 2270, 3280)
    assert (talk.row("a")["response_gap_ms"], talk.row("a")["time_source"]) == (800, "page")


@pytest.mark.parametrize("late", ["marks", "events"])
def test_a_cut_answer_whose_marks_come_late_or_early_has_the_times_of_what_sounded(late: str) -> None:
    """Beside a busy loop what the page says and what the service says come in any order."""
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    marks = [mark(3900, "assistant", True, 2800), mark(3901, "assistant", False, 3350)]
    events = [
        sound(3880, "started", 2270),
        sound(3881, "cleared", 2850),
        told(3882, "conversation.item.truncated", item_id="a", audio_end_ms=560),
        told(3883, "response.done", response={"id": "r", "status": "cancelled"}),
    ]
    play(talk, [*events, *marks] if late == "marks" else [*marks, *events])
    assert times(talk, "a") == (2800, 3350, 2270, 2850)
    row = talk.row("a")
    assert (row["response_gap_ms"], row["text_heard"], row["interrupted"]) == (800, "One two", True)


@pytest.mark.parametrize("heard", [True, False])
def test_a_service_whose_clock_has_fallen_behind_does_not_move_the_answer(heard: bool) -> None:
    """Sound was lost on its way there: what it has counted is 800 ms less than what was said."""
    talk = Talk(transport="webrtc")
    speech(talk)
    play(
        talk,
        [
            mark(6040, "user", True, 6000),
            told(6200, "input_audio_buffer.speech_started", item_id="v", audio_start_ms=4750),
            mark(7210, "user", False, 7000),
            told(7600, "input_audio_buffer.speech_stopped", item_id="v", audio_end_ms=5840),
            told(7601, "input_audio_buffer.committed", item_id="v"),
        ],
    )
    answer(talk)
    events = [
        sound(8700, "started", 6840),
        sound(9400, "cleared", 7440),
        told(9401, "conversation.item.truncated", item_id="a", audio_end_ms=600),
        told(9402, "response.done", response={"id": "r", "status": "cancelled"}),
    ]
    marks = [mark(8250, "assistant", True, 8100), mark(8900, "assistant", False, 8650)]
    play(talk, [*events, *(marks if heard else ())])
    # Its voice in the page, or else a second behind the question as the service has it.
    start, end = (8100, 8650) if heard else (8000, 8600)
    assert times(talk, "a") == (start, end, 6840, 7440)
    assert talk.row("a")["response_gap_ms"] == start - 7000
    began = talk.row("a")["started_at"]
    assert began is not None
    assert began.endswith("48.140+00:00" if heard else "48.040+00:00")  # by the page's clock, told 40 ms late


def test_two_answers_get_the_sound_that_is_theirs() -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(talk, [told(2650, "response.done", response={"id": "r", "status": "completed"})])
    talk.answer("s", "b", "Four.")
    play(
        talk,
        [
            sound(2700, "started", 2270),
            sound(3700, "stopped", 3270),
            sound(3900, "started", 3470, "s"),
            sound(4900, "stopped", 4470, "s"),
            mark(4950, "assistant", True, 2800),
            mark(4950, "assistant", False, 3650),
            mark(4950, "assistant", True, 4000),
            mark(5000, "assistant", False, 4800),
        ],
    )
    assert times(talk, "a")[:2] == (2800, 3650)
    assert times(talk, "b")[:2] == (4000, 4800)


def test_two_answers_without_a_pause_share_what_was_heard() -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(talk, [told(2650, "response.done", response={"id": "r", "status": "completed"})])
    talk.answer("s", "b", "Four.")
    play(
        talk,
        [
            sound(2700, "started", 2270),
            mark(2850, "assistant", True, 2800),
            sound(3700, "stopped", 3270),
            sound(3701, "started", 3271, "s"),
            sound(4700, "stopped", 4270, "s"),
            mark(4950, "assistant", False, 4680),
        ],
    )
    first, second = times(talk, "a"), times(talk, "b")
    assert (first[0], second[1]) == (2800, 4680)
    assert first[1] == second[0] == pytest.approx(3671, abs=50)


def test_what_the_page_has_missed_is_not_known() -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(talk, [sound(2700, "started", 2270), mark(2850, "assistant", True, 2800)])
    assert talk.row("a")["response_gap_ms"] == 800
    talk("voice_widget.page.missed", from_ms=500.0, to_ms=1900.0)
    assert talk.row("a")["response_gap_ms"] == 800
    talk("voice_widget.page.missed", from_ms=2400.0, to_ms=2500.0)
    assert (talk.row("a")["response_gap_ms"], talk.row("a")["time_source"]) == (None, "page")


def test_by_comm_a_cancelled_answer_is_mended_when_it_is_told_that_it_sounded() -> None:
    """The page's word that it has played comes behind the end of the response."""
    talk = Talk(transport="comm")
    speech(talk)
    answer(talk)
    play(
        talk,
        [
            told(3400, "response.done", response={"id": "r", "status": "cancelled"}),
            sound(3500, "started", 2300),
            sound(3501, "cleared", 2900),
        ],
    )
    talk("conversation.item.truncate", sent=True, item_id="a", audio_end_ms=818)
    play(talk, [mark(3600, "assistant", True, 2800), mark(3601, "assistant", False, 3380)])
    row = talk.row("a")
    assert (row["text_heard"], row["interrupted"], row["status"]) == ("One two three", True, "incomplete")
    assert times(talk, "a") == (2800, 3380, 2300, 2900)
    assert row["response_gap_ms"] == 800
    assert talk.finished == ["u", "a"]


@pytest.mark.parametrize(
    ("how", "why"),
    [("voice_widget.call.closed", "call_ended"), ("voice_widget.call.retrying", "call_lost")],
)
def test_whatever_cuts_an_answer_it_says_so(how: str, why: str) -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(
        talk,
        [
            sound(2700, "started", 2270),
            mark(2850, "assistant", True, 2800),
            told(2860, "response.done", response={"id": "r", "status": "completed"}),
            mark(3400, "assistant", False, 3180),  # it fell silent there
            told(3600, how),
        ],
    )
    row = talk.row("a")
    assert (row["text_heard"], row["interrupted"], row["stop_reason"]) == ("One two", True, why)
    assert times(talk, "a")[:2] == (2800, 3180)


@pytest.mark.parametrize(("played", "heard"), [(149, ""), (150, "One"), (449, "One"), (450, "One two")])
def test_a_word_was_heard_when_most_of_it_sounded(played: int, heard: str) -> None:
    talk = Talk(transport="webrtc")
    speech(talk)
    answer(talk)
    play(talk, [sound(2700, "started", 2270), sound(3000, "cleared", 2570)])
    talk("conversation.item.truncated", item_id="a", audio_end_ms=played)
    assert talk.row("a")["text_heard"] == heard
