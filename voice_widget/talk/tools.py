"""``tools=``: Python functions that an agent may call, described and run."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Any

from voice_widget.errors import AgentError, SettingError, reason
from voice_widget.threads.work import Work, name_of, told

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Tool:
    """One function with its description for the model.

    The name is the function's, the description its docstring up to ``Args:``, the parameters come from the
    annotations and from the lines under ``Args:``.

    Example:
        >>> def add(a: int, b: int = 1) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> Tool(add).spec["parameters"]["required"]
        ['a']
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        from pydantic import ConfigDict, Field, create_model

        if not callable(function):
            raise SettingError(
                f"A tool is a function, not a {type(function).__name__}.",
                next_step="Give tools=[my_function].",
            )
        self.function = function
        name = getattr(function, "__name__", type(function).__name__)
        matched = _NAME.fullmatch(name)
        if matched is None:
            raise SettingError(f"{name!r} cannot be the name of a tool.", next_step="Use a def with a name.")
        self.name = matched[0]
        text = inspect.getdoc(function) or ""
        about = _about_arguments(text)
        fields: dict[str, Any] = {}
        try:
            signature = inspect.signature(function, eval_str=True)
            for parameter in signature.parameters.values():
                if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                    raise SettingError(
                        f"The tool {self.name} has the parameter {parameter.name}, "
                        "which cannot be given by name.",
                        next_step="Use plain named parameters.",
                    )
                kind = Any if parameter.annotation is parameter.empty else parameter.annotation
                default = ... if parameter.default is parameter.empty else parameter.default
                fields[parameter.name] = (kind, Field(default, description=about.get(parameter.name)))
            self._model = create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)
            # Through JSON: types may describe themselves, and the loop thread sends it.
            schema = json.loads(json.dumps(self._model.model_json_schema()))
        except SettingError:
            raise
        except Exception as error:  # annotations and defaults are the user's, and types describe themselves
            raise SettingError(
                f"The tool {self.name} cannot be described: {reason(error)}.",
                next_step="Annotate its parameters with types that JSON knows.",
            ) from error
        schema.pop("title", None)
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
        self.spec: dict[str, Any] = {
            "type": "function",
            "name": self.name,
            "description": re.split(r"\n\s*(?:Args|Arguments|Returns|Raises|Example)s?:", text)[0].strip(),
            "parameters": {"required": [], **schema},
        }

    def arguments(self, text: str) -> dict[str, Any]:
        """The arguments that a model sent, checked and converted, maybe by the user's types.

        Raises:
            ValueError: The model's mistake.
        """
        try:
            value = json.loads(text or "{}")
        except ValueError as error:
            raise ValueError(f"The arguments are not JSON: {error}") from None
        checked = self._model.model_validate(value)
        return {name: getattr(checked, name) for name in self._model.model_fields}


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


def _about_arguments(text: str) -> dict[str, str]:
    """The lines under ``Args:`` of a Google docstring."""
    section = re.search(r"^\s*Arg(?:ument)?s:\s*\n((?:[ \t]+.*\n?|\s*\n)+)", text, re.MULTILINE)
    found: dict[str, str] = {}
    if section:
        for match in re.finditer(r"^[ \t]+\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.+)$", section[1], re.MULTILINE):
            found[match[1]] = match[2].strip()
    return found
