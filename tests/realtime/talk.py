"""A talk in a test: events with few words, and what they changed."""

from __future__ import annotations

from typing import Any, TypeVar

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Change, StateChanged, TurnFinished
from voice_widget.realtime.state.records import Row

C = TypeVar("C")
HEARD = "conversation.item.input_audio_transcription."


class Talk:
    """Feeds a session, a tenth of a second per event."""

    def __init__(self, **connecting: Any) -> None:
        self.session = Session()
        self.at = 1_000_000.0
        self.changes: list[Change] = []
        if connecting.get("transport"):
            self("voice_widget.call.connecting", **connecting)

    def __call__(self, kind: str, *, wait: float = 0.1, sent: bool = False, **fields: Any) -> list[Change]:
        self.at += wait
        changes = self.session.apply({"type": kind, **fields}, self.at, sent=sent)
        self.changes += changes
        return changes

    def row(self, item_id: str) -> Row:
        row = self.session.row(item_id)
        assert row is not None
        return row

    def all(self, kind: type[C]) -> list[C]:
        return [change for change in self.changes if isinstance(change, kind)]

    def states(self, name: str) -> list[Any]:
        return [change.value for change in self.all(StateChanged) if change.name == name]

    @property
    def finished(self) -> list[str]:
        return [change.row["item_id"] for change in self.all(TurnFinished)]

    # --- whole scenes ---

    def says(
        self,
        item_id: str = "u",
        text: str | None = "hello",
        *,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        """The user says something by voice."""
        self("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=start)
        self("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=end)
        self("input_audio_buffer.committed", item_id=item_id)
        if text is not None:
            self(HEARD + "completed", item_id=item_id, transcript=text)

    def response(self, response_id: str = "r", **fields: Any) -> None:
        self("response.created", response={"id": response_id, **fields})

    def message(self, response_id: str = "r", item_id: str = "a") -> None:
        self(
            "response.output_item.added",
            response_id=response_id,
            item={"id": item_id, "type": "message", "role": "assistant"},
        )

    def word(
        self, word: str, response_id: str = "r", item_id: str = "a", at: int | None = None
    ) -> list[Change]:
        times = {} if at is None else {"audio_start_ms": at, "audio_end_ms": at + 100}
        kind = "response.output_audio_transcript.delta"
        return self(kind, response_id=response_id, item_id=item_id, delta=word, **times)

    def done(self, response_id: str = "r", status: str = "completed", **fields: Any) -> list[Change]:
        return self("response.done", response={"id": response_id, "status": status, **fields})

    def cancelled(self, response_id: str = "r", reason: str | None = "turn_detected") -> list[Change]:
        return self.done(response_id, "cancelled", status_details={"type": "cancelled", "reason": reason})

    def answer(self, response_id: str = "r", item_id: str = "a", text: str = "Fine.") -> None:
        """An answer that is made whole, and has not sounded yet."""
        self.response(response_id)
        self.message(response_id, item_id)
        self.word(text, response_id, item_id)
        self.done(response_id)

    def sound(self, what: str, response_id: str | None = "r", audio_ms: int | None = None) -> list[Change]:
        return self(f"output_audio_buffer.{what}", response_id=response_id, audio_ms=audio_ms)

    def marked(self, side: str, voiced: bool, at_ms: float) -> None:
        """A mark that arrives when it is made."""
        self.at = 1_000_000.0 + at_ms / 1000
        self("voice_widget.page.voiced", wait=0, side=side, voiced=voiced, at_ms=at_ms)

    def voiced(self, side: str, voiced: bool, at_ms: float) -> list[Change]:
        return self("voice_widget.page.voiced", side=side, voiced=voiced, at_ms=at_ms)
