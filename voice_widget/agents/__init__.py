"""What answers in the kernel: a function of one `Turn`.

An agent is any plain, async or generator function (sync or async) that takes one `Turn`. What it returns or
yields is spoken: `str` pieces are joined and spoken clause by clause, a `Show` is displayed in the cell, a
`ToolCall` asks for one of the widget's tools; `Usage`, `ToolRun`, `Notice` and `Remark` tell what was used,
what the agent has run by itself, what is worth knowing and what is to be kept; `Thinking` is a sign of life.
An agent may have a method ``hints()`` that returns `Hints` for the recogniser and a method ``examples()``
that returns a few sentences worth trying, shown before the first call. The contract, and what runs an agent,
belong here; agents that come with the package have folders of their own, and no agent knows a call.

Example:
    >>> def parrot(turn):
    ...     return f"You said {turn.text}."
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_widget.realtime.session.dialogue import Message as Message


@dataclass(frozen=True)
class Hints:
    """What the recogniser should expect: whole phrases, and single words such as column names."""

    phrases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Show:
    """A rich result for the cell, with a short label for the panel (``table · 4 rows``)."""

    value: Any
    label: str = ""


@dataclass(frozen=True)
class ToolCall:
    """Ask for one of the widget's tools.

    When the result is there the agent is asked again, from its beginning, and ``turn.results`` has it. What
    it said before the call, and begins with again, is not heard a second time.

    Example:
        >>> def agent(turn):
        ...     yield "One moment."
        ...     if not turn.results:
        ...         yield ToolCall("temperature", {"city": "Oslo"})
        ...     else:
        ...         yield f"It is {turn.results[-1].text} degrees."
        >>> list(agent(Turn("How warm is it?")))
        ['One moment.', ToolCall(name='temperature', arguments={'city': 'Oslo'})]
        >>> list(agent(Turn("How warm is it?", [Message("tool", "3", "temperature")])))
        ['One moment.', 'It is 3 degrees.']
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """What a model has used for this answer, in tokens; of several in one answer the sum counts.

    Attributes:
        input_tokens: What it read, cached ones included.
        output_tokens: What it wrote, its reasoning included.
        cached_tokens: Of what it read: what it knew already.
        reasoning_tokens: Of what it wrote: what it wrote for itself.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class ToolRun:
    """A tool that the agent runs by itself: told when it begins, and again under the same id when it is done.

    It is a row of ``tool_calls_df``. What it gave reaches nobody: the agent has it already.

    Attributes:
        call_id: Tells it from others of this answer.
        name: The tool's.
        arguments: What it is given; a text stands for JSON as it is.
        output: What it gave; None: it runs.
        error: Why it failed; then there need be no output.
    """

    call_id: str
    name: str = ""
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    output: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Notice:
    """Something worth knowing that is no failure: shown once a talk, and kept with each answer it is of.

    Attributes:
        code: Its name.
        message: One sentence.
        next_step: What one can do about it.
        details: Numbers and texts for who reads the events.
    """

    code: str
    message: str
    next_step: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """Something to be kept with the answer, for who reads the events later; nobody is shown it.

    Attributes:
        name: What it is about.
        details: Numbers, texts and lists of them.
    """

    name: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Thinking:
    """A sign of life: who gives one every few seconds is not given up, however long the answer takes."""


@dataclass(frozen=True)
class Turn:
    """What the agent is asked.

    Attributes:
        text: What the user said, as recognised (may be empty).
        history: The turns before it, oldest first. What tools have returned to this very turn stands last.
        instructions: The session's instructions.
        tools: The tools on offer, as the protocol's function tools.
        item_id: The user's row.
        response_id: The answer being made.
        cancelled: Set when the user has interrupted; a long computation may look at it.
        tool_choice: ``"required"``: one of the tools has to be called.
    """

    text: str
    history: Sequence[Message] = ()
    instructions: str = ""
    tools: Sequence[Mapping[str, Any]] = ()
    item_id: str = ""
    response_id: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)
    tool_choice: Literal["auto", "required"] = "auto"

    @property
    def results(self) -> tuple[Message, ...]:
        """What tools have returned to this very turn, oldest first; empty before the first call."""
        last = itertools.takewhile(lambda message: message.role == "tool", reversed(self.history))
        return tuple(last)[::-1]


Beside = Usage | ToolRun | Notice | Remark | Thinking
"""What an agent tells beside its answer."""
Piece = str | Show | ToolCall | Beside
Agent = Callable[
    [Turn],
    "Piece | Awaitable[Piece | None] | Iterator[Piece] | AsyncIterator[Piece] | None",
]


def tool_choice(choice: Any, tools: Sequence[Any]) -> Literal["auto", "required"]:
    """What the protocol's ``tool_choice`` means for a `Turn` with these tools on offer.

    Example:
        >>> tool_choice("required", [])
        'auto'
    """
    return "required" if tools and (choice == "required" or isinstance(choice, Mapping)) else "auto"
