"""What a result looks like: in the output of a cell, and in the panel."""

from __future__ import annotations

import base64
import html
import io
from functools import cache
from typing import Any

from voice_widget.errors import VoiceWidgetError
from voice_widget.widget.whole_tables import whole

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""A value by mime type, and what Jupyter is told about these."""

MOST = 2_000_000
"""So many characters of a result a page gets at most: it keeps them as long as it is open."""
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif")


def formatted(value: Any, name: str = "its value") -> Bundle:
    """The mime bundle of a value, also without IPython; a table in it is whole, as far as a page can hold it.

    Calls the value's own rendering, which is the user's code.

    Args:
        value: What is shown.
        name: What it is called in Python.
    """
    from IPython.core.getipython import get_ipython

    formatter = getattr(get_ipython(), "display_formatter", None) or _formatter()
    data, metadata = formatter.format(value)
    data = whole(value, dict(data), name)
    if not any(mime in data for mime in _IMAGES) and _is_figure(value):
        # Only pyplot with the inline backend teaches IPython to draw them.
        png = io.BytesIO()
        value.savefig(png, format="png", bbox_inches="tight")
        data["image/png"] = png.getvalue()
    return data, metadata


def captioned(bundle: Bundle, question: str) -> Bundle:
    r"""The bundle with the question as its caption, where the kind of output allows one.

    Example:
        >>> captioned(({"text/plain": "'four'"}, {}), "how many?")[0]["text/plain"]
        "how many?\n\n'four'"
    """
    data, metadata = bundle
    data, caption = dict(data), question.strip()
    if not caption:
        return data, metadata
    body = data.get("text/html")
    if body is None and "image/png" in data:
        body = f'<img src="data:image/png;base64,{_base64(data.pop("image/png"))}">'
    if body is None and set(data) == {"text/plain"}:
        body = f"<pre>{html.escape(data['text/plain'])}</pre>"
    if body is not None:
        data["text/html"] = f"<div><em>{html.escape(caption)}</em></div>{body}"
    data["text/plain"] = f"{caption}\n\n{data.get('text/plain', '')}"
    return data, metadata


def for_panel(bundle: Bundle, name: str) -> dict[str, str]:
    """What the panel draws of a bundle: one mime type and its text, images but SVG as base64.

    Args:
        bundle: What there is.
        name: What the value is called in Python.

    Raises:
        VoiceWidgetError: There is nothing that it can draw, or too much.

    Example:
        >>> for_panel(({"text/html": "<b>4</b>", "text/plain": "4"}, {}), "w.results[0].value")
        {'mime': 'text/html', 'data': '<b>4</b>'}
    """
    data, _ = bundle
    # The panel runs no script, and what is drawn by one alone would be empty there.
    scripted = "<script" in str(data.get("text/html", "")).lower()
    order = (*_IMAGES, "text/html") if scripted else ("text/html", *_IMAGES)
    mime = next((mime for mime in (*order, "text/plain") if data.get(mime)), None)
    if mime is None:
        raise VoiceWidgetError(
            "This result could not be drawn.",
            code="result_not_shown",
            next_step=f"Look at `{name}` in a cell.",
        )
    content = data[mime]
    told = _base64(content) if mime in _IMAGES[1:] else str(content)
    if len(told) > MOST:
        raise VoiceWidgetError(
            f"This result has {len(told) / 1e6:.1f} MB, too much for the panel.",
            code="result_too_large",
            next_step=f"It is `{name}`.",
        )
    return {"mime": mime, "data": told}


@cache
def _formatter() -> Any:
    from IPython.core.formatters import DisplayFormatter

    return DisplayFormatter()


def _is_figure(value: Any) -> bool:
    return any(base.__module__ == "matplotlib.figure" for base in type(value).__mro__)


def _base64(image: bytes | str) -> str:
    return image.strip() if isinstance(image, str) else base64.b64encode(image).decode()
