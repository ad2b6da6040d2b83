"""One Python function that an agent may call, as it describes itself to the model."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from voice_widget.errors import SettingError, reason

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


def _about_arguments(text: str) -> dict[str, str]:
    """The lines under ``Args:`` of a Google docstring."""
    section = re.search(r"^\s*Arg(?:ument)?s:\s*\n((?:[ \t]+.*\n?|\s*\n)+)", text, re.MULTILINE)
    found: dict[str, str] = {}
    if section:
        for match in re.finditer(r"^[ \t]+\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.+)$", section[1], re.MULTILINE):
            found[match[1]] = match[2].strip()
    return found
