"""A finding, and several of them as they are shown. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

_NOTHING = "Nothing remarkable"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something remarkable.

    Attributes:
        sentence: What it is.
        measure: The measure that says so, as `Talk.measures` names it; ``errors`` for what failed, ``sound``
            for what there is no sound of.
        start_ms: When it was, on the recording's timeline.
        quote: What was said there.
        seq: The number of the turn.
        value: The measure's value, in its unit, where it has one.
        weight: The more, the worse.
    """

    sentence: str
    measure: str
    start_ms: int
    quote: str
    seq: int | None = None
    value: float | None = None
    weight: float = 0.0


class Findings(Sequence[Finding]):
    """Findings, the worst first. Shown as text, and in a notebook as a list.

    Args:
        found: In any order.
        turns: Of so many turns.
    """

    def __init__(self, found: Iterable[Finding], turns: int = 0) -> None:
        self._found = sorted(found, key=lambda each: (-each.weight, each.start_ms))
        self._turns = turns

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> list[Finding]: ...
    def __getitem__(self, place: int | slice) -> Finding | list[Finding]:
        return self._found[place]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    def __repr__(self) -> str:
        return "\n".join(each.sentence for each in self._found) or self._nothing

    def _repr_html_(self) -> str:
        if not self._found:
            return f"<p>{self._nothing}</p>"
        items = "".join(f"<li>{html.escape(each.sentence)}</li>" for each in self._found)
        return f"<ul>{items}</ul>"

    @property
    def _nothing(self) -> str:
        if not self._turns:
            return "Nobody has spoken in this talk."
        return f"{_NOTHING} in {turns(self._turns)}."


def turns(count: int) -> str:
    """So many turns, as a sentence says it."""
    return f"{count} turn{'' if count == 1 else 's'}"
