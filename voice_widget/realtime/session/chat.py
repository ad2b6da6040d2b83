"""A talk as a chat, in the shape of chat completions: made of rows, and told to services and agents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from voice_widget.realtime.session.dialogue import Message
from voice_widget.realtime.state.rows import place_of

ChatMessage = Mapping[str, Any]
_ITEM = "item_earlier_"


def messages(
    rows: Sequence[Mapping[str, Any]],
    uses: Iterable[Mapping[str, Any]] = (),
    *,
    whole: bool = False,
    upto: int | None = None,
) -> list[dict[str, Any]]:
    """A talk as the messages of a chat; what failed, was taken back, or was nothing, is left out.

    Args:
        rows: The transcript, in order.
        uses: The tools that were called, in order: ``tool_call_id``, ``name``, ``arguments``, ``output``,
            ``response_id``, and ``seq``, the turn behind which one was. Those without an output are left out.
        whole: Of an answer that was cut all that was made, not only what was heard.
        upto: The ``seq`` of the last turn that counts. What tools did behind it belongs to what came next.

    Raises:
        SettingError: There is no such turn (``unknown_turn``).

    Example:
        >>> messages([{"seq": 1, "role": "assistant", "text": "One two.", "text_heard": "One"}])
        [{'role': 'assistant', 'content': 'One'}]
    """
    if upto is not None:
        rows = rows[: place_of(upto, rows) + 1]
    behind: dict[int, list[Mapping[str, Any]]] = {}
    for use in uses:
        if isinstance(use["output"], str):
            behind.setdefault(use["seq"] if isinstance(use["seq"], int) else 0, []).append(use)
    said = _tools(behind.get(0, ()))
    for row in rows:
        if text := text_of(row, whole=whole):
            said.append({"role": row["role"], "content": text})
        if upto is None or row is not rows[-1]:
            said += _tools(behind.get(row["seq"], ()))
    return said


def text_of(row: Mapping[str, Any], *, whole: bool = False) -> str:
    """What of a row was said: of an answer what was heard, as far as that is known.

    Example:
        >>> text_of({"text": "One two.", "text_heard": None, "status": "completed"})
        'One two.'
    """
    heard, edited = row.get("text_heard"), isinstance(row.get("text_before"), str)
    text = row["text"] if whole or edited or not isinstance(heard, str) else heard
    gone = row.get("status") in ("failed", "rewound")
    return "" if gone or not isinstance(text, str) else text.strip()


def items(chat: Iterable[ChatMessage]) -> list[dict[str, Any]]:
    """A chat as items of a conversation. Their ids say where in the chat they stand.

    Example:
        >>> items([{"role": "user", "content": "Hi."}])[0]["content"]
        [{'type': 'input_text', 'text': 'Hi.'}]
    """
    found: list[dict[str, Any]] = []
    for message in chat:
        role, text = message["role"], message["content"]
        if role == "tool":
            answered = {"call_id": message["tool_call_id"], "output": text}
            found.append({"type": "function_call_output", **answered})
            continue
        if text:
            part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
            found.append({"type": "message", "role": role, "content": [part]})
        calls = message.get("tool_calls", ())
        found += [{"type": "function_call", "call_id": call["id"], **call["function"]} for call in calls]
    return [{"id": f"{_ITEM}{number}", **item} for number, item in enumerate(found, 1)]


def said(chat: Iterable[ChatMessage]) -> tuple[Message, ...]:
    """A chat as an agent is told of it: of what tools gave the answers tell."""
    return tuple(
        Message(message["role"], message["content"])
        for message in chat
        if message["role"] != "tool" and message["content"]
    )


def _tools(uses: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each response's calls, then what they gave: so a chat wants them."""
    told: list[dict[str, Any]] = []
    # Of calls whose response nobody knows each is its own.
    numbered = groupby(enumerate(uses), key=lambda pair: pair[1].get("response_id") or pair[0])
    for _, pairs in numbered:
        together = [use for _, use in pairs]
        calls = [
            {
                "id": use["tool_call_id"],
                "type": "function",
                "function": {"name": use["name"], "arguments": use["arguments"]},
            }
            for use in together
        ]
        told.append({"role": "assistant", "content": None, "tool_calls": calls})
        told += [
            {"role": "tool", "tool_call_id": use["tool_call_id"], "content": use["output"]}
            for use in together
        ]
    return told
