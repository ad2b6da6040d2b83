"""Tools of MCP servers that the service calls: asked about once, told once, answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.scripted import ScriptedService
from voice_widget.tools.approvals import Decision
from voice_widget.tools.hosted_mcp import HostedMcp

Open = Callable[..., Stage]
LIST = {"server": "files", "name": "list", "arguments": '{"path": "."}', "output": "Two files."}
FILES = HostedMcp("files", "https://example.org/mcp", authorization="s3cret-token-1234567890")


@pytest.fixture
def open_stage() -> Iterator[Open]:
    stages: list[Stage] = []

    def make(step: Mapping[str, Any], *tools: Any, **options: Any) -> Stage:
        service = ScriptedService([{"hear": "what is there", "say": "There are two.", "mcp": step}])
        stages.append(stage := Stage(service, tools=tools or (FILES,), agent=lambda turn: "Well.", **options))
        stage.talk.connect().result(20)
        return stage

    yield make
    for stage in stages:
        stage.close()


def row(stage: Stage) -> ToolRow:
    rows = stage.talk.ledger.uses()
    return rows[-1] if rows else {"status": "none"}  # type: ignore[typeddict-item]


def answers(stage: Stage) -> list[dict[str, Any]]:
    items = [event["item"] for event in stage.client_events("conversation.item.create")]
    return [item for item in items if item["type"] == "mcp_approval_response"]


def decide(stage: Stage, decision: Decision) -> None:
    stage.wait(lambda: row(stage)["status"] == "waiting")
    stage.talk.decide(row(stage)["tool_call_id"], decision).result(10)


def is_said(stage: Stage, text: str = "There are two.") -> None:
    stage.wait(lambda: any(turn["text"] == text for turn in stage.turns))


def test_what_is_allowed_is_called_and_answered_once(open_stage: Open) -> None:
    stage = open_stage(LIST)
    stage.wait(lambda: row(stage)["status"] == "waiting")
    stage.has(activity="tool")
    waiting = row(stage)
    assert (waiting["name"], waiting["server"], waiting["arguments"]) == ("list", "files", LIST["arguments"])
    assert answers(stage) == []
    decide(stage, Decision(True, "page"))
    is_said(stage)
    done = row(stage)
    assert (done["status"], done["output"], done["error"], done["approval"]) == (
        "completed",
        "Two files.",
        None,
        "approved",
    )
    assert done["start_ms"] is not None
    assert done["end_ms"] is not None
    assert done["end_ms"] >= done["start_ms"]
    request = waiting["tool_call_id"]
    assert answers(stage) == [
        {"type": "mcp_approval_response", "approval_request_id": request, "approve": True}
    ]
    assert len(stage.client_events("response.create")) == 1
    assert stage.problems == []


def test_what_is_rejected_is_not_called_and_the_model_is_told_why(open_stage: Open) -> None:
    stage = open_stage(LIST)
    decide(stage, Decision(False, "page", reason="not today"))
    is_said(stage)  # of the script, whose model says the same
    rejected = row(stage)
    assert (rejected["status"], rejected["approval"], rejected["reason"]) == (
        "rejected",
        "rejected",
        "not today",
    )
    assert rejected["error"] == "list was not approved: not today."
    assert [(answer["approve"], answer["reason"]) for answer in answers(stage)] == [(False, "not today")]
    assert len(stage.client_events("response.create")) == 1


def test_nobody_answers(open_stage: Open) -> None:
    stage = open_stage(LIST, HostedMcp("files", "https://example.org/mcp", approval_timeout_s=0.05))
    is_said(stage)
    assert (row(stage)["status"], row(stage)["approval"]) == ("rejected", "expired")
    assert [answer["approve"] for answer in answers(stage)] == [False]


def test_what_is_allowed_for_always_is_not_asked_about_again(open_stage: Open) -> None:
    stage = open_stage(LIST)
    decide(stage, Decision(True, "python", always=True))
    is_said(stage)
    stage.talk.send_text("what is there").result(10)
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["completed"] * 2)
    assert [use["approval"] for use in stage.talk.ledger.uses()] == ["always", "always"]
    stage.wait(lambda: len(stage.client_events("response.create")) == 3)  # for the text one more


def test_it_runs_with_the_arguments_that_were_shown(open_stage: Open) -> None:
    stage = open_stage(LIST)
    with pytest.raises(SettingError, match="with the arguments that it has shown") as raised:
        decide(stage, Decision(True, "python", arguments="{}"))
    assert raised.value.code == "arguments_invalid"
    assert row(stage)["editable"] is False
    decide(stage, Decision(True, "python"))
    is_said(stage)


def test_without_asking_it_is_called_at_once(open_stage: Open) -> None:
    stage = open_stage({**LIST, "approval": False})
    is_said(stage)
    assert (row(stage)["status"], row(stage)["approval"], row(stage)["output"]) == (
        "completed",
        None,
        "Two files.",
    )
    assert answers(stage) == []
    assert len(stage.client_events("response.create")) == 1


def test_a_call_that_fails_is_told_in_the_services_words(open_stage: Open) -> None:
    stage = open_stage({**LIST, "output": "", "error": "No such folder."})
    decide(stage, Decision(True, "page"))
    is_said(stage)
    assert (row(stage)["status"], row(stage)["error"]) == ("failed", "tool_execution_error: No such folder.")
    assert row(stage)["output"] == '{"error": "tool_execution_error: No such folder."}'


def test_a_request_is_over_with_its_call(open_stage: Open) -> None:
    stage = open_stage(LIST)
    stage.wait(lambda: row(stage)["status"] == "waiting")
    request = row(stage)["tool_call_id"]
    stage.talk.disconnect().result(10)
    assert row(stage)["status"] == "not_run"
    with pytest.raises(StateError) as raised:
        stage.talk.decide(request, Decision(True, "page")).result(10)
    assert raised.value.code == "no_approval"
    assert answers(stage) == []


def test_what_a_server_gave_is_told_to_the_next_call_as_a_function_is(open_stage: Open) -> None:
    stage = open_stage(LIST)
    decide(stage, Decision(True, "page"))
    is_said(stage)
    items = [item for item in stage.talk.session.conversation() if item["type"].startswith("function")]
    assert items == [
        {"type": "function_call", "call_id": "mcp_1", "name": "list", "arguments": LIST["arguments"]},
        {"type": "function_call_output", "call_id": "mcp_1", "output": "Two files."},
    ]


def test_a_server_that_cannot_be_reached_is_a_notice_that_names_it(open_stage: Open) -> None:
    stage = open_stage(LIST, FILES, HostedMcp("mail", "https://example.org/mail"))
    # That it failed comes before the item that says why.
    why = "'mail': http_error: The script has no server 'mail'."
    notice = stage.wait(lambda: (told := stage.states().get("notice")) and why in told["message"] and told)
    assert notice["code"] == "mcp_tools_unlisted"
    assert "files" not in notice["message"]
    decide(stage, Decision(True, "page"))
    is_said(stage)


def test_its_secret_goes_to_the_service_and_is_kept_nowhere(open_stage: Open) -> None:
    stage = open_stage(LIST)
    (update, *_) = stage.client_events("session.update")
    assert update["session"]["tools"][0]["authorization"] == "…"
    assert "s3cret" not in repr(FILES)
    assert not any("s3cret" in line.event for line in stage.talk.events.lines())
    assert not any("s3cret" in str(message) for message in stage.messages)
    service: Any = stage.talk.service
    sent = next(event for event in service.connections[0].received if event["type"] == "session.update")
    assert sent["session"]["tools"][0]["authorization"] == "s3cret-token-1234567890"


def test_while_it_waits_to_be_allowed_nothing_is_taken_back(open_stage: Open) -> None:
    stage = open_stage(LIST)
    stage.wait(lambda: row(stage)["status"] == "waiting")
    error = stage.talk.steering.rewind(0).exception(10)
    assert isinstance(error, StateError)
    assert (error.code, error.next_step) == ("tool_runs", "Rewind when it has ended.")
    assert [turn["status"] for turn in stage.rows()] == ["completed"]
    decide(stage, Decision(True, "page"))
    is_said(stage)
    stage.talk.steering.rewind(0).result(10)
    assert {turn["status"] for turn in stage.rows()} == {"rewound"}
