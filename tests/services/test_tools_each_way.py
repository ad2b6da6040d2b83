"""A talk in which a tool is called gives the same rows and the same calls by every way to the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import pytest

from tests.services.relaying import RelayingPage
from tests.services.test_local import QUICK, tone
from tests.serving import PARTS, adds
from tests.stock.serving import TOKEN, Served, serve
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.recording.replay import replay
from voice_widget.services.local import Local
from voice_widget.services.openai import OpenAI
from voice_widget.tables.tool_calls import tool_calls_frame
from voice_widget.talk import retrying
from voice_widget.threads.loop import loop
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

WAYS = ("memory", "websocket", "sideband", "relay")
ASKED = "what is two plus three"
STARTED = "add was started. What it gives comes by itself, later; do not call it again for that."
# What of a row and of a call does not depend on the time and on whose ids they have.
ROW = ("seq", "role", "text", "status", "source", "interrupted", "stopped_by", "overlap")
CALL = (
    *("number", "seq", "name", "arguments", "approved_arguments", "approval", "reason"),
    *("progress", "output", "error", "traceback", "status"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve(*PARTS, "--agent", "tests.serving:adds") as served:
        yield served


class Talked:
    """A talk by one of the ways."""

    def __init__(self, way: str, server: Served, tool: Tool, held: ExitStack) -> None:
        self.way, self._held = way, held
        config = SessionConfig(turn_detection=QUICK)
        if way == "memory":
            engine = Local(vad="level", stt="tests.serving:Ears", tts="tone")
            self.stage = Stage(engine, config, agent=adds, tools=[tool])
        else:
            service = OpenAI(api_key=TOKEN, base_url=server.url, sideband=way != "relay")
            transport = "memory" if way == "websocket" else "webrtc"
            self.stage = Stage(service, config, transport=transport, tools=[tool])
        held.callback(self.stage.close)
        self.page: RelayingPage | None = None
        if way in ("memory", "websocket"):
            self.stage.talk.connect().result(30)
        else:
            self.page = held.enter_context(RelayingPage(self.stage))
            self.page.call()

    def ask(self) -> None:
        if self.page is not None:
            self.page.speak(tone())
        else:
            self.stage.talk.play(tone()).result(30)

    def says(self, *texts: str) -> None:
        """Wait until the assistant has said this, and is not heard any more."""

        def said() -> list[str]:
            return [row["text"] for row in self.stage.turns if row["role"] == "assistant"]

        self.stage.wait(lambda: said() == list(texts), 30)
        self.stage.wait(lambda: self.stage.states().get("activity") == "idle", 30)

    def lose(self) -> None:
        """Lose the call, and get it back."""
        before = self.stage.history_of("connection_state").count("connected")
        if self.page is None:
            connection = cast(Any, self.stage.talk._dialler.call)._connection
            loop().call_soon_threadsafe(connection._connection._connection.transport.abort)
        else:
            self.page.say("call.peer", call=self.page.number, state="failed")
            self.stage.message("call.offer_wanted")
            again = RelayingPage(self.stage)
            again.talk = self.page.talk
            self.page = self._held.enter_context(again)
            again.call()
        self.stage.wait(lambda: self.stage.history_of("connection_state").count("connected") > before, 30)

    def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(cast(Any, row)[name] for name in ROW) for row in self.stage.rows()]

    def calls(self) -> list[tuple[Any, ...]]:
        return [tuple(cast(Any, use)[name] for name in CALL) for use in self.stage.talk.ledger.uses()]

    def in_time(self) -> None:
        """Each call has its times, on the clock of the rows; and what is kept says all of it again."""
        (use,) = self.stage.talk.ledger.uses()
        question = self.stage.rows()[0]
        assert question["end_ms"] is not None
        assert use["start_ms"] is not None
        assert use["end_ms"] is not None
        assert use["start_ms"] <= use["end_ms"]
        assert question["end_ms"] <= use["end_ms"]
        frame = tool_calls_frame([use])
        assert frame["duration_ms"].notna().all()
        replayed = replay(self.stage.talk.events.lines())
        assert list(replayed.rows) == self.stage.rows()
        assert replayed.uses == [use]
        assert self.stage.problems == []


@pytest.fixture
def talked(server: Served) -> Iterator[Callable[[str, Tool], Talked]]:
    with ExitStack() as held:
        yield lambda way, tool: Talked(way, server, tool, held)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def row(seq: int, role: str, text: str) -> tuple[Any, ...]:
    return (seq, role, text, "completed", "speech", False, None, None)


def used(**fields: Any) -> list[tuple[Any, ...]]:
    known = {
        "number": 1,
        "seq": 1,
        "name": "add",
        "arguments": '{"a": 2, "b": 3}',
        "output": "5",
        "status": "completed",
        **fields,
    }
    return [tuple(known.get(name) for name in CALL)]


@pytest.mark.parametrize("way", WAYS)
def test_a_tool(talked: Callable[[str, Tool], Talked], way: str) -> None:
    talk = talked(way, Tool(add))
    talk.ask()
    talk.says("It is 5.")
    assert talk.rows() == [row(1, "user", ASKED), row(2, "assistant", "It is 5.")]
    assert talk.calls() == used()
    talk.in_time()


@pytest.mark.parametrize("way", WAYS)
def test_one_that_somebody_has_to_allow(talked: Callable[[str, Tool], Talked], way: str) -> None:
    talk = talked(way, Tool(add, needs_approval=True))
    talk.ask()
    talk.stage.wait(lambda: [use["status"] for use in talk.stage.talk.ledger.uses()] == ["waiting"], 30)
    call_id = talk.stage.talk.ledger.uses()[0]["tool_call_id"]
    changed = '{"a": 2, "b": 4}'
    talk.stage.talk.decide(call_id, Decision(True, "python", arguments=changed)).result(10)
    output = f"The user changed the arguments to {changed}.\n6"
    talk.says(f"It is {output}.")
    assert talk.rows() == [row(1, "user", ASKED), row(2, "assistant", f"It is {output}.")]
    assert talk.calls() == used(approval="edited", approved_arguments=changed, output=output)
    talk.in_time()


@pytest.mark.parametrize("way", WAYS)
def test_one_whose_result_comes_late_and_in_the_call_after_a_lost_one(
    talked: Callable[[str, Tool], Talked], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "WAITS_S", (0.01, 0.01, 0.01))
    release = threading.Event()

    def slowly(a: int, b: int) -> int:
        """Add two numbers, slowly."""
        assert release.wait(60)
        return a + b

    talk = talked(way, Tool(slowly, name="add", background=True))
    talk.ask()
    talk.says(f"It is {STARTED}.")
    talk.lose()
    release.set()
    talk.says(f"It is {STARTED}.", "It is 5.")
    assert talk.rows() == [
        row(1, "user", ASKED),
        row(2, "assistant", f"It is {STARTED}."),
        row(3, "assistant", "It is 5."),
    ]
    assert talk.calls() == used()
    talk.in_time()
