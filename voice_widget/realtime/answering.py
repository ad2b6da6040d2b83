"""The assistant's side: responses, their text and tools become rows and requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.changes import (
    ReplyCancelled,
    ReplyRequested,
    ResponseDone,
    ToolCallReady,
    Used,
)
from voice_widget.realtime.context import Context, Recent
from voice_widget.realtime.playout import delta_ms
from voice_widget.realtime.problems import failure
from voice_widget.realtime.records import RowStatus
from voice_widget.realtime.rows import Turn
from voice_widget.realtime.sounding import Answer, Sounding

Event = Mapping[str, Any]
# Deltas may trail their response a little; older responses than these are forgotten.
_REMEMBERED = 32
_STATUS: Mapping[str, RowStatus] = {"completed": "completed", "failed": "failed"}
SAY = "say"
"""``metadata.voice_widget`` of a ``response.create`` whose answer is spoken verbatim."""


class Answering:
    """Handlers of the events about the assistant."""

    def __init__(self, context: Context, sounding: Sounding) -> None:
        self._context = context
        self._sounding = sounding
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._active: Answer | None = None
        # Ids of the client events that asked for the next response, and for the next one spoken verbatim.
        self._asked: str | None = None
        self._saying: str | None = None
        self._called = Recent(256)
        self._ended = Recent(4096)  # responses; longer than their answers are remembered
        self._wanted: set[str] = set()
        self._requested: dict[str, None] = {}

    # --- what we send ------------------------------------------------------------------------------

    def asked(self, event: Event) -> None:
        """We ask for a response."""
        response = event.get("response") or {}
        if response.get("conversation") == "none":
            return
        self._asked = event.get("event_id") or ""
        if response.get("text") is not None or _says(response):
            self._saying = self._asked
        self._context.fire(self._context.work, "asked")

    def refused(self, event_id: str) -> None:
        """The service refused the client event with this id."""
        if event_id == self._saying:
            self._saying = None
        if event_id == self._asked:
            self._asked = None
            self._context.fire(self._context.work, "nothing due")

    def tool_answered(self, call_id: str | None, output: Any) -> None:
        """A tool's result is in the conversation. After the last one an answer is due."""
        if call_id and isinstance(output, str):
            self._context.uses.answered(call_id, output, self._context.rows.last)
        if call_id in self._wanted:
            self._wanted.discard(call_id)
            if not self._wanted:
                self._context.fire(self._context.work, "tools answered")

    # --- a response --------------------------------------------------------------------------------

    def created(self, event: Event) -> None:
        """A response begins."""
        response = event["response"]
        answer = self._answer(response.get("id") or "")
        # An explicit null means: beside the conversation. Servers that always say null prove themselves
        # wrong as soon as an item of the response enters the conversation.
        answer.out_of_band = "conversation_id" in response and response["conversation_id"] is None
        answer.voice = _voice(response)
        if answer.created_at is None:
            answer.created_at = self._context.at
        if answer.out_of_band or answer.done:
            return
        self._sounding.settle()
        if self._saying is not None or _says(response):
            answer.source = "say"
        self._saying = self._asked = None
        self._active = answer
        self._context.fire(self._context.work, "response")

    def output_item_added(self, event: Event) -> None:
        """A response has an item; a message becomes a row at once."""
        item = event["item"]
        item_id = item.get("id")
        answer = self._answer(event["response_id"])
        if not item_id or answer.done:
            return
        if item.get("type") == "message":
            self._spoken(answer, item_id)
        elif not answer.out_of_band:
            self._context.rows.pass_by(item_id)

    def output_item_done(self, event: Event) -> None:
        """An item of a response is whole: a function call may run now."""
        answer = self._answer(event["response_id"])
        if not answer.done and not answer.out_of_band:
            self._call(answer, event["item"])

    def item(self, item: Mapping[str, Any], previous: str | None) -> None:
        """An assistant message is in the conversation."""
        context = self._context
        item_id = item["id"]
        turn = context.rows.get(item_id)
        if turn is None:
            answer = next((a for a in self._answers.values() if item_id in a.beside), None)
            if answer is not None:
                answer.out_of_band = False
                if not answer.done:
                    self._active = answer
                    context.fire(context.work, "response")
            elif _item_text(item) or item.get("status") == "completed":
                # Put there by a client, as the history of an earlier call is: nobody says it now.
                context.rows.pass_by(item_id, previous)
                return
            else:
                answer = self._active
            if answer is not None and answer.done:
                return
            turn = self._make(item_id, answer)
        if turn.role == "assistant":
            if not turn.finished and not turn.text and (text := _item_text(item)):
                turn.replace(text)
                context.show(turn)
            context.place(turn, previous)

    def delta(self, event: Event) -> None:
        """The text goes on; a delta that comes after its response's end is dropped."""
        answer = self._answer(event["response_id"])
        if answer.done:
            return
        turn = self._spoken(answer, event["item_id"])
        if turn is None:
            return
        if event["type"] != "response.output_text.delta":
            self._made_sound(answer)
        self._context.stream(turn, event["delta"], event.get("audio_start_ms"), event.get("audio_end_ms"))

    def part_added(self, event: Event) -> None:
        """A part of a message begins: it says whether there will be sound."""
        if (event.get("part") or {}).get("type") == "audio":
            self._made_sound(self._answer(event["response_id"]))

    def text_done(self, event: Event) -> None:
        """The whole text, which corrects what deltas were missed."""
        answer = self._answer(event["response_id"])
        text = event.get("transcript") or event.get("text")
        if answer.done or not text:
            return
        turn = self._spoken(answer, event["item_id"])
        if turn is not None and turn.text != text:
            if "transcript" in event:
                self._made_sound(answer)
            turn.replace(text)
            self._context.show(turn)

    def audio_delta(self, event: Event) -> None:
        """Sound on a websocket session: only its length matters here."""
        answer = self._answer(event["response_id"])
        self._made_sound(answer)
        turn = self._context.rows.get(event["item_id"])
        if turn is not None and not turn.finished and not answer.done:
            turn.audio_ms += delta_ms(event, self._context.call.bytes_per_ms())

    def audio_done(self, event: Event) -> None:
        """All sound was made (not played)."""
        self._made_sound(self._answer(event["response_id"]))

    def done(self, event: Event) -> None:
        """A response has ended. Its sound may go on."""
        context = self._context
        response = event["response"]
        response_id = response.get("id") or ""
        if response_id in self._ended:
            return
        answer = self._answer(response_id)
        if answer.done:
            return
        if response_id:
            self._ended.add(response_id)
        status = response.get("status") or "completed"
        if status == "completed" and not answer.out_of_band:
            for item in response.get("output") or []:
                self._last_chance(answer, item)
        answer.done = True
        error: ErrorInfo | None = None
        if status == "failed":
            error = failure(response)
        if response_id in self._requested:
            del self._requested[response_id]
            if status != "completed":
                context.changes.append(ReplyCancelled(response_id))
        self._close_turns(answer, status, response)
        context.changes.append(
            ResponseDone(response_id, status, response.get("usage"), error, answer.out_of_band)
        )
        context.changes.append(
            Used(
                "response",
                response_id,
                answer.turns[0].item_id if answer.turns else _first_item(response),
                context.call.call_id,
                status,
                context.call.model,
                answer.created_at,
                context.at,
                response.get("usage"),
            )
        )
        if error is not None:
            context.problem(error)
        elif status == "completed" and not answer.out_of_band:
            context.recovered()
        if not answer.out_of_band and (answer is self._active or self._active is None):
            self._active = None
            context.fire(context.work, "done, tools wanted" if answer.calls else "done")
            if answer.calls and not self._wanted:
                context.fire(context.work, "tools answered")

    # --- the kernel's agent ------------------------------------------------------------------------

    def requested(self, event: Event) -> None:
        """The engine asks for a reply."""
        response_id = event["response_id"]
        self._requested[response_id] = None
        self._context.changes.append(
            ReplyRequested(
                response_id,
                event.get("item_id") or "",
                event.get("instructions") or "",
                tuple(event.get("tools") or ()),
                event.get("tool_choice") or "auto",
            )
        )

    def replied(self, event: Event) -> None:
        """We have sent the whole reply: there is nothing left to cancel."""
        self._requested.pop(event["response_id"], None)

    def close(self) -> None:
        """The call is over."""
        for response_id in self._requested:
            self._context.changes.append(ReplyCancelled(response_id))
        self._requested.clear()
        self._answers.clear()
        self._wanted.clear()
        self._called, self._ended = Recent(256), Recent(4096)  # another session may count from 1 again
        self._active = self._asked = self._saying = None

    # --- inside ------------------------------------------------------------------------------------

    def find(self, response_id: str | None) -> Answer | None:
        """The response meant by an ``output_audio_buffer`` event: the named one, or else the latest."""
        if response_id:
            return self._answer(response_id)
        return next((a for a in reversed(self._answers.values()) if not a.out_of_band), None)

    def _answer(self, response_id: str) -> Answer:
        answer = self._answers.get(response_id)
        if answer is None:
            # Also when its beginning was missed: a sideband may join late.
            answer = self._answers[response_id] = Answer(response_id)
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _spoken(self, answer: Answer, item_id: str) -> Turn | None:
        turn = self._context.rows.get(item_id)
        if turn is not None:
            if turn.finished or turn.role != "assistant":
                return None
            if turn.response_id is None:
                self._join(turn, answer)
            return turn
        if answer.out_of_band:
            answer.beside.add(item_id)
            return None
        return self._make(item_id, answer)

    def _made_sound(self, answer: Answer) -> None:
        answer.sounds = True
        self._context.call.sounded = True

    def _make(self, item_id: str, answer: Answer | None) -> Turn:
        context = self._context
        turn = context.turn(item_id, "assistant", "speech" if answer is None else answer.source)
        turn.voice = (answer and answer.voice) or context.states["voice"] or None
        if answer is not None:
            self._join(turn, answer)
        context.show(turn)
        return turn

    def _join(self, turn: Turn, answer: Answer) -> None:
        turn.response_id = answer.response_id
        answer.turns.append(turn)
        self._sounding.joined(answer, turn)

    def _call(self, answer: Answer, item: Mapping[str, Any]) -> None:
        call_id, name = item.get("call_id"), item.get("name")
        if (
            item.get("type") != "function_call"
            or item.get("status") == "incomplete"
            or not call_id
            or not name
        ):
            return
        if self._called.add(call_id):
            answer.calls += 1
            self._wanted.add(call_id)
            item_id, arguments = item.get("id") or "", item.get("arguments") or "{}"
            self._context.uses.called(item_id, call_id, name, arguments, self._context.rows.last)
            self._context.changes.append(ToolCallReady(call_id, name, arguments, answer.response_id, item_id))

    def _last_chance(self, answer: Answer, item: Mapping[str, Any]) -> None:
        """The finished response shows all of it again: for what was missed on the way."""
        self._call(answer, item)
        text = _item_text(item)
        if item.get("type") == "message" and item.get("id") and text:
            turn = self._spoken(answer, item["id"])
            if turn is not None and not turn.text:
                if _sounds(item):
                    self._made_sound(answer)
                turn.replace(text)

    def _close_turns(self, answer: Answer, status: str, response: Mapping[str, Any]) -> None:
        reason = (response.get("status_details") or {}).get("reason")
        stopped = status == "cancelled" and reason in ("turn_detected", "client_cancelled", None)
        final = _STATUS.get(status, "incomplete")
        for turn in answer.turns:
            if not turn.finished:
                turn.status = final
                turn.interrupted = turn.interrupted or stopped
        self._sounding.made(answer, cancelled=status in ("cancelled", "failed"))
        for turn in answer.turns:
            if not turn.finished:
                self._context.show(turn)


def _says(response: Mapping[str, Any]) -> bool:
    return (response.get("metadata") or {}).get("voice_widget") == SAY


def _voice(response: Mapping[str, Any]) -> str | None:
    voice = ((response.get("audio") or {}).get("output") or {}).get("voice")
    name = voice.get("id") if isinstance(voice, dict) else voice
    return name if isinstance(name, str) else None


def _first_item(response: Mapping[str, Any]) -> str | None:
    return next((item["id"] for item in response.get("output") or [] if item.get("id")), None)


def _item_text(item: Mapping[str, Any]) -> str:
    return "".join(part.get("transcript") or part.get("text") or "" for part in item.get("content") or [])


def _sounds(item: Mapping[str, Any]) -> bool:
    return any(part.get("type") == "output_audio" for part in item.get("content") or [])
