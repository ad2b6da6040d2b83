"""``tools=``: Python functions that an agent may call, described and run."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Any

from voice_widget.errors import SettingError
from voice_widget.loop import Work, name_of, told

LOG = logging.getLogger("voice_widget")
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
        from pydantic import ConfigDict, Field, PydanticUserError, create_model

        if not callable(function):
            raise SettingError(
                f"A tool is a function, not a {type(function).__name__}.",
                next_step="Give tools=[my_function].",
            )
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        if not _NAME.fullmatch(self.name):
            raise SettingError(
                f"{self.name!r} cannot be the name of a tool.", next_step="Use a def with a name."
            )
        text = inspect.getdoc(function) or ""
        about = _about_arguments(text)
        fields: dict[str, Any] = {}
        try:
            signature = inspect.signature(function, eval_str=True)
            for parameter in signature.parameters.values():
                if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                    raise SettingError(
                        f"The tool {self.name} has the parameter {parameter}, which cannot be given by name.",
                        next_step="Use plain named parameters.",
                    )
                kind = Any if parameter.annotation is parameter.empty else parameter.annotation
                default = ... if parameter.default is parameter.empty else parameter.default
                fields[parameter.name] = (kind, Field(default, description=about.get(parameter.name)))
            self._model = create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)
            schema = self._model.model_json_schema()
        except (NameError, TypeError, ValueError, PydanticUserError) as error:
            if isinstance(error, SettingError):
                raise
            raise SettingError(
                f"The tool {self.name} cannot be described: {error}.",
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
        """The arguments that a model sent, checked and converted. Raises ValueError with its mistake."""
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

    def __init__(self, functions: Iterable[Callable[..., Any]] | None) -> None:
        self._tools: dict[str, Tool] = {}
        for function in functions or ():
            tool = function if isinstance(function, Tool) else Tool(function)
            if tool.name in self._tools:
                raise SettingError(f"Two tools have the name {tool.name!r}.", next_step="Rename one of them.")
            self._tools[tool.name] = tool

    @property
    def specs(self) -> list[dict[str, Any]]:
        """The tools as the protocol's function tools."""
        return [tool.spec for tool in self._tools.values()]

    async def run(self, name: str, arguments: str, work: Work, cancelled: Event) -> str:
        """Run one on a work thread. What goes wrong is the output too: the model can mend it or say it."""
        tool = self._tools.get(name)
        if tool is None:
            return _failed(f"There is no tool {name!r}; there are {sorted(self._tools)}.")
        try:
            given = tool.arguments(arguments)
        except ValueError as error:
            return _failed(str(error))
        result: Any = None

        def as_text() -> str:
            return result if isinstance(result, str) else json.dumps(result, default=str)

        try:
            stream = work.stream(_Bound(tool.function, given), cancelled=cancelled)
            async with contextlib.aclosing(stream) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    result = piece if result is None else f"{result}{piece}"
        except Exception as error:
            LOG.error("The tool %s failed.", name, exc_info=error)
            return _failed(told(error))
        try:
            # Its parts are the user's objects: their code belongs on a work thread too.
            async with contextlib.aclosing(work.stream(as_text, cancelled=cancelled)) as texts:  # type: ignore[type-var]
                return "".join([text async for text in texts])
        except Exception as error:
            LOG.error("What the tool %s gave cannot be written as JSON: %s", name, told(error))
            return _failed(f"The result cannot be written as JSON: {told(error)}")


class _Bound:
    """The function with its arguments, under its own name in logs."""

    def __init__(self, function: Callable[..., Any], given: Mapping[str, Any]) -> None:
        self._function, self._given = function, given
        self.__qualname__ = name_of(function)

    def __call__(self) -> Any:
        return self._function(**self._given)


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
