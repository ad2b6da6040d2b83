"""One run of a tool, on a work thread: its steps, its end, and what went wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Literal, NamedTuple

from voice_widget.errors import AgentError
from voice_widget.threads.work import Work, WorkFailed, name_of, told, traceback_of
from voice_widget.tools.bounded import MOST_ITEMS, counted, first_of
from voice_widget.tools.function_tools import Told
from voice_widget.tools.hosted_mcp import HostedTool
from voice_widget.tools.outputs import Output, failed, output_of
from voice_widget.tools.tool import Tool

MOST_WORDS, MOST_TRACED = 2_000, 8_000
"""So many characters of an error, and so many of the end of its traceback, are kept."""
PREDICATE_S = 5.0
"""So long may be thought about whether somebody is to be asked."""


@dataclass(frozen=True)
class Ended:
    """How a run has ended.

    Attributes:
        status: As in ``tool_calls_df``.
        output: What it gave; where it failed, what the model is told of that.
        error: What went wrong.
        traceback: Where, if the tool raised.
    """

    status: Literal["completed", "failed", "cancelled", "rejected"]
    output: Output
    error: str | None = None
    traceback: str | None = None


def failure(message: str, traceback: str | None = None) -> Ended:
    """The end of a run that failed. It is an output too: the model can mend it, or say it."""
    message = message if len(message) <= MOST_WORDS else f"{message[:MOST_WORDS]}…"
    return Ended("failed", Output(failed(message)), message, (traceback or "")[-MOST_TRACED:] or None)


def cancelled(name: str, why: str = "the user interrupted") -> Ended:
    """The end of a run that nobody wants any more."""
    message = f"{name} was cancelled: {why}."
    return Ended("cancelled", Output(failed(message)), message)


def given_up(name: str, timeout_s: float | None) -> Ended:
    """The end of a run that gave nothing for so many seconds."""
    return failure(f"{name} gave nothing for {timeout_s:g} s, and was given up.")


def started(tool: Tool, *, waits: bool) -> str:
    """What the model is told of a tool that runs beside the talk; ``waits``: somebody has to allow it."""
    how = "waits for the user's leave to run" if waits else "was started"
    return f"{tool.name} {how}. What it gives comes by itself, later; do not call it again for that."


def rejected(tool: Tool | HostedTool, reason: str) -> Ended:
    """The end of what was not allowed."""
    message = f"{tool.name} was not approved{f': {reason}' if reason else ''}."
    return Ended("rejected", Output(failed(message)), message)


async def asks(tool: Tool, arguments: str, work: Work) -> bool | Ended:
    """Whether somebody has to allow it first; or how it ended, for with such arguments it cannot run."""
    found: bool | Ended = True
    try:
        async with (
            asyncio.timeout(PREDICATE_S),
            contextlib.aclosing(
                work.stream(_asks, tool, arguments, cancelled=Event(), convert=bool)
            ) as answers,  # type: ignore[type-var]
        ):
            async for answer in answers:
                found = answer
    except (TimeoutError, WorkFailed):
        return True  # in doubt it is not run
    except AgentError as error:
        return failure(error.message)
    return found


async def run(
    tool: Tool, arguments: str, work: Work, cancelled: Event, progress: Callable[[Output], None]
) -> Ended:
    """Run a tool with what a model wrote. Whatever goes wrong with it is how it ended, too.

    What a generator function yields is progress. It has given what it returns or, if that is nothing, what it
    yielded last. An iterator that a function returns is a list for who called it.

    Args:
        tool: The tool.
        arguments: As the model wrote them.
        work: Where it runs.
        cancelled: Set when nobody wants its result any more.
        progress: Gets what a generator yields, on the loop thread.
    """
    stream = work.stream(_Bound(tool, arguments), cancelled=cancelled, convert=_crossing)
    output, fault = Output("null"), None
    try:
        async with contextlib.aclosing(stream) as pieces:  # type: ignore[type-var]
            while True:
                async with asyncio.timeout(tool.timeout_s):
                    piece = await anext(pieces, None)
                if piece is None:
                    return Ended("completed", output) if fault is None else replace(fault, output=output)
                output, fault = piece.output, piece.fault
                if not piece.last:
                    progress(output)
                    output = replace(output, show=None, within=())  # it was shown
    except TimeoutError:
        return given_up(tool.name, tool.timeout_s)
    except WorkFailed as error:
        return failure(error.message, error.traceback)
    except AgentError as error:
        return failure(error.message)


def _asks(tool: Tool, arguments: str) -> Any:
    given = _checked(tool, arguments)
    return tool.needs_approval(given) if callable(tool.needs_approval) else tool.needs_approval


def _checked(tool: Tool, arguments: str) -> dict[str, Any]:
    try:
        return tool.arguments(arguments)
    except ValueError as error:
        raise AgentError(str(error)) from None  # the model's mistake: nothing for the log


class _Piece(NamedTuple):
    output: Output
    last: bool
    fault: Ended | None = None


class _Given(NamedTuple):
    """What a tool yields or, ``last``, returns, before it may leave its thread."""

    value: Any
    last: bool


class _Bound:
    """A call of the tool as the model wrote it, under the function's name in logs."""

    def __init__(self, tool: Tool, arguments: str) -> None:
        self._tool, self._arguments = tool, arguments
        self.__qualname__ = name_of(tool.function)

    def __call__(self) -> Iterator[_Given] | AsyncIterator[_Given]:
        return _steps(self._tool.function(**_checked(self._tool, self._arguments)))


def _steps(result: Any) -> Iterator[_Given] | AsyncIterator[_Given]:
    if inspect.isawaitable(result) or isinstance(result, AsyncIterator):
        return _awaited(result)
    return _iterated(result) if _is_progress(result) else _returned(result)


def _is_progress(result: Any) -> bool:
    """A generator function's: any other iterator, as a ``map``, is what was given."""
    return inspect.isgenerator(result) and result.gi_code.co_name != "<genexpr>"


def _returned(result: Any) -> Iterator[_Given]:
    yield _Given(first_of(result) if isinstance(result, Iterator) else result, last=True)


def _iterated(steps: Iterator[Any]) -> Iterator[_Given]:
    try:
        while True:
            try:
                value = next(steps)
            except StopIteration as end:
                if end.value is not None:
                    yield _Given(end.value, last=True)
                return
            yield _Given(value, last=False)
    finally:
        if hasattr(steps, "close"):
            steps.close()


async def _awaited(given: Awaitable[Any] | AsyncIterator[Any]) -> AsyncIterator[_Given]:
    result: Any = await given if inspect.isawaitable(given) else given
    if not isinstance(result, AsyncIterator):
        for step in _iterated(result) if _is_progress(result) else _returned(result):
            yield step
        return
    is_progress = inspect.isasyncgen(result) and result.ag_code.co_name != "<genexpr>"
    collected: list[Any] = []
    try:
        async for value in result:
            if is_progress:
                yield _Given(value, last=False)
            elif len(collected) > MOST_ITEMS:
                break
            else:
                collected.append(value)
    finally:
        if hasattr(result, "aclose"):
            await result.aclose()
    if not is_progress:
        yield _Given(counted(collected), last=True)


def _crossing(given: _Given) -> _Piece:
    try:
        if isinstance(given.value, Told):
            error = given.value.error
            fault = failure(told(error), traceback_of(error))
            return _Piece(output_of(given.value.given), given.last, fault)
        return _Piece(output_of(given.value), given.last)
    except ValueError as error:
        raise AgentError(str(error)) from None  # it says all there is to know
    except Exception as error:  # a table's own methods may be the user's
        raise AgentError(f"The result cannot be read: {told(error)}.") from error
