from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.session.chat_checks import MOST_CHARS, as_told, checked_chat

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
ASKED = {"role": "user", "content": "Add."}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
GAVE = {"role": "tool", "tool_call_id": "c1", "content": "1"}


def test_a_chat_is_taken_as_it_is() -> None:
    chat = [ASKED, CALLS, GAVE, {"role": "assistant", "content": "One."}]
    assert checked_chat(chat) == (None, chat)
    assert checked_chat(tuple(chat)).messages == chat
    checked = checked_chat(chat).messages
    checked[1]["tool_calls"].clear()
    assert CALLS["tool_calls"] == [CALL]


def test_system_messages_between_others_and_rows_of_the_systems_are_told() -> None:
    between = {"role": "system", "content": "Shout."}
    row = {"role": "system", "text": "Be brief.", "seq": 1}
    told = checked_chat([row, ASKED, {**between, "role": "developer"}])
    assert told == (None, [{"role": "system", "content": "Be brief."}, ASKED, between])
    assert checked_chat(as_told(told.messages)) == told


def test_system_messages_at_the_beginning_are_the_instructions() -> None:
    chat = [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "In German."}, ASKED]
    assert checked_chat(chat) == ("Be brief.\n\nIn German.", [ASKED])


def test_of_parts_the_text_counts_and_of_sound_what_was_said() -> None:
    parts = [
        {"type": "input_text", "text": "Hello "},
        {"type": "input_audio", "audio": "AAAA", "transcript": "there"},
        "you.",
    ]
    assert checked_chat([{"role": "user", "content": parts}]).messages == [
        {"role": "user", "content": "Hello there you."}
    ]


def test_rows_say_what_was_heard() -> None:
    rows = [
        {"seq": 1, "role": "user", "text": "How many?", "text_heard": None, "status": "completed"},
        {
            "seq": 2,
            "role": "assistant",
            "text": "Seven or so.",
            "text_heard": "Seven",
            "status": "incomplete",
        },
        {"seq": 3, "role": "user", "text": "", "text_heard": float("nan"), "status": "no_transcript"},
        {"seq": 4, "role": "assistant", "text": "x", "text_heard": None, "status": "failed"},
    ]
    assert checked_chat(rows).messages == [
        {"role": "user", "content": "How many?"},
        {"role": "assistant", "content": "Seven"},
    ]


def test_a_tool_s_arguments_may_be_an_object_or_missing() -> None:
    for arguments, text in (({"a": 1}, '{"a": 1}'), (None, "{}")):
        call = {**CALL, "function": {"name": "add", "arguments": arguments}}
        (made,) = checked_chat([{**CALLS, "tool_calls": [call]}, GAVE]).messages[0]["tool_calls"]
        assert made["function"]["arguments"] == text


class Loud(str):
    """A text whose code must not run later."""

    def strip(self, *given: Any) -> Any:
        raise AssertionError

    __eq__ = __hash__ = strip  # type: ignore[assignment]


def test_texts_become_plain_ones() -> None:
    (message,) = checked_chat([{"role": Loud("user"), "content": Loud("Hi.")}]).messages
    assert {type(text) for text in message.values()} == {str}
    assert message == {"role": "user", "content": "Hi."}


@pytest.mark.parametrize(
    ("history", "says", "step"),
    [
        ("Hello.", "`history` is a str, not a list of messages.", '"role": "user"'),
        ({"role": "user", "content": "Hi."}, "`history` is a dict, not a list", "history=["),
        (7, "`history` is a int", "history=["),
        ([], "holds nothing that was said", "Leave `history` out"),
        ([{"role": "system", "content": "Be brief."}], "holds nothing that was said", "Leave"),
        ([{"role": "user", "text": "", "seq": 1}], "holds nothing that was said", "Leave"),
        (["Hello."], "Message 1 of the history is a str, not a dict", '"role": "user"'),
        (
            [ASKED, {"content": "Hi."}],
            "Message 2 of the history has the role None",
            "user, assistant, system and tool",
        ),
        ([{"role": "usr", "content": "Hi."}], "has the role 'usr'", "Did you mean 'user'?"),
        ([{"role": ["user"], "content": "Hi."}], "has the role ['user']", "user, assistant"),
        ([{"role": "user"}], "Message 1 of the history has no content", "Leave it out"),
        ([{"role": "user", "content": "  "}], "has no content", "Leave it out"),
        ([{"role": "assistant", "content": None}], "has no content", "Leave it out"),
        ([{"role": "user", "content": 7}], "has no content", "Leave it out"),
        (
            [{"role": "tool", "text": "x", "seq": 1}],
            "Row 1 of the history has the role 'tool'",
            "assistant's",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}],
            "a part 'image_url' without a text",
            "Give its text",
        ),
        ([{"role": "user", "content": [7]}], "a part 7 without a text", "Give its text"),
        ([ASKED, GAVE], "Message 2 of the history answers the call 'c1'", "tool_calls"),
        ([CALLS, GAVE, GAVE], "Message 3 of the history answers the call 'c1'", "tool_calls"),
        ([ASKED, CALLS], "Message 2 of the history calls a tool, 'c1'", "leave the call out"),
        ([{**CALLS, "tool_calls": [{"id": "c1"}]}], "has no id or no name", '"id": "call_1"'),
        ([{**CALLS, "tool_calls": ["add"]}], "has no id or no name", '"id": "call_1"'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_told_is_named_with_a_next_step(history: Any, says: str, step: str) -> None:
    with pytest.raises(SettingError) as raised:
        checked_chat(history)
    assert says in raised.value.message
    assert step in (raised.value.next_step or "")
    assert raised.value.code == "history_invalid"


def test_a_text_that_no_service_takes_is_refused() -> None:
    long = "x" * (MOST_CHARS + 1)
    for history in ([{"role": "user", "content": long}], [{"seq": 1, "role": "user", "text": long}]):
        with pytest.raises(SettingError, match="Message 1 of the history is too long: 1,048,577") as raised:
            checked_chat(history)
        assert raised.value.code == "text_too_long"
