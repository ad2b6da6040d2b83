"""What every verb of a widget gives back."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    from voice_widget.widget.wiring import Wiring

T = TypeVar("T")


class Verbs:
    """What is asked of the talk can be awaited, and what fails is told even if nobody does."""

    _wiring: Wiring

    def _verb(self, future: Future[T], what: str) -> Waiting[T]:
        return self._waiting(self._wiring.told(future), what)

    def _waiting(self, future: Future[T], what: str) -> Waiting[T]:
        return Waiting(future, what, self._wiring.page_waits)
