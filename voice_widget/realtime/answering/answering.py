"""The assistant's side: responses, their text and tools become rows and requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering import late
from voice_widget.realtime.answering.answers import Answer, Answers, silent
from voice_widget.realtime.answering.counting import count
from voice_widget.realtime.answering.functions import Functions
from voice_widget.realtime.answering.notices import Notices
from voice_widget.realtime.answering.requests import Requests
from voice_widget.realtime.answering.sounding import Sounding
from voice_widget.realtime.state.context import Context, Recent
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.asides import apart
from voice_widget.realtime.wire.problems import failure
from voice_widget.realtime.wire.reading import (
    first_item,
    item_text,
    mends,
    part,
    says,
    sounds,
    status_of,
    stop_reason,
    usage_of,
    voice_of,
)

Event = Mapping[str, Any]


class Answering:
    """Handlers of the events about the assistant."""

    def __init__(self, context: Context, sounding: Sounding) -> None:
        self._context = context
        self._sounding = sounding
        self._answers = Answers()
        # Ids of the client events that asked for the next response, and for the next one spoken verbatim.
        self.asks: str | None = None
        self._saying: str | None = None
        self.functions = Functions(context)
        self._ended = Recent(4096)  # responses; longer than their answers are remembered
        self.requests = Requests(context)
        self._notices = Notices(context)

    # --- what we send ------------------------------------------------------------------------------

    def asked(self, event: Event) -> None:
        """We ask for a response."""
        response = event.get("response") or {}
        self._context.call.asides.sent(event)
        if apart(response):
            return
        self.asks = event.get("event_id") or ""
        if response.get("text") is not None or says(response):
            self._saying = self.asks
        self._context.fire(self._context.work, "asked")

    def refused(self, event_id: str) -> bool:
        """The service refused the event with this id; without one, the answer that is due. Was it one?"""
        self._context.call.asides.refused(event_id)
        due = not event_id and self._context.work.state == "awaited"
        event_id = event_id or self.asks or ""
        self._saying = None if event_id == self._saying else self._saying
        if event_id == self.asks:
            self.asks, due = None, True
        if due:
            self._context.fire(self._context.work, "nothing due")
        return due

    def tool_item(self, item: Event, *, ours: bool, done: bool) -> None:
        """Something of a tool is in the conversation. After the last result of ours an answer is due."""
        last = self.functions.item(item, self._answers.active, ours=ours, done=done)
        if last and self._context.work.state == "tools":
            self._context.fire(self._context.work, self.functions.then)

    # --- a response --------------------------------------------------------------------------------

    def created(self, event: Event) -> None:
        """A response begins."""
        response = part(event, "response")
        response_id = response.get("id") or ""
        answer = self._answers.begin(response_id)
        answer.out_of_band = self._context.call.asides.has(response)
        answer.voice = voice_of(response)
        if answer.created_at is None:
            answer.created_at = self._context.at
        if answer.out_of_band or answer.done:
            return
        if response_id in self._ended and self._context.work.state != "awaited":
            answer.done = answer.repeated = True
            return
        self._context.asked.begins(response_id)
        self._sounding.cuts.settle()
        if self._saying is not None or says(response):
            answer.source = "say"
        self._saying = self.asks = None
        self._answers.active = answer
        self._context.fire(self._context.work, "response")

    def output_item_added(self, event: Event) -> None:
        """A response has an item; a message becomes a row at once."""
        item = event["item"]
        item_id = item.get("id")
        answer = self._meant(event, item_id)
        self.functions.begins(answer, item_id, item)
        if not self._goes_on(answer):
            return
        if not item_id:
            self._another(answer, item)
        elif item.get("type") == "message":
            self._spoken(answer, item_id)
        elif not answer.out_of_band:
            self._context.rows.pass_by(item_id)

    def output_item_done(self, event: Event) -> None:
        """An item of a response is whole: a function call may run now."""
        item, item_id = event["item"], event["item"].get("id")
        answer = self._meant(event, item_id)
        if self._goes_on(answer) and not answer.out_of_band:
            self.functions.call(answer, item)
            self._whole(answer, item)
        elif answer.ended == "completed" and not answer.out_of_band and self.functions.is_call(item):
            self.functions.call_late(answer, item)
        elif self._turn(answer, item_id) is None:
            self._belated(answer, item_id, item_text(item))

    def arguments(self, event: Event) -> None:
        """Of a function's arguments, all or a piece. It is called when its item is done, or the response."""
        whole = event["type"].endswith(".done")
        self.functions.announce(self._meant(event), event.get("item_id"), event, whole=whole)

    def item(self, item: Mapping[str, Any], previous: str | None) -> None:
        """An assistant message is in the conversation."""
        context = self._context
        item_id, text = item["id"], item_text(item)
        turn = context.rows.get(item_id)
        if turn is None:
            unsaid = self._answers.unsaid() if text or self._answers.active is None else None
            answer = self._answers.beside(item_id)
            if answer is not None:
                answer.out_of_band = False
                if not answer.done:
                    self._answers.active = answer
                    context.fire(context.work, "response")
            elif (text or item.get("status") == "completed") and unsaid is None:
                # Put there by a client, as the history of an earlier call is: nobody says it now.
                context.rows.pass_by(item_id, previous)
                return
            else:
                answer = unsaid or self._answers.active
            if answer is not None and answer.done:
                self._belated(answer, item_id, text)
                return
            named = answer and self._named(answer, item_id)
            turn = named or self._make(item_id, answer)
        if turn.role == "assistant":
            if text and (turn.finished or not turn.text):
                late.whole(context, turn, text, None, late=turn.finished)
            context.place(turn, previous)

    def delta(self, event: Event) -> None:
        """The text goes on, also of an answer that was said to be whole: what came is kept."""
        answer = self._meant(event)
        turn = self._spoken(answer, event.get("item_id")) if self._goes_on(answer) else None
        if turn is None:
            self._late(event, answer)
            return
        if event["type"] != "response.output_text.delta":
            self._made_sound(answer)
        number = event.get("content_index")
        if number in turn.whole_parts:
            return  # the whole of it came before this piece
        start, end = event.get("audio_start_ms"), event.get("audio_end_ms")
        self._context.stream(turn, event["delta"], start, end, number, estimated=event.get("estimated"))

    def _late(self, event: Event, answer: Answer) -> None:
        turn, part_index = self._turn(answer, event.get("item_id")), event.get("content_index")
        if turn is None:
            return self._belated(answer, event.get("item_id"), event["delta"])
        if not turn.takes_more or turn.whole or part_index in turn.whole_parts:
            return
        if (
            turn.response_id != answer.response_id or answer.done
        ):  # else it is over so long that it is forgotten
            late.more(self._context, turn, event["delta"], part_index)

    def _belated(self, answer: Answer, item_id: str | None, text: str) -> None:
        """Text of an item of which nothing was heard when its response ended."""
        if text and answer.done and answer.ended == "completed" and not answer.out_of_band:
            turn = self._make(item_id or f"unnamed_{len(self._context.rows) + 1}", answer)
            turn.replace(text)
            self._sounding.ended(answer, "completed", None)

    def part_added(self, event: Event) -> None:
        """A part of a message begins: it says whether there will be sound."""
        if part(event, "part").get("type") == "audio":
            self._made_sound(self._meant(event))

    def text_done(self, event: Event) -> None:
        """The whole text, which corrects what deltas were missed, also if the response's end came first."""
        answer = self._meant(event)
        text, item_id = event.get("transcript") or event.get("text"), event.get("item_id")
        turn = self._spoken(answer, item_id) if text and self._goes_on(answer) else None
        goes_on = turn is not None
        turn = turn or self._turn(answer, item_id)
        if turn is None:
            return self._belated(answer, item_id, text or "")
        new = text and late.whole(self._context, turn, text, event.get("content_index"), late=not goes_on)
        if new and goes_on and "transcript" in event:
            self._made_sound(answer)

    def part_done(self, event: Event) -> None:
        """A part of a message is whole, with its text: for services that say it only there."""
        said = part(event, "part")
        turn = self._turn(self._meant(event), event.get("item_id"))
        if turn is None or event.get("content_index") not in turn.whole_parts:
            self.text_done(
                {**event, **{name: said[name] for name in ("transcript", "text") if said.get(name)}}
            )

    def audio_delta(self, event: Event) -> None:
        """Sound on a websocket session: only its length matters here."""
        answer = self._meant(event)
        self._made_sound(answer)
        if not self._goes_on(answer):
            return
        answer.voiced = answer.voiced or not silent(event)
        turn = self._turn(answer, event.get("item_id"))
        if turn is not None and not turn.finished:
            turn.audio_ms += self._context.call.formats.length_ms(event)

    def audio_done(self, event: Event) -> None:
        """All sound was made (not played)."""
        self._made_sound(self._meant(event))

    def done(self, event: Event) -> None:
        """A response has ended. Its sound may go on."""
        context = self._context
        response = part(event, "response")
        response_id = response.get("id") or ""
        if response_id in self._ended and self._answers.over(response_id):
            return
        awaited = self._context.work.state == "awaited"
        answer, guessed = self._answers.ending(response_id, awaited=awaited)
        if answer.done and not (answer.guessed and response_id):
            return
        answer.guessed = guessed
        if response_id:
            self._ended.add(response_id)
        response_id = answer.response_id
        status, reason = status_of(response), stop_reason(response)
        if status == "completed" and not answer.out_of_band:
            for item in response.get("output") or []:
                self.functions.call(answer, item, ends=True)
                self._whole(answer, item)
            self.functions.call_announced(answer)
        else:
            self.functions.drop(answer)
        answer.done, answer.ended = True, status
        error = failure(event) if status == "failed" else None
        self.requests.ended(response_id, status)
        self._sounding.ended(answer, status, reason)
        if not answer.counted:
            answer.counted = True
            item_id = answer.turns[0].item_id if answer.turns else first_item(response)
            told = error or answer.in_vain(status, reason, user_speaks=context.states["user_speaking"])
            count(context, answer, (status, reason), usage_of(event), told, item_id)
        if error is not None:
            context.problem(error)
        elif status == "completed" and not answer.out_of_band and not answer.unanswered:
            context.recovered()
        if answer.out_of_band:
            return
        self._notices.of(answer, status, reason)
        # Without a beginning that was seen it is the one that is waited for.
        if answer is self._answers.active or (self._answers.active is None and answer.created_at is None):
            self._saying = None if answer.created_at is None else self._saying
            self._answers.active = self.asks = None
            context.fire(context.work, "done, tools wanted" if self.functions.awaits(answer) else "done")
            self.functions.count(answer)

    def close(self) -> None:
        """The call is over."""
        self.requests.close()
        self._answers.clear()
        self.functions.close()
        self._notices.close()
        self._ended = Recent(4096)  # another session may count from 1 again
        self._answers.active = self.asks = self._saying = None

    # --- inside ------------------------------------------------------------------------------------

    def find(self, response_id: str | None, *, ends: bool = False) -> Answer | None:
        """The response that begins to sound, or ``ends`` to: the named one, or what sounds, or the latest."""
        return self._answers.sounding(response_id, self._sounding.playing if ends else None)

    def _meant(self, event: Event, item_id: str | None = None) -> Answer:
        if response_id := event.get("response_id"):
            return self._answers.get(response_id)
        return self._answers.meant(None, self._context.rows.get(item_id or event.get("item_id") or ""))

    def _goes_on(self, answer: Answer) -> bool:
        """More comes of a response that is not over, or whose end was another's."""
        if answer.done and (answer.guessed or answer.repeated):
            answer.done = answer.repeated = False
            if self._answers.active is None and not answer.out_of_band:
                self._answers.active = answer
                self._context.fire(self._context.work, "response")
        return not answer.done

    def _turn(self, answer: Answer, item_id: str | None) -> Turn | None:
        """The turn with this id; without one the last of the answer."""
        if item_id:
            return self._context.rows.get(item_id)
        return answer.turns[-1] if answer.turns else None

    def _spoken(self, answer: Answer, item_id: str | None) -> Turn | None:
        turn = self._turn(answer, item_id)
        if turn is None and answer.nameless is not None and item_id:
            turn = self._named(answer, item_id)
        if turn is not None:
            if turn.role != "assistant":
                return None
            if turn.finished and not answer.guessed:
                return self._make(item_id, answer) if item_id and answer.has_another(turn) else None
            if turn.response_id is None:
                self._join(turn, answer)
            return turn
        if answer.out_of_band:
            answer.beside.add(item_id or "")
            return None
        if item_id:
            return self._make(item_id, answer)
        return self._unnamed(answer)

    def _unnamed(self, answer: Answer) -> Turn:
        # What was said is kept, whoever said it.
        answer.nameless = self._make(f"unnamed_{len(self._context.rows) + 1}", answer)
        return answer.nameless

    def _another(self, answer: Answer, item: Mapping[str, Any]) -> None:
        """A message without an id begins after another one."""
        if (
            item.get("type") == "message"
            and answer.turns
            and answer.turns[-1].text
            and not answer.out_of_band
        ):
            self._unnamed(answer)

    def _named(self, answer: Answer, item_id: str) -> Turn | None:
        turn, answer.nameless = answer.nameless, None
        if turn is not None:
            self._context.rows.also(item_id, turn)
        return turn

    def _made_sound(self, answer: Answer) -> None:
        answer.sounds = True
        self._context.call.sounded = True

    def _make(self, item_id: str, answer: Answer | None) -> Turn:
        context = self._context
        # Some services call each of their messages the same.
        name = item_id if context.rows.get(item_id) is None else f"{item_id}_{len(context.rows) + 1}"
        turn = context.turn(name, "assistant", "speech" if answer is None else answer.source)
        context.rows.also(item_id, turn)
        turn.voice = (answer and answer.voice) or context.states["voice"] or None
        if answer is not None:
            self._join(turn, answer)
        context.show(turn)
        return turn

    def _join(self, turn: Turn, answer: Answer) -> None:
        turn.response_id, turn.goes_on = answer.response_id, self.functions.awaits(answer)
        answer.turns.append(turn)
        self._sounding.joined(answer, turn)

    def _whole(self, answer: Answer, item: Mapping[str, Any]) -> None:
        """A message with all that it says: for what was missed, or garbled, on the way."""
        text = item_text(item)
        if item.get("type", "message") != "message" or not text:
            return
        if not item.get("id") and any(turn.text for turn in answer.turns):
            return
        known = self._context.rows.get(item.get("id") or "")
        if known is not None and known.finished and known not in answer.turns and known.text == text:
            return  # what was said before, once more
        turn = self._spoken(answer, item.get("id"))
        if turn is not None and mends(text, turn.text):
            if sounds(item):
                self._made_sound(answer)
            turn.replace(text)
            self._context.show(turn)
        if turn is not None:
            turn.whole = True
