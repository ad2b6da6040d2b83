"""Sound through the kernel, to a real engine: by comm, in the telephone's formats, and by pushing to talk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.comm_page import CommPage
from tests.talking import Stage
from voice_widget.agents import Turn
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.commands.hello import speech
from voice_widget.data import load
from voice_widget.realtime.settings.detection import ServerVad
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit

SCRIPT = [{"hear": text, "say": ""} for text in ("what is the mean", "and the sum", "and the rest")]
QUICK = {"type": "server_vad", "silence_duration_ms": 200}
PUSH = SessionConfig(turn_detection=None)
WORD_MS = 300  # of the tone voice
Open = Callable[..., Stage]


def tone(seconds: float = 1.0) -> bytes:
    """Somebody speaks, as far as the level gate can tell."""
    wave = np.sin(np.arange(int(24_000 * seconds)) * 2 * np.pi * 300 / 24_000)
    return bytes((wave * 9000).astype("<i2").tobytes())


def echo(turn: Turn) -> str:
    return f"You said {turn.text}."


def at_length(turn: Turn) -> str:
    return " ".join(f"word{number}" for number in range(40))


@pytest.fixture(scope="module")
def service() -> Iterator[Local]:
    service = Local(vad="level", tts="tone", script=SCRIPT)
    submit(service.start()).result(30)
    yield service
    submit(service.close()).result(10)


@pytest.fixture
def open_stage(service: Local) -> Iterator[Open]:
    stages: list[Stage] = []

    def make(config: SessionConfig | None = None, at: Local = service, **options: Any) -> Stage:
        options = {"agent": echo, "closes_service": False} | options
        stages.append(Stage(at, config or SessionConfig(turn_detection=QUICK), **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def six_words(turn: Turn) -> str:
    return "one two three four five six"


def said(stage: Stage) -> list[tuple[Any, ...]]:
    """What the rows say, times aside."""
    names = ("role", "text", "text_heard", "status", "interrupted", "source", "voice", "model")
    return [tuple(dict(row)[name] for name in names) for row in stage.rows()]


def answers(stage: Stage) -> list[Any]:
    return [row for row in stage.turns if row["role"] == "assistant"]


def cuts(stage: Stage) -> list[int]:
    return [event["audio_end_ms"] for event in stage.client_events("conversation.item.truncate")]


def sounded(page: CommPage) -> float:
    """From the first to the last that the page heard of the assistant; pauses of a busy machine are in it."""
    marks = [at for side, _, at in page.marks if side == "assistant"]
    return marks[-1] - marks[0]


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_question_by_comm_makes_the_same_rows_as_from_memory(open_stage: Open, times: int) -> None:
    memory = open_stage()
    memory.talk.connect().result(30)
    memory.talk.play(tone(), 24_000, "max").result(10)
    memory.finished(2)
    memory.talk.disconnect().result(10)
    comm = open_stage(transport="comm")
    with CommPage(comm) as page:
        page.times = times  # whatever is between page and kernel may deliver everything again
        page.call()
        page.speak(tone())
        user, answer = comm.finished(2)
        assert said(comm) == said(memory)
        assert 900 <= user["end_ms"] - user["start_ms"] <= 1400
        assert user["time_source"] == "page"
        # Both ends of the gap were heard by the page.
        ends = {(side, voiced): at for side, voiced, at in reversed(page.marks)}  # the first of each
        assert answer["time_source"] == "page"
        assert answer["response_gap_ms"] == ends["assistant", True] - ends["user", False]
        comm.wait(lambda: sounded(page) > WORD_MS * 6 - 150)  # its last mark may come after the row
        assert answer["end_ms"] - answer["start_ms"] == pytest.approx(sounded(page), abs=150)
        page.say("call.hang_up", reason="user")
        comm.is_state("disconnected")
    assert comm.problems == memory.problems == []
    assert not any("call.offer_wanted" in m["type"] for m in comm.messages)


@pytest.mark.parametrize("transport", ["memory", "comm"])
def test_a_page_that_looks_is_told_how_likely_there_is_speech(open_stage: Open, transport: str) -> None:
    stage = open_stage(transport=transport)
    with CommPage(stage) as page:
        if transport == "comm":
            page.call()
        else:
            stage.talk.connect().result(30)

        def steps() -> list[tuple[float, float]]:
            activity = stage.talk.activity.since(0)
            return [
                (piece["at"] + n * piece["step_ms"] / 1000, likely)
                for piece in (activity or {"pieces": []})["pieces"]
                for n, likely in enumerate(piece["probabilities"])
            ]

        def looked() -> bool:
            page.say("events.wanted", request_id="r", after=0, edition=0, activity_after=0)
            return bool(steps())

        stage.wait(looked)
        if transport == "comm":
            page.speak(tone())
        else:
            stage.talk.play(tone(), 24_000, "max")
        stage.finished(2)
        voiced = [at for at, likely in steps() if likely > 0.5]
        assert len(voiced) * 10 == pytest.approx(1000, abs=60)
        said_at = [
            entry.at
            for entry in stage.talk.events
            if entry.event["type"] == "input_audio_buffer.speech_started"
        ]
        assert voiced[0] <= said_at[0] + 0.05  # it was decided after the sound
        assert not any("voice_activity" in entry.event["type"] for entry in stage.talk.events)


@pytest.mark.parametrize("steps", [5, 1_000_000])
def test_a_disconnect_by_comm_cuts_where_the_page_fell_silent(open_stage: Open, steps: int) -> None:
    """The page plays on until it hears of it, and is waited for; but not one that never says so."""
    stage = open_stage(transport="comm", agent=at_length)
    with CommPage(stage, speed=1.0) as page:
        page.closes_after = steps
        page.call()
        page.speak(tone())
        stage.wait(lambda: page.played_ms > 1500)
        stage.talk.disconnect().result(10)
        stage.is_state("disconnected")
        answer = next(row for row in stage.turns if row["role"] == "assistant")
        assert answer["interrupted"]
        if steps == 5:
            assert answer["end_ms"] == round(page.marks[-1][2])
            assert abs(len(answer["text_heard"].split()) - page.played_ms / WORD_MS) <= 1


def test_talking_over_it_by_comm_cuts_where_the_page_fell_silent(open_stage: Open) -> None:
    stage = open_stage(transport="comm", agent=at_length)
    with CommPage(stage) as page:
        page.call()
        page.speak(tone())
        stage.wait(lambda: page.played_ms > 1500)
        page.speak(tone(0.6))
        stage.wait(lambda: any(row["interrupted"] for row in stage.turns))
        answer = next(row for row in stage.turns if row["interrupted"])
        assert cuts(stage) == [int(page.cleared[0])]
        words = answer["text_heard"].split()
        assert words == answer["text"].split()[: len(words)]
        assert 0 < len(words) < 40
        assert abs(len(words) - page.cleared[0] / WORD_MS) <= 1
        # And the next answer is heard from its beginning, counted from there.
        played = page.played_ms
        stage.wait(lambda: page.played_ms > played + 1000)
        stage.talk.interrupt().result(10)
        stage.wait(lambda: len(cuts(stage)) == 2)
        assert cuts(stage)[1] == int(page.cleared[1] - page.cleared[0])
        assert stage.problems == []


@pytest.fixture(scope="module")
def heckled() -> Iterator[Local]:
    script = [{"hear": text, "say": ""} for text in ("Mm-hm.", "", "stop")]
    service = Local(vad="level", tts="tone", script=script)
    yield service
    submit(service.close()).result(10)


@pytest.mark.parametrize("transport", ["comm", "memory"])
def test_a_cough_over_an_answer_that_the_kernel_plays_pauses_it_and_a_word_ends_it(
    open_stage: Open, heckled: Local, transport: str
) -> None:
    config = SessionConfig(turn_detection=ServerVad(silence_duration_ms=200, interrupt_wait_ms=30_000))
    stage = open_stage(config, heckled, transport=transport, agent=six_words)

    def done() -> list[str]:
        told = (event.event for event in stage.talk.events)
        return [event["do"] for event in told if event["type"] == "voice_widget.playout"]

    def heckle() -> list[str]:
        """A short sound over what is heard; gives what was done to that."""
        before = len(done())
        if transport == "comm":
            page.speak(tone(0.25))
        else:
            stage.talk.play(tone(0.25), 24_000, "real").result(10)
        stage.wait(lambda: len(done()) == before + 2)
        return done()[before:]

    with CommPage(stage, speed=1.0) as page:
        if transport == "comm":
            page.call()
        else:
            stage.talk.connect().result(30)
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda: stage.states().get("assistant_speaking"))
        assert heckle() == ["pause", "resume"]
        assert heckle() == ["pause", "resume"]
        stage.wait(lambda: not stage.states()["assistant_speaking"])
        (whole,) = answers(stage)
        assert (whole["text_heard"], whole["interrupted"]) == (whole["text"], False)
        first_ms = page.played_ms
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda: stage.states()["assistant_speaking"])
        assert heckle() == ["pause", "stop"]
        stage.wait(lambda: len(answers(stage)) == 2)
        cut = answers(stage)[1]
        assert cut["interrupted"]
        assert cut["text"].startswith(cut["text_heard"])
        assert len(cut["text_heard"]) < len(cut["text"])
        if transport == "comm":
            stage.wait(lambda: page.cleared == page.paused[2:])
            assert cuts(stage) == [int(page.cleared[0] - first_ms)]
        else:
            assert cuts(stage) == [cut["end_ms"] - cut["start_ms"]]
        # Of what was said over them only the word is answered.
        stage.wait(lambda: len([row for row in stage.rows() if row["role"] == "assistant"]) == 3)
        assert sum(event.event["type"] == "response.created" for event in stage.talk.events) == 3
        assert stage.problems == []


def test_a_typed_call_without_a_microphone_is_spoken_and_cut_as_well(open_stage: Open) -> None:
    stage = open_stage(transport="comm", agent=at_length)
    with CommPage(stage, microphone=False) as page:
        page.call()
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda: page.played_ms > 900)
        page.say("interrupt")
        stage.wait(lambda: any(row["role"] == "assistant" for row in stage.turns))
        stage.wait(lambda: not page.marks[-1][1])  # its last mark may come after the row
        answer = stage.rows()[1]
        assert cuts(stage) == [int(page.cleared[0])]
        assert answer["interrupted"]
        assert abs(len(answer["text_heard"].split()) - page.cleared[0] / WORD_MS) <= 1
        # The row ends where the page had played to; a page that waits for sound has pauses in it.
        assert page.cleared[0] - 250 < answer["end_ms"] - answer["start_ms"] < sounded(page) + 250


def test_a_page_pushes_to_talk_by_comm(open_stage: Open) -> None:
    stage = open_stage(PUSH, transport="comm")
    with CommPage(stage) as page:
        page.call()
        page.event("input_audio_buffer.clear")
        page.speak(tone())
        stage.wait(lambda: any(mark[:2] == ("user", False) for mark in page.marks))  # pages wait a little
        page.event("input_audio_buffer.commit")
        page.event("response.create")
        user, answer = stage.finished(2)
        assert (user["text"], answer["text"]) == ("what is the mean", "You said what is the mean.")
        assert (user["time_source"], answer["time_source"]) == ("page", "page")
        assert 900 <= user["end_ms"] - user["start_ms"] <= 1100
        kinds = [e.event["type"] for e in stage.talk.events if e.direction == "sent"]
        pushed = [kind for kind in kinds if kind.startswith(("input_audio", "response."))]
        assert pushed == ["input_audio_buffer.clear", "input_audio_buffer.commit", "response.create"]


def test_a_page_that_pushes_while_it_is_answered_silences_the_answer(open_stage: Open) -> None:
    stage = open_stage(PUSH, transport="comm", agent=at_length)
    with CommPage(stage) as page:
        page.call()
        stage.talk.send_text("hello").result(10)
        stage.wait(lambda: page.played_ms > 500)
        page.event("response.cancel")
        page.event("output_audio_buffer.clear")
        stage.wait(lambda: any(row["interrupted"] for row in stage.turns))
        assert cuts(stage) == [int(page.cleared[0])]
        assert [p for p in stage.problems if p != "response_cancel_not_active"] == []


def test_pushing_to_talk_from_memory(open_stage: Open) -> None:
    stage = open_stage(PUSH)
    stage.talk.connect().result(30)
    for number, text in ((1, "what is the mean"), (2, "and the sum")):
        stage.talk.play(tone(), 24_000, "max").result(10)
        user, answer = stage.finished(2 * number)[-2:]
        assert (user["text"], answer["text"]) == (text, f"You said {text}.")
        assert user["time_source"] == answer["time_source"] == "samples"
        assert user["end_ms"] - user["start_ms"] == 1000
        assert answer["start_ms"] - user["end_ms"] == answer["response_gap_ms"]
        assert answer["text_heard"] == answer["text"]
    assert stage.history_of("user_speaking").count(True) == 2
    assert stage.problems == []


def test_pushing_again_from_memory_interrupts_the_answer(open_stage: Open) -> None:
    stage = open_stage(PUSH, agent=at_length)
    stage.talk.connect().result(30)
    stage.talk.play(tone(0.5), 24_000, "real").result(10)
    stage.wait(lambda: any(r["role"] == "assistant" and r["start_ms"] for r in stage.rows()))
    stage.talk.play(tone(0.5), 24_000, "real").result(10)
    stage.wait(lambda: any(r["interrupted"] for r in stage.rows()))
    first = next(r for r in stage.rows() if r["interrupted"])
    assert len(first["text_heard"]) < len(first["text"])


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
def test_the_telephone_s_formats_make_the_same_rows(open_stage: Open, form: str) -> None:
    rows = []
    for formats in ({}, {"input_format": {"type": form}, "output_format": {"type": form}}):
        stage = open_stage(SessionConfig(turn_detection=QUICK, **formats))  # type: ignore[arg-type]
        stage.talk.connect().result(30)
        stage.talk.play(tone(), 24_000, "max").result(10)
        stage.finished(2)
        rows.append((said(stage), stage.rows()))
        stage.talk.disconnect().result(10)
    (plain, plain_rows), (coded, coded_rows) = rows
    assert coded == plain
    for one, other in zip(plain_rows, coded_rows, strict=True):
        # Where a sound ends is found anew in each, and a telephone's noise hides its last 100 ms.
        assert one["end_ms"] - one["start_ms"] == pytest.approx(other["end_ms"] - other["start_ms"], abs=150)


def test_speech_that_comes_piece_by_piece_is_understood(open_stage: Open) -> None:
    stage = open_stage()
    stage.talk.connect().result(30)
    speech = tone()
    cuts_at = [*range(0, len(speech), 4001), len(speech)]
    stage.talk.play((speech[a:b] for a, b in pairwise(cuts_at)), 24_000, "max").result(10)
    user, answer = stage.finished(2)
    assert (user["text"], answer["text"]) == ("what is the mean", "You said what is the mean.")
    assert 900 <= user["end_ms"] - user["start_ms"] <= 1400


def test_spoken_words_are_understood_by_comm_as_from_memory() -> None:
    question = "what is the average body mass by species"
    service = Local(stt="pocketsphinx", tts="espeak")
    rows = []
    try:
        sound = submit(speech(service, question)).result(60)
        for transport in ("memory", "comm"):
            stage = Stage(
                service,
                SessionConfig(turn_detection={"type": "server_vad", "silence_duration_ms": 400}),
                transport=transport,
                agent=NotebookAssistant(load()),
                closes_service=False,
            )
            with CommPage(stage, speed=3.0) as page:
                if transport == "comm":
                    page.call()
                    page.speak(sound)
                else:
                    stage.talk.connect().result(30)
                    stage.talk.play(sound, 24_000, "max").result(30)
                stage.finished(2, 60)
            rows.append(said(stage))
            stage.close()
    finally:
        submit(service.close()).result(10)
    memory, comm = rows
    assert comm == memory
    assert {"average", "body", "mass", "species"} <= set(comm[0][1].split())
