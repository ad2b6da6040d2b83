"""What of an agent's pieces may leave its work thread: plain values of our own, made there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from voice_widget.agents import Notice, Remark, Show, Thinking, ToolCall, ToolRun, Usage
from voice_widget.errors import AgentError
from voice_widget.realtime.wire.events import Event, new_id
from voice_widget.threads.work import told

LONGEST_OUTPUT = 16_000  # characters that are kept of what an agent's own tool gave
MOST_TOKENS = 2**53

Crossed = str | Show | Event | Usage | ToolRun | Notice | Remark | Thinking
"""A piece on our side of the work thread; an event is the call of a tool."""


def crossing(piece: Any) -> Crossed:
    """A piece as it leaves the work thread: nothing of the user's but what a `Show` holds.

    Raises:
        AgentError: It is none.
    """
    if piece is None:
        return ""
    if isinstance(piece, str):
        return _plain(piece)
    if isinstance(piece, Show):
        return Show(piece.value, _plain(piece.label or ""))
    if isinstance(piece, ToolCall):
        return _call(piece.name, piece.arguments)
    if isinstance(piece, Usage):
        return Usage(*map(_tokens, (getattr(piece, name) for name in Usage.__dataclass_fields__)))
    if isinstance(piece, ToolRun):
        return _run(piece)
    if isinstance(piece, Notice):
        code, message, step = (_plain(text) for text in (piece.code, piece.message, piece.next_step))
        return Notice(code, message, step, json.loads(_json(piece.details)))
    if isinstance(piece, Remark):
        return Remark(_plain(piece.name), json.loads(_json(piece.details)))
    if isinstance(piece, Thinking):
        return Thinking()
    raise AgentError(
        f"The agent gave a {type(piece).__name__}, which cannot be spoken.",
        code="agent_piece",
        next_step="Give str, Show(value) for the cell, or ToolCall(name, arguments).",
    )


def _tokens(value: Any) -> int:
    """A count; what can be none is nothing, for models tell anything."""
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else 0


def _run(piece: ToolRun) -> ToolRun:
    arguments = piece.arguments
    return ToolRun(
        _plain(piece.call_id),
        _plain(piece.name),
        _plain(arguments) if isinstance(arguments, str) else _json(arguments),
        *(None if text is None else _plain(text)[:LONGEST_OUTPUT] for text in (piece.output, piece.error)),
    )


def _json(value: Any) -> str:
    """As JSON, with what is no JSON in words: it is only to be read."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _call(name: Any, arguments: Mapping[str, Any]) -> Event:
    if not isinstance(name, str):
        raise AgentError(
            f"The agent calls a tool by a {type(name).__name__}.",
            next_step='Give its name: ToolCall("add", {"a": 2}).',
        )
    name = _plain(name)
    try:
        text = json.dumps(dict(arguments))
    except Exception as error:
        raise AgentError(
            f"The arguments of the agent's call of {name!r} are no JSON: {told(error)}.",
            next_step="Give plain numbers, texts, lists and dicts.",
        ) from None
    return {
        "type": "voice_widget.reply.call",
        "call_id": new_id("call"),
        "name": name,
        "arguments": text,
    }


def _plain(text: Any) -> str:
    """As `str` itself: the methods of a subclass, such as ``numpy.str_``, are not ours."""
    return str.__str__(text if isinstance(text, str) else str(text))
