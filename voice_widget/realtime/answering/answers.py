"""The responses of a call: which of them an event means, also where it does not say so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.sound.playout import former
from voice_widget.realtime.state.heard import Utterance
from voice_widget.realtime.state.records import Source
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.problems import empty, interrupted, silence, stopped_short

# Deltas may trail their response a little; older responses than these are forgotten.
_REMEMBERED = 32


@dataclass(slots=True, eq=False)
class Answer:
    """A response while it is made and played."""

    response_id: str
    out_of_band: bool = False
    created_at: float | None = None
    done: bool = False
    ended: str = ""  # its status when it was done
    # Its end had no name, and may have been another's: what still comes of it is taken.
    guessed: bool = False
    # Only its beginning was said, once more: it is over until something comes of it.
    repeated: bool = False
    counted: bool = False
    sounds: bool = False
    source: Source = "speech"
    voice: str | None = None
    calls: int = 0
    # It has items that are no messages, and go on by themselves.
    others: bool = False
    called: set[str] = field(default_factory=set)  # by call; those without an id by their item
    turns: list[Turn] = field(default_factory=list)
    # Items of a response that is out of band: no rows, unless they enter the conversation after all.
    beside: set[str] = field(default_factory=set)
    # Functions to be called, by item or call, as far as they were announced.
    announced: dict[str, dict[str, Any]] = field(default_factory=dict)
    # A turn whose item nobody has named yet.
    nameless: Turn | None = None
    # Why what it asked for is not done: leave to call a tool, which nobody here can give.
    unanswered: ErrorInfo | None = None
    # Whether sound came that was more than zeros; None: no sound came.
    voiced: bool | None = None
    playout: Literal["none", "playing", "over", "cut"] = "none"
    # Whole when what sounded before it was cut off: it is not waited for.
    swept: bool = False
    ended_at: float = 0.0
    started_at: float = 0.0
    started_ms: float | None = None
    played_ms: float = 0.0
    # When it sounded; None: it has not begun to.
    utterance: Utterance | None = None

    def since(self, at: float, audio_ms: float | None) -> float:
        """How many milliseconds it has sounded since it last started."""
        if audio_ms is not None and self.started_ms is not None:
            return max(0.0, audio_ms - self.started_ms)
        return max(0.0, (at - self.started_at) * 1000)

    def has_another(self, turn: Turn) -> bool:
        """What is said of this turn is of another one, which is called the same."""
        return self.created_at is not None and not self.done and turn not in self.turns

    def in_vain(self, status: str, reason: str | None, *, user_speaks: bool) -> ErrorInfo | None:
        """Why who waits for it waits in vain though it did not fail; not if another response is to come."""
        if status == "completed" and not self.calls and self.unanswered:
            return self.unanswered
        if status in ("completed", "incomplete") and not (
            self.turns or self.calls or self.others or user_speaks
        ):
            return empty() if status == "completed" else stopped_short(reason)
        if status == "cancelled" and not (self.turns or user_speaks or reason == "turn_detected"):
            return interrupted()
        return None

    def notice(self, status: str, reason: str | None) -> ErrorInfo | None:
        """What of it people should know."""
        if status == "incomplete":
            return stopped_short(reason)
        return silence() if self.voiced is False else None


class Answers:
    """The latest responses.

    Attributes:
        active: The one being made.
    """

    def __init__(self) -> None:
        self.active: Answer | None = None
        self._known: OrderedDict[str, Answer] = OrderedDict()

    def get(self, response_id: str) -> Answer:
        """The response with this id, made if its beginning was missed: a sideband may join late."""
        answer = self._known.get(response_id)
        if answer is not None:
            return answer
        made = self.active
        if made is None and (nameless := self._known.get("")) is not None and not nameless.done:
            made = nameless  # of which words came, and no beginning
        if made is None:
            return self._new(response_id)
        if not made.response_id:
            # It began without a name, and this is the name.
            made.response_id = response_id
            if self._known.get("") is made:
                del self._known[""]
        # Or with another one: an id that nothing began is no other response's.
        self._keep(response_id, made)
        return made

    def begin(self, response_id: str) -> Answer:
        """The response that begins: a new one where it has no id, or that of one that is over."""
        known = self._known.get(response_id)
        if known is None and response_id and self.active is not None and not self.active.response_id:
            return self.get(response_id)
        if known is None or not response_id or known.response_id != response_id:
            return self._new(response_id)
        return self._new(response_id) if known.done and known.created_at is not None else known

    def meant(self, response_id: str | None, turn: Turn | None = None, *, ends: bool = False) -> Answer:
        """The response of an event: the named one, or that of the turn, or the one being made.

        Args:
            response_id: The id, if the event has one.
            turn: The turn that the event is about, if that is known.
            ends: It ends the response: it may do so a second time.
        """
        if response_id and (answer := self._known.get(response_id)) is not None:
            return answer
        if turn is not None and (answer := self._with(turn)) is not None and answer is not self.active:
            return answer
        if response_id:
            return self.get(response_id)
        if self.active is not None:
            return self.active
        latest = self.latest()
        if latest is not None and not latest.done:
            return latest
        nameless = self._known.get("")
        return nameless if nameless is not None and (ends or not nameless.done) else self._new("")

    def ending(self, response_id: str, *, awaited: bool = False) -> tuple[Answer, bool]:
        """The response that ends, and whether that is a guess; ``awaited``: one is due and has not begun.

        An id that nothing had before is no other response's: then it is the one being made that has ended.
        """
        if response_id and response_id not in self._known and self.active is not None:
            named = not self.active.response_id
            return (self.get(response_id), False) if named else (self.active, True)
        if awaited and not response_id and self.active is None:
            return self._new(""), True
        return self.meant(response_id, ends=True), not response_id

    def over(self, response_id: str) -> bool:
        """Nothing is made under this id."""
        answer = self._known.get(response_id)
        return answer is None or answer.done

    def sounding(self, response_id: str | None, playing: Answer | None = None) -> Answer | None:
        """The response that a word about its sound means: the named one, or what sounds, or the latest."""
        latest = playing or self.latest()
        if not response_id:
            return latest
        if response_id not in self._known and latest is not None and latest.playout in ("none", "playing"):
            return latest
        return self.get(response_id)

    def latest(self) -> Answer | None:
        """The last one in the conversation."""
        return next((answer for answer in reversed(self._known.values()) if not answer.out_of_band), None)

    def unsaid(self) -> Answer | None:
        """The one being made or, if none is, the last one made; if nothing came of it yet."""
        answer = self.active
        if answer is None:
            latest = self.latest()
            answer = latest if latest is not None and latest.ended == "completed" else None
        return None if answer is None or answer.turns or answer.calls else answer

    def beside(self, item_id: str) -> Answer | None:
        """The one out of band that has this item."""
        return next((answer for answer in self._known.values() if item_id in answer.beside), None)

    def clear(self) -> None:
        """Another session begins."""
        self._known.clear()
        self.active = None

    def _with(self, turn: Turn) -> Answer | None:
        return next((answer for answer in self._known.values() if turn in answer.turns), None)

    def _new(self, response_id: str) -> Answer:
        answer = Answer(response_id)
        if (before := self._known.pop(response_id, None)) is not None:
            self._keep(former(response_id), before)
        self._keep(response_id, answer)
        return answer

    def _keep(self, response_id: str, answer: Answer) -> None:
        self._known[response_id] = answer
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def silent(delta: Mapping[str, Any]) -> bool:
    """The sound of a ``response.output_audio.delta`` is zeros: its base64 says so."""
    return not str(delta.get("delta") or "").strip("A=")
