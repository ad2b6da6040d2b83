"""The assistant's message of one response: what is said, word by word, and the events about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from voice_widget.engine.conversation.actions import Action, CancelSpeech, Speak
from voice_widget.engine.conversation.clauses import Clause, ClauseCutter, Timed, at_end
from voice_widget.engine.conversation.items import Item, Items, copied
from voice_widget.engine.conversation.wire import Wire
from voice_widget.engine.stages.contracts import Word
from voice_widget.realtime.sound.cutting import heard_text

Modality = Literal["audio", "text"]

MOST_WRITTEN = 32 << 10
"""So many characters of an answer are written: more nobody reads, and the event that holds them all has to
fit a data channel's message."""


@dataclass(frozen=True)
class Manner:
    """How a message is given; ``most_written`` characters at most where it is written."""

    modality: Modality
    voice: str | None = None
    speed: float = 1.0
    most_written: int = MOST_WRITTEN
    output_format: str = "audio/pcm"


class Message:
    """One assistant message while it grows.

    Args:
        wire: Makes the events.
        response_id: The response that it belongs to.
        output_index: Its place in the response's output.
        manner: Spoken or written, and how.
        items: The conversation it enters; None when it is out of band.
    """

    def __init__(
        self, wire: Wire, *, response_id: str, output_index: int, manner: Manner, items: Items | None
    ) -> None:
        self.item: Item = {
            "id": wire.new_id("item"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self.id: str = self.item["id"]
        self.text = ""
        self.audio_ms = 0.0
        self.full = False
        """More was to be written than may be."""
        self._cut_ms: float | None = None
        self._wire = wire
        self._manner = manner
        self._items = items
        self._before: str | None = None
        self._at = {"response_id": response_id, "output_index": output_index}
        self._part = {"item_id": self.id, "content_index": 0, **self._at}
        self._cutter = ClauseCutter()
        self._clauses: list[Clause] = []
        self._marks: list[tuple[str, float, float | None]] = []

    @property
    def outstanding(self) -> bool:
        """Whether something is still to be spoken."""
        return bool(self._clauses)

    @property
    def length_ms(self) -> float:
        """How long the item's audio is, after it may have been cut."""
        return self.audio_ms if self._cut_ms is None else self._cut_ms

    def open(self) -> list[Action]:
        """The events that a message begins with."""
        out: list[Action] = [
            self._wire.send("response.output_item.added", **self._at, item=copied(self.item))
        ]
        if self._items is not None:
            self._before = self._items.append(self.item)
            out.append(
                self._wire.send(
                    "conversation.item.added", previous_item_id=self._before, item=copied(self.item)
                )
            )
        return [*out, self._wire.send("response.content_part.added", **self._part, part=self._part_body())]

    def write(self, delta: str) -> list[Action]:
        """More text: spoken clause by clause, or written at once."""
        if self._manner.modality == "text":
            room = self._manner.most_written - len(self.text)
            self.full = len(delta) > room
            delta = delta[:room]
            self.text += delta
            if not delta:
                return []
            return [self._wire.send("response.output_text.delta", **self._part, delta=delta)]
        return self._speak(self._cutter.push(delta))

    def end(self) -> list[Action]:
        """No more text comes for now: speak what is left."""
        return self._speak(self._cutter.flush())

    def audio(self, speech_id: str, audio_ms: float, words: Sequence[Word]) -> list[Action]:
        """Audio of a clause was made."""
        clause = self._clause(speech_id)
        if clause.audio_ms == 0:
            clause.offset_ms = self.audio_ms
        self.audio_ms += audio_ms
        return self._tell(clause.feed(audio_ms, words))

    def spoken(self, speech_id: str) -> list[Action]:
        """A clause is spoken whole."""
        return [*self._tell(self._clause(speech_id).finish()), *self._settle()]

    def unspoken(self, speech_id: str) -> None:
        """A clause could not be spoken. Its text is kept for the end."""
        self._clause(speech_id).done = True

    def close(self, status: Literal["completed", "incomplete"], *, whole: bool = True) -> list[Action]:
        """The message ends as it is. What was written but not spoken is the end of its text, not heard.

        Args:
            status: How it ended.
            whole: False: what was not spoken is no part of it.
        """
        out: list[Action] = [
            CancelSpeech(clause.speech_id)
            for clause in self._clauses
            if clause.speech_id is not None and not clause.done
        ]
        rest = "".join([clause.cut() for clause in self._clauses] + self._cutter.flush())
        self._clauses.clear()
        if rest and whole:
            out += self._tell([at_end(rest, self.audio_ms)])
        self.item["status"] = status
        self.item["content"] = [self._content()]
        if self._manner.modality == "audio":
            out.append(self._wire.send("response.output_audio.done", **self._part))
            out.append(
                self._wire.send("response.output_audio_transcript.done", **self._part, transcript=self.text)
            )
        else:
            out.append(self._wire.send("response.output_text.done", **self._part, text=self.text))
        out.append(self._wire.send("response.content_part.done", **self._part, part=self._part_body()))
        if self._items is not None:
            out.append(
                self._wire.send(
                    "conversation.item.done",
                    previous_item_id=self._items.shown_when_done(self._before),
                    item=copied(self.item),
                )
            )
        return [*out, self._wire.send("response.output_item.done", **self._at, item=copied(self.item))]

    def truncate(self, audio_end_ms: float) -> None:
        """Only so much was heard: the item's text is what was heard, and its audio is that long."""
        self._cut_ms = audio_end_ms
        if self.item["content"]:
            self.item["content"] = [self._content()]

    def _clause(self, speech_id: str) -> Clause:
        return next(clause for clause in self._clauses if clause.speech_id == speech_id)

    def _speak(self, clauses: list[str]) -> list[Action]:
        out: list[Action] = []
        for raw in clauses:
            speakable = any(character.isalnum() for character in raw)
            clause = Clause(raw, self._wire.new_id("speech") if speakable else None)
            self._clauses.append(clause)
            if clause.speech_id is not None:
                manner = self._manner
                out.append(
                    Speak(
                        speech_id=clause.speech_id,
                        item_id=self.id,
                        text=clause.spoken,
                        voice=manner.voice,
                        speed=manner.speed,
                        output_format=manner.output_format,
                        **self._at,  # type: ignore[arg-type]
                    )
                )
        return [*out, *self._settle()]

    def _settle(self) -> list[Action]:
        """Leave behind what is done; text without sound is given when its turn comes."""
        out: list[Action] = []
        while self._clauses and self._clauses[0].done:
            silent = self._clauses.pop(0).cut()
            if silent:
                out += self._tell([at_end(silent, self.audio_ms)])
        return out

    def _tell(self, pieces: list[Timed]) -> list[Action]:
        self.text += "".join(piece.text for piece in pieces)
        self._marks += [(piece.text, piece.start_ms, piece.end_ms) for piece in pieces]
        return [
            self._wire.send(
                "response.output_audio_transcript.delta",
                **self._part,
                delta=piece.text,
                audio_start_ms=piece.start_ms,
                **({} if piece.end_ms is None else {"audio_end_ms": piece.end_ms}),
                **({"estimated": True} if piece.estimated else {}),
            )
            for piece in pieces
        ]

    def _content(self) -> dict[str, Any]:
        if self._manner.modality == "audio":
            return {"type": "output_audio", "transcript": self._heard()}
        return {"type": "output_text", "text": self.text}

    def _heard(self) -> str:
        if self._cut_ms is None:
            return self.text
        return heard_text(self._marks, self._cut_ms)

    def _part_body(self) -> dict[str, Any]:
        # Parts are `audio` and `text` where items say `output_audio` and `output_text`; clients insist on it.
        if self._manner.modality == "audio":
            return {"type": "audio", "transcript": self.text}
        return {"type": "text", "text": self.text}
