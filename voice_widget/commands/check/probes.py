"""What is tried: talks over a line, as a widget would have them. Each wait has a bound and a name.

A probe says what it sends and what it waits for, and notes what did not come. What is wrong with what came is
said by the rules.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from voice_widget.commands.check.lines import Ended, Line
from voice_widget.commands.check.record import Received, member
from voice_widget.commands.check.rules.errors import BAD, COLLIDES
from voice_widget.commands.check.steps import (
    Plan,
    answer_to,
    ask,
    begin,
    hear,
    one_of,
    request,
    say,
    speaking_s,
    spoken_answer,
    update,
    words,
)
from voice_widget.realtime.wire.events import Event, new_id

QUESTION = "What is 12 times 7?"
LONG = "Count aloud from 1 to 25."
SPOKEN = "what is two plus three"
INSTRUCTIONS = (
    "This is a check of the connection. Answer in at most ten words, unless you are asked to count."
)
TOOL: Mapping[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
_RACE_S = 1.0
_UNKNOWN = "item_that_is_not_there"
_HEARD = "conversation.item.input_audio_transcription."
Probe = Callable[[Line, Plan], Awaitable[None]]


async def session(line: Line, plan: Plan) -> None:
    """Settings, and settings again."""
    await begin(line, plan)
    await update(line, plan, {"type": "realtime", "instructions": f"{INSTRUCTIONS} Be friendly."})


async def typed(line: Line, plan: Plan) -> None:
    """A typed question and its answer, twice."""
    await begin(line, plan)
    for question in (QUESTION, "And 3 times 3?"):
        if await ask(line, plan, question) is None:
            return


async def spoken(line: Line, plan: Plan) -> None:
    """A spoken question and its answer."""
    await begin(line, plan)
    place = len(line.entries)
    if await hear(line, plan, place) is None:
        return
    stopped = await line.until(
        one_of("input_audio_buffer.speech_stopped"), speaking_s(plan) + plan.brief, after=place
    )
    if stopped is None:
        seen = line.instead(speaking_s(plan) + plan.brief, place)
        line.lack("no_speech_stopped", "input_audio_buffer.speech_stopped", seen)
    elif await line.until(one_of("input_audio_buffer.committed"), plan.brief, after=place) is None:
        line.lack("not_committed", "input_audio_buffer.committed", line.instead(plan.brief, place))
    await spoken_answer(line, plan, place)
    if isinstance(plan.settings.transcription, Mapping):
        ends = (f"{_HEARD}completed", f"{_HEARD}failed")
        if await line.until(one_of(*ends), plan.timeout, after=place) is None:
            line.lack("no_transcription", ends[0], f"nothing within {plan.timeout:g} s")


async def tool(line: Line, plan: Plan) -> None:
    """A question that needs a tool, its result, and what is made of it."""
    await begin(line, plan, tools=(TOOL,))
    place = len(line.entries)
    done = await ask(line, plan, "What is the weather in Paris? Call get_weather.")
    if done is None:
        return
    call = _call(line, place)
    if call is None:
        done = await request(line, plan, {"tool_choice": "required"})
        call = _call(line, place) if done is not None else None
    if call is None:
        line.lack("tool_not_called", "response.output_item.done", "an answer without a call")
        return
    result = {"type": "function_call_output", "call_id": call, "output": "eighteen degrees and sunny"}
    await line.send({"type": "conversation.item.create", "item": {"id": new_id("item"), **result}})
    await request(line, plan)


async def interruption(line: Line, plan: Plan) -> None:
    """An answer that the client stops, while another request comes; then another question."""
    await begin(line, plan)
    place = len(line.entries)
    heard = await _long_answer(line, plan)
    if heard is None:
        return
    if not _over(line, place):
        await _collide(line, plan, place)
    await _cancel(line, plan, place)
    await _cut(line, plan, place)
    await _all_over(line, plan, place)
    await ask(line, plan, QUESTION)


async def barge_in(line: Line, plan: Plan) -> None:
    """An answer that the caller talks over."""
    await begin(line, plan)
    place = len(line.entries)
    if await _long_answer(line, plan) is None:
        return
    started = await hear(line, plan, place)
    if started is None:
        return
    if line.way == "websocket":
        await _interrupted(line, plan, place, started)
        await _cut(line, plan, place)
    elif not _came(line, place, started.place, "output_audio_buffer.stopped"):
        cleared = one_of("output_audio_buffer.cleared", "output_audio_buffer.stopped")
        if await line.until(cleared, plan.brief, after=place) is None:
            seen = line.instead(plan.brief, started.place)
            line.lack("playout_not_cleared", "output_audio_buffer.cleared", seen)
    await spoken_answer(line, plan, started.place)


async def bad_requests(line: Line, plan: Plan) -> None:
    """Requests that have to be refused; then a question, for the session goes on."""
    await begin(line, plan)
    for wrong in _WRONG:
        place = len(line.entries)
        what = wrong if isinstance(wrong, str) else _short(wrong)
        try:
            if isinstance(wrong, str):
                await line.send_text(wrong, BAD)
            else:
                await line.send(wrong, BAD)
            if await line.until(one_of("error"), plan.brief, after=place) is None:
                line.lack("no_error", "error", f"{line.instead(plan.brief, place)}, for {what}")
                if line.unanswered():
                    return  # of a server that does not listen this says all
        except Ended as ended:
            if line.unanswered():
                raise  # it was not for this request
            line.lack("closed_by_bad_request", "(close)", f"{ended} That was for {what}")
            await line.close()
            await line.start()
            await begin(line, plan)
    await ask(line, plan, QUESTION)


_WRONG: tuple[Event | str, ...] = (
    {"type": "check.no_such_event"},
    {"type": "conversation.item.create"},
    {"type": "conversation.item.create", "item": "hello"},
    {"type": "session.update", "session": {"type": "realtime", "instructions": 7}},
    {"type": "conversation.item.delete", "item_id": _UNKNOWN},
    {"type": "response.cancel"},
    # These have no name that a server could read, so it need not name them.
    '{"type": ["response.create"]}',
    '{"type": "response.create", ',
)

PROBES: Mapping[str, Probe] = {
    "session": session,
    "typed": typed,
    "spoken": spoken,
    "tool": tool,
    "interruption": interruption,
    "barge-in": barge_in,
    "bad-requests": bad_requests,
}
"""All of them by the names that ``--only`` and ``--without`` take."""


async def _long_answer(line: Line, plan: Plan) -> Received | None:
    """Ask for something long, and wait until it sounds."""
    place, _ = await say(line, LONG)
    event_id = await line.send({"type": "response.create"})
    sound = "response.output_audio.delta" if line.way == "websocket" else "output_audio_buffer.started"
    begun = await line.until(answer_to(sound, "response.done", event_id=event_id), plan.timeout, after=place)
    if begun is None:
        line.lack("no_answer", sound, line.instead(plan.timeout, place))
        return None
    if begun.kind == "error":
        line.lack("request_refused", "response.create", words(begun.event))
        return None
    return begun


async def _collide(line: Line, plan: Plan, place: int) -> None:
    """A second request while a response is active is refused by name."""
    asked = len(line.entries)
    await line.send({"type": "response.create"}, COLLIDES)
    until = one_of("error", "response.done", "response.created")
    if await line.until(until, plan.brief, after=asked) is None:
        line.lack("no_error", "error", f"{line.instead(plan.brief, asked)}, for a second `response.create`")


async def _cancel(line: Line, plan: Plan, place: int) -> None:
    asked = len(line.entries)
    event_id = await line.send({"type": "response.cancel"})
    if line.way != "websocket":
        await line.send({"type": "output_audio_buffer.clear"})
    was_over = _over(line, place)
    done = await line.until(one_of("response.done"), plan.timeout, after=place)
    if done is None:
        seen = line.instead(plan.timeout, asked)
        line.lack("cancelled_without_done", "response.done", seen)
        return
    status = member(done.event, "response", "status")
    if not was_over and status == "completed":
        # It may have crossed the end of the answer; then it is refused.
        crossed = await line.until(answer_to(event_id=event_id), min(_RACE_S, plan.timeout), after=asked)
        if crossed is None:
            line.lack("cancelled_otherwise", "response.done", f'"{status}"', "response.status")
    if line.way != "websocket":
        over = one_of("output_audio_buffer.cleared", "output_audio_buffer.stopped")
        if await line.until(over, plan.brief, after=place) is None:
            line.lack("playout_not_cleared", "output_audio_buffer.cleared", line.instead(plan.brief, asked))


async def _cut(line: Line, plan: Plan, place: int) -> None:
    """By WebSocket the client plays, so it says how much of the answer was heard."""
    delta = next((r for r in line.record("").received() if r.place >= place and _is_sound(r)), None)
    if line.way != "websocket" or delta is None:
        return
    asked = len(line.entries)
    cut = {"item_id": delta.event.get("item_id"), "content_index": 0, "audio_end_ms": 20}
    event_id = await line.send({"type": "conversation.item.truncate", **cut})
    answer = answer_to("conversation.item.truncated", event_id=event_id)
    if await line.until(answer, plan.brief, after=asked) is None:
        line.lack("truncate_unanswered", "conversation.item.truncated", line.instead(plan.brief, asked))


async def _all_over(line: Line, plan: Plan, place: int) -> None:
    """A server may have kept the second request for later; wait until nothing is active."""
    received = [r for r in line.record("").received() if r.place >= place]
    created = sum(r.kind == "response.created" for r in received)
    done = [r for r in received if r.kind == "response.done"]
    if created > len(done) > 0:
        await line.until(one_of("response.done"), plan.timeout, after=done[-1].place + 1)


async def _interrupted(line: Line, plan: Plan, place: int, started: Received) -> None:
    """Speech ends a response that is being made. One that is made already, the client cuts."""
    if _came(line, place, started.place, "response.done"):
        return
    done = await line.until(one_of("response.done"), plan.timeout, after=place)
    if done is None:
        line.lack("cancelled_without_done", "response.done", line.instead(plan.timeout, started.place))
        return
    late = line.entries[done.place].at - line.entries[started.place].at
    if member(done.event, "response", "status") == "completed" and late > _RACE_S:
        line.lack("not_interrupted", "response.done", f"completed {late:.1f} s after the speech began")


def _call(line: Line, place: int) -> str | None:
    """The id of the call that was made since, by whichever event tells of it."""
    for received in line.record("").received():
        event = received.event
        if received.place < place:
            continue
        if received.kind == "response.function_call_arguments.done" and event.get("name"):
            found = event.get("call_id")
        elif member(event, "item", "type") == "function_call":
            found = member(event, "item", "call_id")
        else:
            continue
        if isinstance(found, str) and found:
            return found
    return None


def _came(line: Line, since: int, before: int, kind: str) -> bool:
    return any(r.kind == kind for r in line.record("").received() if since <= r.place < before)


def _over(line: Line, place: int) -> bool:
    return _came(line, place, len(line.entries), "response.done")


def _is_sound(received: Received) -> bool:
    return received.kind == "response.output_audio.delta" and isinstance(received.event.get("item_id"), str)


def _short(event: Event) -> str:
    return json.dumps(event)
