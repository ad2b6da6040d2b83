"""What is taken out of a talk for good: a turn's words in rows and events, and when it sounded. Pure.

What was said must not be guessed from what is left: each text becomes one mark, however long it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from voice_widget.errors import StateError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.records import Row, ToolRow
from voice_widget.realtime.state.rows import place_of
from voice_widget.realtime.state.tool_use import blanked, error_of
from voice_widget.recording.replay import REDACTED
from voice_widget.tables.event_log import Line

MARK = "█"
AROUND_MS = 150  # speech begins and ends softly, before and after the times that are told of it
UNREACHED = (
    "what was exported or copied before",
    "what the service keeps",
    "what agents and tools that were told of it have done, and what was answered",
    "what cells of the notebook show, as a result's question",
    "widgets that were forked, or made with history=, before: they know it still",
)
"""What redaction does not reach."""
# The strings that say what an event is and not what was said.
_KEPT = frozenset(
    {
        *(
            "type",
            "id",
            "item_id",
            "event_id",
            "response_id",
            "call_id",
            "previous_item_id",
            "new_item_id",
            "shown_as",
            "conversation_id",
        ),
        *(
            "role",
            "status",
            "object",
            "voice",
            "model",
            "format",
            "reason",
            "code",
            "phase",
            "source",
            "side",
        ),
    }
)
_OF_TOOLS = frozenset({"name", "tool_call_id", "by", "late_call_id"})  # also of what was called for the turn
_SOUND = re.compile(r"<\d+ characters of audio(?:, \d of padding)?>")


def turn_of(rows: Sequence[Row], seq: object, running: Collection[str] = ()) -> Row:
    """The row that is to be redacted.

    Args:
        rows: All rows.
        seq: The number of the one.
        running: The items of turns that go on: an answer that is whole as text may sound for long.

    Raises:
        SettingError: There is none of that number (``unknown_turn``).
        StateError: It is not over (``turn_runs``).
    """
    row = rows[place_of(seq, rows)]
    if row["item_id"] in running:
        raise StateError(
            f"Turn {row['seq']} is not over: what is still said of it would stay.",
            code="turn_runs",
            next_step="Redact it when it has ended.",
        )
    return row


def blank(row: Row) -> Row:
    """What is left of a row."""
    heard, before = (None if row.get(name) is None else "" for name in ("text_heard", "text_before"))
    return {**row, "text": "", "text_heard": heard, "images": 0, "text_before": before}


def blank_tools(uses: Sequence[Mapping[str, Any]], rows: Sequence[Row], row: Row) -> list[dict[str, Any]]:
    """Calls of functions as a table has them, those for a turn of the user's without their words.

    Args:
        uses: The table.
        rows: All turns.
        row: The one that is redacted.
    """
    questions = [each["seq"] for each in rows if each["role"] == "user"]

    def asked(use: Mapping[str, Any]) -> bool:
        seq = use.get("seq") or 0
        return use.get("turn_id") == row["item_id"] or row["seq"] == max(
            (place for place in questions if place <= seq), default=None
        )

    return [dict(blanked(cast(ToolRow, use))) if asked(use) else dict(use) for use in uses]


def note(row: Row) -> dict[str, Any]:
    """The event that says that a turn was blanked."""
    return {"type": REDACTED, "item_id": row["item_id"], "row": blank(row)}


def stretch(
    rows: Sequence[Row], row: Row, offsets: Mapping[str | None, int | None], whole_ms: int
) -> tuple[int, int] | None:
    """From when to when a turn sounded, on the recording's timeline in milliseconds.

    Where its own times are not known, all from the end of the turn before to the beginning of the one behind.

    Args:
        rows: All rows.
        row: The turn.
        offsets: Where the zero of each call lies.
        whole_ms: How long the recording is.
    """
    if (offset := offsets.get(row["call_id"])) is None:
        return None
    same = [other for other in rows if other["call_id"] == row["call_id"]]
    before = [x["end_ms"] for x in same if x["seq"] < row["seq"] and x["end_ms"] is not None]
    behind = [x["start_ms"] for x in same if x["seq"] > row["seq"] and x["start_ms"] is not None]
    start, end = row["start_ms"], row["end_ms"]
    first = (max(before, default=-offset) if start is None else start - AROUND_MS) + offset
    # What is known to have ended is cut nowhere: the rest of its sound may still be on its way.
    last = (min([*behind, whole_ms - offset]) if end is None else end + AROUND_MS) + offset
    first = max(0, first)
    return (first, last) if first < last else None


class Blanking:
    """Takes one turn's words out of events.

    Args:
        row: The turn.
        session: What the events came to: it knows by what other ids services name the turn.
        lines: All events.
    """

    def __init__(self, row: Row, session: Session, lines: Iterable[Line]) -> None:
        self._row = row
        self._names, self._responses = {row["item_id"]}, set[str]()
        turn = session.turns.get(row["item_id"])
        uses = [] if turn is None else session.uses.of(turn)
        self._calls = {name for use in uses for name in (use.tool_call_id, use.late_call_id) if name}
        # An MCP server's is known by its items alone.
        self._call_items = {name for use in uses for name in (use.item_id, use.tool_call_id) if name}
        asked = self._asked = ""  # the request that brought the words, if they were to be said as they are
        for line in lines:
            event = _event(line)
            asked = line.event if _asks_to_say(event) else asked
            item = event.get("item")
            if isinstance(item, dict) and item.get("approval_request_id") in self._call_items:
                self._call_items.add(str(item.get("id")))
            for name in (event.get("item_id"), item.get("id") if isinstance(item, dict) else None):
                if (
                    isinstance(name, str)
                    and (known := session.row(name))
                    and known["item_id"] == row["item_id"]
                ):
                    if row["source"] == "say" and len(self._names) == 1 and not self._responses:
                        self._asked = asked
                    self._names.add(name)
                    if isinstance(event.get("response_id"), str) and row["role"] == "assistant":
                        self._responses.add(event["response_id"])

    def __call__(self, line: Line) -> Line:
        """The same event without the turn's words."""
        event = _event(line)
        if event.get("type") == REDACTED:
            return line
        reply = str(event.get("type")).startswith(("voice_widget.reply.", "voice_widget.agent.remarked"))
        whole = line.event == self._asked or (reply and event.get("response_id") in self._responses)
        blanked = _marked(event) if whole else self._walk(event)
        return line if blanked == event else line._replace(event=json.dumps(blanked, ensure_ascii=False))

    def _walk(self, value: Any) -> Any:
        if isinstance(value, dict):
            if self._is_turn(value):
                return _marked(value)
            if self._is_call(value):
                return _marked(value, _KEPT | _OF_TOOLS)
            return {name: self._walk(inner) for name, inner in value.items()}
        return [self._walk(inner) for inner in value] if isinstance(value, list) else value

    def _is_call(self, value: Mapping[str, Any]) -> bool:
        call_id = value.get("call_id", value.get("tool_call_id"))
        name = value.get("item_id", value.get("id"))
        known = isinstance(call_id, str) and call_id in self._calls
        return known or (isinstance(name, str) and name in self._call_items)

    def _is_turn(self, value: Mapping[str, Any]) -> bool:
        name = value.get("item_id", value.get("id"))
        if isinstance(name, str):
            return name in self._names
        return name is None and value.get("role") == self._row["role"] and _said(value) == self._row["text"]


def _marked(value: Any, kept: Collection[str] = _KEPT) -> Any:
    if isinstance(value, dict):
        return {
            name: inner
            if name in kept and isinstance(inner, str)
            else []
            if name == "logprobs"
            # Else what went wrong would count as what was given.
            else json.dumps({"error": MARK}, ensure_ascii=False)
            if name == "output" and isinstance(inner, str) and error_of(inner) is not None
            else _marked(inner, kept)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_marked(inner, kept) for inner in value]
    return MARK if isinstance(value, str) and value and not _SOUND.fullmatch(value) else value


def _asks_to_say(event: Mapping[str, Any]) -> bool:
    response = event.get("response") if event.get("type") == "response.create" else None
    return isinstance(response, dict) and (
        "text" in response or response.get("metadata") == {"voice_widget": "say"}
    )


def _said(item: Mapping[str, Any]) -> str | None:
    content = item.get("content")
    pieces = [x for x in content if isinstance(x, dict)] if isinstance(content, list) else []
    texts = [piece.get("text") or piece.get("transcript") for piece in pieces]
    return "".join(map(str, texts)) if any(texts) else None


def _event(line: Line) -> dict[str, Any]:
    try:
        event = json.loads(line.event)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
