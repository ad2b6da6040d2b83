"""Which process of several runs which tests."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

from tests.conftest import end_to_end

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

END_TO_END = "e2e"


class Scheduling(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
    """The tests of a file stay together. Those that need a browser are one process' own, beside all others.

    They leave much of the machine idle; and Playwright keeps an event loop on the main thread, beside which
    no other test could run its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return END_TO_END if end_to_end(nodeid) else nodeid.split("::")[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        if (scope := self._next(node)) is not None:
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if self._next(node) is not None:
            super()._reschedule(node)
        elif not node.shutting_down:
            node.shutdown()

    def _next(self, node: WorkerController) -> str | None:
        browses = node is self.nodes[0]
        return next((x for x in self.workqueue if not self._apart or (x == END_TO_END) == browses), None)

    @cached_property
    def _apart(self) -> bool:
        return self.numnodes > 1 and any(map(end_to_end, self.collection or ()))
