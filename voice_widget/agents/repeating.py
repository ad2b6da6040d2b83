"""What an agent says again when it is asked again, from its beginning, after its tool has answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable


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
