"""One JSON line per figure, with n, p50 and p95, and with what it is held against in the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Beside(NamedTuple):
    """A peer or a floor, measured in the same run. Aims are multiples of it: machines differ by two."""

    name: str
    value: float


def figure(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    beside: Beside | None = None,
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
        beside: What it is held against, in the same unit.
        at_most: The aim: this much of that, or less.
        at_least: The aim: this much of that, or more.
        of: What is held against it: ``p50``, ``p99`` ...
        **more: What else belongs to the line.
    """
    data = np.asarray(values, dtype=float)
    line: dict[str, Any] = {"name": name, "unit": unit, "n": len(data)}
    if len(data):
        for percent in dict.fromkeys(("p50", "p95", of)):
            line[percent] = round(float(np.percentile(data, float(percent[1:]))), 3)
        line |= {"min": round(float(data.min()), 3), "max": round(float(data.max()), 3)}
    if beside is not None:
        line |= {"beside": beside.name, "beside_value": round(beside.value, 3)}
        if len(data):
            line["ratio"] = ratio = round(line[of] / beside.value, 3)
            if at_most is not None:
                line |= {"aim": f"{of} <= {at_most:g} x {beside.name}", "met": ratio <= at_most}
            elif at_least is not None:
                line |= {"aim": f"{of} >= {at_least:g} x {beside.name}", "met": ratio >= at_least}
    elif at_most is not None or at_least is not None:
        raise ValueError(f"{name} has an aim, and nothing beside it.")
    line |= more
    print(json.dumps(line), flush=True)
    return line
