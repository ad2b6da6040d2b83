"""A diagnosis as a table, which also says in words what to do."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import pandas as pd

from voice_widget.diagnosis.findings import Finding, way_out
from voice_widget.diagnosis.printing import SIGNS, printed
from voice_widget.tables.columns import frame

DTYPES = {"what": "string", "value": "string", "verdict": "string", "next_step": "string"}


class Diagnosis(pd.DataFrame):
    """One row for each thing that was looked at: ``what``, ``value``, ``verdict``, ``next_step``.

    A cell shows all of it, with what to do first above; what is made of it is a plain table.

    Example:
        >>> print(diagnosis([Finding("loss", "9 %", "bad", "Use a cable.")]))
        Use a cable.
        <BLANKLINE>
        ✗ loss  9 %
                → Use a cable.
    """

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    @property
    def way_out(self) -> str:
        """What to do first, in words."""
        return way_out(self._rows or [])

    @property
    def _rows(self) -> list[Finding] | None:
        """As it was made; None: it has become another table."""
        if list(self.columns) != list(DTYPES):
            return None
        return [Finding(*row) for row in self.itertuples(index=False)]

    def __repr__(self) -> str:
        rows = self._rows
        if rows is None:
            return super().__repr__()
        return "\n".join([way_out(rows), "", *printed(rows)])

    __str__ = __repr__

    def _repr_html_(self) -> str | None:
        rows = self._rows
        if rows is None:
            return None  # as text, which pandas has for every table
        cells = "".join(
            f"<tr><th style='text-align:left'>{SIGNS[row.verdict]} {_safe(row.what)}</th>"
            f"<td style='text-align:left'>{_safe(row.value)}</td>"
            f"<td style='text-align:left'>{_safe(row.next_step)}</td></tr>"
            for row in rows
        )
        head = (
            "<tr>"
            + "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "found", "what to do"))
            + "</tr>"
        )
        return f"<p>{_safe(way_out(rows))}</p><table><thead>{head}</thead><tbody>{cells}</tbody></table>"


def diagnosis(found: Iterable[Finding]) -> Diagnosis:
    """The table of what was found."""
    return Diagnosis(frame([row._asdict() for row in found], DTYPES))


def _safe(text: str) -> str:
    """As HTML, what is between backticks as code: one may copy it."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
