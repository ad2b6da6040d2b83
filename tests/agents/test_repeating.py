"""What of an agent's words is heard that is asked again once its tool has answered."""

from __future__ import annotations

import pytest

from voice_widget.agents import Message
from voice_widget.agents.repeating import Kind, Unrepeated, left_off, rest


def heard(before: list[str], *texts: str) -> list[str]:
    said = Unrepeated(before)
    return [text for text in (*map(said.news, texts), said.rest()) if text]


@pytest.mark.parametrize(
    ("before", "texts", "given"),
    [
        ([], ["  One moment.", " It is."], ["  One moment.", " It is."]),
        (["One moment."], ["One moment.", "It is three."], ["It is three."]),
        (["One moment."], ["One ", "mom", "ent. It ", "is three."], ["It ", "is three."]),
        (["One moment.", "", "And then."], ["One moment.\n And then. So it is."], ["So it is."]),
        (["One moment."], ["One more."], ["One more."]),
        (["One moment."], ["One ", "mo", "re."], ["One more."]),
        (["One"], ["One", "self."], ["Oneself."]),
        (["One"], ["Oneself."], ["Oneself."]),
        (["One"], ["One", " self."], ["self."]),
        (["One moment."], ["It is three. One moment."], ["It is three. One moment."]),
        # Nothing else is said: then it is meant to be heard.
        (["Done."], ["Done."], ["Done."]),
        (["One moment."], ["One"], ["One"]),
        (["One moment."], [" "], [" "]),
    ],
)
def test_what_was_said_before_is_not_heard_again(
    before: list[str], texts: list[str], given: list[str]
) -> None:
    assert heard(before, *texts) == given


def test_what_is_said_before_another_call_is_held_no_longer() -> None:
    said = Unrepeated(["One moment."])
    assert (said.news("One moment."), said.pause(), said.spoke) == ("", "", False)
    said = Unrepeated(["One moment."])
    assert (said.news("One"), said.pause(), said.spoke) == ("", "One", True)
    assert said.news(" moment.") == " moment."


def asks(text: str) -> Kind:
    return {"go on": "go_on", "again": "again", "mm-hm": "aside"}.get(text, "question")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("said", "place", "heard"),
    [
        ([], None, ""),
        (["count"], 0, ""),
        (["count", "One,"], 0, "One,"),
        (["hello", "Hi.", "count", "One,"], 2, "One,"),
        (["count", "One,", "go on", " two,"], 0, "One, two,"),
        (["count", "One, two,", "again", "One,"], 0, "One,"),
        (["count", "One,", "mm-hm", "Okay."], 0, "One,"),
        (["count", "One,", "mm-hm", "Okay.", "go on", " two"], 0, "One, two"),
    ],
)
def test_it_goes_on_with_the_last_question_from_what_was_heard(
    said: list[str], place: int | None, heard: str
) -> None:
    history = [Message("assistant" if number % 2 else "user", text) for number, text in enumerate(said)]
    assert left_off(history, asks) == (place, heard)


@pytest.mark.parametrize(
    ("whole", "known", "left"),
    [
        ("One, two, three.", "One, ", "two, three."),
        ("One, two, three.", "One,  two", "three."),
        ("One, two, three.", "", "One, two, three."),
        ("It is -3.5 degrees.", "It is", "-3.5 degrees."),
        ("One, two.", "One, two.", ""),
        ("One, two.", "One, two", ""),
        ("One, two.", "One, three", None),
        ("One.", "One, two", None),
        ("一、二、三。", "一、二", "、三。"),
    ],
)
def test_the_rest_begins_behind_what_was_heard(whole: str, known: str, left: str | None) -> None:
    assert rest(whole, known) == left
