"""A turn as a request for chat completions, and what comes back as tool calls. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from voice_widget.agents import Message, ToolCall, Turn, Usage
from voice_widget.errors import AgentError

SPOKEN = (
    "You are a voice assistant: what you write is read aloud. Answer in one to three short sentences of "
    "plain text, without markup, lists or emoji."
)
"""What the model is told where the session has no instructions."""


def request(turn: Turn) -> dict[str, Any]:
    """What of the request depends on the turn: messages and tools."""
    asked: dict[str, Any] = {"messages": messages(turn)}
    tools = [tool for tool in turn.tools if tool.get("type", "function") == "function" and tool.get("name")]
    if tools:
        asked["tools"] = [
            {
                "type": "function",
                "function": {
                    name: tool[name] for name in ("name", "description", "parameters") if tool.get(name)
                },
            }
            for tool in tools
        ]
        # Once a tool has answered, its result is to be told: who has to call one again never gets to that.
        if turn.tool_choice == "required" and not turn.results:
            asked["tool_choice"] = "required"
    return asked


def messages(turn: Turn) -> list[dict[str, Any]]:
    """A turn as the messages of a chat.

    Example:
        >>> [message["role"] for message in messages(Turn("Hi.", history=[Message("assistant", "Hello.")]))]
        ['system', 'assistant', 'user']
    """
    said: list[dict[str, Any]] = [{"role": "system", "content": turn.instructions or SPOKEN}]
    fresh = turn.results
    said += _told(turn.history[: len(turn.history) - len(fresh)])
    if turn.text:
        said.append({"role": "user", "content": turn.text})
    return said + _told(fresh)


def _told(history: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages with the calls that the endpoint wants to see before each tool's output."""
    told: list[dict[str, Any]] = []
    for number, message in enumerate(history):
        if message.role != "tool":
            told.append({"role": message.role, "content": message.text})
            continue
        call_id = message.call_id or f"call_{number}"
        function = {"name": message.name or "tool", "arguments": message.arguments or "{}"}
        call = {"id": call_id, "type": "function", "function": function}
        told.append({"role": "assistant", "content": message.spoken or None, "tool_calls": [call]})
        told.append({"role": "tool", "tool_call_id": call_id, "content": message.text})
    return told


@dataclass
class _Part:
    call_id: str
    name: str = ""
    arguments: str = ""


class Calls:
    """The tool calls of one answer, put together from the pieces of a stream."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._open: dict[int, _Part] = {}

    def add(self, piece: Mapping[str, Any]) -> None:
        """Take in one piece: an element of a delta's ``tool_calls``."""
        index, call_id = int(piece.get("index") or 0), str(piece.get("id") or "")
        part = self._open.get(index)
        # Some servers send whole calls and give all of them the index 0.
        if part is None or (call_id and part.call_id and call_id != part.call_id):
            part = self._open[index] = _Part(call_id)
            self._parts.append(part)
        function = piece.get("function") or {}
        part.name += str(function.get("name") or "")
        arguments = function.get("arguments") or ""
        part.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments)

    def complete(self) -> list[ToolCall]:
        """All calls, once the stream has ended.

        Raises:
            AgentError: The model's arguments are no JSON object.
        """
        return [ToolCall(part.name, _arguments(part)) for part in self._parts if part.name]


def _arguments(part: _Part) -> dict[str, Any]:
    try:
        found = json.loads(part.arguments or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AgentError(
            f"The model calls {part.name!r} with arguments that are no JSON object.",
            code="chat_bad_arguments",
            next_step="Ask again, or use a model that is better at calling tools.",
        )
    return found


def usage(answer: Any) -> Usage | None:
    """What an endpoint says that it used, in a chunk or a whole answer; some say it with every chunk.

    Example:
        >>> usage({"usage": {"prompt_tokens": 7, "completion_tokens": 2}})
        Usage(input_tokens=7, output_tokens=2, cached_tokens=0, reasoning_tokens=0)
    """
    told = answer.get("usage") if isinstance(answer, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    places = (
        (told, "prompt_tokens"),
        (told, "completion_tokens"),
        (told.get("prompt_tokens_details"), "cached_tokens"),
        (told.get("completion_tokens_details"), "reasoning_tokens"),
    )
    counts = [place.get(name) if isinstance(place, Mapping) else None for place, name in places]
    return Usage(*(count if type(count) is int and count >= 0 else 0 for count in counts))


def first(answer: Any, what: str) -> Mapping[str, Any]:
    """The ``delta`` or ``message`` of the first choice; the last chunk of a stream may have none.

    Raises:
        ValueError: These are no chat completions.
    """
    if not isinstance(answer, Mapping) or not isinstance(answer.get("choices"), list):
        raise ValueError("no choices")
    choice = answer["choices"][0] if answer["choices"] else {}
    return choice.get(what) or {} if isinstance(choice, Mapping) else {}
