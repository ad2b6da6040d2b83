"""Items that nobody has said, texts that take the place of others, and turns that are taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.session.chat import messages
from voice_widget.realtime.state.changes import RowChanged


@pytest.fixture
def talk() -> Talk:
    talk = Talk(transport="memory")
    talk.says("u1", "one")
    talk.answer(item_id="a1", text="You said one.")
    return talk


def message(item_id: str, role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"id": item_id, "type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def told(talk: Talk) -> list[tuple[str, str]]:
    return [(item["role"], item["content"][0]["text"]) for item in talk.session.conversation()]


def edit(talk: Talk, item_id: str, new: str, text: str) -> None:
    """As the shell does it, and a service that grants it."""
    role, old = talk.row(item_id)["role"], talk.session.shown_as(item_id)
    talk("voice_widget.item.editing", item_id=item_id, new_item_id=new)
    item = message(new, role, text)
    talk("conversation.item.create", sent=True, event_id=f"e_{new}", item=item, previous_item_id=old)
    for kind in ("added", "done"):
        talk(f"conversation.item.{kind}", item=item, previous_item_id=old)
    talk("conversation.item.delete", sent=True, item_id=old)
    talk("conversation.item.deleted", item_id=old)
    talk("voice_widget.item.edited", item_id=item_id, text=text)


# --- added ---


@pytest.mark.parametrize(
    ("role", "row"), [("system", "system"), ("developer", "system"), ("assistant", "assistant")]
)
@pytest.mark.parametrize("theirs", ["x", "own_1"])
def test_a_message_that_was_put_there_is_a_row_whoever_gives_it_an_id(
    talk: Talk, role: str, row: str, theirs: str
) -> None:
    talk("conversation.item.create", sent=True, event_id="e", item=message("x", role, "Be brief."))
    assert (talk.row("x")["role"], talk.row("x")["status"]) == (row, "in_progress")
    talk("conversation.item.added", item=message(theirs, role, "Be brief."), previous_item_id="a1")
    talk("conversation.item.done", item=message(theirs, role, "Be brief."), previous_item_id="a1")
    added = talk.row("x")
    assert (added["text"], added["source"], added["status"]) == ("Be brief.", "added", "completed")
    assert talk.finished == ["u1", "a1", "x"]
    assert talk.session.shown_as("x") == theirs
    assert told(talk)[-1] == (row, "Be brief.")
    assert (messages(talk.session.rows)[-1]["role"], added["interrupted"]) == (row, False)


def test_a_system_message_that_somebody_else_put_there_is_no_row(talk: Talk) -> None:
    talk("conversation.item.added", item=message("x", "system", "Be brief."))
    assert len(talk.session.rows) == 2


def test_one_that_is_refused_has_failed_and_nobody_is_told_of_it(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e", item=message("x", "system", "Be brief."))
    talk("error", error={"message": "No.", "code": "invalid_value", "event_id": "e"})
    assert talk.row("x")["status"] == "failed"
    assert told(talk) == [("user", "one"), ("assistant", "You said one.")]


def test_of_one_that_was_lost_with_its_call_the_row_is_not_whole_and_nothing_was_interrupted(talk: Talk):
    talk("conversation.item.create", sent=True, event_id="e", item=message("x", "assistant", "Hi."))
    talk("voice_widget.call.closed")
    assert (talk.row("x")["status"], talk.row("x")["interrupted"]) == ("incomplete", False)


# --- edited ---


@pytest.mark.parametrize(("item_id", "role"), [("u1", "user"), ("a1", "assistant")])
def test_the_new_text_is_what_is_told_and_what_was_said_stays_in_the_row(
    talk: Talk, item_id: str, role: str
) -> None:
    before = talk.row(item_id)
    edit(talk, item_id, "n1", "eins")
    edit(talk, item_id, "n2", "uno")
    after = talk.row(item_id)
    assert after == {**before, "text": "uno", "text_before": before["text"]}
    assert talk.session.shown_as(item_id) == "n2"
    assert (role, "uno") in told(talk)
    assert (role, before["text"]) not in told(talk)
    assert [row["item_id"] for row in talk.session.rows] == ["u1", "a1"]
    assert {"role": role, "content": "uno"} in messages(talk.session.rows)


def test_of_an_answer_that_was_cut_the_new_text_is_told_whole(talk: Talk) -> None:
    talk.response("r2")
    talk.message("r2", "a2")
    talk.word("One two.", "r2", "a2")
    talk.done("r2", "cancelled")
    assert talk.row("a2")["interrupted"]
    edit(talk, "a2", "n", "Three four.")
    assert told(talk)[-1] == ("assistant", "Three four.")
    assert messages(talk.session.rows)[-1]["content"] == "Three four."


def test_a_text_that_comes_late_does_not_replace_it(talk: Talk) -> None:
    talk.says("u2", None)
    talk("conversation.item.input_audio_transcription.completed", item_id="u2", transcript="")
    edit(talk, "u2", "n", "two")
    assert (talk.row("u2")["text"], talk.row("u2")["text_before"]) == ("two", "")
    assert talk.row("u2")["status"] == "completed"
    talk("conversation.item.input_audio_transcription.completed", item_id="u2", transcript="too")
    assert talk.row("u2")["text"] == "two"


def test_what_is_refused_leaves_the_row_and_its_item(talk: Talk) -> None:
    before = talk.row("u1")
    talk("voice_widget.item.editing", item_id="u1", new_item_id="n")
    talk("voice_widget.item.kept", item_id="u1", new_item_id="n", shown_as="u1")
    assert talk.row("u1") == before
    assert talk.session.shown_as("u1") == "u1"
    assert talk.session.row("n") is None
    talk("conversation.item.deleted", item_id="u1")
    assert told(talk) == [("assistant", "You said one.")]


def test_it_can_be_done_when_the_call_is_over_and_another_call_has_none_of_the_items(talk: Talk) -> None:
    talk("voice_widget.call.closed")
    talk("voice_widget.item.edited", item_id="u1", text="eins")
    talk("voice_widget.item.rewound", item_id="a1")
    assert told(talk) == [("user", "eins")]
    talk("voice_widget.call.connecting", transport="memory")
    assert talk.session.shown_as("u1") == ""
    for item in talk.session.conversation():
        talk("conversation.item.create", sent=True, item=item)
    assert (talk.session.shown_as("u1"), talk.session.shown_as("a1")) == ("u1", "")


# --- taken back ---


def test_what_was_taken_back_stays_a_row_and_is_told_to_nobody(talk: Talk) -> None:
    talk.says("u2", "two")
    changes = talk("voice_widget.item.rewound", item_id="a1")
    assert [change.row["status"] for change in changes if isinstance(change, RowChanged)] == ["rewound"]
    assert talk("voice_widget.item.rewound", item_id="a1") == []
    assert told(talk) == [("user", "one"), ("user", "two")]
    assert [message.text for message in talk.session.question("u2").history] == ["one"]
    assert [message["content"] for message in messages(talk.session.rows)] == ["one", "two"]
    assert [entry["text"] for entry in talk.session.history()] == ["one", "two"]


def test_a_text_that_comes_late_does_not_bring_it_back(talk: Talk) -> None:
    talk.says("u2", None)
    talk("conversation.item.input_audio_transcription.completed", item_id="u2", transcript="")
    talk("voice_widget.item.rewound", item_id="u2")
    talk("conversation.item.input_audio_transcription.completed", item_id="u2", transcript="two")
    assert talk.row("u2")["status"] == "rewound"
    assert told(talk) == [("user", "one"), ("assistant", "You said one.")]


def called(talk: Talk, number: int) -> None:
    call = {"id": f"f{number}", "type": "function_call", "call_id": f"c{number}", "name": "add"}
    talk.response(f"t{number}")
    talk("response.output_item.done", response_id=f"t{number}", item={**call, "arguments": "{}"})
    talk.done(f"t{number}")
    output = {"type": "function_call_output", "call_id": f"c{number}", "output": "7"}
    talk("conversation.item.create", sent=True, item=output)
    talk("conversation.item.added", item={"id": f"o{number}", **output})


def test_so_is_what_tools_did_behind_it_and_behind_the_turn_that_stays(talk: Talk) -> None:
    called(talk, 1)
    talk.says("u2", "two")
    called(talk, 2)
    uses = talk.session.uses
    assert uses.items_behind(0, None) == ["o2", "f2", "o1", "f1"]
    assert uses.items_behind(3, None) == ["o2", "f2"]
    assert uses.items_behind(0, "another call") == []
    talk("voice_widget.item.rewound", item_id="u2")
    assert [item.get("call_id") for item in talk.session.conversation()] == [None, None, "c1", "c1"]
    assert len(uses.answers()) == 1
    talk("voice_widget.item.rewound_to", item_id="a1")
    assert [item.get("call_id") for item in talk.session.conversation()] == [None, None]
    assert uses.items_behind(0, None) == []
    assert len(uses.rows()) == 2


# --- one answer ---


def test_where_the_turn_has_its_answer_other_instructions_are_what_is_answered(talk: Talk) -> None:
    talk("session.updated", session={"type": "realtime", "instructions": "Be brief."})
    assert talk.session.question("u1", "Be brief.").text == "one"
    asked = talk.session.question("u1", "In French.")
    assert (asked.text, [said.text for said in asked.history]) == ("", ["one", "You said one."])
    talk.says("u2", "two")
    assert talk.session.question("u2", "In French.").text == "two"
