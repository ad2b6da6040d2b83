"""What a sound over an answer was taken for stands in its row; an assistant that hears itself is told of."""

from __future__ import annotations

import pytest

from tests.realtime.talk import HEARD, Talk
from voice_widget.realtime.state.changes import Noticed, RowChanged

ANSWER = "The average bill is highest on Sunday, at twenty-one dollars."


def answering(talk: Talk, number: int, text: str = ANSWER) -> None:
    """An answer sounds."""
    response, item = f"r{number}", f"a{number}"
    talk.response(response)
    talk.message(response, item)
    for place, word in enumerate(text.split()):
        talk.word(f"{word} ", response, item, at=place * 100)
    talk.sound("started", response, audio_ms=1000)


def cut(talk: Talk, number: int, said: str, played_ms: int = 400) -> None:
    """The answer is interrupted, and this was understood of what did it."""
    user = f"u{number}"
    talk("input_audio_buffer.speech_started", item_id=user, audio_start_ms=1100)
    talk.cancelled(f"r{number}")
    talk.sound("cleared", f"r{number}", audio_ms=1000 + played_ms)
    talk("conversation.item.truncated", item_id=f"a{number}", content_index=0, audio_end_ms=played_ms)
    talk("input_audio_buffer.speech_stopped", item_id=user, audio_end_ms=1500)
    talk("input_audio_buffer.committed", item_id=user, previous_item_id=f"a{number}")
    talk(HEARD + "completed", item_id=user, transcript=said)


def hints(talk: Talk) -> list[str]:
    noticed = [change.notice for change in talk.all(Noticed) if change.about == "echo"]
    return [notice["code"] for notice in noticed if notice is not None]


@pytest.mark.parametrize("kind", ["cough", "backchannel", "interruption"])
def test_what_a_sound_was_taken_for_stands_in_its_row(kind: str) -> None:
    talk = Talk(transport="webrtc")
    answering(talk, 1)
    talk.says("u", None)
    assert (talk.row("u")["overlap"], talk.row("u")["overlap_item_id"]) == (None, None)
    changes = talk(
        "voice_widget.overlap.decided", item_id="u", over_item_id="a1", decision=kind, reason="words", text=""
    )
    assert changes == [RowChanged(talk.row("u"))]
    talk(HEARD + "completed", item_id="u", transcript="")
    assert (talk.row("u")["overlap"], talk.row("u")["overlap_item_id"]) == (kind, "a1")
    assert talk.row("a1")["overlap"] is None


def test_a_word_for_it_that_is_not_known_or_a_row_of_another_side_changes_nothing() -> None:
    talk = Talk(transport="webrtc")
    answering(talk, 1)
    talk.says("u")
    for item, kind in (("u", "sneeze"), ("a1", "cough"), ("gone", "cough")):
        assert talk("voice_widget.overlap.decided", item_id=item, decision=kind) == []


@pytest.mark.parametrize("said", ["the average bill is", "The everage bill is highest", ""])
def test_an_assistant_that_interrupts_itself_three_times_is_told_of_once(said: str) -> None:
    talk = Talk(transport="webrtc")
    for number in range(1, 7):
        answering(talk, number)
        cut(talk, number, said)
        assert talk.row(f"a{number}")["interrupted"]
        assert len(hints(talk)) == (number >= 3)
    assert hints(talk) == ["assistant_hears_itself"]
    talk("voice_widget.call.closed")
    talk("voice_widget.call.connecting", transport="webrtc")
    for number in range(7, 11):
        answering(talk, number)
        cut(talk, number, said)
    assert hints(talk) == ["assistant_hears_itself"]  # once in a talk


@pytest.mark.parametrize(
    ("said", "played_ms"),
    [("stop, show me the tips instead", 400), ("the average bill is", 4000)],
    ids=["other words", "late"],
)
def test_a_person_who_interrupts_is_no_echo(said: str, played_ms: int) -> None:
    talk = Talk(transport="webrtc")
    for number in range(1, 7):
        answering(talk, number, ANSWER + " And so on and so on." * 10)
        cut(talk, number, said, played_ms)
        assert talk.row(f"a{number}")["interrupted"]
    assert hints(talk) == []


def test_one_sensible_word_between_begins_the_count_anew() -> None:
    talk = Talk(transport="webrtc")
    for number, said in enumerate(["", "", "no, by day please", "", ""], 1):
        answering(talk, number)
        cut(talk, number, said)
    assert hints(talk) == []


def test_coughs_over_answers_that_go_on_are_no_echo() -> None:
    talk = Talk(transport="webrtc")
    for number in range(1, 7):
        answering(talk, number)
        talk.says(f"u{number}", "")
        talk.done(f"r{number}")
        talk.sound("stopped", f"r{number}", audio_ms=3000)
    assert hints(talk) == []


def test_an_echo_is_one_however_its_accents_are_written() -> None:
    talk = Talk(transport="webrtc")
    for number in (1, 2, 3):
        answering(talk, number, "Le café élégant.")
        cut(talk, number, "Cafe\u0301 e\u0301le\u0301gant")
    assert hints(talk) == ["assistant_hears_itself"]
