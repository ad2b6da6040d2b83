"""The page's microphone and playout behind the kernel, by values."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pytest

from tests.talking import FakePage, Stage
from voice_widget.audio import comm
from voice_widget.audio.comm import CommAudio
from voice_widget.call.by_socket import SocketPath
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import loop, submit

CALL = 3


def pcm(ms: float, level: int = 1000) -> bytes:
    return np.full(int(24 * ms), level, "<i2").tobytes()


def delta(ms: float, response: str = "r1", item: str = "i1") -> Event:
    audio = base64.b64encode(pcm(ms)).decode()
    return {"type": "response.output_audio.delta", "response_id": response, "item_id": item, "delta": audio}


def created(response: str = "r1") -> Event:
    return {"type": "response.created", "response": {"id": response}}


def done(response: str = "r1") -> Event:
    return {"type": "response.done", "response": {"id": response}}


SPEECH: Event = {"type": "input_audio_buffer.speech_started", "item_id": "u"}


class Rig:
    """The audio between what the page gets and what the service gets."""

    def __init__(
        self, config: SessionConfig | None = None, *, microphone: bool = True, pauses: bool = False
    ) -> None:
        self.sent: list[Event] = []
        self.told: list[Event] = []
        self.page: list[tuple[dict[str, Any], Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Event()
        self.audio = CommAudio(
            object(),  # type: ignore[arg-type]
            self._send,
            self.told.append,
            config=config or SessionConfig(),
            call=CALL,
            page=self._to_page,
            is_aside=lambda response: "conversation_id" in response,
            pauses=pauses,
        )
        if microphone:
            self.says(0.0)

    async def __aenter__(self) -> Rig:
        work = self.audio.open()
        assert work is not None
        assert self.audio.open() is None
        self._task = asyncio.create_task(work)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self, events: Iterable[Event]) -> None:
        await self.gate.wait()
        self.sent.extend(events)
        self._news.set()

    def says(self, ms: float) -> None:
        """The caller's sound comes from the page; with it the clock goes on."""
        self.audio.take([pcm(ms) or b"\0\0"])

    async def hear(self, *events: Event, interrupts: bool = True) -> None:
        for event in events:
            await self.audio.hear(event, interrupts=interrupts)

    def _to_page(self, message: dict[str, Any], buffers: Any) -> None:
        self.page.append((message, buffers))
        self._news.set()

    def taken(self) -> list[int]:
        """How many samples of its sound the page was told to have come, each time."""
        return [message["samples"] for message, _ in self.page if message["type"] == "audio.taken"]

    async def until_taken(self, samples: int) -> None:
        """Until the page was told so."""
        async with asyncio.timeout(20):
            while samples not in self.taken():
                self._news.clear()
                await self._news.wait()

    def given(self) -> bytes:
        return b"".join(buffers[0] for message, buffers in self.page if message["type"] == "audio")

    async def until_given(self, ms: float) -> None:
        """Until the page has so much sound."""
        async with asyncio.timeout(20):
            while len(self.given()) < ms * 48:
                self._news.clear()
                await self._news.wait()

    async def until(self, kind: str, count: int = 1) -> Event:
        async with asyncio.timeout(20):
            while True:
                found = [event for event in self.sent if event["type"] == kind]
                if len(found) >= count:
                    return found[-1]
                self._news.clear()
                await self._news.wait()

    def tale(self) -> list[tuple[str, str, int]]:
        return [
            (e["type"].removeprefix("output_audio_buffer."), e["response_id"], e["audio_ms"])
            for e in self.told
        ]

    def appended(self) -> bytes:
        parts = [e["audio"] for e in self.sent if e["type"] == "input_audio_buffer.append"]
        return b"".join(base64.b64decode(part) for part in parts)

    def kinds(self) -> list[str]:
        return [message["type"] for message, _ in self.page]


async def test_what_the_caller_says_arrives_in_order_whatever_the_buffers_are() -> None:
    async with Rig(microphone=False) as rig:
        said = np.arange(4800, dtype="<i2").tobytes()
        for kind, at in ((bytes, 0), (memoryview, 1), (bytearray, 2), (memoryview, 3)):
            rig.audio.take([kind(said[at * 2400 : (at + 1) * 2400])])
        rig.audio.take([np.frombuffer(said, np.int8)])  # of another format, as some comms give
        marked = asyncio.Event()

        async def mark() -> None:
            marked.set()

        rig.audio.after(mark)
        await asyncio.wait_for(marked.wait(), 20)
        assert rig.appended() == said + said


@pytest.mark.parametrize(
    "buffers",
    [[], [b""], [b"odd"], [bytes(comm.MESSAGE_BYTES + 2)], ["text"], [None], [7], [np.zeros(3)[::2]]],
    ids=["none", "empty", "odd", "huge", "text", "nothing", "number", "strided"],
)
async def test_what_is_no_sound_is_dropped_and_said_once(
    buffers: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with Rig(microphone=False) as rig:
        with caplog.at_level(logging.WARNING):
            rig.audio.take(buffers)
            rig.audio.take(buffers)
            rig.audio.take([pcm(1)])
        await rig.until("input_audio_buffer.append")
        assert len(rig.appended()) in (48, 48 + 32)  # samples with gaps between are bytes all the same
        assert len([record for record in caplog.records if record.name == "voice_widget"]) <= 1


async def test_what_comes_after_the_sound_waits_for_it() -> None:
    async with Rig() as rig:
        rig.gate.clear()
        rig.says(40)

        async def commit() -> None:
            await rig._send([{"type": "input_audio_buffer.commit"}])

        rig.audio.after(commit)
        rig.says(20)
        rig.gate.set()
        await rig.until("input_audio_buffer.commit")
        kinds = [event["type"] for event in rig.sent]
        assert kinds.index("input_audio_buffer.commit") == 2


async def test_of_more_than_a_slow_service_takes_the_oldest_is_dropped_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Rig(microphone=False) as rig:
        rig.gate.clear()
        with caplog.at_level(logging.WARNING):
            for level in range(30):
                rig.audio.take([pcm(1000, level + 1)])
                await asyncio.sleep(0)
        rig.gate.set()
        finished = asyncio.Event()

        async def finish() -> None:
            finished.set()

        rig.audio.after(finish)
        await asyncio.wait_for(finished.wait(), 20)
        levels = np.frombuffer(rig.appended(), "<i2")[::24_000].tolist()
        assert levels == [1, *range(21, 31)]  # the first was on its way already
        assert len([r for r in caplog.records if "too slowly" in r.message]) == 1


async def test_a_flood_of_events_is_bounded() -> None:
    async with Rig() as rig:
        rig.gate.clear()
        done_: list[int] = []

        async def count() -> None:
            done_.append(1)

        for _ in range(1000):
            rig.audio.after(count)
        rig.gate.set()
        rig.says(20)
        await rig.until("input_audio_buffer.append", 2)
        assert len(done_) == comm.WAITING_EVENTS


async def test_an_answer_is_played_by_the_page_and_timed_by_its_reports() -> None:
    rig = Rig()
    rig.says(1000)
    await rig.hear(created(), delta(300), delta(150), delta(50), done())
    await rig.until_given(500)
    # The first at once, and then what came meanwhile.
    assert [(m["type"], m["call"], len(b[0])) for m, b in rig.page] == [
        ("audio", CALL, 14_400),
        ("audio", CALL, 9_600),
    ]
    rig.says(100)
    rig.audio.played(60.0)
    assert rig.tale() == [("started", "r1", 1040)]
    rig.says(500)
    rig.audio.played(500.0)
    assert rig.tale()[1:] == [("stopped", "r1", 1600)]


async def test_the_page_says_where_the_answer_was_cut() -> None:
    async with Rig() as rig:
        rig.says(1000)
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        rig.says(50)
        await rig.hear(SPEECH, delta(500))
        assert rig.kinds() == ["audio", "audio.clear"]  # nothing more of what is cut
        assert "cleared" not in dict.fromkeys(kind for kind, *_ in rig.tale())
        rig.audio.played(420.0)  # was on its way
        rig.audio.played(437.5, cleared=True)
        cut = await rig.until("conversation.item.truncate")
        assert (cut["item_id"], cut["content_index"], cut["audio_end_ms"]) == ("i1", 0, 437)
        assert rig.tale()[-1][0] == "cleared"
        await rig.hear(delta(500), done())
        assert rig.kinds() == ["audio", "audio.clear"]


def do(what: str) -> Event:
    return {"type": "voice_widget.playout", "do": what}


async def test_the_page_pauses_and_goes_on_and_the_service_knows_when_something_sounds() -> None:
    async with Rig(pauses=True) as rig:
        rig.says(1000)
        await rig.hear(created(), delta(500), done())
        rig.audio.played(400.0)
        await rig.hear(do("pause"), SPEECH)
        rig.audio.played(420.0)
        rig.says(3000)
        await rig.hear(do("resume"))
        assert [message.get("on") for message, _ in rig.page] == [None, True, False]
        rig.says(80)
        rig.audio.played(500.0)
        assert rig.tale() == [("started", "r1", 600), ("stopped", "r1", 4080)]
        assert await rig.until("voice_widget.playing", 2) == {"type": "voice_widget.playing", "on": False}
        assert "conversation.item.truncate" not in [event["type"] for event in rig.sent]


@pytest.mark.parametrize("answers", [True, False], ids=["told", "reckoned"])
async def test_what_is_stopped_is_cut_where_the_page_paused(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.01)
    async with Rig(pauses=True) as rig:
        rig.says(1000)
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        rig.says(20)
        await rig.hear(do("pause"), SPEECH)
        if answers:
            rig.audio.played(430.0)
        rig.says(3000)
        await rig.hear(do("stop"))
        assert rig.kinds() == ["audio", "audio.pause", "audio.clear"]
        if answers:
            rig.audio.played(430.0, cleared=True)
        cut = await rig.until("conversation.item.truncate")
        assert cut["audio_end_ms"] == (430 if answers else 420)
        assert rig.tale()[-1] == ("cleared", "r1", 1020)
        # The next answer is talked over as ever.
        await rig.hear(done(), created("r2"), delta(300, "r2", "i2"), SPEECH)
        assert rig.kinds()[3:] == ["audio", "audio.clear"]


async def test_after_a_pause_it_is_reckoned_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.01)
    async with Rig(pauses=True) as rig:
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        await rig.hear(do("pause"), SPEECH)
        rig.says(3000)
        await rig.hear(do("resume"))
        rig.says(50)
        await rig.hear(do("stop"))
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 450


async def test_a_stop_where_nothing_sounds_any_more_stops_nothing() -> None:
    async with Rig(pauses=True) as rig:
        await rig.hear(do("pause"), do("stop"), created(), delta(100))
        assert rig.kinds() == ["audio.pause", "audio.clear", "audio"]


@pytest.mark.parametrize(("elapsed", "end"), [(100, 500), (9000, 2000)])
async def test_of_a_page_that_does_not_answer_it_is_reckoned_and_never_beyond_what_was_sent(
    elapsed: int, end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.01)
    async with Rig() as rig:
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        rig.says(elapsed)
        await rig.hear(SPEECH)
        cut = await rig.until("conversation.item.truncate")
        assert cut["audio_end_ms"] == end


async def test_an_answer_to_the_clear_that_comes_late_sets_the_count_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.01)
    async with Rig() as rig:
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        rig.says(300)
        await rig.hear(SPEECH)
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 700
        await rig.hear(done(), created("r2"), delta(200, "r2", "i2"), done("r2"))
        rig.audio.played(500.0, cleared=True)  # two hundred less than was thought
        rig.audio.played(500.0)
        assert rig.tale()[-1][:2] == ("cleared", "r1")
        rig.audio.played(600.0)
        assert rig.tale()[-1][:2] == ("started", "r2")
        rig.audio.played(700.0)
        assert rig.tale()[-1][:2] == ("stopped", "r2")


async def test_a_new_answer_does_not_wait_for_the_page_s_word_on_the_old_one() -> None:
    async with Rig() as rig:
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        await rig.audio.cut()
        await rig.audio.cut()
        await rig.hear(done(), created("r2"), delta(300, "r2", "i2"))
        assert rig.kinds() == ["audio", "audio.clear", "audio"]
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 400
        rig.audio.played(450.0, cleared=True)
        rig.audio.played(550.0)
        await rig.audio.cut()
        rig.audio.played(570.0, cleared=True)
        rig.sent.clear()
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 120
        assert [kind for kind, *_ in rig.tale()] == ["started", "cleared", "started", "cleared"]


async def test_nothing_is_cut_where_nothing_sounds_and_what_is_being_made_stays_silent() -> None:
    rig = Rig()
    await rig.hear(SPEECH)
    assert rig.page == []
    await rig.hear(created(), SPEECH, delta(100), done())
    assert rig.page == []
    await rig.hear(created("r2"), delta(100, "r2"))
    assert rig.kinds() == ["audio"]


async def test_a_page_that_silenced_itself_where_nothing_sounds_hears_that_it_may_play_again() -> None:
    async with Rig() as rig:
        await rig.hear(created(), delta(100), done())
        rig.audio.played(100.0)
        await rig.audio.cut()
        assert rig.kinds() == ["audio", "audio.clear"]
        await rig.hear(created("r2"), delta(200, "r2", "i2"))
        rig.audio.played(100.0, cleared=True)
        rig.audio.played(150.0)
        assert rig.tale()[-1][:2] == ("started", "r2")
        await rig.audio.cut()
        rig.audio.played(160.0, cleared=True)
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 60


async def test_an_answer_ends_although_page_and_kernel_round_differently() -> None:
    rig = Rig()
    await rig.hear(created(), *[delta(1000 / 24 * 7)] * 9, done())
    await rig.until_given(2624)
    rig.audio.played(len(rig.given()) / 48 - 1e-7)
    assert [kind for kind, *_ in rig.tale()] == ["started", "stopped"]


async def test_a_page_gets_no_more_than_it_needs_soon_and_all_of_it_in_the_end() -> None:
    rig = Rig()
    flood = [delta(100) for _ in range(100)]
    await rig.hear(created(), *flood, done())
    await rig.until_given(comm.AHEAD_MS)
    assert len(rig.page) == 2
    for ms in range(1000, 10_001, 1000):
        rig.audio.played(float(ms))
        await rig.until_given(min(10_000, comm.AHEAD_MS + ms))
        assert len(rig.given()) / 48 <= comm.AHEAD_MS + ms
    assert rig.given() == pcm(10_000)
    assert [kind for kind, *_ in rig.tale()] == ["started", "stopped"]


async def test_what_was_held_back_of_a_cut_answer_never_sounds_and_holds_nothing_back() -> None:
    rig = Rig()
    await rig.hear(created(), delta(100), *[delta(1000) for _ in range(20)], done())
    await rig.until_given(comm.AHEAD_MS)
    await rig.audio.cut()
    rig.audio.played(500.0, cleared=True)
    before = rig.given()
    await rig.hear(created("r2"), delta(200, "r2", "i2"))
    assert rig.given() == before + pcm(200)  # at once


async def test_without_interruption_speech_cuts_nothing() -> None:
    rig = Rig()
    await rig.hear(created(), delta(100))
    await rig.hear(SPEECH, interrupts=False)
    assert rig.kinds() == ["audio"]


async def test_a_response_beside_the_conversation_is_not_talked_over_before_it_sounds() -> None:
    rig = Rig()
    aside: Event = {"type": "response.created", "response": {"id": "r1", "conversation_id": None}}
    await rig.hear(aside, SPEECH, delta(100))
    assert rig.kinds() == ["audio"]


@pytest.mark.parametrize("ms", [float("nan"), float("inf"), -1.0, -1e300])
async def test_a_strange_count_of_the_page_changes_nothing(ms: float) -> None:
    rig = Rig()
    await rig.hear(created(), delta(100), done())
    rig.audio.played(ms)
    assert rig.tale() == []
    rig.audio.played(1e9)  # more than there is: all of it
    assert [kind for kind, *_ in rig.tale()] == ["started", "stopped"]
    await rig.hear(created("r2"), delta(100, "r2", "i2"))
    rig.audio.played(1e9 + 50)
    assert rig.tale()[-1][:2] == ("started", "r2")


async def test_of_a_page_without_a_microphone_the_clock_goes_on_while_something_sounds() -> None:
    async with Rig(microphone=False) as rig:
        await rig.hear(created(), delta(1000))
        for ms in (100.0, 200.0, 300.0):
            rig.audio.played(ms)
        assert rig.tale() == [("started", "r1", 0)]
        await rig.audio.cut()
        rig.audio.played(300.0, cleared=True)
        assert rig.tale()[-1] == ("cleared", "r1", 300)
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 300
        assert rig.appended() == bytes(300 * 48)


async def test_an_open_microphone_is_never_filled_up() -> None:
    async with Rig() as rig:
        await rig.hear(created(), delta(5000))
        for number in range(1, 20):
            rig.says(40)
            rig.audio.played(number * 100 - 60)
            rig.audio.played(number * 100)
        rig.audio.after(asyncio.Event().wait)  # type: ignore[arg-type]
        await rig.until("input_audio_buffer.append")
        assert bytes(48) not in rig.appended()


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
async def test_the_telephone_s_formats_are_spoken_and_heard(form: str) -> None:
    async with Rig(SessionConfig(input_format={"type": form}), microphone=False) as rig:
        tone = (8000 * np.sin(np.arange(4800) / 24_000 * 2 * np.pi * 440)).astype("<i2").tobytes()
        rig.audio.take([tone])
        await rig.until("input_audio_buffer.append")
        assert len(rig.appended()) == 1600
        audio = {
            "output": {"format": {"type": form}},
            "input": {"format": {"type": "audio/pcm", "rate": 24000}},
        }
        await rig.hear({"type": "session.updated", "session": {"audio": audio}}, created())
        over = {**delta(0), "type": "response.output_audio.done"}
        await rig.hear({**delta(0), "delta": base64.b64encode(rig.appended()).decode()}, over, done())
        await rig.until_given(200)
        heard = np.frombuffer(rig.given(), "<i2")
        assert len(heard) == 4800
        assert np.argmax(np.abs(np.fft.rfft(heard))) == 88  # 440 Hz
        rig.audio.played(200.0)
        assert [kind for kind, *_ in rig.tale()] == ["started", "stopped"]
        rig.sent.clear()
        rig.audio.take([tone])
        await rig.until("input_audio_buffer.append")
        assert rig.appended() == tone


async def test_sound_that_is_none_or_cut_within_a_sample_is_no_problem() -> None:
    rig = Rig()
    whole = pcm(10)
    cut = [whole[:7], whole[7:30], whole[30:]]
    await rig.hear({**delta(0), "delta": "*"}, {**delta(0), "delta": "abc"}, {**delta(0), "delta": ""})
    assert rig.page == []
    await rig.hear(*({**delta(0), "delta": base64.b64encode(part).decode()} for part in cut))
    await rig.until_given(10)
    assert rig.given() == whole


async def test_the_cut_does_not_wait_behind_the_sound() -> None:
    async with Rig() as rig:
        await rig.hear(created(), delta(2000))
        rig.audio.played(400.0)
        await rig.until("input_audio_buffer.append")
        rig.gate.clear()
        for _ in range(10):
            rig.says(100)
        await rig.audio.cut()
        rig.audio.played(450.0, cleared=True)
        rig.gate.set()
        cut = await rig.until("conversation.item.truncate")
        assert rig.sent.index(cut) <= 2  # the one before was on its way


async def test_a_pause_before_an_answer_is_not_taken_for_its_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.0)
    async with Rig() as rig:
        await rig.hear(created(), delta(400), done())
        rig.audio.played(400.0)
        rig.says(5000)
        await rig.hear(created("r2"), delta(2000, "r2", "i2"))
        rig.says(100)
        await rig.audio.cut()
        assert (await rig.until("conversation.item.truncate"))["audio_end_ms"] == 100


async def test_of_a_page_without_a_microphone_a_count_that_stands_still_is_no_sound() -> None:
    async with Rig(microphone=False) as rig:
        await rig.hear(created(), delta(1000))
        rig.audio.played(300.0)
        await rig.audio.cut()
        rig.audio.played(300.0, cleared=True)
        await rig.until("conversation.item.truncate")
        assert "" not in [e.get("audio") for e in rig.sent]
        assert rig.appended() == bytes(300 * 48)


# --- what the page may send ---


async def test_what_has_come_is_reported_now_and_then_as_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "TAKEN_S", 0.01)
    async with Rig() as rig:
        for _ in range(3):
            rig.says(20)
        rig.audio.take([b"odd"])  # none, and not counted
        await rig.until_taken(1 + 3 * 480)
        assert [taken for taken in rig.taken() if taken] == [1 + 3 * 480]
        rig.gate.clear()  # a service that takes nothing is no fault of the way to the kernel
        rig.says(20)
        await rig.until_taken(1 + 4 * 480)


# --- in a talk ---


def test_what_is_delivered_twice_is_heard_and_counted_once() -> None:
    service = ScriptedService([])
    stage = Stage(service, transport="comm")
    try:
        page = FakePage(stage)
        page.times = 2
        number = page.call()
        for level in (1, 2, 3):
            page.deliver({"type": "audio", "call": number}, pcm(20, level))
        assert stage.talk._dialler.call is not None
        audio = cast(SocketPath, stage.talk._dialler.call.path).audio
        assert isinstance(audio, CommAudio)
        for event in (created(), delta(2000)):
            submit(audio.hear(event, interrupts=True)).result(20)
        page.say("audio.played", call=number, played_ms=400.0, cleared=False)
        submit(audio.cut()).result(20)
        page.say("audio.played", call=number, played_ms=450.0, cleared=True)
        for event in (done(), created("r2"), delta(2000, "r2", "i2")):
            submit(audio.hear(event, interrupts=True)).result(20)
        submit(audio.cut()).result(20)
        page.deliver_again()  # the answer to the first cut is none to the second
        page.say("audio.played", call=number, played_ms=570.0, cleared=True)
        stage.wait(lambda: len(stage.client_events("conversation.item.truncate")) == 2)
        cuts = [event["audio_end_ms"] for event in stage.client_events("conversation.item.truncate")]
        assert cuts == [450, 120]
        got = [e for e in service.connections[0].received if e["type"] == "input_audio_buffer.append"]
        heard = b"".join(base64.b64decode(event["audio"]) for event in got)
        assert heard == pcm(20, 1) + pcm(20, 2) + pcm(20, 3)
    finally:
        stage.close()


def test_a_lost_session_is_got_back_with_the_page_that_holds_the_microphone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01,))
    service = ScriptedService([])
    stage = Stage(service, transport="comm")
    try:
        page = FakePage(stage)
        first = page.call()
        loop().call_soon_threadsafe(service.connections[0].cut)
        closing = stage.message("call.close")
        assert (closing["talk"], closing["keep_microphone"]) == (page.talk, True)
        assert stage.message("call.offer_wanted")["reason"] == "reconnect"
        assert page.offer() == first + 1
        page.deliver({"type": "audio", "call": first}, pcm(40))  # on its way when the call was lost
        FakePage(stage, "page_2").deliver({"type": "audio", "call": first + 1}, pcm(40))
        page.deliver({"type": "audio", "call": first + 1}, pcm(20))
        page.say("client_event", call=first + 1, event={"type": "input_audio_buffer.commit"}, sent=False)
        stage.wait(lambda: stage.client_events("input_audio_buffer.commit"))
        got = [e for e in service.connections[1].received if e["type"] == "input_audio_buffer.append"]
        assert [len(base64.b64decode(event["audio"])) for event in got] == [960]
    finally:
        stage.close()


def test_it_is_connected_when_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(ScriptedService([]), transport="comm")
    try:
        page = FakePage(stage)
        page.say("call.pending")
        answer = page.reply(page.ask("call.open", sdp="", microphone=True))
        stage.wait(lambda: any(e.event["type"] == "session.created" for e in stage.talk.events))
        page.deliver({"type": "audio", "call": answer["call"]}, pcm(20))
        assert stage.states()["connection_state"] == "connecting"
        page.say("call.peer", call=answer["call"], state="connected")
        stage.is_state("connected")
        page.say("call.peer", call=answer["call"], state="failed")
        stage.wait(lambda: stage.states()["connection_state"] != "connected")
    finally:
        stage.close()


@pytest.mark.parametrize("told", [True, False])
async def test_an_answer_that_follows_is_given_to_the_page_again_when_the_one_before_it_is_silenced(
    told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comm, "CLEAR_S", 0.05 if not told else 20)
    async with Rig() as rig:
        for name in ("1", "2"):
            await rig.hear(created(f"r{name}"), delta(300, f"r{name}", f"i{name}"), done(f"r{name}"))
        await rig.until_given(600)
        rig.says(100)
        rig.audio.played(100)
        rig.page.clear()
        await rig.audio.cut(refuse=False)
        assert [message["type"] for message, _ in rig.page] == ["audio.clear"]
        if told:
            rig.audio.played(120, cleared=True)
        await rig.until_given(300)
        assert len(rig.given()) == 300 * 48
        rig.says(300)
        rig.audio.played(420)
        assert [(what, response) for what, response, _ in rig.tale()] == [
            ("started", "r1"),
            ("cleared", "r1"),
            ("started", "r2"),
            ("stopped", "r2"),
        ]
        cut = await rig.until("conversation.item.truncate")
        assert cut["item_id"] == "i1"
        assert not [event for event in rig.sent if event["type"] == "conversation.item.delete"]
