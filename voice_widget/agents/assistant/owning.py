"""The user's own functions: whether an utterance calls one, and what it gives.

One is called only if nothing that changes the meaning was said beside its phrase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice_widget.agents import Message, Turn
from voice_widget.agents.assistant import talking
from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.intents.intents import Intents, Understood, from_json, lexicon
from voice_widget.agents.assistant.intents.pieces import several
from voice_widget.agents.assistant.tables.plans import Choice, Plan
from voice_widget.agents.assistant.tables.tables import Table
from voice_widget.agents.repeating import Kind

_SURE = 0.9
_KINDS: Mapping[str | None, Kind] = {
    "repeat": "again",
    "go_on": "go_on",
    "thanks": "aside",
    "stop": "aside",
}
_TURNING = frozenset(
    str.split("not no never except without excluding other outside but non unless neither nor")
)


@dataclass(frozen=True)
class Called:
    """An utterance as a call of the user's function.

    Attributes:
        found: The function and its arguments.
        surely: It fits better than anything of ours could.
    """

    found: Understood
    surely: bool


def understood(
    text: str, intents: Intents, table: Table | None, history: Sequence[Message] = ()
) -> Called | None:
    """The call that an utterance asks for; None: it calls no function of the user's."""
    if not intents.all:
        return None
    words = lexicon(intents, table)
    said = set(tokens(text))
    found = intents.understand(words.hear(text))
    if found is not None and _fits(found, said):
        return Called(found, found.score >= _SURE)
    last = [m.text for m in history if m.role == "user" and m.text][-1:]
    if last and (before := intents.understand(words.hear(last[0]))) is not None and before.open is not None:
        name, choices = before.open
        labels = [Choice(c.spoken, Plan("count", measures=(n,))) for n, c in enumerate(choices)]
        if (picked := talking.picked(tokens(text), labels)) is not None:
            arguments = {**before.arguments, name: choices[picked.measures[0]]}
            return Called(Understood(before.intent, arguments, 1.0), True)
    return None


def _fits(found: Understood, said: set[str]) -> bool:
    own = {word for phrase in found.intent.phrases for word in tokens(phrase.text)}
    return not (_TURNING & said) - own


def pieces(called: Called, turn: Turn) -> list[Any]:
    """What the function gives, or a question for what is not clear. Its errors are the user's to see."""
    found = called.found
    if found.open is not None:
        return [f"Which one do you mean: {talking.either([c.spoken for c in found.open[1]])}?"]
    return several(found.intent.call(found.arguments, turn))


def run(intents: Intents, name: str, arguments: Mapping[str, Any], table: Table | None) -> Any:
    """Call the function of this name with a model's arguments.

    Raises:
        SettingError: There is none, or an argument names nothing.
    """
    intent = intents.find(name)
    ready = from_json(intent, arguments, lexicon(intents, table))
    return intent.call(ready, Turn(""))


def helped(intents: Intents) -> list[tuple[str, list[str]]]:
    """What the functions do, and what is said for them."""
    return [(i.help or i.name, [p.text for p in i.phrases]) for i in intents.all]


def asks(text: str) -> Kind:
    """Whether an utterance asks for something new, or for more of the last answer, or is only polite."""
    return _KINDS.get(talking.kind(tokens(text)), "question")
