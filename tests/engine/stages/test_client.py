import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from tests.engine.spoken import HINTS, in_a_room, say
from voice_widget.engine.stages import client as stage_client
from voice_widget.engine.stages.client import StageClient
from voice_widget.engine.stages.contracts import Hints, Word
from voice_widget.engine.stages.events import (
    Committed,
    FinalText,
    Loading,
    PartialText,
    SpeechAudio,
    SpeechDone,
    SpeechStarted,
    SpeechStopped,
    SpokenOn,
    StageEvent,
    StageFailed,
)
from voice_widget.errors import EngineError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.parts import Part, StageSpec

PATIENCE = 30.0
SCRIPT = Script.load(
    [{"hear": "how many rows", "say": "Two.", "partials": ["how"]}, {"hear": "stop", "say": "."}]
)
LIGHT = StageSpec(vad="level", stt="scripted", tts="tone", script=SCRIPT.dump())
TURNS = {"type": "server_vad", "silence_duration_ms": 200, "prefix_padding_ms": 100}


class Heard:
    """The events of a session, and a way to wait for some."""

    def __init__(self) -> None:
        self.events: list[StageEvent] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, event: StageEvent) -> None:
        self.events.append(event)
        task = asyncio.create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, seen: Callable[[list[StageEvent]], Any]) -> Any:
        async with asyncio.timeout(PATIENCE), self._news:
            return await self._news.wait_for(lambda: seen(self.events))

    async def one(self, kind: type[Any], n: int = 1) -> Any:
        await self.until(lambda events: len([e for e in events if isinstance(e, kind)]) >= n)
        return [e for e in self.events if isinstance(e, kind)][n - 1]

    def kinds(self) -> list[type[Any]]:
        return [type(e) for e in self.events if not isinstance(e, SpeechAudio)]


@asynccontextmanager
async def stages(spec: StageSpec = LIGHT) -> AsyncIterator[StageClient]:
    client = StageClient(spec)
    await client.start()
    try:
        yield client
    finally:
        await client.close()
        assert client.pid is None


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def play(client: StageClient, session: str, pcm: np.ndarray, rate: int, at_ms: float = 0.0) -> float:
    for at in range(0, len(pcm), rate // 50):
        client.audio(session, pcm[at : at + rate // 50].tobytes(), rate, at_ms + at * 1000 / rate)
    return at_ms + len(pcm) * 1000 / rate


def beep(rate: int = 48000) -> np.ndarray:
    pcm = np.zeros(rate * 3 // 2, np.int16)
    pcm[rate // 2 : rate] = 5000
    return pcm


async def test_a_turn_and_an_answer_of_the_instant_parts():
    async with stages() as client:
        heard = Heard()
        client.open("a", heard)
        client.configure("a", turn_detection=TURNS, hints=Hints())
        play(client, "a", beep(), 48000)
        assert await heard.one(FinalText) == FinalText("how many rows", 1)
        partial = PartialText("how", 1)  # of another thread: it may come after the end
        assert partial in heard.events[1:4]
        assert [event for event in heard.events if event not in (partial, SpokenOn(1))] == [
            SpeechStarted(pytest.approx(399, abs=2), 1),
            SpeechStopped(pytest.approx(1009, abs=11), 1),
            FinalText("how many rows", 1),
        ]
        client.speak("a", "s1", "Two rows")
        await heard.one(SpeechDone)
        spoken = [e for e in heard.events if isinstance(e, SpeechAudio)]
        assert [w for e in spoken for w in e.words] == [Word(0, 3, 0.0), Word(4, 8, 300.0)]
        assert sum(len(e.pcm) for e in spoken) == 2 * 14400


async def test_the_report_names_voices_and_nothing_missing():
    client = StageClient(LIGHT)
    report = await client.start()
    await client.close()
    assert report.voices == ("tone", "tone-high")
    assert report.missing == {}


async def test_push_to_talk():
    async with stages() as client:
        heard = Heard()
        client.open("a", heard)
        client.configure("a", turn_detection=None, hints=Hints())
        client.commit("a")
        assert await heard.one(Committed) == Committed(empty=True)
        play(client, "a", beep(), 48000)
        client.clear("a")
        play(client, "a", beep(), 48000)
        client.commit("a")
        assert await heard.one(FinalText) == FinalText("how many rows", 2)
        assert [k for k in heard.kinds() if k is not PartialText] == [Committed, Committed, FinalText]


async def test_nothing_of_a_speech_comes_after_its_cancel():
    async with stages(StageSpec("level", "scripted", "espeak")) as client:
        heard = Heard()
        client.open("a", heard)
        client.speak("a", "long", "one two three four five. " * 200)
        client.speak("a", "next", "hello")
        await heard.one(SpeechAudio)
        client.cancel_speech("a", "long")
        length = sum(isinstance(e, SpeechAudio) for e in heard.events)
        await heard.until(lambda e: SpeechDone("next") in e)
        assert [e for e in heard.events if isinstance(e, SpeechDone)] == [
            SpeechDone("long", cancelled=True),
            SpeechDone("next"),
        ]
        rest = [e for e in heard.events if isinstance(e, SpeechAudio)][length:]
        assert rest
        assert {e.speech_id for e in rest} == {"next"}
        client.cancel_speech("a", "never asked")


async def test_an_unknown_voice_ends_that_speech_only():
    async with stages(StageSpec("level", "scripted", "espeak")) as client:
        heard = Heard()
        client.open("a", heard)
        client.speak("a", "1", "hello", "marin")
        client.speak("a", "2", "hello", "en-gb")
        first, second = await heard.one(SpeechDone), await heard.one(SpeechDone, 2)
        assert "marin" in first.error
        assert second == SpeechDone("2")


async def test_two_sessions_do_not_mix():
    async with stages() as client:
        one, two = Heard(), Heard()
        for name, heard in (("a", one), ("b", two)):
            client.open(name, heard)
            client.configure(name, turn_detection=TURNS, hints=Hints())
        at = play(client, "a", beep(), 48000)
        play(client, "a", beep(), 48000, at)
        play(client, "b", beep(24000), 24000)
        client.speak("b", "s", "hello", "tone-high")
        assert await one.one(FinalText, 2) == FinalText("stop", 2)
        assert await two.one(FinalText) == FinalText("how many rows", 1)
        await two.one(SpeechDone)
        assert not any(isinstance(e, SpeechAudio) for e in one.events)
        assert two.kinds().count(FinalText) == 1


async def test_a_closed_session_says_nothing_more_even_when_its_name_is_used_again():
    async with stages() as client:
        old, new = Heard(), Heard()
        client.open("a", old)
        client.configure("a", turn_detection=TURNS, hints=Hints())
        play(client, "a", beep(), 48000)
        client.open("a", new)
        client.speak("a", "s", "hello")
        assert await new.one(SpeechDone) == SpeechDone("s")
        assert old.events == []
        assert not any(isinstance(e, FinalText) for e in new.events)
        client.close_session("a")
        client.close_session("a")
        client.audio("a", b"", 48000, 0.0)
        client.speak("nobody", "s", "hello")


async def test_a_killed_process_ends_speeches_tells_once_and_starts_again():
    client = StageClient(LIGHT)
    deaths: list[None] = []
    died = asyncio.Event()

    def on_death() -> None:
        deaths.append(None)
        died.set()

    client.on_death = on_death
    await client.start()
    heard = Heard()
    client.open("a", heard)
    pid = client.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    client.speak("a", "s", "hello")
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    assert heard.events == [SpeechDone("s", "The stage process ended.")]
    assert gone(pid)
    client.audio("a", b"\0\0", 48000, 0.0)  # nobody is there: no error

    await client.start()
    again = Heard()
    client.open("a", again)
    client.speak("a", "s", "hello")
    assert await again.one(SpeechDone) == SpeechDone("s")
    await client.close()
    assert len(deaths) == 1


async def test_close_leaves_no_process_even_one_that_hangs(monkeypatch):
    monkeypatch.setattr(stage_client, "_END_S", 0.2)
    client = StageClient(LIGHT)
    await client.start()
    pid = client.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    await client.close()
    assert gone(pid)
    await client.close()


async def test_a_cancelled_start_leaves_no_process(monkeypatch):
    client = StageClient()
    starting = asyncio.create_task(client.start())
    async with asyncio.timeout(PATIENCE):
        while (pid := client.pid) is None:  # noqa: ASYNC110 (nothing else tells)
            await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert client.pid is None
    assert gone(pid)


async def test_a_process_that_does_not_start_is_a_named_error(monkeypatch):
    monkeypatch.setattr(stage_client.sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="does not start"):
        await StageClient(LIGHT).start()


async def test_a_process_that_ends_at_once_is_a_named_error(monkeypatch):
    monkeypatch.setattr(stage_client, "_MODULE", "voice_widget.errors")  # runs, and ends
    client = StageClient(LIGHT)
    client.on_death = pytest.fail
    with pytest.raises(EngineError, match="ended at the start"):
        await client.start()
    assert client.pid is None


async def test_a_listener_of_ours_that_raises_does_not_stop_the_others(caplog):
    async with stages() as client:
        heard, raised = Heard(), asyncio.Event()

        def broken(event: StageEvent) -> None:
            raised.set()
            raise RuntimeError("mine")

        client.open("a", broken)
        client.open("b", heard)
        client.speak("a", "s", "hello")
        client.speak("b", "s", "hello")
        assert await heard.one(SpeechDone) == SpeechDone("s")
        async with asyncio.timeout(10):
            await raised.wait()
    assert "Session a failed on SpeechAudio" in caplog.text


async def test_the_loop_is_not_held_up_by_a_process_that_hangs(monkeypatch):
    monkeypatch.setattr(stage_client, "_MOST_WAITING", 1 << 20)
    monkeypatch.setattr(stage_client, "_END_S", 0.2)
    client = StageClient(LIGHT)
    await client.start()
    client.open("a", Heard())
    assert client.pid
    os.kill(client.pid, signal.SIGSTOP)
    piece = bytes(96_000)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(500):
        client.audio("a", piece, 48000, n * 1000.0)
    assert loop.time() - began < PATIENCE  # it would wait for ever
    stdin = client._process.stdin
    assert stdin.transport.get_write_buffer_size() < (1 << 20) + 2 * 96_000
    await client.close()


async def test_a_process_that_hangs_is_killed_and_one_that_works_is_not(monkeypatch):
    monkeypatch.setattr(stage_client, "_PING_S", 0.5)
    client = StageClient(LIGHT)
    died = asyncio.Event()
    client.on_death = died.set
    await client.start()
    pid = client.pid
    assert pid
    pongs: list[int] = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    watch = client._watch

    def watched(process: asyncio.subprocess.Process, silent: int = 0) -> None:
        pongs.append(silent)
        if len(pongs) == 5:
            enough.set()
        watch(process, silent)

    enough = asyncio.Event()
    monkeypatch.setattr(client, "_watch", watched)
    async with asyncio.timeout(PATIENCE):
        await enough.wait()
    assert client.pid == pid
    assert min(pongs) == 0
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    assert loop.time() - began >= 7 * 0.5
    assert gone(pid)
    await client.close()


async def test_a_process_that_writes_nonsense_is_replaced(monkeypatch, caplog):
    client = StageClient(LIGHT)
    died = asyncio.Event()
    client.on_death = died.set
    await client.start()
    pid = client.pid
    assert pid
    monkeypatch.setattr(stage_client, "loads", lambda text: {"event": "no channel"})
    client.open("a", Heard())
    client.speak("a", "s", "hello")
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    assert gone(pid)
    assert "something strange" in caplog.text


async def test_a_missing_recogniser_leaves_turns_and_empty_texts():
    spec = StageSpec(vad="level", stt="no_such_module:Stt", tts="no_such_module:Tts")
    client = StageClient(spec)
    report = await client.start()
    assert set(report.missing) == {"stt", "tts"}
    heard = Heard()
    client.open("a", heard)
    client.configure("a", turn_detection=TURNS, hints=Hints())
    play(client, "a", beep(), 48000)
    assert await heard.one(FinalText) == FinalText("", 1)
    assert isinstance(heard.events[0], StageFailed)
    client.speak("a", "s", "hello")
    assert "nor a module 'no_such_module'" in (await heard.one(SpeechDone)).error
    await client.close()


async def test_real_parts_hear_two_callers_at_once():
    asked = ("what is the average tip by day", "how many rows are there")
    async with stages(StageSpec("silero", "pocketsphinx", "espeak")) as client:
        heard = [Heard(), Heard()]
        calls = [in_a_room(say(text, rate=48000), lead_ms=1000, rate=48000) for text in asked]
        for name, events in zip("ab", heard, strict=True):
            client.open(name, events)
            client.configure(
                name, turn_detection={"type": "server_vad", "silence_duration_ms": 400}, hints=HINTS
            )
        size = 960
        for at in range(0, max(map(len, calls)), size):
            for name, pcm in zip("ab", calls, strict=True):
                client.audio(name, pcm[at : at + size].tobytes(), 48000, at / 48)
        finals = [await events.one(FinalText) for events in heard]
        assert [f.text for f in finals] == list(asked)
        assert all(any(isinstance(e, PartialText) for e in events.events) for events in heard)
        stops = [await events.one(SpeechStopped) for events in heard]
        lengths = [1000 + len(say(text, rate=48000)) / 48 for text in asked]
        assert [s.at_ms for s in stops] == [pytest.approx(length, abs=60) for length in lengths]


class Slow:
    """A recogniser that takes longer to load than a start may take, and says how far it is."""

    def __init__(self, steps: int, wait: float, progress: Any = None) -> None:
        for step in range(steps):
            progress("Downloading a model.", step / steps)
            time.sleep(wait)

    def session(self) -> Any:
        return self

    sample_rate = 16000


async def test_a_part_that_loads_for_long_is_waited_for_and_told(monkeypatch):
    monkeypatch.setattr(stage_client, "_START_S", 2.5)
    spec = StageSpec("level", Part(f"{__name__}:Slow", steps=30, wait=0.1), "tone")
    client = StageClient(spec)
    told: list[Loading] = []
    client.on_loading = told.append
    report = await client.start()
    await client.close()
    assert report.missing == {}
    assert {loading.says for loading in told} >= {"Downloading a model."}
    fractions = [loading.of for loading in told if loading.of is not None]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 2


def test_the_heaps_of_threads_that_have_ended_serve_the_next_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert stage_client._environment()["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    assert stage_client._environment()["MALLOC_ARENA_MAX"] == "1"
