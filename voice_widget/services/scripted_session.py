"""One session of the scripted service: the protocol's events of each exchange.

The order of the events and their fields are those of captured sessions of OpenAI and Azure. Two things stand
in no capture: that a cancelled response ends with ``response.done`` alone (documents; a service sends more
before it), and that an answer which is talked over has come whole before (a guess: it makes the times plain).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Protocol

from voice_widget.errors import ProtocolError
from voice_widget.realtime.script import Exchange, McpStep, Script
from voice_widget.realtime.settings.settings import UNSET, SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Capabilities
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted_mcp import ScriptedMcp
from voice_widget.services.scripted_reply import Playing, Reply

PAUSE_MS = 500  # from the end of an answer to the next question


class Scripted(Protocol):
    """What a session reads of its service, each time anew."""

    script: Script
    clock: ManualClock
    capabilities: Capabilities


class ScriptedConnection(ScriptedMcp):
    """One session of a `Scripted` service. Time goes on only while somebody waits for an event."""

    def __init__(
        self, service: Scripted, number: int, config: SessionConfig, *, sideband: bool = False
    ) -> None:
        super().__init__(service.clock, f"s{number}")
        self._service = service
        if config.transcription is UNSET:
            config = replace(config, transcription={"model": "scripted"})
        self._config = config
        self._exchanges = iter(service.script.exchanges)
        self._last_item: str | None = None
        self._asked_for: list[str] = []  # the user's items: as at our engine, a tool's result is no question
        self._typed = ""
        self._reply: Reply | None = None
        self._waits_for_client = False
        self._open_exchange: Exchange | None = None  # goes on once its tool has answered
        self._first: str | None = None
        self._asked: dict[str, McpStep] = {}  # by the request that asks for leave
        self._listed: set[str] = set()
        self._then = ""  # is said once a server was called
        self._sideband = sideband
        self._playing: tuple[Reply, float] | None = None  # what the page of a call hears, and since when
        self._session_id = self._id("sess")
        if not sideband:  # capture: who attaches to a call is not greeted
            self._emit("session.created", session=self._session())
        self._after(0, self._next)

    def _is_at_work(self) -> bool:
        asked = self._reply is not None and self._reply.due and not self._reply.done
        return asked or self._waits_for_client

    # --- the script ---

    def _next(self) -> None:
        exchange = next(self._exchanges, None)
        if exchange is None:
            return
        user, start = self._id("item"), self.audio_ms()
        self._emit("input_audio_buffer.speech_started", audio_start_ms=round(start), item_id=user)
        self._cut_short()
        for number, text in enumerate(exchange.partials, 1):
            report = partial(self._emit, "voice_widget.transcription.partial", item_id=user, text=text)
            self._after(exchange.hear_ms * number / (len(exchange.partials) + 1), report)
        self._after(exchange.hear_ms, lambda: self._heard(exchange, user))

    def _heard(self, exchange: Exchange, user: str) -> None:
        self._emit("input_audio_buffer.speech_stopped", audio_end_ms=round(self.audio_ms()), item_id=user)
        self._emit("input_audio_buffer.committed", item_id=user, previous_item_id=self._last_item)
        self._add_item(
            {
                "id": user,
                "type": "message",
                "role": "user",
                "status": "completed",
                "content": [{"type": "input_audio", "transcript": None}],
            }
        )
        self._emit(
            "conversation.item.input_audio_transcription.completed",
            item_id=user,
            content_index=0,
            transcript=exchange.hear,
            usage={"type": "duration", "seconds": exchange.hear_ms / 1000},
        )
        self._respond(exchange.say, exchange, mcp=exchange.mcp)

    def _respond(
        self, text: str, exchange: Exchange | None, wanted: Event | None = None, mcp: McpStep | None = None
    ) -> None:
        self._waits_for_client = False
        asked = self._asked_for[-1] if self._asked_for else None
        reply = self._reply = Reply(self._id("resp"), self._id("item"), asked, exchange, mcp)
        gap_ms = exchange.gap_ms if exchange else 0
        self._emit("response.created", response=self._response(reply, "in_progress"))
        self._after(gap_ms, lambda: self._ready(reply))
        if text:
            reply.text, reply.done = text, True
        else:
            wanted = wanted or {}
            self._emit(
                "voice_widget.reply.requested",
                response_id=reply.id,
                item_id=reply.asked,
                instructions=wanted.get("instructions") or self._config.instructions or "",
                tools=list(self._config.tools or ()),
                tool_choice=wanted.get("tool_choice") or self._config.tool_choice or "auto",
                **({"input": wanted["input"]} if wanted.get("input") is not None else {}),
            )

    def _ready(self, reply: Reply) -> None:
        """The gap is over: speak, if the text is there."""
        reply.due = True
        if reply is not self._reply or not reply.done:
            return
        if reply.error:
            self._finish(reply, "failed", {"type": "server_error", **reply.error})
        elif reply.calls:
            self._call_tools(reply)
        elif reply.mcp is not None:
            self._call_server(reply, reply.mcp)
        else:
            self._say(reply)
            self._finish(reply, "completed")

    def _say(self, reply: Reply) -> None:
        for kind, fields in reply.said(self._last_item, self._before_done(), sideband=self._sideband):
            self._emit(kind, **fields)
        if reply.output:
            self._put(reply.item)

    def _call_tools(self, reply: Reply) -> None:
        self._say(reply)
        for call in reply.calls:
            item_id = self._id("item") if reply.output else reply.item
            call_id = call.get("call_id") or self._id("call")
            for kind, fields in reply.called(call, item_id, call_id, self._last_item, self._before_done()):
                self._emit(kind, **fields)
            self._put(item_id)
        self._waits_for_client = True
        self._finish(reply, "completed")

    def _finish(self, reply: Reply, status: str, error: Event | None = None) -> None:
        self._reply = None
        self._emit("response.done", response=self._response(reply, status, error))
        if status == "completed":
            self._emit("rate_limits.updated", rate_limits=[])  # capture: it comes; here is nothing to limit
        exchange, total_ms = reply.exchange, reply.total_ms
        behind_ms = self._playing_ms()  # what was made before it sounds first
        if total_ms and self._sideband:
            self._playing = reply, self.audio_ms()
            self._after(total_ms, Playing(reply.item, self._heard_out))
        elif total_ms:  # the kernel's ledger learns that it plays, and has played
            for moment in (1, total_ms):
                self._after(behind_ms + moment, Playing(reply.item, self._tick))
        if self._waits_for_client:
            self._open_exchange = exchange
        if self._waits_for_client or exchange is None:
            return
        talked_over = exchange.interrupt_ms if total_ms else None
        goes_on = total_ms + PAUSE_MS if talked_over is None else min(talked_over, total_ms)
        self._after(behind_ms + goes_on, self._next)

    def _heard_out(self) -> None:
        if self._playing is not None:
            self._emit("output_audio_buffer.stopped", response_id=self._playing[0].id)
            self._playing = None

    def _cut_short(self, item_id: str | None = None) -> None:
        """What is played is heard no further: to a call (documents) it is cleared and cut at what was."""
        self._stop_playing(item_id)
        if self._playing is None or item_id not in (None, self._playing[0].item):
            return
        (reply, began_ms), self._playing = self._playing, None
        self._emit("output_audio_buffer.cleared", response_id=reply.id)
        heard_ms = round(self.audio_ms() - began_ms)
        if heard_ms > 0:
            cut = {"content_index": 0, "audio_end_ms": min(heard_ms, reply.total_ms)}
            self._emit("conversation.item.truncated", item_id=reply.item, **cut)

    # --- client events ---

    def _on_session_update(self, event: Event) -> None:
        try:
            self._config = self._config.merged(event.get("session") or {})
        except ProtocolError as error:
            self._error(event, error.code, error.message)
            return
        voices, voice = self._service.capabilities.voices, self._config.voice
        if voices and voice and voice not in voices:
            self._error(event, "invalid_value", f"Unknown voice {voice!r}.")
            return
        self._emit("session.updated", session=self._session())
        self._list_servers(self._service.script)

    def _on_conversation_item_create(self, event: Event) -> None:
        item = dict(event.get("item") or {})
        item.setdefault("id", self._id("item"))
        if item.get("type") != "function_call_output":  # capture: that has none
            item["status"] = "completed"
        if item.get("role") == "user":
            self._typed = " ".join(str(part.get("text") or "") for part in item.get("content") or ())
        self._add_item(item, event.get("previous_item_id"))
        if item.get("type") == "mcp_approval_response":
            self._on_approval(item)

    def _on_response_create(self, event: Event) -> None:
        if self._reply is not None:
            self._error(event, "conversation_already_has_active_response", "A response is in progress.")
            return
        wanted = event.get("response") or {}
        if wanted.get("conversation") == "none":
            self._error(event, "invalid_value", "The scripted service makes no response out of band.")
            return
        typed, self._typed = self._typed, ""
        exchanges = self._service.script.exchanges
        known = next((x for x in exchanges if typed and x.hear.lower() == typed.lower()), None)
        exchange, self._open_exchange = self._open_exchange, None
        text = str(wanted.get("text") or (known.say if known else self._then))
        self._then = ""
        self._respond(text, exchange, wanted, known.mcp if known else None)

    def _on_response_cancel(self, event: Event) -> None:
        if self._reply is None:
            self._error(event, "response_cancel_not_active", "No response is active.")
        else:
            self._reply.reason = "client_cancelled"
            self._finish(self._reply, "cancelled")

    def _on_conversation_item_truncate(self, event: Event) -> None:
        self._cut_short(event.get("item_id"))
        names = ("item_id", "content_index", "audio_end_ms")
        self._emit("conversation.item.truncated", **{name: event.get(name) for name in names})

    def _on_conversation_item_delete(self, event: Event) -> None:
        self._asked_for = [item_id for item_id in self._asked_for if item_id != event.get("item_id")]
        self._emit("conversation.item.deleted", item_id=event.get("item_id"))

    def _on_output_audio_buffer_clear(self, event: Event) -> None:
        self._cut_short()

    def _on_input_audio_buffer_append(self, event: Event) -> None:
        """Heard, but the script says what."""

    def _on_input_audio_buffer_commit(self, event: Event) -> None:
        self._error(event, "input_audio_buffer_commit_empty", "The script speaks, not the samples.")

    def _on_input_audio_buffer_clear(self, event: Event) -> None:
        self._emit("input_audio_buffer.cleared")

    def _on_voice_widget_reply_delta(self, event: Event) -> None:
        if self._reply and self._reply.id == event.get("response_id") and not self._reply.done:
            self._reply.text += str(event.get("delta", ""))

    def _on_voice_widget_reply_call(self, event: Event) -> None:
        if self._reply and self._reply.id == event.get("response_id") and not self._reply.done:
            self._reply.calls.append(event)

    def _on_voice_widget_reply_done(self, event: Event) -> None:
        reply = self._reply
        if reply is None or reply.id != event.get("response_id") or reply.done:
            return
        reply.done, reply.error, reply.used = True, event.get("error"), event.get("usage")
        if reply.due:
            self._ready(reply)

    # --- small things ---

    def _add_item(self, item: Event, behind: str | None = None) -> None:
        previous = self._last_item if behind is None else behind if behind != "root" else None
        for what in ("added", "done"):
            self._emit(f"conversation.item.{what}", item=item, previous_item_id=previous)
        if item.get("role") == "user":
            place = self._asked_for.index(previous) + 1 if previous in self._asked_for else None
            self._asked_for.insert(len(self._asked_for) if place is None else place, item["id"])
        if behind in (None, self._last_item):
            self._put(item["id"])

    def _put(self, item_id: str) -> None:
        self._last_item, self._first = item_id, self._first or item_id

    def _before_done(self) -> str | None:
        """Capture: null in the ``done`` of what a response made behind the conversation's first item."""
        return None if self._last_item == self._first else self._last_item

    def _session(self) -> Event:
        return self._config.full(self._session_id, self._origin + 3600)

    def _response(self, reply: Reply, status: str, error: Event | None = None) -> Event:
        return reply.resource(status, self._session(), f"{self._prefix}_conv", error)
