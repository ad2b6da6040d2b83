"""Who has the floor: a sound over an answer may be somebody who wants to speak, or a cough or "mm-hm". Pure.

The answer pauses at once. It ends if who made the sound goes on for long enough, or says something; it goes
on if nothing of that is known in time, or what was said takes no floor. What was decided is told to the
kernel, and why.

A microphone that opens makes a noise of its own: as long as a call is young and nothing was understood, only
words interrupt, and an answer that does not sound yet waits for them, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from voice_widget.engine.conversation.actions import Action, ClearPlayout, HoldPlayout, Send
from voice_widget.engine.conversation.answers import Answers
from voice_widget.realtime.settings.detection import INTERRUPT_MIN_MS, INTERRUPT_WAIT_MS, MIN_NAME, WAIT_NAME
from voice_widget.realtime.wire.spoken_words import parts

# Headsets that change their mode and gains that settle take so long, by the clock of the caller's samples.
OPENING_MS = 1500.0

# Words by which nobody takes the floor, and such as a recogniser hears in a cough.
_NODS = """
    a ah aha an and eh er erm he hm hmm huh i it m mhm mm mmhm mmm oh ok okay of right see sure the to uh
    uhhuh um yeah yep yes
"""
_NOD_WORDS = frozenset(_NODS.split())

Decision = Literal["interruption", "backchannel", "cough"]
Reason = Literal["words", "no_words", "not_recognised", "duration", "second_sound", "commit"]


class Overlap(NamedTuple):
    """A sound of the user's over an answer; its times are on the clock of the caller's samples."""

    number: int  # of the utterance that it may be
    item_id: str
    start_ms: float
    over_item_id: str | None


@dataclass
class _Doubt:
    sounds: dict[int, Overlap]
    until_ms: float
    played_ms: float | None
    audio_ms: float | None
    opening: bool
    resumed: bool = False  # the answer goes on, and may still be interrupted
    over: bool = False  # the last sound has ended
    ends_ms: dict[int, float] = field(default_factory=dict)


class Floor:
    """Decides about sounds over an answer.

    Args:
        answers: What is interrupted.
        owe: Has what was said answered, if that is wanted.
        tell: Makes the kernel's event.
    """

    def __init__(self, answers: Answers, owe: Callable[[], list[Action]], tell: Callable[..., Send]) -> None:
        self._answers, self._owe, self._tell = answers, owe, tell
        self._doubt: _Doubt | None = None

    def begins(
        self,
        number: int,
        item_id: str,
        at_ms: float,
        settings: Mapping[str, Any],
        played_ms: float | None,
        audio_ms: float | None,
        *,
        opening: bool = False,
    ) -> list[Action]:
        """Somebody makes a sound: pause what sounds, or interrupt where there is no doubt.

        ``opening``: nobody has said anything yet, as far as that is known.
        """
        answers, doubt = self._answers, self._doubt
        sound = Overlap(number, item_id, at_ms, answers.sounding_item)
        if doubt is not None:
            doubt.sounds[number] = sound
            if not doubt.opening:
                return self.take(played_ms, audio_ms, number, "second_sound")
            doubt.over = False
            return []
        opening = opening and at_ms < OPENING_MS and answers.can_pause
        if not (answers.sounding or (opening and not answers.quiet)):
            return self.take(played_ms, audio_ms)
        if _setting(settings, MIN_NAME, INTERRUPT_MIN_MS) <= 0 and not opening:
            return self.take(played_ms, audio_ms)
        until_ms = answers.now_ms + _setting(settings, WAIT_NAME, INTERRUPT_WAIT_MS)
        self._doubt = _Doubt({number: sound}, until_ms, played_ms, audio_ms, opening)
        return [HoldPlayout(True)]

    def ends(self, at_ms: float) -> bool:
        """The sound has ended; whether nobody knows yet if it is to be answered."""
        if self._doubt is not None:
            self._doubt.over = True
            self._doubt.ends_ms[max(self._doubt.sounds)] = at_ms
        return self._doubt is not None

    def spoken_on(
        self,
        number: int,
        played_ms: float | None,
        audio_ms: float | None,
        reason: Literal["duration", "commit"] = "duration",
    ) -> list[Action]:
        """It has lasted for long enough."""
        doubt = self._about(number)
        if doubt is None or (doubt.opening and reason == "duration"):
            return []
        return self.take(played_ms, audio_ms, number, reason)

    def heard(
        self,
        number: int,
        text: str,
        *,
        final: bool,
        played_ms: float | None,
        audio_ms: float | None,
        failed: bool = False,
    ) -> list[Action]:
        """This was understood of it."""
        doubt = self._about(number)
        if doubt is None:
            return []
        if takes_the_floor(text, final=final):
            return self.take(played_ms, audio_ms, number, "words", text)
        if not final:
            return []
        sound = doubt.sounds.pop(number)
        decision: Decision = "backchannel" if text.strip() else "cough"
        reason: Reason = "words" if text.strip() else "not_recognised" if failed else "no_words"
        told = self._decided(sound, doubt.ends_ms.get(number, audio_ms), decision, reason, text)
        return [told] if doubt.sounds else [*self.leave(), told]

    def take(
        self,
        played_ms: float | None = None,
        audio_ms: float | None = None,
        number: int = 0,
        reason: Reason = "words",
        text: str = "",
    ) -> list[Action]:
        """Somebody wants to speak: stop what runs and plays, and answer what was said if it is over.

        Args:
            played_ms: How much of what sounds was played.
            audio_ms: The clock of the caller's samples.
            number: The sound by which that is known; 0: no doubt was left.
            reason: By what.
            text: What was understood.
        """
        doubt, self._doubt = self._doubt, None
        now_ms = audio_ms
        if doubt is not None and not doubt.resumed:
            played_ms, audio_ms = doubt.played_ms, doubt.audio_ms
        out = self._answers.interrupt("turn_detected", played_ms, audio_ms)
        if doubt is None:
            return out
        sound = doubt.sounds.get(number)
        if sound is not None and out:
            out.append(self._decided(sound, doubt.ends_ms.get(number, now_ms), "interruption", reason, text))
        if not doubt.resumed and ClearPlayout() not in out:
            out.insert(0, HoldPlayout(False))  # it had ended meanwhile
        return out + self._owe() if doubt.over else out

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

    def _about(self, number: int) -> _Doubt | None:
        return self._doubt if self._doubt is not None and number in self._doubt.sounds else None

    def _decided(
        self, sound: Overlap, end_ms: float | None, decision: Decision, reason: Reason, text: str = ""
    ) -> Send:
        known = {} if end_ms is None else {"audio_end_ms": round(end_ms)}
        return self._tell(
            "overlap.decided",
            item_id=sound.item_id,
            over_item_id=sound.over_item_id,
            decision=decision,
            reason=reason,
            text=text,
            audio_start_ms=round(sound.start_ms),
            **known,
        )


def takes_the_floor(text: str, *, final: bool) -> bool:
    """Whether somebody who says this wants to be heard; what is understood so far may be a mistake.

    Example:
        >>> [takes_the_floor(text, final=True) for text in ("", "Mm-hm, yeah.", "stop")]
        [False, False, True]
    """
    words = [word for word in parts(text) if word not in _NOD_WORDS]
    return len(words) >= (1 if final else 2)


def _setting(settings: Mapping[str, Any], name: str, default: float) -> float:
    value = settings.get(name)
    return default if value is None else float(value)
