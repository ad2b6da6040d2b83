"""A side whose sound lies later than in its call: so do its rows and words on the timeline. Pure.

Rows keep the times of their call, of which their events tell; where they lie is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

_FARTHEST_MS = 24 * 3600 * 1000  # more is no delay: then a number is wrong
_Told = TypeVar("_Told", bound=Mapping[str, Any])


def delays(manifest: Mapping[str, Any]) -> dict[str, int]:
    """By how many milliseconds each side was delayed, as a talk's manifest says; others are left out.

    Example:
        >>> delays({"impaired": [{"side": "user", "delay_ms": 300.0}, {"side": "user", "loss": 0.1}]})
        {'user': 300}
    """
    done = manifest.get("impaired")
    found: dict[str, int] = {}
    for step in done if isinstance(done, list) else ():
        side, ms = (step.get("side"), step.get("delay_ms")) if isinstance(step, dict) else (None, None)
        if isinstance(side, str) and isinstance(ms, int | float) and 0 < ms < _FARTHEST_MS:
            found[side] = found.get(side, 0) + round(ms)
    return found


def later(told: Iterable[_Told], delayed: Mapping[str, int]) -> list[_Told]:
    """Rows or words, those of a delayed side so much later.

    Args:
        told: With ``role``, ``start_ms`` and ``end_ms``.
        delayed: As `delays` gives them.

    Example:
        >>> later([{"role": "user", "start_ms": 100, "end_ms": None}], {"user": 300})
        [{'role': 'user', 'start_ms': 400, 'end_ms': None}]
    """
    return [_moved(each, delayed[each["role"]]) if each["role"] in delayed else each for each in told]


def _moved(each: _Told, by_ms: int) -> _Told:
    times = {name: each[name] for name in ("start_ms", "end_ms") if each[name] is not None}
    return cast("_Told", {**each, **{name: ms + by_ms for name, ms in times.items()}})
