from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk

EARLIER = [
    {"role": "user", "content": "My name is Ann."},
    {"role": "assistant", "content": "Hello, Ann."},
]


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk("voice_widget.call.history", messages=EARLIER)
    talk("voice_widget.call.connecting", transport="memory")
    return talk


def told(talk: Talk, **more: Any) -> list[str]:
    return [item["content"][0]["text"] for item in talk.session.conversation(**more)]


def texts(talk: Talk) -> list[str]:
    return [row["text"] for row in talk.session.rows]


def test_an_agent_is_asked_with_what_was_said_before_the_talk(talk: Talk) -> None:
    talk.says("u1", "Who am I?")
    question = talk.session.question("u1")
    assert question.text == "Who am I?"
    before = [("user", "My name is Ann."), ("assistant", "Hello, Ann.")]
    assert [(m.role, m.text) for m in question.history] == before
    talk.answer(item_id="a1", text="Ann.")
    talk.says("u2", "Thanks.")
    assert [m.text for m in talk.session.question("u2").history][2:] == ["Who am I?", "Ann."]


def test_where_nothing_was_asked_the_agent_knows_it_too(talk: Talk) -> None:
    assert [m.text for m in talk.session.question("nobody").history] == ["My name is Ann.", "Hello, Ann."]


def test_another_call_is_told_of_it_first_and_of_the_talk_where_it_goes_on(talk: Talk) -> None:
    talk.says("u1", "Who am I?")
    before = ["My name is Ann.", "Hello, Ann."]
    assert told(talk) == [*before, "Who am I?"]
    assert told(talk, rows=False) == before


@pytest.mark.parametrize("theirs", ["", "theirs_"])
def test_its_items_make_no_rows_whoever_gives_them_ids(talk: Talk, theirs: str) -> None:
    for number in (1, 2):
        previous = None
        for item in talk.session.conversation(rows=False):
            talk("conversation.item.create", sent=True, event_id=f"e{number}", item=item)
        for item in talk.session.conversation(rows=False):
            shown = {**item, "id": f"{theirs}{item['id']}", "status": "completed"}
            for kind in ("added", "done"):
                talk(f"conversation.item.{kind}", item=shown, previous_item_id=previous)
            previous = shown["id"]
        assert talk.session.rows == []
        talk("voice_widget.call.retrying", attempt=number)
        talk("voice_widget.call.connecting", transport="memory", reconnect=True)
    talk.says("u1", "Who am I?")
    talk("conversation.item.added", item=typed("t1", "My name is Ann."))  # said again, and so it is new
    assert texts(talk) == ["Who am I?", "My name is Ann."]


def test_what_stands_behind_it_is_put_there(talk: Talk) -> None:
    items = talk.session.conversation(rows=False)
    for item in items:
        talk("conversation.item.create", sent=True, item=item)
        talk("conversation.item.added", item=item)
    talk.says("u1", "one")
    talk("conversation.item.added", item=typed("t1", "zero"), previous_item_id=items[-1]["id"])
    assert texts(talk) == ["one", "zero"]  # before all rows there is no row to stand behind


def test_it_is_no_row_but_the_talk_s_record_knows_it(talk: Talk) -> None:
    assert talk.session.earlier == EARLIER
    assert talk.session.rows == []
    assert talk.session.history() == []


@pytest.mark.parametrize("messages", [[{"role": "user"}], [7], [], "Hello."], ids=str)
def test_a_record_that_somebody_has_changed_breaks_nothing(messages: Any) -> None:
    talk = Talk(transport="memory")
    talk("voice_widget.call.history", messages=messages)
    assert talk.session.earlier == []
    talk.says("u1", "Hello.")
    assert texts(talk) == ["Hello."]


def test_tools_that_answered_are_given_with_their_place() -> None:
    talk = Talk(transport="memory")
    talk.says("u1", "Add.")
    talk.response("r1")
    for number in (1, 2):
        item = {"id": f"f{number}", "type": "function_call", "call_id": f"c{number}", "name": "add"}
        talk("response.output_item.done", response_id="r1", item={**item, "arguments": "{}"})
    talk.done("r1")
    output = {"type": "function_call_output", "call_id": "c2", "output": "7"}
    talk("conversation.item.create", sent=True, item=output)
    assert talk.session.uses.answers() == [
        {
            "seq": 1,
            "tool_call_id": "c2",
            "name": "add",
            "arguments": "{}",
            "output": "7",
            "response_id": "r1",
        }
    ]


def typed(item_id: str, text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"id": item_id, "type": "message", "role": "user", "content": content}
