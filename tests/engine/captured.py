"""Plays the client's part of a tape at our engine, and says how what comes back differs from the tape.

`tests/tapes/as_captured` holds talks made up for this: what their services send has the order and the fields
that captured sessions of OpenAI and Azure have. Captures themselves are read from beside the project, where
there are any.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from tests.engine.caller import Events, tone

Event = dict[str, Any]

ROOT = Path(__file__).parents[2]
OURS = sorted((ROOT / "tests" / "tapes" / "as_captured").glob("*.jsonl"))
CAPTURES = sorted((ROOT.parent / "shared" / "tapes").glob("*.jsonl"))

# Before a client says the next thing it has seen these, as often as in the tape.
_AWAITED = (
    "session.created",
    "session.updated",
    "response.function_call_arguments.done",
    "response.done",
    "rate_limits.updated",
)
# What is heard of the user and what is played go on beside what is generated, each in its own time.
_HEARD = "conversation.item.input_audio_transcription."
_PLAYED = "output_audio_buffer."
_BESIDE = (_HEARD, _PLAYED)
# Of a client's own objects it is shown what it gave.
_CLIENTS_OWN = frozenset(["tools", "metadata"])


@dataclass
class Tape:
    """A talk: who sent what."""

    name: str
    lines: list[tuple[bool, Event]] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Tape:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return cls(path.stem, [(line["sent"], line["event"]) for line in lines])

    @property
    def sideband(self) -> bool:
        return "sideband" in self.name

    @property
    def received(self) -> list[Event]:
        return [event for sent, event in self.lines if not sent]

    def answers(self) -> Iterator[Event]:
        """What was answered: the items of each response."""
        for event in self.received:
            if event["type"] == "response.done":
                yield from event["response"]["output"]


class Fellow:
    """Answers as the tape does: each session the same. A companion's factory."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __call__(self, send: Callable[[str], None]) -> _Answering:
        return _Answering(send, self._tape.answers())


class _Answering:
    def __init__(self, send: Callable[[str], None], answers: Iterator[Event]) -> None:
        self._send, self._answers = send, answers

    def hear(self, text: str) -> None:
        event = json.loads(text)
        if event["type"] != "voice_widget.reply.requested":
            return
        item, about = next(self._answers), {"response_id": event["response_id"]}
        if item["type"] == "function_call":
            call = {name: item[name] for name in ("call_id", "name", "arguments")}
            self._tell("call", **about, **call)
        else:
            part = item["content"][0]
            self._tell("delta", **about, delta=part.get("transcript") or part["text"])
        self._tell("done", **about)

    def close(self) -> None: ...

    def _tell(self, what: str, **fields: Any) -> None:
        self._send(json.dumps({"event_id": "mine", "type": f"voice_widget.reply.{what}", **fields}))


async def replay(tape: Tape, events: Events, send: Callable[[Event], Any]) -> list[Event]:
    """Say what the client says in the tape, each thing when its time has come; what came back."""
    due: Counter[str] = Counter()
    speaking = False
    for sent, event in tape.lines:
        kind = event["type"]
        if not sent:
            due[kind] += kind in _AWAITED or (kind.endswith((".completed", ".stopped")) and _final(event))
            speaking = speaking and kind != "response.done"
        elif kind != "input_audio_buffer.append":
            await _seen(events, due)
            await send(event)
        elif not speaking:  # a whole utterance for what is left of it in the tape
            speaking = True
            await _seen(events, due)
            for piece in _pieces(bytes(24_000) + tone(700) + bytes(72_000)):
                await send({"type": kind, "audio": piece})
    await _seen(events, due)
    return list(events.all)


async def _seen(events: Events, due: Mapping[str, int]) -> None:
    for kind, count in due.items():
        after = 0
        for _ in range(count):
            event = await events.until(kind, lambda e: _final(e), after=after)
            after = next(at for at, other in enumerate(events.all) if other is event) + 1


def _final(event: Event) -> bool:
    # One service sends `completed` for what it has heard so far.
    return bool(event.get("status", "completed") == "completed")


def _pieces(pcm: bytes) -> Iterator[str]:
    for start in range(0, len(pcm), 4800):
        yield base64.b64encode(pcm[start : start + 4800]).decode()


# --- what differs ---


def differences(theirs: Iterable[Event], ours: Iterable[Event]) -> set[str]:
    """Each as a line: ``-`` is what only they send, ``+`` what only we do."""
    theirs, ours = list(theirs), list(ours)
    return _order(theirs, ours) | _fields(theirs, ours)


def _order(theirs: list[Event], ours: list[Event]) -> set[str]:
    found = set()
    for stream in (None, *_BESIDE):
        there, here = _main(theirs, stream), _main(ours, stream)
        for what, a, b, c, d in SequenceMatcher(None, there, here, autojunk=False).get_opcodes():
            if what == "equal" or (what == "insert" and a == len(there)):  # the recording ended there
                continue
            found |= {f"- {there[at]} after {_before(there, at)}" for at in range(a, b)}
            found |= {f"+ {here[at]} after {_before(here, at)}" for at in range(c, d)}
    return found


def _before(kinds: list[str], at: int) -> str:
    return kinds[at - 1] if at else "nothing"


def _main(events: list[Event], stream: str | None) -> list[str]:
    """The types in order; a run of pieces counts as one of each type in it."""
    kinds: list[str] = []
    run: set[str] = set()
    for event in events:
        kind = event["type"]
        if (stream is None and kind.startswith(_BESIDE)) or (stream and not kind.startswith(stream)):
            continue
        run = run if kind.endswith(".delta") else set()
        if kind not in run:
            kinds.append(kind)
        if kind.endswith(".delta"):
            run.add(kind)
    return kinds


def _fields(theirs: list[Event], ours: list[Event]) -> set[str]:
    there, here = _shapes(theirs), _shapes(ours)
    found = set()
    for kind in there.keys() & here.keys():
        for sign, one, other in (("-", there[kind], here[kind]), ("+", here[kind], there[kind])):
            missing = {path for path in one if path not in other}
            found |= {f"{sign} {kind} {path}" for path in missing if not _hidden(path, missing, other)}
    return found


def _hidden(path: str, missing: set[str], other: Mapping[str, bool]) -> bool:
    """Whether it is no difference of its own: its parent is missing too, or empty there."""
    parents = [path[:at] for at, letter in enumerate(path) if letter == "."]
    return any(parent in missing or other.get(parent) is False for parent in parents if parent)


def _shapes(events: list[Event]) -> dict[str, dict[str, bool]]:
    """Of each kind of event: the paths of its fields, and whether something ever stood there."""
    shapes: dict[str, dict[str, bool]] = {}
    for event in events:
        item = event.get("item")
        about = f"[{item.get('role') or item['type']}]" if isinstance(item, dict) else ""
        shape = shapes.setdefault(event["type"] + about, {})
        for path, filled in _paths(event, ""):
            shape[path] = shape.get(path, False) or filled
    return shapes


def _paths(value: Any, at: str) -> Iterator[tuple[str, bool]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"{at}.{name}", member not in (None, [], {})
            if name not in _CLIENTS_OWN:
                yield from _paths(member, f"{at}.{name}")
    elif isinstance(value, list):
        for member in value:
            yield from _paths(member, at)


# --- what is true of every talk ---


def check_facts(tape: Tape, events: list[Event]) -> None:
    """What clients go by, in a capture as in what we send."""
    kinds = [event["type"] for event in events]
    if tape.sideband:
        assert kinds[0] == "session.updated"
        assert "session.created" not in kinds
        assert not [kind for kind in kinds if kind.endswith("audio.delta")]
    else:
        assert kinds[0] == "session.created"
    for kind, later in (
        ("response.output_audio_transcript.delta", "output_audio_buffer.started"),
        ("response.done", "output_audio_buffer.stopped"),
        ("response.output_item.done", "response.done"),
    ):
        if later in kinds:
            assert kinds.index(kind) < kinds.index(later)
    for at, kind in enumerate(kinds):
        if kind == "rate_limits.updated":
            assert kinds[at - 1] == "response.done"
            assert events[at - 1]["response"]["output_modalities"] == ["audio"]
    _check_places(events)


def _check_places(events: list[Event]) -> None:
    order: list[str] = []
    by_response: set[str] = set()
    for event in events:
        if event["type"] == "response.output_item.added":
            by_response.add(event["item"]["id"])
        elif event["type"] == "conversation.item.added":
            assert event["previous_item_id"] == (order[-1] if order else None)
            order.append(event["item"]["id"])
        elif event["type"] == "conversation.item.done":
            item_id = event["item"]["id"]
            place = order.index(item_id)
            before = order[place - 1] if place else None
            if item_id in by_response and place == 1:
                before = None
            assert event["previous_item_id"] == before
