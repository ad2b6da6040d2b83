"""The double and the engine do the same: what the agent is asked, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.errors import SettingError
from voice_widget.services.local import Local
from voice_widget.services.scripted import ScriptedService
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool

Asked = list[tuple[str, list[str]]]


def double() -> ScriptedService:
    return ScriptedService([])


def engine() -> Local:
    return Local(vad="level", tts="tone")


@pytest.fixture(params=[double, engine])
def talk(request: pytest.FixtureRequest) -> Iterator[tuple[Stage, Asked]]:
    asked: Asked = []

    def agent(turn: Turn) -> Iterator[Any]:
        asked.append((turn.text, [result.text for result in turn.results]))
        if turn.results:
            yield f"The tool says {turn.results[-1].text}."
        elif turn.text == "go":
            yield ToolCall("seats")
        else:
            yield f"You said {turn.text}."

    def seats() -> int:
        """How many seats are free."""
        return 7

    make: Callable[[], Any] = request.param
    stage = Stage(make(), agent=agent, tools=[Tool(seats, needs_approval=True)])
    stage.talk.connect().result(30)
    yield stage, asked
    stage.close()


def test_what_a_tool_gives_after_the_next_question_is_an_answer_to_its_own(talk: tuple[Stage, Asked]) -> None:
    stage, asked = talk
    stage.talk.send_text("go").result(10)
    stage.wait(lambda: [use["status"] for use in stage.talk.ledger.uses()] == ["waiting"])
    stage.types("something else")
    stage.talk.decide(stage.talk.ledger.uses()[0]["tool_call_id"], Decision(True, "python")).result(10)
    stage.finished(4)
    assert [row["text"] for row in stage.rows()] == [
        "go",
        "something else",
        "You said something else.",
        "The tool says 7.",
    ]
    assert asked == [("go", []), ("something else", []), ("go", ["7"])]
    assert stage.problems == []


def test_the_question_is_the_one_that_is_left_after_an_edit_or_a_deletion(talk: tuple[Stage, Asked]) -> None:
    stage, asked = talk
    *_, last = stage.talk.steering.add_items(["one", "two", "three"]).result(10)
    stage.talk.steering.edit(1, "eins").result(10)
    stage.talk.steering.send_event({"type": "conversation.item.delete", "item_id": last}).result(10)
    assert stage.talk.steering.respond({}).result(20)["text"] == "You said two."
    assert asked == [("two", [])]


def test_a_developers_message_is_one_of_the_systems_in_the_long_form_too(talk: tuple[Stage, Asked]) -> None:
    stage, _ = talk
    part = {"type": "input_text", "text": "Be brief."}
    item = {"type": "message", "role": "developer", "content": [part]}
    stage.talk.steering.add_items([item]).result(10)
    assert [(row["role"], row["text"]) for row in stage.rows()] == [("system", "Be brief.")]
    assert stage.client_events("conversation.item.create")[0]["item"]["role"] == "system"
    assert item["role"] == "developer"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.create", "respons": {}},
        {"type": "response.create", "response": {"instructionz": "Be brief."}},
        {"type": "conversation.item.create", "item": {"type": "message", "role": "foo", "content": []}},
    ],
)
def test_what_neither_knows_is_refused_before_it_is_sent(
    talk: tuple[Stage, Asked], event: dict[str, Any]
) -> None:
    stage, _ = talk
    before = len(stage.talk.events)
    with pytest.raises(SettingError) as refused:
        stage.talk.steering.send_event(event)
    assert refused.value.code == "event_invalid"
    assert len(stage.talk.events) == before
