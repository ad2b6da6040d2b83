"""A talk in which a tool is called gives the same rows and the same calls by every way to the engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest

from tests.services.tone import QUICK, tone
from tests.services.tool_talk import CALL, WAYS, Talked
from tests.serving import PARTS, adds
from tests.stock.serving import Served, serve
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.local import Local
from voice_widget.talk import retrying
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

ASKED = "what is two plus three"
STARTED = "add was started. What it gives comes by itself, later; do not call it again for that."


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve(*PARTS, "--agent", "tests.serving:adds") as served:
        yield served


@pytest.fixture
def talked(server: Served) -> Iterator[Callable[[str, Tool], Talked]]:
    with ExitStack() as held:
        yield lambda way, tool: Talked(way, server, held, ours={"agent": adds}, tools=[tool])


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def row(seq: int, role: str, text: str) -> tuple[Any, ...]:
    return (seq, role, text, "completed", "speech", False, None, None)


def used(**fields: Any) -> list[tuple[Any, ...]]:
    known = {
        "number": 1,
        "seq": 1,
        "name": "add",
        "arguments": '{"a": 2, "b": 3}',
        "output": "5",
        "status": "completed",
        **fields,
    }
    return [tuple(known.get(name) for name in CALL)]


@pytest.mark.parametrize("way", WAYS)
def test_a_tool(talked: Callable[[str, Tool], Talked], way: str) -> None:
    talk = talked(way, Tool(add))
    talk.ask()
    talk.says("It is 5.")
    assert talk.rows() == [row(1, "user", ASKED), row(2, "assistant", "It is 5.")]
    assert talk.calls() == used()
    talk.in_time()


@pytest.mark.parametrize("way", WAYS)
def test_one_that_somebody_has_to_allow(talked: Callable[[str, Tool], Talked], way: str) -> None:
    talk = talked(way, Tool(add, needs_approval=True))
    talk.ask()
    talk.stage.wait(lambda: [use["status"] for use in talk.stage.talk.ledger.uses()] == ["waiting"], 30)
    call_id = talk.stage.talk.ledger.uses()[0]["tool_call_id"]
    changed = '{"a": 2, "b": 4}'
    talk.stage.talk.decide(call_id, Decision(True, "python", arguments=changed)).result(10)
    output = f"The user changed the arguments to {changed}.\n6"
    talk.says(f"It is {output}.")
    assert talk.rows() == [row(1, "user", ASKED), row(2, "assistant", f"It is {output}.")]
    assert talk.calls() == used(approval="edited", approved_arguments=changed, output=output)
    talk.in_time()


@pytest.mark.parametrize("way", WAYS)
def test_one_whose_result_comes_late_and_in_the_call_after_a_lost_one(
    talked: Callable[[str, Tool], Talked], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "WAITS_S", (0.01, 0.01, 0.01))
    release = threading.Event()

    def slowly(a: int, b: int) -> int:
        """Add two numbers, slowly."""
        assert release.wait(60)
        return a + b

    talk = talked(way, Tool(slowly, name="add", background=True))
    talk.ask()
    talk.says(f"It is {STARTED}.")
    talk.lose()
    release.set()
    talk.says(f"It is {STARTED}.", "It is 5.")
    assert talk.rows() == [
        row(1, "user", ASKED),
        row(2, "assistant", f"It is {STARTED}."),
        row(3, "assistant", "It is 5."),
    ]
    assert talk.calls() == used()
    talk.in_time()


def test_a_filler_and_progress_sound_before_the_answer_and_over_nothing(
    talked: Callable[[str, Tool], Talked],
) -> None:
    """With the engine's own playout: what is said stands one behind the other on the audio clock."""
    halfway, release = threading.Event(), threading.Event()

    def slowly(a: int, b: int) -> Iterator[Any]:
        """Add two numbers, slowly."""
        assert halfway.wait(60)
        yield "I have the first one."
        assert release.wait(60)
        yield a + b

    tool = Tool(slowly, name="add", filler="One moment.", filler_after_s=0.1, speak_progress=True)
    talk = talked("memory", tool)
    talk.ask()
    for said, event in (("One moment.", halfway), ("I have the first one.", release)):
        talk.stage.wait(lambda said=said: said in talk.answers, 30)  # type: ignore[misc]
        event.set()
    talk.says("One moment.", "I have the first one.", "It is 5.")
    rows = talk.stage.rows()
    assert [row["source"] for row in rows] == ["speech", "say", "say", "speech"]
    times = [(row["start_ms"], row["end_ms"]) for row in rows]
    assert None not in [time for both in times for time in both]
    assert times == sorted(times)
    assert all(before[1] <= after[0] for before, after in pairwise(times))  # type: ignore[operator]
    assert talk.calls() == used(progress="5")


def test_words_over_a_tool_cancel_it_and_are_answered() -> None:
    began, cancelled = threading.Event(), threading.Event()

    async def slowly(a: int, b: int) -> int:
        """Add two numbers; the first time for ever."""
        if began.is_set():
            return a + b
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return 0

    hears = [{"hear": "what is two plus three", "say": ""}, {"hear": "and what now", "say": ""}]
    engine = Local(vad="level", tts="tone", script=hears)
    tool = Tool(slowly, name="add", cancel_on_interruption=True)
    stage = Stage(engine, SessionConfig(turn_detection=QUICK), agent=adds, tools=[tool])
    try:
        stage.talk.connect().result(30)
        stage.talk.play(tone()).result(30)
        assert began.wait(30)
        stage.talk.play(tone()).result(30)
        assert cancelled.wait(10)
        stage.wait(lambda: any(row["role"] == "assistant" for row in stage.turns), 30)
        rows = stage.rows()
        assert [row["text"] for row in rows] == ["what is two plus three", "and what now", "It is 5."]
        first, second = stage.talk.ledger.uses()
        assert (first["status"], first["error"]) == ("cancelled", "add was cancelled: the user interrupted.")
        assert (second["status"], second["output"]) == ("completed", "5")
        assert stage.problems == []
    finally:
        stage.close()
