"""What talks are made of: settings, questions and their answers, speech. Each wait has a bound and a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from voice_widget.commands.check.lines import Line, names_no_other
from voice_widget.commands.check.record import OPENED, Received, member
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.sound import RATE
from voice_widget.realtime.wire.events import Event, new_id

_LEAD = bytes(RATE // 2 * 2)  # half a second: some detectors have to learn what silence is
_BRIEF_S = 5.0
_CREATED_S = 3.0


@dataclass(frozen=True)
class Plan:
    """How it is tried.

    Attributes:
        settings: What sessions begin with.
        speech: What the caller says, PCM16 at 24 kHz.
        timeout: Seconds to wait for an answer; what needs no model gets less.
        settle: Seconds at the end of a talk: what comes too late shows only if somebody waits.
    """

    settings: SessionConfig
    speech: bytes
    timeout: float = 30.0
    settle: float = 0.3

    @property
    def brief(self) -> float:
        """Seconds for what a server can do at once."""
        return min(self.timeout, _BRIEF_S)


async def begin(line: Line, plan: Plan, **more: Any) -> None:
    """Take the greeting, and set what the talk needs."""
    if line.way != "sideband":
        # On a sideband the client speaks first.
        seconds = min(plan.timeout, _CREATED_S)
        place = _opened(line)
        if await line.until(one_of("session.created"), seconds, after=place) is None:
            line.lack("no_session_created", "session.created", line.instead(seconds, place))
    settings = replace(plan.settings, **more)
    if await update(line, plan, settings.session()):
        return
    # What nobody can do without, so that the rest can be looked at.
    plain = SessionConfig(instructions=settings.instructions, tools=settings.tools)
    await update(line, plan, plain.session())


async def update(line: Line, plan: Plan, settings: Event) -> bool:
    """Set this. False: it was refused."""
    place = len(line.entries)
    wanted = {name: value for name, value in settings.items() if name != "model"}  # that is settled
    event_id = await line.send({"type": "session.update", "session": wanted})
    answer = await line.until(answer_to("session.updated", event_id=event_id), plan.brief, after=place)
    if answer is None:
        line.lack("no_session_updated", "session.updated", line.instead(plan.brief, place))
    elif answer.kind == "error":
        line.lack("update_refused", "session.update", words(answer.event))
        return False
    return True


async def ask(line: Line, plan: Plan, text: str) -> Received | None:
    """Type something and wait for the answer; gives its ``response.done``."""
    place, item_id = await say(line, text)
    done = await request(line, plan)
    if all(entry.sent for entry in line.entries[place:]):
        return None  # of a server that says nothing at all this is no news
    items = [
        r for r in line.record("").received() if r.place >= place and r.kind == "conversation.item.added"
    ]
    ids = [member(r.event, "item", "id") for r in items if member(r.event, "item", "role") == "user"]
    if not ids:
        line.lack("item_not_added", "conversation.item.added", "none for the typed question")
    elif item_id not in ids:
        line.lack("item_id_changed", "conversation.item.added", f"{ids[0]} for {item_id}", "item.id")
    return done


async def request(line: Line, plan: Plan, response: Event | None = None) -> Received | None:
    """Ask for an answer, and wait until it is over; gives its ``response.done``."""
    place = len(line.entries)
    asked: Event = {"type": "response.create"}
    event_id = await line.send(asked if response is None else {**asked, "response": response})
    begun = answer_to("response.created", "response.done", event_id=event_id)
    first = await line.until(begun, plan.timeout, after=place)
    if first is None:
        line.lack("no_answer", "response.created", line.instead(plan.timeout, place))
        return None
    if first.kind == "error":
        line.lack("request_refused", "response.create", words(first.event))
        return None
    return await finished(line, plan, place)


async def say(line: Line, text: str) -> tuple[int, str]:
    """Type something; gives the place from which on things follow from it, and the item's id."""
    place, item_id = len(line.entries), new_id("item")
    content = [{"type": "input_text", "text": text}]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    await line.send({"type": "conversation.item.create", "item": item})
    return place, item_id


async def finished(line: Line, plan: Plan, place: int) -> Received | None:
    """Wait until the answer that began is over, and has sounded; gives its ``response.done``."""
    done = await line.until(one_of("response.done"), plan.timeout, after=place)
    if done is None:
        line.lack("response_without_done", "response.done", line.instead(plan.timeout, place))
        return None
    if line.way != "websocket" and _speaks(done.event):
        await played(line, plan, place)
    return done


async def played(line: Line, plan: Plan, place: int) -> None:
    """By WebRTC the server says when an answer begins to sound, and when it has sounded."""
    if await line.until(one_of("output_audio_buffer.started"), plan.brief, after=place) is None:
        line.lack("playout_not_started", "output_audio_buffer.started", line.instead(plan.brief, place))
    else:
        over = one_of("output_audio_buffer.stopped", "output_audio_buffer.cleared")
        if await line.until(over, plan.timeout, after=place) is None:
            seen = f"none within {plan.timeout:g} s"
            line.lack("playout_not_stopped", "output_audio_buffer.stopped", seen)
    if not await line.sounds(plan.brief):
        line.lack("no_sound", "(track)", f"silence for {plan.brief:g} s")


async def hear(line: Line, plan: Plan, place: int) -> Received | None:
    """Speak, and see whether it is heard."""
    line.speak(_LEAD + plan.speech)
    seconds = speaking_s(plan) + plan.brief
    started = await line.until(one_of("input_audio_buffer.speech_started"), seconds, after=place)
    if started is None:
        line.lack("not_heard", "input_audio_buffer.speech_started", line.instead(seconds, place))
    return started


async def spoken_answer(line: Line, plan: Plan, place: int) -> None:
    """What was said is answered by itself. A pause in it may have cost a first try."""
    place = next((r.place for r in line.record("").received() if r.place >= place and _stops(r)), place)
    while True:
        first = await line.until(one_of("response.created", "response.done"), plan.timeout, after=place)
        if first is None:
            line.lack("no_answer", "response.created", line.instead(plan.timeout, place))
            return
        done = await finished(line, plan, first.place)
        if done is None or member(done.event, "response", "status") != "cancelled":
            return
        place = done.place + 1


def speaking_s(plan: Plan) -> float:
    """How long the caller speaks, in seconds."""
    return (len(_LEAD) + len(plan.speech)) / 2 / RATE


def _opened(line: Line) -> int:
    """Where the connection of now begins."""
    return max(place for place, entry in enumerate(line.entries) if member(entry.event, "type") == OPENED)


def one_of(*kinds: str) -> Callable[[Received], bool]:
    """One of these events."""
    return lambda received: received.kind in kinds


def answer_to(*kinds: str, event_id: str) -> Callable[[Received], bool]:
    """One of these, or an error that may be about this request."""

    def answers(received: Received) -> bool:
        if received.kind == "error":
            return names_no_other(received.event, event_id)
        return received.kind in kinds

    return answers


def _stops(received: Received) -> bool:
    return received.kind == "input_audio_buffer.speech_stopped"


def _speaks(done: Event) -> bool:
    """The response has a spoken message that is not cut."""
    response = done.get("response")
    if member(response, "status") != "completed" or member(response, "output_modalities") == ["text"]:
        return False
    output = member(response, "output")
    return not isinstance(output, list) or any(member(item, "type") == "message" for item in output)


def words(error: Event) -> str:
    """What an ``error`` says, however it says it."""
    said = error.get("error")
    return str(
        said if isinstance(said, str) else member(said, "message") or member(said, "code") or "no reason"
    )
