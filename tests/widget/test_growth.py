"""A turn late in a talk is no more work than one at its beginning."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.growth import Kernel
from tests.tables.test_transcript import row
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.realtime.state.records import Row


def counted(work: Callable[[], object]) -> int:
    """How many functions are called: work that can be counted on any machine."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_the_three_hundredth_turn_is_as_much_work_as_the_tenth() -> None:
    kernel = Kernel()
    for number in range(10):
        kernel.turn(number)
    early = counted(lambda: kernel.turn(10))
    for number in range(11, 300):
        kernel.turn(number)
    late = counted(lambda: kernel.turn(300))
    assert len(kernel.traits["transcript"]) == 602
    assert late < early * 1.05
    assert early > 1_000
    kernel.publisher.close()


def test_a_widget_writes_its_rows_without_going_through_them(pages: list[Page]) -> None:  # noqa: F811
    widget = VoiceWidget(service=ScriptedService([]), transport="memory")
    work: list[int] = []

    def write(rows: list[Row]) -> None:
        work.append(counted(lambda: widget._write_transcript(rows, True, False)))

    for count in (1, 10, 300):
        rows = [row(seq) for seq in range(1, count + 1)]
        widget._wiring.publisher.submit(partial(write, rows))
    assert widget._wiring.publisher.flush(calls=True)
    assert work[2] == work[1]
    assert len(widget.transcript) == 300
    assert pages[-1].updates("transcript") == []
    widget.close()


def test_a_row_that_moves_or_changes_late_is_in_its_place() -> None:
    kernel = Kernel()
    for number in range(3):
        kernel.turn(number)
    given = kernel.traits["transcript"]
    texts = [row["text"] for row in given]
    at = 1_760_001_000.0
    heard = "conversation.item.input_audio_transcription.completed"
    more = {"type": heard, "item_id": "item_u1", "transcript": "What is the average tip? And why?"}
    kernel.take(more, at)
    now = kernel.traits["transcript"]
    assert [row["text"] for row in given] == texts  # what was given out stays as it was
    assert [row["seq"] for row in now] == list(range(1, 7))
    assert now[2]["text"] == "What is the average tip? And why?"
    kernel.publisher.close()
