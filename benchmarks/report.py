"""One JSON line per figure, with n, p50 and p95."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np


def figure(name: str, values: Sequence[float], unit: str, *, aim: str = "", **more: Any) -> dict[str, Any]:
    """Print the figure and return it. ``values`` are the single measurements."""
    data = np.asarray(values, dtype=float)
    line: dict[str, Any] = {"name": name, "unit": unit, "n": len(data)}
    if len(data):
        for percent in (50, 95):
            line[f"p{percent}"] = round(float(np.percentile(data, percent)), 3)
        line |= {"min": round(float(data.min()), 3), "max": round(float(data.max()), 3)}
    if aim:
        line["aim"] = aim
    line |= more
    print(json.dumps(line), flush=True)
    return line
