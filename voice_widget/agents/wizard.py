"""A person as the agent: someone else types or picks what is said, for Wizard-of-Oz studies."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from voice_widget.agents import Agent, Message, Piece, Remark, Thinking, Turn, Usage
from voice_widget.agents.functions import as_agent
from voice_widget.errors import AgentError, SettingError, StateError, refusing_class, shown
from voice_widget.services.arguments import check_seconds
from voice_widget.threads.work import Work, log_failure

How = Literal["typed", "suggestion", "reply"]
SIGN_S = 5.0
"""So often who waits is told that somebody thinks."""


@dataclass(frozen=True)
class Waits:
    """A question that waits for the person's answer.

    Attributes:
        text: What the participant said.
        history: What was said before, as far as it was heard.
        suggestions: What the other agent suggests, as far as it is there.
        failed: Why it suggests nothing.
        asked_at: Since when, in seconds since the epoch.
        begun: Something was said, and more follows.
        response_id: The answer being made.
    """

    text: str
    history: tuple[Message, ...] = ()
    suggestions: tuple[str, ...] = ()
    failed: str = ""
    asked_at: float = 0.0
    begun: bool = False
    response_id: str = ""


@dataclass(eq=False)
class _Case:
    """One question, and the way back to the thread on which it is answered."""

    waits: Waits
    loop: asyncio.AbstractEventLoop
    since: float
    said: asyncio.Queue[tuple[str, bool]] = field(default_factory=asyncio.Queue)
    used: list[Usage] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)


@refusing_class('Write Wizard(replies=["Yes.", "No."]).')
class Wizard:
    """Lets a person answer: `say` speaks what they type, `pick` one of the suggestions or replies.

    All verbs may be called from any thread, and from other cells while the talk goes on. With each answer
    the events keep how long the person thought, what they chose from, and what they chose.

    Args:
        suggestions: An agent that is asked the same; each line of what it says is one suggestion.
        replies: What is always there to be picked.
        time_limit_s: After so many seconds without a word from the person the answer is given up.
        desk: The panel has a desk at which the person answers. A participant who sees the panel sees it, too.

    Raises:
        SettingError: An argument cannot be.

    Example:
        >>> wizard = Wizard(replies=["Yes.", "Could you say that again?"])
        >>> wizard.choices
        ('Yes.', 'Could you say that again?')
    """

    def __init__(
        self,
        *,
        suggestions: Any = None,
        replies: Iterable[str] = (),
        time_limit_s: float = 60.0,
        desk: bool = False,
    ) -> None:
        if not isinstance(replies, Iterable):
            raise SettingError(
                f"The replies of the wizard are {shown(replies)}, which is no list.",
                next_step="Give a list of sentences as replies.",
            )
        texts = (replies,) if isinstance(replies, str) else tuple(replies)
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise SettingError(
                "A reply of the wizard is no text.", next_step="Give a list of sentences as replies."
            )
        check_seconds("time_limit_s", time_limit_s)
        if not isinstance(desk, bool):
            raise SettingError(f"`desk` is {shown(desk)}.", next_step="Give True or False.")
        self.desk = desk
        self._suggesting: Agent | None = None if suggestions is None else as_agent(suggestions)
        self._replies, self._time_limit_s = texts, float(time_limit_s)
        self._work = Work()
        self._guard = threading.Lock()
        self._cases: list[_Case] = []
        self._listeners: list[Callable[[Waits | None], Any]] = []

    def __repr__(self) -> str:
        return f"<wizard with {len(self._replies)} replies>"

    # --- what the person sees and does ---

    @property
    def waiting(self) -> Waits | None:
        """The question that waits for an answer; None: there is none."""
        with self._guard:
            return self._cases[0].waits if self._cases else None

    @property
    def suggestions(self) -> tuple[str, ...]:
        """What the other agent suggests for the question that waits."""
        waits = self.waiting
        return () if waits is None else waits.suggestions

    @property
    def choices(self) -> tuple[str, ...]:
        """What `pick` counts: the suggestions, then the replies."""
        return (*self.suggestions, *self._replies)

    def say(self, text: str, *, more: bool = False) -> None:
        """Let the assistant say this in answer to the question that waits.

        Args:
            text: What is spoken.
            more: Another sentence follows: the answer is not at its end.

        Raises:
            SettingError: There is no word in it.
            StateError: No question waits (``nobody_asked``).
        """
        if not isinstance(text, str) or not text.strip():
            raise SettingError("There is no word in this answer.", next_step="Give a sentence to be spoken.")
        self._answer("typed", lambda waits: text, more=more)

    def pick(self, number: int, *, more: bool = False) -> str:
        """Let the assistant say one of the `choices`, counted from 1; gives its text.

        Args:
            number: Which.
            more: Something else follows: the answer is not at its end.

        Raises:
            SettingError: There is no such choice.
            StateError: No question waits (``nobody_asked``).
        """

        def chosen(waits: Waits) -> str:
            choices = (*waits.suggestions, *self._replies)
            if type(number) is not int or not 1 <= number <= len(choices):
                raise SettingError(
                    f"There is no choice {number!r}; there are {len(choices)}.",
                    next_step="Look at wizard.choices; they are counted from 1.",
                )
            return choices[number - 1]

        return self._answer(number, chosen, more=more)

    def done(self) -> None:
        """End the answer that was begun with ``more``.

        Raises:
            StateError: No answer was begun (``nobody_asked``).
        """
        with self._guard:
            case = self._cases[0] if self._cases and self._cases[0].waits.begun else None
            if case is None:
                raise _nobody("No answer is begun.")
            del self._cases[0]
            _put(case, "", False)
        self._changed()

    def on(self, function: Callable[[Waits | None], Any]) -> Callable[[], None]:
        """Call a function whenever a question comes, a suggestion is there, or the question is over.

        Args:
            function: Gets what waits, or None. It runs on a thread of the widget, or of who calls a verb, and
                should not block.

        Returns:
            A function that ends this.
        """
        if not callable(function):
            raise SettingError(
                f"A {type(function).__name__} cannot be called.",
                next_step="Give a function of one argument.",
            )
        self._listeners.append(function)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(function)

        return end

    # --- what the talk sees ---

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        """Answer a turn with what the person says.

        Raises:
            AgentError: They said nothing in time (``agent_late``).
        """
        waits = Waits(turn.text, tuple(turn.history), asked_at=time.time(), response_id=turn.response_id)
        case = _Case(waits, asyncio.get_running_loop(), time.monotonic())
        with self._guard:
            self._cases.append(case)
        self._changed()
        helping = asyncio.ensure_future(self._suggest(case, turn))
        try:
            more = True
            while more:
                end = time.monotonic() + self._time_limit_s
                while (said := await _said(case, end)) is None:
                    if time.monotonic() < end:
                        yield Thinking()
                    elif case.waits.begun:
                        said = "", False
                        break
                    else:
                        for used in case.used:
                            yield used
                        yield self._remark(case)
                        raise _silent(self._time_limit_s)
                text, more = said
                if text:
                    yield f"{text.strip()} "
            yield self._remark(case)
            for used in case.used:
                yield used
        finally:
            self._over(case)
            helping.cancel()
            await asyncio.wait({helping})  # else its end would wait for this thread's next answer

    async def _suggest(self, case: _Case, turn: Turn) -> None:
        if self._suggesting is None:
            return
        told = ""
        try:
            pieces = self._work.stream(self._suggesting, turn, cancelled=threading.Event())
            async with contextlib.aclosing(pieces):  # type: ignore[type-var]
                async for piece in pieces:
                    if isinstance(piece, Usage):
                        case.used.append(piece)
                    elif isinstance(piece, str):
                        told += piece
                        self._suggested(case, told)
        except AgentError as error:
            self._news(case, failed=error.message)

    def _suggested(self, case: _Case, told: str) -> None:
        self._news(case, suggestions=tuple(line.strip() for line in told.splitlines() if line.strip()))

    def _news(self, case: _Case, **fields: Any) -> None:
        with self._guard:
            case.waits = replace(case.waits, **fields)
        self._changed()

    def _answer(self, how: Literal["typed"] | int, text_of: Callable[[Waits], str], *, more: bool) -> str:
        with self._guard:
            if not self._cases:
                raise _nobody("No question waits for the wizard.")
            case = self._cases[0]
            text = text_of(case.waits)
            case.acts.append(self._act(case, how, text))
            case.waits = replace(case.waits, begun=True)
            if not more:
                del self._cases[0]
            _put(case, text, more)
        self._changed()
        return text

    def _act(self, case: _Case, how: Literal["typed"] | int, text: str) -> dict[str, Any]:
        thought_ms = round((time.monotonic() - case.since) * 1000)
        act: dict[str, Any] = {"how": "typed", "text": text, "thought_ms": thought_ms}
        if isinstance(how, int):
            there = len(case.waits.suggestions)
            act["how"] = "suggestion" if how <= there else "reply"
            act["number"] = how
        return act

    def _remark(self, case: _Case) -> Remark:
        waits = case.waits
        details = {"acts": case.acts, "suggestions": list(waits.suggestions), "replies": list(self._replies)}
        return Remark("wizard", details | ({"failed": waits.failed} if waits.failed else {}))

    def _over(self, case: _Case) -> None:
        with self._guard:
            known = case in self._cases
            if known:
                self._cases.remove(case)
        if known:
            self._changed()

    def _changed(self) -> None:
        waits = self.waiting
        for function in tuple(self._listeners):
            try:
                function(waits)
            except Exception as error:
                log_failure("A function given to wizard.on failed.", error)


def _put(case: _Case, text: str, more: bool) -> None:
    with contextlib.suppress(RuntimeError):  # its thread has ended, and nobody waits any more
        case.loop.call_soon_threadsafe(case.said.put_nowait, (text, more))


async def _said(case: _Case, end: float) -> tuple[str, bool] | None:
    """What the person said next; None: nothing for a while, or until the end."""
    try:
        return await asyncio.wait_for(case.said.get(), max(0.0, min(end - time.monotonic(), SIGN_S)))
    except TimeoutError:
        return None


def _silent(seconds: float) -> AgentError:
    # The participant reads it, and does not know of anybody.
    return AgentError(f"No answer came within {seconds:g} s.", code="agent_late", next_step="Ask again.")


def _nobody(message: str) -> StateError:
    return StateError(
        message,
        code="nobody_asked",
        next_step="Wait for a question; the widget's own verb say speaks at any time.",
    )
