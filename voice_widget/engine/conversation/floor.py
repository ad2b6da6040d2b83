"""Who has the floor: a sound over an answer may be somebody who wants to speak, or a cough or "mm-hm". Pure.

The answer pauses at once. It ends if who made the sound goes on for long enough, or says something; it goes
on if nothing of that is known in time, or what was said takes no floor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voice_widget.engine.conversation.actions import Action, ClearPlayout, HoldPlayout
from voice_widget.engine.conversation.answers import Answers
from voice_widget.realtime.settings.detection import INTERRUPT_MIN_MS, INTERRUPT_WAIT_MS, MIN_NAME, WAIT_NAME

# Words by which nobody takes the floor, and such as a recogniser hears in a cough.
_NODS = """
    a ah aha an and eh er erm he hm hmm huh i it m mhm mm mmhm mmm oh ok okay of right see sure the to uh
    uhhuh um yeah yep yes
"""
_NOD_WORDS = frozenset(_NODS.split())


@dataclass
class _Doubt:
    number: int  # of the utterance that it may be
    until_ms: float
    played_ms: float | None
    audio_ms: float | None
    resumed: bool = False  # the answer goes on, and may still be interrupted
    over: bool = False  # the sound has ended


class Floor:
    """Decides about sounds over an answer.

    Args:
        answers: What is interrupted.
        owe: Has what was said answered, if that is wanted.
    """

    def __init__(self, answers: Answers, owe: Callable[[], list[Action]]) -> None:
        self._answers, self._owe = answers, owe
        self._doubt: _Doubt | None = None

    def begins(
        self, number: int, settings: Mapping[str, Any], played_ms: float | None, audio_ms: float | None
    ) -> list[Action]:
        """Somebody makes a sound: pause what sounds, or interrupt where there is no doubt."""
        certain = _setting(settings, MIN_NAME, INTERRUPT_MIN_MS) <= 0
        if certain or self._doubt is not None or not self._answers.sounding:
            return self.take(played_ms, audio_ms)
        until_ms = self._answers.now_ms + _setting(settings, WAIT_NAME, INTERRUPT_WAIT_MS)
        self._doubt = _Doubt(number, until_ms, played_ms, audio_ms)
        return [HoldPlayout(True)]

    def ends(self) -> bool:
        """The sound has ended; whether nobody knows yet if it is to be answered."""
        if self._doubt is not None:
            self._doubt.over = True
        return self._doubt is not None

    def spoken_on(self, number: int, played_ms: float | None, audio_ms: float | None) -> list[Action]:
        """It has lasted for long enough."""
        return self.take(played_ms, audio_ms) if self._about(number) else []

    def heard(
        self, number: int, text: str, *, final: bool, played_ms: float | None, audio_ms: float | None
    ) -> list[Action]:
        """This was understood of it."""
        if not self._about(number):
            return []
        if takes_the_floor(text, final=final):
            return self.take(played_ms, audio_ms)
        return self.leave() if final else []

    def take(self, played_ms: float | None = None, audio_ms: float | None = None) -> list[Action]:
        """Somebody wants to speak: stop what runs and plays, and answer what was said if it is over."""
        doubt, self._doubt = self._doubt, None
        if doubt is not None and not doubt.resumed:
            played_ms, audio_ms = doubt.played_ms, doubt.audio_ms
        out = self._answers.interrupt("turn_detected", played_ms, audio_ms)
        if doubt is not None and not doubt.resumed and ClearPlayout() not in out:
            out.insert(0, HoldPlayout(False))  # it had ended meanwhile
        return out + self._owe() if doubt is not None and doubt.over else out

    def leave(self) -> list[Action]:
        """It was nothing: the answer goes on."""
        out = self._resume()
        self._doubt = None
        return out

    def tick(self) -> list[Action]:
        """Time has passed."""
        due = self.deadline()
        return self._resume() if due is not None and self._answers.now_ms >= due else []

    def deadline(self) -> float | None:
        """When `tick` is needed next."""
        return None if self._doubt is None or self._doubt.resumed else self._doubt.until_ms

    def _resume(self) -> list[Action]:
        if self._doubt is None or self._doubt.resumed:
            return []
        self._doubt.resumed = True
        return [HoldPlayout(False)]

    def _about(self, number: int) -> bool:
        return self._doubt is not None and self._doubt.number == number


def takes_the_floor(text: str, *, final: bool) -> bool:
    """Whether somebody who says this wants to be heard; what is understood so far may be a mistake.

    Example:
        >>> [takes_the_floor(text, final=True) for text in ("", "Mm-hm, yeah.", "stop")]
        [False, False, True]
    """
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in _NOD_WORDS]
    return len(words) >= (1 if final else 2)


def _setting(settings: Mapping[str, Any], name: str, default: float) -> float:
    value = settings.get(name)
    return default if value is None else float(value)
