"""Budgets by values: what is used, how much is left, and what cannot be counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voice_widget.errors import SettingError
from voice_widget.tables.budget import Budget, BudgetUse, Meter, check_money, prices_of
from voice_widget.tables.prices import OPENAI_PRICES


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({}, "without a limit"),
        ({"minutes": 0}, "minutes must be a number above 0, not 0"),
        ({"tokens": -1}, "tokens must be"),
        ({"money": True}, "money must be"),
        ({"minutes": float("inf")}, "minutes must be"),
        ({"minutes": "5"}, "not '5'"),
        ({"minutes": 10**400}, "minutes must be"),
        ({"min": 5}, "no argument 'min'. Did you mean 'minutes'"),
        ({"money": 1, "prices": {"m": {"coffee": 1}}}, "no part 'coffee'"),
    ],
)
def test_what_bounds_nothing_is_refused(limits: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Budget(**limits)


@pytest.mark.parametrize(
    ("minutes", "tokens", "near", "reached"),
    [
        (7.9, 10, (), ()),
        (8.0, 10, ("minutes",), ()),
        (8.0, 900, ("minutes", "tokens"), ()),
        (10.0, 900, ("tokens",), ("minutes",)),
        (12.0, 1001, (), ("minutes", "tokens")),
    ],
)
def test_each_limit_counts_by_itself(
    minutes: float, tokens: int, near: tuple[str, ...], reached: tuple[str, ...]
) -> None:
    use = BudgetUse(Budget(minutes=10, tokens=1000), minutes, tokens)
    assert (use.near, use.reached) == (near, reached)
    assert use.left == {"minutes": max(0, 10 - minutes), "tokens": max(0, 1000 - tokens)}


def test_without_a_budget_nothing_is_near() -> None:
    use = BudgetUse(None, 1000, 1_000_000, 99.0)
    assert (use.near, use.reached, use.left) == ((), (), {})


def response(**fields: Any) -> dict[str, Any]:
    return {"kind": "response", "status": "completed", "model": "m", "cost": None, **fields}


@pytest.mark.parametrize(
    ("rows", "tokens", "money", "uncounted"),
    [
        ([response(total_tokens=70, cost=0.5), response(total_tokens=30, cost=0.25)], 100, 0.75, []),
        ([response(input_tokens=3, output_tokens=4, cost=0.0)], 7, 0.0, []),
        ([response(total_tokens=70)], 70, 0.0, [("money", "m")]),
        ([response()] * 2, 0, 0.0, [("money", "m"), ("tokens", "m")]),
        ([response(status="cancelled")], 0, 0.0, []),  # nothing was made
        ([response(kind="transcription", audio_seconds=60.0, cost=0.017)], 0, 0.017, []),
        ([response(kind="transcription", audio_seconds=60.0, model=None)], 0, 0.0, [("money", "unknown")]),
    ],
)
def test_what_is_used_is_added_up(
    rows: list[dict[str, Any]], tokens: int, money: float, uncounted: list[tuple[str, str]]
) -> None:
    meter = Meter()
    for row in rows:
        meter.add(row)
    assert (meter.tokens, meter.money, sorted(meter.uncounted)) == (tokens, money, sorted(uncounted))
    told = meter.use(Budget(tokens=10, money=1), 2.0, {"m": {}})
    assert (told.minutes, told.money, sorted(told.uncounted)) == (2.0, money, sorted(uncounted))


def test_only_what_is_bounded_is_told_as_uncounted() -> None:
    meter = Meter()
    meter.add(response())
    assert meter.use(Budget(minutes=1), 0.0, None) == BudgetUse(Budget(minutes=1))


def test_a_budget_and_its_widget_have_the_same_prices() -> None:
    prices = {"m": {"input_text": 1.0}}
    assert prices_of(Budget(money=1, prices=prices), None) == prices
    assert prices_of(Budget(money=1, prices=prices), {"m": {"input_text": 1.0}}) == prices
    assert prices_of(None, prices) == prices_of(Budget(money=1), prices) == prices
    with pytest.raises(SettingError, match="other prices"):
        prices_of(Budget(money=1, prices=prices), OPENAI_PRICES)


@pytest.mark.parametrize(
    ("budget", "prices", "model", "says"),
    [
        (Budget(money=1), None, "gpt-realtime-2.1", "needs prices"),
        (Budget(money=1), OPENAI_PRICES, "mine", "The model mine has no price"),
        (Budget(money=1), OPENAI_PRICES, None, "Nobody says which model"),
        (Budget(money=1), OPENAI_PRICES, "gpt-realtime-2.1-2026-01-31", None),
        (Budget(minutes=1), None, None, None),
        (None, None, None, None),
    ],
)
def test_money_that_cannot_be_counted_is_refused(
    budget: Budget | None, prices: Any, model: str | None, says: str | None
) -> None:
    if says is None:
        check_money(budget, prices, model)
    else:
        with pytest.raises(SettingError, match=says):
            check_money(budget, prices, model)


def test_a_budget_takes_names_and_numpys_numbers() -> None:
    with pytest.raises(SettingError, match=r"Write Budget\(minutes=10\)"):
        Budget(5)  # type: ignore[misc]
    tokens = Budget(tokens=np.int64(5)).tokens  # type: ignore[arg-type]
    assert (tokens, type(tokens)) == (5, int)
