"""The sound of a talk on its way to a recorder: pieces of a page, calls of samples, consent and pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from tests.comm_page import CommPage
from tests.talking import FakePage, PeerService, Stage
from voice_widget.errors import StateError, VoiceWidgetError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import Alignment, Consent, FrontEnd, Hole, MicrophoneFacts, Side
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk.recording import Recorder
from voice_widget.threads.loop import call

Open = Callable[..., Stage]
NOW = 1.7e9
NO_HOLE = {"start": 0, "samples": -1, "reason": "late"}


class Kept:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.on_failure: Callable[[VoiceWidgetError], None] = lambda error: None
        self.sounds: list[tuple[str, Side, int, list[int]]] = []
        self.at: list[float] = []
        self.call_ids: list[str | None] = []
        self.holes: list[list[Hole]] = []
        self.alignments: list[Alignment] = []
        self.told: list[Any] = []

    def sound(
        self,
        clock: str,
        side: Side,
        start: int,
        pcm: Pcm,
        at: float,
        call_id: str | None,
        holes: Sequence[Hole],
        alignment: Alignment,
    ) -> None:
        self.sounds.append((clock, side, start, pcm.tolist()))
        self.at.append(at)
        self.call_ids.append(call_id)
        self.holes.append([*holes])
        self.alignments.append(alignment)

    def consented(self, consent: Consent) -> None:
        self.told.append(consent)

    def microphone(self, facts: MicrophoneFacts) -> None:
        self.told.append(facts)

    def front_end(self, facts: FrontEnd) -> None:
        self.told.append(facts)

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(service: Any = None, **options: Any) -> Stage:
        service = service or PeerService([], ManualClock(NOW))
        stages.append(Stage(service, **{"transport": "webrtc", **options}))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def begin(stage: Stage, recorder: Recorder, consent: str = "") -> None:
    asked: Consent | None = {"text": consent, "answer": "", "at": ""} if consent else None
    stage.talk.recording.begin(recorder, consent=asked).result(5)


class Recorded(FakePage):
    """A page with pieces: what it says is there when it is said."""

    def piece(self, number: int, *sounds: tuple[Any, ...], buffers: Any = None, **more: Any) -> None:
        """The parts are (side, start, samples), with holes and their alignment, if that is said."""
        parts = [
            {
                "side": side,
                "start": start,
                "samples": len(pcm),
                "holes": more[0] if more else [],
                "alignment": more[1] if len(more) > 1 else "aligned",
            }
            for side, start, pcm, *more in sounds
        ]
        pcm = [np.array(sound[2], np.int16).tobytes() if any(sound[2]) else b"" for sound in sounds]
        message = {"clock": "clock", "now": 0, "call": 1, "last": False, "parts": parts, **more}
        self.deliver(
            {"type": "recording.piece", "number": number, **message}, *(pcm if buffers is None else buffers)
        )
        self.settle()

    def settle(self) -> None:
        call(lambda: None)

    def acknowledged(self) -> list[tuple[int, bool]]:
        return [
            (m["number"], m["again"]) for m in self.stage.sent("recording.kept") if m["page"] == self.name
        ]


# --- pieces of a page ---


def test_pieces_of_a_page_come_with_side_place_time_and_call(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    stage.has(recording="recording", consent=None)
    page = Recorded(stage)
    page.call()
    hole: Hole = {"start": 90, "samples": 10, "reason": "late"}
    page.piece(1, ("user", 100, [1, -2], [hole]), ("assistant", 100, [0, 0]), now=102 + RATE // 2)
    assert kept.sounds == [("clock", "user", 100, [1, -2]), ("clock", "assistant", 100, [0, 0])]
    # When their last sample sounded.
    assert kept.at == [NOW - 0.5, NOW - 0.5]
    assert kept.call_ids == ["rtc_1", "rtc_1"]
    assert kept.holes == [[hole], []]


def test_each_piece_counts_once_and_what_was_lost_is_asked_for(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    for number in (1, 2, 4, 5, 6):
        page.piece(number, ("user", number, [number]))
    # Once for the gap, whatever follows.
    assert page.acknowledged() == [(2, True)]
    for number in (3, 4):
        page.piece(number, ("user", number, [number]))
    # All that is sent again was lost again, and what was sent last comes to find out.
    page.piece(6, ("user", 6, [6]))
    for number in (5, 6, 5):
        page.piece(number, ("user", number, [number]))
    page.piece(7, ("user", 7, [7]), last=True)
    assert [pcm for *_, pcm in kept.sounds] == [[1], [2], [3], [4], [5], [6], [7]]
    assert page.acknowledged() == [(2, True), (4, False), (4, True), (6, False), (7, False)]


def test_only_who_holds_the_call_is_recorded_and_brings_what_it_had_after_the_end(
    open_stage: Open, kept: Kept
) -> None:
    stage = open_stage()
    begin(stage, kept)
    page, other = Recorded(stage), Recorded(stage, "page_2")
    page.call()
    other.piece(1, ("user", 0, [9]), last=True)
    page.piece(1, ("user", 0, [1]))
    page.say("call.hang_up", reason="user")
    stage.is_state("disconnected")
    page.piece(2, ("user", 1, [2]), last=True)
    assert [pcm for *_, pcm in kept.sounds] == [[1], [2]]
    assert kept.call_ids == ["rtc_1", "rtc_1"]
    assert page.acknowledged() == [(2, False)]
    assert other.acknowledged() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"buffers": [b"123"]},
        {"buffers": []},
        {"buffers": [7]},
        {"clock": "x" * 101},
        {"parts": [{"side": "user", "start": -1, "samples": 2, "holes": [], "alignment": "aligned"}]},
        {"parts": [{"side": "user", "start": 1 << 60, "samples": 2, "holes": [], "alignment": "aligned"}]},
        {"parts": [{"side": "user", "start": 0, "samples": 1 << 30, "holes": [], "alignment": "aligned"}]},
        {"parts": [{"side": "user", "start": 0, "samples": 2, "holes": [NO_HOLE], "alignment": "aligned"}]},
    ],
)  # fmt: skip
def test_a_piece_that_is_none_costs_itself(open_stage: Open, kept: Kept, wrong: dict[str, Any]) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    page.piece(1, ("user", 0, [1, 2]), **wrong)
    page.piece(2, ("user", 2, [3]), last=True)
    assert kept.sounds == [("clock", "user", 2, [3])]
    assert page.acknowledged() == [(2, False)]


def test_whether_sound_lies_where_it_was_heard_is_passed_on(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    page.piece(1, ("user", 0, [1], [], "pending"), ("assistant", 0, [1], [], "aligned"))
    assert kept.alignments == ["pending", "aligned"]


def test_what_the_browser_does_to_the_microphone_is_passed_on(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    facts = {"echoCancellation": "x" * 99, "noiseSuppression": False, "sampleRate": 48_000, "deviceId": "a"}
    page.piece(1, ("user", 0, [1]), microphone=facts)
    assert kept.told == [{"echoCancellation": "x" * 40, "noiseSuppression": False, "sampleRate": 48_000}]


# --- pauses and failures ---


def test_what_shows_the_page_is_passed_on(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    facts = {"app": "JupyterLab 4.5.0", "browser": "x" * 999}
    page.piece(1, ("user", 0, [1]), front_end=facts)
    assert kept.told == [{"app": "JupyterLab 4.5.0", "browser": "x" * 300}]
    page.piece(2, ("user", 1, [1]), front_end={"app": 3})  # such a message is none
    assert kept.sounds == [("clock", "user", 0, [1])]


def test_a_pause_is_asked_for_from_python_or_a_page_and_told(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    page = Recorded(stage)
    reply = page.reply(page.ask("recording.pause", on=True))
    assert reply["error"]["code"] == "not_recording"
    with pytest.raises(StateError, match="Nothing is being recorded"):
        stage.talk.recording.pause().result(5)
    begin(stage, kept)
    page.call()
    assert page.reply(page.ask("recording.pause", on=True))["type"] == "request.done"
    stage.has(recording="paused")
    stage.talk.recording.pause().result(5)
    stage.talk.recording.resume().result(5)
    stage.has(recording="recording")
    assert kept.told == ["pause", "resume"]
    states = [e.event["state"] for e in stage.talk.events if e.event["type"] == "voice_widget.call.recording"]
    assert states == ["recording", "paused", "recording"]


def test_a_recorder_that_fails_is_told_of_once_and_the_call_goes_on(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept)
    page = Recorded(stage)
    page.call()
    full = VoiceWidgetError("The disk is full.", code="recording_failed", next_step="Make room.")
    for _ in range(2):
        kept.on_failure(full)
    stage.has(recording="failed")
    page.piece(1, ("user", 0, [1]), last=True)
    assert kept.sounds == []
    assert page.acknowledged() == [(1, False)]  # the page need not keep it
    assert stage.problems == ["recording_failed"]
    assert stage.states()["connection_state"] == "connected"


def test_a_recording_begins_before_a_call(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    FakePage(stage).call()
    with pytest.raises(StateError, match="A call runs already"):
        begin(stage, kept)


# --- consent ---


def test_without_consent_no_page_calls(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept, "May we?")
    asked = {"text": "May we?", "answer": "", "at": ""}
    stage.has(consent=asked)
    page = FakePage(stage)
    page.say("call.pending")
    refused = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    assert refused["error"]["code"] == "consent_missing"
    assert "connection_state" not in stage.states()
    page.say("consent", agreed=True)
    stage.has(consent={**asked, "answer": "agreed", "at": iso(NOW)})
    assert kept.told == [{**asked, "answer": "agreed", "at": iso(NOW)}]
    page.call()
    # Answered is answered.
    page.say("consent", agreed=False)
    assert page.reply(page.ask("recording.pause", on=True))["type"] == "request.done"
    assert stage.states()["connection_state"] == "connected"
    assert kept.told[1:] == ["pause"]


def test_who_declines_has_no_call_and_may_answer_again(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept, "May we?")
    page = FakePage(stage)
    page.say("consent", agreed=False)
    stage.has(connection_state="error")
    assert stage.states()["error"]["code"] == "consent_declined"
    assert kept.told[0]["answer"] == "declined"
    page.say("consent", agreed=True)
    page.call()
    assert [consent["answer"] for consent in kept.told] == ["declined", "agreed"]


def test_a_call_that_python_wanted_fails_with_the_answer(open_stage: Open, kept: Kept) -> None:
    stage = open_stage()
    begin(stage, kept, "May we?")
    page = FakePage(stage)
    page.say("hello")
    connected = stage.talk.connect()
    wanted = stage.message("call.offer_wanted")
    page.say("consent", agreed=False)
    with pytest.raises(VoiceWidgetError, match="declined"):
        connected.result(5)
    assert stage.message("call.close")["talk"] == wanted["talk"]


# --- calls of samples ---


def test_a_call_in_memory_gives_both_sides_on_its_own_clock(open_stage: Open, kept: Kept) -> None:
    script = [{"hear": "hello", "say": "good morning to you"}]
    stage = open_stage(ScriptedService(script), transport="memory")
    begin(stage, kept, "Not asked: no microphone opens.")
    stage.talk.connect().result(10)
    tone = (8000 * np.sin(np.arange(RATE) * 0.05)).astype("<i2")
    stage.talk.play(tone.tobytes()).result(20)
    stage.finished(2)
    stage.talk.disconnect().result(5)
    clocks = {clock for clock, *_ in kept.sounds}
    assert len(clocks) == 1
    user = track(kept, "user")
    assert np.array_equal(user[np.flatnonzero(user)[0] :][: RATE - 1], tone[1:])
    assert kept.call_ids[0] == stage.rows()[0]["call_id"]
    assert all(abs(at - stage.talk._journal.clock()) < 60 for at in kept.at)


def track(kept: Kept, side: Side) -> Pcm:
    """What was kept of a side, each sample at its place; nothing comes twice."""
    pieces = [(start, pcm) for _, who, start, pcm in kept.sounds if who == side]
    whole = np.zeros(max(start + len(pcm) for start, pcm in pieces), np.int16)
    taken = np.zeros(len(whole), np.bool_)
    for start, pcm in pieces:
        assert not taken[start : start + len(pcm)].any()
        taken[start : start + len(pcm)] = True
        whole[start : start + len(pcm)] = pcm
    return whole


def test_by_comm_only_the_page_records(open_stage: Open, kept: Kept) -> None:
    stage = open_stage(ScriptedService([{"hear": "hello", "say": "good morning"}]), transport="comm")
    begin(stage, kept)
    with CommPage(stage) as page:
        page.call()
        page.speak(np.full(RATE, 5000, "<i2").tobytes())
        stage.wait(lambda: len(sounds_of(stage)) > 10)
        assert kept.sounds == []


def sounds_of(stage: Stage) -> list[Any]:
    """What the service has got of the caller's sound."""
    received = stage.talk.service.connections[0].received
    return [event for event in received if event["type"] == "input_audio_buffer.append"]
