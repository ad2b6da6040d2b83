"""The embedded engine as a service: a real process, with stages that need no speech parts."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from tests.comm_page import CommPage
from tests.services.peer import AiortcPage
from tests.services.tone import QUICK, tone
from tests.talking import Stage
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import VoiceWidget
from voice_widget.agents import Turn
from voice_widget.audio.memory import MemoryAudio
from voice_widget.errors import AgentError, EngineError, ServiceRefused, ServiceUnavailable, SettingError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import engine_child
from voice_widget.services.engine_child import EngineChild
from voice_widget.services.local import Local
from voice_widget.services.openai import SocketConnection
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import call, submit

SCRIPT = [{"hear": "what is the mean", "say": ""}, {"hear": "and the sum", "say": ""}]
Open = Callable[..., Stage]


def echo(turn: Turn) -> str:
    return f"You said {turn.text}."


def alone() -> Local:
    """With an engine that no other test has."""
    return local(script=SCRIPT[:1])


def local(**settings: Any) -> Local:
    return Local(**{"vad": "level", "tts": "tone", "script": SCRIPT} | settings)


@pytest.fixture(scope="module", autouse=True)
def held() -> Iterator[None]:
    """One engine for all that do not ask for others: to start one takes as long as most tests."""
    service = local()
    submit(service.start()).result(60)
    yield
    pid = service.pid
    assert pid is not None
    submit(service.close()).result(10)
    assert call(lambda: engine_child._children) == {}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []
    before = call(lambda: {child: child.users for child in engine_child._children.values()})

    def make(service: Any = None, **options: Any) -> Stage:
        options.setdefault("agent", echo)
        stages.append(Stage(service or local(), SessionConfig(turn_detection=QUICK), **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()
    assert call(lambda: {child: child.users for child in engine_child._children.values()}) == before


@pytest.fixture
def keep_engine() -> Iterator[Local]:
    """Holds one engine, so that the tests need not each start their own."""
    service = local()
    submit(service.start()).result(30)
    yield service
    submit(service.close()).result(10)


def test_a_spoken_question_is_answered_by_the_kernels_agent(open_stage: Open) -> None:
    stage = open_stage()
    stage.talk.connect().result(30)
    stage.talk.play(tone(), 24_000, "max").result(10)
    user, answer = stage.finished(2)
    assert (user["text"], answer["text"]) == ("what is the mean", "You said what is the mean.")
    assert answer["text_heard"] == answer["text"]
    assert answer["voice"] == "tone"
    assert user["time_source"] == answer["time_source"] == "samples"
    assert 900 <= user["end_ms"] - user["start_ms"] <= 1400
    assert answer["response_gap_ms"] >= 200
    assert stage.problems == []


def test_a_script_is_heard_and_said_and_asks_the_agent_where_it_says_nothing(open_stage: Open) -> None:
    script = [{"hear": "hello", "say": "Hello to you."}, {"hear": "and you", "say": ""}]
    stage = open_stage(local(script=script))
    stage.talk.connect().result(30)
    for turns in (2, 4):
        stage.talk.play(tone(), 24_000, "max").result(10)
        stage.finished(turns)
    stage.talk.send_text("something else").result(10)
    stage.finished(6)
    assert [row["text"] for row in stage.rows()] == [
        "hello",
        "Hello to you.",
        "and you",
        "You said and you.",
        "something else",
        "You said something else.",
    ]


def test_talking_over_the_answer_cuts_it_to_what_was_heard(open_stage: Open) -> None:
    stage = open_stage(agent=lambda turn: " ".join(["word"] * 20))
    stage.talk.connect().result(30)
    stage.talk.play(tone(0.6), 24_000, "real").result(10)
    stage.wait(lambda: any(r["start_ms"] for r in stage.rows() if r["role"] == "assistant"))
    stage.talk.play(bytes(14_400) + tone(0.6), 24_000, "real").result(10)
    answer = stage.finished(2)[1]
    assert answer["interrupted"]
    assert 0 < len(answer["text_heard"]) < len(answer["text"])


def test_what_is_typed_and_said_is_spoken(open_stage: Open) -> None:
    stage = open_stage()
    stage.talk.send_text("hello").result(30)
    stage.talk.say("And this.").result(10)
    stage.wait(lambda: any(r["text"] == "And this." for r in stage.rows()))
    assert [(r["role"], r["text"], r["source"]) for r in stage.rows()] == [
        ("user", "hello", "typed"),
        ("assistant", "You said hello.", "speech"),
        ("assistant", "And this.", "say"),
    ]


def test_a_tool_is_run_and_its_result_spoken(open_stage: Open) -> None:
    from voice_widget.agents import ToolCall

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    def agent(turn: Turn) -> Any:
        results = [m.text for m in turn.history if m.role == "tool"]
        return f"It is {results[-1]}." if results else ToolCall("add", {"a": 2, "b": 3})

    stage = open_stage(agent=agent, tools=[add])
    stage.talk.send_text("two and three").result(30)
    stage.wait(lambda: any(r["text"] == "It is 5." for r in stage.rows()))
    assert stage.problems == []


def test_a_raising_agent_is_explained_and_the_next_turn_answered(open_stage: Open) -> None:
    def agent(turn: Turn) -> str:
        if turn.text == "bad":
            raise ValueError("no such column")
        return "Fine."

    stage = open_stage(agent=agent)
    stage.talk.send_text("bad").result(30)
    stage.wait(lambda: "agent_failed" in stage.problems)
    stage.talk.send_text("good").result(10)
    stage.wait(lambda: any(r["text"] == "Fine." for r in stage.rows()))
    assert "ValueError: no such column" in next(e for e in stage.history_of("error") if e)["message"]


def test_who_waits_for_an_agent_that_raises_after_its_first_words_gets_what_it_raised(
    pages: list[Page],  # noqa: F811
    keep_engine: Local,
) -> None:
    def agent(turn: Turn) -> Iterator[str]:
        yield "Well. "
        raise ValueError("no such column")

    widget = VoiceWidget(service=local(), transport="memory", agent=agent)
    widget.connect().result(30)
    answer = widget.next_turn("assistant")
    widget.send_text("hello").result(10)
    with pytest.raises(AgentError, match="ValueError: no such column"):
        answer.result(10)
    # The reason is told at once; the words before it are still being said.
    pages[0].waits_until(lambda: len(widget.transcript) == 2)
    assert [(row["text"], row["status"]) for row in widget.transcript] == [
        ("hello", "completed"),
        ("Well.", "failed"),
    ]
    widget.close()


def test_the_next_answer_uses_the_voice_chosen_in_mid_call(open_stage: Open) -> None:
    stage = open_stage()
    stage.talk.send_text("one").result(30)
    stage.finished(2)
    stage.talk.update(voice="tone-high").result(10)
    stage.talk.send_text("two").result(10)
    stage.wait(lambda: any(r["text"] == "You said two." for r in stage.rows()))
    assert [r["voice"] for r in stage.rows() if r["role"] == "assistant"] == ["tone", "tone-high"]
    with pytest.raises(SettingError, match=r"no voice 'bass'.*tone-high"):
        stage.talk.update(voice="bass")


def test_a_killed_engine_is_replaced_and_the_talk_goes_on(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(service)
    stage.talk.send_text("before").result(30)
    stage.finished(2)
    first = service.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    stage.wait(lambda: "reconnecting" in stage.history_of("connection_state"))
    stage.is_state("connected", 30)
    assert service.pid not in (None, first)
    seen: list[Turn] = []
    stage.talk._dialler._replies._agent = lambda turn: seen.append(turn) or "Yes."  # type: ignore[func-returns-value]
    stage.talk.send_text("after").result(10)
    stage.wait(lambda: any(r["text"] == "Yes." for r in stage.rows()))
    assert [m.text for m in seen[0].history] == ["before", "You said before."]
    rows = stage.rows()
    assert [r["seq"] for r in rows] == [1, 2, 3, 4]
    assert len({r["call_id"] for r in rows}) == 2


NUMBERS = " ".join(f"number{n:02}" for n in range(21))  # each of them sounds for 300 ms


def page_of(stage: Stage, transport: str) -> Any:
    """A page of the call, if it has one; a call that is got back has another."""
    if transport == "memory":
        return nullcontext()
    return CommPage(stage, speed=1.0) if transport == "comm" else AiortcPage(stage)


def heard_by(stage: Stage, page: Any) -> float:
    """How many milliseconds of the assistant have sounded in this call."""
    if isinstance(page, AiortcPage):
        return page.heard_ms
    if isinstance(page, CommPage):
        return page.played_ms
    audio = stage.talk._dialler.call.path.audio  # type: ignore[union-attr]
    return audio._ledger.played_ms if isinstance(audio, MemoryAudio) else 0.0


@pytest.mark.parametrize("transport", ["memory", "comm", "webrtc"])
def test_an_answer_that_a_killed_engine_cut_says_so_and_what_was_heard(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(
        service,
        transport=transport,
        agent=lambda turn: NUMBERS if turn.text == "before" else f"You said {turn.text}.",
    )
    with page_of(stage, transport) as first, page_of(stage, transport) as second:
        if first:
            first.call()
        else:
            stage.talk.connect().result(30)
        stage.talk.send_text("before").result(10)
        stage.wait(lambda: heard_by(stage, first) >= 700)
        assert service.pid is not None
        os.kill(service.pid, signal.SIGKILL)
        stage.wait(lambda: "reconnecting" in stage.history_of("connection_state"))
        during = stage.talk.send_text("meanwhile")
        if second:
            stage.message("call.offer_wanted", timeout=30)
            second.talk = first.talk
            (second.offer if transport == "comm" else second.call)()
        during.result(30)
        before, cut, meanwhile, answer = stage.finished(4)
    assert [row["text"] for row in (before, cut, meanwhile)] == ["before", NUMBERS, "meanwhile"]
    assert answer["text_heard"] == "You said meanwhile."
    assert [row["role"] for row in stage.rows()] == ["user", "assistant"] * 2
    assert (cut["status"], cut["interrupted"], cut["stop_reason"]) == ("incomplete", True, "call_lost")
    heard = cut["text_heard"]
    assert heard is not None
    assert NUMBERS.startswith(heard)
    assert 2 <= len(heard.split()) < 21
    assert not any(row["interrupted"] for row in (before, meanwhile, answer))
    assert {row["status"] for row in (before, meanwhile, answer)} == {"completed"}
    assert cut["call_id"] == before["call_id"] != answer["call_id"]


Moment = tuple[str, str]


@pytest.mark.parametrize(
    "moment",
    [
        ("sent", "conversation.item.create"),
        ("sent", "response.create"),
        ("received", "conversation.item.added"),
        ("received", "response.created"),
    ],
    ids=lambda moment: " ".join(moment),
)
def test_texts_typed_while_the_engine_is_killed_are_said_once(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(service)
    stage.talk.connect().result(30)
    killed = kill_at(stage, service, moment)
    typed = [stage.talk.send_text(text) for text in ("one", "two", "three")]
    for text in typed:
        text.result(30)
    assert killed
    assert service.pid not in (None, *killed)
    stage.wait(lambda: any(r["text"] == "You said three." for r in stage.rows()), 30)
    assert sorted(r["text"] for r in stage.rows()) == sorted(
        said for text in ("one", "two", "three") for said in (text, f"You said {text}.")
    )
    assert stage.problems == []


def test_a_text_typed_to_an_engine_that_has_just_died_is_said_once(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(service)
    stage.talk.connect().result(30)
    assert service.pid is not None
    os.kill(service.pid, signal.SIGKILL)
    stage.talk.send_text("hello").result(30)
    assert [r["text"] for r in stage.finished(2)] == ["hello", "You said hello."]


def test_a_text_whose_answer_had_begun_when_the_engine_was_killed_is_kept_once(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(service)
    stage.talk.connect().result(30)
    assert kill_at(stage, service, ("received", "response.content_part.added")) == []
    stage.talk.send_text("hello").result(30)
    stage.wait(lambda: "reconnecting" in stage.history_of("connection_state"))
    stage.is_state("connected", 30)
    stage.talk.send_text("again").result(30)
    stage.wait(lambda: any(r["text"] == "You said again." for r in stage.rows()))
    rows = [(r["role"], r["text"]) for r in stage.rows() if r["text"]]
    assert [text for role, text in rows if role == "user"] == ["hello", "again"]
    assert rows[-1] == ("assistant", "You said again.")


def kill_at(stage: Stage, service: Local, moment: Moment) -> list[int]:
    """Kill the engine when an event first passes; gives who was killed, once it was."""
    killed: list[int] = []
    observe = stage.talk._journal.observe

    def watched(call: Any, event: Any, direction: Any, *refusal: Any) -> None:
        observe(call, event, direction, *refusal)
        if not killed and (direction, event["type"]) == moment and service.pid is not None:
            killed.append(service.pid)
            os.kill(service.pid, signal.SIGKILL)

    stage.talk._journal.observe = watched  # type: ignore[method-assign]
    return killed


@pytest.mark.parametrize("arrives", [True, False])
def test_a_text_sent_as_only_the_sideband_breaks_is_said_once(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    stage = open_stage(transport="webrtc")
    page = AiortcPage(stage)
    send, listen = SocketConnection.send, SocketConnection.__aiter__
    deaf: list[SocketConnection] = []

    async def sent(connection: SocketConnection, event: Any) -> None:
        mine = event["type"] in ("conversation.item.create", "response.create")
        if mine and (not deaf or connection in deaf):
            deaf[:] = [connection]
            if not arrives:
                if event["type"] == "response.create":
                    await connection.close()
                return
        await send(connection, event)

    async def heard(connection: SocketConnection) -> AsyncIterator[Any]:
        async for event in listen(connection):
            if connection not in deaf:
                yield event
            elif event["type"] == "response.created":
                raise ServiceUnavailable("It broke.")

    monkeypatch.setattr(SocketConnection, "send", sent)
    monkeypatch.setattr(SocketConnection, "__aiter__", heard)
    with page:
        page.call()
        stage.talk.send_text("hello").result(10)
        assert [r["text"] for r in stage.finished(2)] == ["hello", "You said hello."]
        stage.talk.send_text("again").result(10)
        assert [r["text"] for r in stage.finished(4)][2:] == ["again", "You said again."]
        assert {r["status"] for r in stage.rows()} == {"completed"}
    assert stage.problems == []
    assert "reconnecting" not in stage.history_of("connection_state")
    assert len(stage.client_events("conversation.item.retrieve")) == 1


def test_a_text_that_no_socket_takes_costs_no_call(open_stage: Open) -> None:
    stage = open_stage()
    stage.talk.connect().result(30)
    with pytest.raises(ServiceRefused) as raised:
        stage.talk.send_text("word " * 4_000_000).result(30)
    assert raised.value.code == "text_too_long"
    stage.talk.send_text("hello").result(10)
    assert [r["text"] for r in stage.finished(2)] == ["hello", "You said hello."]
    assert "reconnecting" not in stage.history_of("connection_state")


def test_two_talks_at_once_on_one_engine_do_not_meet(open_stage: Open) -> None:
    first, second = local(), local()
    ann = open_stage(first, agent=lambda turn: f"Ann heard {turn.text}.")
    bob = open_stage(second, agent=lambda turn: f"Bob heard {turn.text}.")
    for waiting in [stage.talk.connect() for stage in (ann, bob)]:
        waiting.result(30)
    assert first.pid == second.pid
    speaking = [stage.talk.play(tone(), 24_000, "real") for stage in (ann, bob)]
    for waiting in speaking:
        waiting.result(10)
    for stage, name in ((ann, "Ann"), (bob, "Bob")):
        assert [r["text"] for r in stage.finished(2)] == [
            "what is the mean",
            f"{name} heard what is the mean.",
        ]


def test_an_engine_that_died_between_calls_is_replaced_unnoticed(open_stage: Open) -> None:
    service = local()
    stage = open_stage(service)
    stage.talk.warm().result(30)
    first = service.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    stage.wait(lambda: service.pid is None)
    stage.talk.send_text("hello").result(30)
    assert stage.finished(2)[1]["text"] == "You said hello."
    assert stage.problems == []


def test_widgets_share_the_engine_and_the_last_one_ends_it(keep_engine: Local) -> None:
    other = local()
    submit(other.start()).result(30)
    assert other.pid == keep_engine.pid
    different = local(script=[{"hear": "x", "say": "y"}])
    submit(different.start()).result(30)
    assert different.pid != keep_engine.pid
    for service in (other, different):
        submit(service.close()).result(10)
    assert keep_engine.pid is not None
    os.kill(keep_engine.pid, 0)


def test_interrupting_a_cell_does_not_reach_the_engine(keep_engine: Local) -> None:
    assert keep_engine.pid is not None
    assert os.getpgid(keep_engine.pid) != os.getpgid(0)


def test_no_token_in_reprs_logs_and_events(open_stage: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = local()
    stage = open_stage(service)
    stage.talk.send_text("hello").result(30)
    stage.finished(2)
    token = service._child.token if service._child else ""
    assert len(token) > 30
    everything = [repr(service), repr(stage.talk), repr(stage.changes), repr(stage.messages)]
    everything += [repr(list(stage.talk.events)), caplog.text]
    for text in everything:
        assert token not in text
    assert not any(token in argument for argument in _command(service.pid))


def _command(pid: int | None) -> list[str]:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().decode().split("\0")


def test_an_engine_that_does_not_start_says_so_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    service = alone()
    monkeypatch.setattr(
        engine_child, "COMMAND", ("-c", "import sys; print('no more ports', file=sys.stderr); sys.exit(3)")
    )
    with pytest.raises(EngineError, match=r"code 3.*no more ports"):
        submit(service.start()).result(30)
    submit(service.close()).result(20)


def test_an_engine_that_has_ended_before_it_is_spoken_to_says_so_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spawn = asyncio.create_subprocess_exec

    async def ended(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        process = await spawn(*command, **options)
        await process.wait()
        return process

    monkeypatch.setattr(engine_child, "COMMAND", ("-c", "raise SystemExit(3)"))
    monkeypatch.setattr(asyncio, "create_subprocess_exec", ended)
    service = alone()
    with pytest.raises(EngineError, match=r"ended with code 3"):
        submit(service.start()).result(30)
    submit(service.close()).result(20)


def test_missing_parts_become_a_notice_with_the_line_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys, json; sys.stdin.readline(); print(json.dumps({'port': 9, 'pid': 1}), flush=True);"
        "step = 'Run: pip install \"voice-widget[local]\"'; said = 'It is not installed. ' + step;"
        "ready = {'ready': True, 'voices': [], 'missing': {'stt': said}, 'steps': {said: step}};"
        "print(json.dumps(ready), flush=True);"
        "sys.stdin.read()"
    )
    monkeypatch.setattr(engine_child, "COMMAND", ("-c", program))
    service = local(vad="webrtc")
    submit(service.start()).result(30)
    notice = service.notice
    assert notice is not None
    assert notice["code"] == "missing_parts"
    assert notice["message"].endswith("typed text still works. It is not installed.")
    assert notice["next_step"] == 'Run pip install "voice-widget[local]" and restart the kernel.'
    submit(service.close()).result(20)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"vad": "magic"}, "no vad 'magic'"),
        ({"tts": "choir"}, "no tts 'choir'"),
        ({"stt": "scripted", "script": None}, "needs a script"),
        ({"in_process": True}, "not built yet"),
    ],
)
def test_impossible_settings_are_refused_at_once(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        local(**settings)


# --- webrtc ---


def test_a_call_by_webrtc_from_offer_to_rows(open_stage: Open) -> None:
    stage = open_stage(transport="webrtc")
    page = AiortcPage(stage)
    with page:
        page.call()
        stage.talk.send_text("hello").result(10)
        user, answer = stage.finished(2)
        assert (user["text"], answer["text_heard"]) == ("hello", "You said hello.")
        assert page.heard_something()
        page.speak(tone())
        rows = stage.finished(4)
        assert [r["text"] for r in rows[2:]] == ["what is the mean", "You said what is the mean."]
        assert rows[3]["response_gap_ms"] >= 200
        assert rows[3]["time_source"] == "engine"
        assert {r["call_id"] for r in rows} == {stage.states()["call_id"]}


def test_a_killed_engine_asks_the_page_for_a_new_offer(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = local()
    stage = open_stage(service, transport="webrtc")
    first, second = AiortcPage(stage), AiortcPage(stage)
    with first, second:
        first.call()
        stage.talk.send_text("before").result(10)
        stage.finished(2)
        assert service.pid is not None
        os.kill(service.pid, signal.SIGKILL)
        wanted = stage.message("call.offer_wanted", timeout=30)
        assert (wanted["page"], wanted["reason"]) == ("page_1", "reconnect")
        second.call()
        stage.talk.send_text("after").result(10)
        assert [r["text"] for r in stage.finished(4)] == [
            "before",
            "You said before.",
            "after",
            "You said after.",
        ]


def test_an_offer_that_is_no_sdp_is_named(open_stage: Open) -> None:
    from tests.talking import FakePage

    stage = open_stage(transport="webrtc")
    page = FakePage(stage)
    reply = page.reply(page.ask("call.open", sdp="hello?", microphone=True), 30)
    assert reply["type"] == "request.failed"
    assert reply["error"]["message"]
    assert reply["error"]["next_step"]
    stage.is_state("error")


def test_an_engine_that_is_let_go_of_while_it_starts_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    service = alone()
    pids: list[int] = []
    drain = EngineChild._drain

    async def start_and_close() -> None:
        spawned = asyncio.Event()

        async def noted(child: EngineChild, process: asyncio.subprocess.Process) -> None:
            pids.append(process.pid)
            spawned.set()
            await drain(child, process)

        monkeypatch.setattr(EngineChild, "_drain", noted)
        starting = asyncio.ensure_future(service.start())
        await spawned.wait()
        await service.close()
        with pytest.raises((ServiceUnavailable, asyncio.CancelledError)):
            await starting

    submit(start_and_close()).result(30)
    assert service.pid is None
    assert service._spec not in call(lambda: {**engine_child._children})
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_an_engine_that_is_let_go_of_before_it_is_a_process_never_becomes_one() -> None:
    service = alone()

    async def start_and_close() -> EngineChild:
        starting = asyncio.ensure_future(service.start())
        await asyncio.sleep(0)
        child = service._child
        assert child is not None
        await service.close()
        with pytest.raises((ServiceUnavailable, EngineError, asyncio.CancelledError)):
            await starting
        return child

    child = submit(start_and_close()).result(30)
    assert child.pid is None
    assert child._process is None


def test_an_agent_of_the_engine_knows_what_was_said_before_the_talk(open_stage: Open) -> None:
    def counts(turn: Turn) -> str:
        return f"I know {len(turn.history)} earlier turns, the first was: {turn.history[0].text}"

    history = [
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": "Hello, Ann."},
    ]
    stage = open_stage(agent=counts, history=history)
    stage.talk.connect().result(30)
    stage.talk.play(tone(), 24_000, "max").result(10)
    user, answer = stage.finished(2)
    assert (user["seq"], user["text"]) == (1, "what is the mean")
    assert answer["text"] == "I know 2 earlier turns, the first was: My name is Ann."
    assert stage.problems == []
