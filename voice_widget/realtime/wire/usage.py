"""What an agent says that its model used, as the protocol's ``usage``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def usage_told(told: Any) -> dict[str, Any] | None:
    """The ``usage`` of a response; None: the agent has told nothing.

    Args:
        told: The ``usage`` of a ``voice_widget.reply.done``: counts of tokens by name. All of them are text.

    Example:
        >>> usage_told({"input_tokens": 7, "output_tokens": 2, "cached_tokens": 4})["total_tokens"]
        9
    """
    if not isinstance(told, Mapping):
        return None
    read, wrote, cached, thought = (
        _count(told.get(f"{name}_tokens")) for name in ("input", "output", "cached", "reasoning")
    )
    if read == wrote == 0:
        return None
    none = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": read + wrote,
        "input_tokens": read,
        "output_tokens": wrote,
        "input_token_details": {
            **none,
            "text_tokens": read,
            "cached_tokens": cached,
            "cached_tokens_details": {**none, "text_tokens": cached},
        },
        "output_token_details": {"text_tokens": wrote, "audio_tokens": 0, "reasoning_tokens": thought},
    }


def _count(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0
