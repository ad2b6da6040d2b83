"""From an utterance to the arguments of a tool, without a model. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.language.words import split, stem
from voice_widget.agents.builtin.toolbox import Parameter, Tool, parameters, required

_PREPOSITIONS = "in|for|of|to|named|called|about|at|from|on|with"
_WHERE = re.compile(rf"\b({_PREPOSITIONS})\s+", re.IGNORECASE)
_STOP = re.compile(
    rf"\s+(?:{_PREPOSITIONS}|and then|today|tonight|tomorrow|now|please|right now|is|are|was)\b"
    r"|[?!;]|[.,](?:\s|$)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"\u201c]([^\"\u201c\u201d]+)[\"\u201d]")
_DAY = re.compile(
    r"\b(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|today|tonight|tomorrow|yesterday|"
    r"(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_YES = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False, "not": False}
# Which preposition introduces what, where a tool has more than one text.
_HINTS = {
    "from": "from origin source start sender departure",
    "to": "to destination target recipient end language arrival receiver",
    "in": "city location place country region town language area where",
    "at": "city location place address time where",
    "for": "for city location person customer topic",
    "of": "of city location country subject",
    "about": "about topic subject query question",
    "named": "name title",
    "called": "name title",
    "with": "with person guest",
    "on": "topic subject",
}


def fill(text: str, tool: Tool) -> tuple[dict[str, Any], list[Parameter]]:
    """The arguments that an utterance gives, and the required parameters that it does not.

    A JSON object in the text is taken as the arguments.

    Example:
        >>> schema = {"properties": {"city": {"type": "string"}}, "required": ["city"]}
        >>> fill("what is the weather in Paris?", {"name": "get_weather", "parameters": schema})
        ({'city': 'Paris'}, [])
    """
    needed = required(tool)
    if (given := _literal(text)) is not None:
        return given, [parameter for parameter in needed if parameter.name not in given]
    heard = _Heard(text, tool)
    found: dict[str, Any] = {}
    # What can be told by its kind goes first, so that free text gets what is left.
    for parameter in sorted(parameters(tool), key=lambda p: p.kind == "text"):
        must = any(parameter.name == other.name for other in needed)
        value = heard.value(parameter, must=must)
        if value is not None:
            found[parameter.name] = value
        elif must and "default" in parameter.schema:
            found[parameter.name] = parameter.schema["default"]
    return found, [parameter for parameter in needed if parameter.name not in found]


def answer(text: str, parameter: Parameter) -> Any:
    """What an utterance says that answers the question for this one parameter; None if nothing does."""
    heard = _Heard(text, {})
    value = heard.value(parameter, must=True)
    if value is None and parameter.kind == "text":
        value = text.strip().rstrip(".?!").strip() or None
    return value


class _Heard:
    """An utterance whose pieces are given out one by one."""

    def __init__(self, text: str, tool: Tool) -> None:
        self.text = text
        self.words = split(text)
        self._numbers = [found.value for found in numbers.find(self.words)]
        self._quoted = [match[1].strip() for match in _QUOTED.finditer(text)]
        self._phrases = [(match[1].lower(), _phrase(text[match.end() :])) for match in _WHERE.finditer(text)]
        self._phrases = [(word, phrase) for word, phrase in self._phrases if phrase]
        self._rest = _after_name(text, tool)

    def value(self, parameter: Parameter, *, must: bool) -> Any:
        """What the utterance has for a parameter. Free text is only looked for where it must be there."""
        schema = parameter.schema
        match parameter.kind:
            case "choice":
                options = schema["enum"] if isinstance(schema.get("enum"), list) else [schema.get("const")]
                found = self._choices(options)
                return found[0] if found else options[0] if must and len(options) == 1 else None
            case "integer":
                return self._number(whole=True) if must else None
            case "number":
                return self._number(whole=False) if must else None
            case "boolean":
                return next((_YES[word] for word in self.words if word in _YES), None) if must else None
            case "date":
                if day := _DAY.search(self.text):
                    self._drop(day[1])
                    return day[1]
                return self._phrase(parameter) if must else None
            case "array":
                return self._several(schema.get("items")) if must else None
            case "object":
                return self._object(schema) if must else None
        return self._phrase(parameter) if must else None

    def _choices(self, options: Sequence[Any]) -> list[Any]:
        said = f" {' '.join(map(stem, self.words))} "
        found = []
        for option in sorted(options, key=lambda o: -len(str(o))):
            if isinstance(option, int | float) and not isinstance(option, bool):
                hit = option in self._numbers
            else:
                spoken = " ".join(map(stem, split(str(option))))
                hit = bool(spoken) and f" {spoken} " in said
            if hit:
                found.append(option)
        return found

    def _in_order(self, options: Sequence[Any]) -> list[Any]:
        """The choices as they were said one after the other."""
        said = f" {' '.join(map(stem, self.words))} "
        return sorted(
            self._choices(options), key=lambda o: said.find(f" {' '.join(map(stem, split(str(o))))} ")
        )

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the fields inside take; all that must be there is, or nothing."""
        if (given := _literal(self.text)) is not None:
            return given
        inner = {"parameters": schema}
        needed = {parameter.name for parameter in required(inner)}
        found: dict[str, Any] = {}
        for parameter in sorted(parameters(inner), key=lambda p: p.kind == "text"):
            value = self.value(parameter, must=parameter.name in needed)
            if value is not None:
                found[parameter.name] = value
        return found if found and needed <= set(found) else None

    def _number(self, *, whole: bool) -> Any:
        for value in self._numbers:
            if not whole or value == int(value):
                self._numbers.remove(value)
                return int(value) if value == int(value) else value
        return None

    def _several(self, items: Any) -> list[Any] | None:
        schema = items if isinstance(items, Mapping) else {}
        if isinstance(schema.get("enum"), list):
            return self._in_order(schema["enum"]) or None
        if schema.get("type") in ("integer", "number"):
            whole = schema["type"] == "integer"
            found = list(iter(lambda: self._number(whole=whole), None))
            return found or None
        if schema.get("type") in (None, "string"):
            phrase = self._phrase(Parameter("items", {}))
            parts = re.split(r"\s*,\s*|\s+and\s+", phrase) if phrase else []
            return [part for part in parts if part] or None
        return None

    def _drop(self, used: str) -> None:
        self._phrases = [(word, phrase) for word, phrase in self._phrases if phrase != used]

    def _phrase(self, parameter: Parameter) -> str | None:
        if self._quoted:
            return self._quoted.pop(0)
        named = re.search(
            rf"\b{re.escape(parameter.spoken)}\s+(?:is\s+|named\s+|called\s+)?", self.text, re.I
        )
        found = _phrase(self.text[named.end() :]) if named else ""
        if found and not re.match(rf"(?:{_PREPOSITIONS}|is|are)\b", found, re.IGNORECASE):
            self._drop(found)
            return found
        wanted = set(split(parameter.name))
        for place, (word, phrase) in enumerate(self._phrases):
            if wanted & set(_HINTS.get(word, "").split()):
                del self._phrases[place]
                return phrase
        if self._phrases:
            return self._phrases.pop(0)[1]
        rest, self._rest = self._rest, ""
        return rest or None


def _phrase(text: str) -> str:
    """The words up to the end of what they name."""
    stop = _STOP.search(text)
    phrase = (text[: stop.start()] if stop else text).strip(" .,'\"?!")
    return re.sub(r"^(?:the|a|an|my)\s+", "", phrase, flags=re.IGNORECASE)


def _after_name(text: str, tool: Tool) -> str:
    """What follows the last word of the tool's name: "search cats" looks for cats."""
    words = {stem(word) for word in split(str(tool.get("name") or ""))}
    end = 0
    for match in re.finditer(r"[\w']+", text):
        said = split(match[0])
        if said and all(stem(word) in words for word in said):
            end = match.end()
    return _phrase(text[end:].lstrip(" :,")) if end else ""


def _literal(text: str) -> dict[str, Any] | None:
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text[begin:])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
