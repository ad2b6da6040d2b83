"""What an agent says again, and what not: after its tool has answered, and when it is to go on. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from voice_widget.realtime.session.dialogue import Message

Kind = Literal["question", "go_on", "again", "aside"]
"""What an utterance asks for: an answer, the rest of the last one, all of it again, or none."""

ALL_SAID = "That was all."
NOT_KEPT = "I do not know how that went on. Please ask again."
_BETWEEN = re.compile(r"[\s,.;:!?]+")


class Unrepeated:
    """Takes what an agent says, and gives what of it is to be heard.

    What it begins with and has said before its tools were called is left out; spaces do not count. It is held
    as long as it may be that.

    Args:
        before: What was said before the tools were called whose results are there.

    Attributes:
        spoke: Something was given to be heard.

    Example:
        >>> said = Unrepeated(["One moment."])
        >>> [said.news(text) for text in ("One ", "moment. ", "It is three.")]
        ['', '', 'It is three.']
    """

    def __init__(self, before: Iterable[str]) -> None:
        self._known = "".join("".join(before).split())
        self._same = 0  # so many letters of it were said again
        self._held = ""
        self.spoke = False

    def news(self, text: str) -> str:
        """The agent goes on."""
        if not self._known:
            return self._given(text)
        for place, letter in enumerate(text):
            if letter.isspace():
                continue
            if self._same == len(self._known):
                last = (self._held + text[:place])[-1:]
                if letter.isalnum() and last.isalnum():
                    break  # another word that begins so
                self._known = self._held = ""
                return self._given(text[place:])
            if letter != self._known[self._same]:
                break
            self._same += 1
        else:
            self._held += text
            return ""
        return self.rest() + self._given(text)

    def pause(self) -> str:
        """The agent does something else: what is held, unless all of it was said before."""
        if self._known and self._same == len(self._known):
            return ""
        return self.rest()

    def rest(self) -> str:
        """All that is held: it is all that the agent says."""
        held, self._known, self._held = self._held, "", ""
        return self._given(held)

    def _given(self, text: str) -> str:
        self.spoke = self.spoke or bool(text.strip())
        return text


class LeftOff(NamedTuple):
    """Where the last question stands in the history, None: nowhere, and what was heard of its answer."""

    place: int | None
    heard: str


def left_off(history: Sequence[Message], kind: Callable[[str], Kind]) -> LeftOff:
    """What an assistant that is to go on goes on with.

    Args:
        history: What was said; of an interrupted answer what was heard.
        kind: What an utterance of the user's asks for.

    Example:
        >>> said = [Message("user", "count"), Message("assistant", "One, "), Message("user", "mm-hm")]
        >>> left_off(said, lambda text: "question" if text == "count" else "aside")
        LeftOff(place=0, heard='One, ')
    """
    place, heard, of_it = None, "", False
    for number, message in enumerate(history):
        if message.role == "user":
            asked = kind(message.text)
            of_it = asked != "aside"
            if asked == "question":
                place = number
            if asked in ("question", "again"):
                heard = ""
        elif message.role == "assistant" and of_it:
            heard += message.text
    return LeftOff(place, heard)


def rest(whole: str, heard: str) -> str | None:
    """What of an answer follows what was heard of it; spaces do not count. None: it does not begin so.

    Example:
        >>> rest("One, two, three.", "One,two"), rest("One.", "One."), rest("One.", "Two")
        ('three.', '', None)
    """
    known, same = "".join(heard.split()), 0
    for place, letter in enumerate(whole):
        if same == len(known):
            begun = _BETWEEN.match(whole, place)
            return whole[begun.end() if begun and known else place :]
        if letter == known[same]:
            same += 1
        elif not letter.isspace():
            return None
    return "" if same == len(known) else None


def rest_said(whole: str, heard: str) -> str:
    """The sentence with which an assistant goes on that has worked its answer out again."""
    left = rest(whole, heard)
    return NOT_KEPT if left is None else left or ALL_SAID
