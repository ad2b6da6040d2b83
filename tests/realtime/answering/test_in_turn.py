"""Answers sound one after the other, also where half of what is said of that is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk


@pytest.fixture
def talk() -> Talk:
    """One answer sounds, and the next one is whole."""
    talk = Talk(transport="webrtc")
    talk.answer("r", "a")
    talk.sound("started", "r")
    talk.answer("s", "b")
    return talk


def shown(talk: Talk) -> tuple[str, bool, list[str]]:
    return talk.session.activity, talk.session.assistant_speaking, talk.finished


def heard(talk: Talk) -> list[str | None]:
    return [row["text_heard"] for row in talk.session.rows]


def wait(talk: Talk) -> None:
    """Nothing comes until nothing is waited for."""
    for _ in range(5):
        if (seconds := talk.session.unheard_in) is not None:
            talk("voice_widget.call.unheard", wait=seconds)
    assert talk.session.unheard_in is None


@pytest.mark.parametrize("name", ["r", None, "unknown"])
def test_what_has_sounded_is_over_and_the_next_one_is_due(talk: Talk, name: str | None) -> None:
    talk.sound("stopped", name)
    assert shown(talk) == ("thinking", False, ["a"])
    talk.sound("started", name and "s")
    assert shown(talk) == ("speaking", True, ["a"])
    talk.sound("stopped", name and "s")
    assert shown(talk) == ("idle", False, ["a", "b"])
    assert heard(talk) == ["Fine.", "Fine."]
    assert talk.states("activity") == ["thinking", "speaking", "thinking", "speaking", "idle"]


def test_an_end_without_a_name_is_of_what_sounds_and_not_of_what_is_made() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r", "a")
    talk.sound("started", None)
    talk.response("s")
    talk.message("s", "b")
    talk.word("Fine.", "s", "b")
    talk.sound("stopped", None)
    assert shown(talk) == ("thinking", False, ["a"])


def test_a_cut_without_a_name_is_of_what_sounds(talk: Talk) -> None:
    talk.sound("cleared", None)
    assert shown(talk) == ("idle", False, [])
    assert talk.row("a")["interrupted"] is True
    assert talk.row("b")["interrupted"] is False
    wait(talk)
    assert shown(talk) == ("idle", False, ["a", "b"])


def test_what_is_due_behind_another_is_not_waited_for_for_ever(talk: Talk) -> None:
    talk.sound("stopped", "r")
    wait(talk)
    assert shown(talk) == ("idle", False, ["a", "b"])
    assert heard(talk) == ["Fine.", None]


def test_several_that_are_due_are_over_one_by_one() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r", "a")
    talk.sound("started", "r")
    talk.answer("s", "b")
    talk.answer("t", "c", "Fine." * 100)
    talk.sound("stopped", "r")
    talk("voice_widget.call.unheard", wait=talk.session.unheard_in or 0)
    assert shown(talk) == ("thinking", False, ["a", "b"])
    wait(talk)
    assert shown(talk) == ("idle", False, ["a", "b", "c"])


def test_one_that_begins_ends_the_one_before(talk: Talk) -> None:
    talk.sound("started", "s")
    assert shown(talk) == ("speaking", True, ["a"])
    talk.sound("stopped", "r")  # late
    assert shown(talk) == ("speaking", True, ["a"])
    talk.sound("stopped", "s")
    assert shown(talk) == ("idle", False, ["a", "b"])
    assert heard(talk) == ["Fine.", "Fine."]
    assert talk.states("assistant_speaking") == [True, False]


def test_one_whose_beginning_was_lost_is_over_when_a_later_one_begins(talk: Talk) -> None:
    talk.sound("stopped", "r")
    talk.answer("t", "c")
    talk.sound("started", "t")
    assert shown(talk) == ("speaking", True, ["a", "b"])
    assert heard(talk) == ["Fine.", None, None]


def test_an_end_says_that_it_sounded() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    talk.sound("stopped")
    assert (shown(talk), heard(talk)) == (("idle", False, ["a"]), ["Fine."])


def test_a_cut_whose_place_is_not_told_is_not_waited_for_for_ever() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r", "a", "One two three four five six.")
    talk.sound("started")
    talk("voice_widget.page.voiced", wait=0.5, side="assistant", voiced=True, at_ms=500)
    talk.sound("cleared")
    assert (shown(talk), heard(talk)) == (("idle", False, []), ["One two"])
    talk("voice_widget.call.unheard", wait=(talk.session.unheard_in or 0) / 2)
    assert talk.finished == []
    wait(talk)
    assert (shown(talk), heard(talk)) == (("idle", False, ["a"]), ["One two"])


def beside(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e", response={"conversation": "none"})
    talk.response("o", conversation_id=None)
    talk.word("Once upon a time.", "o", "aside")


def test_what_is_made_beside_the_conversation_is_not_waited_for(talk: Talk) -> None:
    talk.sound("started", "s")
    beside(talk)
    talk.done("o")
    talk.sound("stopped", "s")
    assert shown(talk) == ("idle", False, ["a", "b"])


def test_what_sounds_beside_the_conversation_may_be_long() -> None:
    talk = Talk(transport="webrtc")
    beside(talk)
    talk.sound("started", "o")
    talk.done("o")
    talk("voice_widget.call.unheard", wait=120)
    assert shown(talk) == ("speaking", True, [])
    wait(talk)
    assert shown(talk) == ("idle", False, [])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (", ".join(map(str, range(1, 101))), 150),  # counted at leisure
        ("\u6211" * 300, 140),  # signs for syllables, slowly
        ("Breathe in, and out. " * 40, 220),  # a quarter of the usual speed
    ],
    ids=["numbers", "signs", "slow"],
)
@pytest.mark.parametrize("speech", ["webrtc", "comm"])
def test_who_speaks_slowly_is_not_cut_short(text: str, seconds: float, speech: str) -> None:
    talk = Talk(transport=speech)
    talk.response()
    talk.message()
    talk.word(text)
    if speech == "comm":  # a page to which the sound comes with gaps
        for _ in range(round(seconds / 2)):
            told: dict[str, Any] = {"response_id": "r", "item_id": "a", "delta": "AAEC" * 16_000}
            talk("response.output_audio.delta", wait=0, **told)
    talk.sound("started")
    talk.done()
    talk("voice_widget.call.unheard", wait=seconds)
    assert shown(talk) == ("speaking", True, [])
    wait(talk)
    assert shown(talk) == ("idle", False, ["a"])


def test_the_ear_hears_no_gap_between_two_and_waits_for_neither() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r", "a")
    talk.voiced("assistant", True, 900)
    talk.answer("s", "b")
    talk.voiced("assistant", False, 5000)
    assert shown(talk) == ("idle", False, ["a"])
    wait(talk)
    assert shown(talk) == ("idle", False, ["a", "b"])


def test_one_that_is_cut_before_it_sounds_is_not_waited_for(talk: Talk) -> None:
    talk("conversation.item.truncated", item_id="b", audio_end_ms=0)
    talk.sound("stopped", "r")
    assert shown(talk) == ("idle", False, ["b", "a"])
    assert heard(talk) == ["Fine.", ""]
    talk.answer("t", "c")
    assert shown(talk) == ("thinking", False, ["b", "a"])
    talk("conversation.item.truncated", item_id="c", audio_end_ms=0)
    assert shown(talk) == ("idle", False, ["b", "a", "c"])


def cut_off(talk: Talk) -> None:
    """The user talks over what sounds: the sound is thrown away, and only that one is named."""
    talk("input_audio_buffer.speech_started", item_id="u")
    talk.sound("cleared", "r")
    talk("conversation.item.truncated", item_id="a", audio_end_ms=100)
    talk("input_audio_buffer.speech_stopped", item_id="u")


@pytest.mark.parametrize("follows", [True, False])
def test_what_waited_when_the_sound_was_cut_off_was_not_heard(talk: Talk, follows: bool) -> None:
    cut_off(talk)
    if follows:
        talk.answer("t", "c")
        talk.sound("started", "t")
    else:
        wait(talk)
    assert talk.finished == ["a", "b"]
    assert (talk.row("b")["text_heard"], talk.row("b")["interrupted"]) == ("", True)


def test_what_waited_when_the_sound_was_cut_off_is_not_waited_for(talk: Talk) -> None:
    cut_off(talk)
    talk.response("t")
    talk.message("t", "c")
    talk("response.output_text.delta", response_id="t", item_id="c", delta="Yes.")
    talk.done("t")
    assert shown(talk) == ("idle", False, ["a", "c"])


def test_an_end_without_a_name_is_not_of_what_waited_when_the_sound_was_cut_off(talk: Talk) -> None:
    talk.sound("cleared", "r")
    talk.sound("stopped", None)
    assert heard(talk)[1] is None


def test_what_waited_when_the_sound_was_cut_off_and_sounds_after_all_was_heard(talk: Talk) -> None:
    cut_off(talk)
    talk.sound("started", "s")
    assert shown(talk) == ("speaking", True, ["a"])
    talk.sound("stopped", "s")
    assert (talk.row("b")["text_heard"], talk.row("b")["interrupted"]) == ("Fine.", False)
