"""A talk within its budget: said when most of it is used, and ended when all is. On the loop thread."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from voice_widget.errors import ErrorInfo, StateError
from voice_widget.tables.budget import Budget, BudgetUse, check_money, prices_of
from voice_widget.tables.ledger import Ledger
from voice_widget.tables.prices import Prices
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.journal import Journal
from voice_widget.talk.quiet import PAUSE_S, sounds
from voice_widget.talk.run import Run

if TYPE_CHECKING:
    from voice_widget.call.call import Call

TICK_S = 0.5  # minutes go by also where nothing happens
_STEP_S = 0.1
_STILL_S = 2 * PAUSE_S  # what a tool beside the talk gave is told behind a pause
MOST_S = 60.0
"""What has begun is waited for, but not for ever."""


class Budgeting:
    """Counts what a talk uses, over all its calls.

    Args:
        journal: All that happens goes by it.
        dialler: The talk's calls.
        ledger: What they came to.
        prices: Those of the widget.
        model: What answers.
    """

    def __init__(
        self, journal: Journal, dialler: Dialler, ledger: Ledger, prices: Prices | None, model: str | None
    ) -> None:
        self._journal, self._dialler, self._ledger = journal, dialler, ledger
        self._prices, self._model = prices, model
        self._budget: Budget | None = None
        self._call: Call | None = None
        self._before_ms = self._ms = 0.0  # of the calls before this one, and of this one
        self._connected_at: float | None = None
        self._told: ErrorInfo | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        journal.permit, journal.count = self.permit, self.look

    def limit(self, budget: Budget | None) -> None:
        """This much may be used from now on, what was used before included; None: any.

        Raises:
            SettingError: Its money cannot be counted.
        """
        check_money(budget, prices_of(budget, self._prices), self._model)
        self._budget = budget
        self.look()

    def use(self) -> BudgetUse:
        """What was used by now."""
        self._measure()
        return self._used()

    def permit(self) -> None:
        """Somebody calls.

        Raises:
            StateError: There is nothing left (``budget_reached``).
        """
        if told := _reached(self.use()):
            raise StateError(told["message"], code=told["code"], next_step=told["next_step"])
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def look(self) -> None:
        """Something has happened, or time has gone by."""
        self._measure()
        if self._budget is None and self._told is None:
            return
        use = self._used()
        told = _reached(use) or _near(use) or _uncounted(use)
        # Of the same kind it is not said again with other numbers.
        if (told and told["code"]) != (self._told and self._told["code"]) or use.reached:
            self._told = told
            self._journal.notices.put("budget", told)
        # Before there is a call, `permit` says it.
        run = self._dialler.run if self._call is not None else None
        if use.reached and run is not None and (self._ending is None or self._ending.done()):
            self._ending = asyncio.create_task(self._end(run), name="voice_widget budget")

    def _used(self) -> BudgetUse:
        prices = prices_of(self._budget, self._prices)
        return self._ledger.meter.use(self._budget, (self._before_ms + self._ms) / 60_000, prices)

    def _tick(self) -> None:
        self.look()
        going = self._dialler.run is not None
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick) if going else None

    def _measure(self) -> None:
        """Of a call whose sound is here its samples count, else the time since it stood."""
        call = self._journal.call
        if call is not self._call:
            self._before_ms, self._ms = self._before_ms + self._ms, 0.0
            self._call, self._connected_at = call, None
        if call is None or not call.connected.is_set():
            return
        if call.path.audio is not None:
            self._ms = max(self._ms, call.path.audio.clock_ms)
            return
        now = self._journal.clock()
        self._connected_at = now if self._connected_at is None else self._connected_at
        self._ms = max(self._ms, (now - self._connected_at) * 1000)

    async def _end(self, run: Run) -> None:
        """Hang up, once what has begun is answered, and that is heard."""
        now = asyncio.get_running_loop().time
        end = now() + MOST_S
        since: float | None = None  # when it was over
        while self._dialler.run is run and now() < end and self.use().reached:
            since = None if self._goes_on() else now() if since is None else since
            if since is not None and now() - since >= _STILL_S:
                break
            await asyncio.sleep(_STEP_S)
        if self._dialler.run is run and self.use().reached:
            await self._dialler.fall_silent(run)
            self._dialler.finish(run, None)

    def _goes_on(self) -> bool:
        """Somebody speaks, or is to: an answer is made, a tool runs, or a card asks for leave."""
        session, call = self._journal.session, self._journal.call
        owes = call is not None and not call.over and not call.outbox.quiet
        return session.activity != "idle" or sounds(session) or session.uses.unsettled() or owes


_UNITS = {"minutes": "{:.1f} minutes", "tokens": "{:,.0f} tokens", "money": "{:.2f} of money"}
_SMALL = {"minutes": (0.1, "{:.2g} minutes"), "money": (0.01, "{:.2g} of money")}
"""Below this a budget is told by its first digits: of "0.0 minutes" nobody knows what they are."""


def _amount(name: str, value: float) -> str:
    least, small = _SMALL.get(name, (0.0, ""))
    return (small if 0 < value < least else _UNITS[name]).format(value)


def _raised(use: BudgetUse, name: str) -> str:
    twice = 2 * max(getattr(use.limits, name), getattr(use, name))
    return f"w.budget = Budget({name}={math.ceil(twice) if twice > 10 else float(f'{twice:.3g}')})"


def _near(use: BudgetUse) -> ErrorInfo | None:
    if not use.near:
        return None
    name = max(use.near, key=use.share)
    left, limit = _amount(name, use.left[name]), _amount(name, getattr(use.limits, name))
    return {
        "code": "budget_near",
        "message": f"Of the budget of {limit}, {left} are left; then the talk ends.",
        "next_step": f"Come to an end, or raise it: {_raised(use, name)}.",
    }


def _reached(use: BudgetUse) -> ErrorInfo | None:
    if not use.reached:
        return None
    name = use.reached[0]
    used, limit = (_amount(name, getattr(each, name)) for each in (use, use.limits))
    return {
        "code": "budget_reached",
        "message": f"The budget of {limit} is used up: {used}.",
        "next_step": f"Raise it, {_raised(use, name)}, and call again.",
    }


def _uncounted(use: BudgetUse) -> ErrorInfo | None:
    if not use.uncounted:
        return None
    name, model = use.uncounted[0]
    why = (
        "has no price, or the service does not say" if name == "money" else "uses more than the service says:"
    )
    return {
        "code": "budget_uncounted",
        "message": f"The model {model} {why} what it has used; the budget of {name} does not count that.",
        "next_step": "Give its price too, or bound the minutes as well.",
    }
