"""A talk in which a tool is called gives the same rows and the same calls by every way to the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.services.tool_talk import CALL, WAYS, Talked
from tests.serving import PARTS
from tests.stock.serving import Served, serve
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
        yield lambda way, tool: Talked(way, server, tool, held)


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
