"""What the user says: utterances from their first sound to their text, and the events about them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from voice_widget.engine.conversation.actions import Action, Listen
from voice_widget.engine.conversation.items import Items, copied, user_audio
from voice_widget.engine.conversation.wire import Wire, failure, refusal

LOST = failure("stages_lost", "The speech process ended before it had recognised this. Please say it again.")


@dataclass
class Utterance:
    """Something the user says; its item enters the conversation when it is over.

    Attributes:
        number: By which the speech process knows it; 0: not yet.
        seconds: How much sound it holds.
    """

    item_id: str
    number: int = 0
    started_ms: float = 0.0
    seconds: float = 0.0


class Hearing:
    """Utterances of one session.

    Args:
        wire: Makes the events.
        items: The conversation they enter.
    """

    def __init__(self, wire: Wire, items: Items) -> None:
        self.deaf: str | None = None
        """Why nothing is recognised, and how to change that; None when it is."""
        self._wire = wire
        self._items = items
        self._now: Utterance | None = None
        self._next = Utterance(wire.new_id("item"))
        self._awaited: deque[Utterance] = deque()
        self._commits: deque[tuple[str | None, str]] = deque()
        self._newest = 0  # of those that are over

    @property
    def speaking(self) -> bool:
        """Whether the user is speaking."""
        return self._now is not None

    @property
    def next_id(self) -> str:
        """The item of what is said next."""
        return self._next.item_id

    @property
    def awaited(self) -> set[str]:
        """The items whose text is not known yet."""
        return {utterance.item_id for utterance in self._awaited}

    @property
    def committing(self) -> int:
        """How many commits by hand have no answer yet."""
        return len(self._commits)

    def started(self, at_ms: float, number: int) -> list[Action]:
        """The user begins to speak."""
        utterance = self._now = self._take()
        utterance.number, utterance.started_ms = number, at_ms
        return [
            self._wire.send(
                "input_audio_buffer.speech_started", audio_start_ms=round(at_ms), item_id=utterance.item_id
            )
        ]

    def stopped(self, at_ms: float) -> list[Action]:
        """The user has stopped: the utterance enters the conversation."""
        utterance = self._now
        if utterance is None:
            return []
        utterance.seconds = max(0.0, at_ms - utterance.started_ms) / 1000
        stopped = self._wire.send(
            "input_audio_buffer.speech_stopped", audio_end_ms=round(at_ms), item_id=utterance.item_id
        )
        return [stopped, *self._commit()]

    def commit(self, event_id: str | None, origin: str) -> list[Action]:
        """A client says that the utterance is over; `committed` answers."""
        self._commits.append((event_id, origin))
        return [Listen("commit")]

    def committed(self, number: int, seconds: float) -> list[Action]:
        """There was an utterance to commit, or not (0)."""
        event_id, origin = self._commits.popleft() if self._commits else (None, "")
        if number:
            utterance = self._now or self._next
            utterance.number, utterance.seconds = number, seconds
            return self._commit()
        error = refusal(
            "input_audio_buffer_commit_empty",
            "There is less than 100 ms of audio to commit.",
            next_step="Speak, then commit.",
        )
        return [self._wire.error(error, event_id=event_id, origin=origin)]

    def silence(self, start_ms: float, end_ms: float) -> list[Action]:
        """The user has said nothing for too long: that is an empty utterance without a text to wait for.

        Documents: `timeout_triggered`, then a response; guess: the empty item between them.
        """
        utterance = self._take()
        triggered = self._wire.send(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=round(start_ms),
            audio_end_ms=round(end_ms),
            item_id=utterance.item_id,
        )
        return [triggered, *self._enter(utterance)]

    def clear(self) -> list[Action]:
        """A client throws away what was heard."""
        self._now = None
        self._next.number = 0
        return [Listen("clear"), self._wire.send("input_audio_buffer.cleared")]

    def partial(self, text: str, number: int) -> list[Action]:
        """What was understood so far."""
        if self._now is None and number > self._newest:
            self._next.number = number  # nobody says when speech by push-to-talk begins
        utterances = (self._now, *self._awaited, self._next)
        utterance = next((each for each in utterances if each and each.number == number), None)
        if utterance is None:
            return []
        return [self._wire.kernel("transcription.partial", item_id=utterance.item_id, text=text)]

    def final(
        self, text: str, number: int, failed: str | None = None, *, late: bool = False
    ) -> tuple[str | None, dict[str, str] | None, list[Action]]:
        """What was understood of an utterance, or why nothing was; its item, and that reason."""
        utterance = next((each for each in self._awaited if each.number == number), None)
        if utterance is None:
            return None, None, []
        self._awaited.remove(utterance)
        item_id = utterance.item_id
        why = failure("missing_parts", self.deaf) if self.deaf is not None else None
        if failed is not None and why is None:
            why = failure("recognition_late" if late else "recognition_failed", failed)
        if why is not None:
            return item_id, why, [self._failed(item_id, why)]
        item = self._items.find(item_id)
        if item is not None:
            item["content"][0]["transcript"] = text
        completed = self._wire.send(
            "conversation.item.input_audio_transcription.completed",
            item_id=item_id,
            content_index=0,
            transcript=text,
            usage={"type": "duration", "seconds": round(utterance.seconds, 3)},
        )
        return item_id, None, [completed]

    def lagging(self, ms: float) -> list[Action]:
        """What is said is understood so much later; 0: no longer."""
        return [self._wire.kernel("lag", ms=round(ms))]

    def activity(
        self, at_ms: float, step_ms: float, likely: Sequence[float], audio_ms: float
    ) -> list[Action]:
        """How likely each step held speech, by the detector; ``audio_ms``: the sound has come so far.

        A detector may be late, on a busy machine by seconds: when a step was is known by the sound itself.
        """
        times = {"audio_start_ms": round(at_ms), "step_ms": round(step_ms, 3), "audio_ms": round(audio_ms)}
        return [self._wire.kernel("voice_activity", **times, probabilities=list(likely))]

    def lost(self) -> tuple[set[str], list[Action]]:
        """The recogniser is gone, with all it had heard; the items that will never have a text."""
        out: list[Action] = []
        if self._now is not None:
            self._now = None
            out.append(self._wire.send("input_audio_buffer.cleared"))
        lost = self.awaited
        out += [self._failed(utterance.item_id, LOST) for utterance in self._awaited]
        self._awaited.clear()
        self._newest = self._next.number = 0  # the next process counts anew
        while self._commits:
            event_id, origin = self._commits.popleft()
            error = refusal(LOST["code"], LOST["message"])
            out.append(self._wire.error(error, event_id=event_id, origin=origin))
        return lost, out

    def _take(self) -> Utterance:
        utterance, self._next = self._next, Utterance(self._wire.new_id("item"))
        return utterance

    def _commit(self) -> list[Action]:
        utterance, self._now = self._now or self._take(), None
        self._newest = max(self._newest, utterance.number)
        self._awaited.append(utterance)
        return self._enter(utterance)

    def _enter(self, utterance: Utterance) -> list[Action]:
        # Captures: in this order, the item whole at once and its text later.
        item = user_audio(utterance.item_id)
        before = self._items.append(item)
        return [
            self._wire.send(
                "input_audio_buffer.committed", item_id=utterance.item_id, previous_item_id=before
            ),
            self._wire.send("conversation.item.added", previous_item_id=before, item=copied(item)),
            self._wire.send("conversation.item.done", previous_item_id=before, item=copied(item)),
        ]

    def _failed(self, item_id: str, why: dict[str, str]) -> Action:
        return self._wire.send(
            "conversation.item.input_audio_transcription.failed",
            item_id=item_id,
            content_index=0,
            error=why,
        )
