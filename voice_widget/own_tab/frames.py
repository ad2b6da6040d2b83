"""A message of a comm as one frame of a WebSocket, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

HEAD = 4
"""The bytes that say how long the JSON in a frame with buffers is, the highest first."""


def packed(data: Mapping[str, Any], buffers: Iterable[bytes | memoryview] = ()) -> str | bytes:
    """The data of a comm's message as text or, with buffers, as the JSON's length, the JSON and the buffers.

    Args:
        data: What can be JSON.
        buffers: How long each is, stands in the JSON, under ``sizes``.

    Example:
        >>> packed({"method": "custom"})
        '{"method":"custom"}'
        >>> unpacked(packed({"method": "custom"}, [b"ab", b"c"]))
        ({'method': 'custom'}, [b'ab', b'c'])
    """
    parts = [bytes(buffer) for buffer in buffers]
    if not parts:
        return json.dumps(data, separators=(",", ":"))
    text = json.dumps({**data, "sizes": [len(part) for part in parts]}, separators=(",", ":")).encode()
    return b"".join((len(text).to_bytes(HEAD, "big"), text, *parts))


def unpacked(frame: str | bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What `packed` has made.

    Raises:
        ValueError: It has not.
    """
    if isinstance(frame, str):
        data, rest = json.loads(frame), b""
    else:
        end = HEAD + int.from_bytes(frame[:HEAD], "big")
        if end > len(frame):
            raise ValueError("It is shorter than it says.")
        data, rest = json.loads(frame[HEAD:end]), frame[end:]
    if not isinstance(data, dict):
        raise ValueError("It is no object.")
    sizes = data.pop("sizes", ())
    if not isinstance(sizes, list | tuple):
        raise ValueError("It does not say how long its buffers are.")
    buffers, at = [], 0
    for size in sizes:
        if type(size) is not int or size < 0 or at + size > len(rest):
            raise ValueError("It is shorter than it says.")
        buffers.append(rest[at : at + size])
        at += size
    return data, buffers
