"""What short utterances go on with: "and by island", "what about the median", the answer to "which one".

The last question is kept with what filled its blanks; a follow-up replaces some of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice_widget.agents.assistant.intents import Intent, Intents, Understood, narrowed
from voice_widget.agents.assistant.matching import Heard, Mention

_BEGINNINGS = ("and ", "what about", "how about")


@dataclass(frozen=True)
class Said:
    """The last question that was understood.

    ``open`` is the parameter that was asked back for, and ``choices`` what it may be.
    """

    intent: Intent
    arguments: Mapping[str, Any]
    open: str = ""
    choices: tuple[Any, ...] = ()


def follow(last: Said, heard: Heard, intents: Intents) -> Understood | None:
    """The last question with what was said now, or None where it is a question of its own."""
    if not heard.mentions:
        return None
    covered = heard.covered()
    rest = {key for at, key in enumerate(heard.keys) if key and at not in covered}
    if last.open and not rest and all(m.kind == "column" for m in heard.mentions):
        named = {t for m in heard.mentions for t in m.targets} & set(last.choices)
        if len(named) == 1:
            return Understood(last.intent, {**last.arguments, last.open: named.pop()}, 1.0)
    if rest - {"by"}:
        return None
    whole = intents.understand(heard)
    begun = " ".join(heard.words[:2]).startswith(_BEGINNINGS)
    if whole is not None and (not begun or len(whole.arguments) > 1):
        return None
    column = last.arguments.get("column")
    if (found := _replaced(last, heard)) is not None or column is None or last.intent.own:
        return found
    # "and by island" after a sort: a question about the same column that the last one could not ask
    stat = next((i for i in intents.all if i.name == "stat" and not i.own), None)
    return None if stat is None else _replaced(Said(stat, {"column": column}), heard)


def _replaced(last: Said, heard: Heard) -> Understood | None:
    arguments = dict(last.arguments)
    changed: set[str] = set()
    used: set[int] = set()
    for mention in sorted(heard.mentions, key=lambda m: (-m.score, m.start, m.start - m.end)):
        places = set(range(mention.start, mention.end))
        name = "" if places & used else _parameter(last.intent, mention, heard)
        if name:
            slot = last.intent.slots[name]
            targets = narrowed(mention, slot)
            if slot.kind != "values":
                arguments[name] = targets[0]
            else:
                arguments[name] = [*(arguments[name] if name in changed else []), targets[0]]
            used |= places
            changed.add(name)
    return Understood(last.intent, arguments, 0.9) if changed else None


def _parameter(intent: Intent, mention: Mention, heard: Heard) -> str:
    """Which parameter a mention replaces: "by" names the group, else the first of its kind."""
    kind = "values" if mention.kind == "value" and "values" in intent.slots else mention.kind
    before = next((key for key in reversed(heard.keys[: mention.start]) if key), "")
    fitting = [s for s in intent.slots.values() if s.kind == kind]
    if before == "by":
        fitting = [s for s in fitting if s.name == "by"]
    return fitting[0].name if fitting else ""
