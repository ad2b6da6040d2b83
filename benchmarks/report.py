"""One JSON line per figure, with n, p50 and p95."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np


def figure(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    aim: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
    of: str = "p50",
    **more: Any,
) -> dict[str, Any]:
    """Print a figure and return it.

    Args:
        name: What was measured.
        values: The single measurements.
        unit: Of the values.
        aim: An aim in words, where it is more than a limit.
        at_most: The aim: this much or less.
        at_least: The aim: this much or more.
        of: What is held against the aim: ``p50``, ``p99`` ...
        **more: What else belongs to the line.
    """
    data = np.asarray(values, dtype=float)
    line: dict[str, Any] = {"name": name, "unit": unit, "n": len(data)}
    if len(data):
        for percent in dict.fromkeys(("p50", "p95", of)):
            line[percent] = round(float(np.percentile(data, float(percent[1:]))), 3)
        line |= {"min": round(float(data.min()), 3), "max": round(float(data.max()), 3)}
        if at_most is not None:
            line |= {"aim": aim or f"{of} <= {at_most:g}", "met": line[of] <= at_most}
        elif at_least is not None:
            line |= {"aim": aim or f"{of} >= {at_least:g}", "met": line[of] >= at_least}
    if aim:
        line["aim"] = aim
    line |= more
    print(json.dumps(line), flush=True)
    return line
