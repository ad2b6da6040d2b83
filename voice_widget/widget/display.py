"""Rich results: kept, and shown in the widget's own cell by display handles made there."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voice_widget.realtime.state.records import Row
from voice_widget.widget.rendering import Bundle, captioned, formatted
from voice_widget.widget.saved_turns import saved_turns
from voice_widget.widget.whole_tables import boxed

SHOWN = 10
"""So many results stand under the widget, the newest on top: a cell's output does not grow for ever."""


@dataclass(frozen=True)
class Result:
    """One rich result of an agent.

    Attributes:
        value: What the agent showed: a table, a figure …
        label: Its short name in the panel.
        question: What it answers.
        item_id: The row of the question.
    """

    value: Any = field(repr=False)
    label: str = ""
    question: str = ""
    item_id: str = ""


class Drawn:
    """A result and what it looks like, which is found out once: a value may be changed later.

    Args:
        result: The result.
        name: What its value is called in Python.
    """

    def __init__(self, result: Result, name: str) -> None:
        self.result, self.name = result, name
        self._bundle: Bundle | None = None

    def bundle(self) -> Bundle:
        """Its mime bundle. Calls the value's own rendering, which is the user's code."""
        if self._bundle is None:
            self._bundle = formatted(self.result.value, self.name)
        return self._bundle

    def forget(self) -> None:
        """What it looked like takes room."""
        self._bundle = None


class Results:
    """What an agent has shown, oldest first: without questions that nobody is to know any more."""

    def __init__(self) -> None:
        self.all: list[Drawn] = []
        self._redacted: set[str] = set()

    @property
    def latest(self) -> list[Drawn]:
        """Those that stand under the widget."""
        return self.all[-SHOWN:]

    def add(self, result: Result) -> Drawn:
        """Keep one more; gives it as it is kept: its question may have been redacted while it was made."""
        drawn = Drawn(result, f"w.results[{len(self.all)}].value")
        self._hide(drawn)
        self.all.append(drawn)
        for old in self.all[-SHOWN - 1 : -SHOWN]:
            old.forget()
        return drawn

    def redact(self, item_id: str) -> list[Drawn]:
        """Nobody is to know any more what this row asked. Gives its results."""
        self._redacted.add(item_id)
        hidden = [drawn for drawn in self.all if drawn.result.item_id == item_id]
        for drawn in hidden:
            self._hide(drawn)
        return hidden

    def _hide(self, drawn: Drawn) -> None:
        if drawn.result.item_id in self._redacted:
            drawn.result = replace(drawn.result, question="")


class ResultDisplay:
    """The places under the widget where its latest results appear."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._outputs: list[Output] = []
        self._lock = threading.Lock()

    @property
    def is_there(self) -> bool:
        """There is a cell's output in which results appear."""
        return bool(self._outputs)

    def open(self, above: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Show ``above`` in the output of the cell that runs now, and make the places under it.

        Those of an earlier cell keep what they show.
        """
        from IPython.core.getipython import get_ipython
        from IPython.display import publish_display_data

        publish_display_data(above, metadata)  # type: ignore[no-untyped-call]
        # voila runs the cells before there is a page, and passes no update of their outputs on.
        if get_ipython() is None or "VOILA_PREHEAT" in os.environ:
            return
        output = Output()
        with self._lock:
            self._outputs.append(output)
        self.show()

    def show(self) -> None:
        """Show the latest results there."""
        for drawn in self._results.latest:
            drawn.bundle()  # not under the lock, for it is the user's code
        with self._lock:
            for output in self._outputs[-1:]:
                output.show(self._results.latest)

    def turns(self, rows: Sequence[Row]) -> None:
        """Have the turns stand under the widget where a saved page cannot show it."""
        bundle = saved_turns(rows)
        with self._lock:
            for output in self._outputs:
                output.turns(bundle)

    def redact(self, hidden: Sequence[Drawn]) -> None:
        """Show these without their question, also under earlier cells."""
        with self._lock:
            for output in self._outputs:
                output.show_again(hidden)


class Output:
    """Places in the output of one cell, made while that runs: later there can be no more of them.

    They are filled from the lowest upwards, so that the newest result stands right under the widget.
    """

    def __init__(self) -> None:
        from IPython.display import DisplayHandle

        self._shown: list[Drawn | None] = [None] * SHOWN
        self._handles = [DisplayHandle() for _ in self._shown]  # type: ignore[no-untyped-call]
        self._turns = DisplayHandle()  # type: ignore[no-untyped-call]
        for handle in (self._turns, *self._handles):
            handle.display({}, raw=True)  # type: ignore[no-untyped-call]  # nothing takes no room

    def show(self, latest: Sequence[Drawn]) -> None:
        """Show these, oldest first."""
        wanted = [*[None] * (SHOWN - len(latest)), *reversed(latest)]
        for place, drawn in enumerate(wanted):
            if drawn is not None and drawn is not self._shown[place]:
                self._shown[place] = drawn
                self._update(place)

    def turns(self, bundle: dict[str, str]) -> None:
        """Show these in the place of the turns."""
        self._turns.update(bundle, raw=True)  # type: ignore[no-untyped-call]

    def show_again(self, changed: Sequence[Drawn]) -> None:
        """Show those of these that are shown once more."""
        for place, drawn in enumerate(self._shown):
            if drawn in changed:
                self._update(place)

    def _update(self, place: int) -> None:
        drawn = self._shown[place]
        assert drawn is not None
        data, metadata = drawn.bundle()
        data, metadata = captioned((boxed(data), metadata), drawn.result.question)
        self._handles[place].update(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
