from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from tests.tables.test_transcript import row
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.errors import (
    AgentError,
    ErrorInfo,
    ServiceRefused,
    ServiceUnavailable,
    StateError,
    WaitError,
)
from voice_widget.realtime.records import Side
from voice_widget.threads import loop as loops
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import Work
from voice_widget.widget.waiting import Waiters, Waiting


async def test_it_can_be_awaited_on_any_loop():
    future: Future[str] = Future()
    waiting = Waiting(future, "the answer")

    async def elsewhere() -> str:
        return await waiting

    other = asyncio.wrap_future(loops.submit(elsewhere()))
    threading.Timer(0.01, future.set_result, ["done"]).start()
    assert await waiting == "done"
    assert await other == "done"
    assert await waiting == "done"
    assert waiting.done()


async def test_who_stops_waiting_does_not_stop_what_is_waited_for():
    future: Future[str] = Future()
    waiting = Waiting(future, "the answer")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, 0.01)
    future.set_result("done")
    assert await waiting == "done"


def test_the_main_thread_may_block_for_it():
    future: Future[str] = Future()
    threading.Timer(0.01, future.set_result, ["done"]).start()
    assert Waiting(future, "the answer").result(timeout=5) == "done"


def test_a_timeout_says_what_was_waited_for():
    with pytest.raises(TimeoutError, match=r"Waited 0.01 s for the next turn in vain"):
        Waiting(Future(), "the next turn").result(timeout=0.01)


def test_what_failed_is_raised():
    future: Future[str] = Future()
    future.set_exception(ServiceUnavailable("It is gone."))
    with pytest.raises(ServiceUnavailable, match="gone"):
        Waiting(future, "the call").result(timeout=1)


def refusal(run: Any) -> BaseException:
    caught: Future[BaseException] = Future()

    def ask() -> None:
        try:
            Waiting(Future(), "the next turn").result()
        except BaseException as error:
            caught.set_result(error)

    run(ask)
    return caught.result(5)


async def test_every_thread_of_ours_refuses_at_once():
    publisher = Publisher(lambda message, buffers: None)
    work = Work()

    async def on_work(ask: Any) -> None:
        async for _ in work.stream(ask, cancelled=threading.Event()):
            pass

    async def on_loop(ask: Any) -> None:
        ask()

    runs = {
        "voice_widget publisher": publisher.submit,
        "voice_widget publisher calls": publisher.call,
        "voice_widget loop": lambda ask: loops.submit(on_loop(ask)),
        "voice_widget work 1": lambda ask: loops.submit(on_work(ask)),
    }
    for thread, run in runs.items():
        error = await asyncio.to_thread(refusal, run)
        assert isinstance(error, WaitError), thread
        assert repr(thread) in error.message
        assert error.next_step
    publisher.close()


def test_a_cell_that_would_wait_for_itself_is_told_so():
    waiting = Waiting(Future(), "the call", lambda: "This front end's messages wait for the cell")
    with pytest.raises(WaitError, match=r"wait for the cell, so a cell that blocks for the call.*`await`"):
        waiting.result()


def test_what_is_done_can_be_had_everywhere():
    future: Future[int] = Future()
    future.set_result(3)
    assert Waiting(future, "it", lambda: "blocked").result() == 3

    async def on_loop() -> int:
        return Waiting(future, "it").result()

    assert loops.submit(on_loop()).result(5) == 3


def test_a_state_is_met_now_or_later():
    waiters, now, later = Waiters(), Future[None](), Future[None]()
    waiters.state("connected", "connected", now)
    waiters.state("connected", "disconnected", later)
    assert now.done()
    waiters.state_is("connecting", None)
    assert not later.done()
    waiters.state_is("connected", None)
    assert later.result(0) is None


def test_a_failed_call_ends_the_waiting_with_its_error():
    waiters, state, turn = Waiters(), Future[None](), Future[Any]()
    waiters.state("connected", "connecting", state)
    waiters.turn(None, turn)
    waiters.state_is("error", {"code": "gone", "message": "It went away.", "next_step": "Call again."})
    for future in (state, turn):
        with pytest.raises(StateError, match=r"It went away\. Call again\.") as caught:
            future.result(0)
        assert caught.value.code == "gone"


def test_the_end_of_the_call_ends_waiting_for_a_turn_but_not_for_the_next_call():
    waiters, state, turn = Waiters(), Future[None](), Future[Any]()
    waiters.state("connected", "connecting", state)
    waiters.turn(None, turn)
    waiters.state_is("disconnected", None)
    assert not state.done()
    with pytest.raises(StateError, match="ended before the next turn"):
        turn.result(0)


def test_the_next_turn_may_be_of_one_side():
    waiters, any_side, assistant = Waiters(), Future[Any](), Future[Any]()
    waiters.turn(None, any_side)
    waiters.turn("assistant", assistant)
    waiters.turn_is(row(1))
    assert any_side.result(0)["seq"] == 1
    assert not assistant.done()
    waiters.turn_is(row(2, role="assistant"))
    assert assistant.result(0)["seq"] == 2


BROKEN: ErrorInfo = {"code": "agent_failed", "message": "It raised.", "next_step": "Mend it."}


def test_an_answer_that_has_just_failed_is_told_once_to_who_begins_to_wait_for_it():
    now = 100.0
    waiters = Waiters(clock=lambda: now)

    def begun(role: Side | None = "assistant") -> Future[Any]:
        future = Future[Any]()
        waiters.turn(role, future)
        return future

    waiters.answer_failed(BROKEN)
    now += 1.9
    assert not begun("user").done()
    with pytest.raises(AgentError, match=r"It raised\."):
        begun(None).result(0)
    assert not begun().done()
    waiters.answer_failed(BROKEN)  # it is told to that one
    assert not begun().done()
    waiters.close()


@pytest.mark.parametrize("since", ["time", "turn", "end"])
def test_an_answer_that_failed_before_something_else_is_no_news(since: str):
    now = 100.0
    waiters, future = Waiters(clock=lambda: now), Future[Any]()
    waiters.answer_failed(BROKEN)
    if since == "time":
        now += 2.1
    elif since == "turn":
        waiters.turn_is(row(1))
    else:
        waiters.state_is("disconnected", None)
    waiters.turn("assistant", future)
    assert not future.done()


def test_what_is_said_beside_the_call_of_a_tool_is_not_the_assistants_answer():
    waiters, any_side, assistant = Waiters(), Future[Any](), Future[Any]()
    waiters.turn(None, any_side)
    waiters.turn("assistant", assistant)
    waiters.turn_is(row(1, role="assistant"), goes_on=True)
    assert any_side.result(0)["seq"] == 1
    assert not assistant.done()
    waiters.turn_is(row(2, role="assistant"))
    assert assistant.result(0)["seq"] == 2


def test_a_given_up_wait_does_no_harm():
    waiters, future = Waiters(), Future[Any]()
    waiters.turn(None, future)
    future.cancel()
    waiters.turn_is(row(1))
    waiters.close()


def test_closing_ends_all_waiting():
    waiters, state, turn = Waiters(), Future[None](), Future[Any]()
    waiters.state("connected", "connecting", state)
    waiters.turn(None, turn)
    waiters.close()
    for future in (state, turn):
        with pytest.raises(StateError, match="closed"):
            future.result(0)


class Refusing(ScriptedService):
    """Turns every call away at once."""

    async def connect(self, **details: Any) -> Any:
        raise ServiceRefused("Wrong key.", code="invalid_api_key", next_step="Give another one.")


@pytest.mark.parametrize("wait", [lambda w: w.until("connected"), lambda w: w.next_turn()])
def test_a_call_that_has_failed_before_one_waits_ends_the_waiting_once(
    pages: list[Page],  # noqa: F811
    wait: Any,
):
    widget = VoiceWidget(service=Refusing([]), transport="memory")
    failed = threading.Event()
    widget.on("error", lambda error: failed.set())
    for _ in range(2):  # each call anew
        failed.clear()
        widget.connect()
        assert failed.wait(5)
        with pytest.raises(StateError, match=r"Wrong key\.") as caught:
            wait(widget).result(5)
        assert caught.value.code == "invalid_api_key"
    later = wait(widget)  # it was told: this is for the next call
    call = widget.connect()
    with pytest.raises(ServiceRefused):
        call.result(5)
    with pytest.raises(StateError, match=r"Wrong key\."):
        later.result(5)
    with pytest.raises(TimeoutError):
        wait(widget).result(0)
    widget.close()
