"""What the talk's changes become: traits, messages to the pages, calls to the user."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.changes import (
    Change,
    Problem,
    ResponseDone,
    RowChanged,
    RowText,
    StateChanged,
    TurnFinished,
    Used,
)
from voice_widget.realtime.records import Row, Side, Summary
from voice_widget.tables.metrics import metrics_row
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.waiting import Waiters

EVENTS = (
    "turn",
    "transcript",
    "row",
    "text",
    "interrupted",
    "response_done",
    "state",
    "error",
    "result",
)
OVER = ("disconnected", "error")


class Report:
    """Writes down what happens. Everything but `publish` and `on` runs on the publisher's thread.

    It keeps the rows as the pages know them: a page that asks for all rows must get them as they were at that
    place in the order of messages, or it would append the text that is still under way a second time.

    Args:
        publisher: Where it all goes out.
        write: Sets a trait.
        read: Reads a trait.
        write_transcript: Sets ``transcript``: the rows, tell the observers?, send it whole?
        facts: The names of the traits.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        write: Callable[[str, Any], None],
        read: Callable[[str], Any],
        write_transcript: Callable[[list[Row], bool, bool], None],
        facts: Sequence[str],
    ) -> None:
        self.waiters = Waiters()
        self._guard = threading.Lock()
        self._waiting: deque[Change] = deque()
        self.rows: dict[str, Row] = {}
        self.notes: dict[str, str] = {}
        self._noted: dict[str, str] = {}  # by the question, until its answer has a row
        self._publisher = publisher
        self._write, self._read, self._write_transcript = write, read, write_transcript
        self._facts = frozenset(facts)
        self._finished: set[str] = set()
        self._told: list[Row] = []  # the transcript as the callbacks know it
        self._handlers: dict[str, list[Callable[..., Any]]] = {event: [] for event in EVENTS}

    def publish(self, changes: Sequence[Change]) -> None:
        """Take changes in their order, from any thread."""
        for change in changes:
            with self._guard:
                after = joined(self._waiting[-1], change) if self._waiting else None
                if after is not None:
                    self._waiting[-1] = after
                    continue
                self._waiting.append(change)
            if not self._publisher.submit(self._apply_next):
                self._waiting.clear()  # it is closed

    def on(self, event: str, function: Callable[..., Any]) -> Callable[[], None]:
        """Call ``function`` at every ``event``; the result undoes it."""
        handlers = self._handlers[event]
        handlers.append(function)

        def undo() -> None:
            if function in handlers:
                handlers.remove(function)

        return undo

    def hello(self, page: str) -> None:
        """A page wants all rows."""
        message = {"type": "snapshot", "page": page, "rows": [dict(row) for row in self.ordered()]}
        self._publisher.send(message | ({"notes": dict(self.notes)} if self.notes else {}))

    def missing(self, page: str, first: int, last: int) -> None:
        """A page has not got some messages."""
        if not self._publisher.resend(first, last):
            self.hello(page)

    def note(self, item_id: str, text: str) -> None:
        """Put a small line under the answer to this turn, as soon as that has a row."""
        answer = next((row for row in self.ordered() if self._answers(row, item_id)), None)
        if answer is None:
            self._noted[item_id] = text
        else:
            self._note_under(answer["item_id"], text)

    def _note_under(self, item_id: str, text: str) -> None:
        self.notes[item_id] = text
        self._publisher.send({"type": "note", "item_id": item_id, "text": text})

    def _answers(self, row: Row, item_id: str) -> bool:
        asked = self.rows.get(item_id)
        return asked is not None and row["role"] == "assistant" and row["seq"] > asked["seq"]

    def tell(self, event: str, value: Any) -> None:
        """Call the user's functions for this event."""
        for function in tuple(self._handlers[event]):
            self._publisher.call(function, value, always=event == "error")

    def until(self, state: str, future: Future[None]) -> None:
        """Fulfil ``future`` once the connection is in that state."""
        self.waiters.state(state, self._read("connection_state"), future)

    def next_turn(self, role: Side | None, future: Future[Row]) -> None:
        """Fulfil ``future`` with the next finished turn."""
        self.waiters.turn(role, future)

    def ordered(self) -> list[Row]:
        """The rows in their order."""
        return sorted(self.rows.values(), key=lambda row: row["seq"])

    def _apply_next(self) -> None:
        with self._guard:
            change = self._waiting.popleft() if self._waiting else None
        if change is not None:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        match change:
            case RowText():
                self._text(change)
            case RowChanged(row):
                self._row(row)
            case TurnFinished(row):
                self._turn(row)
            case StateChanged(name, value):
                self._state(name, value)
            case Used(kind="response"):
                self.tell("response_done", metrics_row(change, self.rows.get(change.item_id or "")))
            case ResponseDone(status="failed", error=error, out_of_band=False) if error is not None:
                self.waiters.answer_failed(error)
            case Problem(error):
                self._error(error)

    def _row(self, row: Row) -> None:
        before = self.rows.get(row["item_id"])
        self.rows[row["item_id"]] = row
        self._publisher.send({"type": "row", "row": row})
        for asked in [item_id for item_id in self._noted if self._answers(row, item_id)]:
            self._note_under(row["item_id"], self._noted.pop(asked))
        self.tell("row", row.copy())
        if row["interrupted"] and not (before and before["interrupted"]):
            self.tell("interrupted", row.copy())
        if row["item_id"] in self._finished:  # late text
            self._transcript(tell=False)

    def _text(self, change: RowText) -> None:
        parts: dict[str, Any] = {
            name: value
            for name in ("delta", "text", "audio_start_ms", "audio_end_ms")
            if (value := getattr(change, name)) is not None
        }
        row = self.rows.get(change.item_id)
        if row is not None:
            text = row["text"] + change.delta if change.delta is not None else change.text
            self.rows[change.item_id] = {**row, "text": row["text"] if text is None else text}
        self._publisher.send({"type": "text", "item_id": change.item_id, **parts})
        self.tell("text", {"item_id": change.item_id, **parts})

    def _turn(self, row: Row) -> None:
        self.rows[row["item_id"]] = row
        self._finished.add(row["item_id"])
        self._transcript(tell=True)
        self._write("turns", self._read("turns") + 1)
        self.tell("turn", row.copy())
        self.waiters.turn_is(row.copy())

    def _state(self, name: str, value: Any) -> None:
        if name == "error" and value is not None:
            self._error(value)
            return
        if name not in self._facts:
            return
        if name == "connection_state" and value == "connecting":
            self._write("error", None)
            self._write("summary", None)
        changed = self._read(name) != value
        self._write(name, value)
        if name == "connection_state" and value in OVER:
            self._finished.update(self.rows)  # nothing goes on in them any more
            self._transcript(tell=False)
        if changed:
            self.tell("state", {"name": name, "value": value})
        if name == "connection_state":
            self.waiters.state_is(value, self._read("error"))

    def _error(self, error: ErrorInfo) -> None:
        if self._read("error") != error:  # a verb that fails reports what has just stopped the call
            self._write("error", error)
            self.tell("error", error)

    def _transcript(self, *, tell: bool) -> None:
        over = self._read("connection_state") in OVER
        # Copies: the lists and rows that users get are theirs to change.
        own = [row for row in self.ordered() if row["item_id"] in self._finished]
        rows = [row.copy() for row in own]
        self._write_transcript(rows, tell, over)
        if own != self._told:  # at the end it is only sent once more
            self._told = own
            for function in tuple(self._handlers["transcript"]):
                self._publisher.call(function, [row.copy() for row in own])
        if over:
            self._write("summary", summary_of(rows))


def joined(last: Change, change: Change) -> Change | None:
    """Both as one, where nothing is lost by it: a text that streams faster than it is told.

    Words that have times of their own stay apart.
    """
    if not isinstance(last, RowText) or not isinstance(change, RowText) or last.item_id != change.item_id:
        return None
    if change.text is not None:
        return change
    if last.delta is None or change.delta is None or change.audio_start_ms is not None:
        return None
    return replace(last, delta=last.delta + change.delta) if last.audio_start_ms is None else None


def summary_of(rows: Sequence[Mapping[str, Any]]) -> Summary | None:
    """The line under an ended talk; None without a turn."""
    if not rows:
        return None
    gaps = sorted(row["response_gap_ms"] for row in rows if row["response_gap_ms"] is not None)
    middle = len(gaps) // 2
    median = None if not gaps else gaps[middle] if len(gaps) % 2 else (gaps[middle - 1] + gaps[middle]) // 2
    return {
        "turns": len(rows),
        "interruptions": sum(1 for row in rows if row["interrupted"]),
        "median_gap_ms": median,
    }
