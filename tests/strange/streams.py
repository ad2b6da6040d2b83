"""Event streams of real services, and what a strange one might make of them."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "tests" / "tapes"
CAPTURED = ROOT.parent / "shared" / "tapes"  # beside the project, where somebody has them
MOST_CHANGES = 4
Frame = str | bytes
JUNK: tuple[Any, ...] = (
    *(None, "", "x", 7, -1, 0.5, 1e300, True, [], {}, ["x"], {"x": 1}, {"id": None}, [[]]),
    *(math.nan, -math.inf, 10**400, "\ud83d", "\ufffd\x00"),
)
# Frames that are no event, or not in the usual way.
FRAMES: tuple[Frame, ...] = (
    *(
        "",
        " ",
        "null",
        "[]",
        "[null]",
        '"text"',
        "7",
        "NaN",
        "{",
        "{}",
        "not JSON",
        "[" * 100_000,
        "9" * 5_000,
    ),
    *(b"", b"\x00\xff\xfe", b"\xef\xbb\xbf{}", b'{"type": "x"}', b'{"type": "\xed\xa0\xbd"}'),
    *('{"type": null}', '{"type": []}', '{"type": "error", "error": null}', '{"type": "session.updated"}'),
)

Event = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that goes wrong with a stream; numbers are taken modulo what is there."""

    kind: str
    at: int
    to: int
    junk: Any = None

    def apply(self, stream: list[Frame]) -> None:
        if not stream:
            return
        at = self.at % len(stream)
        match self.kind:
            case "drop":
                del stream[at]
            case "repeat":
                stream.insert(at + self.to % (len(stream) - at) + 1, stream[at])
            case "move":
                stream.insert(self.to % len(stream), stream.pop(at))
            case "end":
                del stream[at:]
            case "cut":
                stream[at] = stream[at][: self.to % (len(stream[at]) + 1)]
            case "junk":
                stream.insert(at, FRAMES[self.to % len(FRAMES)])
            case "binary" if isinstance(text := stream[at], str):
                stream[at] = text.encode()
            case "twice":
                stream[at] = self._with_a_key_twice(stream[at])
            case "retype" | "lose":
                stream[at] = self._with_another_field(stream[at], self._path(stream[at]))
            case "retype all" | "lose all":  # a habit of the service
                paths = sorted({path for raw in stream for path in _fields(raw)}, key=repr)
                path = paths[self.to % len(paths)] if paths else ()
                stream[:] = [self._with_another_field(raw, path) for raw in stream]

    def _with_a_key_twice(self, raw: Frame) -> Frame:
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
        if not isinstance(event, dict) or not event:
            return raw
        name = list(event)[self.to % len(event)]
        again = json.dumps({name: self.junk})
        body = json.dumps(event)
        # Readers of JSON take the last one.
        return f"{again[:-1]}, {body[1:]}" if self.at % 2 else f"{body[:-1]}, {again[1:]}"

    def _path(self, raw: Frame) -> tuple[Any, ...]:
        paths = _fields(raw)
        return paths[self.to % len(paths)] if paths else ()

    def _with_another_field(self, raw: Frame, path: tuple[Any, ...]) -> Frame:
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
        if path not in _paths(event):
            return raw
        *way, last = path
        place = event
        for step in way:
            place = place[step]
        if self.kind.startswith("retype"):
            # Services that have a field for show write null, more often than anything else.
            null = self.kind == "retype all" and self.at % 2
            place[last] = None if null else copy.deepcopy(self.junk)
        else:
            del place[last]
        return json.dumps(event)


def _fields(raw: Frame) -> list[tuple[Any, ...]]:
    try:
        return list(_paths(json.loads(raw)))
    except (ValueError, RecursionError):
        return []


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Any:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, child in children:
        yield (*before, key)
        yield from _paths(child, (*before, key))


def _tapes() -> dict[str, list[str]]:
    """What each tape's service sent, as JSON."""
    found: dict[str, list[str]] = {}
    for folder in (OWN, CAPTURED):
        for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found[path.stem] = [
                json.dumps(line["event"])
                for line in lines
                if "event" in line
                and not line["sent"]
                and not line["event"]["type"].startswith("voice_widget.call.")
            ]
    return {name: stream for name, stream in found.items() if stream}


TAPES = _tapes()


def _asides() -> frozenset[str]:
    """The items that are made beside the conversation, and are no rows."""
    items: set[str] = set()
    for stream in TAPES.values():
        events = [json.loads(raw) for raw in stream]
        made = [event["response"] for event in events if event["type"] == "response.created"]
        beside = {response["id"] for response in made if response.get("conversation_id", "") is None}
        items |= {
            event["item_id"] for event in events if event.get("response_id") in beside and "item_id" in event
        }
    return frozenset(items)


ASIDES = _asides()

_kinds = st.sampled_from(
    [
        *("drop", "repeat", "move", "end", "cut", "lose", "junk", "binary", "twice", "lose all"),
        *("retype", "retype all") * 4,
    ]
)
_changes = st.builds(Change, _kinds, st.integers(0, 999), st.integers(0, 9999), st.sampled_from(JUNK))


def changed(name: str, changes: Sequence[Change]) -> list[Frame]:
    stream: list[Frame] = list(TAPES[name])
    for change in changes:
        change.apply(stream)
    return stream


names = st.sampled_from(sorted(TAPES))
changes = st.lists(_changes, max_size=MOST_CHANGES)
