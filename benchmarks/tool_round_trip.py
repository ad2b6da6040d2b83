"""A tool's round trip by each way: its arguments are there → its output has left; and called directly.

The service says that the arguments are whole before it says that the response is, and only then a tool may
run: that part is the service's, and stands in each line. Both moments are when the kernel has the event.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.report import Beside, figure
from tests.services.tool_talk import WAYS, Talked
from tests.serving import PARTS, adds
from tests.stock.serving import Served, serve
from voice_widget.tools.tool import Tool

ROUNDS = 30
_FRAME = pd.DataFrame({"day": np.arange(20_000) % 7, "tip": np.arange(20_000) % 97})


def add(a: int, b: int) -> float:
    """The mean tip of two days together."""
    means = _FRAME.groupby("day")["tip"].mean()
    return float(means[a] + means[b])


def directly(function: Callable[..., Any], times: int) -> list[float]:
    """Milliseconds of each of so many calls."""
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        function(2, 3)
        took.append((time.perf_counter() - began) * 1000)
    return took


def trips(events: Sequence[tuple[str, float]]) -> tuple[list[float], list[float]]:
    """Of each call, in milliseconds: the whole trip, and how much of it the service took to end its response.

    Args:
        events: What came and went, and when in seconds: ``arguments``, ``done``, ``output``.

    Example:
        >>> trips([("arguments", 1.0), ("done", 1.002), ("output", 1.005), ("done", 2.0)])
        ([5.0], [2.0])
    """
    whole: list[float] = []
    service: list[float] = []
    began = ended = None
    for what, at in events:
        if what == "arguments":
            began, ended = at, None
        elif began is None:
            continue
        elif what == "done":
            ended = at if ended is None else ended
        else:
            whole.append(round((at - began) * 1000, 3))
            service.append(round(((ended or at) - began) * 1000, 3))
            began = None
    return whole, service


def told(talk: Talked) -> list[tuple[str, float]]:
    """The moments of a talk's calls."""
    names = {"response.function_call_arguments.done": "arguments", "response.done": "done"}
    found: list[tuple[str, float]] = []
    for entry in talk.stage.talk.events:
        kind = entry.event["type"]
        if entry.direction == "received" and kind in names:
            found.append((names[kind], entry.at))
        elif entry.direction == "sent" and entry.event.get("item", {}).get("type") == "function_call_output":
            found.append(("output", entry.at))
    return found


def measured(way: str, server: Served) -> tuple[list[float], list[float]]:
    """One talk with so many questions, each with its call."""
    with ExitStack() as held:
        talk = Talked(way, server, held, ours={"agent": adds}, tools=[Tool(add)])
        for number in range(1, ROUNDS + 1):
            talk.stage.talk.send_text(f"Question {number}").result(30)
            talk.answered(number)
        whole, service = trips(told(talk))
    assert len(whole) == ROUNDS, (way, len(whole))
    return whole, service


def main() -> None:
    with serve(*PARTS, "--agent", "tests.serving:adds") as server:
        floor = figure("tool_directly", directly(add, ROUNDS), "ms")["p50"]
        for way in WAYS:
            whole, service = measured(way, server)
            share = round(float(np.median(service)), 3)
            figure(
                f"tool_round_trip_{way}",
                whole,
                "ms",
                beside=Beside("tool_directly", floor),
                of_it_the_service_p50=share,
            )


if __name__ == "__main__":
    main()
