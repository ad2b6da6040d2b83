"""Plays the tapes: recorded event streams with what they must come to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Change
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS

FOLDER = Path(__file__).resolve().parents[1] / "tapes"
NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
# Told by services that deviate from the protocol, old and new.
DIALECTS = {"old_names_tool", "told_so_far"}
PROPER = [name for name in NAMES if name not in DIALECTS]


@dataclass
class Played:
    session: Session
    changes: list[Change]
    expect: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)


def load(name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    lines = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return lines[:-1], lines[-1]["expect"]


def play(name: str, session: Session | None = None) -> Played:
    lines, expect = load(name)
    session = session or Session()
    played = Played(session, [], expect)
    for line in lines:
        event = line["event"]
        if event["type"] not in LOCAL_FIELDS:
            event = parse(json.dumps(event), forgiving=not line["sent"])
        played.events.append(event)
        played.changes += session.apply(event, line["at"], sent=line["sent"])
    return played
