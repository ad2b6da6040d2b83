"""The script format of the doubles: what to hear and what to say, turn by turn.

A script is a JSON array (or one object per line) of exchanges::

    [{"hear": "what is the average tip", "say": "The average tip is three dollars."}]

Fields of an exchange: ``hear`` (what the recogniser reports), ``say`` (the answer), ``hear_ms`` (length of
the user's speech, default 1000), ``gap_ms`` (end of speech to first sound, default 300), ``interrupt_ms``
(after so much of the answer the user talks over it; null: never), ``partials`` (texts reported before
``hear``), ``mcp`` (the scripted service calls this tool of an MCP server before it answers: an object with
``server``, ``name``, ``arguments`` as JSON text, ``output`` or ``error``, and ``approval``: whether it asks
first).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from voice_widget.errors import SettingError, shown


@dataclass(frozen=True)
class McpStep:
    """One call of a tool of an MCP server, and what comes of it."""

    server: str
    name: str
    arguments: str = "{}"
    output: str = ""
    error: str = ""
    approval: bool = True


@dataclass(frozen=True)
class Exchange:
    """One question and its answer."""

    hear: str
    say: str
    hear_ms: int = 1000
    gap_ms: int = 300
    interrupt_ms: int | None = None
    partials: tuple[str, ...] = ()
    mcp: McpStep | None = None


@dataclass(frozen=True)
class Script:
    """Exchanges in order. When they are used up, a double hears nothing and says nothing."""

    exchanges: tuple[Exchange, ...]

    @classmethod
    def load(cls, source: str | Iterable[Exchange | Mapping[str, Any]]) -> Script:
        """Read a script from JSON text or from a list. From a file: `voice_widget.services.scripts`.

        Raises:
            SettingError: The script is not of the form above; the message says where.
        """
        steps: Any = _decoded(source) if isinstance(source, str) else source
        if not isinstance(steps, Iterable) or isinstance(steps, bytes | Mapping):
            raise SettingError(
                f"A script is no {type(source).__name__}.",
                next_step='Give a list, [{"hear": "hello", "say": "Hello to you."}], or the path of a file.',
            )
        return cls(tuple(_exchange(step, number) for number, step in enumerate(steps, 1)))

    def dump(self) -> str:
        """The script as JSON text that `load` reads back."""
        return json.dumps([asdict(exchange) for exchange in self.exchanges])


def _decoded(text: str) -> Iterable[Any]:
    try:
        if text.lstrip().startswith("["):
            return cast("list[Any]", json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise SettingError(f"The script is not JSON: {error}.") from error


def _exchange(step: Any, number: int) -> Exchange:
    if isinstance(step, Exchange):
        return step
    if not isinstance(step, Mapping):
        raise SettingError(f"Exchange {number} of the script is no object: {shown(step)}.")
    known = {f.name for f in fields(Exchange)}
    unknown = sorted(set(step) - known)
    if unknown:
        raise SettingError(
            f"Exchange {number} of the script has unknown fields {unknown}; known are {sorted(known)}."
        )
    for name in ("hear", "say"):
        if not isinstance(step.get(name), str):
            raise SettingError(f"Exchange {number} of the script needs the text {name!r}.")
    for name in ("hear_ms", "gap_ms", "interrupt_ms"):
        value = step.get(name, 0)
        if name == "interrupt_ms" and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise SettingError(
                f"`{name}` of exchange {number} must be a whole number of milliseconds from 0."
            )
    partials = step.get("partials", ())
    if not isinstance(partials, (list, tuple)) or not all(isinstance(text, str) for text in partials):
        raise SettingError(f"`partials` of exchange {number} is no list of texts.")
    return Exchange(**{**step, "partials": tuple(partials), "mcp": _mcp_step(step.get("mcp"), number)})


def _mcp_step(step: Any, number: int) -> McpStep | None:
    if step is None or isinstance(step, McpStep):
        return step
    given = step if isinstance(step, Mapping) else {}
    kinds = {f.name: bool if f.name == "approval" else str for f in fields(McpStep)}
    fits = all(isinstance(value, kinds.get(name, ())) for name, value in given.items())
    if not fits or not (given.get("server") and given.get("name")):
        raise SettingError(
            f"`mcp` of exchange {number} is no call of a tool of an MCP server; it may have {sorted(kinds)}.",
            next_step='Give one such as {"server": "files", "name": "list", "output": "Two files."}.',
        )
    return McpStep(**given)
