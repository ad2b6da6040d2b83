"""What of the protocol may be sent by hand: checked against its shapes, and what is ours is refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from voice_widget.errors import ProtocolError, SettingError, nearest, shown
from voice_widget.realtime.session.chat_checks import MOST_CHARS
from voice_widget.realtime.session.dialogue import Message
from voice_widget.realtime.settings.settings import Settings, setting_in
from voice_widget.realtime.wire.events import CLIENT_EVENTS, Event, check, dump
from voice_widget.realtime.wire.known import ROLES, Unknown, messages, unknown_field, unknown_in_item
from voice_widget.realtime.wire.reading import part
from voice_widget.services import Service
from voice_widget.talk.setting_checks import checked_settings, plain, refuse_unknown

_DEVELOPER = "developer"
"""Of chats; the protocol has only the system's messages for it."""
_ITEM_LIKE = 'Give texts, or items such as {"role": "system", "text": "The user is at the station."}.'
_EVENT_LIKE = 'Give a dict such as {"type": "response.create"}.'
_SHAPES = {
    "session": "an object of settings, with instructions or tools in it",
    "response": "an object with what this one answer is to have, or leave it out",
    "item": "an object with a type",
    "item.content": "a list of parts, each an object with a type and a text",
    "item_id": "the id of an item, a text",
    "content_index": "the number of the part, 0 for the first",
    "audio_end_ms": "a whole number of milliseconds",
    "audio": "the samples as base64 text",
}
_SHORT = ("role", "text", "content", "id")
"""What an item in its short form has."""
_METADATA = "voice_widget"
_REFERENCE = "item_reference"


class Answer(TypedDict, total=False):
    """What one answer may have of its own; the names are the protocol's."""

    instructions: str
    output_modalities: Sequence[Literal["audio", "text"]]
    input: Sequence[str | Mapping[str, Any] | Message]
    conversation: Literal["auto", "none"]
    voice: str
    tool_choice: str | Mapping[str, Any]
    max_output_tokens: int | Literal["inf"]
    metadata: Mapping[str, str]


_OF_SETTINGS = ("instructions", "output_modalities", "voice", "tool_choice", "max_output_tokens")


def checked_event(given: Any) -> Event:
    """A client event as plain values that are nobody else's.

    Args:
        given: What is to be sent.

    Raises:
        SettingError: It is none of the protocol's (``event_unknown``), not as it must be
            (``event_invalid``), or too long (``text_too_long``).

    Example:
        >>> checked_event({"type": "response.cancel"})
        {'type': 'response.cancel'}
    """
    event: Event = plain("event", dict(given)) if isinstance(given, Mapping) else {}
    kind = event.get("type")
    if not isinstance(kind, str):
        raise SettingError(
            f"{shown(given)} is no event of the protocol.", code="event_invalid", next_step=_EVENT_LIKE
        )
    if kind not in CLIENT_EVENTS:
        raise SettingError(
            f"{kind!r:.60} is no event that a client sends.",
            code="event_unknown",
            next_step=nearest(kind, CLIENT_EVENTS) or f"There are {', '.join(sorted(CLIENT_EVENTS))}.",
        )
    _check(event, "event_invalid")
    return event


def refuse_unknown_fields(event: Event) -> None:
    """Refuse a name that stands in no event of its kind; for services that know no others than ours.

    Raises:
        SettingError: There is one (``event_invalid``).

    Example:
        >>> refuse_unknown_fields({"type": "response.create", "response": {"instructions": "Be brief."}})
    """
    _refuse(unknown_field(event), "event_invalid")


def refuse_unknown_in(items: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a name that stands in no item of its kind; for services that know no others than ours.

    Raises:
        SettingError: There is one (``item_invalid``).

    Example:
        >>> refuse_unknown_in([{"type": "function_call_output", "call_id": "call_1", "output": "7"}])
    """
    for number, item in enumerate(items):
        _refuse(unknown_in_item(item, f"items[{number}]"), "item_invalid")


def _refuse(unknown: Unknown | None, code: str) -> None:
    if unknown is not None:
        raise SettingError(
            f"`{unknown.where}` has no field {shown(unknown.name)}.",
            code=code,
            next_step=nearest(unknown.name, unknown.known) or f"There are {', '.join(unknown.known)}.",
        )


def refuse_ours(event: Event, *, answers: Callable[[str], bool], own_sound: bool) -> None:
    """Refuse what the talk does itself: done twice, it would not know what is in force.

    Args:
        event: The event, checked.
        answers: Whether the output of a function call comes from a tool that runs here, by ``call_id``.
        own_sound: The call's sound goes by the kernel, which plays it too.

    Raises:
        SettingError: It is the talk's (``event_is_ours``).

    Example:
        >>> refuse_ours({"type": "response.cancel"}, answers=lambda call_id: False, own_sound=True)
    """
    if (kept := setting_in(event)) is not None:
        raise _ours(
            f"The widget keeps the setting {kept!r}, also for the next call.", f"Use w.update({kept}=…)."
        )
    match event["type"]:
        case "input_audio_buffer.append":
            raise _ours("The sound of a call is the microphone's, or what is played.", "Use w.play(…).")
        case "output_audio_buffer.clear" if own_sound:
            raise _ours("The kernel plays the sound of this call.", "Use w.interrupt().")
        case "conversation.item.create":
            item = event["item"]
            if item.get("type") == "function_call_output" and answers(str(item.get("call_id"))):
                raise _ours("A tool that runs here answers this call.", "Let its function return the output.")
        case "response.create":
            _refuse_our_response(event)


def _refuse_our_response(event: Event) -> None:
    response = part(event, "response")
    if response.get("text") is not None:
        raise _ours("A text to be spoken as it is is no field of the protocol.", "Use w.say(…).")
    ours = next((name for name in part(response, "metadata") if name.startswith(_METADATA)), None)
    if ours is not None:
        raise _ours(f"The name {ours!r:.60} in `metadata` is the widget's.", "Take another name.")


def response_of(given: Mapping[str, Any], service: Service, new_id: Callable[[str], str]) -> dict[str, Any]:
    """The ``response`` of a ``response.create`` for one answer.

    Args:
        given: What is asked for, by the names of `Answer`; None is as good as nothing.
        service: Who is asked.
        new_id: Makes ids.

    Raises:
        SettingError: One is unknown or impossible.
    """
    refuse_unknown("The argument", given, Answer.__annotations__)
    asked = {name: value for name, value in given.items() if value is not None}
    settings = checked_settings({name: asked[name] for name in _OF_SETTINGS if name in asked}, service)
    response = Settings(**settings).session()
    del response["type"]
    if "input" in asked:
        response["input"] = [
            {name: value for name, value in item.items() if name != "id" or item.get("type") == _REFERENCE}
            for item in items_of(asked["input"], new_id, references=True)
        ]
    if (conversation := asked.get("conversation")) is not None:
        refuse_unknown("The conversation", [conversation], ("auto", "none"))
        response["conversation"] = conversation
    if "metadata" in asked:
        response["metadata"] = plain("metadata", asked["metadata"])
    event = {"type": "response.create", "response": response}
    _check(event, "event_invalid")
    if service.capabilities.kernel_agent:
        refuse_unknown_fields(event)
    _refuse_our_response(event)
    return response


def items_of(given: Any, new_id: Callable[[str], str], *, references: bool = False) -> list[dict[str, Any]]:
    """Items of the protocol, each with an id: of items, texts (the user's), short forms and messages.

    Args:
        given: A list of them.
        new_id: Makes ids.
        references: There may be items that only name another.

    Raises:
        SettingError: One is none (``item_invalid``).

    Example:
        >>> items_of([{"role": "system", "text": "Be brief."}], lambda prefix: f"{prefix}_1")[0]["content"]
        [{'type': 'input_text', 'text': 'Be brief.'}]
    """
    if isinstance(given, (str, Mapping, Message)) or not isinstance(given, Iterable):
        raise SettingError(f"{shown(given)} is no list of items.", code="item_invalid", next_step=_ITEM_LIKE)
    items = []
    for one in given:
        item = _item(one)
        known = references and item.get("type") == _REFERENCE
        item = item if known else {**item, "id": item.get("id") or new_id("item")}
        if not known:
            _check({"type": "conversation.item.create", "item": item}, "item_invalid")
        items.append(item)
    if not items and not references:
        raise SettingError("There is no item to add.", code="item_invalid", next_step=_ITEM_LIKE)
    return items


def _item(one: Any) -> dict[str, Any]:
    if isinstance(one, Message):
        one = {"role": one.role, "text": one.text}
    elif isinstance(one, str):
        one = {"role": "user", "text": one}
    item = plain("item", dict(one)) if isinstance(one, Mapping) else {}
    role = item.get("role")
    role = "system" if role == _DEVELOPER else role
    if isinstance(item.get("type"), str):
        return {**item, "role": role} if "role" in item else item
    text = item.get("text", item.get("content"))
    if not isinstance(role, str) or not isinstance(text, str) or not text.strip():
        raise SettingError(f"{shown(one)} is no item.", code="item_invalid", next_step=_ITEM_LIKE)
    dropped = next((name for name in item if name not in _SHORT), None)
    _refuse(None if dropped is None else Unknown("item", dropped, _SHORT), "item_invalid")
    return {**({"id": item["id"]} if "id" in item else {}), **message(role, text)}


def message(role: str, text: str) -> dict[str, Any]:
    """A text as an item of the conversation."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _check(event: Event, code: str) -> None:
    """Held to the shapes that the talk itself is held to."""
    try:
        check(event, complete=True)
    except ProtocolError as error:
        field = error.param or ""
        step = f"Give as {field}: {_SHAPES[field]}." if field in _SHAPES else "Give that field as it says."
        raise SettingError(error.message, code=code, next_step=step) from error
    item = event.get("item")
    if isinstance(item, Mapping) and not isinstance(item.get("type"), str):
        raise SettingError("The item has no `type`.", code=code, next_step=_ITEM_LIKE)
    roles = (given.get("role") for given in messages(event))
    unknown = next((role for role in roles if role not in ROLES), "")
    if unknown != "":
        raise SettingError(
            "The message has no role." if unknown is None else f"There is no role {shown(unknown)}.",
            code=code,
            next_step=f"Give one of {', '.join(ROLES)}: a developer's message is one of the system's.",
        )
    for given in messages(event):
        if given.get("content") is None:
            _refuse(unknown_in_item(given, "item"), code)  # in which it may stand
            raise SettingError(
                "The message has no `content`.",
                code=code,
                next_step=f"Give as content: {_SHAPES['item.content']}.",
            )
    if len(dump(event)) > MOST_CHARS:
        raise SettingError(
            f"The event is too long: at most {MOST_CHARS:,} characters are sent.",
            code="text_too_long",
            next_step="Give what of it matters.",
        )


def _ours(why: str, instead: str) -> SettingError:
    return SettingError(why, code="event_is_ours", next_step=instead)
