"""Tools of MCP servers that the service calls, in whatever order it tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.state.changes import AnswerDue, ApprovalWanted, Noticed, Problem, TurnFinished
from voice_widget.realtime.state.records import ToolRow

REQUEST = {
    "id": "q",
    "type": "mcp_approval_request",
    "server_label": "files",
    "name": "list",
    "arguments": '{"path": "."}',
}
CALL = {"id": "m", "type": "mcp_call", "server_label": "files", "name": "list", "arguments": '{"path": "."}'}
OUTPUT = {**CALL, "output": "Two files.", "error": None}


@pytest.fixture
def talk() -> Talk:
    talk = Talk(transport="memory")
    talk("session.created", session={})
    return talk


def row(talk: Talk, number: int = 1) -> ToolRow:
    return talk.session.uses.rows()[number - 1]


def asked(talk: Talk) -> None:
    """Leave is asked for, and given."""
    talk.response()
    talk("response.output_item.added", response_id="r", item={**REQUEST, "arguments": ""})
    talk("conversation.item.added", item={**REQUEST, "arguments": ""})
    talk("conversation.item.done", item=REQUEST)
    talk("response.output_item.done", response_id="r", item=REQUEST)
    talk.done(output=[REQUEST])
    answers(talk, approve=True)


def answers(talk: Talk, *, approve: bool) -> None:
    told: dict[str, Any] = {"tool_call_id": "q", "number": 1}
    talk("voice_widget.tool.approval_requested", **told)
    talk("voice_widget.tool.approval_answered", approved=approve, by="page", **told)
    item = {"type": "mcp_approval_response", "approval_request_id": "q", "approve": approve}
    talk("conversation.item.create", sent=True, item=item)
    talk("conversation.item.done", item={"id": "p", **item})


def test_leave_is_asked_for_once_however_often_the_request_is_told(talk: Talk) -> None:
    asked(talk)
    assert talk.all(ApprovalWanted) == [ApprovalWanted("q", "files", "list", "r", 1)]
    assert talk.session.activity == "tool"
    assert talk.all(AnswerDue) == []


def test_a_call_outside_of_responses_is_followed_by_an_answer(talk: Talk) -> None:
    asked(talk)
    talk("conversation.item.added", item={**CALL, "approval_request_id": "q"})
    talk("response.mcp_call.in_progress", item_id="m", output_index=0)
    assert row(talk)["status"] == "running"
    talk("response.mcp_call.completed", item_id="m", output_index=0)
    assert talk.all(AnswerDue) == []  # what came of it is not there yet
    talk("conversation.item.done", item={**OUTPUT, "approval_request_id": "q"})
    assert talk.all(AnswerDue) == [AnswerDue("files")]
    assert talk.session.activity == "thinking"
    assert (row(talk)["status"], row(talk)["output"], row(talk)["tool_call_id"]) == (
        "completed",
        "Two files.",
        "q",
    )
    assert len(talk.session.uses.rows()) == 1


def test_a_call_in_a_response_that_goes_on_to_speak_needs_no_other_answer(talk: Talk) -> None:
    asked(talk)
    talk.response("r2")
    talk("response.output_item.added", response_id="r2", item={**CALL, "approval_request_id": "q"})
    talk("response.output_item.done", response_id="r2", item={**OUTPUT, "approval_request_id": "q"})
    talk.message("r2", "a")
    talk.word("Two.", "r2", "a")
    talk.done("r2")
    assert talk.all(AnswerDue) == []
    assert talk.session.activity in ("idle", "thinking")  # it may have to sound
    assert [change.goes_on for change in talk.all(TurnFinished) if change.row["item_id"] == "a"] == [False]


def test_a_call_in_a_response_that_says_no_more_is_followed_by_an_answer_when_that_is_over(
    talk: Talk,
) -> None:
    talk.response()
    talk.message("r", "a")
    talk.word("Let me see.", "r", "a")
    talk("response.output_item.added", response_id="r", item={**CALL, "arguments": ""})
    talk("response.mcp_call_arguments.done", response_id="r", item_id="m", arguments='{"path": "/"}')
    assert row(talk)["arguments"] == '{"path": "/"}'
    talk("response.output_item.done", response_id="r", item={**OUTPUT, "arguments": '{"path": "/"}'})
    assert talk.all(AnswerDue) == []
    talk.done()
    assert talk.all(AnswerDue) == [AnswerDue("files")]
    assert [change.goes_on for change in talk.all(TurnFinished)] == [True]


def test_a_call_that_outlasts_its_response_is_waited_for(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.added", response_id="r", item=CALL)
    talk.done()
    assert talk.session.activity == "tool"
    talk("conversation.item.done", item=OUTPUT)
    assert talk.all(AnswerDue) == [AnswerDue("files")]


def test_of_two_calls_the_last_one_is_followed_by_an_answer(talk: Talk) -> None:
    talk.response()
    for name in ("m1", "m2"):
        talk("response.output_item.added", response_id="r", item={**CALL, "id": name})
    talk.done()
    talk("conversation.item.done", item={**OUTPUT, "id": "m2"})
    assert talk.all(AnswerDue) == []
    talk("conversation.item.done", item={**OUTPUT, "id": "m1"})
    assert talk.all(AnswerDue) == [AnswerDue("files")]


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"error": {"type": "http_error", "code": 401, "message": "Not you."}}, "http_error: Not you."),
        ({"error": "broken"}, "broken"),
        ({"status": "failed"}, "The MCP server's call failed, and the service does not say why."),
    ],
)
def test_why_a_call_failed(talk: Talk, told: dict[str, Any], error: str) -> None:
    talk.response()
    talk("response.output_item.added", response_id="r", item=CALL)
    talk("response.output_item.done", response_id="r", item={**CALL, **told})
    talk.done()
    assert (row(talk)["status"], row(talk)["error"]) == ("failed", error)
    assert talk.all(AnswerDue) == [AnswerDue("files")]


def test_a_call_whose_item_was_whole_before_it_ended(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.added", response_id="r", item=CALL)
    talk("response.output_item.done", response_id="r", item=CALL)
    assert row(talk)["status"] == "running"
    talk("response.mcp_call.failed", item_id="m", output_index=0)
    assert row(talk)["status"] == "failed"


def test_a_response_that_is_cut_asks_for_nothing_any_more(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.added", response_id="r", item=REQUEST)
    talk("response.output_item.done", response_id="r", item=REQUEST)
    talk.cancelled()
    assert row(talk)["status"] == "not_run"
    assert talk.session.activity == "idle"


def test_a_rejection_of_ours_is_followed_by_an_answer_once(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.done", response_id="r", item=REQUEST)
    talk.done(output=[REQUEST])
    answers(talk, approve=False)
    assert talk.all(AnswerDue) == []
    ended = {"status": "rejected", "output": "{}", "error": "list was not approved."}
    talk("voice_widget.tool.ended", tool_call_id="q", number=1, **ended)
    assert talk.all(AnswerDue) == [AnswerDue("files")]
    assert (row(talk)["status"], row(talk)["error"]) == ("rejected", "list was not approved.")


@pytest.mark.parametrize(("allowed", "status"), [(True, "requested"), (False, "rejected")])
def test_another_client_of_the_call_answers(talk: Talk, allowed: bool, status: str) -> None:
    talk.response()
    talk("response.output_item.done", response_id="r", item=REQUEST)
    talk.done(output=[REQUEST])
    item = {"id": "p", "type": "mcp_approval_response", "approval_request_id": "q", "approve": allowed}
    talk("conversation.item.done", item=item)
    assert (row(talk)["status"], row(talk)["approval"]) == (status, "approved" if allowed else "rejected")


def test_a_request_behind_the_end_of_its_response(talk: Talk) -> None:
    talk.response()
    talk.done()
    talk("conversation.item.done", item=REQUEST)
    assert talk.all(ApprovalWanted) == [ApprovalWanted("q", "files", "list", "", 1)]
    assert talk.session.activity == "tool"


def test_a_request_without_an_id_can_be_answered_by_nobody(talk: Talk) -> None:
    item = {name: value for name, value in REQUEST.items() if name != "id"}
    talk.response()
    talk("response.output_item.done", response_id="r", item=item)
    talk.done(output=[item])
    assert [problem.error["code"] for problem in talk.all(Problem)] == ["tool_call_without_id"]
    assert talk.session.activity == "idle"


def test_with_the_call_its_requests_are_over(talk: Talk) -> None:
    asked(talk)
    talk("voice_widget.call.closed")
    assert row(talk)["status"] == "not_run"


def lists(talk: Talk, event: str, **item: Any) -> list[str | None]:
    listed = {"id": "l", "type": "mcp_list_tools", "server_label": "files", "tools": []}
    talk("conversation.item.added", item=listed)
    talk(f"mcp_list_tools.{event}", item_id="l")
    talk("conversation.item.done", item={**listed, **item})
    return [None if told.notice is None else told.notice["message"] for told in talk.all(Noticed)]


def test_a_server_whose_tools_are_not_known_is_named_with_the_reason(talk: Talk) -> None:
    assert lists(talk, "failed", error={"message": "Not found."}) == [
        "The service got no tools from the MCP server 'files': it does not say why.",
        "The service got no tools from the MCP server 'files': Not found.",
    ]
    talk("mcp_list_tools.completed", item_id="l")  # another try
    assert talk.all(Noticed)[-1] == Noticed(None, "tools")


def test_a_server_whose_tools_are_known_is_no_news(talk: Talk) -> None:
    assert lists(talk, "completed") == []
