"""The agent that answers when no other was given: questions about your DataFrames, offline.

Example:
    >>> import pandas as pd
    >>> agent = NotebookAssistant(pd.DataFrame({"tip": [1.0, 3.0]}))
    >>> agent.answer("what is the average tip")
    ['The average tip is 2.']
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from voice_widget.agents import Hints, Piece, Show, Turn
from voice_widget.agents.assistant import hinting, questions
from voice_widget.agents.assistant import speaking as say
from voice_widget.agents.assistant.following import Said, follow
from voice_widget.agents.assistant.intents import Intents, Understood, from_json, lexicon
from voice_widget.agents.assistant.matching import Heard, Lexicon
from voice_widget.agents.assistant.pieces import plain, resolved, several
from voice_widget.agents.assistant.slots import Agg, Comparison, Group, Measure
from voice_widget.agents.assistant.suggesting import either, sentence, suggestions
from voice_widget.agents.assistant.tables import Column, Table, Value, frames_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Agg", "Column", "Comparison", "Group", "Measure", "NotebookAssistant", "Value"]

LOG = logging.getLogger("voice_widget")
F = TypeVar("F", bound=Callable[..., Any])

_NO_DATA = "I have no table to look at yet. Make the widget with your DataFrame: VoiceWidget(data=df)."
_GENERAL = frozenset({"help", "repeat", "stop", "hello", "thanks", "who"})


class NotebookAssistant:
    """Answers spoken questions about DataFrames, each with a sentence and a result for the cell.

    It never changes the data; filters and sorts show new tables. What it does not understand it says so,
    with two questions that it would.

    Args:
        data: A DataFrame, several by name, or nothing. Frames are not copied: it sees what you see.

    Example:
        >>> import pandas as pd
        >>> agent = NotebookAssistant(pd.DataFrame({"tip": [1.0, 3.0]}))
        >>> @agent.intent("how generous is the {column}")
        ... def generous(column: Column):
        ...     return f"Very: up to {column.series.max()}."
        >>> agent.answer("how generous is the tip")
        ['Very: up to 3.0.']
    """

    def __init__(self, data: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None) -> None:
        self._frames = frames_of(data)
        self._current = next(iter(self._frames), "")
        self._known: dict[str, tuple[Any, Table, Lexicon]] = {}
        self._last: Said | None = None
        self._answer: list[Any] = []
        self.intents = Intents()
        self._register()

    def intent(self, *phrases: str, name: str = "", about: str = "") -> Callable[[F], F]:
        """Register a function of yours for some phrases.

        Args:
            phrases: What to say; ``{blank}`` is a parameter, ``[...]`` may be left out.
            name: Its name as a tool. Defaults to the function's.
            about: What it does. Defaults to the first line of its docstring.

        Raises:
            SettingError: A phrase or a parameter cannot be heard, or the name is taken.
        """
        return self.intents.intent(*phrases, name=name, about=about)

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        """Answer one turn."""
        for piece in self._pieces(turn):
            async for ready in resolved(piece):
                yield ready

    def answer(self, text: str) -> list[Piece]:
        """Answer a typed question, without a call. Async functions of yours need a call.

        Example:
            >>> NotebookAssistant().answer("stop")
            ['Okay.']
        """
        return [ready for piece in self._pieces(Turn(text)) for ready in plain(piece)]

    def hints(self) -> Hints:
        """What the recogniser should expect; small enough to travel with the offer."""
        return hinting.hints(self.intents, self._table_of(self._current))

    def examples(self) -> list[str]:
        """A few sentences worth trying."""
        table = self._table_of(self._current)
        if table is None:
            return ["What can you do?"]
        return [sentence(text) for text in [*suggestions(table)[:3], "what can you do"]]

    def tools(self) -> list[dict[str, Any]]:
        """The questions as a chat model's tools, for `run`."""
        return self.intents.tools(self._table_of(self._current))

    def run(self, name: str, arguments: Mapping[str, Any]) -> list[Piece]:
        """Run one of `tools` with the arguments that a model gave.

        Raises:
            SettingError: There is no such tool, or an argument names nothing.
        """
        intent = self.intents.find(name)
        _, words = self._words_of(self._current)
        ready = from_json(intent, arguments, words)
        return [piece for found in several(intent.call(ready, Turn(""))) for piece in plain(found)]

    def help(self) -> str:
        """Everything that can be said, one line per question."""
        return "\n".join(
            f"{intent.help or intent.name}: " + ", ".join(f"“{p.text}”" for p in intent.phrases[:3])
            for intent in sorted(self.intents.all, key=lambda i: not i.own)
        )

    # --- one turn ----------------------------------------------------------------------------------

    def _pieces(self, turn: Turn) -> Iterable[Any]:
        understood, heard = self._understand(turn.text)
        if understood is None:
            pieces: list[Any] = [self._lost(heard)]
        elif (unclear := understood.open or self._unsaid(understood)) is not None:
            name, choices = unclear
            self._last = Said(understood.intent, understood.arguments, name, choices)
            pieces = [f"Which one do you mean: {either([c.spoken for c in choices])}?"]
        else:
            pieces = self._run(understood, turn)
        if understood is None or understood.intent.name not in ("repeat", "thanks", "stop"):
            self._answer = [p for p in pieces if isinstance(p, str | Show)]
        return pieces

    def _unsaid(self, understood: Understood) -> tuple[str, tuple[Column, ...]] | None:
        """What must be asked back for, such as the column of "what is the average"."""
        name = questions.ASKED_BACK.get(understood.intent.name, "")
        if understood.intent.own or not name or name in understood.arguments or not self._frames:
            return None
        columns = tuple(self._table().numbers())
        return (name, columns) if columns else None

    def _run(self, understood: Understood, turn: Turn) -> list[Any]:
        intent = understood.intent
        if intent.name not in _GENERAL or intent.own:
            self._last = Said(intent, understood.arguments)
        if intent.own:  # an error of yours is yours to see
            return several(intent.call(understood.arguments, turn))
        if not self._frames and intent.name not in _GENERAL:
            return [_NO_DATA]
        import numpy as np

        try:
            with np.errstate(all="ignore"):  # infinite values are the data's own affair
                return several(intent.call(understood.arguments, turn))
        except Exception:
            LOG.exception("The notebook assistant could not answer %r.", turn.text)
            return ["I could not work that out with this data."]

    def _understand(self, text: str) -> tuple[Understood | None, Heard]:
        """What is asked, of the current table or, where that fits better, of another one."""
        best: tuple[float, Understood, Heard, str] | None = None
        first: Heard | None = None
        for name in sorted(self._frames, key=lambda n: n != self._current) or [""]:
            _, words = self._words_of(name)
            heard = words.hear(text)
            first = first or heard
            understood = None
            if name == self._current and self._last is not None:
                understood = follow(self._last, heard, self.intents)
            understood = understood or self.intents.understand(heard)
            named = any(m.kind == "table" for m in heard.mentions)
            if understood is None:
                continue
            score = understood.score + (1.0 if named and len(self._frames) > 1 else 0.0)
            if best is None or score > best[0] + 1e-6:
                best = score, understood, heard, name
        assert first is not None
        if best is None:
            return None, first
        self._current = best[3]
        return best[1], best[2]

    def _lost(self, heard: Heard) -> str:
        """Not understood: two questions that would be, near to what was mentioned."""
        table = self._table_of(self._current)
        if table is None:
            return f"I did not get that. {_NO_DATA}"
        near = [t for m in heard.mentions if m.kind == "column" for t in m.targets]
        one, two = suggestions(table, near)[:2]
        return f"I did not get that. You could say: {sentence(one)} Or: {sentence(two)}"

    # --- what it knows -----------------------------------------------------------------------------

    def _table_of(self, name: str) -> Table | None:
        return self._words_of(name)[0]

    def _table(self) -> Table:
        table = self._table_of(self._current)
        assert table is not None
        return table

    def _words_of(self, name: str) -> tuple[Table | None, Lexicon]:
        """The table and its names; made anew when its columns, types or length have changed."""
        frame = self._frames.get(name)
        state = (None if frame is None else Table.fingerprint(frame), len(self.intents.all))
        known = self._known.get(name)
        if known is None or known[0] != state:
            table = None if frame is None else Table(frame, name)
            known = state, table, lexicon(self.intents, table)  # type: ignore[assignment]
            self._known[name] = known  # type: ignore[assignment]
        assert known is not None
        return known[1], known[2]

    def _register(self) -> None:
        def ask(*phrases: str, about: str, name: str = "") -> Callable[[F], F]:
            return self.intents.intent(*phrases, name=name, about=about, own=False)

        @ask(
            "help",
            "what can you do",
            "what can i ask",
            "what can i say",
            "help me",
            name="help",
            about="says what can be asked",
        )
        def help_() -> list[Piece]:
            return self._help()

        @ask("repeat", "say that again", "repeat that", "once more", about="says the last answer again")
        def repeat(turn: Turn) -> list[Piece]:
            return self._repeat(turn)

        @ask("stop", "be quiet", "never mind", "forget it", about="says no more")
        def stop() -> str:
            return "Okay."

        @ask("hello", "good morning", "good evening", about="greets")
        def hello() -> str:
            table = self._table_of(self._current)
            return (
                f"Hello. You could ask: {sentence(suggestions(table)[0])}" if table else f"Hello. {_NO_DATA}"
            )

        @ask("who are you", about="says who it is")
        def who() -> str:
            return "I am the notebook assistant. I answer questions about your data, here in the kernel."

        @ask("thanks", "thank you", about="is polite")
        def thanks() -> str:
            return "You are welcome."

        questions.register(self.intents, self._table)

    def _help(self) -> list[Piece]:
        import pandas as pd

        table = self._table_of(self._current)
        if table is None:
            return [f"I answer questions about a DataFrame. {_NO_DATA}"]
        ordered = sorted(self.intents.all, key=lambda i: not i.own)
        phrases = [(phrase.text, intent.help) for intent in ordered for phrase in intent.phrases]
        shown = Show(
            pd.DataFrame(phrases, columns=["say", "what it does"]),
            f"help · {say.count(len(phrases), 'phrases')}",
        )
        own = [i.phrases[0].text.replace("{", "").replace("}", "") for i in ordered if i.own][:2]
        said = " ".join(sentence(text) for text in [*own, *suggestions(table)[:4]])
        return [
            "You can ask for numbers of a column, by group or for some rows, count, sort, filter and plot. "
            f"For instance: {said}",
            shown,
        ]

    def _repeat(self, turn: Turn) -> list[Piece]:
        if self._answer:
            return list(self._answer)
        before = [m.text for m in turn.history if m.role == "assistant" and m.text]
        return [before[-1] if before else "I have not said anything yet."]
