"""What tools did in a talk is read again from its folder as it was, whatever became of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from voice_widget import ScriptedService, StateError, Tool, ToolCall, Turn, VoiceWidget, read_talk

TABLES = ("transcript_df", "events_df", "tool_calls_df", "metrics_df", "words_df")


def agent(turn: Turn) -> Iterator[Any]:
    """Calls what it is told to, each with what stands behind it."""
    if turn.results or not turn.text.startswith("call"):
        yield " ".join(message.text for message in turn.results) or "Well."
    else:
        name, _, what = turn.text.removeprefix("call ").partition(" ")
        yield ToolCall(name, {"what": what})


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def made(tmp_path: Path, release: threading.Event) -> Iterator[Callable[[], VoiceWidget]]:
    widgets: list[VoiceWidget] = []

    def quick(what: str) -> str:
        """Look."""
        return f"Found {what}."

    def slow(what: str) -> Iterator[str]:
        """Look."""
        yield "halfway"
        assert release.wait(30)
        yield f"Found {what}."

    tools = [
        quick,
        Tool(quick, name="guarded", needs_approval=True),
        Tool(slow, name="late", background=True),
        Tool(slow, name="slow"),
    ]

    def make() -> VoiceWidget:
        service = ScriptedService([])
        folder = tmp_path / "talk"
        widgets.append(
            VoiceWidget(service=service, transport="memory", agent=agent, tools=tools, record=folder)
        )
        widgets[-1].connect().result(20)
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


def ask(widget: VoiceWidget, text: str) -> None:
    answer = widget.next_turn("assistant")
    widget.send_text(text).result(20)
    answer.result(20)


def has(widget: VoiceWidget, **cells: Any) -> None:
    """Wait until the last call has these."""
    done = threading.Event()
    stop = widget.on("tool_call", lambda row: done.set() if cells.items() <= row.items() else None)
    if not (last := widget.tool_calls_df.tail(1)).empty and cells.items() <= last.iloc[0].to_dict().items():
        done.set()
    assert done.wait(20), cells
    stop()


def same(widget: VoiceWidget, folder: Path) -> None:
    before = {name: getattr(widget, name) for name in TABLES}
    widget.close()
    again = read_talk(folder)
    assert again.problems == ()
    for name, table in before.items():
        assert getattr(again, name).equals(table), name


def test_of_tools_that_have_ended_in_every_way(
    made: Callable[[], VoiceWidget], release: threading.Event, tmp_path: Path
) -> None:
    widget = made()
    ask(widget, "call quick tips")
    ask(widget, "call none tips")
    decisions = iter(
        (
            lambda call: widget.approve_tool_call(call["tool_call_id"], arguments={"what": "beer"}),
            lambda call: widget.reject_tool_call(call["tool_call_id"], "not today"),
        )
    )
    stop = widget.on("approval", lambda call: next(decisions)(call))
    ask(widget, "call guarded tips")
    ask(widget, "call guarded wine")
    stop()
    ask(widget, "call late tips")
    answer = widget.next_turn("assistant")
    release.set()
    assert answer.result(20)["text"] == "Found tips."
    widget.disconnect().result(20)
    calls = widget.tool_calls_df
    assert calls.status.tolist() == ["completed", "failed", "completed", "rejected", "completed"]
    assert calls.approval.isna().tolist() == [True, True, False, False, True]
    same(widget, tmp_path / "talk")


def test_of_a_tool_that_runs_when_the_widget_is_closed(
    made: Callable[[], VoiceWidget], tmp_path: Path
) -> None:
    widget = made()
    widget.send_text("call slow tips").result(20)
    has(widget, status="running")
    widget.close()
    (status,) = widget.tool_calls_df.status
    assert status == "cancelled"
    (kept,) = read_talk(tmp_path / "talk").tool_calls_df.to_dict("records")
    assert (kept["status"], kept["error"]) == ("cancelled", "slow was cancelled: the widget was closed.")


def test_of_one_whose_question_was_redacted(made: Callable[[], VoiceWidget], tmp_path: Path) -> None:
    widget = made()
    ask(widget, "call quick secret")
    ask(widget, "call quick tips")
    widget.redact(1).result(20)
    assert widget.tool_calls_df.arguments.tolist() == ["", '{"what": "tips"}']
    assert widget.tool_calls_df.output.tolist() == ["", "Found tips."]
    widget.disconnect().result(20)
    same(widget, tmp_path / "talk")
    folder = tmp_path / "talk"
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    told = [line for line in map(json.dumps, events) if "function_call" in line or ".tool." in line]
    assert told
    assert not any("secret" in line for line in told)
    assert "secret" not in (folder / "tool_calls.jsonl").read_text()


@pytest.mark.parametrize(("name", "status"), [("late", "running"), ("guarded", "waiting")])
def test_while_it_runs_or_waits_its_question_is_not_redacted(
    made: Callable[[], VoiceWidget], release: threading.Event, name: str, status: str
) -> None:
    widget = made()
    widget.send_text(f"call {name} secret").result(20)
    has(widget, status=status)
    with pytest.raises(StateError) as caught:
        widget.redact(1).result(20)
    assert caught.value.code == "tool_runs"
    assert caught.value.next_step == "Redact the turn when the tool has ended."
    assert "secret" in widget.transcript_df.text[0]
    release.set()
    for waits in widget.approvals:
        widget.reject_tool_call(waits["tool_call_id"]).result(20)
    has(widget, status="completed" if name == "late" else "rejected")
    widget.redact(1).result(20)
    assert widget.transcript_df.text[0] == ""
    assert widget.tool_calls_df.arguments.tolist() == [""]


def test_only_what_waits_is_in_approvals(made: Callable[[], VoiceWidget]) -> None:
    widget = made()
    ask(widget, "call quick tips")
    assert widget.approvals == []
    widget.send_text("call guarded tips").result(20)
    has(widget, status="waiting")
    (waits,) = widget.approvals
    assert (waits["name"], waits["arguments"]) == ("guarded", '{"what": "tips"}')
    widget.reject_tool_call(waits["tool_call_id"]).result(20)
    has(widget, status="rejected")
    assert widget.approvals == []
