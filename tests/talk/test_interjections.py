"""What is said while a tool runs: once for each answer, and over nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talk.slow import Slow
from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import quiet
from voice_widget.talk.quiet import is_quiet
from voice_widget.threads.loop import loop
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

Open = Callable[..., Stage]


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(agent: Callable[[Turn], Any], *tools: Any) -> Stage:
        service = ScriptedService([], ManualClock(1.7e9, auto=True))
        stages.append(stage := Stage(service, agent=agent, tools=tools))
        stage.talk.connect().result(20)
        return stage

    yield make
    for stage in stages:
        stage.close()


def agent(turn: Turn) -> Iterator[Any]:
    """Calls the tools that it is told to, one after the other, and says what they gave last."""
    names = turn.text.split()
    if len(turn.results) < len(names):
        yield ToolCall(names[len(turn.results)])
    else:
        yield f"It is {turn.results[-1].text}."


def filled(function: Any, name: str = "look", *, filler: Any = "One moment.", after_s: float = 0.05) -> Tool:
    return Tool(function, name=name, filler=filler, filler_after_s=after_s)


def ask(stage: Stage, text: str = "look") -> None:
    stage.talk.send_text(text).result(10)


def said(stage: Stage) -> list[tuple[str, str]]:
    return [(row["text"], row["source"]) for row in stage.turns if row["role"] == "assistant"]


def test_a_filler_is_said_while_the_tool_runs_and_the_answer_comes_behind_it(open_stage: Open) -> None:
    slow = Slow("found")
    stage = open_stage(agent, filled(slow))
    ask(stage)
    stage.wait(lambda: said(stage) == [("One moment.", "say")])
    stage.has(activity="tool")  # it still is the tool that is waited for
    slow.release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    assert said(stage)[1] == ("It is found.", "speech")
    assert [one["source"] for one in stage.turns if one["role"] == "assistant"] == ["say", "speech"]


def test_the_filler_is_not_the_answer_that_is_waited_for(open_stage: Open) -> None:
    slow = Slow("found")
    stage = open_stage(agent, filled(slow))
    ask(stage)
    stage.wait(lambda: said(stage))
    slow.release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    goes_on = [change.goes_on for change in stage.changes if type(change).__name__ == "TurnFinished"]
    assert goes_on == [False, True, False]  # the question, the filler, the answer


def test_a_tool_that_is_done_in_time_needs_none(open_stage: Open) -> None:
    def look() -> str:
        """Look."""
        return "found"

    stage = open_stage(agent, filled(look, after_s=60))
    ask(stage)
    stage.wait(lambda: said(stage) == [("It is found.", "speech")])


def test_of_several_texts_each_comes_in_turn_and_once_for_an_answer(open_stage: Open) -> None:
    one, two = Slow("found"), Slow("found")
    texts = ["One moment.", "Let me see."]
    stage = open_stage(agent, filled(one, "one", filler=texts), filled(two, "two", filler=texts))
    ask(stage, "one two")
    stage.wait(lambda: said(stage) == [("One moment.", "say")])
    one.release.set()
    assert two.began.wait(10)
    two.release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    assert said(stage)[1][0] == "It is found."
    one.release.clear()
    ask(stage, "one")
    stage.wait(lambda: len(said(stage)) == 3)
    assert said(stage)[2] == ("Let me see.", "say")
    one.release.set()
    stage.wait(lambda: len(said(stage)) == 4)


def test_who_has_said_something_before_the_call_says_no_filler(open_stage: Open) -> None:
    slow = Slow("found")

    def talks(turn: Turn) -> Iterator[Any]:
        yield "I look."
        if turn.results:
            yield "Found."
        else:
            yield ToolCall("look")

    stage = open_stage(talks, filled(slow))
    ask(stage)
    assert slow.began.wait(10)
    beside = stage.talk._tool_runs.interjections
    ready = stage.wait(lambda: list(stage.talk._tool_runs._going.values()))[0]
    row = stage.talk.session.last_row("user")
    assert row is not None
    assert not beside.silent(ready, row["item_id"])
    slow.release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    assert [source for _, source in said(stage)] == ["speech", "speech"]


def test_nobody_is_talked_over(open_stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, asked_whether_quiet = Slow("found"), threading.Event()

    def looked_at(call: Any, session: Any) -> bool:
        asked_whether_quiet.set()
        return is_quiet(call, session)

    monkeypatch.setattr(quiet, "is_quiet", looked_at)
    stage = open_stage(agent, filled(slow))
    service: Any = stage.talk.service
    connection = service.connections[0]

    def user(what: str, **fields: Any) -> None:
        def happen() -> None:
            connection._emit(f"input_audio_buffer.{what}", item_id="u", **fields)
            connection._wake.set()

        loop().call_soon_threadsafe(happen)

    user("speech_started", audio_start_ms=9000)
    stage.has(user_speaking=True)
    ask(stage)
    stage.wait(lambda: asked_whether_quiet.is_set())  # the filler is due
    assert said(stage) == []
    user("cleared")
    stage.wait(lambda: said(stage) == [("One moment.", "say")])
    kinds = [entry.event["type"] for entry in stage.talk.events]
    fillers = [e.event for e in stage.talk.events if "text" in e.event.get("response", {})]
    assert len(fillers) == 1
    assert kinds.index("input_audio_buffer.cleared") < [e.event for e in stage.talk.events].index(fillers[0])
    slow.release.set()
    stage.wait(lambda: ("It is found.", "speech") in said(stage))


def test_progress_is_said_the_latest_when_nobody_speaks(open_stage: Open) -> None:
    first, release = threading.Event(), threading.Event()

    def count() -> Iterator[Any]:
        """Count."""
        yield "one of three"
        yield {"not": "to be said"}
        yield "two of three"
        first.set()
        assert release.wait(20)
        return "all three"

    stage = open_stage(agent, Tool(count, speak_progress=True))
    ask(stage, "count")
    assert first.wait(10)
    stage.wait(lambda: said(stage) == [("two of three", "say")])
    release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    assert said(stage)[1] == ("It is all three.", "speech")


def test_who_interrupts_still_hears_how_far_a_tool_is_that_runs_beside_the_talk(open_stage: Open) -> None:
    go_on, release = threading.Event(), threading.Event()

    def count() -> Iterator[Any]:
        """Count."""
        assert go_on.wait(20)
        yield "one of three"
        assert release.wait(20)
        return "all three"

    stage = open_stage(agent, Tool(count, background=True, speak_progress=True))
    ask(stage, "count")
    stage.wait(lambda: said(stage))
    stage.talk.interrupt().result(10)
    go_on.set()
    stage.wait(lambda: ("one of three", "say") in said(stage))
    release.set()
    stage.wait(lambda: said(stage)[-1] == ("It is all three.", "speech"))


def filled_beside(function: Any, **options: Any) -> Tool:
    return Tool(function, name="look", background=True, filler="One moment.", filler_after_s=0.05, **options)


def test_of_one_that_runs_beside_the_talk_the_filler_is_the_word_and_the_result_comes_later(
    open_stage: Open,
) -> None:
    slow = Slow("found")
    stage = open_stage(agent, filled_beside(slow))
    ask(stage)
    stage.wait(lambda: said(stage) == [("One moment.", "say")])
    stage.has(activity="idle")  # the talk goes on
    assert stage.talk.ledger.uses()[0]["status"] == "running"
    assert len(stage.client_events("response.create")) == 2  # the question and the filler
    slow.release.set()
    stage.wait(lambda: len(said(stage)) == 2)
    assert said(stage)[1] == ("It is found.", "speech")


def test_what_is_asked_beside_it_is_answered_and_after_leave_the_model_says_what_it_waits_for(
    open_stage: Open,
) -> None:
    slow = Slow("found")
    stage = open_stage(agent, filled_beside(slow, needs_approval=True))
    ask(stage)
    stage.wait(lambda: len(said(stage)) == 1)
    assert "waits for the user's leave" in said(stage)[0][0]
    stage.talk.decide(stage.talk.ledger.uses()[0]["tool_call_id"], Decision(True, "python")).result(10)
    stage.wait(lambda: said(stage)[1:] == [("One moment.", "say")])
    slow.release.set()
    stage.wait(lambda: said(stage)[2:] == [("It is found.", "speech")])


def test_one_beside_the_talk_that_is_done_in_time_is_answered_once(open_stage: Open) -> None:
    stage = open_stage(agent, Tool(lambda: "found", name="look", background=True, filler="One moment."))
    ask(stage)
    stage.wait(lambda: said(stage) == [("It is found.", "speech")])
    assert len(stage.client_events("response.create")) == 2
