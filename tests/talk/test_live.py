"""Whole talks by values: the scripted service on memory, and a page played by the test on webrtc."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import FakePage, PeerService, Stage
from voice_widget.agents import Hints, Show, ToolCall, Turn
from voice_widget.errors import ServiceRefused, ServiceUnavailable, SettingError, StateError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.events import events_frame
from voice_widget.talk import preparation as preparation_module
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import loop


@pytest.fixture
def open_stage() -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(service: Any, config: SessionConfig | None = None, **options: Any) -> Stage:
        stages.append(Stage(service, config, **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


Open = Callable[..., Stage]


# --- memory ---


def test_a_talk_by_values(open_stage: Open) -> None:
    script = [
        {"hear": "what is the mean", "say": "It is three dollars.", "hear_ms": 900, "gap_ms": 250},
        {"hear": "and the sum", "say": "one two three four", "interrupt_ms": 700},
        {"hear": "stop", "say": "Yes."},
    ]
    stage = open_stage(ScriptedService(script), SessionConfig(voice="two"))
    stage.talk.connect().result(20)
    rows = stage.finished(6)
    assert [(r["role"], r["text"], r["text_heard"], r["interrupted"]) for r in rows] == [
        ("user", "what is the mean", None, False),
        ("assistant", "It is three dollars.", "It is three dollars.", False),
        ("user", "and the sum", None, False),
        ("assistant", "one two three four", "one two", True),
        ("user", "stop", None, False),
        ("assistant", "Yes.", "Yes.", False),
    ]
    first, answer = rows[0], rows[1]
    assert (first["start_ms"], first["end_ms"]) == (0, 900)
    assert (answer["start_ms"], answer["end_ms"], answer["response_gap_ms"]) == (1150, 2350, 250)
    assert {r["call_id"] for r in rows} == {"s1_sess_1"}
    assert {r["time_source"] for r in rows} == {"samples"}
    assert stage.states()["voice"] == "two"
    assert stage.problems == []


def test_the_cut_is_sent_where_the_service_cannot_know_it(open_stage: Open) -> None:
    script = [{"hear": "a", "say": "one two three", "interrupt_ms": 450}, {"hear": "b", "say": "c"}]
    stage = open_stage(ScriptedService(script))
    stage.talk.connect().result(20)
    stage.finished(4)
    (cut,) = stage.client_events("conversation.item.truncate")
    assert cut["audio_end_ms"] == 450


def test_two_runs_are_equal_to_the_byte(open_stage: Open) -> None:
    def run() -> str:
        script = [{"hear": "a", "say": "one two", "interrupt_ms": 300}, {"hear": "b", "say": "c d"}]
        stage = open_stage(ScriptedService(script))
        stage.talk.connect().result(20)
        stage.finished(4)
        stage.talk.disconnect().result(20)
        return json.dumps([[e.at, e.direction, e.call_id, e.event] for e in stage.talk.events])

    assert run() == run()


def test_five_hundred_turns_are_complete_and_in_order(open_stage: Open) -> None:
    script = [{"hear": f"question {n}", "say": f"Answer {n}."} for n in range(250)]
    stage = open_stage(ScriptedService(script))
    stage.talk.connect().result(20)
    rows = stage.finished(500, timeout=60)
    assert [r["seq"] for r in rows] == list(range(1, 501))
    assert [r["text"] for r in rows[::2]] == [f"question {n}" for n in range(250)]
    assert [r["text_heard"] for r in rows[1::2]] == [f"Answer {n}." for n in range(250)]
    assert {r["response_gap_ms"] for r in rows[1::2]} == {300}


def test_a_second_talk_goes_on_in_the_same_transcript(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([{"hear": "a", "say": "b"}]))
    for count in (2, 4):
        stage.talk.connect().result(20)
        stage.finished(count)
        stage.talk.disconnect().result(20)
        stage.is_state("disconnected")
    rows = stage.rows()
    assert [r["seq"] for r in rows] == [1, 2, 3, 4]
    assert [r["call_id"] for r in rows] == ["s1_sess_1"] * 2 + ["s2_sess_1"] * 2


def test_two_talks_at_once_do_not_meet(open_stage: Open) -> None:
    stages = [
        open_stage(ScriptedService([{"hear": f"{who} {n}", "say": f"to {who}"} for n in range(20)]))
        for who in ("ann", "bob")
    ]
    for waiting in [stage.talk.connect() for stage in stages]:
        waiting.result(20)
    for who, stage in zip(("ann", "bob"), stages, strict=True):
        assert {r["text"].split()[-1 if r["role"] == "assistant" else 0] for r in stage.finished(40)} == {who}


# --- the agent ---


def test_the_agent_gets_the_turn_and_what_was_heard_before(open_stage: Open) -> None:
    seen: list[Turn] = []

    def agent(turn: Turn) -> str:
        seen.append(turn)
        return f"You said {turn.text}."

    script = [
        {"hear": "one", "say": "alpha beta gamma", "interrupt_ms": 350},
        {"hear": "two", "say": ""},
    ]
    stage = open_stage(ScriptedService(script), SessionConfig(instructions="Be kind."), agent=agent)
    stage.talk.connect().result(20)
    rows = stage.finished(4)
    assert rows[3]["text"] == "You said two."
    (turn,) = seen
    assert (turn.text, turn.instructions, turn.item_id) == ("two", "Be kind.", rows[2]["item_id"])
    assert [(m.role, m.text) for m in turn.history] == [("user", "one"), ("assistant", "alpha")]


def test_what_was_not_understood_reaches_the_agent_as_nothing(open_stage: Open) -> None:
    seen: list[str] = []

    def agent(turn: Turn) -> str:
        seen.append(turn.text)
        return "Pardon?"

    stage = open_stage(ScriptedService([{"hear": "", "say": ""}]), agent=agent)
    stage.talk.connect().result(20)
    stage.wait(lambda: any(r["text"] == "Pardon?" for r in stage.turns), 2)
    assert seen == [""]


def test_a_raising_agent_costs_its_turn_and_is_explained(open_stage: Open) -> None:
    def agent(turn: Turn) -> str:
        if turn.text == "bad":
            raise ZeroDivisionError("division by zero")
        return "Fine."

    stage = open_stage(
        ScriptedService([{"hear": "bad", "say": ""}, {"hear": "good", "say": ""}]), agent=agent
    )
    stage.talk.connect().result(20)
    stage.wait(lambda: any(r["text"] == "Fine." for r in stage.turns))
    error = next(e for e in stage.history_of("error") if e)
    assert error["code"] == "agent_failed"
    assert "ZeroDivisionError: division by zero" in error["message"]
    assert "log" in error["next_step"]
    assert [r["text"] for r in stage.rows() if r["role"] == "user"] == ["bad", "good"]
    assert stage.states()["connection_state"] == "connected"


def test_a_hanging_agent_costs_its_turn_and_is_explained(open_stage: Open) -> None:
    release = threading.Event()

    def agent(turn: Turn) -> str:
        if turn.text == "bad":
            release.wait(20)
        return "Fine."

    stage = open_stage(
        ScriptedService([{"hear": "bad", "say": ""}, {"hear": "good", "say": ""}]),
        agent=agent,
        agent_timeout_s=0.2,
    )
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: any(r["text"] == "Fine." for r in stage.turns))
        assert "agent_timeout" in stage.problems
    finally:
        release.set()


def test_an_agent_that_says_nothing_is_explained(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([{"hear": "a", "say": ""}]), agent=lambda turn: None)
    stage.talk.connect().result(20)
    stage.wait(lambda: "agent_silent" in stage.problems)
    assert stage.states()["connection_state"] == "connected"


def test_an_interruption_cancels_the_agent(open_stage: Open) -> None:
    asked, ended = threading.Event(), threading.Event()

    def agent(turn: Turn) -> str:
        asked.set()
        assert turn.cancelled.wait(10)
        ended.set()
        return "Too late."

    stage = open_stage(ScriptedService([{"hear": "a", "say": ""}]), agent=agent)
    stage.talk.connect().result(20)
    assert asked.wait(20)
    stage.talk.interrupt().result(20)
    assert ended.wait(20)
    assert [e["type"] for e in stage.client_events("response.cancel")] == ["response.cancel"]
    stage.talk.disconnect().result(20)
    assert all(r["text"] != "Too late." for r in stage.rows())


def test_what_the_agent_shows_goes_to_the_cell(open_stage: Open) -> None:
    shown: list[tuple[str, Any]] = []

    def agent(turn: Turn) -> Iterator[Any]:
        yield "Look."
        yield Show({"rows": 4}, "table · 4 rows")

    stage = open_stage(
        ScriptedService([{"hear": "a", "say": ""}]),
        agent=agent,
        show=lambda turn, show: shown.append((turn.item_id, show.value)),
    )
    stage.talk.connect().result(20)
    rows = stage.finished(2)
    assert shown == [(rows[0]["item_id"], {"rows": 4})]


def test_an_agent_uses_a_tool_and_is_asked_again(open_stage: Open) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    def agent(turn: Turn) -> Any:
        results = [m.text for m in turn.history if m.role == "tool"]
        return f"It is {results[-1]}." if results else ToolCall("add", {"a": 2, "b": 3})

    stage = open_stage(ScriptedService([{"hear": "two and three", "say": ""}]), agent=agent, tools=[add])
    stage.talk.connect().result(20)
    stage.wait(lambda: any(r["text"] == "It is 5." for r in stage.turns))
    items = [e["item"] for e in stage.client_events("conversation.item.create")]
    assert [(i["type"], i["output"]) for i in items] == [("function_call_output", "5")]


# --- verbs ---


def test_typed_text_makes_a_call_and_a_turn(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]), agent=lambda turn: f"You typed {turn.text}.")
    stage.talk.send_text("hello").result(20)
    rows = stage.finished(2)
    assert [(r["role"], r["text"], r["source"]) for r in rows] == [
        ("user", "hello", "typed"),
        ("assistant", "You typed hello.", "speech"),
    ]


def test_say_is_verbatim_and_its_row_says_so(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]))
    stage.talk.say("Good morning.").result(20)
    (row,) = stage.finished(1)
    assert (row["text"], row["source"], row["role"]) == ("Good morning.", "say", "assistant")


def test_elsewhere_say_asks_for_exactly_this(open_stage: Open) -> None:
    service = PeerService([], kernel_agent=False)
    service.capabilities = type(service.capabilities)()
    stage = open_stage(service)
    stage.talk.say("Good morning.").result(20)
    (asked,) = stage.client_events("response.create")
    assert asked["response"]["input"] == []
    assert asked["response"]["tool_choice"] == "none"
    assert asked["response"]["instructions"].endswith("Good morning.")
    assert asked["response"]["metadata"]["voice_widget"] == "say"


def test_verbs_wait_for_the_response_being_made(open_stage: Open) -> None:
    release = threading.Event()
    asked = threading.Event()

    def agent(turn: Turn) -> str:
        asked.set()
        release.wait(10)
        return f"Re {turn.text}."

    stage = open_stage(ScriptedService([{"hear": "first", "say": ""}]), agent=agent)
    stage.talk.connect().result(20)
    assert asked.wait(20)
    second = stage.talk.send_text("second")
    stage.talk.update(speed=1.1).result(20)  # answered, and the text waits still
    assert stage.client_events("conversation.item.create") == []
    assert not second.done()
    release.set()
    second.result(20)
    stage.wait(lambda: any(r["text"] == "Re second." for r in stage.turns))
    assert stage.problems == []


def test_the_voice_changes_before_and_during_a_call(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]))
    stage.talk.update(voice="two").result(20)
    assert stage.states()["voice"] == "two"
    stage.talk.connect().result(20)
    stage.talk.update(voice="one").result(20)
    assert stage.states()["voice"] == "one"
    assert stage.talk.session.voice == "one"
    stage.talk.say("Hi.").result(20)
    assert stage.finished(1)[0]["voice"] in ("one", None)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"voice": "three"}, "unknown_voice", "one, two"),
        ({"speed": 9}, "invalid_value", "0.25"),
        ({"turn_detection": {"type": "psychic"}}, "invalid_value", "server_vad"),
        ({"mood": "good"}, "setting_error", "mood"),
    ],
)
def test_an_impossible_setting_is_refused_at_once(
    open_stage: Open, changes: dict[str, Any], code: str, says: str
) -> None:
    stage = open_stage(ScriptedService([]))
    with pytest.raises(SettingError, match=says) as raised:
        stage.talk.update(**changes)
    assert raised.value.code == code


def test_what_the_service_refuses_leaves_the_old_setting_in_force(open_stage: Open) -> None:
    service = ScriptedService([])
    stage = open_stage(service)
    stage.talk.connect().result(20)
    before = stage.talk.config
    service.capabilities = type(service.capabilities)(verbatim=True, voices=())
    # The widget knows no voices now, but the session in progress does not have this one.
    service.connections[0]._service = ScriptedService([])
    with pytest.raises(ServiceRefused, match="Unknown voice"):
        stage.talk.update(voice="three").result(20)
    assert stage.talk.config == before


def test_misuse_raises_at_once(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([], ManualClock()))
    with pytest.raises(SettingError, match="no text"):
        stage.talk.send_text("  ")
    with pytest.raises(SettingError, match="no pace"):
        stage.talk.play(b"", pace="warp")  # type: ignore[arg-type]
    stage.talk.connect().result(20)
    with pytest.raises(StateError, match="runs already"):
        stage.talk.connect()
    stage.close()
    with pytest.raises(StateError, match="closed"):
        stage.talk.connect()


def test_who_hangs_up_may_call_at_once(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([], ManualClock()))
    stage.talk.connect().result(20)
    for number in range(2, 5):
        gate = threading.Event()
        loop().call_soon_threadsafe(gate.wait, 20)  # the loop has something else to do
        ended = stage.talk.disconnect()
        called = stage.talk.connect()
        gate.set()
        ended.result(20)
        called.result(20)
        stage.is_state("connected")
        assert stage.talk._dialler.number == number
    gate = threading.Event()
    loop().call_soon_threadsafe(gate.wait, 20)
    stage.talk.disconnect()
    joined = stage.talk.join("rtc_1")
    gate.set()
    joined.result(20)
    assert stage.talk.joined == "rtc_1"
    with pytest.raises(StateError, match="runs already"):
        stage.talk.join("rtc_2")


@pytest.mark.parametrize("transport", ["memory", "webrtc"])
def test_hanging_up_ones_own_call_by_its_id_ends_it_for_good(open_stage: Open, transport: str) -> None:
    service = PeerService([])
    stage = open_stage(service, transport=transport)
    if transport == "memory":
        stage.talk.connect().result(20)
    else:
        FakePage(stage).call()
    call_id = stage.states()["call_id"]
    stage.talk.hangup_call(call_id).result(20)
    stage.is_state("disconnected")
    assert service.hung_up == (["rtc_1"] if transport == "webrtc" else [])
    assert stage.talk._dialler.number == 1
    assert "reconnecting" not in stage.history_of("connection_state")
    stage.talk.hangup_call("rtc_other").result(20)
    assert service.hung_up[-1] == "rtc_other"


def test_a_hand_turned_clock_stops_in_the_middle_of_an_answer(open_stage: Open) -> None:
    clock = ManualClock(1_700_000_000.0)
    stage = open_stage(ScriptedService([{"hear": "a", "say": "one two three four", "hear_ms": 500}], clock))
    stage.talk.connect().result(20)
    stage.wait(lambda: stage.states().get("user_speaking"))
    clock.advance(0.5)
    stage.wait(lambda: stage.states().get("activity") == "thinking")
    clock.advance(0.3)
    clock.advance(0.001)
    stage.wait(lambda: stage.states().get("assistant_speaking"))
    clock.advance(0.599)
    stage.talk.interrupt().result(20)
    (user, answer) = stage.finished(2)
    assert user["end_ms"] == 500
    assert (answer["text_heard"], answer["interrupted"]) == ("one two", True)


def test_a_lost_session_is_made_anew_and_the_transcript_goes_on(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = PeerService([{"hear": "a", "say": "b"}], kernel_agent=False)
    stage = open_stage(service)
    stage.talk.connect().result(20)
    stage.finished(2)
    loop().call_soon_threadsafe(service.connections[0].cut)
    rows = stage.finished(4)
    assert [r["call_id"] for r in rows] == ["s1_sess_1"] * 2 + ["s2_sess_1"] * 2
    assert "reconnecting" in stage.history_of("connection_state")
    assert stage.states()["reconnect_attempts"] == 0
    replayed = [e["item"] for e in stage.client_events("conversation.item.create")]
    assert [(i["role"], i["content"][0]["type"], i["content"][0]["text"]) for i in replayed] == [
        ("user", "input_text", "a"),
        ("assistant", "output_text", "b"),
    ]


@pytest.mark.parametrize("kernel_agent", [True, False])
def test_a_typed_text_that_waited_in_a_lost_call_is_said_in_the_next(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, kernel_agent: bool
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    asked, release = threading.Event(), threading.Event()

    def agent(turn: Turn) -> str:
        if turn.text == "first" and not asked.is_set():
            asked.set()
            release.wait(10)
        return f"Re {turn.text}."

    service = PeerService([{"hear": "first", "say": ""}], kernel_agent=kernel_agent)
    stage = open_stage(service, agent=agent)
    stage.talk.connect().result(20)
    assert asked.wait(20)
    typed = [stage.talk.send_text(text) for text in ("second", "third")]
    said = stage.talk.say("Bye.")
    stage.talk.update(speed=1.1).result(20)  # answered: the texts before it have been taken in
    assert not any(future.done() for future in (*typed, said))
    service.script = type(service.script)(())
    loop().call_soon_threadsafe(service.connections[0].cut)
    for future in (*typed, said):
        future.result(10)
    release.set()
    stage.wait(lambda: any(r["text"] == "Bye." for r in stage.rows()))
    texts = [r["text"] for r in stage.rows()]
    for text in ("Re first.", "second", "Re second.", "third", "Re third.", "Bye."):
        assert texts.count(text) == 1, texts


def test_a_text_that_nobody_echoed_before_the_loss_is_sent_once_more(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = PeerService([])
    stage = open_stage(service, agent=lambda turn: f"Re {turn.text}.")
    stage.talk.connect().result(20)

    async def swallow(event: Any) -> None:
        if event["type"] == "response.create":
            service.connections[0].cut()

    service.connections[0].send = swallow  # type: ignore[method-assign]
    stage.talk.send_text("hello").result(10)
    stage.finished(2)
    assert [r["text"] for r in stage.rows()] == ["hello", "Re hello."]


@pytest.mark.parametrize("echoed", [False, True])
def test_a_text_that_breaks_every_call_is_given_up(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, echoed: bool
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    monkeypatch.setattr(retrying_module, "STOOD_S", -1.0)  # every loss counts as the first one
    service = PeerService([])
    connect, tries = service.connect, []

    async def fragile(**options: Any) -> Any:
        connection = await connect(**options)
        send = connection.send

        def end() -> None:
            # What it has said already is heard first.
            loop().call_soon(end) if connection._outbox else connection.cut()

        async def take(event: Any) -> None:
            if event["type"] != "response.create":
                return await send(event) if echoed else None
            tries.append(event)
            end()

        connection.send = take  # type: ignore[method-assign]
        return connection

    service.connect = fragile  # type: ignore[method-assign]
    stage = open_stage(service, agent=lambda turn: f"Re {turn.text}.")
    stage.talk.connect().result(20)
    sent = stage.talk.send_text("poison")
    if echoed:
        sent.result(20)
        stage.wait(lambda: "call_lost" in stage.problems)
    else:
        with pytest.raises(ServiceUnavailable) as raised:
            sent.result(10)
        assert raised.value.code == "call_lost"
    assert len(tries) == 3
    # The talk goes on, and what was said is kept.
    stage.wait(lambda: len(service.connections) == 4 and stage.states()["connection_state"] == "connected")
    [row] = stage.rows()
    assert (row["text"], row["status"]) == ("poison", "completed" if echoed else "incomplete")


def test_a_text_that_waits_when_the_user_hangs_up_is_named(open_stage: Open) -> None:
    asked, release = threading.Event(), threading.Event()

    def agent(turn: Turn) -> str:
        asked.set()
        release.wait(10)
        return "Yes."

    stage = open_stage(ScriptedService([{"hear": "first", "say": ""}]), agent=agent)
    stage.talk.connect().result(20)
    assert asked.wait(20)
    waiting = stage.talk.send_text("second")
    stage.talk.disconnect().result(20)
    release.set()
    with pytest.raises(StateError) as raised:
        waiting.result(20)
    assert raised.value.code == "call_ended"
    assert stage.talk._dialler.run is None


def test_verbs_between_a_loss_and_the_next_call_wait_for_it(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    letting_go = threading.Event()

    class Slow(PeerService):
        async def hangup(self, call_id: str) -> None:
            letting_go.set()
            await loop().run_in_executor(None, verbs_given.wait, 20)

    verbs_given = threading.Event()
    service = Slow([])
    stage = open_stage(service, transport="webrtc")
    page = FakePage(stage)
    page.call()
    service.refuses_sidebands = True
    loop().call_soon_threadsafe(service.connections[0].cut)
    assert letting_go.wait(20)
    text, update = stage.talk.send_text("typed in the gap"), stage.talk.update(voice="two")
    stage.talk.interrupt().result(20)
    update.result(20)
    assert not text.done()
    verbs_given.set()
    stage.message("call.offer_wanted")
    page.offer()
    text.result(20)
    stage.wait(lambda: stage.talk.session.voice == "two")
    assert [r["text"] for r in stage.rows() if r["role"] == "user"] == ["typed in the gap"]


def test_a_setting_changed_while_connecting_is_in_force_afterwards(open_stage: Open) -> None:
    service = PeerService([])
    stage = open_stage(service, transport="webrtc")
    page = FakePage(stage)
    page.say("call.pending")
    answer = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    stage.talk.update(voice="two", instructions="Be kind.").result(20)
    page.say("call.peer", call=answer["call"], state="connected")
    stage.wait(lambda: stage.talk.session.voice == "two")
    *_, update = stage.client_events("session.update")
    assert update["session"]["instructions"] == "Be kind."
    assert stage.states()["voice"] == "two"


def test_a_setting_refused_after_connecting_is_not_claimed(open_stage: Open) -> None:
    service = PeerService([])
    stage = open_stage(service, SessionConfig(voice="one"), transport="webrtc")
    page = FakePage(stage)
    page.say("call.pending")
    answer = page.reply(page.ask("call.open", sdp="v=0", microphone=True))
    stage.talk.update(voice="two").result(20)
    service.capabilities = type(service.capabilities)(webrtc=True, sideband=True, voices=("one",))
    page.say("call.peer", call=answer["call"], state="connected")
    stage.wait(lambda: stage.problems == ["invalid_value"])
    stage.wait(lambda: stage.talk.config.voice == "one")
    assert stage.states()["voice"] == "one"


def test_after_the_last_try_it_says_why(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    service = PeerService([{"hear": "a", "say": "b"}])
    stage = open_stage(service)
    stage.talk.connect().result(20)
    stage.finished(2)
    service.gone = True
    loop().call_soon_threadsafe(service.connections[0].cut)
    stage.is_state("error")
    assert stage.history_of("reconnect_attempts")[-1] == 3
    error = stage.states()["error"]
    assert (error["code"], "3 tries" in error["message"]) == ("reconnect_failed", True)
    assert error["message"].endswith("It is gone.")
    assert "Retry" in error["next_step"]
    assert len(stage.rows()) == 2


def test_a_service_that_refuses_is_said_at_once(open_stage: Open) -> None:
    stage = open_stage(ScriptedService([]), transport="webrtc")
    page = FakePage(stage)
    page.say("call.pending")
    stage.is_state("error")
    assert stage.states()["error"]["code"] == "no_webrtc_service"
    assert stage.states()["holder"] == ""


@pytest.mark.parametrize("verb", ["connect", "send_text", "say"])
def test_a_service_that_takes_no_offer_is_named_before_a_page_is_asked(open_stage: Open, verb: str) -> None:
    stage = open_stage(ScriptedService([]), transport="webrtc")
    words = () if verb == "connect" else ("Hello.",)
    with pytest.raises(ServiceRefused, match="takes no offer") as raised:
        getattr(stage.talk, verb)(*words).result(20)
    assert raised.value.code == "no_webrtc_service"
    assert stage.sent("call.offer_wanted") == []
    with pytest.raises(ServiceRefused):
        stage.talk.connect().result(20)


class _Expecting:
    """An agent whose hints are bad."""

    def __init__(self, hints: Callable[[], Any]) -> None:
        self.hints = hints

    def __call__(self, turn: Turn) -> str:
        return f"You said {turn.text}."


@pytest.mark.parametrize("kind", ["hangs", "raises", "no texts"])
def test_bad_hints_cost_no_call(open_stage: Open, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(preparation_module, "HINTS_S", 0.05 if kind == "hangs" else 5)
    release = threading.Event()

    def hints() -> Any:
        if kind == "hangs":
            release.wait(10)
        if kind == "raises":
            raise ValueError("no")
        return Hints(words=(3,))  # type: ignore[arg-type]

    stage = open_stage(ScriptedService([{"hear": "a", "say": ""}]), agent=_Expecting(hints))
    try:
        stage.talk.connect().result(20)
        stage.finished(2)
    finally:
        release.set()
    assert stage.states()["notice"]["code"] == ("hints_timeout" if kind == "hangs" else "hints_failed")


def test_what_was_said_before_a_tool_was_called_stands_with_its_result(open_stage: Open) -> None:
    turns: list[Turn] = []

    def agent(turn: Turn) -> str:
        turns.append(turn)
        return "Well."

    def look() -> str:
        """Look."""
        return "there"

    service = ScriptedService([])
    stage = open_stage(service, agent=agent, tools=[look])
    stage.talk.connect().result(20)
    connection = service.connections[0]

    def answer(number: int, *words: str, calls: int) -> None:
        """The service answers with words and calls of the tool."""
        response, item = f"r{number}", {"id": f"a{number}", "type": "message", "role": "assistant"}
        connection._emit("response.created", response={"id": response})
        if words:
            connection._emit("response.output_item.added", response_id=response, item=item)
        for word in words:
            told = {"response_id": response, "item_id": item["id"], "delta": word}
            connection._emit("response.output_audio_transcript.delta", **told)
        output = [
            {"id": f"f{number}{c}", "type": "function_call", "call_id": f"c{number}{c}", "name": "look"}
            for c in range(calls)
        ]
        full = [{**call, "arguments": "{}", "status": "completed"} for call in output]
        connection._emit("response.done", response={"id": response, "status": "completed", "output": full})
        connection._wake.set()

    part = {"type": "input_text", "text": "where?"}
    question = {"id": "u", "type": "message", "role": "user", "content": [part]}
    loop().call_soon_threadsafe(lambda: connection._emit("conversation.item.done", item=question))
    loop().call_soon_threadsafe(lambda: answer(1, "One ", "moment.", calls=2))
    stage.wait(lambda: len(turns) == 1)
    stage.finished(3)
    loop().call_soon_threadsafe(lambda: answer(2, calls=1))
    stage.wait(lambda: len(turns) == 2)
    said = [(message.call_id, message.spoken) for message in turns[1].history if message.role == "tool"]
    assert said == [("c10", "One moment."), ("c11", ""), ("c20", "Well.")]


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_errors_without_words_and_odd_results_cost_their_turn_only(open_stage: Open) -> None:
    def loops() -> Any:
        """Loop."""
        made: list[Any] = []
        made.append(made)
        return made

    def keys() -> Any:
        """Keys."""
        return {3: object()}

    def mute() -> Any:
        """Raise."""
        raise _Mute

    def agent(turn: Turn) -> Any:
        results = [m.text for m in turn.history if m.role == "tool"]
        if turn.text == "agent":
            raise _Mute
        return f"It is {results[-1]}." if results else ToolCall(turn.text)

    script = [{"hear": name, "say": ""} for name in ("loops", "keys", "mute", "agent")]
    stage = open_stage(ScriptedService(script), agent=agent, tools=[loops, keys, mute])
    stage.talk.connect().result(20)
    stage.wait(lambda: "agent_failed" in stage.problems)
    outputs = [e["item"]["output"] for e in stage.client_events("conversation.item.create")]
    assert [json.loads(text).keys() for text in outputs] == [{"error"}] * 3
    assert "cannot be written as JSON" in outputs[0]
    assert "cannot be written as JSON" in outputs[1]
    assert "_Mute" in outputs[2]
    assert stage.states()["connection_state"] == "connected"


def test_a_call_of_a_tool_by_something_else_than_a_name_is_explained(open_stage: Open) -> None:
    stage = open_stage(
        ScriptedService([{"hear": "a", "say": ""}]),
        agent=lambda turn: ToolCall(print, {}),  # type: ignore[arg-type]
    )
    stage.talk.connect().result(20)
    stage.wait(lambda: "agent_failed" in stage.problems)
    assert len(events_frame(stage.talk.events.lines()))


def test_the_table_of_events_survives_what_is_no_json() -> None:
    log = EventLog()
    log.add({"type": "a", "x": print, ("k",): 1}, "sent", 0.0, None)
    round_and_round: dict[str, Any] = {"type": "b"}
    round_and_round["self"] = print
    log.add(round_and_round, "sent", 0.0, None)
    assert [json.loads(text)["type"] for text in events_frame(log.lines())["event"]] == ["a", "b"]
