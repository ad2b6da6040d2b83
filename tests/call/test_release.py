"""What a call lets go of at its end, whatever else happens then."""

from __future__ import annotations

import asyncio

import pytest

from tests.call.test_call import FakeService, Held
from voice_widget.call import release as release_module
from voice_widget.errors import ServiceRefused, ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer


class Stubborn(FakeService):
    """Does not end calls as it should."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: list[Exception | None] = []  # None: it takes for ever
        self.let = asyncio.Event()
        self.asked = asyncio.Event()

    async def hangup(self, call_id: str) -> None:
        self.asked.set()
        if self.fails:
            failure = self.fails.pop(0)
            if failure is not None:
                raise failure
            await self.let.wait()
        await super().hangup(call_id)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_module, "AGAIN_S", 0.0)


async def held_up(service: FakeService) -> Held:
    held = Held(service, transport="webrtc")
    await held.until("session.updated")
    return held


async def test_a_hang_up_that_fails_is_tried_again_and_the_sideband_is_closed() -> None:
    service = Stubborn()
    service.fails = [ServiceUnavailable("Overloaded."), ServiceUnavailable("Overloaded.")]
    held = await held_up(service)
    await held.end()
    assert service.hung_up == ["rtc_1"]
    assert held.line.closed


async def test_a_hang_up_that_is_refused_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Stubborn()
    service.fails = [ServiceRefused("No."), ServiceRefused("No.")]
    held = await held_up(service)
    await held.end()
    assert len(service.fails) == 1
    assert held.line.closed


async def test_a_hang_up_that_takes_too_long_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_module, "HANG_UP_S", 0.02)
    service = Stubborn()
    service.fails = [None]
    held = await held_up(service)
    await held.end()
    assert service.hung_up == ["rtc_1"]
    assert held.line.closed


async def test_the_sideband_is_closed_though_the_hang_up_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_module, "RELEASE_S", 0.05)
    service = Stubborn()
    service.fails = [None]
    held = await held_up(service)
    await held.end()
    assert held.line.closed


async def test_who_hangs_up_twice_hangs_up() -> None:
    service = Stubborn()
    service.fails = [None]
    held = await held_up(service)
    held.call.end()
    await asyncio.wait_for(service.asked.wait(), 20)
    held.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(held.task, 20)
    service.let.set()
    assert held.call.releasing is not None
    await asyncio.wait_for(held.call.releasing, 20)
    assert service.hung_up == ["rtc_1"]
    assert held.line.closed


async def test_a_call_that_is_hung_up_while_it_is_made_does_not_live_on() -> None:
    class Slow(FakeService):
        asked, let = asyncio.Event(), asyncio.Event()

        async def answer(self, offer: str, session: SessionConfig) -> Answer:
            self.asked.set()
            await self.let.wait()
            return await super().answer(offer, session)

    service = Slow()
    held = Held(service, transport="webrtc")
    await asyncio.wait_for(service.asked.wait(), 20)
    held.call.end()
    service.let.set()
    await asyncio.wait_for(held.task, 20)
    assert service.hung_up == ["rtc_1"]
