"""The agent that answers when no other was given: questions about your DataFrames, offline.

Example:
    >>> import pandas as pd
    >>> agent = NotebookAssistant(pd.DataFrame({"tip": [1.0, 3.0]}))
    >>> agent.answer("what is the average tip")
    ['The average tip is 2.']
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from voice_widget.agents import Beside, Hints, Message, Piece, Show, ToolCall, Turn
from voice_widget.agents.assistant import accounting, calling, owning, planning
from voice_widget.agents.assistant.arguments import NAME, plan_of
from voice_widget.agents.assistant.grammar.lexicon import Lexicon
from voice_widget.agents.assistant.intents import hinting, sayings
from voice_widget.agents.assistant.intents.intents import Intents
from voice_widget.agents.assistant.intents.pieces import plain, resolved, several
from voice_widget.agents.assistant.intents.slots import Agg, Comparison, Group, Measure
from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.operations.running import run
from voice_widget.agents.assistant.suggesting import sentence, suggestions
from voice_widget.agents.assistant.tables.plans import Asked, Outcome, Plan, Refused, SmallTalk
from voice_widget.agents.assistant.tables.tables import Column, Table, Value, frames_of
from voice_widget.agents.assistant.telling.telling import tell
from voice_widget.agents.assistant.understanding import State, understand
from voice_widget.agents.repeating import NOT_KEPT, left_off, rest_said

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.agents.chat import Chat

__all__ = ["Agg", "Column", "Comparison", "Group", "Measure", "NotebookAssistant", "Value"]

LOG = logging.getLogger("voice_widget")
F = TypeVar("F", bound=Callable[..., Any])

_NO_DATA = "I have no table to look at yet. Make the widget with your DataFrame: VoiceWidget(data=df)."
_REMEMBERED = 12
"""So many of the user's last sentences are what a question may go on with."""


class NotebookAssistant:
    """Answers spoken questions about DataFrames, each with a sentence and a result for the cell.

    It never changes the data; filters and sorts show new tables. A question is answered only if every word of
    it was understood. Else it names the word, or asks in one sentence which of several things is meant. It
    keeps nothing of a talk: what a question goes on with stands in the turn's history.

    Args:
        data: A DataFrame, several by name, or nothing. Frames are not copied: it sees what you see.
        model: A chat endpoint that plans what the grammar does not understand. It never sees a value or a
            result unless you share them, and states nothing: the operations here compute, and say it. A plan
            in which a word of the question has no part is not carried out; that word is named instead. The
            widget's tools are offered to it, too; what they return it is told, and says. Without a model
            nobody calls them.
        share: What of the data leaves the kernel for the model: ``"columns"``, ``"dtypes"``, ``"values"``.

    Raises:
        SettingError: The data is no table, or ``share`` names something else.

    Example:
        >>> import pandas as pd
        >>> agent = NotebookAssistant(pd.DataFrame({"tip": [1.0, 3.0]}))
        >>> @agent.intent("how generous is the {column}")
        ... def generous(column: Column):
        ...     return f"Very: up to {column.series.max()}."
        >>> agent.answer("how generous is the tip")
        ['Very: up to 3.0.']
    """

    def __init__(
        self,
        data: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
        *,
        model: Chat | None = None,
        share: Sequence[str] = ("columns", "dtypes"),
    ) -> None:
        self._frames = frames_of(data)
        self._lexicons: dict[str, Lexicon] = {}
        self._share = planning.shared(share)
        self._model = model
        self._today: Callable[[], datetime] = datetime.now
        self.intents = Intents()

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
        if self._model is None:
            for notice in calling.unoffered(turn):
                yield notice
        answered = False
        async with aclosing(self._planned(turn)) as planned:
            async for piece in planned:
                answered = answered or not isinstance(piece, Beside)
                yield piece
        if answered:
            return
        for piece in self._pieces(turn):
            async for ready in resolved(piece):
                yield ready

    def answer(self, text: str, history: Sequence[Message] = ()) -> list[Piece]:
        """Answer a typed question, without a call. Async functions of yours need a call, and so does a model.

        Args:
            text: The question.
            history: What was said before it, which it may go on with.

        Example:
            >>> NotebookAssistant().answer("stop")
            ['Okay.']
        """
        return [ready for piece in self._pieces(Turn(text, history)) for ready in plain(piece)]

    def hints(self) -> Hints:
        """What the recogniser should expect; small enough to travel with the offer."""
        return hinting.hints(self.intents, self._first())

    def examples(self) -> list[str]:
        """A few sentences worth trying."""
        table = self._first()
        if table is None:
            return ["What can you do?"]
        return [sentence(text) for text in [*suggestions(table)[:3], "what can you do"]]

    def tools(self) -> list[dict[str, Any]]:
        """The questions as a chat model's tools, for `run`: one for all questions of data, and yours."""
        tables = [lexicon.table for lexicon in self._known()]
        return [
            *planning.tools(tables, frozenset(("columns", "dtypes", "values"))),
            *self.intents.tools(self._first()),
        ]

    def run(self, name: str, arguments: Mapping[str, Any]) -> list[Piece]:
        """Run one of `tools` with the arguments that a model gave.

        Raises:
            SettingError: There is no such tool, or an argument names nothing.
        """
        if name == NAME:
            plan = plan_of(arguments, [lexicon.table for lexicon in self._known()])
            return list(self._carried_out(plan))
        found = owning.run(self.intents, name, arguments, self._first())
        return [piece for one in several(found) for piece in plain(one)]

    def help(self) -> str:
        """Everything that can be said, one line per question."""
        return "\n".join(
            f"{about}: " + ", ".join(f"“{phrase}”" for phrase in phrases[:3])
            for about, phrases in [*owning.helped(self.intents), *sayings.helped()]
        )

    # --- one turn ----------------------------------------------------------------------------------

    def _pieces(self, turn: Turn) -> Iterable[Any]:
        state = self._state(turn.history)
        lexicons = self._known()
        own = owning.understood(turn.text, self.intents, self._first(), turn.history)
        if own is not None and own.surely:
            return owning.pieces(own, turn)
        outcome, _ = self._understand(turn.text, state, lexicons)
        if own is not None and not isinstance(outcome, Plan | SmallTalk):
            return owning.pieces(own, turn)
        return self._answered(outcome, turn, state)

    def _answered(self, outcome: Outcome, turn: Turn, state: State) -> Iterable[Any]:
        if isinstance(outcome, SmallTalk):
            return self._talk(outcome.kind, turn)
        if not self._frames:
            return [f"I did not get that. {self._able(turn)}"]
        if isinstance(outcome, Plan):
            return self._carried_out(outcome, turn.text)
        if isinstance(outcome, Asked):
            return [outcome.sentence]
        return [self._refused(outcome)]

    def _carried_out(self, plan: Plan, text: str = "") -> list[Piece]:
        import numpy as np

        table = next(lexicon.table for lexicon in self._known() if lexicon.table.name == plan.table)
        try:
            with np.errstate(all="ignore"):  # infinite values are the data's own affair
                return list(tell(plan, run(plan, table), table))
        except Exception:
            LOG.exception("The notebook assistant could not answer %r.", text)
            return ["I could not work that out with this data."]

    def _refused(self, outcome: Refused) -> str:
        """Not understood: two questions that would be, near to what was mentioned."""
        table = self._first()
        if not outcome.lost or table is None:
            return outcome.sentence
        near = [table.columns[p] for p in outcome.near if p < len(table.columns)]
        one, two = suggestions(table, near)[:2]
        return f"{outcome.sentence} You could say: {sentence(one)} Or: {sentence(two)}"

    def _state(self, history: Sequence[Message]) -> State:
        """What the talk so far has left: made from what was said, for one assistant may answer several."""
        state = State()
        lexicons = self._known()
        for message in [m for m in history if m.role == "user" and m.text][-_REMEMBERED:]:
            _, state = self._understand(message.text, state, lexicons)
        return state

    def _understand(self, text: str, state: State, lexicons: Sequence[Lexicon]) -> tuple[Outcome, State]:
        return understand(text, state, lexicons, self._today())

    async def _planned(self, turn: Turn) -> AsyncGenerator[Piece, None]:
        """What the model makes of a question that the grammar does not understand, or of a tool's results.

        No answer: there is no need of it, or its plan leaves out a word that may change the question. Then
        the grammar says which word it does not know, and offers what it can do without it.
        """
        if self._model is None or not (self._frames or calling.offered(turn)):
            return
        if owning.understood(turn.text, self.intents, self._first(), turn.history) is not None:
            return
        known = self._known()
        outcome, _ = self._understand(turn.text, self._state(turn.history), known)
        if isinstance(outcome, Plan | SmallTalk) and not turn.results:
            return
        tables = [lexicon.table for lexicon in known]
        async with aclosing(planning.asked(self._model, turn, tables, self._share)) as asked:
            async for made in asked:
                if not isinstance(made, planning.Made):
                    yield made
                    continue
                for piece in self._made(made.found, turn):
                    yield piece

    def _made(self, found: Plan | str | list[ToolCall], turn: Turn) -> Sequence[Piece]:
        if isinstance(found, str):
            return [found]
        if isinstance(found, list):
            return found
        lexicon = next(lexicon for lexicon in self._known() if lexicon.table.name == found.table)
        before = [message.text for message in turn.history if message.role == "user"][-_REMEMBERED:]
        if accounting.leaves_out(found, turn.text, before, lexicon, self._today()):
            return []
        return self._carried_out(found, turn.text)

    # --- what it knows -----------------------------------------------------------------------------

    def _known(self) -> list[Lexicon]:
        """The tables and their names; made anew when columns, types or length have changed."""
        found: list[Lexicon] = []
        for name, frame in self._frames.items():
            known = self._lexicons.get(name)
            if known is None or known.table.state != Table.fingerprint(frame):
                known = self._lexicons[name] = Lexicon(Table(frame, name))
            found.append(known)
        return found

    def _first(self) -> Table | None:
        known = self._known()
        return known[0].table if known else None

    # --- what is not about data --------------------------------------------------------------------

    def _talk(self, kind: str, turn: Turn) -> Iterable[Any]:
        table = self._first()
        if kind == "help":
            return self._help(table, turn)
        if kind == "repeat":
            return self._repeated(turn)
        if kind == "go_on":
            return [self._gone_on(turn)]
        if kind == "hello":
            ask = f"You could ask: {sentence(suggestions(table)[0])}" if table else self._able(turn)
            return [f"Hello. {ask}"]
        return [_SENTENCES[kind]]

    def _able(self, turn: Turn) -> str:
        """Without a table: what can be done, or what is missing."""
        return calling.able(turn, model=self._model is not None) or _NO_DATA

    def _help(self, table: Table | None, turn: Turn) -> list[Piece]:
        import pandas as pd

        if table is None:
            return [f"I answer questions about a DataFrame. {self._able(turn)}"]
        listed = [*owning.helped(self.intents), *sayings.helped()]
        phrases = [(phrase, about) for about, several_ in listed for phrase in several_]
        shown = Show(
            pd.DataFrame(phrases, columns=["say", "what it does"]),
            f"help · {say.count(len(phrases), 'phrases')}",
        )
        own = [i.phrases[0].text.replace("{", "").replace("}", "") for i in self.intents.all][:2]
        said = " ".join(sentence(text) for text in [*own, *suggestions(table)[:4]])
        return [
            "You can ask for numbers of a column, by group or for some rows, count, sort, filter and plot. "
            f"For instance: {said}",
            shown,
        ]

    def _repeated(self, turn: Turn) -> Iterable[Any]:
        """The last answer: worked out again with what it showed, or as it stands in the history."""
        asked = ((n, m.text) for n, m in enumerate(turn.history) if m.role == "user")
        before = [n for n, text in asked if owning.asks(text) == "question"]
        said = [m.text for m in turn.history if m.role == "assistant" and m.text]
        if not before or not said:
            return [said[-1] if said else "I have not said anything yet."]
        question, history = turn.history[before[-1]], turn.history[: before[-1]]
        if (
            owning.understood(question.text, self.intents, self._first(), history) is not None
            or self._model is not None
        ):
            return [said[-1]]
        return self._pieces(Turn(question.text, history, tools=turn.tools))

    def _gone_on(self, turn: Turn) -> str:
        """What of the last answer was not heard. It was shown when it was given."""
        place, heard = left_off(turn.history, owning.asks)
        if place is None:
            return "I have not said anything yet."
        question, history = turn.history[place], turn.history[:place]
        if owning.understood(question.text, self.intents, self._first(), history) is not None:
            return NOT_KEPT  # a function of the user's is not called a second time
        outcome, _ = self._understand(question.text, self._state(history), self._known())
        if self._model is not None and not isinstance(outcome, Plan | SmallTalk):
            return NOT_KEPT
        pieces = self._answered(outcome, Turn(question.text, history, tools=turn.tools), self._state(history))
        return rest_said("".join(piece for piece in pieces if isinstance(piece, str)), heard)


_SENTENCES = {
    "stop": "Okay.",
    "who": "I am the notebook assistant. I answer questions about your data, here in the kernel.",
    "thanks": "You are welcome.",
    "change": "I cannot do that: I never change your data. I can filter it and sort it, and show you "
    "the result.",
}
