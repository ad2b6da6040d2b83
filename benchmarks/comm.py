"""Bytes over the comm per turn, at the tenth turn and at the five-hundredth: they must not grow."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np

from benchmarks.kernel import opened_page
from benchmarks.report import Beside, figure
from voice_widget import ScriptedService, VoiceWidget

TURNS = 500
AROUND = 10
SAME = 1.05


def bytes_per_turn() -> list[int]:
    """What crossed the comm from one finished turn to the next, in a talk of `TURNS` turns of both sides."""
    # Questions and answers of equal length: what grows is the talk alone.
    script = [{"hear": f"question {n:03}", "say": f"Answer number {n:03}."} for n in range(TURNS // 2)]
    widget, page = opened_page(lambda: VoiceWidget(service=ScriptedService(script), transport="memory"))
    over: Future[None] = Future()

    def count(row: Any) -> None:
        if widget.turns == TURNS and not over.done():
            over.set_result(None)

    try:
        widget.on("turn", count)
        widget.connect().result(10)
        over.result(120)
    finally:
        widget.close()
    turns, total = [], 0
    for kind, data, size, _ in page.crossed:
        if kind == "comm_msg":
            total += size
            if "turns" in data.get("state", {}):
                turns.append(total)
                total = 0
    return turns


def main() -> None:
    turns = bytes_per_turn()
    early, late = turns[10 - AROUND // 2 :][:AROUND], turns[TURNS - AROUND :]
    figure("comm_bytes_at_turn_10", early, "bytes")
    then = Beside("comm_bytes_at_turn_10", float(np.median(early)))
    figure("comm_bytes_at_turn_500", late, "bytes", beside=then, at_most=SAME)


if __name__ == "__main__":
    main()
