"""What the benchmarks count and how they name it; the measuring itself is theirs."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest

from benchmarks.emitter import WORDS, Tick, pieces
from benchmarks.flows import FLOWS, cells
from benchmarks.page_turns import overheads
from benchmarks.relay import delays, tally
from benchmarks.report import Beside, figure
from benchmarks.servers import field
from benchmarks.turns import SILENCE_MS
from voice_widget.realtime.session.session import Session


@pytest.mark.parametrize(
    ("came", "lost", "duplicates", "out_of_order"),
    [
        (["a", "b", "c"], 0, 0, 0),
        (["x", "a", "b", "y", "c"], 0, 0, 0),
        (["a", "c"], 1, 0, 0),
        (["a", "b", "b", "c", "a"], 0, 2, 0),
        (["b", "a", "c"], 0, 0, 1),
        ([], 3, 0, 0),
    ],
)
def test_a_burst_is_counted(came: list[str], lost: int, duplicates: int, out_of_order: int) -> None:
    assert tally(["a", "b", "c"], came) == {
        "events": 3,
        "lost": lost,
        "duplicates": duplicates,
        "out_of_order": out_of_order,
    }


def test_a_figure_stands_beside_what_it_is_held_against(capsys: pytest.CaptureFixture[str]) -> None:
    line = figure("turn", [30, 40, 80], "ms", beside=Beside("bare", 25), at_most=2)
    assert json.loads(capsys.readouterr().out) == line
    assert (line["beside"], line["beside_value"], line["ratio"], line["met"]) == ("bare", 25, 1.6, True)
    assert line["aim"] == "p50 <= 2 x bare"
    assert not figure("turn", [30, 40, 80], "ms", beside=Beside("bare", 25), at_most=2, of="p95")["met"]
    assert figure("rate", [9], "1/s", beside=Beside("bare", 10), at_least=0.5)["met"]


async def test_a_child_may_tell_what_it_loads_before_it_says_what_is_asked() -> None:
    says = """print('{"loading": "ears"}\\n{"ready": true, "missing": {"tts": "none"}}')"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", says, stdout=asyncio.subprocess.PIPE)
    assert await field(process, "missing") == {"tts": "none"}
    assert await process.wait() == 0


@pytest.mark.parametrize("aim", [{"at_most": 300}, {"at_least": 50_000}])
def test_an_aim_with_nothing_beside_it_is_none(aim: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="nothing beside it"):
        figure("turn", [1], "ms", **aim)  # type: ignore[arg-type]


def test_a_tick_is_read_from_the_voice_that_it_was() -> None:
    assert Tick.read(Tick(17, 1_760_000_000.25).voice) == Tick(17, 1_760_000_000.25)


def test_only_the_ticks_of_this_way_are_timed() -> None:
    old, new = Tick(3, 10.0), Tick(1000, 20.0)
    arrivals = [("marin", 1.0), (old.voice, 10.5), (new.voice, 20.03)]
    assert delays(arrivals, 1000) == pytest.approx([30])


def test_a_burst_is_an_answer_that_the_session_understands() -> None:
    session = Session()
    begin, deltas, finish = pieces(2 * len(WORDS))
    for event in [*begin, *deltas]:
        assert session.apply(event, 0.0)
    assert session.rows[0]["text"] == "".join(WORDS) * 2
    for event in finish:
        session.apply(event, 0.0)
    assert session.rows[0]["text"] == "".join(WORDS) * 2
    assert len({event["event_id"] for event in deltas}) == len(deltas)


def test_only_what_the_page_has_heard_is_an_overhead() -> None:
    rows: list[dict[str, Any]] = [
        {"gap": None, "from": "engine"},
        {"gap": SILENCE_MS + 60, "from": "page"},
        {"gap": SILENCE_MS + 20, "from": "engine"},
    ]
    assert overheads(rows) == [60]


def test_the_notebook_of_the_flows_is_python() -> None:
    made, shown = cells("http://127.0.0.1:1", FLOWS)
    compile(f"{made}\n{shown}", "cells", "exec")
    assert [made.count(f"w[{name!r}] = VoiceWidget(") for name in FLOWS] == [1] * len(FLOWS)
