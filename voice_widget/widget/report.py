"""What the talk's changes become: traits, messages to the pages, calls to the user."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.state.changes import (
    Change,
    Problem,
    Redacted,
    ResponseDone,
    RowChanged,
    RowText,
    SpeakingChanged,
    StateChanged,
    ToolChanged,
    TurnFinished,
    Used,
)
from voice_widget.realtime.state.records import ConnectionState, Row, Side, Summary, ToolRow
from voice_widget.tables.metrics import metrics_row
from voice_widget.tables.prices import Prices
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.waiting import Waiters

EVENTS = (
    "turn",
    "transcript",
    "row",
    "text",
    "interrupted",
    "speaking",
    "response_done",
    "state",
    "error",
    "result",
    "tool_call",
    "approval",
)
OVER = ("disconnected", "error")
MOST_TOOLS = 500  # calls of tools that a page is told of; the tables have all of them
_SHORT = 1000  # characters of what a tool gave
_CUT = "\n… Cut here, of {:,} characters. All of it is in w.tool_calls_df."


class Report:
    """Writes down what happens. Everything but `publish` and `on` runs on the publisher's thread.

    It keeps the rows and the results as the pages know them: a page that asks for all rows must get them as
    they were at that place in the order of messages, or it would append the text that is still under way a
    second time.

    Args:
        publisher: Where it all goes out.
        write: Sets a trait.
        read: Reads a trait.
        write_transcript: Sets ``transcript``: the rows, tell the observers?, send it whole?
        facts: The names of the traits.
        redacted: Gets the ``item_id`` of a turn that nobody is to know any more.
        prices: What a response costs, by model.
        under: Gives the pages in which a cell's output shows results.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        write: Callable[[str, Any], None],
        read: Callable[[str], Any],
        write_transcript: Callable[[list[Row], bool, bool], None],
        facts: Sequence[str],
        redacted: Callable[[str], None] = lambda item_id: None,
        prices: Prices | None = None,
        under: Callable[[], list[str]] = list,
    ) -> None:
        self.waiters = Waiters()
        self._guard = threading.Lock()
        self._waiting: deque[Change] = deque()
        self.rows: dict[str, Row] = {}
        self.results: list[dict[str, Any]] = []
        self.tools: dict[int, ToolRow] = {}
        self._publisher = publisher
        self._write, self._read, self._write_transcript = write, read, write_transcript
        self._facts, self._prices = frozenset(facts), prices
        self._redacted, self._under = redacted, under
        self._finished = Finished()
        self._told = 0  # the version of the transcript that the callbacks know
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
                # Under the guard: a thread that was held up in between would leave another's change waiting.
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
        results = [{**result, "under": self._under()} for result in self.results]
        lists = {"results": results, "tools": list(self.tools.values())}
        self._publisher.send(message | {name: known for name, known in lists.items() if known})

    def missing(self, page: str, first: int, last: int) -> None:
        """A page has not got some messages."""
        if not self._publisher.resend(first, last):
            self.hello(page)

    def shown(self, number: int, item_id: str, label: str) -> None:
        """The agent has shown something: it stands under its question, or else under the latest row."""
        if item_id not in self.rows:
            item_id = max(self.rows.values(), key=lambda row: row["seq"])["item_id"] if self.rows else ""
        result = {"number": number, "item_id": item_id, "label": label}
        self.results.append(result)
        self._publisher.send({"type": "result", "result": {**result, "under": self._under()}})

    def tell(self, event: str, value: Any) -> None:
        """Call the user's functions for this event."""
        for function in tuple(self._handlers[event]):
            self._publisher.call(function, value, always=event == "error")

    def until(self, state: ConnectionState, future: Future[None]) -> None:
        """Fulfil ``future`` once the connection is in that state."""
        self.waiters.state(state, future)

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
            case TurnFinished(row, goes_on):
                self._turn(row, goes_on)
            case SpeakingChanged(side, speaking, at_ms, at):
                told = {"side": side, "speaking": speaking, "at_ms": at_ms, "at": at}
                self.tell("speaking", told)
            case Redacted(item_id):
                self._redacted(item_id)
            case StateChanged(name, value):
                self._state(name, value)
            case ToolChanged(tool):
                self._tool(tool)
            case Used(kind="response"):
                told = metrics_row(change, self.rows.get(change.item_id or ""), self._prices)
                self.tell("response_done", told)
            case ResponseDone(response_id, status, error=error, out_of_band=False) if error is not None:
                # Who refused or interrupted it has told that to whoever asked for it.
                self.waiters.answer_failed(error, just=response_id != "" and status != "cancelled")
            case Problem(error):
                self._error(error)

    def _row(self, row: Row) -> None:
        before = self.rows.get(row["item_id"])
        self.rows[row["item_id"]] = row
        self._publisher.send({"type": "row", "row": row})
        self.tell("row", row.copy())
        if row["interrupted"] and not (before and before["interrupted"]):
            self.tell("interrupted", row.copy())
        if self._finished.mend(row):  # late text
            self._transcript(tell=False)

    def _text(self, change: RowText) -> None:
        parts: dict[str, Any] = {
            name: value
            for name in ("delta", "text", "audio_start_ms", "audio_end_ms", "estimated")
            if (value := getattr(change, name)) is not None
        }
        row = self.rows.get(change.item_id)
        if row is not None:
            text = row["text"] + change.delta if change.delta is not None else change.text
            row = self.rows[change.item_id] = {**row, "text": row["text"] if text is None else text}
            if self._finished.mend(row):  # late text
                self._transcript(tell=False)
        self._publisher.send({"type": "text", "item_id": change.item_id, **parts})
        self.tell("text", {"item_id": change.item_id, **parts})

    def _tool(self, tool: ToolRow) -> None:
        before, shown = self.tools.pop(tool["number"], None), short(tool)
        self.tools[tool["number"]] = shown
        if len(self.tools) > MOST_TOOLS:
            del self.tools[next(iter(self.tools))]
        self._publisher.send({"type": "tool", "tool": shown})
        self.tell("tool_call", tool.copy())
        if tool["status"] == "waiting" and (before is None or before["status"] != "waiting"):
            self.tell("approval", tool.copy())

    def _turn(self, row: Row, goes_on: bool) -> None:
        self.rows[row["item_id"]] = row
        self._finished.add(row)
        self._transcript(tell=True)
        self._fact("turns", self._read("turns") + 1)
        self.tell("turn", row.copy())
        if row["role"] != "system":
            self.waiters.turn_is(row.copy(), goes_on=goes_on)

    def _state(self, name: str, value: Any) -> None:
        if name == "error" and value is not None:
            self._error(value)
            return
        if name not in self._facts:
            return
        if name == "connection_state" and value == "connecting":
            self._fact("error", None)
            self._fact("summary", None)
        changed = self._read(name) != value
        self._write(name, value)
        if name == "connection_state" and value in OVER:
            for row in self.ordered():
                self._finished.add(row)  # nothing goes on in them any more
            self._transcript(tell=False)
        if changed:
            self.tell("state", {"name": name, "value": value})
        if name == "connection_state":
            self.waiters.state_is(value, self._read("error"))

    def _error(self, error: ErrorInfo) -> None:
        if self._read("error") != error:  # a verb that fails reports what has just stopped the call
            self._fact("error", error)
            self.tell("error", error)

    def _transcript(self, *, tell: bool) -> None:
        over = self._read("connection_state") in OVER
        rows = self._finished.rows()
        self._write_transcript(rows, tell, over)
        if self._finished.version != self._told:  # at the end it is only sent once more
            self._told = self._finished.version
            for function in tuple(self._handlers["transcript"]):
                self._publisher.call(function, [row.copy() for row in rows])
        if over:
            self._fact("summary", summary_of(rows))

    def _fact(self, name: str, value: Any) -> None:
        """Write a trait, and tell if that changes it."""
        changed = self._read(name) != value
        self._write(name, value)
        if changed:
            self.tell("state", {"name": name, "value": value})


class Finished:
    """The finished rows in their order. A turn at the end costs the same however many there are.

    Attributes:
        version: Grows with each change.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows: dict[str, Row] = {}
        self._ordered: list[Row] | None = []

    def add(self, row: Row) -> None:
        """A row is finished."""
        if not self.mend(row) and row["item_id"] not in self._rows:
            row = self._rows[row["item_id"]] = row.copy()
            self.version += 1
            if self._ordered is not None and (not self._ordered or self._ordered[-1]["seq"] < row["seq"]):
                self._ordered.append(row)
            else:
                self._ordered = None

    def mend(self, row: Row) -> bool:
        """Something in a row has changed; False if it is not finished, or nothing has."""
        known = self._rows.get(row["item_id"])
        if known is None or known == row:
            return False
        # A new one: lists that were given out before stay as they were.
        row = self._rows[row["item_id"]] = row.copy()
        if self._ordered is not None and known["seq"] == row["seq"]:
            place = bisect_left(self._ordered, row["seq"], key=lambda other: other["seq"])
            self._ordered[place] = row
        else:
            self._ordered = None
        self.version += 1
        return True

    def rows(self) -> list[Row]:
        """All of them; the list is the caller's, the rows are not."""
        if self._ordered is None:
            self._ordered = sorted(self._rows.values(), key=lambda row: row["seq"])
        return self._ordered.copy()


def short(tool: ToolRow) -> ToolRow:
    """What pages get of a tool's call: not all of what it gave, which is said, and no traceback."""
    output, error, progress = (
        text if text is None or len(text) <= _SHORT else f"{text[:_SHORT]}{_CUT.format(len(text))}"
        for text in (tool["output"], tool["error"], tool["progress"])
    )
    return {**tool, "output": output, "error": error, "progress": progress, "traceback": None}


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
