"""What a client may ask for: one function per client event, and the table that names them. Pure.

Each checks everything before it changes anything; what it refuses it raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from voice_widget.engine.conversation.actions import Action, AppendAudio, Watch
from voice_widget.engine.conversation.answers import Answers
from voice_widget.engine.conversation.floor import Floor
from voice_widget.engine.conversation.hearing import Hearing
from voice_widget.engine.conversation.items import Items, client_item, copied
from voice_widget.engine.conversation.plans import Plan, check_instructions
from voice_widget.engine.conversation.voices import check_voice
from voice_widget.engine.conversation.wire import Media, Wire, refusal
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event

MOST_AUDIO_CHARS = 1 << 20
"""The longest piece of audio in one event: some 16 s. Longer ones would hold up the calls beside it."""

MOST_WATCHED_MS = 60_000
"""Who watches for longer asks again; who is gone costs no more than this."""


class Addressed(Protocol):
    """What a command reads and changes of the conversation that it is for."""

    config: SessionConfig
    media: Media
    wire: Wire
    items: Items
    hearing: Hearing
    answers: Answers
    floor: Floor
    voices: Sequence[str]

    def plan(self, asked: Mapping[str, Any] | None = None) -> Plan:
        """How a response asked for in this way is to be made."""
        ...

    def configure(self, config: SessionConfig) -> list[Action]:
        """Take these settings for the session's."""
        ...


@dataclass(frozen=True)
class Command:
    """A client event with where it came from and what of an answer was played when it came."""

    event: Event
    event_id: str | None
    origin: str
    played_ms: float | None
    audio_ms: float | None


def _session_update(talk: Addressed, command: Command) -> list[Action]:
    config = talk.config.merged(command.event["session"])
    check_instructions(config)
    if config.voice != talk.config.voice:
        check_voice(config.voice, talk.voices, "session.audio.output.voice")
    return talk.configure(config)


def _append(talk: Addressed, command: Command) -> list[Action]:
    if talk.media == "webrtc":
        raise refusal(
            "invalid_event",
            "On a WebRTC call the audio comes by its track, not by `input_audio_buffer.append`.",
        )
    if len(command.event["audio"]) > MOST_AUDIO_CHARS:
        raise refusal(
            "message_too_large",
            f"One `input_audio_buffer.append` may carry {MOST_AUDIO_CHARS:,} characters of base64.",
            param="audio",
            next_step="Send the audio in smaller pieces, for instance of 100 ms.",
        )
    return [AppendAudio(command.event["audio"], command.event_id, command.origin)]


def _commit(talk: Addressed, command: Command) -> list[Action]:
    return talk.hearing.commit(command.event_id, command.origin)


def _clear_input(talk: Addressed, command: Command) -> list[Action]:
    return talk.floor.leave() + talk.hearing.clear()


def _clear_output(talk: Addressed, command: Command) -> list[Action]:
    if talk.media == "websocket":
        raise refusal(
            "invalid_event",
            "On a websocket session the client plays the audio.",
            next_step="Stop your player and send `conversation.item.truncate`.",
        )
    # Clearing alone would leave a hole in an answer that goes on, so it ends that answer too.
    return talk.answers.interrupt("client_cancelled", command.played_ms, command.audio_ms)


def _create_item(talk: Addressed, command: Command) -> list[Action]:
    item = client_item(command.event["item"], talk.wire.new_id)
    before = talk.items.insert(item, command.event.get("previous_item_id"))
    return [
        talk.wire.send(f"conversation.item.{what}", previous_item_id=before, item=copied(item))
        for what in ("added", "done")
    ]


def _retrieve_item(talk: Addressed, command: Command) -> list[Action]:
    item = talk.items.get(command.event["item_id"], "retrieve")
    return [talk.wire.send("conversation.item.retrieved", item=copied(item))]


def _truncate_item(talk: Addressed, command: Command) -> list[Action]:
    # Documents: what may be cut, and that more than there is, is refused; the codes are a guess.
    item_id, end_ms = command.event["item_id"], command.event["audio_end_ms"]
    talk.items.get(item_id, "truncate")
    message = talk.answers.messages.get(item_id)
    if message is None or not message.audio_ms:
        raise refusal(
            "item_truncate_invalid_item_id", f"The item {item_id!r} is no spoken answer.", param="item_id"
        )
    if end_ms > math.ceil(message.length_ms):
        raise refusal(
            "invalid_value",
            f"The item {item_id!r} has only {int(message.length_ms)} ms of audio, not {end_ms}.",
            param="audio_end_ms",
        )
    message.truncate(end_ms)
    return [
        talk.wire.send(
            "conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=int(end_ms)
        )
    ]


def _delete_item(talk: Addressed, command: Command) -> list[Action]:
    item_id = command.event["item_id"]
    talk.items.delete(item_id)
    talk.answers.messages.pop(item_id, None)
    return [talk.wire.send("conversation.item.deleted", item_id=item_id)]


def _create_response(talk: Addressed, command: Command) -> list[Action]:
    plan = talk.plan(command.event.get("response"))
    running = talk.answers.main
    if plan.in_conversation and running is not None:
        raise refusal(
            "conversation_already_has_active_response",
            f"The response {running.id!r} is in progress.",
            next_step="Wait for its `response.done`, or cancel it.",
        )
    if talk.hearing.committing:
        # The item that this is to answer does not exist yet: push-to-talk sends both at once.
        talk.answers.defer(plan, talk.hearing.committing)
        return []
    return talk.answers.start(plan, talk.hearing.awaited)


def _cancel_response(talk: Addressed, command: Command) -> list[Action]:
    return talk.answers.cancel(command.event.get("response_id"))


def _reply(talk: Addressed, command: Command) -> list[Action]:
    return talk.answers.reply(command.event)


def _playing(talk: Addressed, command: Command) -> list[Action]:
    talk.answers.kernel_plays = command.event["on"]
    return []


def _watch(talk: Addressed, command: Command) -> list[Action]:
    return [Watch(min(command.event["ms"], MOST_WATCHED_MS))]


COMMANDS: dict[str, Callable[[Addressed, Command], list[Action]]] = {
    "session.update": _session_update,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _commit,
    "input_audio_buffer.clear": _clear_input,
    "output_audio_buffer.clear": _clear_output,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.truncate": _truncate_item,
    "conversation.item.delete": _delete_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
    "voice_widget.reply.delta": _reply,
    "voice_widget.reply.call": _reply,
    "voice_widget.reply.done": _reply,
    "voice_widget.playing": _playing,
    "voice_widget.voice_activity.wanted": _watch,
}
