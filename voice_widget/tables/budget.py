"""How much a widget may use, and what it has used. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal, get_args

from voice_widget.errors import SettingError, refusing_class, shown
from voice_widget.tables.prices import Prices, checked_prices, price_of

Limit = Literal["minutes", "tokens", "money"]
LIMITS: tuple[Limit, ...] = get_args(Limit)
NEAR = 0.8
"""From this share of a limit on it is said how much is left."""


@refusing_class("Write Budget(minutes=10).")
@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a widget may use over all its calls. Each limit counts by itself; None: there is none.

    Attributes:
        minutes: Of calls, from when they stand to their end.
        tokens: Of responses and transcriptions together, as the service counts them.
        money: In the currency of the prices.
        prices: By model, as `OPENAI_PRICES`; where the widget has ``prices=``, these are those.

    Raises:
        SettingError: There is no limit, or one that is no number above 0.

    Example:
        >>> Budget(minutes=10, tokens=50_000)
        Budget(minutes=10, tokens=50000, money=None)
    """

    minutes: float | None = None
    tokens: int | None = None
    money: float | None = None
    prices: Prices | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in LIMITS:
            value = getattr(self, name)
            if value is None:
                continue
            number = isinstance(value, Real) and not isinstance(value, bool)  # also numpy's
            if not (number and 0 < value <= sys.float_info.max):
                raise SettingError(
                    f"A budget's {name} must be a number above 0, not {shown(value)}.",
                    next_step="Write Budget(minutes=10), or leave it out.",
                )
            object.__setattr__(self, name, int(value) if isinstance(value, Integral) else float(value))
        if all(getattr(self, name) is None for name in LIMITS):
            raise SettingError(
                "A budget without a limit bounds nothing.",
                next_step="Write Budget(minutes=10), or leave it out.",
            )
        if self.prices is not None:
            object.__setattr__(self, "prices", checked_prices(self.prices))


@dataclass(frozen=True)
class BudgetUse:
    """What a widget has used by now.

    Attributes:
        limits: What it may use; None: there is no limit.
        minutes: Of calls.
        tokens: As far as the service counts them.
        money: What that costs; None: there are no prices.
        uncounted: What is used and cannot be counted: ``"tokens"`` or ``"money"`` and the model.

    Example:
        >>> use = BudgetUse(Budget(minutes=10), minutes=8.5, tokens=1200)
        >>> use.near, use.reached, use.left
        (('minutes',), (), {'minutes': 1.5})
    """

    limits: Budget | None = None
    minutes: float = 0.0
    tokens: int = 0
    money: float | None = None
    uncounted: tuple[tuple[str, str], ...] = ()

    def share(self, name: Limit) -> float:
        """How much of a limit is used: 1 is all of it; 0 without one."""
        limit = None if self.limits is None else getattr(self.limits, name)
        return 0.0 if limit is None else (getattr(self, name) or 0) / limit

    @property
    def left(self) -> dict[str, float]:
        """How much of each limit is left."""
        limits = {name: getattr(self.limits, name, None) for name in LIMITS}
        return {
            name: max(0, limit - (getattr(self, name) or 0))
            for name, limit in limits.items()
            if limit is not None
        }

    @property
    def near(self) -> tuple[Limit, ...]:
        """The limits of which most is used."""
        return tuple(name for name in LIMITS if NEAR <= self.share(name) < 1)

    @property
    def reached(self) -> tuple[Limit, ...]:
        """The limits that are used up."""
        return tuple(name for name in LIMITS if self.share(name) >= 1)


class Meter:
    """Adds up what responses and transcriptions use.

    Attributes:
        tokens: All that were counted.
        money: All that has a price.
        uncounted: What has none, or was not counted, with the model.
    """

    def __init__(self) -> None:
        self.tokens, self.money = 0, 0.0
        self.uncounted: dict[tuple[str, str], None] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row of the table of metrics.

        Example:
            >>> meter = Meter()
            >>> meter.add({"kind": "response", "status": "completed", "total_tokens": 70, "cost": 0.5})
            >>> meter.tokens, meter.money
            (70, 0.5)
        """
        tokens, model = _tokens(row), str(row.get("model") or "unknown")
        self.tokens += tokens or 0
        seconds, cost = row.get("audio_seconds"), row.get("cost")
        if cost is not None:
            self.money += cost
        elif tokens or seconds or (tokens is None and row.get("status") == "completed"):
            self.uncounted["money", model] = None
        if tokens is None and seconds is None and row.get("status") == "completed":
            self.uncounted["tokens", model] = None

    def use(self, limits: Budget | None, minutes: float, prices: Prices | None) -> BudgetUse:
        """What was used by now, where calls took so many minutes."""
        bounded = {name for name in ("tokens", "money") if getattr(limits, name, None) is not None}
        uncounted = tuple(what for what in self.uncounted if what[0] in bounded)
        return BudgetUse(limits, minutes, self.tokens, self.money if prices else None, uncounted)


def checked_budget(budget: Any) -> Budget | None:
    """Limits as somebody gives them.

    Raises:
        SettingError: They are no budget.
    """
    if budget is not None and not isinstance(budget, Budget):
        raise SettingError(
            f"{shown(budget)} is no budget.", next_step="Write budget=Budget(minutes=10), or leave it out."
        )
    return budget


def prices_of(budget: Budget | None, prices: Prices | None) -> Prices | None:
    """The prices that count; those of a budget and of its widget are the same.

    Raises:
        SettingError: They are not.
    """
    own = None if budget is None else budget.prices
    if own is not None and prices is not None and own != prices:
        raise SettingError(
            "The budget has other prices than the widget.",
            next_step="Leave the budget's out: it counts by those of the widget.",
        )
    return prices if own is None else own


def check_money(budget: Budget | None, prices: Prices | None, model: str | None) -> None:
    """Money can be counted, or is no limit: else it would be none though somebody gave it.

    Raises:
        SettingError: There are no prices, or none of the model that answers.
    """
    if budget is None or budget.money is None:
        return
    if not prices:
        raise SettingError(
            "A budget of money needs prices.",
            next_step="Write Budget(money=1.0, prices=OPENAI_PRICES), or give minutes or tokens.",
        )
    if price_of(model, prices) is None:
        who = f"The model {model} has no price" if model else "Nobody says which model answers"
        raise SettingError(
            f"{who}, so its money cannot be counted.",
            next_step='Give prices={"my-model": {…}} for it, or a budget of minutes or tokens.',
        )


def _tokens(row: Mapping[str, Any]) -> int | None:
    total = row.get("total_tokens")
    parts = row.get("input_tokens"), row.get("output_tokens")
    if total is None and None not in parts:
        return int(parts[0] or 0) + int(parts[1] or 0)
    return None if total is None else int(total)
