"""Which ends of a call are followed by another try, and what was lost with a call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.talking import PeerService, Stage
from voice_widget.agents import Turn
from voice_widget.errors import (
    EngineError,
    PageError,
    ServiceRefused,
    ServiceUnavailable,
    StateError,
    VoiceWidgetError,
)
from voice_widget.realtime.state.changes import ResponseDone
from voice_widget.services.clock import ManualClock
from voice_widget.talk import retrying as retrying_module
from voice_widget.talk.retrying import LONGEST_WAIT_S, RETRYING, STOOD_S, WAITS_S, Retrying
from voice_widget.talk.run import given_up
from voice_widget.threads.loop import loop

GONE = ServiceUnavailable("It is gone.")
BUSY = ServiceRefused("Wait.", code="rate_limited", passing=True)
NO = ServiceRefused("Wrong key.", code="invalid_api_key")


# --- by values ---


def test_the_table_is_whole() -> None:
    assert {after for row in RETRYING.values() for after in row.values()} <= set(RETRYING)


def test_a_first_call_is_tried_again_for_what_may_pass_only() -> None:
    for error in (
        GONE,
        ServiceUnavailable("x", code="timeout"),
        ServiceUnavailable("x", code="connection_lost"),
        ServiceUnavailable("x", code="session_timeout"),
    ):
        retrying = Retrying()
        assert [retrying.failed(error, 0.0) for _ in range(4)] == [*WAITS_S, None]
        assert not retrying.gets_back
    others = (NO, BUSY, PageError("x", code="ice_failed"), EngineError("x"), StateError("x"))
    for other in (*others, ServiceUnavailable("x", code="certificate_invalid")):
        assert Retrying().failed(other, 0.0) is None


def asks_to_wait(seconds: float) -> ServiceRefused:
    error = ServiceRefused("Wait.", code="rate_limited", passing=True)
    error.retry_after_s = seconds
    return error


def test_a_service_that_says_when_to_come_back_is_called_then() -> None:
    retrying = Retrying()
    assert [retrying.failed(asks_to_wait(3), 0.0) for _ in range(4)] == [3, 3, 5, None]
    assert Retrying().failed(asks_to_wait(LONGEST_WAIT_S), 0.0) == LONGEST_WAIT_S
    assert Retrying().failed(asks_to_wait(LONGEST_WAIT_S + 1), 0.0) is None
    lost = Retrying()
    lost.connected(1.0)
    assert lost.failed(asks_to_wait(3), 2.0) == 3


def test_a_lost_call_is_got_back_but_not_against_a_refusal() -> None:
    for error in (
        GONE,
        BUSY,
        EngineError("x"),
        PageError("x"),
        ServiceUnavailable("x", code="session_expired"),
    ):
        retrying = Retrying()
        retrying.connected(1.0)
        assert retrying.failed(error, 2.0) == WAITS_S[0]
        assert (retrying.again, retrying.gets_back, retrying.reached) == (True, True, True)
    retrying = Retrying()
    retrying.connected(1.0)
    assert retrying.failed(NO, 2.0) is None


def test_a_call_that_stood_for_a_while_gets_all_tries_again() -> None:
    retrying = Retrying()
    retrying.connected(0.0)
    assert retrying.failed(GONE, 1.0) == WAITS_S[0]
    retrying.connected(2.0)
    assert retrying.failed(GONE, 3.0) == WAITS_S[1]  # it counts as the same loss
    retrying.connected(4.0)
    assert retrying.failed(GONE, 4.1 + STOOD_S) == WAITS_S[0]


def test_the_tries_of_a_first_call_are_not_those_of_a_lost_one() -> None:
    retrying = Retrying()
    for _ in WAITS_S:
        retrying.failed(GONE, 0.0)
    retrying.connected(1.0)
    assert [retrying.failed(GONE, 2.0) for _ in range(4)] == [*WAITS_S, None]


@pytest.mark.parametrize("stands", [True, False])
def test_what_is_said_after_the_last_try_tells_a_lost_call_from_a_first_one(stands: bool) -> None:
    lost, first = Retrying(), Retrying()
    lost.connected(0.0)
    while lost.failed(GONE, 1.0) is not None:
        if stands:  # got back each time, for a moment
            lost.connected(1.0)
    while first.failed(GONE, 1.0) is not None:
        pass
    told = given_up(GONE, lost)
    assert (told.code, told.message) == (
        "reconnect_failed",
        "The call was lost, and 3 tries to get it back failed: It is gone.",
    )
    told = given_up(GONE, first)
    assert (told.code, told.message) == (GONE.code, "The call did not come about in 4 tries: It is gone.")


def test_media_that_stopped_and_found_no_way_again_have_stopped() -> None:
    stopped, no_way = (PageError("x", code=code) for code in ("media_stopped", "ice_failed"))
    lost = Retrying()
    lost.connected(0.0)
    assert given_up(no_way, lost, stopped) is stopped
    assert given_up(no_way, lost, GONE) is no_way
    assert given_up(GONE, lost, stopped) is GONE


# --- in a talk ---


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Stage]]:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    opened: list[Stage] = []
    yield opened
    for stage in opened:
        stage.close()


class Fragile(PeerService):
    """Cannot be reached for a while."""

    def __init__(self, script: Any, *failures: Exception) -> None:
        super().__init__(script, ManualClock(1.7e9, auto=True), kernel_agent=False)
        self.failures = list(failures)

    async def connect(self, **options: Any) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        return await super().connect(**options)


def test_a_first_call_that_fails_for_a_moment_is_made_in_the_end(stages: list[Stage]) -> None:
    stages.append(stage := Stage(Fragile([{"hear": "a", "say": "b"}], GONE, GONE)))
    stage.talk.connect().result(20)
    stage.finished(2)
    assert [n and n["message"] for n in stage.history_of("notice")] == ["It is gone.", None]
    assert (stage.problems, stage.states()["reconnect_attempts"]) == ([], 0)
    assert stage.client_events("conversation.item.create") == []  # there is no history to be told


def test_a_first_call_that_fails_for_long_says_why(stages: list[Stage]) -> None:
    stages.append(stage := Stage(Fragile([], *(GONE for _ in range(9)))))
    with pytest.raises(ServiceUnavailable) as raised:
        stage.talk.connect().result(20)
    told = "The call did not come about in 4 tries: It is gone."
    assert (raised.value.code, raised.value.message) == ("service_unavailable", told)
    stage.is_state("error")
    assert stage.states()["notice"] is None


def test_who_waits_as_long_as_the_service_asks_can_hang_up(stages: list[Stage]) -> None:
    stages.append(stage := Stage(Fragile([], asks_to_wait(LONGEST_WAIT_S))))
    calling = stage.talk.connect()
    stage.wait(lambda: "Wait." in str(stage.states().get("notice")))
    stage.talk.disconnect().result(5)
    assert isinstance(calling.exception(5), StateError)
    stage.is_state("disconnected")


def test_a_refusal_is_told_at_once(stages: list[Stage]) -> None:
    stages.append(stage := Stage(Fragile([], NO)))
    with pytest.raises(VoiceWidgetError) as raised:
        stage.talk.connect().result(20)
    assert raised.value.code == "invalid_api_key"
    assert "reconnecting" not in stage.history_of("connection_state")


def unanswered(stage: Stage) -> list[tuple[str, str]]:
    """Wait until those who wait for an answer are told that it will not come; gives what they are told."""

    def told() -> list[tuple[str, str]]:
        ends = [change.error for change in stage.changes if isinstance(change, ResponseDone)]
        return [(error["code"], error["message"]) for error in ends if error is not None]

    stage.wait(told)
    return told()


class Thinking(PeerService):
    """The kernel's agent is asked, and in the first call it never answers."""

    def __init__(self) -> None:
        super().__init__([{"hear": "what is two plus three", "say": ""}], ManualClock(1.7e9, auto=True))
        self.asked, self.release = threading.Event(), threading.Event()

    def agent(self, turn: Turn) -> str:
        if not self.asked.is_set():
            self.asked.set()
            self.release.wait(10)
        return "Five."


def test_a_question_that_was_lost_with_its_call_is_asked_again(stages: list[Stage]) -> None:
    service = Thinking()
    stages.append(stage := Stage(service, agent=service.agent))
    stage.talk.connect().result(20)
    assert service.asked.wait(20)
    service.script = type(service.script)(())
    loop().call_soon_threadsafe(service.connections[0].cut)
    stage.wait(lambda: any(row["text"] == "Five." for row in stage.rows()))
    service.release.set()
    assert [row["text"] for row in stage.rows()].count("Five.") == 1
    assert len(stage.client_events("response.create")) == 1


def test_a_question_that_breaks_every_call_is_told_in_the_end(
    stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "STOOD_S", -1.0)  # every loss counts as the first one
    service = Thinking()

    def agent(turn: Turn) -> str:
        loop().call_soon_threadsafe(service.connections[-1].cut)
        service.release.wait(0.5)
        return "Five."

    stages.append(stage := Stage(service, agent=agent))
    stage.talk.connect().result(20)
    service.script = type(service.script)(())
    assert [code for code, _ in unanswered(stage)] == ["answer_lost"]
    assert "answer_lost" in stage.problems
    stage.is_state("connected")
    assert len(stage.client_events("response.create")) == 2
    service.release.set()


@pytest.mark.parametrize("when", ["while it is away", "once it is back"])
def test_a_tool_whose_call_is_lost_answers_in_the_next_one(stages: list[Stage], when: str) -> None:
    called, release = threading.Event(), threading.Event()

    def add() -> str:
        """Add."""
        called.set()
        release.wait(10)
        return "5"

    service = PeerService([], ManualClock(1.7e9, auto=True), kernel_agent=False)
    stages.append(stage := Stage(service, tools=[add]))
    stage.talk.connect().result(20)
    item = {"id": "i", "type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"}
    done = {"id": "r", "status": "completed", "output": [item]}

    def call_the_tool() -> None:
        service.connections[0]._emit("response.created", response={"id": "r", "status": "in_progress"})
        service.connections[0]._emit("response.done", response=done)
        service.connections[0]._wake.set()

    loop().call_soon_threadsafe(call_the_tool)
    assert called.wait(20)
    loop().call_soon_threadsafe(service.connections[0].cut)
    stage.wait(lambda: "reconnecting" in stage.history_of("connection_state"))
    if when == "while it is away":
        release.set()
    stage.wait(lambda: len(service.connections) == 2)
    stage.wait(lambda: stage.history_of("connection_state").count("connected") == 2)
    release.set()
    stage.wait(lambda: stage.client_events("response.create"))
    items = [event["item"] for event in stage.client_events("conversation.item.create")]
    assert [(item["type"], item["call_id"], item.get("output")) for item in items] == [
        ("function_call", "c", None),
        ("function_call_output", "c", "5"),
    ]
    assert len(stage.client_events("response.create")) == 1
    assert "answer_lost" not in stage.problems
    (row,) = stage.talk.ledger.uses()
    assert (row["status"], row["output"]) == ("completed", "5")


def test_settings_that_were_refused_are_told_for_the_whole_call(stages: list[Stage]) -> None:
    class Strict(PeerService):
        async def connect(self, **options: Any) -> Any:
            connection = await super().connect(**options)
            send = connection.send

            async def refuse(event: Any) -> None:
                if event["type"] == "session.update":
                    connection._error(event, "invalid_value", "No such speed.")
                    connection._wake.set()
                else:
                    await send(event)

            connection.send = refuse  # type: ignore[method-assign]
            return connection

    service = Strict([], ManualClock(1.7e9, auto=True), kernel_agent=False)
    stages.append(stage := Stage(service))
    stage.talk.connect().result(20)
    stage.wait(lambda: "No such speed." in ((stage.states().get("notice") or {}).get("message") or ""))
    stage.talk.send_text("hello").result(20)
    assert stage.states()["notice"]["code"] == "invalid_value"
    stage.talk.disconnect().result(20)
    stage.has(notice=None)


def test_a_request_that_is_refused_without_a_name_leaves_nobody_waiting(stages: list[Stage]) -> None:
    class Overloaded(PeerService):
        async def connect(self, **options: Any) -> Any:
            connection = await super().connect(**options)
            send, asked = connection.send, []

            async def refuse(event: Any) -> None:
                if event["type"] == "response.create" and not asked:
                    asked.append(event)
                    connection._emit("error", error={"message": "Overloaded.", "event_id": None})
                    connection._wake.set()
                else:
                    await send(event)

            connection.send = refuse  # type: ignore[method-assign]
            return connection

    stages.append(stage := Stage(Overloaded([], ManualClock(1.7e9, auto=True)), agent=lambda turn: "Yes."))
    stage.talk.connect().result(20)
    stage.talk.send_text("hello").result(20)
    stage.wait(lambda: "Overloaded." in str(stage.states().get("error")))
    stage.wait(lambda: stage.states().get("activity") == "idle")
    stage.talk.send_text("again").result(20)
    stage.wait(lambda: any(row["text"] == "Yes." for row in stage.rows()))
