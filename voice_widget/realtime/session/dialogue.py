"""A session as its agent is told of it: what each side said, as far as it was heard, and what tools returned.

`question` reads a conversation's items, which the kernel's `Session` has. `Dialogue` gathers them for agents
that live beside the engine and have none. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

from voice_widget.realtime.sound.cutting import heard_text
from voice_widget.realtime.state.asked import What, due
from voice_widget.realtime.wire.images import said_in

Role = Literal["user", "assistant", "system", "tool"]
_NONE: Mapping[str, Any] = MappingProxyType({})


class Message(NamedTuple):
    """One earlier turn; an interrupted answer holds only what was heard.

    Attributes:
        role: Whose it is; ``"tool"``: what a tool returned.
        text: What was said or returned.
        name: Of a tool's output: the tool.
        arguments: Of a tool's output: what it was called with, as JSON text.
        call_id: Of a tool's output: which call it answers.
        spoken: Of what a tool returned to this very turn: what the assistant had said just before.
    """

    role: Role
    text: str
    name: str = ""
    arguments: str = ""
    call_id: str = ""
    spoken: str = ""


class Question(NamedTuple):
    """What is to be answered: the user's text, what came before it, and last what tools returned to it."""

    text: str
    history: tuple[Message, ...]


@dataclass
class _Item:
    item: Mapping[str, Any]
    words: list[tuple[str, float, float | None]] = field(default_factory=list)
    """Pieces of an answer and when, within its audio, each begins and ends."""
    whole: str | None = None
    cut_ms: float | None = None
    """Only so much was heard; None: all of it."""


class Dialogue:
    """The items of one session, gathered from its events.

    Attributes:
        called_for: By ``call_id``: the user's item for which a function was called, where that is known.

    Example:
        >>> dialogue = Dialogue()
        >>> part = {"type": "input_text", "text": "Hi."}
        >>> item = {"id": "item_1", "type": "message", "role": "user", "content": [part]}
        >>> dialogue.hear({"type": "conversation.item.added", "previous_item_id": None, "item": item})
        >>> dialogue.question("item_1")
        Question(text='Hi.', history=())
    """

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._order: list[str] = []
        self.called_for: dict[str, str] = {}
        self._calls: dict[str, Mapping[str, Any]] = {}
        self._spoken: dict[str, list[str]] = {}
        """The items of each response: the speaker's events name only that."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the engine's."""
        match event["type"]:
            case "conversation.item.added" | "conversation.item.done":
                self._add(event["item"], event.get("previous_item_id"))
            case "conversation.item.deleted":
                self._forget(event["item_id"])
            case "conversation.item.input_audio_transcription.completed":
                if known := self._items.get(event["item_id"]):
                    known.whole = event["transcript"]
            case "response.output_audio_transcript.delta" | "response.output_text.delta":
                if known := self._items.get(event["item_id"]):
                    times = event.get("audio_start_ms", 0), event.get("audio_end_ms")
                    known.words.append((event["delta"], *times))
                    spoken = self._spoken.setdefault(event["response_id"], [])
                    if event["item_id"] not in spoken:
                        spoken.append(event["item_id"])
            case "output_audio_buffer.cleared":
                # What of it was heard says the truncation that follows; where none does, nothing was.
                for item_id in self._spoken.pop(event["response_id"], ()):
                    self._cut(item_id, 0)
            case "output_audio_buffer.stopped":
                self._spoken.pop(event["response_id"], None)
            case "conversation.item.truncated":
                self._cut(event["item_id"], event["audio_end_ms"])

    def question(self, item_id: str, given: Sequence[Any] | None = None) -> Question:
        """What is to be answered.

        Args:
            item_id: The last thing the user said; empty: nothing yet.
            given: The ``input`` of the response, if it has one: it stands in for the conversation.
        """
        if given is not None:
            known = [item for item in map(self._resolved, given) if item is not None]
        else:
            known = [self._items[name] for name in self._order]
        items = [_as_heard(item) for item in known]
        if given is not None:
            return question(items, None, self._calls)
        theirs = [call_id for call_id, whose in self._whose().items() if whose not in ("", item_id)]
        return question(items, item_id, self._calls, theirs)

    def asked(self, item_id: str) -> str:
        """Which of the user's items is to be answered now: see `due`.

        Args:
            item_id: The last one.
        """
        whose, behind = self._whose(), False
        since: list[tuple[What, str]] = []
        if item_id in self._items and not _content(_as_heard(self._items[item_id])):
            since.append(("said", item_id))  # nothing was understood: there is nothing to be answered
        for name in self._order:
            item = self._items[name].item
            kind, call_id = item.get("type", "message"), str(item.get("call_id"))
            behind = behind or name == item_id
            if behind and item.get("role") == "assistant":
                since.append(("said", item_id))
            elif behind and kind in ("function_call", "function_call_output") and whose.get(call_id):
                since.append(("called" if kind == "function_call" else "gave", whose[call_id]))
        return due(item_id, since)

    def answered(self, item_id: str) -> tuple[Message, ...] | None:
        """All that was said, if the user's last item has its answer already and no tool has returned since.

        Args:
            item_id: The last thing the user said.

        Example:
            >>> Dialogue().answered("item_1")
        """
        items = [_as_heard(self._items[name]) for name in self._order]
        place = next((n for n, item in enumerate(items) if item.get("id") == item_id), None)
        if place is None or (since := answered(items[place:], self._calls)) is None:
            return None
        said = [_said(item, self._calls) for item in items[:place]]
        return (*(message for message in said if message is not None), *since)

    def _whose(self) -> dict[str, str]:
        """For which of the user's items each function was called: the last one before it, if nobody knows."""
        whose, last = dict[str, str](), ""
        for name in self._order:
            item = self._items[name].item
            last = name if item.get("role") == "user" else last
            if item.get("type") == "function_call":
                whose[str(item.get("call_id"))] = last
        return {**whose, **self.called_for}

    def _add(self, item: Mapping[str, Any], previous: str | None) -> None:
        item_id = item["id"]
        known = self._items.get(item_id)
        if known is not None:
            known.item = item
        else:
            self._items[item_id] = _Item(item)
            if previous is None:
                place = 0
            elif previous in self._items:
                place = self._order.index(previous) + 1
            else:
                place = len(self._order)
            self._order.insert(place, item_id)
        self._calls.update(_calls([item]))

    def _forget(self, item_id: str) -> None:
        if self._items.pop(item_id, None) is not None:
            self._order.remove(item_id)

    def _cut(self, item_id: str, end_ms: float) -> None:
        if known := self._items.get(item_id):
            known.cut_ms = end_ms

    def _resolved(self, item: Any) -> _Item | None:
        if not isinstance(item, Mapping):
            return None
        if item.get("type") == "item_reference" or (
            item.get("id") in self._items and not item.get("content")
        ):
            return self._items.get(str(item.get("id")))
        return _Item(item)


def answered(
    items: Sequence[Mapping[str, Any]], calls: Mapping[str, Mapping[str, Any]] = _NONE
) -> tuple[Message, ...] | None:
    """What the user said last and all since, if an answer is there and no tool has returned behind it.

    Args:
        items: From the user's item on.
        calls: Functions called that stand outside of these items, by ``call_id``.
    """
    said = [_said(item, {**calls, **_calls(items)}) for item in items]
    roles = [message.role for message in said[1:] if message is not None]
    if "assistant" not in roles or "tool" in roles[roles.index("assistant") :]:
        return None
    return tuple(message for message in said if message is not None)


def question(
    items: Sequence[Mapping[str, Any]],
    item_id: str | None,
    calls: Mapping[str, Mapping[str, Any]] = _NONE,
    theirs: Collection[str] = (),
) -> Question:
    """What is to be answered in a conversation.

    Args:
        items: The conversation as items of the protocol; of an interrupted answer what was heard.
        item_id: The last thing the user said; None: whatever stands last of theirs.
        calls: Functions called that stand outside of these items, by ``call_id``.
        theirs: Those called for other questions, by ``call_id``: what they gave is no answer to this one.

    Example:
        >>> part = {"type": "input_text", "text": "Hi."}
        >>> question([{"id": "item_1", "type": "message", "role": "user", "content": [part]}], "item_1")
        Question(text='Hi.', history=())
    """
    calls = {**calls, **_calls(items)}
    said = [_said(item, calls) for item in items]
    asked = [
        place
        for place, item in enumerate(items)
        if item.get("role") == "user" and item_id in (None, item.get("id"))
    ]
    place = asked[-1] if asked else len(said)
    before = _some(said[:place])
    mine = [None if message and message.call_id in theirs else message for message in said[place + 1 :]]
    meanwhile, since = ([], _some(mine)) if item_id is None else _apart(items[place + 1 :], mine)
    before += [*meanwhile, *(message for message in since if message.role == "system")]
    wanted = said[place] if asked else None
    return Question(wanted.text if wanted else "", (*before, *_outputs(since)))


def _apart(
    items: Sequence[Mapping[str, Any]], said: Sequence[Message | None]
) -> tuple[list[Message], list[Message]]:
    """What was said from the user's next item on, where a tool gave something only then; and the rest."""
    next_one = next((n for n, item in enumerate(items) if item.get("role") == "user"), len(items))
    behind = _some(said[next_one:])
    outputs = [message for message in behind if message.role == "tool"]
    if not outputs:
        return [], _some(said)
    return [message for message in behind if message.role != "tool"], [*_some(said[:next_one]), *outputs]


def _some(said: Iterable[Message | None]) -> list[Message]:
    return [message for message in said if message is not None]


def _said(item: Mapping[str, Any], calls: Mapping[str, Mapping[str, Any]]) -> Message | None:
    """An item as a message; None if nothing was said."""
    kind = item.get("type", "message")
    if kind == "function_call_output":
        call_id = str(item.get("call_id") or "")
        call = calls.get(call_id, {})
        name, arguments = (str(call.get(name) or "") for name in ("name", "arguments"))
        return Message("tool", str(item.get("output") or ""), name, arguments, call_id)
    if kind != "message" or item.get("role") not in ("user", "assistant", "system"):
        return None
    text = _content(item)
    return Message(cast(Role, item["role"]), text) if text else None


def _outputs(since: Iterable[Message]) -> Iterator[Message]:
    """What tools have returned; what the assistant said on the way stands with the output that followed."""
    spoken: list[str] = []
    for message in since:
        if message.role == "assistant":
            spoken.append(message.text)
        elif message.role == "tool":
            yield message._replace(spoken=" ".join(spoken))
            spoken.clear()


def _calls(items: Any) -> dict[str, Mapping[str, Any]]:
    return {str(item.get("call_id")): item for item in items if item.get("type") == "function_call"}


def _as_heard(known: _Item) -> Mapping[str, Any]:
    """The item with what was heard of it."""
    text = known.whole
    if known.words:
        text = heard_text(known.words, known.cut_ms)
    return known.item if text is None else {**known.item, "content": [{"type": "text", "text": text}]}


def _content(item: Mapping[str, Any]) -> str:
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return " ".join(said_in(part) for part in parts if isinstance(part, Mapping)).strip()
