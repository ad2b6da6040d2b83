"""Changes of settings and their answers, which name no cause, get lost, and are caused by others too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.call.test_call import FakeService, Held
from voice_widget.call.joined import JoinedPath
from voice_widget.call.pending_updates import PendingUpdates, shows
from voice_widget.call.ways import Path
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event


def update(event_id: str, **session: Any) -> Event:
    return {"type": "session.update", "event_id": event_id, "session": session}


def updated(**session: Any) -> Event:
    return {"type": "session.updated", "session": session}


class Asking:
    """Questions that are open."""

    def __init__(self) -> None:
        self.pending = PendingUpdates()

    async def send(self, events: Any) -> None:
        for event in events:
            self.pending.leaves(event)

    async def ask(self, event: Event, seconds: float = 5.0) -> asyncio.Task[Event]:
        task = asyncio.create_task(self.pending.ask(event, self.send, seconds))
        await asyncio.sleep(0)
        return task


async def test_a_lost_answer_costs_one_change_and_no_later_one() -> None:
    asking = Asking()
    lost = await asking.ask(update("a", speed=1.2), 0.01)
    with pytest.raises(ServiceUnavailable) as raised:
        await lost
    assert (raised.value.code, "may be in force or not" in raised.value.message) == ("update_timeout", True)
    for speed in (1.3, 1.4):
        later = await asking.ask(update(f"b{speed}", speed=speed))
        asking.pending.hear(updated(speed=speed))
        assert (await asyncio.wait_for(later, 20))["session"] == {"speed": speed}


async def test_an_unanswered_beginning_costs_no_change() -> None:
    asking = Asking()
    asking.pending.leaves(update("begun_by", voice="marin"))
    later = await asking.ask(update("a", speed=1.2))
    asking.pending.hear(updated(voice="cedar", speed=1.2))
    assert (await asyncio.wait_for(later, 20))["type"] == "session.updated"


async def test_what_the_service_puts_in_other_words_is_answered_all_the_same() -> None:
    asking = Asking()
    asked = await asking.ask(update("a", speed=9.0))
    asking.pending.hear(updated(speed=1.5))
    assert (await asyncio.wait_for(asked, 20))["session"] == {"speed": 1.5}


async def test_what_others_change_is_no_answer() -> None:
    asking = Asking()
    asking.pending.shared = True
    asked = await asking.ask(update("a", speed=1.2))
    asking.pending.hear(updated(speed=1.0, voice="theirs"))
    await asyncio.sleep(0)
    assert not asked.done()
    asking.pending.hear(updated(speed=1.2, voice="theirs"))
    assert (await asyncio.wait_for(asked, 20))["session"]["speed"] == 1.2
    # Whether it was put in other words nobody can say before the time is over.
    asked = await asking.ask(update("b", speed=9.0), 0.02)
    asking.pending.hear(updated(speed=1.5))
    assert (await asyncio.wait_for(asked, 20))["session"] == {"speed": 1.5}


def test_what_a_session_does_not_show_may_be_so() -> None:
    assert shows({}, {"speed": 1})
    assert shows({"audio": {"input": {"format": {"rate": 24000}}}}, {"audio": {"input": {"format": {}}}})
    assert not shows({"tools": []}, {"tools": [{"name": "a"}]})
    assert shows({"tools": [{"name": "a", "strict": False}]}, {"tools": [{"name": "a"}]})
    assert not shows(None, {"speed": 1})


async def test_a_change_whose_answer_went_with_the_sideband_is_asked_again() -> None:
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    held.line._mute = True
    nothing = {"type": "session.update", "session": {"type": "realtime"}}
    asked = asyncio.create_task(held.call.outbox.ask(nothing))
    await held.until("session.update", 2)
    held.line.say({"type": "response.created", "response": {"id": "r"}}, ServiceUnavailable("broken"))
    assert (await asyncio.wait_for(asked, 20))["type"] == "session.updated"
    first, again = (c.sent[-1] for c in held.service.connections)
    assert first == again
    later = asyncio.create_task(held.call.outbox.ask({"type": "session.update", "session": {}}))
    assert (await asyncio.wait_for(later, 20))["type"] == "session.updated"
    await held.end()


async def test_in_a_call_that_was_joined_others_change_the_session_too() -> None:
    class Beside(Held):
        def way(self, config: SessionConfig, transport: str) -> Path:
            reached: Any = self.service
            return JoinedPath(reached, "rtc_1")

    held = Beside(FakeService())
    await held.until("session.updated")
    held.line._mute = True
    asked = asyncio.create_task(
        held.call.outbox.ask({"type": "session.update", "session": {"instructions": "Ours."}})
    )
    await held.until("session.update", 2)
    held.line.say(updated(instructions="Theirs."), updated(instructions="Ours."))
    assert (await asyncio.wait_for(asked, 20))["session"] == {"instructions": "Ours."}
    await held.end()
