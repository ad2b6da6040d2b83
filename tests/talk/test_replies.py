"""Answers that are cancelled, or asked for again, while the text of their question is still to come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, cast

import pytest

from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.call.call import Call
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import ResponseDone
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk.replies import Replies
from voice_widget.threads import loop as loops
from voice_widget.tools.tools import Tools

HEARD = "conversation.item.input_audio_transcription.completed"


class Line:
    """Of a call what `Replies` uses, with a session whose question has no text yet."""

    is_anothers = False

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.sent: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.session = Session()
        self.replies = Replies(self.session, self.agent, Tools([]), show=lambda turn, show: None)
        self.hear({"type": "voice_widget.call.connecting", "transport": "memory"})
        self.hear({"type": "session.created", "session": {}})
        self.hear({"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0})
        self.hear({"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None})
        self.hear({"type": "response.created", "response": {"id": "r1"}})

    def agent(self, turn: Turn) -> str:
        self.turns.append(turn)
        return f"You said {turn.text}."

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.create_task(work)

    async def send(self, *events: dict[str, Any]) -> None:
        self.sent += events
        self.news.set()

    def hear(self, event: dict[str, Any]) -> None:
        self.replies.react(cast(Call, self), self.session.apply(event, 1.0))

    async def is_done(self, response_id: str) -> None:
        """Wait until the engine has the end of an answer."""
        done = {"type": "voice_widget.reply.done", "response_id": response_id}
        async with asyncio.timeout(20):
            while done not in self.sent:
                self.news.clear()
                await self.news.wait()

    def asks(self, response_id: str = "r1") -> None:
        request = {"response_id": response_id, "item_id": "u1", "instructions": "", "tools": []}
        self.hear({"type": "voice_widget.reply.requested", **request})

    def text_comes(self) -> None:
        self.hear({"type": HEARD, "item_id": "u1", "content_index": 0, "transcript": "hello"})

    def is_over(self, response_id: str = "r1") -> None:
        done = {"id": response_id, "status": "cancelled", "output": []}
        self.hear({"type": "response.done", "response": done})


async def settled(turns: int = 6) -> None:
    """Let the tasks that are there come to where they wait."""
    for _ in range(turns):
        await asyncio.sleep(0)


def said(sent: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["response_id"], e["delta"]) for e in sent if e["type"] == "voice_widget.reply.delta"]


async def test_a_cancelled_answer_is_not_asked_for_once_the_text_comes() -> None:
    line = Line()
    line.asks()
    await settled()
    line.is_over()
    line.text_comes()
    line.hear({"type": "response.created", "response": {"id": "r2"}})
    line.asks("r2")  # by its end the first would have been asked, too
    await line.is_done("r2")
    assert [turn.response_id for turn in line.turns] == ["r2"]
    assert said(line.sent) == [("r2", "You said hello.")]


async def test_an_answer_that_a_new_socket_asks_for_again_is_given_once() -> None:
    line = Line()
    line.asks()
    await settled()
    line.asks()
    await settled()
    line.text_comes()
    await line.is_done("r1")
    line.asks("r2")  # by its end a second answer would be there, too
    await line.is_done("r2")
    assert [turn.response_id for turn in line.turns] == ["r1", "r2"]
    assert said(line.sent) == [("r1", "You said hello."), ("r2", "You said hello.")]


async def test_two_answers_that_wait_for_the_same_text_both_get_it() -> None:
    line = Line()
    line.asks()
    line.asks("r2")
    await settled()
    line.text_comes()
    await line.is_done("r1")
    await line.is_done("r2")
    assert sorted(said(line.sent)) == [("r1", "You said hello."), ("r2", "You said hello.")]


async def test_a_call_that_ends_asks_nobody_any_more() -> None:
    line = Line()
    line.asks()
    await settled()
    line.replies.stop(goes_on=False)
    line.text_comes()
    await settled()
    assert (line.turns, line.sent) == ([], [])


class Late(ScriptedService):
    """Says what it heard when it is told to; documents: an answer may be asked for before that."""

    def __init__(self) -> None:
        super().__init__([{"hear": "hello", "say": ""}])

    async def connect(self, **options: Any) -> ScriptedConnection:
        connection = LateSession(self, next(self._numbers), options["session"], sideband=False)
        self.connections.append(connection)
        return connection


class LateSession(ScriptedConnection):
    held: dict[str, Any] | None = None
    lets = False

    def _emit(self, kind: str, **fields: Any) -> None:
        if kind == HEARD and not self.lets:
            self.held = fields
        else:
            super()._emit(kind, **fields)

    def does(self, what: str) -> None:
        if what == "asks again":
            request = {"response_id": self._reply.id, "item_id": self._reply.asked} if self._reply else {}
            self._emit("voice_widget.reply.requested", **request, instructions="", tools=[])
        elif what == "cancels" and self._reply is not None:
            self._finish(self._reply, "cancelled")
        elif self.held is not None:
            self.lets = True
            self._emit(HEARD, **self.held)
        self._wake.set()


@pytest.mark.parametrize("meanwhile", ["asks again", "cancels", "the user interrupts", "the user hangs up"])
def test_in_a_whole_talk_late_text_is_answered_once_or_not_at_all(meanwhile: str) -> None:
    asked: list[str] = []

    def agent(turn: Turn) -> str:
        asked.append(turn.text)
        return f"You said {turn.text}."

    service = Late()
    stage = Stage(service, agent=agent)
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: any(e.event["type"] == "voice_widget.reply.requested" for e in stage.talk.events))
        session: Any = service.connections[0]
        if meanwhile == "the user interrupts":
            stage.talk.interrupt().result(20)
        elif meanwhile == "the user hangs up":
            stage.talk.disconnect().result(20)
        else:
            loops.call(lambda: session.does(meanwhile))
        if meanwhile == "the user hangs up":
            stage.talk.connect().result(20)
            session = service.connections[1]
            stage.wait(lambda: session.held)
        loops.call(lambda: session.does("says it"))
        if meanwhile in ("cancels", "the user interrupts"):
            stage.wait(lambda: [row["text"] for row in stage.rows()] == ["hello"])
            stage.talk.say("And now?").result(20)
            stage.wait(lambda: any(row["text"] == "And now?" for row in stage.turns))
            assert asked == []
        else:
            stage.wait(lambda: any(row["text"] == "You said hello." for row in stage.turns))
            assert asked == ["hello"]
            answers = [row["text"] for row in stage.rows() if row["role"] == "assistant"]
            assert answers == ["You said hello."]
    finally:
        stage.close()


@pytest.mark.parametrize("interrupted_at", [300, 450, 900])
def test_an_agents_answer_after_an_interruption_has_the_gap_of_the_script(interrupted_at: int) -> None:
    release = threading.Event()

    def agent(turn: Turn) -> str:
        assert release.wait(10)
        return "Yes."

    long = " ".join(["word"] * 30)
    script = [
        {"hear": "one", "say": long, "interrupt_ms": interrupted_at},
        {"hear": "two", "say": "", "gap_ms": 250},
        {"hear": "three", "say": long, "interrupt_ms": interrupted_at},
        {"hear": "four", "say": "", "gap_ms": 250},
    ]
    service = ScriptedService(script)
    stage = Stage(service, agent=agent)
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: [row["text"] for row in stage.rows() if row["role"] == "user"] == ["one", "two"])
        # Whatever of the script there still is to come: an automatic clock would have come to it by now.
        stage.wait(lambda: service.connections[0]._idle)
        release.set()
        stage.wait(lambda: len(stage.turns) == 8)
        gaps = [row["response_gap_ms"] for row in stage.rows() if row["role"] == "assistant"]
        assert gaps == [300, 250, 300, 250]
    finally:
        release.set()
        stage.close()


def test_a_tools_result_takes_no_time_of_the_script() -> None:
    release = threading.Event()

    def look() -> str:
        """Look."""
        assert release.wait(10)
        return "there"

    def agent(turn: Turn) -> Any:
        return f"It is {turn.results[-1].text}." if turn.results else ToolCall("look")

    service = ScriptedService([{"hear": "where", "say": ""}, {"hear": "and then", "say": "Then."}])
    stage = Stage(service, agent=agent, tools=[look])
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: stage.client_events("voice_widget.reply.call"))
        stage.wait(lambda: service.connections[0]._idle)
        release.set()
        stage.wait(lambda: len(stage.turns) >= 4)
        said = [(row["text"], row["start_ms"]) for row in stage.rows()]
        # 1000 ms of speech, a gap for the call and one for the answer, three words, a pause
        assert said == [("where", 0), ("It is there.", 1600), ("and then", 3000), ("Then.", 4300)]
    finally:
        release.set()
        stage.close()


@pytest.mark.parametrize("asked", [False, True])
def test_a_tool_whose_answer_is_interrupted_gives_its_result_and_no_more(asked: bool) -> None:
    """Also where somebody has asked something else since: only that is answered."""
    release, began = threading.Event(), threading.Event()

    def look() -> str:
        """Look."""
        began.set()
        assert release.wait(10)
        return "there"

    def agent(turn: Turn) -> Any:
        if turn.text == "where":
            return f"It is {turn.results[-1].text}." if turn.results else ToolCall("look")
        return "Something else."

    stage = Stage(ScriptedService([]), agent=agent, tools=[look])
    try:
        stage.talk.connect().result(5)
        stage.talk.send_text("where").result(5)
        stage.has(activity="tool")
        assert began.wait(5)
        stage.talk.interrupt().result(5)
        stage.has(activity="idle")
        (told,) = [c.error for c in stage.changes if isinstance(c, ResponseDone) and c.error is not None]
        assert told["code"] == "answer_interrupted"
        if asked:
            stage.talk.send_text("and now").result(5)
            stage.wait(lambda: stage.turns[-1]["text"] == "Something else.")
        release.set()
        stage.wait(lambda: stage.client_events("conversation.item.create")[-1]["item"].get("output"))
        (output,) = [
            event["item"]
            for event in stage.client_events("conversation.item.create")
            if event["item"]["type"] == "function_call_output"
        ]
        assert output["output"] == "there"
        stage.talk.send_text("and then").result(5)  # by its end the first would have been answered, too
        stage.wait(lambda: [turn["text"] for turn in stage.turns[-2:]] == ["and then", "Something else."])
        assert len(stage.client_events("response.create")) == 2 + asked
        stage.has(activity="idle")
        assert "It is there." not in [row["text"] for row in stage.rows()]
    finally:
        release.set()
        stage.close()


def test_an_agent_that_passes_over_what_its_tool_returned_is_stopped_and_told() -> None:
    asked: list[int] = []

    def look(place: int) -> str:
        """Look."""
        asked.append(place)
        return "there"

    def agent(turn: Turn) -> Any:
        yield "One moment."
        yield ToolCall("look", {"place": 1})

    stage = Stage(ScriptedService([{"hear": "where", "say": ""}]), agent=agent, tools=[look])
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: "agent_repeats" in stage.problems)
        error = stage.states()["error"]
        assert "turn.results" in error["next_step"]
        assert asked == [1] * 10
    finally:
        stage.close()


def test_an_agent_that_looks_says_its_filler_once() -> None:
    def look() -> str:
        """Look."""
        return "there"

    def agent(turn: Turn) -> Any:
        if turn.results:
            yield f"It is {turn.results[-1].text}."
        else:
            yield "One moment."
            yield ToolCall("look")

    script = [{"hear": "where", "say": ""}, {"hear": "and where", "say": ""}]
    stage = Stage(ScriptedService(script), agent=agent, tools=[look])
    try:
        stage.talk.connect().result(20)
        stage.wait(lambda: len(stage.turns) >= 6)
        said = [row["text"] for row in stage.rows()]
        assert said == ["where", "One moment.", "It is there.", "and where", "One moment.", "It is there."]
    finally:
        stage.close()
