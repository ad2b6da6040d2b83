"""A chat that somebody gives to go on from, as it is told: what cannot be told is refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from voice_widget.errors import SettingError, nearest, shown
from voice_widget.realtime.session.chat import text_of

MOST_CHARS = 1 << 20
"""Longer texts are sent to no service: it would hang up on them."""
_ROLES = ("user", "assistant", "system", "developer", "tool")
_TEXTS = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "input_audio": "transcript",
    "output_audio": "transcript",
    "audio": "transcript",
}
_LIKE = 'Write history=[{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}].'


class History(NamedTuple):
    """What was said before a talk.

    Attributes:
        instructions: What messages of the system at its beginning say; None: there are none. Between others,
            and as rows, they are told.
        messages: The chat without them: ``role`` and ``content``, and of tools ``tool_calls`` and
            ``tool_call_id``.
    """

    instructions: str | None
    messages: list[dict[str, Any]]


def checked_chat(history: Any) -> History:
    """A chat, or rows of a transcript, as plain values that are nobody else's.

    Args:
        history: A list of dicts: messages with ``role`` and ``content``, or rows with ``role`` and ``text``.

    Raises:
        SettingError: It cannot be told to a service.

    Example:
        >>> checked_chat([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}])
        History(instructions='Be brief.', messages=[{'role': 'user', 'content': 'Hi.'}])
    """
    if not isinstance(history, list | tuple):
        raise _wrong(f"`history` is a {type(history).__name__}, not a list of messages.", _LIKE)
    instructions: list[str] = []
    told: list[dict[str, Any]] = []
    waiting: dict[str, int] = {}  # the tools that were called and have given nothing yet
    for number, given in enumerate(history, 1):
        if not isinstance(given, Mapping):
            raise _wrong(f"Message {number} of the history is a {type(given).__name__}, not a dict.", _LIKE)
        role = _role(number, given.get("role"))
        if "content" not in given and "text" in given:
            if text := text_of(given):
                told.append({"role": _spoken(number, role), "content": _short(number, text)})
            continue
        text = _text(number, given.get("content"))
        calls = (
            [_call(number, call) for call in _list(given.get("tool_calls"))] if role == "assistant" else []
        )
        if role == "tool":
            call_id = given.get("tool_call_id")
            if not isinstance(call_id, str) or waiting.pop(str.__str__(call_id), None) is None:
                raise _wrong(
                    f"Message {number} of the history answers the call {shown(call_id)}, and none before it "
                    "makes that.",
                    "Give its tool_call_id as the `id` in the tool_calls of an assistant's message.",
                )
            told.append({"role": role, "tool_call_id": str.__str__(call_id), "content": text})
        elif not text and not calls:
            raise _wrong(f"Message {number} of the history has no content.", "Leave it out.")
        elif role in ("system", "developer"):
            if told:
                told.append({"role": "system", "content": text})
            else:
                instructions.append(text)
        else:
            made = {"tool_calls": calls} if calls else {}
            told.append({"role": role, "content": text or None, **made})
        waiting |= {call["id"]: number for call in calls}
    for call_id, number in waiting.items():
        raise _wrong(
            f"Message {number} of the history calls a tool, {shown(call_id)}, and none says what it gave.",
            "Give a message with the role tool and this tool_call_id, or leave the call out.",
        )
    if not told:
        raise _wrong("The history holds nothing that was said.", f"Leave `history` out. Or: {_LIKE}")
    return History("\n\n".join(instructions) or None, told)


def as_told(chat: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A checked chat so that it stays what it is when it is checked again.

    Else a message of the system's at its beginning would be taken for the instructions.
    """
    return [
        {"role": "system", "text": message["content"]} if message["role"] == "system" else message
        for message in chat
    ]


def _wrong(message: str, next_step: str) -> SettingError:
    return SettingError(message, code="history_invalid", next_step=next_step)


def _role(number: int, role: Any) -> str:
    plain = str.__str__(role) if isinstance(role, str) else None
    if plain not in _ROLES:
        near = nearest(plain, _ROLES) if plain else ""
        raise _wrong(
            f"Message {number} of the history has the role {shown(role)}.",
            f"{near} There are user, assistant, system and tool.".strip(),
        )
    return plain


def _spoken(number: int, role: str) -> str:
    if role not in ("user", "assistant", "system"):
        raise _wrong(
            f"Row {number} of the history has the role {role!r}.",
            "Rows are the user's, the assistant's or the system's.",
        )
    return role


def _text(number: int, content: Any) -> str:
    """What of a content is text; of sound what was said."""
    if isinstance(content, str):
        return _short(number, str.__str__(content).strip())
    texts: list[str] = []
    for part in _list(content):
        if isinstance(part, str):
            texts.append(str.__str__(part).strip())
            continue
        kind = part.get("type") if isinstance(part, Mapping) else None
        text = part.get(_TEXTS[kind]) if isinstance(kind, str) and kind in _TEXTS else None
        if not isinstance(text, str):
            raise _wrong(
                f"Message {number} of the history has a part {shown(kind or part)} without a text.",
                "Give its text instead: only that is told.",
            )
        texts.append(str.__str__(text).strip())
    return _short(number, " ".join(filter(None, texts)))


def _call(number: int, call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, Mapping) else None
    made = function if isinstance(function, Mapping) else {}
    call_id, name, arguments = (call.get("id") if made else None), made.get("name"), made.get("arguments")
    if isinstance(arguments, Mapping):
        arguments = json.dumps(dict(arguments))
    if not (isinstance(call_id, str) and call_id and isinstance(name, str) and name):
        raise _wrong(
            f"A tool call in message {number} of the history has no id or no name.",
            'Write {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}.',
        )
    said = _short(number, str.__str__(arguments)) if isinstance(arguments, str) else "{}"
    return {
        "id": str.__str__(call_id),
        "type": "function",
        "function": {"name": str.__str__(name), "arguments": said},
    }


def _short(number: int, text: str) -> str:
    if len(text) > MOST_CHARS:
        raise SettingError(
            f"Message {number} of the history is too long: {len(text):,} characters, at most "
            f"{MOST_CHARS:,} are sent.",
            code="text_too_long",
            next_step="Give what of it matters.",
        )
    return text


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else ()
