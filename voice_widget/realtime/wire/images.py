"""Images as parts of a user's item: what they are, told from their bytes, and how they are written. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

PART = "input_image"
_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}


def format_of(data: bytes) -> str | None:
    """The format of an image, by how it begins: ``png``, ``jpeg``, ``gif`` or ``webp``; None: it is none.

    Example:
        >>> format_of(b"GIF89a..."), format_of(b"%PDF-1.7")
        ('gif', None)
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((name for begins, name in _BEGINNINGS.items() if data.startswith(begins)), None)


def image_part(data: bytes) -> dict[str, Any]:
    """An image as a part of an item.

    Example:
        >>> image_part(b"GIF89a")
        {'type': 'input_image', 'image_url': 'data:image/gif;base64,R0lGODlh'}
    """
    text = base64.b64encode(data).decode()
    return {"type": PART, "image_url": f"data:image/{format_of(data)};base64,{text}"}


def image_parts(content: Iterable[Any]) -> list[dict[str, Any]]:
    """The images among the parts of an item."""
    return [dict(part) for part in content if isinstance(part, Mapping) and part.get("type") == PART]


def described(part: Mapping[str, Any]) -> str:
    """What can be told of an image without looking at it.

    Example:
        >>> described(image_part(b"GIF89a")), described({"type": "input_image"})
        ('GIF image, 6 bytes', 'image')
    """
    link = part.get("image_url")
    head, comma, text = link.partition(",") if isinstance(link, str) else ("", "", "")
    if not (head.startswith("data:") and comma):
        return "image"
    try:
        begins = base64.b64decode(text[:24])
    except (binascii.Error, ValueError):
        return "image"
    size = len(text) * 3 // 4 - text[-2:].count("=")
    return f"{(format_of(begins) or 'unknown').upper()} image, {size:,} bytes"


def said_in(part: Mapping[str, Any]) -> str:
    """What a part of an item says to who only reads: its text, or of an image what it is, in brackets.

    Example:
        >>> said_in({"type": "input_image", "description": "PNG image, 70 bytes"})
        '[PNG image, 70 bytes]'
    """
    text = part.get("text") or part.get("transcript")
    if part.get("type") == PART and isinstance(part.get("description"), str):
        return f"[{part['description']}]"
    return text if isinstance(text, str) else ""
