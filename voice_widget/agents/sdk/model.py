"""The SDK's model of a session that runs in a talk: the talk itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Protocol, assert_never

from agents.realtime import (
    RealtimeModel,
    RealtimeModelConfig,
    RealtimeModelEvent,
    RealtimeModelItemUpdatedEvent,
    RealtimeModelListener,
    RealtimeModelSendAudio,
    RealtimeModelSendEvent,
    RealtimeModelSendInterrupt,
    RealtimeModelSendRawMessage,
    RealtimeModelSendSessionUpdate,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from agents.realtime.config import RealtimeSessionModelSettings

from voice_widget.agents.sdk.hearing import tool_item
from voice_widget.agents.sdk.settings import brought, handoffs_of
from voice_widget.realtime.wire.events import Event

Submit = Callable[[Coroutine[Any, Any, Any]], "Future[Any]"]


class Talk(Protocol):
    """The talk, as a session's model needs it. All of it on the loop of calls."""

    async def configure(self, given: dict[str, Any], handoffs: frozenset[str]) -> None:
        """Bring the agent's settings into force, now or with the call that begins."""
        ...

    async def send(self, *events: Event) -> None:
        """Send client events; those with ``response.create`` wait for the response being made."""
        ...

    async def interrupt(self, response_id: str | None, *, playback_only: bool) -> None:
        """Stop the answer and its sound, or ``playback_only`` the sound; with an id that of this response."""
        ...

    def gave(self, call_id: str, output: str) -> None:
        """A function that the session runs has given something."""
        ...


class TalkModel(RealtimeModel):
    """A model that is connected to a talk.

    `send_event` may be awaited on any loop; listeners are told on the session's.

    Args:
        talk: The talk.
        submit: Runs what the talk has to do on its own loop.
    """

    def __init__(self, talk: Talk, submit: Submit) -> None:
        self._talk, self._submit = talk, submit
        self._listeners: list[RealtimeModelListener] = []

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Begin with the agent's settings: the talk is there already."""
        await self._configure(options.get("initial_model_settings") or {})

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Tell this one, too."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """Tell this one no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def tell(self, event: RealtimeModelEvent) -> None:
        """Tell all listeners."""
        for listener in list(self._listeners):
            await listener.on_event(event)

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Do what the session wants done."""
        # First who listens to the session hears of it: that it hands over, before the other's settings come.
        await asyncio.sleep(0)
        match event:
            case RealtimeModelSendSessionUpdate():
                await self._configure(event.session_settings)
            case RealtimeModelSendToolOutput():
                await self._answered(event)
            case RealtimeModelSendUserInput():
                await self._on_talk(self._talk.send(_typed(event), {"type": "response.create"}))
            case RealtimeModelSendInterrupt():
                await self._on_talk(
                    self._talk.interrupt(event.response_id, playback_only=event.playback_only)
                )
            case RealtimeModelSendRawMessage():
                message = event.message
                raw: Event = {"type": message["type"], **message.get("other_data", {})}
                await self._on_talk(self._talk.send(raw))
            case RealtimeModelSendAudio():
                return  # the caller's sound goes its own way
            case _:
                assert_never(event)

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """The same where it is still wanted, as far as the session's own loop knows."""
        if not send_if():
            return False
        await self.send_event(event)
        return True

    async def close(self) -> None:
        """The talk is closed by its owner."""

    async def _configure(self, settings: RealtimeSessionModelSettings) -> None:
        given, handoffs = brought(settings), handoffs_of(settings)
        await self._on_talk(self._talk.configure(given, handoffs))

    async def _answered(self, event: RealtimeModelSendToolOutput) -> None:
        call = event.tool_call

        async def gave() -> None:
            self._talk.gave(call.call_id, event.output)

        await self._on_talk(gave())
        item = tool_item(call.call_id, call.name, call.arguments, call.id or "", event.output)
        await self.tell(RealtimeModelItemUpdatedEvent(item))

    async def _on_talk(self, work: Coroutine[Any, Any, None]) -> None:
        await asyncio.wrap_future(self._submit(work))


def _typed(event: RealtimeModelSendUserInput) -> Event:
    said = event.user_input
    content = [{"type": "input_text", "text": said}] if isinstance(said, str) else list(said["content"])
    return {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": content},
    }
