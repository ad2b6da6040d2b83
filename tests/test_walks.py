"""`docs/walks.md` against a trace of a running call; the page's part is in `js/tests/browser`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.walking import PAGE, ROOT, Ran, Realtime, Step, Trace, astray, defined, traced, walks
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import OpenAI, VoiceWidget
from voice_widget.talk import offers
from voice_widget.threads import loop as loops

WALKS = walks(PAGE.read_text())
STEPS = sorted({placed.step for walk in WALKS.values() for stretch in walk for placed in stretch.steps})
PATIENCE = 20.0
# The functions of others in which what happens comes in and goes out.
FROM_SOCKET, TO_SOCKET, TO_PAGE = "recv_bytes", "send_raw", "publish_msg"


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"It rains in {city}."


class Ground:
    """A widget between a page and a service, both played by the test."""

    def __init__(self, service: Realtime, opened: list[Page], transport: Any) -> None:
        self.service = service
        self._openai = OpenAI("gpt-realtime", api_key="sk-test", base_url=service.url)
        self.widget = VoiceWidget(service=self._openai, transport=transport, tools=[get_weather])
        self.page = opened[-1]
        self._sdp = "" if transport == "comm" else "v=0"
        self.call = 0

    def close(self) -> None:
        self.widget.close()
        loops.submit(self._openai.close()).result(PATIENCE)

    def says(self, kind: str, *buffers: memoryview, **fields: Any) -> None:
        """The page sends a message."""
        content = {"type": kind, "page": "page_1", **fields}
        data = {"method": "custom", "content": content}
        message = {"content": {"data": data}, "buffers": list(buffers)}
        shell = threading.Thread(target=self.page.handle_msg, args=(message,), name="subshell-1")
        shell.start()
        shell.join(PATIENCE)

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait until it holds, and what it says has been published."""
        with self.page.arrived:
            for _ in range(int(PATIENCE / 0.02)):
                if condition():
                    break
                self.page.arrived.wait(0.02)  # not everything waited for is a message
            assert condition(), self.page.messages
        assert self.widget._wiring.publisher.flush(PATIENCE)

    def heard(self, kind: str) -> int:
        """How many events of a type the service has sent."""
        events = loops.call(lambda: list(self.widget._wiring.events))
        return sum(e.event["type"] == kind for e in events if e.direction == "received")

    def on_publisher(self, job: Callable[[], None]) -> None:
        """Run something on the publisher's thread."""
        self.widget._wiring.publisher.submit(job)
        assert self.widget._wiring.publisher.flush(PATIENCE)

    # --- what happens ---

    def press(self) -> None:
        self.says("call.pending", talk="talk_1")
        self.until(lambda: self.widget.connection_state == "connecting")

    def offer(self) -> None:
        acknowledged = self.heard("session.updated")
        request = f"req_{acknowledged}"
        self.says("call.open", talk="talk_1", request_id=request, sdp=self._sdp, microphone=True, key="")
        answer = self.page.waits_for(lambda message: message.get("request_id") == request, PATIENCE)
        assert answer["type"] == "answer", answer
        self.call = answer["call"]
        self.until(lambda: self.heard("session.updated") > acknowledged)

    def connect(self) -> None:
        self.says("call.peer", call=self.call, state="connected")
        self.until(lambda: self.widget.connection_state == "connected" and self.widget.call_started_at)

    def connected(self) -> None:
        self.press()
        self.offer()
        self.connect()

    def text(self) -> None:
        content = [{"type": "input_text", "text": "Hello."}]
        item = {"id": "item_1", "type": "message", "role": "user", "status": "completed", "content": content}
        self.service.say({"type": "conversation.item.added", "event_id": "e1", "item": item})
        self.until(lambda: [message for message in self.page.messages if message["type"] == "row"])

    def tool_is_called(self) -> None:
        call = {"id": "item_2", "type": "function_call", "name": "get_weather", "call_id": "call_1"}
        self.service.say(
            {"type": "response.created", "event_id": "e2", "response": {"id": "resp_1"}},
            {
                "type": "response.output_item.done",
                "event_id": "e3",
                "response_id": "resp_1",
                "output_index": 0,
                "item": {**call, "status": "completed", "arguments": '{"city": "Rome"}'},
            },
        )
        self.until(lambda: self.heard("response.output_item.done"))

    def response_is_done(self) -> None:
        response = {"id": "resp_1", "status": "completed", "output": []}
        self.service.say({"type": "response.done", "event_id": "e4", "response": response})
        assert "It rains in Rome." in str(self.service.hears("conversation.item.create"))
        self.service.hears("response.create")

    def assign(self) -> None:
        self.service.answers = False
        count = self.service.count("session.update")
        self.widget.voice = "cedar"
        self.service.hears("session.update", count + 1)

    def voice_is_changed(self) -> None:
        self.service.answer()
        self.until(lambda: self.widget.voice == "cedar")

    def frame(self) -> None:
        self.says("audio", memoryview(bytes(1920)), call=self.call)
        self.service.hears("input_audio_buffer.append")

    def lose(self) -> None:
        self.says("call.peer", call=self.call, state="failed")
        self.page.waits_for(lambda message: message["type"] == "call.offer_wanted", PATIENCE)
        loops.call(lambda: None)

    def connect_again(self) -> None:
        self.connect()
        self.service.hears("conversation.item.create")


@dataclass
class Leg:
    """What sets one stretch of a walk going, and waits for its end.

    Attributes:
        comes: What the page says arrives.
        happens: Does it.
        arrives: The function of another in which it arrives; empty: what enters the package is a call.
        leaves: The function of another in which the stretch ends; empty: it ends inside.
    """

    comes: str
    happens: Callable[[Ground], None]
    arrives: str = ""
    leaves: str = ""


@dataclass
class Way:
    """How one walk is walked: what comes before it, and its stretches."""

    before: tuple[Callable[[Ground], None], ...]
    legs: tuple[Leg, ...]
    transport: str = "webrtc"


WAYS = {
    "A server event": Way(
        (Ground.connected,),
        (Leg("conversation.item.added", Ground.text, arrives=FROM_SOCKET, leaves=TO_PAGE),),
    ),
    "A click on Call": Way(
        (),
        (
            Leg("call.pending", Ground.press),
            Leg("call.open", Ground.offer),
            Leg("call.peer", Ground.connect, leaves=TO_PAGE),
        ),
    ),
    "`w.voice = …`": Way(
        (Ground.connected,),
        (
            Leg("", Ground.assign, leaves=TO_SOCKET),
            Leg("session.updated", Ground.voice_is_changed, leaves=TO_PAGE),
        ),
    ),
    "A microphone frame by comm": Way(
        (Ground.connected,), (Leg("audio", Ground.frame, leaves=TO_SOCKET),), transport="comm"
    ),
    "A tool call": Way(
        (Ground.connected, Ground.text, Ground.tool_is_called),
        (Leg("response.done", Ground.response_is_done, arrives=FROM_SOCKET, leaves=TO_SOCKET),),
    ),
    "A lost call": Way(
        (Ground.connected, Ground.text),
        (
            Leg("call.peer", Ground.lose),
            Leg("call.open", Ground.offer),
            Leg("call.peer", Ground.connect_again, leaves=TO_SOCKET),
        ),
    ),
}


@pytest.fixture
def service() -> Iterator[Realtime]:
    with Realtime() as made:
        yield made


def test_the_page_has_these_walks() -> None:
    assert list(WALKS) == list(WAYS)


@pytest.mark.parametrize("step", [step for step in STEPS if step.file.endswith(".py")], ids=str)
def test_every_step_in_the_kernel_is_a_function_of_its_file(step: Step) -> None:
    assert defined(step), f"docs/walks.md names {step}, and there is no such function"


@pytest.mark.parametrize("file", sorted({step.file for step in STEPS if step.file.endswith(".ts")}))
def test_every_step_in_the_page_is_in_a_file_that_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize("title", WALKS)
def test_no_stretch_comes_by_the_same_place_twice(title: str) -> None:
    for stretch in WALKS[title]:
        steps = [placed.step for placed in stretch.steps]
        assert [str(step) for step in steps if steps.count(step) > 1] == []


@pytest.mark.parametrize("title", WALKS)
def test_a_running_call_goes_the_way_that_the_page_says(
    title: str,
    service: Realtime,
    pages: list[Page],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offers, "BEAT_S", 1000.0)  # it goes a part of the same way, at any time
    stretches = [stretch for stretch in WALKS[title] if not stretch.by_page]
    way = WAYS[title]
    assert [stretch.comes for stretch in stretches] == [leg.comes for leg in way.legs]
    ground = Ground(service, pages, way.transport)
    try:
        for prepare in way.before:
            prepare(ground)
        for number, (leg, stretch) in enumerate(zip(way.legs, stretches, strict=True)):
            trace = Trace(leg.arrives, leg.leaves)
            with traced(trace, ground.on_publisher):
                leg.happens(ground)
            wrong = trace.astray(stretch.steps, enters=number == 0)
            assert wrong is None, f"docs/walks.md, {title}, from {leg.comes or 'the start'} on: {wrong}"
    finally:
        ground.close()


A, B, C = Step("a.py", "one"), Step("a.py", "Two.two"), Step("b.py", "three")
WALK = f"## A walk\n\n*Main*\n\n1. {A}\n\n*Loop*\n\n2. {B}\n\n*Main*, meanwhile\n\n3. {C}\n"
MAIN, LOOP = "MainThread", "voice_widget loop"


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ([(A, MAIN), (B, LOOP), (C, MAIN), (A, MAIN)], None),
        ([(A, MAIN), (C, MAIN), (B, LOOP)], None),
        ([(A, MAIN), (C, MAIN)], "`a.py` · `Two.two` does not run"),
        ([(B, LOOP), (A, MAIN), (B, LOOP), (C, MAIN)], f"{B} does not run after {A} but before it"),
        ([(C, MAIN), (A, MAIN), (B, LOOP), (C, MAIN)], f"{C} does not run after {A} but before it"),
        ([(A, MAIN), (B, MAIN), (C, MAIN)], f"{B} does not run on *Loop* but on the thread 'MainThread'"),
    ],
)
def test_a_step_that_does_not_come_is_named(calls: list[tuple[Step, str]], says: str | None) -> None:
    (stretch,) = walks(WALK)["A walk"]
    assert astray(stretch.steps, [Ran(*call) for call in calls]) == says


def test_a_step_that_was_renamed_or_moved_is_missed() -> None:
    there = Step("voice_widget/call/call.py", "Call.run")
    assert defined(there)
    assert not defined(there._replace(function="Call.runs"))
    assert not defined(there._replace(function="run"))
    assert not defined(there._replace(file="voice_widget/call/media.py"))
    assert not defined(there._replace(file="voice_widget/call.py"))


def test_a_line_without_a_function_is_no_step() -> None:
    with pytest.raises(AssertionError, match="names no file"):
        walks("## A walk\n\n*Loop*\n\n1. `voice_widget/call/call.py`: the call\n")


@pytest.mark.parametrize(
    ("place", "says"), [("Helper", "names no thread"), ("Page", r"stands under \*Page\*")]
)
def test_a_step_stands_where_it_can_run(place: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        walks(f"## A walk\n\n*{place}*\n\n1. {A}\n")
