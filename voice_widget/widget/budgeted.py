"""How much a widget may use, from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_widget.tables.budget import Budget, BudgetUse, checked_budget
from voice_widget.threads import loop as loops

if TYPE_CHECKING:
    from voice_widget.widget.wiring import Wiring


SHOWN_S = 2.0
"""So long is waited until ``notice`` says what is true of the new limits."""


class Budgeted:
    """What a widget uses over all its calls, and its limits."""

    _wiring: Wiring

    @property
    def budget(self) -> BudgetUse:
        """What was used by now, and how much is left. Assign a `Budget` to set other limits, or None.

        What was used before counts for the new limits too. With one that is reached no call begins, and the
        call of the moment ends once its answer was heard.

        Raises:
            SettingError: It is no budget, or its money cannot be counted.

        Example:
            >>> w.budget = Budget(minutes=20)  # doctest: +SKIP
            >>> w.budget.left  # doctest: +SKIP
            {'minutes': 12.5}
        """
        return loops.call(self._wiring.talk.budgeting.use)

    @budget.setter
    def budget(self, limits: Budget | None) -> None:
        budget = checked_budget(limits)
        loops.call(lambda: self._wiring.talk.budgeting.limit(budget))
        if loops.may_wait():
            self._wiring.publisher.flush(SHOWN_S)
