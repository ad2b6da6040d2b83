"""What becomes of the things that an agent shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_widget.errors import VoiceWidgetError
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import told
from voice_widget.widget.display import Result, ResultDisplay, Results
from voice_widget.widget.rendering import for_panel
from voice_widget.widget.report import Report
from voice_widget.widget.result_pages import ResultPages

if TYPE_CHECKING:
    from voice_widget.agents import Show, Turn


class Showing:
    """Keeps results, tells of them, and shows them: under the widget, and to pages that ask for one.

    Args:
        publisher: Calls the values' own rendering, which is the user's code, and sends what comes of it.
        report: Tells of them.
        pages: Is told where a cell's output shows them.

    Attributes:
        results: What there is.
    """

    def __init__(self, publisher: Publisher, report: Report, pages: ResultPages) -> None:
        self.results = Results()
        self._publisher, self._report, self._pages = publisher, report, pages
        self._display = ResultDisplay(self.results)
        self._turns_stand = False

    def open(self, above: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Show the widget in the cell that runs, and under it what there is."""
        self._display.open(above, metadata)
        if self._display.is_there:
            self._pages.cell_runs()
            if not self._turns_stand:
                self._turns_stand = True
                self._report.on("transcript", self._display.turns)
            if rows := self._report.ordered():
                self._display.turns(rows)

    def show(self, turn: Turn, show: Show) -> None:
        """The agent shows something."""
        self._publisher.submit(lambda: self._shown(turn, show))

    def redact(self, item_id: str) -> None:
        """Nobody is to know any more what this row asked."""
        hidden = self.results.redact(item_id)
        if hidden and self._display.is_there:
            self._publisher.call(self._display.redact, hidden, always=True)

    def wanted(self, request_id: str, number: int) -> None:
        """A page wants to draw a result."""
        self._publisher.call(self._answer, request_id, number, always=True)

    def _shown(self, turn: Turn, show: Show) -> None:
        drawn = self.results.add(Result(show.value, show.label, turn.text, turn.item_id))
        self._report.shown(len(self.results.all) - 1, turn.item_id, show.label)
        if self._display.is_there:
            self._publisher.call(self._display.show)
        self._report.tell("result", drawn.result)

    def _answer(self, request_id: str, number: int) -> None:
        name = f"w.results[{number}].value"
        try:
            kept = self.results.all[number : number + 1] if number >= 0 else []
            bundle = kept[0].bundle() if kept else ({}, {})
            message: dict[str, Any] = {"type": "result.content", **for_panel(bundle, name)}
        except Exception as error:
            known = error if isinstance(error, VoiceWidgetError) else _failed(error, name)
            message = {"type": "request.failed", "error": known.info()}
        # Not kept, for a page that missed it asks again; it may be large.
        self._publisher.send({**message, "request_id": request_id}, keep=False)


def _failed(error: Exception, name: str) -> VoiceWidgetError:
    return VoiceWidgetError(
        f"This result could not be drawn: {told(error).rstrip('.')}.",
        code="result_not_shown",
        next_step=f"Look at `{name}` in a cell.",
    )
