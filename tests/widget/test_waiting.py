from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from tests.tables.test_transcript import row
from tests.talking import PeerService
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, Turn, VoiceWidget
from voice_widget.errors import (
    AgentError,
    ErrorInfo,
    ServiceRefused,
    ServiceUnavailable,
    SettingError,
    StateError,
    VoiceWidgetError,
    WaitError,
)
from voice_widget.realtime.state.records import Side
from voice_widget.services.scripted_session import ScriptedConnection
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
    assert Waiting(future, "the answer").result(timeout=20) == "done"


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
    return caught.result(20)


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

    assert loops.submit(on_loop()).result(20) == 3


def test_a_state_is_met_now_or_later():
    waiters, now, later = Waiters(), Future[None](), Future[None]()
    waiters.state("disconnected", now)
    waiters.state("connected", later)
    assert now.done()
    waiters.state_is("connecting", None)
    assert not later.done()
    waiters.state_is("connected", None)
    assert later.result(0) is None


def test_a_failed_call_ends_the_waiting_with_its_error():
    waiters, state, turn = Waiters(), Future[None](), Future[Any]()
    waiters.state("connected", state)
    waiters.turn(None, turn)
    waiters.state_is("error", {"code": "gone", "message": "It went away.", "next_step": "Call again."})
    for future in (state, turn):
        with pytest.raises(StateError, match=r"It went away\. Call again\.") as caught:
            future.result(0)
        assert caught.value.code == "gone"


def test_the_end_of_the_call_ends_waiting_for_a_turn_but_not_for_the_next_call():
    waiters, state, turn = Waiters(), Future[None](), Future[Any]()
    waiters.state("connected", state)
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


def test_what_was_said_of_an_answer_that_failed_is_no_answer():
    waiters, any_side, assistant = Waiters(), Future[Any](), Future[Any]()
    waiters.turn(None, any_side)
    waiters.turn("assistant", assistant)
    waiters.turn_is(row(1, role="assistant", status="failed"))
    waiters.answer_failed(BROKEN)
    for future in (any_side, assistant):
        with pytest.raises(AgentError, match=r"It raised\."):
            future.result(0)


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
    waiters.state("connected", state)
    waiters.turn(None, turn)
    waiters.close()
    for future in (state, turn):
        with pytest.raises(StateError, match="closed"):
            future.result(0)


def test_who_comes_after_the_failure_or_the_end_is_told_as_well():
    waiters = Waiters()
    waiters.state_is("error", {"code": "gone", "message": "It went away.", "next_step": "Call again."})
    for _ in range(2):
        late: list[Future[Any]] = [Future(), Future(), Future()]
        waiters.state("connected", late[0])
        waiters.turn("user", late[1])
        waiters.state("error", late[2])
        assert late[2].result(0) is None
        for future in late[:2]:
            with pytest.raises(StateError) as caught:
                future.result(0)
            assert caught.value.code == "gone"
    waiters.state_is("connecting", None)
    waiters.turn("user", waiting := Future[Any]())
    assert not waiting.done()
    waiters.close()
    after: Future[Any] = Future()
    waiters.state("connecting", after)
    for future in (waiting, after):
        with pytest.raises(StateError, match="closed"):
            future.result(0)


def poll(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


class Refusing(ScriptedService):
    """Turns calls away as long as ``refuses`` says how."""

    refuses: ServiceRefused | None = ServiceRefused("Wrong key.", code="invalid_api_key", next_step="No.")

    async def connect(self, **details: Any) -> Any:
        if self.refuses is not None:
            raise self.refuses
        return await super().connect(**details)


BEGINS: dict[str, Any] = {
    "connect": lambda w: w.connect(),
    "join": lambda w: w.join("rtc_1"),
    "send_text": lambda w: w.send_text("Hello."),
    "say": lambda w: w.say("Hello."),
    "play": lambda w: w.play(bytes(960)),
}
WAITS: dict[str, Any] = {
    "until": lambda w: w.until("connected"),
    "next_turn": lambda w: w.next_turn(),
    "next_turn of the user": lambda w: w.next_turn("user"),
}


@pytest.fixture
def made(pages: list[Page]):  # noqa: F811
    widgets: list[VoiceWidget] = []

    def make(service: ScriptedService, **options: Any) -> VoiceWidget:
        widgets.append(VoiceWidget(**{"service": service, "transport": "memory", **options}))
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("wait", WAITS)
def test_after_a_call_that_failed_every_wait_gets_its_reason_until_another_begins(
    made: Any, begin: str, wait: str
):
    service = Refusing([])
    widget = made(service)
    begun = BEGINS[begin](widget)  # nobody asks what became of it
    for _ in range(3):
        with pytest.raises(StateError, match=r"Wrong key\.") as caught:
            WAITS[wait](widget).result(20)
        assert caught.value.code == "invalid_api_key"
    with pytest.raises(ServiceRefused, match=r"Wrong key\."):
        begun.result(20)
    with pytest.raises(StateError, match=r"Wrong key\."):  # told or not
        WAITS[wait](widget).result(20)
    service.refuses = ServiceRefused("Wrong again.", code="other")
    BEGINS[begin](widget)
    with pytest.raises(StateError, match=r"Wrong again\.") as caught:
        WAITS[wait](widget).result(20)
    assert caught.value.code == "other"
    service.refuses = None
    widget.connect()
    waiting = WAITS[wait](widget)
    widget.until("connected").result(20)
    widget.send_text("Hello.").result(20)
    waiting.result(20)


def test_the_reason_outlives_what_is_refused_or_taken_after_the_call(made: Any):
    widget = made(Refusing([]))
    assert isinstance(widget.connect()._future.exception(5), ServiceRefused)
    with pytest.raises(SettingError):
        widget.update(voice="three")
    widget.update(voice="two").result(20)
    widget.disconnect().result(20)
    for wait in WAITS.values():
        with pytest.raises(StateError, match=r"Wrong key\."):
            wait(widget).result(20)


def test_a_service_that_takes_no_offers_is_a_call_that_failed(made: Any):
    widget = made(ScriptedService([]), transport="webrtc")
    for _ in range(2):
        widget.connect()
        with pytest.raises(StateError) as caught:
            widget.until("connected").result(20)
        assert caught.value.code == "no_webrtc_service"
        assert widget.connection_state == "error"


def test_a_page_that_fails_ends_what_waits_in_its_call_with_the_reason(made: Any, pages: list[Page]):  # noqa: F811
    release = threading.Event()
    service = PeerService([{"hear": "first", "say": ""}])
    widget = made(service, transport="webrtc", agent=lambda turn: str(release.wait(10)))
    page = next(page for page in pages if page.comm_id == widget.model_id)
    call = widget.connect()
    talk = page.waits_for(lambda message: message["type"] == "call.offer_wanted")["talk"]
    of_page = {"page": "p", "talk": talk}
    page.says(
        {"type": "call.open", **of_page, "request_id": "r", "sdp": "v=0", "microphone": True, "key": ""}
    )
    number = page.waits_for(lambda message: message["type"] == "answer")["call"]
    page.says({"type": "call.peer", **of_page, "call": number, "state": "connected"})
    call.result(20)
    widget.until("connected").result(20)
    typed = widget.send_text("Second.")  # waits for the end of the first answer
    waits = [typed, widget.play(bytes(960)), widget.next_turn("assistant"), widget.until("reconnecting")]
    loops.call(lambda: None)  # by now all of them have begun, in this call
    page.says({"type": "call.failed", **of_page, "code": "ice_failed", "detail": ""})
    try:
        for wait in waits:
            with pytest.raises(VoiceWidgetError) as caught:
                wait.result(20)
            assert caught.value.code == "ice_failed"
    finally:
        release.set()


def test_who_waits_for_an_answer_that_is_interrupted_is_told_once(made: Any):
    asked = threading.Event()

    def agent(turn: Turn) -> str:
        asked.set()
        turn.cancelled.wait(10)
        return "Yes."

    widget = made(ScriptedService([]), agent=agent)
    widget.connect().result(20)
    widget.send_text("Hello?").result(20)
    assert asked.wait(20)
    waits, of_user = [widget.next_turn("assistant"), widget.next_turn()], widget.next_turn("user")
    widget.interrupt().result(20)
    for wait in waits:
        with pytest.raises(StateError, match="interrupted before anything") as caught:
            wait.result(20)
        assert caught.value.code == "answer_interrupted"
    assert not of_user.done()
    assert widget.error is None
    again = widget.next_turn("assistant")
    widget.say("Well.").result(20)
    assert again.result(20)["text"] == "Well."


def test_who_speaks_on_does_not_end_the_waiting_for_the_answer(made: Any):
    release = threading.Event()
    service = ScriptedService([{"hear": "What is", "say": ""}])
    widget = made(service, agent=lambda turn: str(release.wait(10)))
    widget.connect().result(20)
    widget.until("connected").result(20)
    answer = widget.next_turn("assistant")
    session = service.connections[0]

    def speak_on() -> None:
        assert session._reply is not None
        session._reply.reason = "turn_detected"
        session._finish(session._reply, "cancelled")
        session._respond("It is.", None)
        session._wake.set()

    poll(lambda: widget.activity == "thinking")
    loops.call(speak_on)
    release.set()
    assert answer.result(20)["text"] == "It is."


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("verb", ["send_text", "say", "speech"])
def test_who_waits_for_an_answer_that_is_refused_is_told(
    made: Any, monkeypatch: pytest.MonkeyPatch, verb: str, named: bool
):
    def refuse(self: ScriptedConnection, event: dict[str, Any]) -> None:
        self._error(event if named else {}, "rate_limit_exceeded", "Slow down.")

    def refuses_speech(self: ScriptedConnection, text: str, exchange: Any, **more: Any) -> None:
        refuse(self, {})

    monkeypatch.setattr(ScriptedConnection, "_on_response_create", refuse)
    script = []
    if verb == "speech":
        monkeypatch.setattr(ScriptedConnection, "_respond", refuses_speech)
        script = [{"hear": "Hello.", "say": "Yes."}]
    widget = made(ScriptedService(script))
    answer, asked = widget.next_turn("assistant"), widget.next_turn("user")
    if verb == "speech":
        widget.connect().result(20)
    else:
        getattr(widget, verb)("Hello.")
    with pytest.raises(StateError, match=r"Slow down\.") as caught:
        answer.result(20)
    assert caught.value.code == "rate_limit_exceeded"
    if verb != "say":
        assert asked.result(20)["text"] == "Hello."
