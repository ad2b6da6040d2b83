"""What may be given to go on from: by itself, and as an argument of the widget."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from voice_widget.errors import SettingError
from voice_widget.services.scripted import ScriptedService
from voice_widget.talk.setting_checks import NAMES
from voice_widget.widget.arguments import checked
from voice_widget.widget.history import history_of

CHAT = [{"role": "user", "content": "My name is Ann."}, {"role": "assistant", "content": "Hello, Ann."}]
ROWS = [
    {"seq": 1, "role": "user", "text": "My name is Ann.", "text_heard": None, "status": "completed"},
    {
        "seq": 2,
        "role": "assistant",
        "text": "Hello, Ann. And",
        "text_heard": "Hello, Ann.",
        "status": "completed",
    },
]


class Talk:
    def __init__(self, said: Any) -> None:
        self.said = said

    def messages(self) -> Any:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def plan(**given: Any) -> Any:
    plain = dict.fromkeys(("data", "agent", "tools", "transport", "settings"))
    others = {
        "service": ScriptedService([]),
        "flow": "unified",
        "language": "en",
        "history": None,
        "singly": {},
    }
    return checked(**{**plain, **others, **given})


@pytest.mark.parametrize(
    "history",
    [CHAT, tuple(CHAT), ROWS, pd.DataFrame(CHAT), pd.DataFrame(ROWS).convert_dtypes(), Talk(CHAT)],
    ids=["chat", "tuple", "rows", "chat_df", "transcript_df", "talk"],
)
def test_a_chat_rows_and_talks_are_the_same(history: Any) -> None:
    assert history_of(history).messages == CHAT
    assert plan(history=history).history == CHAT


def test_nothing_is_nothing() -> None:
    assert history_of(None) == (None, [])


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (Talk, "The class Talk was given as `history`, not a talk."),
        (Talk(ValueError("no such folder")), "`history` cannot be read: ValueError('no such folder')"),
        (Talk("Hello."), "`history` is a str, not a list of messages."),
        (object(), "`history` is a object, not a list of messages."),
        ({"messages": CHAT}, "`history` is a dict, not a list of messages."),
    ],
    ids=["class", "raises", "gives_text", "object", "dict"],
)
def test_what_is_none_is_refused_with_a_next_step(history: Any, says: str) -> None:
    with pytest.raises(SettingError) as raised:
        history_of(history)
    assert says in raised.value.message
    assert raised.value.code == "history_invalid"
    assert raised.value.next_step


def test_a_system_message_is_the_instructions_unless_there_are_others() -> None:
    history = [{"role": "system", "content": "Be brief."}, *CHAT]
    made = plan(history=history)
    assert (made.config.instructions, made.history) == ("Be brief.", CHAT)
    with pytest.raises(SettingError, match="`instructions` are given too") as raised:
        plan(history=history, singly={"instructions": "Be kind."})
    assert raised.value.next_step == "Leave one of them out: both are the instructions."
    assert "history" not in NAMES  # no setting of a session
