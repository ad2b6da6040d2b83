"""What one response of a scripted session sends, in the order and with the fields of captured sessions."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from voice_widget.realtime.script import Exchange, McpStep
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.usage import usage_told

WORD_MS = 300  # every word of an answer lasts so long
SAMPLE_RATE = 24_000

Kind = str
Fields = dict[str, Any]


@dataclass(frozen=True)
class Playing:
    """Something that happens while, or because, an answer is played."""

    item_id: str
    act: Callable[[], None]

    def __call__(self) -> None:
        """Let it happen."""
        self.act()


class Reply:
    """The one response being made.

    Args:
        response_id: Its id.
        item_id: The id of the item that it makes.
        asked: What it answers.
        exchange: Where it stands in the script, if it does.
        mcp: What an MCP server is asked in it.
    """

    def __init__(
        self,
        response_id: str,
        item_id: str,
        asked: str | None,
        exchange: Exchange | None,
        mcp: McpStep | None = None,
    ) -> None:
        self.id, self.item, self.asked, self.exchange, self.mcp = response_id, item_id, asked, exchange, mcp
        self.text = self.reason = ""
        self.calls: list[Event] = []
        self.error: Event | None = None
        self.used: Any = None
        self.done = self.due = False
        self.output: list[Event] = []
        self.total_ms = 0

    def said(self, before: str | None, shown: str | None, *, sideband: bool) -> Iterator[tuple[Kind, Fields]]:
        """The message; nothing where there is no text.

        Args:
            before: The item before it.
            shown: What ``conversation.item.done`` shows of that.
            sideband: No sound, but when it is played.
        """
        words, where = self.text.split(), {"response_id": self.id, "output_index": 0}
        if not words:
            return
        part = {**where, "item_id": self.item, "content_index": 0}
        item = {"id": self.item, "type": "message", "role": "assistant", "content": []}
        begun = {**item, "status": "in_progress"}
        yield "response.output_item.added", {**where, "item": begun}
        yield "conversation.item.added", {"item": begun, "previous_item_id": before}
        yield "response.content_part.added", {**part, "part": {"type": "audio", "transcript": ""}}
        for word in words:
            delta = word if not self.total_ms else f" {word}"
            times = {"audio_start_ms": self.total_ms, "audio_end_ms": self.total_ms + WORD_MS}
            yield "response.output_audio_transcript.delta", {**part, "delta": delta, **times}
            if not sideband:
                yield "response.output_audio.delta", {**part, "delta": _murmur(WORD_MS)}
            self.total_ms += WORD_MS
        if sideband:
            yield "output_audio_buffer.started", {"response_id": self.id}
        content = [{"type": "output_audio", "transcript": self.text}]
        made: Event = {**item, "status": "completed", "content": content}
        self.output = [made]
        yield "response.output_audio.done", part
        yield "response.output_audio_transcript.done", {**part, "transcript": self.text}
        yield "response.content_part.done", {**part, "part": {"type": "audio", "transcript": self.text}}
        yield "conversation.item.done", {"item": made, "previous_item_id": shown}
        yield "response.output_item.done", {**where, "item": made}

    def called(
        self, call: Event, item_id: str, call_id: str, before: str | None, shown: str | None
    ) -> Iterator[tuple[Kind, Fields]]:
        """The call of a tool, behind what was said in the same response."""
        name, arguments = call.get("name", ""), call.get("arguments", "{}")
        item = {"id": item_id, "type": "function_call", "call_id": call_id, "name": name}
        begun = {**item, "status": "in_progress", "arguments": ""}
        where = {"response_id": self.id, "output_index": len(self.output)}
        part = {**where, "item_id": item_id, "call_id": call_id}
        yield "response.output_item.added", {**where, "item": begun}
        yield "conversation.item.added", {"item": begun, "previous_item_id": before}
        yield "response.function_call_arguments.delta", {**part, "delta": arguments}
        yield "response.function_call_arguments.done", {**part, "name": name, "arguments": arguments}
        made: Event = {**item, "status": "completed", "arguments": arguments}
        self.output.append(made)
        yield "conversation.item.done", {"item": made, "previous_item_id": shown}
        yield "response.output_item.done", {**where, "item": made}

    def resource(self, status: str, config: Fields, conversation_id: str, error: Event | None) -> Event:
        """The response as an object; ``config`` is the session's."""
        details: Event | None = None if status == "in_progress" else {"type": status}
        if details is not None and self.reason:
            details["reason"] = self.reason
        if details is not None and error:
            details["error"] = error
        output = config["audio"]["output"]
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": status,
            "status_details": details,
            "output": self.output,
            "conversation_id": conversation_id,
            "output_modalities": ["audio"],
            "max_output_tokens": config["max_output_tokens"],
            "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
            "metadata": None,
            "usage": None if details is None else usage_told(self.used),
        }


@cache
def _murmur(ms: int) -> str:
    # As good as silent, and no zeros: those would be told as a fault of the voice.
    return base64.b64encode(b"\x01\x00" * (SAMPLE_RATE * ms // 1000)).decode("ascii")
