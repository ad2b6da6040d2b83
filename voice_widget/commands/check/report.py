"""What was tried and what was found, for people and as JSON. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from voice_widget.commands.check.findings import FINDINGS, Severity
from voice_widget.commands.check.record import Deviation, Way

_MOST_NAMED = 4
_LONGEST_CELL = 200


@dataclass(frozen=True)
class Tried:
    """One talk by one way, and what deviated in it.

    Attributes:
        refused: There was no talk, and why.
        step: What to do about that.
    """

    way: Way
    talk: str
    seconds: float
    deviations: tuple[Deviation, ...] = ()
    refused: str = ""
    step: str = ""

    @property
    def outcome(self) -> str:
        """``ok``, ``deviates`` or ``not reached``."""
        return "not reached" if self.refused else "deviates" if self.deviations else "ok"


@dataclass(frozen=True)
class Row:
    """One deviation, wherever it was seen."""

    name: str
    events: tuple[str, ...]
    field: str
    seen: str
    expected: str
    where: tuple[tuple[Way, str], ...]

    @property
    def severity(self) -> Severity:
        """Whether it breaks clients."""
        return FINDINGS[self.name].severity


def rows(tried: Iterable[Tried]) -> list[Row]:
    """All deviations, the same ones in one row, what breaks clients first."""
    found: dict[tuple[str, str, str], tuple[dict[str, None], Deviation, dict[tuple[Way, str], None]]] = {}
    for talk in tried:
        for deviation in talk.deviations:
            key = (deviation.name, deviation.field, deviation.expected)
            events, _, where = found.setdefault(key, ({}, deviation, {}))
            events[deviation.event] = None
            where[talk.way, talk.talk] = None
    made = [
        Row(
            first.name,
            tuple(events),
            first.field,
            first.seen,
            _expected(first),
            tuple(where),
        )
        for events, first, where in found.values()
    ]
    return sorted(made, key=lambda row: row.severity != "breaks")


def exit_code(tried: Sequence[Tried]) -> int:
    """0: nothing breaks clients. 1: something does. 2: the server was not reached at all."""
    if all(talk.refused for talk in tried):
        return 2
    return int(any(row.severity == "breaks" for row in rows(tried)))


def line(talk: Tried) -> str:
    """One talk, as it ends."""
    names = dict.fromkeys(deviation.name for deviation in talk.deviations)
    tail = talk.refused or ", ".join(names)
    return (
        f"  {talk.way:<10} {talk.talk:<13} {talk.seconds:5.1f} s  {talk.outcome}{': ' + tail if tail else ''}"
    )


def table(found: Sequence[Row], width: int = 100) -> str:
    """The deviations: severity, name, event and field, then what was expected, seen and lost."""
    blocks: list[str] = []
    for row in found:
        finding = FINDINGS[row.name]
        events = ", ".join(row.events[:_MOST_NAMED])
        more = len(row.events) - _MOST_NAMED
        what = f"{events} and {more} more" if more > 0 else events
        head = f"{row.severity:<7} {row.name}  {_cell(what)}{'  ' + _cell(row.field) if row.field else ''}"
        parts = [("expected", row.expected), ("seen", row.seen), ("loses", finding.loses)]
        parts += [("where", _places(row)), ("next", finding.step)]
        blocks.append("\n".join([head, *(_part(name, text, width) for name, text in parts if text)]))
    return "\n\n".join(blocks)


def told(tried: Sequence[Tried], again: str, width: int = 100) -> str:
    """The deviations, what they come to, and the next step.

    Args:
        tried: The talks.
        again: The command that was run, without the parts that it chose.
        width: Letters in a line.
    """
    if exit_code(tried) == 2:
        step = next((talk.step for talk in tried if talk.step), "") or "Check the address and try again."
        return f"No way led to a talk.\n→ {step}"
    found = rows(tried)
    breaking = [row for row in found if row.severity == "breaks"]
    counted = (
        _count(len(breaking), "deviation breaks clients", "deviations break clients"),
        _count(len(found) - len(breaking), "remark", "remarks"),
    )
    said = ", ".join(text for text in counted if text) or "Nothing deviates"
    step = "Clients of the protocol can talk to this server."
    if breaking:
        way, talk = breaking[0].where[0]
        step = f"Mend {breaking[0].name} first, then look again: {again} --only {way} --only {talk}"
    return f"{table(found, width)}\n\n{said}.\n→ {step}" if found else f"{said}.\n→ {step}"


def as_data(server: str, model: str | None, speech: str, tried: Sequence[Tried]) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "server": server,
        "model": model,
        "speech": speech,
        "exit_code": exit_code(tried),
        "tried": [
            {
                "way": talk.way,
                "talk": talk.talk,
                "seconds": round(talk.seconds, 2),
                "outcome": talk.outcome,
                "refused": talk.refused or None,
                "found": list(dict.fromkeys(deviation.name for deviation in talk.deviations)),
            }
            for talk in tried
        ],
        "deviations": [
            {
                "severity": row.severity,
                "name": row.name,
                "events": list(row.events),
                "field": row.field or None,
                "expected": row.expected,
                "seen": row.seen,
                "loses": FINDINGS[row.name].loses,
                "next_step": FINDINGS[row.name].step or None,
                "where": [{"way": way, "talk": talk} for way, talk in row.where],
            }
            for row in rows(tried)
        ],
    }


def _expected(deviation: Deviation) -> str:
    general = FINDINGS[deviation.name].expected
    return f"{general}: {deviation.expected}" if deviation.expected else general


def _places(row: Row) -> str:
    talks: dict[str, list[str]] = {}
    for way, talk in row.where:
        talks.setdefault(way, []).append(talk)
    return "; ".join(f"{way}: {', '.join(names)}" for way, names in talks.items())


def _count(number: int, one: str, many: str) -> str:
    return "" if not number else f"{number} {one if number == 1 else many}"


def _cell(text: str) -> str:
    """On one line and not too long: what a server sends may be anything."""
    text = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"


def _part(name: str, text: str, width: int) -> str:
    lead = f"        {name:<9}"
    rest = " " * len(lead)
    return textwrap.fill(_cell(text), max(width, 40), initial_indent=lead, subsequent_indent=rest)
