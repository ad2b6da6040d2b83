"""What a tool is to be called with, from its signature, and held to what can be sent to a service."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from voice_widget.errors import SettingError, reason

_INFINITE = {math.inf: "infinity", -math.inf: "minus infinity"}


class Taken(NamedTuple):
    """What a function takes.

    Attributes:
        model: Holds a model's arguments to the annotations, under names of ours.
        names: The parameters' names, by ours.
        schema: The JSON schema for the service.
    """

    model: Any
    names: dict[str, str]
    schema: dict[str, Any]


def taken_by(function: Callable[..., Any], name: str, told_of: Mapping[str, str]) -> Taken:
    """What a function takes, from its signature.

    Args:
        function: The function.
        name: The tool's.
        told_of: What its docstring says of each parameter.

    Raises:
        SettingError: It cannot be described.
    """
    try:
        signature = inspect.signature(function, eval_str=True)
        if next(iter(signature.parameters), "") == "self" and _in_class(function):
            raise SettingError(
                f"The tool {name} is a method without its object.",
                next_step="Give the method of an object, as tools=[my_object.look_up].",
            )
        for parameter in signature.parameters.values():
            _check_kind(name, parameter)
        model = _model(name, signature, told_of)
        # Through JSON: types may describe themselves, and the loop thread sends it.
        schema = json.loads(json.dumps(_schema_of(model)))
    except SettingError:
        raise
    except Exception as error:  # annotations and defaults are the user's, and types describe themselves
        raise SettingError(
            f"The tool {name} cannot be described: {reason(error)}.",
            next_step="Annotate its parameters with types that JSON knows.",
        ) from error
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
    names = {f"argument_{n}": each for n, each in enumerate(signature.parameters)}
    return Taken(model, names, {"required": [], **schema})


def sendable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's description as it can be sent; a default that JSON has no number for is told in words.

    Args:
        spec: ``name``, ``description`` and ``parameters``, of plain values; it is not changed.

    Raises:
        SettingError: Something else in it cannot be sent.

    Example:
        >>> limit = {"type": "number", "default": float("inf")}
        >>> told = sendable({"name": "find", "parameters": {"properties": {"limit": limit}}})
        >>> told["parameters"]["properties"]["limit"]
        {'type': 'number', 'description': 'By default infinity.'}
    """
    told: dict[str, Any] = _worded(spec)
    properties = told.get("parameters", {}).get("properties")
    for parameter, schema in (properties if isinstance(properties, dict) else {}).items():
        _check_sendable(told["name"], f"its parameter {parameter}", {parameter: schema})
    _check_sendable(told["name"], "its description", told.get("description"))
    _check_sendable(told["name"], "what describes its parameters", told)
    return told


def _in_class(function: Callable[..., Any]) -> bool:
    around = str(getattr(function, "__qualname__", "")).rpartition(".")[0]
    return bool(around) and not around.endswith("<locals>")


def _check_kind(name: str, parameter: inspect.Parameter) -> None:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise SettingError(
            f"The tool {name} has the parameter {parameter.name}, which cannot be given by name.",
            next_step="Use plain named parameters.",
        )


def _model(name: str, signature: inspect.Signature, told_of: Mapping[str, str]) -> Any:
    from pydantic import ConfigDict, Field, create_model
    from pydantic.fields import FieldInfo
    from pydantic_core import PydanticUndefined

    fields: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        kind = Any if parameter.annotation is parameter.empty else parameter.annotation
        default = PydanticUndefined if parameter.default is parameter.empty else parameter.default
        # Under a name of ours: a parameter may have one that pydantic's models have, as `copy`.
        told: dict[str, Any] = {"alias": parameter.name}
        if parameter.name in told_of:
            told["description"] = told_of[parameter.name]
        if isinstance(default, FieldInfo):
            kind, default = Annotated[kind, default], PydanticUndefined
        if default is not PydanticUndefined:
            told["default"] = default
        fields[f"argument_{len(fields)}"] = (kind, Field(**told))
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _schema_of(model: Any) -> Any:
    from pydantic.json_schema import GenerateJsonSchema

    class Quiet(GenerateJsonSchema):
        """A default that is no JSON is left out without a word in the user's cell: the function has it."""

        ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic has it

    return model.model_json_schema(schema_generator=Quiet)


def _worded(value: Any) -> Any:
    """The same, with defaults that JSON cannot hold in words."""
    if isinstance(value, list | tuple):
        return [_worded(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    told = {name: _worded(item) for name, item in value.items()}
    properties = told.get("properties")
    for field in properties.values() if isinstance(properties, dict) else ():
        if isinstance(field, dict) and any(map(_is_no_number, _inside(field.get("default")))):
            words = f"By default {_said(field.pop('default'))}."
            known = field.get("description")
            field["description"] = f"{known} {words}" if isinstance(known, str) and known else words
    return told


def _said(default: Any) -> str:
    if isinstance(default, float):
        return _INFINITE.get(default, "not a number")
    return json.dumps(default)


def _inside(value: Any) -> Iterator[Any]:
    """All that stands in it and is neither a list nor a dict, the names too."""
    if isinstance(value, Mapping):
        yield from value
        for item in value.values():
            yield from _inside(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _inside(item)
    else:
        yield value


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _check_sendable(name: str, what: str, value: Any) -> None:
    for each in _inside(value):
        if _is_no_number(each):
            raise SettingError(
                f"The tool {name} cannot be described: {what} has {each} in it, and JSON has no such number.",
                next_step="Take it out of the annotation.",
            )
        if isinstance(each, str) and not each.isascii():
            try:
                each.encode()
            except UnicodeEncodeError as error:
                raise SettingError(
                    f"The tool {name} cannot be described: {what} has a character in it that is only half "
                    f"of one, {each[error.start : error.end]!r}.",
                    next_step="Write the whole character, or leave it out.",
                ) from None
