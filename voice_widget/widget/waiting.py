"""Waiting for what happens: ``await`` it, or ask for its ``.result()`` where that cannot deadlock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from voice_widget.errors import AgentError, ErrorInfo, StateError, VoiceWidgetError, WaitError
from voice_widget.realtime.state.records import ConnectionState, Row, Side
from voice_widget.talk.run import closed
from voice_widget.threads.loop import on_main_thread, own_thread
from voice_widget.threads.one_thread import IN_BROWSER, in_cell

T = TypeVar("T")
WITHOUT_PAGE_S = 5.0
JUST_S = 2.0  # an agent may raise before whoever has asked begins to wait for the answer


def in_vain(what: str) -> WaitError:
    """The error for a cell of the browser's Python that waits for what comes between cells alone."""
    return WaitError(
        f"Python in the browser hears the page between cells alone: one that waits for {what} waits in vain.",
        next_step="Ask in a later cell, or await it in a task beside the cells.",
    )


class Waiting(Generic[T]):
    """Something that will happen. Nothing about it needs the main thread, so a cell may block on it.

    Args:
        future: What happens, from any thread.
        what: What is waited for, for the messages: ``the next turn``.
        blocked: Says why a cell that blocks here would wait for itself; None when it would not.

    Example:
        >>> await w.until("connected")  # doctest: +SKIP
        >>> row = w.next_turn().result(timeout=30)  # doctest: +SKIP
    """

    def __init__(
        self, future: Future[T], what: str, blocked: Callable[[], str | None] = lambda: None
    ) -> None:
        self._future, self._what, self._blocked = future, what, blocked

    def __await__(self) -> Generator[Any, None, T]:
        # Shielded: who stops waiting does not stop what is waited for.
        happens = asyncio.shield(asyncio.wrap_future(self._future))
        return (self._briefly(happens) if in_cell() else happens).__await__()

    def __repr__(self) -> str:
        return f"<waiting for {self._what}: {'done' if self._future.done() else 'not yet'}>"

    def done(self) -> bool:
        """Has it happened, or failed?"""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """Block until it has happened.

        Raises:
            WaitError: Blocking here could only deadlock.
            TimeoutError: It did not happen in ``timeout`` seconds.
        """
        if not self._future.done():
            self._refuse_deadlock()
        try:
            return self._future.result(timeout)
        except TimeoutError:
            if self._future.done():  # it failed with a TimeoutError of its own
                raise
            raise TimeoutError(f"Waited {timeout:g} s for {self._what} in vain.") from None

    async def _briefly(self, happens: asyncio.Future[T]) -> T:
        """Wait in a cell that keeps pages from being heard: what needs none of them happens soon."""
        try:
            async with asyncio.timeout(WITHOUT_PAGE_S):
                return await happens
        except TimeoutError:
            if self._future.done():
                raise
        raise in_vain(self._what)

    def _refuse_deadlock(self) -> None:
        if IN_BROWSER:
            raise in_vain(self._what)
        thread = own_thread()
        if thread:
            raise WaitError(
                f"Waiting for {self._what} on the thread {thread!r} would stop what has to happen first.",
                next_step="Return from here and wait in a cell, or await it there.",
            )
        why = self._blocked() if on_main_thread() else None
        if why:
            raise WaitError(
                f"{why}, so a cell that blocks for {self._what} would wait for itself.",
                next_step="Use `await` instead of `.result()`, or ask for the result in a later cell.",
            )


class Waiters:
    """Who waits for a state or a turn. All on the publisher's thread but the making.

    Who begins to wait after a call has failed is told why at once, until another call begins.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: list[tuple[str, Future[None]]] = []
        self._turns: list[tuple[Side | None, Future[Row]]] = []
        self._failed: tuple[ErrorInfo, float] | None = None  # an answer, with nobody who waited for it
        self._now = "disconnected"
        self._reason: ErrorInfo | None = None  # why the call has failed
        self._closed = False

    def state(self, wanted: ConnectionState, future: Future[None]) -> None:
        """Fulfil ``future`` once the state is ``wanted``."""
        if not self._closed and self._now == wanted:
            _fulfil(future, None)
        elif not self._in_vain(future, f"The call failed before it was {wanted}."):
            self._states.append((wanted, future))

    def turn(self, role: Side | None, future: Future[Row]) -> None:
        """Fulfil ``future`` with the next finished turn (of that side)."""
        if self._in_vain(future, "The call failed before the next turn."):
            return
        self._turns.append((role, future))
        if self._failed is not None and role != "user":
            error, at = self._failed
            self._failed = None
            if self._clock() - at < JUST_S:
                self.answer_failed(error)

    def _in_vain(self, future: Future[Any], otherwise: str) -> bool:
        if self._closed:
            _fail(future, closed())
        elif self._now == "error":
            _fail(future, _ended(self._reason, otherwise))
        return future.done()

    def state_is(self, state: ConnectionState | str, error: ErrorInfo | None) -> None:
        """The state has changed."""
        self._now, self._reason = state, error if state == "error" else None
        waiting, self._states = self._states, []
        for wanted, future in waiting:
            if wanted == state:
                _fulfil(future, None)
            elif state == "error":
                _fail(future, _ended(error, f"The call failed before it was {wanted}."))
            else:
                self._states.append((wanted, future))
        if state in ("disconnected", "error"):
            self._failed = None
            waiting_turns, self._turns = self._turns, []
            for _, turn in waiting_turns:
                _fail(turn, _ended(self._reason, "The call ended before the next turn."))

    def turn_is(self, row: Row, *, goes_on: bool = False) -> None:
        """A turn is finished. What ``goes_on`` is not yet the assistant's answer."""
        if row["status"] == "failed":
            return  # the reason ends the wait, not the words that came before it
        if not goes_on:
            self._failed = None
        waiting, self._turns = self._turns, []
        for role, future in waiting:
            if role is None or (role == row["role"] and not goes_on):
                _fulfil(future, row)
            else:
                self._turns.append((role, future))

    def answer_failed(self, error: ErrorInfo, *, just: bool = True) -> None:
        """The turn that the assistant was to say will not come; ``just``: also to be told in a moment."""
        self._failed = (error, self._clock()) if just else None
        waiting, self._turns = self._turns, []
        for role, future in waiting:
            if role == "user":
                self._turns.append((role, future))
            else:
                self._failed = None
                _fail(future, _of_agent(error) if error["code"].startswith("agent_") else _ended(error, ""))

    def close(self) -> None:
        """Nothing will happen any more."""
        self._closed = True
        pending: list[Future[Any]] = [pair[1] for pair in self._states] + [pair[1] for pair in self._turns]
        self._states, self._turns = [], []
        for future in pending:
            _fail(future, closed())


def _ended(error: ErrorInfo | None, otherwise: str) -> VoiceWidgetError:
    if error is None:
        return StateError(otherwise, next_step="Call connect() and wait again.")
    return StateError(error["message"], code=error["code"], next_step=error["next_step"])


def _of_agent(error: ErrorInfo) -> AgentError:
    return AgentError(error["message"], code=error["code"], next_step=error["next_step"])


def _fulfil(future: Future[Any], value: Any) -> None:
    if not future.done() and future.set_running_or_notify_cancel():
        future.set_result(value)


def _fail(future: Future[Any], error: Exception) -> None:
    if not future.done() and future.set_running_or_notify_cancel():
        future.set_exception(error)
