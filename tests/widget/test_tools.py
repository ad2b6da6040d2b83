"""Functions that become tools while a widget lives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from voice_widget import HostedMcp, ScriptedService, Tool, ToolCall, Turn, VoiceWidget
from voice_widget.errors import SettingError, StateError


@pytest.fixture
def widget() -> Iterator[VoiceWidget]:
    with closing(VoiceWidget(service=ScriptedService([]), transport="memory")) as made:
        yield made


def offered(widget: VoiceWidget) -> list[tuple[str, str]]:
    return [(tool["name"], tool["description"]) for tool in widget.settings.tools or ()]


def told(widget: VoiceWidget) -> list[list[str]]:
    """The tools of each change of settings that went to the service."""
    updates = widget.events_df.query("type == 'session.update' and direction == 'sent'")["event"]
    sessions = [json.loads(event)["session"] for event in updates]
    return [[tool["name"] for tool in session["tools"]] for session in sessions if "tools" in session]


def test_a_decorated_function_is_offered_and_stays_what_it_was(widget: VoiceWidget) -> None:
    @widget.tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    @widget.tool(name="times", timeout_s=2)
    def multiply(a: int, b: int) -> int:
        """Multiply."""
        return a * b

    assert (add(1, 2), multiply(2, 3)) == (3, 6)
    assert offered(widget) == [("add", "Add."), ("times", "Multiply.")]


def test_a_cell_that_is_run_again_replaces_its_tool(widget: VoiceWidget) -> None:
    def add(a: int) -> int:
        """Add."""
        return a

    widget.tool(add)
    add.__doc__ = "Add more."
    widget.tool(add)
    assert offered(widget) == [("add", "Add more.")]


def test_it_joins_those_that_were_given_in_every_way(widget: VoiceWidget) -> None:
    def one() -> None:
        """1."""

    def two() -> None:
        """2."""

    other = {"type": "function", "name": "other", "description": "0.", "parameters": {}}
    widget.update(tools=[other, two]).result(10)
    widget.tool(one)
    assert offered(widget) == [("other", "0."), ("two", "2."), ("one", "1.")]
    two.__doc__ = "Two."
    widget.tool(two)
    assert sorted(offered(widget)) == [("one", "1."), ("other", "0."), ("two", "Two.")]


def test_in_a_call_the_service_is_told_at_once(widget: VoiceWidget) -> None:
    widget.connect().result(20)

    @widget.tool
    def add(a: int) -> int:
        """Add."""
        return a

    widget.send_text("hello").result(10)
    assert told(widget)[-1] == ["add"]


def test_another_widget_that_goes_on_has_the_tool_with_its_options() -> None:
    def look() -> str:
        """Look."""
        return "there"

    options: dict[str, Any] = {"service": ScriptedService([]), "transport": "memory"}
    with closing(VoiceWidget(tools=[Tool(look, name="see")], **options)) as widget:
        again = widget._wiring.arguments()["tools"]
        assert [(tool.name, tool.function) for tool in again] == [("see", look)]


def test_an_unknown_option_is_refused_with_the_nearest(widget: VoiceWidget) -> None:
    with pytest.raises(SettingError, match=r"retry.*Did you mean|The option"):
        widget.tool(timeout=3)(lambda: None)  # type: ignore[call-overload]


def caller(turn: Turn) -> Any:
    return "Done." if turn.results else ToolCall("book", {"day": "Sun"})


@pytest.mark.parametrize("decides", ["approve", "reject"])
def test_python_answers_what_waits_for_approval(decides: str) -> None:
    asked: list[Any] = []
    waits = threading.Event()

    def hear(call: Any) -> None:
        asked.append(call)
        waits.set()

    def book(day: str) -> str:
        """Book."""
        return day

    options: dict[str, Any] = {"service": ScriptedService([]), "transport": "memory", "agent": caller}
    with closing(VoiceWidget(tools=[Tool(book, needs_approval=True)], **options)) as widget:
        widget.on("approval", hear)
        changes: list[str] = []
        widget.on("tool_call", lambda call: changes.append(call["status"]))
        answer = widget.next_turn("assistant")
        widget.send_text("book it").result(10)
        assert waits.wait(10)
        [call] = asked
        assert [one["tool_call_id"] for one in widget.approvals] == [call["tool_call_id"]]
        if decides == "approve":
            widget.approve_tool_call(call["tool_call_id"], arguments={"day": "Mon"}).result(10)
        else:
            widget.reject_tool_call(call["tool_call_id"], "no").result(10)
        assert answer.result(10)["text"] == "Done."
        assert widget.approvals == []
        [row] = widget.tool_calls_df.to_dict("records")
        assert row["status"] == ("completed" if decides == "approve" else "rejected")
        assert row["approval"] == ("edited" if decides == "approve" else "rejected")
        widget._wiring.publisher.flush(10, calls=True)
        assert changes[:2] == ["requested", "waiting"]
        assert changes[-1] == row["status"]
        with pytest.raises(StateError, match="waits for approval"):
            widget.approve_tool_call(call["tool_call_id"]).result(10)


def test_arguments_that_are_no_json_are_refused_at_once(widget: VoiceWidget) -> None:
    with pytest.raises(SettingError, match="no JSON"):
        widget.approve_tool_call("c", arguments={"day": object()})


def test_a_service_asks_to_call_a_server_and_python_allows_it() -> None:
    step = {"server": "files", "name": "list", "arguments": '{"path": "."}', "output": "Two files."}
    service = ScriptedService([{"hear": "what is there", "say": "There are two.", "mcp": step}])
    server = HostedMcp("files", "https://example.org/mcp", authorization="s3cret")
    with closing(VoiceWidget(service=service, transport="memory", tools=[server])) as widget:
        seen: list[dict[str, Any]] = []

        def allow(call: dict[str, Any]) -> None:
            seen.extend(widget.approvals)
            widget.approve_tool_call(call["tool_call_id"])

        widget.on("approval", allow)
        answer = widget.next_turn("assistant")
        widget.connect().result(20)
        assert answer.result(20)["text"] == "There are two."
        [row] = widget.tool_calls_df.to_dict("records")
        assert [(call["name"], call["server"], call["status"]) for call in seen] == [
            ("list", "files", "waiting")
        ]
        assert (row["server"], row["output"], row["approval"]) == ("files", "Two files.", "approved")
        assert "s3cret" not in str(widget.get_state()) + "".join(widget.events_df["event"])
        with closing(VoiceWidget(**widget._wiring.arguments())) as again:
            assert [tool["server_label"] for tool in again.settings.tools or ()] == ["files"]


def test_a_tool_that_was_made_is_taken_with_its_options(widget: VoiceWidget) -> None:
    def add(a: int) -> int:
        """Add."""
        return a

    made = Tool(add, name="plus")
    assert widget.tool(made) is made
    assert offered(widget) == [("plus", "Add.")]
    with pytest.raises(SettingError, match="not a Tool"):
        widget.tool(timeout_s=2)(made)


@pytest.mark.parametrize("arguments", ["", (), [], [("seats", 7)], '{"seats": 7}'])
def test_arguments_of_an_approval_are_a_dict(widget: VoiceWidget, arguments: Any) -> None:
    with pytest.raises(SettingError, match="not a dict") as refused:
        widget.approve_tool_call("c", arguments=arguments)
    assert refused.value.code == "arguments_invalid"


def test_an_approval_for_ever_is_a_flag(widget: VoiceWidget) -> None:
    always: Any = "no"
    with pytest.raises(SettingError, match="always must be True or False"):
        widget.approve_tool_call("c", always=always)


def test_a_reason_is_a_text_or_left_out(widget: VoiceWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    reason: Any = 5
    with pytest.raises(SettingError, match="The reason is a int, not a text"):
        widget.reject_tool_call("c", reason)
    decided: list[Any] = []
    monkeypatch.setattr(widget, "_decide", lambda call, decision: decided.append(decision))
    widget.reject_tool_call("c", None)
    assert decided[0].reason == ""
