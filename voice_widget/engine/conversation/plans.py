"""What a response is to be: the session's settings, and what a client asks for over them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_widget.engine.conversation.items import Item
from voice_widget.engine.conversation.message import MOST_WRITTEN, Manner
from voice_widget.engine.conversation.voices import check_voice
from voice_widget.engine.conversation.wire import refusal
from voice_widget.realtime.settings.setting_values import READ
from voice_widget.realtime.settings.settings import SessionConfig

MOST_INSTRUCTIONS_BYTES = 64 << 10

CHARACTERS_PER_TOKEN = 4
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
    conversation = asked.get("conversation")
    if conversation not in (None, "auto", "none"):
        raise refusal(
            "invalid_value",
            '`response.conversation` must be "auto" or "none".',
            param="response.conversation",
        )
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
        in_conversation=conversation != "none",
        text=asked.get("text"),
        input=given,
    )


def _most_written(tokens: int | str | None) -> int:
    return min(MOST_WRITTEN, tokens * CHARACTERS_PER_TOKEN) if isinstance(tokens, int) else MOST_WRITTEN


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
