"""When the assistant is heard in what is played, where the kernel plays it."""

from __future__ import annotations

from collections import deque

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.voice import ASSISTANT, Voice

PER_MS = RATE / 1000


class PlayedVoice:
    r"""Marks of sound that was appended, told when it was played. Positions are milliseconds of the ledger's.

    Example:
        >>> voice = PlayedVoice()
        >>> voice.append(b"\x10\x27" * 2400, 500.0)
        >>> voice.played(550.0), voice.played(600.0, ends=True)
        ([(True, 500.0)], [(False, 600.0)])
    """

    def __init__(self) -> None:
        self._voice = Voice(ASSISTANT)
        self._waiting: deque[tuple[bool, float]] = deque()
        self._told = False

    def append(self, pcm: bytes, at_ms: float) -> None:
        """Sound has come, to be played there."""
        marks = self._voice.push(pcm, round(at_ms * PER_MS))
        self._waiting += ((voiced, sample / PER_MS) for voiced, sample in marks)

    def played(self, ms: float, *, ends: bool = False) -> list[tuple[bool, float]]:
        """What became true until there; ``ends``: there is no more, or it was cut."""
        told: list[tuple[bool, float]] = []
        while self._waiting and self._waiting[0][1] <= ms:
            told.append(self._waiting.popleft())
        self._told = told[-1][0] if told else self._told
        if ends:
            if self._told:
                told.append((False, min(ms, self._voice.end / PER_MS)))
            self._told = False
            self._waiting.clear()
            self._voice.stop()
        return told
