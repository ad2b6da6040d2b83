"""A widget's budget, with the real engine: from the argument to the end and on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.services.test_local import local
from voice_widget import OPENAI_PRICES, Budget, BudgetUse, OpenAI, ScriptedService, VoiceWidget
from voice_widget.errors import SettingError, StateError


@pytest.fixture
def widget() -> Iterator[VoiceWidget]:
    made = VoiceWidget(
        service=local(),
        transport="memory",
        agent=lambda turn: f"You said {turn.text}.",
        budget=Budget(tokens=5),
    )
    with closing(made):
        yield made


def test_a_talk_with_the_engine_ends_behind_the_answer_that_uses_it_up(widget: VoiceWidget) -> None:
    widget.connect().result(30)
    widget.send_text("one two three four five").result(30)
    widget.until("disconnected").result(30)
    assert [row["text"] for row in widget.transcript] == [
        "one two three four five",
        "You said one two three four five.",
    ]
    assert not widget.transcript[-1]["interrupted"]
    assert widget.notice is not None
    assert widget.notice["code"] == "budget_reached"
    assert widget.error is None
    use = widget.budget
    assert isinstance(use, BudgetUse)
    assert use.tokens == widget.metrics_df["total_tokens"].sum() >= 5
    assert 0 < use.minutes < 5
    with pytest.raises(StateError, match="The budget of 5 tokens is used up"):
        widget.connect().result(30)
    widget.budget = Budget(tokens=10_000)
    assert widget.notice is None or widget.notice["code"] != "budget_reached"
    widget.connect().result(30)
    widget.send_text("again").result(30)
    assert widget.next_turn("assistant").result(30)["text"] == "You said again."


def test_without_limits_it_says_what_was_used_all_the_same() -> None:
    with closing(VoiceWidget(service=ScriptedService([]), transport="memory")) as widget:
        assert widget.budget == BudgetUse()
        widget.budget = Budget(minutes=1)
        assert widget.budget.left == {"minutes": 1}
        widget.budget = None
        assert widget.budget == BudgetUse()
        with pytest.raises(SettingError, match="no setting of its session"):
            widget.update(budget=Budget(minutes=1))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": 5}, "5 is no budget"),
        ({"budget": {"minutes": 5}}, "is no budget"),
        ({"budget": Budget(money=1)}, "needs prices"),
        (
            {"budget": Budget(money=1), "prices": {"other": {"input_text": 1.0}}},
            "gpt-realtime-2.1 has no price",
        ),
        ({"budget": Budget(money=1, prices=OPENAI_PRICES), "prices": {}}, "other prices"),
    ],
)
def test_what_bounds_nothing_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    service = OpenAI("gpt-realtime-2.1", api_key="none")
    with pytest.raises(SettingError, match=says):
        VoiceWidget(service=service, transport="memory", **options)


def test_a_budgets_prices_are_the_widgets() -> None:
    service = OpenAI("gpt-realtime-2.1", api_key="none")
    budget = Budget(money=1, prices=OPENAI_PRICES)
    with closing(VoiceWidget(service=service, transport="memory", budget=budget)) as widget:
        assert (widget.budget.limits, widget.budget.money) == (budget, 0.0)
        with pytest.raises(SettingError, match="other prices"):
            widget.budget = Budget(money=2, prices={"gpt-realtime-2.1": {"input_text": 1.0}})
        assert widget.budget.limits == budget
