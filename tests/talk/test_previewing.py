"""What a call would give is shown while somebody is asked, and nothing of it is told to the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import previewing
from voice_widget.tools import namespace
from voice_widget.tools.approvals import Decision
from voice_widget.tools.namespace import Namespace, namespace_tools

DAYS = ["Sat", "Sun", "Mon"]
FILTER = {"expression": "df[df.tip > 1]", "new_name": "good"}


class Counted(Namespace):
    """Counts what is computed."""

    computed_here: list[str]

    async def computed(self, expression: str) -> Any:
        self.computed_here.append(expression)
        return await super().computed(expression)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was computed after it was allowed."""
    Counted.computed_here = []
    monkeypatch.setattr(namespace, "Namespace", Counted)
    return Counted.computed_here


@pytest.fixture
def ask(computed: list[str]) -> Iterator[Callable[[dict[str, Any]], tuple[Stage, dict[str, Any]]]]:
    stages: list[Stage] = []

    def make(given: dict[str, Any]) -> tuple[Stage, dict[str, Any]]:
        def agent(turn: Turn) -> Any:
            return "There it is." if turn.results else ToolCall("compute_expression", given)

        variables: dict[str, Any] = {"df": pd.DataFrame({"day": DAYS, "tip": [1.0, 2.0, 3.0]})}
        stage = Stage(ScriptedService([]), agent=agent, tools=namespace_tools(variables))
        stages.append(stage)
        stage.talk.connect().result(20)
        stage.talk.send_text("go").result(10)
        return stage, variables

    yield make
    for stage in stages:
        stage.close()


def row(stage: Stage) -> ToolRow:
    (one,) = stage.talk.ledger.uses()
    return one


def shown(stage: Stage) -> ToolRow:
    return stage.wait(lambda: [use for use in stage.talk.ledger.uses() if use["preview"]], 30)[0]


def outputs(stage: Stage) -> list[str]:
    items = [event["item"] for event in stage.client_events("conversation.item.create")]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def test_it_is_shown_before_it_is_allowed_and_computed_once(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], computed: list[str]
) -> None:
    stage, variables = ask(FILTER)
    asked = shown(stage)
    assert asked["status"] == "waiting"
    assert str(asked["preview"]).splitlines()[:2] == [
        "DataFrame, 2 rows, 2 columns",
        "Against df: 1 row removed.",
    ]
    assert (outputs(stage), list(variables)) == ([], ["df"])
    told = [str(event.event) for event in stage.talk.events if event.direction == "sent"]
    assert not any("2 rows" in event for event in told)
    variables["df"] = variables["df"].assign(tip=0.0)  # what was shown is what is given
    stage.talk.decide(asked["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: row(stage)["status"] == "completed", 30)
    assert variables["good"].day.tolist() == ["Sun", "Mon"]
    assert "Sun,2.0" in str(row(stage)["output"])
    assert computed == []


def test_with_other_arguments_it_is_computed_anew(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], computed: list[str]
) -> None:
    stage, _ = ask(FILTER)
    asked = shown(stage)
    changed = Decision(True, "python", arguments='{"expression": "df.tip.sum()"}')
    stage.talk.decide(asked["tool_call_id"], changed).result(10)
    stage.wait(lambda: row(stage)["status"] == "completed", 30)
    assert str(row(stage)["output"]).endswith("6.0")
    assert computed == ["df.tip.sum()"]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("df.nothing", "The attribute nothing is not allowed."),
        ("df['tipp'].mean()", "KeyError: 'tipp'"),
        ("df.tip + df.day", "TypeError: "),
    ],
)
def test_what_the_data_refuse_is_told_to_the_model_and_nobody_is_asked(
    ask: Callable[..., tuple[Stage, dict[str, Any]]],
    computed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    expression: str,
    why: str,
) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE_S", 30.0)
    stage, _ = ask({"expression": expression})
    stage.wait(lambda: [use for use in stage.talk.ledger.uses() if use["status"] == "failed"], 30)
    assert why in str(row(stage)["error"])
    assert why in stage.wait(lambda: outputs(stage))[0]
    kinds = [event.event["type"] for event in stage.talk.events]
    assert "voice_widget.tool.taken" in kinds
    assert "voice_widget.tool.approval_requested" not in kinds
    assert (row(stage)["preview"], computed) == (None, [])


def test_what_proves_hopeless_later_says_so_and_may_be_allowed_all_the_same(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE_S", 0.0)
    stage, _ = ask({"expression": "df.nothing"})
    asked = shown(stage)
    assert asked["preview"] == "No preview: The attribute nothing is not allowed."
    stage.talk.decide(asked["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: row(stage)["status"] == "failed", 30)
    assert "The attribute nothing is not allowed." in str(row(stage)["error"])
    assert computed == ["df.nothing"]


def test_who_rejects_gets_nothing_computed_or_kept(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], computed: list[str]
) -> None:
    stage, variables = ask(FILTER)
    asked = shown(stage)
    stage.talk.decide(asked["tool_call_id"], Decision(False, "python")).result(10)
    stage.wait(lambda: row(stage)["status"] == "rejected", 30)
    assert (list(variables), computed) == (["df"], [])
    assert not any("Sun" in output for output in outputs(stage))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_who_rejects_ends_what_is_still_computed(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], pids: list[int]
) -> None:
    stage, _ = ask({"expression": "np.diff([1, 2], n=10**12)"})
    waits = stage.wait(lambda: [use for use in stage.talk.ledger.uses() if use["status"] == "waiting"])[0]
    stage.wait(lambda: pids, 30)
    stage.talk.decide(waits["tool_call_id"], Decision(False, "python")).result(10)
    stage.wait(lambda: is_gone(pids[0]), 8)  # sooner than its own limit of time would end it
    assert row(stage)["preview"] is None


def test_who_allows_at_once_gets_the_one_that_is_being_computed(
    ask: Callable[..., tuple[Stage, dict[str, Any]]], pids: list[int]
) -> None:
    stage, variables = ask(FILTER)
    waits = stage.wait(lambda: [use for use in stage.talk.ledger.uses() if use["status"] == "waiting"])[0]
    stage.talk.decide(waits["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: row(stage)["status"] == "completed", 30)
    assert variables["good"].day.tolist() == ["Sun", "Mon"]
    assert len(pids) == 1
