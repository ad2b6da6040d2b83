"""The service is asked how likely there is speech as long as a page looks at the events, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import voice_activity
from voice_widget.talk.voice_activity import TOLD, WANTED, WANTED_MS
from voice_widget.threads.loop import loop

LIKELY = [0.0, 0.1, 0.9, 1.0]
PIECE = {"type": TOLD, "audio_start_ms": 640, "step_ms": 32, "probabilities": LIKELY}


class Telling(PeerService):
    """A double that may be asked, and answers when the test says so."""

    async def connect(self, **how: Any) -> ScriptedConnection:
        line = await super().connect(**how)
        line._on_voice_widget_voice_activity_wanted = lambda event: None  # type: ignore[attr-defined]
        return line


@pytest.fixture
def open_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr(voice_activity, "_AGAIN_S", 0.0)  # each question is passed on
    stages: list[Stage] = []

    def make(*, tells: bool = True) -> Stage:
        service = Telling([], ManualClock(1.7e9))
        service.capabilities = replace(service.capabilities, voice_activity=tells)
        stages.append(Stage(service, transport="webrtc"))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def wanted(stage: Stage) -> list[Any]:
    """What the service was asked, on all its connections."""
    return [
        event["ms"]
        for line in stage.talk.service.connections
        for event in line.received
        if event["type"] == WANTED
    ]


def look(page: FakePage) -> None:
    page.say("events.wanted", request_id="r", after=0, edition=0, activity_after=0)


def tell(stage: Stage, **fields: Any) -> None:
    """The service tells a piece of it."""
    (line,) = stage.talk.service.connections

    def put() -> None:
        line._outbox.append({**PIECE, **fields, "event_id": str(fields)})
        line._wake.set()

    loop().call_soon_threadsafe(put)


def test_it_is_asked_for_while_a_page_looks_and_not_before(open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()
    page, other = FakePage(stage), FakePage(stage, "page_2")
    look(page)  # without a call there is nobody to ask
    page.call()
    stage.talk.update(voice="one").result(10)
    assert wanted(stage) == []
    look(page)
    stage.wait(lambda: len(wanted(stage)) == 1)
    look(other)  # any page will do
    stage.wait(lambda: len(wanted(stage)) == 2)
    assert set(wanted(stage)) == {WANTED_MS}
    # Once the call is over nobody is asked, whoever looks.
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    look(page)
    page.call()
    assert len(wanted(stage)) == 2


def test_pages_that_ask_often_are_passed_on_now_and_then(
    open_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_activity, "_AGAIN_S", 60.0)
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    for _ in range(20):
        look(page)
    stage.talk.update(voice="one").result(10)  # handled after them
    assert len(wanted(stage)) == 1


def test_a_service_that_does_not_know_it_is_never_asked(open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(tells=False)
    page = FakePage(stage)
    page.call()
    look(page)
    stage.talk.update(voice="one").result(10)
    assert wanted(stage) == []
    assert stage.talk.activity.since(0) is None


def test_what_comes_has_the_time_of_its_samples_and_is_kept_nowhere_else(
    open_stage: Callable[..., Stage],
) -> None:
    stage = open_stage()
    page = FakePage(stage)
    page.call()
    activity = stage.talk.activity
    tell(stage)
    stage.wait(lambda: activity.since(0)["next"] == 1)
    tell(stage, audio_start_ms=768)
    stage.wait(lambda: activity.since(0)["next"] == 2)
    first, second = activity.since(0)["pieces"]
    assert first["probabilities"] == LIKELY
    # The hand-turned clock stands still: the second one, later by the samples, was delayed less.
    assert second["at"] + 4 * 0.032 == pytest.approx(1.7e9, abs=0.002)
    assert first["audio_start_ms"], second["audio_start_ms"] == (640, 768)
    assert activity.since(1)["pieces"] == [second]
    assert activity.since(2) == {"next": 2, "pieces": []}
    assert activity.since(99) == {"next": 2, "pieces": []}  # asked of another kernel
    assert not any("voice_activity" in entry.event["type"] for entry in stage.talk.events)
    assert stage.talk.events.dropped == 0


def test_a_detector_that_is_late_does_not_move_it(open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()
    FakePage(stage).call()
    tell(stage, audio_ms=2768)  # two seconds of sound more have come than were looked at
    stage.wait(lambda: stage.talk.activity.since(0)["next"] == 1)
    (piece,) = stage.talk.activity.since(0)["pieces"]
    assert piece["at"] == pytest.approx(1.7e9 - 2.128, abs=0.002)


def test_it_is_kept_for_as_long_as_a_lane_shows_it(open_stage: Callable[..., Stage]) -> None:
    stage = open_stage()
    FakePage(stage).call()
    activity = stage.talk.activity
    clock = stage.talk.service.clock
    for second in range(100):
        clock.advance(1000)
        tell(stage, audio_start_ms=second * 1000)
        stage.wait(lambda: activity.since(0)["next"] == second + 1)  # noqa: B023 - waited for at once
    assert len(activity.since(0)["pieces"]) <= 62


@pytest.mark.parametrize(
    "odd", [{"probabilities": "loud"}, {"probabilities": None}, {"step_ms": -1}, {"audio_start_ms": "soon"}]
)
def test_one_that_makes_no_sense_costs_itself(open_stage: Callable[..., Stage], odd: dict[str, Any]) -> None:
    stage = open_stage()
    FakePage(stage).call()
    tell(stage, **odd)
    tell(stage)
    stage.wait(lambda: stage.talk.activity.since(0)["next"] == 1)
    assert stage.problems == []
