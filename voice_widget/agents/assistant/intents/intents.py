"""What an assistant can be asked: functions registered with the phrases that call them.

One registration serves three readers: the recogniser (`hinting`), a chat model (`Intents.tools`) and people
(`Intent.help`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from voice_widget.agents import Turn
from voice_widget.agents.assistant.intents.matching import Heard, Lexicon, Mention, Name, spoken_words
from voice_widget.agents.assistant.intents.phrases import ENOUGH, Match, Phrase, expand, suits
from voice_widget.agents.assistant.intents.slots import Slot, slots_of
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.errors import SettingError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Intent:
    """A function and the phrases that call it."""

    name: str
    function: Callable[..., Any]
    phrases: tuple[Phrase, ...]
    slots: Mapping[str, Slot]
    help: str
    own: bool  # registered by the user
    takes_turn: bool

    def call(self, arguments: Mapping[str, Any], turn: Turn) -> Any:
        """Run the function. Arguments are what slots found, not yet converted."""
        ready = {name: self.slots[name].convert(value) for name, value in arguments.items()}
        return self.function(**ready, turn=turn) if self.takes_turn else self.function(**ready)


@dataclass(frozen=True)
class Understood:
    """An utterance as a call.

    ``open`` is a parameter for which several targets are possible: ask which.
    """

    intent: Intent
    arguments: Mapping[str, Any]
    score: float
    open: tuple[str, tuple[Any, ...]] | None = None


class Intents:
    """Registered functions, in order; those of the user come before ours where both fit."""

    def __init__(self) -> None:
        self.all: list[Intent] = []

    def intent(self, *phrases: str, name: str = "", about: str = "", own: bool = True) -> Callable[[F], F]:
        """Register a function for some phrases.

        Args:
            phrases: What to say; ``{blank}`` is a parameter, ``[...]`` may be left out.
            name: Its name as a tool. Defaults to the function's.
            about: What it does, in a few words. Defaults to the first line of its docstring.
            own: Whether the user registered it.

        Raises:
            SettingError: A phrase or a parameter cannot be heard, or the name is taken.
        """

        def register(function: F) -> F:
            texts = [text for phrase in phrases for text in expand(phrase)]
            compiled = tuple({p.text: p for p in map(Phrase, texts)}.values())
            called = name or getattr(function, "__name__", "")
            if not compiled:
                raise SettingError(
                    "An intent needs a phrase.", next_step='Write @agent.intent("what to say").'
                )
            if not called.isidentifier() or any(i.name == called and i.own == own for i in self.all):
                raise SettingError(
                    f"{called!r} cannot be the name of an intent, or is taken.", next_step="Give it name=."
                )
            slots = slots_of(function, {blank for p in compiled for blank in p.blanks})
            for phrase in compiled:
                if len(set(phrase.blanks)) != len(phrase.blanks):
                    raise SettingError(f"The phrase {phrase.text!r} has a blank twice.")
                missing = [s for s in slots.values() if s.required and s.name not in phrase.blanks]
                if missing:
                    raise SettingError(
                        f"The phrase {phrase.text!r} lacks `{missing[0].name}`, which `{called}` needs.",
                        next_step="Give the parameter a default.",
                    )
            does = about or (inspect.getdoc(function) or "").partition("\n")[0]
            turn = "turn" in inspect.signature(function).parameters
            self.all.append(Intent(called, function, compiled, slots, does, own, turn))
            return function

        return register

    def names(self) -> list[Name]:
        """The names of all choices, for the lexicon."""
        found: dict[tuple[str, str], Name] = {}
        for intent in self.all:
            for slot in intent.slots.values():
                for said, member in slot.choices:
                    found.setdefault((slot.kind, said), Name(tuple(spoken_words(said)), slot.kind, member))
        return list(found.values())

    def understand(self, heard: Heard, names: Iterable[str] | None = None) -> Understood | None:
        """The call that an utterance asks for, or None where nothing fits well enough."""
        best: tuple[tuple[float, float, bool, int], Intent, Match] | None = None
        for number, intent in enumerate(self.all):
            if names is not None and intent.name not in names:
                continue
            for phrase in intent.phrases:
                match = phrase.match(heard, intent.slots)
                if match is None or match.score < ENOUGH:
                    continue
                rank = (round(match.score, 3), match.evidence, intent.own, -number)
                if best is None or rank > best[0]:
                    best = rank, intent, match
        return None if best is None else _understood(best[1], best[2])

    def tools(self, table: Table | None) -> list[dict[str, Any]]:
        """The functions as a chat model's tools (JSON schema, names of columns and values as enums)."""
        return [_tool(intent, table) for intent in self.all]

    def find(self, name: str) -> Intent:
        """The function of this name; the user's before ours.

        Raises:
            SettingError: There is none.
        """
        for intent in sorted(self.all, key=lambda i: not i.own):
            if intent.name == name:
                return intent
        raise SettingError(
            f"There is no intent {name!r}.", next_step=f"Known: {sorted(i.name for i in self.all)}."
        )


def lexicon(intents: Intents, table: Table | None) -> Lexicon:
    """All that can be mentioned: choices, and the table's columns and values."""
    names = intents.names()
    if table is None:
        return Lexicon(names)
    for column in table.columns:
        words = spoken_words(column.spoken)
        label = " ".join(map(str, column.label)) if isinstance(column.label, tuple) else str(column.label)
        names.append(Name(tuple(words), "column", column, partial=True))
        names += [Name(tuple(w), "column", column) for w in _with_unit(words, label, column.unit)]
        if column.kind == "bool":
            # "how many are active" means those with a yes
            names += [Name(tuple(words), "value", v) for v in table.values if v.column is column and v.value]
    for value in table.values:
        words = spoken_words(value.spoken)
        if value.bare:
            own = spoken_words(value.column.spoken)
            others = (
                {"yes": ["true"], "no": ["false"]}.get(value.spoken, [])
                if value.column.kind == "bool"
                else []
            )
            names += [Name((*own, *spoken_words(said)), "value", value) for said in (value.spoken, *others)]
        else:
            names.append(Name(tuple(words), "value", value))
    if table.noun:
        names.append(Name(tuple(spoken_words(table.noun)), "table", table))
    return Lexicon(names, table.years)


def _with_unit(words: list[str], label: str, unit: str) -> Iterable[list[str]]:
    full = spoken_words(label)
    if full != words:
        yield full
    if unit:
        yield [*words, *unit.split()]


def _understood(intent: Intent, match: Match) -> Understood:
    arguments: dict[str, Any] = {}
    unclear: tuple[str, tuple[Any, ...]] | None = None
    for name, mentions in match.found.items():
        slot = intent.slots[name]
        if slot.kind == "values":
            arguments[name] = [m.targets[0] for m in mentions]
            continue
        targets = narrowed(mentions[0], slot)
        arguments[name] = targets[0]
        if len(targets) > 1 and slot.kind == "column" and unclear is None:
            unclear = name, targets
    return Understood(intent, arguments, match.score, unclear)


def narrowed(mention: Mention, slot: Slot) -> tuple[Any, ...]:
    """The targets of a mention that suit the slot, or all when none does."""
    if not slot.prefer:
        return mention.targets
    return tuple(t for t in mention.targets if suits(t, slot.prefer)) or mention.targets


def _tool(intent: Intent, table: Table | None) -> dict[str, Any]:
    properties = {name: _schema(slot, table) for name, slot in intent.slots.items()}
    return {
        "type": "function",
        "name": intent.name,
        "description": f"{intent.help} For example: {intent.phrases[0].text}".strip(),
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": [name for name, slot in intent.slots.items() if slot.required],
            "additionalProperties": False,
        },
    }


def _schema(slot: Slot, table: Table | None) -> dict[str, Any]:
    if slot.kind == "number":
        return {"type": "integer" if slot.convert is round else "number"}
    if slot.kind == "table":
        return _texts([table.noun] if table and table.noun else [])
    if slot.kind == "column":
        columns = table.columns if table else ()
        fit = [c for c in columns if suits(c, slot.prefer)] or list(columns)
        return _texts([c.spoken for c in fit])
    if slot.kind in ("value", "values"):
        one = _texts(sorted({v.spoken for v in table.values}) if table else [])
        return one if slot.kind == "value" else {"type": "array", "items": one, "minItems": 1}
    members: dict[Any, str] = {}
    for said, member in slot.choices:
        members.setdefault(member, said)
    return _texts(list(members.values()))


def _texts(names: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(names)} if 0 < len(names) <= 300 else {"type": "string"}


def from_json(intent: Intent, arguments: Mapping[str, Any], words: Lexicon) -> dict[str, Any]:
    """A chat model's arguments as a function gets them: names are found as in speech.

    Raises:
        SettingError: An argument is unknown, missing or names nothing.
    """
    ready: dict[str, Any] = {}
    for name, given in arguments.items():
        slot = intent.slots.get(name)
        if slot is None:
            raise SettingError(
                f"`{intent.name}` takes no {name!r}.", next_step=f"It takes {sorted(intent.slots)}."
            )
        if slot.kind == "number":
            ready[name] = float(given)
        elif slot.kind == "values":
            ready[name] = [_one(words, "value", str(g), slot) for g in given]
        else:
            ready[name] = _one(words, slot.kind, str(given), slot)
    missing = [s.name for s in intent.slots.values() if s.required and s.name not in ready]
    if missing:
        raise SettingError(f"`{intent.name}` needs {missing}.")
    return ready


def _one(words: Lexicon, kind: str, said: str, slot: Slot) -> Any:
    mentions = [m for m in words.hear(said).mentions if m.kind == kind]
    if not mentions:
        raise SettingError(f"{said!r} names no {kind.removeprefix('choice ')}.")
    best = max(mentions, key=lambda m: (m.score, m.end - m.start))
    return narrowed(best, slot)[0]
