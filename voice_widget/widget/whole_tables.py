"""Tables of pandas as a cell and the panel show them: whole, up to what a page can hold."""

from __future__ import annotations

from typing import Any

from voice_widget.tools.bounded import table_kind

MOST_ROWS = 500
"""So many rows of a table are shown: the panel's frame has room for 20,000 px."""
MOST_COLUMNS = 50
"""So many of its columns."""
MOST_CELLS = 20_000
"""So many of its cells: with long texts in all of them the page gets some 1.5 MB."""
MOST_LONG = 1_500_000
"""So many characters of them, where cells have more lines or signs than most."""
_LONG_ROWS = 30
_BOX = "max-height:480px;overflow:auto"


def whole(value: Any, data: dict[str, Any], name: str) -> dict[str, Any]:
    """The mime types of a value, and of a table of pandas its rows, where pandas leaves some out.

    What draws tables otherwise, as an extension of the notebook or a class of one's own, keeps its manner.

    Args:
        value: What is shown.
        data: By mime type, as IPython formats it.
        name: What the value is called in Python.
    """
    house = type(value).__module__.partition(".")[0]
    if house != "pandas" or not (kind := table_kind(value)):
        return data
    if kind == "Series":
        return {**data, "text/plain": _series(value, name)} if set(data) == {"text/plain"} else data
    html = str(data.get("text/html", ""))
    if 'border="1" class="dataframe"' not in html or "<script" in html.lower():
        return data
    return {**data, "text/html": _frame(value, name)}


def boxed(data: dict[str, Any]) -> dict[str, Any]:
    """The same for a cell, in which a long table scrolls by itself: a notebook has other cells, too."""
    html = str(data.get("text/html", ""))
    if 'class="dataframe"' not in html or html.count("<tr") <= _LONG_ROWS:
        return data
    return {**data, "text/html": f'<div style="{_BOX}">{html}</div>'}


def _frame(value: Any, name: str) -> str:
    rows, columns = value.shape
    width = min(columns, MOST_COLUMNS)
    height = min(rows, MOST_ROWS, max(1, MOST_CELLS // max(width, 1)))
    html = _html(value, height, width)
    while len(html) > MOST_LONG and height > 1:
        height = max(1, height * MOST_LONG // (2 * len(html)))
        html = _html(value, height, width)
    told = [
        *([f"the first {height:,} of {rows:,} rows"] if height < rows else []),
        *([f"the first {width:,} of {columns:,} columns"] if width < columns else []),
    ]
    if not told:
        return html
    sentence = f"{', '.join(told).capitalize()}; all of it is in <code>{name}</code>."
    return f"<p>{sentence}</p>{html}"


def _html(value: Any, height: int, width: int) -> str:
    return str(value.iloc[:height, :width].to_html(notebook=True, show_dimensions=False))


def _series(value: Any, name: str) -> str:
    rows = len(value)
    text = str(value.head(MOST_ROWS).to_string(name=True, dtype=True))
    if rows <= MOST_ROWS:
        return text
    return f"{text}\nThe first {MOST_ROWS:,} of {rows:,} rows; all of it is in {name}."
