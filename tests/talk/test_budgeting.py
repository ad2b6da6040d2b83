"""A talk within its budget, over all its calls: said when it is near, ended when it is reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn, Usage
from voice_widget.errors import SettingError, StateError
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.tables.budget import Budget, BudgetUse
from voice_widget.talk.budgeting import _amount
from voice_widget.threads.loop import call, loop
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

Open = Callable[..., Stage]
PRICES = {"scripted": {"input_text": 1_000_000.0, "output_text": 1_000_000.0}}


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(script: Any = (), clock: Any = None, **options: Any) -> Stage:
        service = ScriptedService(list(script), clock or ManualClock(1.7e9, auto=True))
        options.setdefault("agent", lambda turn: "Well.")
        stages.append(stage := Stage(service, **options))
        return stage

    yield make
    for stage in stages:
        stage.close()


def limit(stage: Stage, **limits: Any) -> None:
    call(lambda: stage.talk.budgeting.limit(Budget(**limits)))


def use(stage: Stage) -> BudgetUse:
    return call(stage.talk.budgeting.use)


def uses(stage: Stage, tokens: int, response_id: str) -> None:
    """The service tells of a response and of what it used."""
    service: Any = stage.talk.service
    connection = service.connections[-1]

    def happen() -> None:
        usage = {"total_tokens": tokens}
        connection._emit("response.created", response={"id": response_id, "status": "in_progress"})
        connection._emit("response.done", response={"id": response_id, "status": "completed", "usage": usage})
        connection._wake.set()

    loop().call_soon_threadsafe(happen)


def test_most_of_it_used_is_said_with_what_is_left_and_all_of_it_ends_the_talk(open_stage: Open) -> None:
    stage = open_stage()
    limit(stage, tokens=1000)
    stage.talk.connect().result(20)
    uses(stage, 799, "r1")
    stage.wait(lambda: stage.talk.ledger.meter.tokens == 799)
    assert stage.states().get("notice") is None
    uses(stage, 51, "r2")
    notice = stage.wait(lambda: stage.states().get("notice"))
    assert notice["code"] == "budget_near"
    assert notice["message"] == "Of the budget of 1,000 tokens, 150 tokens are left; then the talk ends."
    uses(stage, 150, "r3")
    stage.is_state("disconnected")
    stage.wait(lambda: stage.states()["notice"]["code"] == "budget_reached")
    assert stage.states()["notice"]["message"] == "The budget of 1,000 tokens is used up: 1,000 tokens."
    assert "w.budget = Budget(tokens=2000)" in stage.states()["notice"]["next_step"]
    assert stage.problems == []
    assert use(stage).reached == ("tokens",)


def test_nobody_calls_with_it_used_up_and_with_a_larger_one_again(open_stage: Open) -> None:
    stage = open_stage()
    limit(stage, tokens=100)
    stage.talk.connect().result(20)
    uses(stage, 100, "r1")
    stage.is_state("disconnected")
    with pytest.raises(StateError, match="The budget of 100 tokens is used up") as refused:
        stage.talk.connect().result(20)
    assert refused.value.code == "budget_reached"
    with pytest.raises(StateError, match="used up"):
        stage.talk.send_text("Hello.").result(20)
    limit(stage, tokens=500)
    assert use(stage).left == {"tokens": 400}
    stage.wait(lambda: stage.states()["notice"] is None)
    stage.talk.connect().result(20)
    stage.is_state("connected")


def test_the_answer_that_sounds_is_heard_to_its_end(open_stage: Open) -> None:
    clock = ManualClock(1.7e9)
    stage = open_stage([{"hear": "a", "say": "one two three four"}], clock)
    stage.talk.connect().result(20)
    clock.advance(2.0)
    stage.wait(lambda: stage.states().get("assistant_speaking"))
    limit(stage, minutes=0.001)
    looked = threading.Event()
    call(lambda: loop().call_later(0.3, looked.set))  # a few of its looks later
    assert looked.wait(10)
    assert stage.states()["connection_state"] == "connected"
    clock.advance(20.0)
    stage.is_state("disconnected")
    answer = stage.rows()[-1]
    assert (answer["text"], answer["interrupted"]) == ("one two three four", False)


def asking(stage_of: Open, tool: Tool, clock: Any = None) -> Stage:
    """A talk in which the response that calls a tool uses up all there is."""

    def agent(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield f"It is {turn.results[-1].text}."
        else:
            yield from (ToolCall("look", {}), Usage(60, 50))

    stage = stage_of(clock=clock, agent=agent, tools=[tool])
    limit(stage, tokens=100)
    stage.talk.connect().result(20)
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: (stage.states().get("notice") or {}).get("code") == "budget_reached")
    return stage


def some_looks_later() -> None:
    looked = threading.Event()
    call(lambda: loop().call_later(1.5, looked.set))
    assert looked.wait(10)


@pytest.mark.parametrize("background", [False, True])
def test_what_a_tool_gives_is_answered_and_heard_before_the_end(open_stage: Open, background: bool) -> None:
    may_end = threading.Event()

    def look() -> str:
        assert may_end.wait(10)
        return "six"

    stage = asking(open_stage, Tool(look, background=background))
    some_looks_later()
    assert stage.states()["connection_state"] == "connected"
    may_end.set()
    stage.is_state("disconnected")
    answer = stage.rows()[-1]
    assert (answer["text"], answer["status"], answer["interrupted"]) == ("It is six.", "completed", False)


def test_a_card_is_waited_for_and_what_it_allows(open_stage: Open) -> None:
    def look() -> str:
        return "six"

    stage = asking(open_stage, Tool(look, needs_approval=True))
    some_looks_later()
    assert stage.states()["connection_state"] == "connected"
    (waits,) = stage.talk.ledger.uses()
    stage.talk.decide(waits["tool_call_id"], Decision(True, "python")).result(10)
    stage.is_state("disconnected")
    assert stage.rows()[-1]["text"] == "It is six."


def test_who_is_in_mid_sentence_is_heard_out_and_answered(open_stage: Open) -> None:
    clock = ManualClock(1.7e9)
    stage = open_stage([{"hear": "one two three", "hear_ms": 5000, "say": "Well."}], clock)
    stage.talk.connect().result(20)
    clock.advance(1.0)
    stage.wait(lambda: stage.states().get("user_speaking"))
    limit(stage, minutes=0.001)
    some_looks_later()
    assert stage.states()["connection_state"] == "connected"
    clock.advance(30.0)
    stage.is_state("disconnected")
    assert [(row["role"], row["status"]) for row in stage.rows()] == [
        ("user", "completed"),
        ("assistant", "completed"),
    ]


def test_what_never_ends_is_not_waited_for_for_ever(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_widget.talk.budgeting.MOST_S", 0.3)
    may_end = threading.Event()

    def look() -> str:
        assert may_end.wait(20)
        return "six"

    stage = asking(open_stage, Tool(look))
    stage.is_state("disconnected")
    may_end.set()
    assert [row["text"] for row in stage.rows() if row["role"] == "assistant" and row["text"]] == []


def test_minutes_are_those_of_the_audio_clock_over_all_calls(open_stage: Open) -> None:
    clock = ManualClock(1.7e9)
    stage = open_stage(clock=clock)
    for number in (1, 2):
        stage.talk.connect().result(20)
        before = use(stage).minutes
        clock.advance(90.0)
        assert use(stage).minutes - before == pytest.approx(1.5, abs=0.01)
        stage.talk.disconnect().result(20)
        assert use(stage).minutes == pytest.approx(1.5 * number, abs=0.02)


def test_minutes_go_by_where_nothing_happens(open_stage: Open) -> None:
    clock = ManualClock(1.7e9)
    stage = open_stage(clock=clock)
    limit(stage, minutes=1)
    stage.talk.connect().result(20)
    clock.advance(61.0)
    stage.is_state("disconnected")


def test_what_cannot_be_counted_is_said_at_once(open_stage: Open) -> None:
    stage = open_stage()
    limit(stage, tokens=1000)
    stage.talk.connect().result(20)
    stage.talk.send_text("Hello.").result(10)  # the double counts nothing
    notice = stage.wait(lambda: stage.states().get("notice"))
    assert notice["code"] == "budget_uncounted"
    assert use(stage).uncounted == (("tokens", "scripted"),)


def test_money_is_counted_by_the_prices_and_refused_without(open_stage: Open) -> None:
    stage = open_stage()
    with pytest.raises(SettingError, match="needs prices"):
        limit(stage, money=1.0)
    with pytest.raises(SettingError, match=r"model|Nobody says"):
        limit(stage, money=1.0, prices={"other": {"input_text": 1.0}})
    assert use(stage).limits is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("minutes", 0.04, "0.04 minutes"),
        ("minutes", 0.0, "0.0 minutes"),
        ("minutes", 2.5, "2.5 minutes"),
        ("money", 0.0025, "0.0025 of money"),
        ("money", 0.5, "0.50 of money"),
        ("tokens", 1000, "1,000 tokens"),
    ],
)
def test_also_small_amounts_are_told_by_their_digits(name: str, value: float, says: str) -> None:
    assert _amount(name, value) == says
