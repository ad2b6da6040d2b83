from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.session.chat import items, messages, said
from voice_widget.realtime.session.dialogue import Message


def row(seq: int, role: str, text: str, heard: str | None = None, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "role": role, "text": text, "text_heard": heard, "status": "completed", **more}


def use(seq: int | None, number: int, output: str | None, response: str = "") -> dict[str, Any]:
    named = {"tool_call_id": f"c{number}", "name": "add", "arguments": f'{{"a": {number}}}'}
    return {"seq": seq, **named, "output": output, "response_id": response}


def call(*numbers: int) -> dict[str, Any]:
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "add", "arguments": f'{{"a": {n}}}'}}
        for n in numbers
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def gave(number: int, output: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": output}


ROWS = [
    row(1, "user", " How many? "),
    row(2, "assistant", "Seven, and there is more.", "Seven,", status="incomplete"),
    row(3, "user", ""),
    row(4, "assistant", "Nobody heard this.", ""),
    row(5, "assistant", "Broken", status="failed"),
    row(6, "user", "Thanks."),
]


def test_what_was_heard_is_said_and_the_whole_where_it_is_asked_for() -> None:
    heard = [("user", "How many?"), ("assistant", "Seven,"), ("user", "Thanks.")]
    assert [(m["role"], m["content"]) for m in messages(ROWS)] == heard
    assert [m["content"] for m in messages(ROWS, whole=True)] == [
        "How many?",
        "Seven, and there is more.",
        "Nobody heard this.",
        "Thanks.",
    ]
    assert messages([]) == []


def test_tools_stand_where_they_were_called_each_response_by_itself() -> None:
    uses = [
        use(1, 1, "one", "r1"),
        use(1, 2, "two", "r1"),
        use(1, 3, "three", "r2"),
        use(6, 4, "four"),
        use(6, 5, "five"),
        use(6, 6, None),
        use(None, 7, "seven"),
    ]
    question, answer, thanks = messages(ROWS)
    assert messages(ROWS, uses) == [
        call(7),
        gave(7, "seven"),
        question,
        call(1, 2),
        gave(1, "one"),
        gave(2, "two"),
        call(3),
        gave(3, "three"),
        answer,
        thanks,
        call(4),
        gave(4, "four"),
        call(5),
        gave(5, "five"),
    ]


def test_up_to_a_turn_and_what_tools_did_behind_it_belongs_to_the_next() -> None:
    uses = [use(1, 1, "one"), use(2, 2, "two")]
    question, answer = messages(ROWS)[:2]
    assert messages(ROWS, uses, upto=2) == [question, call(1), gave(1, "one"), answer]
    assert messages(ROWS, uses, upto=1) == [question]
    assert messages(ROWS, uses, upto=np.int64(1)) == [question]  # type: ignore[arg-type]


@pytest.mark.parametrize("seq", [0, 7, -1, True, "2", 2.0, None.__class__, np.zeros(3)], ids=str)
def test_a_turn_that_is_none_is_named(seq: Any) -> None:
    with pytest.raises(SettingError, match=r"There is no turn .*: the talk has 6\.") as raised:
        messages(ROWS, upto=seq)
    assert raised.value.code == "unknown_turn"


def test_items_have_the_content_of_their_role_and_an_order() -> None:
    chat = [
        {"role": "user", "content": "Add."},
        {**call(1), "content": "Let me see."},
        gave(1, "one"),
        {"role": "assistant", "content": "One."},
    ]
    assert items(chat) == [
        {
            "id": "item_earlier_1",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Add."}],
        },
        {
            "id": "item_earlier_2",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Let me see."}],
        },
        {
            "id": "item_earlier_3",
            "type": "function_call",
            "call_id": "c1",
            "name": "add",
            "arguments": '{"a": 1}',
        },
        {"id": "item_earlier_4", "type": "function_call_output", "call_id": "c1", "output": "one"},
        {
            "id": "item_earlier_5",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "One."}],
        },
    ]


def test_an_agent_is_told_what_was_said() -> None:
    chat = [
        {"role": "user", "content": "Add."},
        call(1),
        gave(1, "one"),
        {"role": "assistant", "content": "1."},
    ]
    assert said(chat) == (Message("user", "Add."), Message("assistant", "1."))
