"""Tools that run in a talk: each call answered once, and no tool ends it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from tests.talking import PeerService, Stage
from voice_widget.agents import Show, ToolCall, Turn
from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk import retrying
from voice_widget.threads.loop import loop
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

Open = Callable[..., Stage]


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(agent: Callable[[Turn], Any], *tools: Any, **options: Any) -> Stage:
        stages.append(stage := Stage(ScriptedService([]), agent=agent, tools=tools, **options))
        stage.talk.connect().result(20)
        return stage

    yield make
    for stage in stages:
        stage.close()


def caller(*calls: ToolCall) -> Callable[[Turn], Any]:
    """An agent that calls these together, and then says what they gave."""

    def agent(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield " ".join(message.text for message in turn.results) + " It is."
        elif turn.text == "go":
            yield from calls
        else:
            yield "Well."

    return agent


def ask(stage: Stage, text: str = "go") -> None:
    stage.talk.send_text(text).result(10)


def outputs(stage: Stage) -> list[tuple[str, str]]:
    items = [event["item"] for event in stage.client_events("conversation.item.create")]
    return [(item["call_id"], item["output"]) for item in items if item["type"] == "function_call_output"]


def row(stage: Stage) -> ToolRow:
    (one,) = stage.talk.ledger.uses()
    return one


def test_of_several_called_together_each_is_answered_once_and_asks_once_whichever_is_done_first(
    open_stage: Open,
) -> None:
    quick_is_done = threading.Event()

    def slow() -> str:
        """Slow."""
        assert quick_is_done.wait(10)
        return "slow"

    def quick() -> str:
        """Quick."""
        return "quick"

    stage = open_stage(caller(ToolCall("slow"), ToolCall("quick"), ToolCall("quick")), slow, quick)
    ask(stage)
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()][1:] == ["completed"] * 2)
    assert outputs(stage) == []
    quick_is_done.set()
    stage.wait(lambda: any(turn["text"] == "slow quick quick It is." for turn in stage.turns))
    assert [output for _, output in outputs(stage)] == ["slow", "quick", "quick"]
    assert len({call for call, _ in outputs(stage)}) == 3
    assert len(stage.client_events("response.create")) == 2  # one for the text, one for all outputs


def test_a_table_is_shown_under_its_question_and_told_by_its_first_rows(open_stage: Open) -> None:
    shown: list[tuple[str, Show]] = []
    frame = pd.DataFrame({"tip": range(30)})

    def tips() -> pd.DataFrame:
        """Tips."""
        return frame

    stage = open_stage(
        caller(ToolCall("tips")), tips, show=lambda turn, show: shown.append((turn.text, show))
    )
    ask(stage)
    stage.wait(lambda: outputs(stage))
    [(question, show)] = shown
    assert (question, show.value is frame, show.label) == ("go", True, "table · 30 rows")
    assert outputs(stage)[0][1].startswith("30 rows, 1 column, shown to the user; the first 10:\ntip\n0\n1\n")


def test_tables_within_a_result_are_shown_too(open_stage: Open) -> None:
    shown: list[str] = []

    def both() -> Iterator[dict[str, Any]]:
        """Both."""
        yield {"so_far": pd.DataFrame({"tip": range(2)})}
        yield {"tips": pd.DataFrame({"tip": range(3)}), "n": 3}

    stage = open_stage(caller(ToolCall("both")), both, show=lambda turn, show: shown.append(show.label))
    ask(stage)
    stage.wait(lambda: outputs(stage))
    assert shown == ["so_far · 2 rows", "tips · 3 rows"]


def raises() -> None:
    """Raise."""
    raise KeyError("tip")


async def hangs() -> None:
    """Hang."""
    await asyncio.Event().wait()


def is_large() -> str:
    """Give 50 MB."""
    return "x" * 50_000_000


def is_no_json() -> Any:
    """Give a lock."""
    return threading.Lock()


def takes_a_number(rows: int) -> int:
    """Take a number."""
    return rows


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        (raises, {}, "KeyError: 'tip'"),
        (Tool(hangs, timeout_s=0.05), {}, "gave nothing for 0.05 s"),
        (is_no_json, {}, "cannot be written as JSON: there is a lock in it"),
        (raises, {"day": "Sun"}, "day\n  Extra inputs are not permitted"),
        (takes_a_number, {"rows": "many"}, "rows\n  Input should be a valid integer"),
        (takes_a_number, {}, "rows\n  Field required"),
        (None, {}, "There is no tool 'none'; there are []."),
    ],
)
def test_whatever_a_tool_does_the_talk_goes_on_and_says_why(
    open_stage: Open, tool: Any, arguments: dict[str, Any], says: str
) -> None:
    tools = [] if tool is None else [tool]
    name = "none" if tool is None else getattr(tool, "name", None) or tool.__name__
    stage = open_stage(caller(ToolCall(name, arguments)), *tools)
    ask(stage)
    stage.wait(lambda: outputs(stage))
    (output,) = (json.loads(output) for _, output in outputs(stage))
    assert list(output) == ["error"]
    assert says in output["error"]
    stage.wait(lambda: row(stage)["status"] == "failed")
    assert row(stage)["error"] == output["error"]
    assert ("KeyError" in (row(stage)["traceback"] or "")) == (says == "KeyError: 'tip'")
    ask(stage, "and now?")
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))


def test_fifty_megabytes_are_cut(open_stage: Open) -> None:
    stage = open_stage(caller(ToolCall("is_large")), is_large)
    ask(stage)
    stage.wait(lambda: outputs(stage))
    assert len(outputs(stage)[0][1]) < 20_000
    assert outputs(stage)[0][1].endswith("… Cut here, of 50,000,000 characters. Ask for less, or for a part.")
    stage.wait(lambda: row(stage)["status"] == "completed")
    ask(stage, "and now?")
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))


def test_a_plain_function_that_blocks_for_ever_costs_its_own_answer_only(open_stage: Open) -> None:
    let_go = threading.Event()

    def blocks() -> None:
        """Block."""
        let_go.wait(60)

    stage = open_stage(caller(ToolCall("blocks")), Tool(blocks, timeout_s=0.05))
    try:
        ask(stage)
        stage.wait(lambda: outputs(stage))
        assert row(stage)["error"] == "blocks gave nothing for 0.05 s, and was given up."
        ask(stage, "and now?")
        stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))
        assert not let_go.is_set()
    finally:
        let_go.set()


def test_progress_is_an_event_and_steps_that_are_to_be_seen_are_shown(open_stage: Open) -> None:
    shown: list[Any] = []

    def count() -> Iterator[Any]:
        """Count."""
        yield "half of it"
        yield Show(3, "three")
        return "done"

    stage = open_stage(caller(ToolCall("count")), count, show=lambda turn, show: shown.append(show.value))
    ask(stage)
    stage.wait(lambda: outputs(stage))
    told = [e.event for e in stage.talk.events if e.event["type"].startswith("voice_widget.tool.")]
    call_id = outputs(stage)[0][0]
    assert {event["tool_call_id"] for event in told} == {call_id}
    assert [event["type"].rpartition(".")[2] for event in told] == ["taken", "started", "progress", "ended"]
    assert told[2]["text"] == "half of it"
    assert outputs(stage)[0][1] == "done"
    assert shown == [3]


@pytest.mark.parametrize("cancels", [True, False])
def test_who_interrupts_cancels_what_is_to_be_cancelled(open_stage: Open, cancels: bool) -> None:
    began, release, cancelled = threading.Event(), threading.Event(), threading.Event()

    async def look() -> str:
        """Look."""
        began.set()
        try:
            await asyncio.to_thread(release.wait, 10)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "there"

    stage = open_stage(caller(ToolCall("look")), Tool(look, cancel_on_interruption=cancels))
    ask(stage)
    assert began.wait(10)
    stage.talk.interrupt().result(10)
    if cancels:
        assert cancelled.wait(10)
    release.set()
    stage.wait(lambda: outputs(stage))
    error = "look was cancelled: the user interrupted."
    assert outputs(stage)[0][1] == (json.dumps({"error": error}) if cancels else "there")
    stage.wait(lambda: row(stage)["status"] == ("cancelled" if cancels else "completed"))
    assert row(stage)["error"] == (error if cancels else None)
    assert len(stage.client_events("response.create")) == 1  # that of the text: nobody wants an answer


def test_a_tool_runs_to_its_end_when_its_user_hangs_up_and_the_next_call_answers_nothing(
    open_stage: Open,
) -> None:
    began, release = threading.Event(), threading.Event()

    def look() -> str:
        """Look."""
        began.set()
        assert release.wait(10)
        return "there"

    stage = open_stage(caller(ToolCall("look")), look)
    ask(stage)
    assert began.wait(10)
    stage.talk.disconnect().result(10)
    assert row(stage)["status"] == "running"
    release.set()
    stage.wait(lambda: row(stage)["status"] == "completed")
    assert row(stage)["output"] == "there"
    asked = len(stage.client_events("response.create"))
    stage.talk.connect().result(20)
    ask(stage, "and now?")
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))
    assert len(stage.client_events("response.create")) == asked + 1


def test_its_times_are_on_the_clock_of_the_rows(open_stage: Open) -> None:
    def look() -> str:
        """Look."""
        return "there"

    stage = open_stage(caller(ToolCall("look")), look)
    ask(stage)
    stage.wait(lambda: any(turn["text"] == "there It is." for turn in stage.turns))
    use, answer = row(stage), stage.rows()[-1]
    assert use["start_ms"] is not None
    assert use["end_ms"] is not None
    assert 0 <= use["start_ms"] <= use["end_ms"] <= (answer["start_ms"] or 0)
    assert use["seq"] == 1


def book(day: str, seats: int = 2) -> str:
    """Book a table."""
    booked.append((day, seats))
    return f"{seats} seats on {day}"


booked: list[tuple[str, int]] = []
PYTHON = Decision(True, "python")
PAGE = {
    "type": "tool.decide",
    "page": "p",
    "request_id": "r",
    "always": False,
    "arguments": None,
    "reason": "",
}


@pytest.fixture
def asked(open_stage: Open) -> Callable[..., tuple[Stage, str]]:
    """A talk in which a booking waits to be allowed, and the call's id."""
    booked.clear()

    def make(**options: Any) -> tuple[Stage, str]:
        tool = Tool(book, **{"needs_approval": True, **options})
        stage = open_stage(caller(ToolCall("book", {"day": "Sun"})), tool)
        ask(stage)
        stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["waiting"])
        assert (row(stage)["approval"], row(stage)["started_at"]) == ("asked", None)
        return stage, row(stage)["tool_call_id"]

    return make


def test_nothing_runs_before_it_is_allowed(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, call_id = asked()
    assert booked == []
    assert outputs(stage) == []
    stage.talk.decide(call_id, PYTHON).result(10)
    stage.wait(lambda: any(turn["text"] == "2 seats on Sun It is." for turn in stage.turns))
    assert booked == [("Sun", 2)]
    one = row(stage)
    assert (one["approval"], one["status"], one["approved_arguments"]) == ("approved", "completed", None)
    assert one["approval_ms"] is not None


def test_somebody_at_a_page_may_change_the_arguments_and_the_model_is_told(
    asked: Callable[..., tuple[Stage, str]],
) -> None:
    stage, call_id = asked()
    assert row(stage)["editable"] is True
    stage.talk.handle({**PAGE, "tool_call_id": call_id, "approved": True, "arguments": '{"day": 3}'})
    failed = stage.message("request.failed")["error"]
    assert failed["code"] == "arguments_invalid"
    assert "day" in failed["message"]
    changed = '{"day": "Mon", "seats": 4}'
    again = {"request_id": "r2", "tool_call_id": call_id, "approved": True, "arguments": changed}
    stage.talk.handle({**PAGE, **again})
    stage.wait(lambda: outputs(stage))
    assert stage.message("request.done")["request_id"] == "r2"
    assert booked == [("Mon", 4)]
    assert outputs(stage)[0][1] == f"The user changed the arguments to {changed}.\n4 seats on Mon"
    stage.wait(lambda: row(stage)["status"] == "completed")
    assert (row(stage)["approval"], row(stage)["approved_arguments"]) == ("edited", changed)
    assert row(stage)["arguments"] == '{"day": "Sun"}'


def test_a_rejection_is_an_output_with_its_reason(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, call_id = asked()
    stage.talk.handle({**PAGE, "tool_call_id": call_id, "approved": False, "reason": "we are closed"})
    stage.wait(lambda: outputs(stage))
    assert json.loads(outputs(stage)[0][1]) == {"error": "book was not approved: we are closed."}
    stage.wait(lambda: row(stage)["status"] == "rejected")
    assert (row(stage)["approval"], row(stage)["reason"], booked) == ("rejected", "we are closed", [])
    ask(stage, "and now?")
    stage.wait(lambda: any(turn["text"] == "Well." for turn in stage.turns))


def test_what_nobody_answers_is_rejected_in_time(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, call_id = asked(approval_timeout_s=0.5)
    stage.wait(lambda: row(stage)["status"] == "rejected")
    assert (row(stage)["approval"], booked) == ("expired", [])
    assert "nobody answered in 0.5 s" in outputs(stage)[0][1]
    with pytest.raises(StateError, match="waits for approval"):
        stage.talk.decide(call_id, PYTHON).result(10)


def test_always_is_not_asked_again(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, call_id = asked()
    stage.talk.decide(call_id, Decision(True, "python", always=True)).result(10)
    stage.wait(lambda: row(stage)["status"] == "completed")
    ask(stage)
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["completed"] * 2)
    assert [use["approval"] for use in stage.talk.ledger.uses()] == ["always", None]


@pytest.mark.parametrize(
    ("predicate", "status"),
    [
        (lambda given: given["seats"] > 10, "completed"),
        (lambda given: given["seats"] > 1, "waiting"),
        (lambda given: given["price"] > 1, "waiting"),  # it raises: in doubt somebody is asked
    ],
)
def test_a_function_of_the_arguments_says_whether_it_is_asked(
    open_stage: Open, predicate: Callable[[dict[str, Any]], bool], status: str
) -> None:
    stage = open_stage(caller(ToolCall("book", {"day": "Sun"})), Tool(book, needs_approval=predicate))
    ask(stage)
    stage.wait(lambda: stage.talk.ledger.uses() and row(stage)["status"] == status)


def test_what_cannot_run_asks_nobody(open_stage: Open) -> None:
    stage = open_stage(caller(ToolCall("book", {"night": "Sun"})), Tool(book, needs_approval=True))
    ask(stage)
    stage.wait(lambda: outputs(stage))
    assert "night" in outputs(stage)[0][1]
    assert row(stage)["approval"] is None


def test_a_call_that_ends_leaves_nothing_that_waits(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, _ = asked()
    stage.talk.disconnect().result(10)
    stage.wait(lambda: row(stage)["status"] == "rejected")
    assert (row(stage)["approval"], row(stage)["reason"]) == ("expired", "the call has ended")
    assert booked == []


def test_an_emptied_card_runs_nothing(asked: Callable[..., tuple[Stage, str]]) -> None:
    stage, call_id = asked()
    with pytest.raises(SettingError, match="do not fit"):
        stage.talk.decide(call_id, Decision(True, "page", arguments="  ")).result(10)
    assert (row(stage)["status"], booked) == ("waiting", [])


def test_who_hangs_up_while_it_is_found_out_whether_to_ask_has_said_no(open_stage: Open) -> None:
    thinks, release = threading.Event(), threading.Event()
    booked.clear()

    def needs(given: dict[str, Any]) -> bool:
        thinks.set()
        return release.wait(4)

    stage = open_stage(caller(ToolCall("book", {"day": "Sun"})), Tool(book, needs_approval=needs))
    ask(stage)
    assert thinks.wait(10)
    stage.talk.disconnect().result(10)
    release.set()
    stage.wait(lambda: row(stage)["status"] == "rejected")
    assert (row(stage)["reason"], booked) == ("the call has ended", [])


def test_a_generator_that_yields_for_ever_floods_nothing(open_stage: Open) -> None:
    def count() -> Iterator[int]:
        """Count."""
        yield from range(20_000)

    stage = open_stage(caller(ToolCall("count")), count)
    ask(stage)
    stage.wait(lambda: outputs(stage))
    assert outputs(stage)[0][1] == "19999"
    told = [e for e in stage.talk.events if e.event["type"] == "voice_widget.tool.progress"]
    assert len(told) < 200


def test_of_two_whose_call_is_lost_each_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is done when the call is lost, the other once it is back."""
    monkeypatch.setattr(retrying, "WAITS_S", (0.01, 0.01, 0.01))
    release = threading.Event()

    def slow() -> str:
        """Slow."""
        assert release.wait(10)
        return "slow"

    def quick() -> str:
        """Quick."""
        return "quick"

    service = PeerService([], ManualClock(1.7e9, auto=True), kernel_agent=False)
    stage = Stage(service, tools=[slow, quick])
    try:
        stage.talk.connect().result(20)
        items = [
            {"id": name, "type": "function_call", "call_id": name, "name": name, "arguments": "{}"}
            for name in ("slow", "quick")
        ]

        def call_the_tools() -> None:
            first = service.connections[0]
            first._emit("response.created", response={"id": "r", "status": "in_progress"})
            first._emit("response.done", response={"id": "r", "status": "completed", "output": items})
            first._wake.set()

        loop().call_soon_threadsafe(call_the_tools)
        stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["running", "completed"])
        loop().call_soon_threadsafe(service.connections[0].cut)
        stage.wait(lambda: stage.history_of("connection_state").count("connected") == 2)
        release.set()
        stage.wait(lambda: stage.client_events("response.create"))
        told = [event["item"] for event in stage.client_events("conversation.item.create")]
        assert sorted((item["type"], item["call_id"]) for item in told) == [
            ("function_call", "quick"),
            ("function_call", "slow"),
            ("function_call_output", "quick"),
            ("function_call_output", "slow"),
        ]
        assert len(stage.client_events("response.create")) == 1
    finally:
        release.set()
        stage.close()


def test_a_tool_that_outlasts_hundreds_of_others_is_known_by_what_it_gave(open_stage: Open) -> None:
    release = threading.Event()

    def slow() -> str:
        """Slow."""
        assert release.wait(20)
        return "at last"

    def quick() -> str:
        """Quick."""
        return "quick"

    stage = open_stage(caller(ToolCall("slow"), *[ToolCall("quick")] * 300), slow, quick)
    ask(stage)
    stage.wait(lambda: sum(use["status"] == "completed" for use in stage.talk.ledger.uses()) == 300, 20)
    release.set()
    stage.wait(lambda: stage.talk.ledger.uses()[0]["status"] == "completed")
    assert stage.talk.ledger.uses()[0]["output"] == "at last"


class Speaker:
    """The user, heard by the scripted service while it waits for a tool."""

    def __init__(self, stage: Stage) -> None:
        service: Any = stage.talk.service
        self._connection = service.connections[0]

    def __call__(self, kind: str, **fields: Any) -> None:
        def happen() -> None:
            self._connection._emit(kind, item_id="u", **fields)
            self._connection._wake.set()

        loop().call_soon_threadsafe(happen)

    def begins(self) -> None:
        self("input_audio_buffer.speech_started", audio_start_ms=9000)

    def says(self, text: str) -> None:
        self("input_audio_buffer.speech_stopped", audio_end_ms=9900)
        self("input_audio_buffer.committed", previous_item_id=None)
        self("conversation.item.input_audio_transcription.completed", content_index=0, transcript=text)


class Looking:
    """An async tool that shows when it is cancelled."""

    def __init__(self) -> None:
        self.began, self.cancelled, self.release = (threading.Event() for _ in "123")

    async def look(self) -> str:
        """Look."""
        self.began.set()
        try:
            await asyncio.to_thread(self.release.wait, 10)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "there"


@pytest.mark.parametrize("cancels", [True, False])
def test_what_the_user_says_over_a_tool_cancels_what_is_to_be_cancelled(
    open_stage: Open, cancels: bool
) -> None:
    looking = Looking()
    stage = open_stage(caller(ToolCall("look")), Tool(looking.look, cancel_on_interruption=cancels))
    ask(stage)
    assert looking.began.wait(10)
    speaker = Speaker(stage)
    speaker.begins()
    stage.has(user_speaking=True)
    speaker.says("leave that")
    stage.wait(lambda: any(turn["text"] == "leave that" for turn in stage.turns))
    if cancels:
        assert looking.cancelled.wait(10)
    looking.release.set()
    stage.wait(lambda: outputs(stage))
    error = "look was cancelled: the user interrupted."
    assert outputs(stage)[0][1] == (json.dumps({"error": error}) if cancels else "there")
    assert row(stage)["status"] == ("cancelled" if cancels else "completed")
    # What was said instead is answered by the service itself; else the tool's result is.
    assert len(stage.client_events("response.create")) == (1 if cancels else 2)
    if cancels:
        stage.wait(lambda: stage.states()["activity"] != "tool")


def test_a_cough_cancels_nothing(open_stage: Open) -> None:
    looking = Looking()
    stage = open_stage(caller(ToolCall("look")), Tool(looking.look, cancel_on_interruption=True))
    ask(stage)
    assert looking.began.wait(10)
    speaker = Speaker(stage)
    speaker.begins()
    stage.has(user_speaking=True)
    speaker.says("")
    stage.has(user_speaking=False)
    stage.wait(lambda: any(turn["status"] == "no_transcript" for turn in stage.turns))
    looking.release.set()
    stage.wait(lambda: outputs(stage))
    assert outputs(stage)[0][1] == "there"
    assert not looking.cancelled.is_set()


def test_a_tool_that_waits_for_leave_is_cancelled_by_what_the_user_says(
    open_stage: Open,
) -> None:
    looking = Looking()
    tool = Tool(looking.look, cancel_on_interruption=True, needs_approval=True)
    stage = open_stage(caller(ToolCall("look")), tool)
    ask(stage)
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["waiting"])
    speaker = Speaker(stage)
    speaker.begins()
    speaker.says("leave that")
    stage.wait(lambda: row(stage)["status"] == "cancelled")
    assert not looking.began.is_set()
    stage.wait(lambda: outputs(stage))
    assert len(stage.client_events("response.create")) == 1


@pytest.mark.parametrize("options", [{}, {"background": True}, {"needs_approval": True}])
def test_what_runs_when_the_widget_is_closed_has_ended_in_every_table(options: dict[str, Any]) -> None:
    release = threading.Event()

    def look() -> str:
        """Look."""
        assert release.wait(20)
        return "there"

    stage = Stage(ScriptedService([]), agent=caller(ToolCall("look")), tools=[Tool(look, **options)])
    try:
        stage.talk.connect().result(20)
        ask(stage)
        begun = "waiting" if options.get("needs_approval") else "running"
        stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == [begun])
        stage.close()
        one = row(stage)
        ended = "rejected" if begun == "waiting" else "cancelled"
        assert (one["status"], one["ended_at"] is None) == (ended, False)
        if ended == "cancelled":
            assert one["error"] == "look was cancelled: the widget was closed."
        (told,) = [e.event for e in stage.talk.events if e.event["type"] == "voice_widget.tool.ended"]
        assert told["status"] == ended
    finally:
        release.set()
