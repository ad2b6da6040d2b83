"""The tools of a turn: which one an utterance names, what it needs, and what it returned in words. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice_widget.agents import Hints
from voice_widget.agents.assistant.language import numbers
from voice_widget.agents.assistant.language.words import STOPWORDS, split, stem

Tool = Mapping[str, Any]

# Words of tools' names that say that something is done, not what.
_GENERIC = frozenset(
    str.split(
        "lookup look fetch query call run make create set update check return compute calculate current list "
        "retrieve perform execute function tool api by up do use uses used given new name value info"
    )
)
_MOST_HINTS = 300
_DATES = frozenset(("date", "day", "when", "datetime"))


@dataclass(frozen=True)
class Parameter:
    """One field of a tool's parameters."""

    name: str
    schema: Mapping[str, Any]

    @property
    def spoken(self) -> str:
        """Its name as words."""
        return " ".join(split(self.name)) or self.name

    @property
    def kind(self) -> str:
        """What fills it: a ``choice``, ``date``, ``text`` or what JSON schema calls its type."""
        kind = self.schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), None)
        if isinstance(self.schema.get("enum"), list) or "const" in self.schema:
            return "choice"
        if kind in ("integer", "number", "boolean", "array", "object"):
            return str(kind)
        if self.schema.get("format") in ("date", "date-time") or _DATES & set(split(self.name)):
            return "date"
        return "text"


def spoken_name(name: str) -> str:
    """A tool's name as words.

    Example:
        >>> spoken_name("get_weather"), spoken_name("rollDice")
        ('get weather', 'roll dice')
    """
    return " ".join(split(name)) or name


def choose(text: str, tools: Sequence[Tool]) -> Tool | None:
    """The tool that an utterance names: by its name, or by what its description says.

    Example:
        >>> tools = [{"name": "get_weather", "description": "The weather of a city."}, {"name": "roll_dice"}]
        >>> choose("will it be nice weather in Paris", tools)["name"]
        'get_weather'
        >>> choose("good morning", tools)
    """
    said = {stem(word) for word in split(text)}
    best: tuple[float, Tool | None] = (0.0, None)
    for tool in tools:
        score = _score(text, said, tool)
        if score > best[0]:
            best = score, tool
    return best[1]


def _score(text: str, said: set[str], tool: Tool) -> float:
    name = str(tool.get("name") or "")
    if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) and ("_" in name or len(split(name)) > 1):
        return 10.0
    parts = split(name)
    if len(parts) > 1 and f" {' '.join(parts)} " in f" {' '.join(split(text))} ":
        # Said to the letter; of two such names the longer one holds the other.
        return 6.0 + min(len(parts), 30) / 10
    words = _significant(name)
    about = _significant(str(tool.get("description") or "")) - words
    hits, more = len(words & said), len(about & said)
    share = hits / len(words) if words else 0.0
    if share > 0.5 or (hits and more) or more >= 2:
        return 3 * share + min(more, 3)
    return 0.0


def _significant(text: str) -> set[str]:
    words = {stem(word) for word in split(text) if word not in STOPWORDS and not word.isdigit()}
    return (words - _GENERIC) or words


def hints(tools: Sequence[Tool]) -> Hints:
    """What people say to have these tools called, for the recogniser.

    Example:
        >>> hints([{"name": "get_weather", "description": "The weather of a city."}]).phrases[:2]
        ('get weather', 'what is the weather')
    """
    phrases: dict[str, None] = {}
    words: dict[str, None] = {}
    for tool in tools:
        name = spoken_name(str(tool.get("name") or ""))
        if not name:
            continue
        about = " ".join(w for w in split(name) if stem(w) in _significant(name)) or name
        fields = parameters(tool)
        options = [str(o) for field in fields for o in field.schema.get("enum") or () if isinstance(o, str)]
        for phrase in (name, f"what is the {about}", f"the {about} please", f"call {name}"):
            phrases[phrase] = None
            phrases.update(
                (f"{phrase} {before} {option}", None) for option in options for before in ("in", "for")
            )
        phrases.update(
            (" ".join(split(text)), None) for text in str(tool.get("description") or "").split(".")
        )
        words.update((" ".join(split(text)), None) for text in (*options, *(f.spoken for f in fields)))
        if any(field.kind in ("integer", "number") for field in fields):
            # The number stands where "roll dice" becomes "roll two dice", or at the end.
            first, _, rest = name.rpartition(" ")
            for number in map(numbers.spell, range(1, 13)):
                phrases[f"{name} {number}"] = phrases[f"{first} {number} {rest}".strip()] = None
    found = [phrase for phrase in phrases if phrase.strip()][:_MOST_HINTS]
    return Hints(tuple(found), tuple(word for word in words if word)[:_MOST_HINTS])


def required(tool: Tool) -> list[Parameter]:
    """The parameters that a call needs, in order."""
    known = {parameter.name: parameter for parameter in parameters(tool)}
    names = _schema(tool).get("required")
    return [known.get(str(n), Parameter(str(n), {})) for n in names] if isinstance(names, list) else []


def parameters(tool: Tool) -> list[Parameter]:
    """All parameters of a tool."""
    schema = _schema(tool)
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return []
    return [Parameter(str(name), _plain(field, schema)) for name, field in properties.items()]


def _schema(tool: Tool) -> Mapping[str, Any]:
    schema = tool.get("parameters")
    return schema if isinstance(schema, Mapping) else {}


def _plain(field: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field's schema with references followed, and of alternatives the first that is not null."""
    for _ in range(8):
        if not isinstance(field, Mapping):
            return {}
        if isinstance(reference := field.get("$ref"), str):
            found: Any = root
            for part in reference.removeprefix("#/").split("/"):
                found = found.get(part) if isinstance(found, Mapping) else None
            field = found
            continue
        options = field.get("anyOf") or field.get("oneOf") or field.get("allOf")
        if not isinstance(options, list) or not options:
            break
        field = next((o for o in options if isinstance(o, Mapping) and o.get("type") != "null"), {})
    return field if isinstance(field, Mapping) else {}


def outcome(output: str, most: int = 400) -> tuple[bool, str]:
    """Whether a tool failed, and its output as it can be said.

    Example:
        >>> outcome('{"city": "Paris", "wind": {"speed_kmh": 12.5}, "rain": false}')
        (False, 'city: Paris, wind speed kmh: 12.5, rain: no')
        >>> outcome('{"error": "no such city"}')
        (True, 'no such city')
    """
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        value = output
    failed = isinstance(value, dict) and set(value) == {"error"}
    text = " ".join(_flat(value["error"] if failed else value).split())
    return failed, text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " and so on"


def _flat(value: Any, path: str = "") -> str:
    if isinstance(value, Mapping):
        inner = [_flat(v, f"{path} {spoken_name(str(k))}".strip()) for k, v in value.items()]
        return ", ".join(filter(None, inner)) or _named(path, "nothing")
    if isinstance(value, list):
        if any(isinstance(item, Mapping | list) for item in value):
            return "; ".join(filter(None, (_flat(item, path) for item in value)))
        return _named(
            path, " and ".join(filter(None, [", ".join(map(_flat, value[:-1])), *map(_flat, value[-1:])]))
        )
    if value is None:
        return _named(path, "nothing")
    if isinstance(value, bool):
        return _named(path, "yes" if value else "no")
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        value = int(value)
    return _named(path, str(value))


def _named(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text
