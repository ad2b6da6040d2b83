"""What stands between a widget and a call, from Python."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from voice_widget.threads import loop as loops
from voice_widget.widget.verbs import Verbs
from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    from voice_widget.diagnosis.findings import Finding
    from voice_widget.diagnosis.table import Diagnosis

PATIENCE_S = 8.0


class Diagnosed(Verbs):
    """A table of the connection, and the way out in words; in the panel it is behind "Connection"."""

    def diagnose(self) -> Diagnosis:
        """How the connection is: one row for each thing that was looked at, and what to do about it.

        It works without a page, without a call, in a call, and after one that failed: then the reason is the
        first row. It takes some seconds at most. Where a running cell keeps pages from answering, what they
        say is ``unknown``, or what they said last, and the table says what to do.

        Example:
            >>> w.diagnose()  # doctest: +SKIP
            >>> print(w.diagnose().way_out)  # doctest: +SKIP
        """
        self._wiring.refuse_closed()
        diagnosing = self._wiring.pages.diagnosing
        # Waiting on a thread of ours, or in a cell that pages wait for, could only be in vain.
        blocks = not loops.may_wait() or (loops.on_main_thread() and self._wiring.page_waits())
        return _table(diagnosing.at_once() if blocks else diagnosing.ask().result(PATIENCE_S))

    def diagnose_async(self) -> Waiting[Diagnosis]:
        """The same, to be awaited: ``await w.diagnose_async()``."""
        self._wiring.refuse_closed()
        found: Future[Diagnosis] = Future()

        def made(rows: Future[list[Finding]]) -> None:
            try:
                found.set_result(_table(rows.result()))
            except BaseException as error:
                found.set_exception(error)

        self._wiring.pages.diagnosing.ask().add_done_callback(made)
        return self._waiting(found, "the diagnosis")


def _table(rows: list[Finding]) -> Diagnosis:
    from voice_widget.diagnosis.table import diagnosis  # with pandas, which a first import does without

    return diagnosis(rows)
