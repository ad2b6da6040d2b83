"""One response: what was asked for, what it holds, and the events from ``created`` to ``done``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_widget.engine.actions import Action
from voice_widget.engine.items import Item, Items, copied
from voice_widget.engine.message import MOST_WRITTEN, Manner, Message
from voice_widget.engine.voices import check_voice
from voice_widget.engine.wire import Wire, refusal
from voice_widget.realtime.config import SessionConfig
from voice_widget.realtime.settings import READ

Status = Literal["completed", "cancelled", "failed", "incomplete"]
Reason = Literal["turn_detected", "client_cancelled", "max_output_tokens"]

MOST_INSTRUCTIONS_BYTES = 64 << 10

_CHARACTERS_PER_TOKEN = 4
_AUDIO_MS_PER_TOKEN = 50
_PCM: Mapping[str, Any] = {"type": "audio/pcm", "rate": 24000}

# What may be put beside a response: the protocol's bounds, and only texts, which strict clients insist on.
_MOST_METADATA = 16
_LONGEST_KEY, _LONGEST_VALUE = 64, 512


@dataclass(frozen=True)
class Plan:
    """What a response is to be: the session's settings with those of ``response.create`` over them.

    ``text`` is spoken to the letter without asking the agent; ``input`` stands in for the conversation.
    """

    manner: Manner
    instructions: str
    tools: Sequence[Any]
    tool_choice: str | Mapping[str, Any] = "auto"
    max_output_tokens: int | str = "inf"
    output_format: Mapping[str, Any] = field(default_factory=lambda: dict(_PCM))
    metadata: Mapping[str, Any] | None = None
    in_conversation: bool = True
    text: str | None = None
    input: Sequence[Item] | None = None


def check_instructions(config: SessionConfig) -> None:
    """Refuse instructions with which the session's own events would not fit a data channel's message.

    Raises:
        ProtocolError: ``string_above_max_length``.
    """
    size = len((config.instructions or "").encode("utf-8", "replace"))
    if size > MOST_INSTRUCTIONS_BYTES:
        raise refusal(
            "string_above_max_length",
            f"The instructions have {size:,} bytes; at most {MOST_INSTRUCTIONS_BYTES:,} are taken.",
            param="session.instructions",
            next_step="Shorten them; give the agent its data in the kernel.",
        )


def plan(
    config: SessionConfig,
    asked: Mapping[str, Any],
    *,
    voices: Sequence[str],
    speaks: bool,
    given: Sequence[Item] | None = None,
) -> Plan:
    """Read the ``response`` of a ``response.create``; empty for an automatic answer.

    Args:
        config: The session's settings.
        asked: What the client wants otherwise; the types of its fields have been checked with its event's.
        voices: The voices there are.
        speaks: Whether there is a voice at all; without one answers are written.
        given: The items of its ``input``.

    Raises:
        ProtocolError: A field cannot be; the response is not made.
    """
    sound = (asked.get("audio") or {}).get("output") or {}

    def setting(name: str, value: Any, where: str, otherwise: Any) -> Any:
        read = READ[name](value, None, f"response.{where}")
        return otherwise if value is None else read

    voice = setting("voice", sound.get("voice"), "audio.output.voice", config.voice)
    check_voice(voice, voices, "response.audio.output.voice")
    form = setting("output_format", sound.get("format"), "audio.output.format", config.output_format) or _PCM
    modalities = setting(
        "output_modalities", asked.get("output_modalities"), "output_modalities", config.output_modalities
    )
    most = setting(
        "max_output_tokens", asked.get("max_output_tokens"), "max_output_tokens", config.max_output_tokens
    )
    choice = setting("tool_choice", asked.get("tool_choice"), "tool_choice", config.tool_choice) or "auto"
    tools = setting("tools", asked.get("tools"), "tools", config.tools) or ()
    return Plan(
        manner=Manner(
            modality="audio" if speaks and "audio" in (modalities or ["audio"]) else "text",
            voice=voice or (voices[0] if voices else None),
            speed=float(config.speed or 1.0),
            most_written=_most_written(most),
            output_format=form["type"],
        ),
        instructions=str(asked.get("instructions") or config.instructions or ""),
        tools=_offered(tools, choice),
        tool_choice=choice,
        max_output_tokens=most or "inf",
        output_format=form,
        metadata=_metadata(asked.get("metadata")),
        in_conversation=asked.get("conversation") != "none",
        text=asked.get("text"),
        input=given,
    )


def _most_written(tokens: int | str | None) -> int:
    return min(MOST_WRITTEN, tokens * _CHARACTERS_PER_TOKEN) if isinstance(tokens, int) else MOST_WRITTEN


def _metadata(asked: Mapping[str, Any] | None) -> Mapping[str, str] | None:
    """What the client wants to find beside its response."""
    good = all(
        isinstance(value, str) and len(value) <= _LONGEST_VALUE and len(name) <= _LONGEST_KEY
        for name, value in (asked or {}).items()
    )
    if not good or len(asked or ()) > _MOST_METADATA:
        raise refusal(
            "invalid_value",
            f"`response.metadata` may hold {_MOST_METADATA} texts of {_LONGEST_VALUE} characters.",
            param="response.metadata",
        )
    return asked or None


def _offered(tools: Sequence[Any], choice: Any) -> list[Any]:
    """The functions that the choice leaves: all, none, or the one that is named."""
    if choice == "none":
        return []
    # Nobody here calls an mcp server.
    functions = [tool for tool in tools if tool.get("type") == "function"]
    if isinstance(choice, Mapping):
        return [tool for tool in functions if tool["name"] == choice.get("name")]
    return functions


class Response:
    """One answer in the making.

    Args:
        wire: Makes the events.
        plan: What it is to be.
        items: The conversation.
        conversation_id: Its id.
        waits_for: User items whose text must be known before the agent is asked.
        now_ms: When it began.
    """

    def __init__(
        self,
        wire: Wire,
        plan: Plan,
        items: Items,
        *,
        conversation_id: str,
        waits_for: set[str],
        now_ms: float,
    ) -> None:
        self.id = wire.new_id("resp")
        self.plan = plan
        self.waits_for = waits_for
        self.asked = False
        """The agent was asked (or is not needed)."""
        self.written = False
        """No more text comes."""
        self.failure: dict[str, str] | None = None
        """Why it will end as failed once everything is spoken."""
        self.progress_ms = now_ms
        """When something last came of it."""
        self.alone_since_ms: float | None = None
        """Since when there has been no agent to ask."""
        self.input_tokens = 0
        """How much the agent was given to read."""
        self.message: Message | None = None
        self._wire = wire
        self._items = items if plan.in_conversation else None
        self._conversation_id = conversation_id if plan.in_conversation else None
        self._output: list[Item] = []

    @property
    def audio_ms(self) -> float:
        """How much audio was made of it."""
        return self.message.audio_ms if self.message else 0.0

    @property
    def whole(self) -> bool:
        """Whether nothing more can come of it."""
        return self.written and not (self.message and self.message.outstanding)

    def exceeds(self, *, audio_ms: float = 0.0, characters: int = 0) -> bool:
        """Whether it would be longer than it may be with so much more."""
        most = self.plan.max_output_tokens
        audio = round((self.audio_ms + audio_ms) / _AUDIO_MS_PER_TOKEN)
        return isinstance(most, int) and self._text_tokens(characters) + audio > most

    def created(self) -> list[Action]:
        """The event that it begins with."""
        return [self._wire.send("response.created", response=self._resource("in_progress"))]

    def write(self, delta: str) -> list[Action]:
        """More text of the answer. The message begins with the first text that is not blank."""
        out: list[Action] = []
        if self.message is None:
            delta = delta.lstrip()
            if not delta:
                return out
            self.message = Message(
                self._wire,
                response_id=self.id,
                output_index=len(self._output),
                manner=self.plan.manner,
                items=self._items,
            )
            self._output.append(self.message.item)
            out += self.message.open()
        return out + self.message.write(delta)

    def call(self, call_id: str, name: str, arguments: str) -> list[Action]:
        """The agent asks for a tool. What it said before is spoken now."""
        out = self.message.end() if self.message else []
        item: Item = {
            "id": self._wire.new_id("item"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": name,
            "call_id": call_id,
            "arguments": "",
        }
        at = {"response_id": self.id, "output_index": len(self._output)}
        part = {**at, "item_id": item["id"], "call_id": call_id}
        self._output.append(item)
        out.append(self._wire.send("response.output_item.added", **at, item=copied(item)))
        before = None
        if self._items is not None:
            before = self._items.append(item)
            out.append(self._wire.send("conversation.item.added", previous_item_id=before, item=copied(item)))
        item.update(status="completed", arguments=arguments)
        out.append(self._wire.send("response.function_call_arguments.delta", **part, delta=arguments))
        out.append(
            self._wire.send("response.function_call_arguments.done", **part, name=name, arguments=arguments)
        )
        if self._items is not None:
            out.append(self._wire.send("conversation.item.done", previous_item_id=before, item=copied(item)))
        return [*out, self._wire.send("response.output_item.done", **at, item=copied(item))]

    def end(self, failure: dict[str, str] | None = None) -> list[Action]:
        """No more text comes; with a failure it ends as failed, after what there is has been spoken."""
        self.written = True
        self.failure = failure
        return self.message.end() if self.message else []

    def close(self, status: Status, *, reason: Reason | None = None) -> list[Action]:
        """The closing events, in whatever state it is."""
        out: list[Action] = []
        if self.message:
            ended: Literal["completed", "incomplete"] = "completed" if status == "completed" else "incomplete"
            out = self.message.close(ended, whole=status != "incomplete")
        details: dict[str, Any] | None = None
        if status in ("cancelled", "incomplete"):
            details = {"type": status, "reason": reason}
        elif status == "failed":
            details = {"type": status, "error": self.failure}
        return [*out, self._wire.send("response.done", response=self._resource(status, details))]

    def _resource(self, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        voice = self.plan.manner.voice
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [copied(item) for item in self._output],
            "conversation_id": self._conversation_id,
            "output_modalities": [self.plan.manner.modality],
            "max_output_tokens": self.plan.max_output_tokens,
            "audio": {
                "output": {
                    "format": dict(self.plan.output_format),
                    # A voice of null is refused by strict clients.
                    **({"voice": voice} if voice else {}),
                }
            },
            "metadata": dict(self.plan.metadata) if self.plan.metadata else None,
            "usage": None if status == "in_progress" else self._usage(),
        }

    def _text_tokens(self, more: int = 0) -> int:
        written = len(self.message.text) if self.message else 0
        written += sum(len(item.get("arguments", "")) for item in self._output)
        return -(-(written + more) // _CHARACTERS_PER_TOKEN)

    def _usage(self) -> dict[str, Any]:
        """Sizes in the protocol's unit, estimated: nothing is billed here."""
        text, audio = self._text_tokens(), round(self.audio_ms / _AUDIO_MS_PER_TOKEN)
        none = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        return {
            "total_tokens": self.input_tokens + text + audio,
            "input_tokens": self.input_tokens,
            "output_tokens": text + audio,
            "input_token_details": {
                **none,
                "text_tokens": self.input_tokens,
                "cached_tokens": 0,
                "cached_tokens_details": none,
            },
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }
