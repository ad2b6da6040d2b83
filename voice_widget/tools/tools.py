"""The tools of one widget: found by their names, and run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Any

from voice_widget.errors import AgentError, SettingError
from voice_widget.threads.work import Work, name_of, told
from voice_widget.tools.tool import Tool


class Tools:
    """All tools of a widget.

    Raises:
        SettingError: Something is no function, cannot be described, or two have the same name.
    """

    def __init__(self, functions: Iterable[Callable[..., Any] | Tool] | None) -> None:
        self._tools: dict[str, Tool] = {}
        self._added: dict[str, Tool] = {}  # later, and maybe in place of others
        for function in functions or ():
            tool = function if isinstance(function, Tool) else Tool(function)
            if tool.name in self._tools:
                raise SettingError(f"Two tools have the name {tool.name!r}.", next_step="Rename one of them.")
            self._tools[tool.name] = tool

    @property
    def specs(self) -> list[dict[str, Any]]:
        """The tools as the protocol's function tools."""
        return [tool.spec for tool in self._tools.values()]

    def described(self, tools: Any) -> Any:
        """Tools as the protocol has them; the functions among them can be run from now on.

        Raises:
            SettingError: A function cannot be described, or one has the name of a tool that is there always.
        """
        if not isinstance(tools, (list, tuple)):
            return tools
        described = [
            Tool(tool) if callable(tool) and not isinstance(tool, Mapping) else tool for tool in tools
        ]
        added = [tool for tool in described if isinstance(tool, Tool)]
        for tool in added:
            if tool.name in self._tools:
                raise SettingError(
                    f"The widget has a tool {tool.name!r} already.", next_step="Give this one another name."
                )
        self._added |= Tools(added)._tools  # which refuses two of the same name
        return [tool.spec if isinstance(tool, Tool) else tool for tool in described]

    def apart(self, tools: Iterable[Any]) -> tuple[tuple[Callable[..., Any], ...], tuple[Any, ...]]:
        """Of tools as the protocol has them the functions that are run here, and the others."""
        known = {**self._tools, **self._added}
        asked = dict.fromkeys((*self._tools, *(tool.get("name") for tool in tools)))
        functions = tuple(known[name].function for name in asked if name in known)
        return functions, tuple(tool for tool in tools if tool.get("name") not in known)

    def __contains__(self, name: str) -> bool:
        return name in self._tools or name in self._added

    async def run(self, name: str, arguments: str, work: Work, cancelled: Event) -> str:
        """Run one on a work thread. What goes wrong is the output too: the model can mend it or say it."""
        tool = self._tools.get(name) or self._added.get(name)
        if tool is None:
            return _failed(f"There is no tool {name!r}; there are {sorted({*self._tools, *self._added})}.")
        stream = work.stream(_Bound(tool, arguments), cancelled=cancelled, convert=_text)
        try:
            async with contextlib.aclosing(stream) as texts:  # type: ignore[type-var]
                return "".join([text async for text in texts] or ["null"])
        except AgentError as error:
            return _failed(error.message)


class _Bound:
    """A call of the tool as the model wrote it, under the function's name in logs."""

    def __init__(self, tool: Tool, arguments: str) -> None:
        self._tool, self._arguments = tool, arguments
        self.__qualname__ = name_of(tool.function)

    def __call__(self) -> Any:
        try:
            given = self._tool.arguments(self._arguments)
        except ValueError as error:
            raise AgentError(str(error)) from None  # the model's mistake: nothing for the log
        return self._tool.function(**given)


def _text(piece: Any) -> str:
    if isinstance(piece, str):
        return str.__str__(piece)
    try:
        return json.dumps(piece, default=str)
    except Exception as error:
        raise ValueError(f"The result cannot be written as JSON: {told(error)}") from error


def _failed(message: str) -> str:
    return json.dumps({"error": message})
