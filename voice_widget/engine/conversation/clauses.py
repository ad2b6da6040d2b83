"""Text into clauses that are spoken one by one, and their words back into text with times. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from voice_widget.engine.stages.contracts import Word

COMMA_AFTER = 40
"""A comma ends a clause once the clause is this long."""

LONGEST = 200
"""Text without any punctuation is cut at a space near this length, or it would never be spoken."""

_BEHIND = 16  # what the pattern below looks at behind a stop
_CLOSERS = r"\"'\u201d\u2019)\]"
_BREAK = re.compile(
    rf"(?P<stop>[.?!;:\u2026]+)[{_CLOSERS}]*(?=\s)"
    # Chinese and Japanese stops: no space follows them.
    r"|(?P<wide>[\u3002\uff01\uff1f\uff1b\uff1a]+[\u300d\u300f\uff09\u201d\u2019]*)"
    r"|(?P<comma>,)(?=\s)"
    r"|(?P<line>\S)(?=[ \t]*\n)"
)
# Initials and dotted letters ("e.g", "U.S") too.
_ABBREVIATION = re.compile(
    r"al|approx|avg|ca|cf|dept|dr|eg|est|etc|ie|inc|jr|ltd|max|min|mrs?|ms|prof|sr|st|std|vs"
    r"|[^\W\d_](\.[^\W\d_])*"
)
_BEFORE_NUMBER = frozenset(["ch", "col", "eq", "fig", "no", "nos", "pp", "sec", "tab", "vol"])
_WRITTEN = re.compile(r"\s*\S+")
_PUNCTUATION = re.compile(r"[^\w\s]*")
_LAST_TOKEN = re.compile(r"[^\s(\[\"'\u201c\u2018]+$")


class ClauseCutter:
    """Cuts streamed text where a speaker would breathe; the pieces joined are the text.

    A stop counts only when a space follows, so ``3.5`` and ``10:30`` stay whole; abbreviations, initials and
    the number of a list entry do not end a clause either.

    Example:
        >>> cutter = ClauseCutter()
        >>> cutter.push("It is 3."), cutter.push("5 dollars. Ask"), cutter.flush()
        ([], ['It is 3.5 dollars.'], [' Ask'])
    """

    def __init__(self) -> None:
        self._buffer = ""

    def push(self, text: str) -> list[str]:
        """Add text; the clauses that are whole now."""
        self._buffer += text
        return list(self._cut())

    def flush(self) -> list[str]:
        """No more text comes for now: what is left. The space at its end waits for what may follow."""
        rest = self._buffer.rstrip()
        self._buffer = self._buffer[len(rest) :]
        return [rest] if rest else []

    def _cut(self) -> Iterator[str]:
        while (end := self._end()) is not None:
            clause, self._buffer = self._buffer[:end], self._buffer[end:]
            yield clause

    def _end(self) -> int | None:
        # Only as far as a clause may reach: an agent may hand over a whole book without a full stop.
        for found in _BREAK.finditer(self._buffer, 0, LONGEST + _BEHIND):
            if found.end() > LONGEST:
                break
            if self._ends(found):
                return found.end()
        if len(self._buffer) <= LONGEST:
            return None
        space = self._buffer.rfind(" ", 1, LONGEST)
        space = space if space > 0 else self._buffer.find(" ", LONGEST)
        return space if space > 0 else None

    def _ends(self, found: re.Match[str]) -> bool:
        before = self._buffer[: found.start()].lstrip()
        if found["comma"]:
            return len(before) >= COMMA_AFTER
        if found["stop"] != ".":
            return True
        if before.isdigit():
            return False  # the number of a list entry, spoken with its text
        token = _LAST_TOKEN.search(before)
        word = token[0].lower() if token else ""
        if _ABBREVIATION.fullmatch(word):
            return False
        if word in _BEFORE_NUMBER:
            # "No. 5" or "No. That is all."? The next character tells; it may still be on its way.
            following = self._buffer[found.end() :].lstrip()
            return following != "" and not following[0].isdigit()
        return True


@dataclass(frozen=True)
class Timed:
    """A piece of text and when, within the item's audio, it is spoken: a guess where it is ``estimated``."""

    text: str
    start_ms: int
    end_ms: int | None
    estimated: bool = False


class Clause:
    """One clause while it is spoken: gives each word once its time is known.

    The first word is given with the first sound: a service's text runs ahead of its sound (capture: OpenAI's
    and Azure's sessions), and clients hold an answer without a text for none. Every other one is given when
    the next one starts (or the clause ends), since only then its end is known. A word carries the space
    before it and the punctuation behind it.

    Args:
        raw: The clause as cut, with its leading space.
        speech_id: The speech asked for it; None when there is nothing in it to speak.
    """

    def __init__(self, raw: str, speech_id: str | None) -> None:
        self.raw = raw
        self.speech_id = speech_id
        self.done = speech_id is None
        self.offset_ms = 0.0
        self.audio_ms = 0.0
        self._lead = len(raw) - len(raw.lstrip())
        self._cursor = 0
        self._held: Word | None = None

    @property
    def spoken(self) -> str:
        """What the voice is given: word positions refer to this."""
        return self.raw.strip()

    def feed(self, audio_ms: float, words: Sequence[Word]) -> list[Timed]:
        """More audio of the clause, with the words that start in it."""
        self.audio_ms += audio_ms
        out = []
        for word in words:
            start = self._lead + word.start
            end = len(self.raw[:start].rstrip())
            if self._cursor == 0:
                after = _PUNCTUATION.match(self.raw, self._lead + max(word.start + 1, word.end))
                reach = after.end() if after else len(self.raw)
                out.append(self._timed(reach, word.at_ms, None, estimated=word.estimated))
            elif self._held is None:
                self._held = word if start >= self._cursor else None
            elif end > self._cursor:
                guess = self._held.estimated or word.estimated
                out.append(self._timed(end, self._held.at_ms, word.at_ms, estimated=guess))
                self._held = word
        if self._cursor == 0 and audio_ms > 0:
            # The voice gives no times, or this is the breath before the word.
            written = _WRITTEN.match(self.raw)
            out.append(self._timed(written.end() if written else len(self.raw), 0.0, None, estimated=True))
        return out

    def finish(self) -> list[Timed]:
        """The audio is whole: the words that are left; by characters when the voice gave no times."""
        self.done = True
        if (last := self._held) is not None:
            end_ms = max(self.audio_ms, last.at_ms)
            return [self._timed(len(self.raw), last.at_ms, end_ms, estimated=last.estimated)]
        total = max(1, len(self.raw))
        return [
            self._timed(
                end, self.audio_ms * self._cursor / total, self.audio_ms * end / total, estimated=True
            )
            for end in [found.end() for found in re.finditer(r"\s*\S+\s*$|\s*\S+|\s+$", self.raw)]
            if end > self._cursor
        ]

    def cut(self) -> str:
        """The text that has not been given yet; nothing more comes of this clause."""
        self.done = True
        rest, self._cursor = self.raw[self._cursor :], len(self.raw)
        return rest

    def _timed(self, end: int, start_ms: float, end_ms: float | None, *, estimated: bool) -> Timed:
        text, self._cursor = self.raw[self._cursor : end], end
        start = round(self.offset_ms + start_ms)
        ends = None if end_ms is None else max(start, round(self.offset_ms + end_ms))
        return Timed(text, start, ends, estimated)


def at_end(text: str, audio_ms: float) -> Timed:
    """Text that has no sound, at the end of the audio made so far (never heard, whatever was played)."""
    end = math.ceil(audio_ms)
    return Timed(text, end, end)
