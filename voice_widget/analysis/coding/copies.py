"""Coded copies of one talk, and tables of labels, as the labels of each coder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from voice_widget.analysis.coding.coded import Coded
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.labels import Label

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("code", "coder")
_KNOWN = {each.name for each in fields(Label)}
_WHOLE = {"number", "seq", "start_ms", "end_ms", "start", "end"}


class Copies(NamedTuple):
    """One talk and its coders.

    Attributes:
        coders: The labels of each, by name.
        turns: The side of each turn, by ``seq``.
        end_ms: How long it lasts.
    """

    coders: dict[str, list[Label]]
    turns: dict[int, str | None]
    end_ms: int


def copies(coded: Sequence[object], talk: Coded | None) -> Copies:
    """What was given to `agreement`.

    Raises:
        SettingError: It is not one talk (``not_one_talk``), or what is given is no talk and no table.
    """
    import pandas as pd

    if not coded:
        raise _neither(None)
    found: list[list[Label]] = []
    for each in coded:
        if isinstance(each, pd.DataFrame):
            found.append(_of_table(each))
        elif callable(getattr(each, "labels", None)) and hasattr(each, "rows"):
            talk = _same(talk, each)
            found.append(each.labels())  # type: ignore[attr-defined]
        else:
            raise _neither(each)
    coders = _coders(found)
    labels = [label for own in coders.values() for label in own]
    if talk is not None:
        turns = {row["seq"]: row["role"] for row in talk.rows if row["role"] in SIDES}
        return Copies(coders, dict(turns), talk.duration_ms)
    known = sorted({(label.seq, label.side) for label in labels if label.seq is not None}, key=_by_turn)
    return Copies(coders, dict(known), max((label.end_ms or 0 for label in labels), default=0))


def _by_turn(turn: tuple[int, str | None]) -> tuple[int, str]:
    return turn[0], turn[1] or ""


def _same(talk: Coded | None, other: Any) -> Any:
    """The talk, if the other one is a copy of it.

    Copies have the same turns at the same times, and began at the same moment. Of a talk from a file nobody
    knows that moment for sure, and its turns are only numbered: there the times tell it from another's.
    """
    if talk is None:
        return other
    turns = [_turns(each) for each in (talk, other)]
    if turns[0] != turns[1] or (not turns[0] and talk.samples != other.samples):
        raise _two("their turns are not the same" if any(turns) else "they are not of one length")
    began = [_began(each) for each in (talk, other)]
    if None not in began and began[0] != began[1]:
        raise _two(f"one began at {began[0]}, the other at {began[1]}")
    return talk


def _turns(talk: Any) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in ("item_id", "role", "start_ms", "end_ms")) for row in talk.rows]


def _began(talk: Any) -> str | None:
    manifest = getattr(talk, "manifest", {})
    return None if manifest.get("service") in (None, "file") else manifest.get("created_at")


def _two(why: str) -> SettingError:
    return SettingError(
        f"These are two talks: {why}.",
        code="not_one_talk",
        next_step="Give copies of one talk: save it, and let each coder read a copy of that folder.",
    )


def _of_table(table: pd.DataFrame) -> list[Label]:
    lost = [name for name in _NEEDED if name not in table.columns]
    if lost or not {"seq", "start_ms"} & set(table.columns):
        raise SettingError(
            f"This table is none of labels: it has no column {', '.join(lost) or 'seq, nor start_ms'}.",
            next_step="Give the labels_df of a talk, or a table with its columns.",
        )
    names = [name for name in table.columns if name in _KNOWN - {"labelled_at", "note"}]
    found = []
    for number, row in enumerate(table[names].astype(object).itertuples(index=False), start=1):
        cells = {name: None if _is_missing(x) else x for name, x in zip(names, row, strict=True)}
        if lost := [name for name in _NEEDED if cells[name] is None]:
            raise SettingError(
                f"Row {number} of this table of labels has no {lost[0]}.", next_step="Drop it, or fill it in."
            )
        cells |= {name: str(cells[name]) for name in _NEEDED}
        cells |= {name: int(x) for name, x in cells.items() if name in _WHOLE and x is not None}
        found.append(Label(**{"number": number, **{x: y for x, y in cells.items() if y is not None}}))
    return found


def _is_missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value != value  # NaN


def _coders(found: Sequence[Sequence[Label]]) -> dict[str, list[Label]]:
    """Each coder's labels; one name in several copies is that of several coders, whatever they say.

    But a copy with other names besides may hold again what lay in the talk before it was copied: there equal
    labels of one name are one coder's.
    """
    named: dict[str, list[list[Label]]] = {}
    each = [_by_coder(labels) for labels in found]
    for place, own in enumerate(each):
        before = [other for at, other in enumerate(each) if at < place or len(other) == 1]
        for coder, given in own.items():
            again = any(_said(given) == _said(other[coder]) for other in before if coder in other)
            if not (again and len(own) > 1):
                named.setdefault(coder, []).append(given)
    coders: dict[str, list[Label]] = {}
    for coder, versions in named.items():
        for number, given in enumerate(versions, start=1):
            coders[f"{coder} ({number})" if len(versions) > 1 else coder] = given
    return coders


def _by_coder(labels: Sequence[Label]) -> dict[str, list[Label]]:
    own: dict[str, list[Label]] = {}
    for label in labels:
        own.setdefault(label.coder, []).append(label)
    return own


def _said(labels: Sequence[Label]) -> set[tuple[Any, ...]]:
    return {(x.code, x.seq, x.start_ms, x.end_ms, x.side) for x in labels}


def _neither(given: object) -> SettingError:
    what = "Nothing was given" if given is None else f"{shown(given)} is neither a talk nor a table of labels"
    return SettingError(f"{what}.", next_step="Give talks, or their labels_df.")
