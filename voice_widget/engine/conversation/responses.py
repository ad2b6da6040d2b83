"""One response: what it holds, and the events from ``created`` to ``done``. Pure."""

from __future__ import annotations

from typing import Any, Literal

from voice_widget.engine.conversation.actions import Action
from voice_widget.engine.conversation.items import Item, Items, copied
from voice_widget.engine.conversation.message import Message
from voice_widget.engine.conversation.plans import CHARACTERS_PER_TOKEN, Plan
from voice_widget.engine.conversation.wire import Wire
from voice_widget.realtime.wire.usage import usage_told

Status = Literal["completed", "cancelled", "failed", "incomplete"]
Reason = Literal["turn_detected", "client_cancelled", "max_output_tokens"]

_AUDIO_MS_PER_TOKEN = 50


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
        self.used: Any = None
        """What its model used, as the agent told it."""
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
            shown = self._items.shown_when_done(before)
            out.append(self._wire.send("conversation.item.done", previous_item_id=shown, item=copied(item)))
        return [*out, self._wire.send("response.output_item.done", **at, item=copied(item))]

    def end(self, failure: dict[str, str] | None = None, used: Any = None) -> list[Action]:
        """No more text comes; with a failure it ends as failed, after what there is has been spoken."""
        self.written = True
        self.failure, self.used = failure, used
        return self.message.end() if self.message else []

    def close(self, status: Status, *, reason: Reason | None = None) -> list[Action]:
        """The closing events, in whatever state it is.

        Captures: those of a whole one. Of others the documents say ``status`` and ``status_details``; that
        their messages close as whole ones do is a guess.
        """
        out: list[Action] = []
        if self.message:
            ended: Literal["completed", "incomplete"] = "completed" if status == "completed" else "incomplete"
            out = self.message.close(ended, whole=status != "incomplete")
        details: dict[str, Any] | None = None
        if status in ("cancelled", "incomplete"):
            details = {"type": status, "reason": reason}
        elif status == "failed":
            details = {"type": status, "error": self.failure}
        out.append(self._wire.send("response.done", response=self._resource(status, details)))
        if status == "completed" and self.plan.manner.modality == "audio":
            # Captures of OpenAI's sessions: one after each whole spoken answer, none after a written one; of
            # cancelled and failed ones there is none. Nothing is limited here: an invented limit would make
            # clients wait that go by it, and stock validators take a list without any.
            out.append(self._wire.send("rate_limits.updated", rate_limits=[]))
        return out

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
        return -(-(written + more) // CHARACTERS_PER_TOKEN)

    def _usage(self) -> dict[str, Any]:
        """What the agent's model used; else sizes in the protocol's unit, estimated."""
        if (told := usage_told(self.used)) is not None:
            return told
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
