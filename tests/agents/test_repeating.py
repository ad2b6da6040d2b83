"""What of an agent's words is heard that is asked again once its tool has answered."""

from __future__ import annotations

import pytest

from voice_widget.agents.repeating import Unrepeated


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
