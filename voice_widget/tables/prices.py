"""What a talk costs, by prices that somebody gives. Nothing is guessed: unknown stays unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from voice_widget.errors import SettingError, nearest, shown

KINDS = ("text", "audio", "image")
PARTS = (*(f"{way}_{kind}" for way in ("input", "cached", "output") for kind in KINDS), "minute")
"""What may have a price: a million tokens of these, or a minute of sound that is transcribed."""
Prices = Mapping[str, Mapping[str, float]]

_MILLION = 1_000_000
_DATED = re.compile(r"-\d{4}-\d\d-\d\d$")
_GPT_REALTIME = {
    "input_text": 4.0,
    "cached_text": 0.4,
    "input_audio": 32.0,
    "cached_audio": 0.4,
    "output_audio": 64.0,
    "input_image": 5.0,
    "cached_image": 0.5,
}

OPENAI_PRICES: Prices = {
    "gpt-realtime-2.1": {**_GPT_REALTIME, "output_text": 24.0},
    "gpt-realtime-2": {**_GPT_REALTIME, "output_text": 24.0},
    "gpt-realtime-1.5": {**_GPT_REALTIME, "output_text": 16.0},
    "gpt-realtime-2.1-mini": {
        "input_text": 0.6,
        "cached_text": 0.06,
        "output_text": 2.4,
        "input_audio": 10.0,
        "cached_audio": 0.3,
        "output_audio": 20.0,
        "input_image": 0.8,
        "cached_image": 0.08,
    },
    "gpt-realtime-whisper": {"minute": 0.017},
}
"""OpenAI's list prices in US dollars, by its page of each model: developers.openai.com/api/docs/models/…

Read on 26 November 2026; OpenAI changes them, and yours may be others.
"""


def checked_prices(prices: Any) -> Prices:
    """Prices as somebody gives them.

    Raises:
        SettingError: They are no prices.
    """
    if not isinstance(prices, Mapping):
        raise SettingError(
            f"`prices` is {shown(prices)}, and no dict by model.",
            next_step='Write prices={"my-model": {"input_audio": 32.0, "output_audio": 64.0}}.',
        )
    checked: dict[str, dict[str, float]] = {}
    for model, parts in prices.items():
        if not isinstance(model, str) or not isinstance(parts, Mapping):
            raise SettingError(
                f"The prices of {shown(model)} are {shown(parts)}, and no dict by part.",
                next_step=f"The parts are {', '.join(PARTS)}.",
            )
        for part, price in parts.items():
            if part not in PARTS:
                raise SettingError(
                    f"There is no part {shown(part)} that has a price.",
                    next_step=f"{nearest(part, PARTS)} The parts are {', '.join(PARTS)}.".strip(),
                )
            known = isinstance(price, (int, float)) and not isinstance(price, bool)
            if not known or not math.isfinite(price) or price < 0:
                raise SettingError(
                    f"The price of {part} is {shown(price)}.",
                    next_step="Give a number: of a million tokens, or of a minute.",
                )
        checked[str.__str__(model)] = {str.__str__(part): float(price) for part, price in parts.items()}
    return checked


def price_of(model: str | None, prices: Prices) -> Mapping[str, float] | None:
    """The prices of a model; a dated one has those of the name without a date, unless it has its own.

    Example:
        >>> price_of("small-2026-01-31", {"small": {"minute": 0.5}})
        {'minute': 0.5}
    """
    if model is None:
        return None
    return prices.get(model) or prices.get(_DATED.sub("", model))


def cost_of(counts: Mapping[str, Any], price: Mapping[str, float]) -> float | None:
    """What something costs; None where a price is missing, or where its counts do not add up.

    Cached tokens are part of the input: they are counted once, by their own price. What was thought is
    paid as text.

    Args:
        counts: A row of the table of metrics, or as much of it as counts.
        price: The model's prices.

    Example:
        >>> counts = {"input_tokens": 50, "uncached_audio_tokens": 10, "cached_audio_tokens": 40}
        >>> price = {"input_audio": 32.0, "cached_audio": 0.4}
        >>> round(cost_of(counts | {"output_tokens": 0}, price) * 1e6)
        336
    """
    seconds = counts.get("audio_seconds")
    if seconds is not None:
        return price["minute"] * seconds / 60 if "minute" in price else None
    of = {f"{way}_{kind}": counts.get(f"{name}_{kind}_tokens") or 0 for way, name in _WAYS for kind in KINDS}
    of["output_image"] = 0
    thought = counts.get("reasoning_tokens") or 0
    given, made = counts.get("input_tokens"), counts.get("output_tokens")
    if given is None or made is None:
        return None
    unsaid = made - of["output_text"] - of["output_audio"]
    if unsaid not in (0, thought) or given != sum(of[f"{way}_{kind}"] for way in _IN for kind in KINDS):
        return None
    of["output_text"] += unsaid
    if any(count and part not in price for part, count in of.items()):
        return None
    return sum(count * price[part] for part, count in of.items() if count) / _MILLION


_WAYS = (("input", "uncached"), ("cached", "cached"), ("output", "output"))
_IN = ("input", "cached")
