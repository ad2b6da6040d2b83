"""The protocol in the user's hand, from a widget."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from voice_widget import Chat, ScriptedService, VoiceWidget
from voice_widget.errors import SettingError, StateError


@pytest.fixture
def w() -> Iterator[VoiceWidget]:
    made = VoiceWidget(
        service=ScriptedService([]), transport="memory", agent=lambda turn: f"You said {turn.text}."
    )
    made.connect().result(20)
    yield made
    made.close()


def test_each_verb_gives_something_to_wait_for_and_the_tables_say_it(w: VoiceWidget):
    ids = w.add_items([{"role": "system", "text": "Be brief."}, "Hello."]).result(10)
    assert w.transcript_df["item_id"].tolist() == ids
    row = w.respond().result(10)
    assert (row["seq"], row["text"]) == (3, "You said Hello..")
    sent = w.send_event({"type": "conversation.item.delete", "item_id": ids[0]}).result(10)
    assert sent["event_id"] in w.events_df["event_id"].dropna().tolist()
    w.edit(2, "Good day.").result(10)
    w.rewind(2).result(10)
    table = w.transcript_df[["role", "text", "text_before", "status", "source"]].astype(object)
    assert table.where(table.notna(), None).to_numpy().tolist() == [
        ["system", "Be brief.", None, "rewound", "added"],
        ["user", "Good day.", "Hello.", "completed", "typed"],
        ["assistant", "You said Hello..", None, "rewound", "speech"],
    ]
    assert w.messages() == [{"role": "user", "content": "Good day."}]
    assert w.words_df[w.words_df["role"] == "system"].empty
    assert [row["status"] for row in w.transcript] == ["rewound", "completed", "rewound"]
    assert "(taken back)" in w._repr_mimebundle_()[0]["text/plain"]


def test_what_is_refused_is_told_by_error_and_by_who_waits(w: VoiceWidget):
    with pytest.raises(SettingError, match="There are conversation"):
        w.send_event({"type": "say.hello"})
    with pytest.raises(SettingError, match="Did you mean 'instructions'"):
        w.respond(instruction="x")  # type: ignore[call-arg]
    waiting = w.send_event({"type": "session.update", "session": {"audio": {"output": {"voice": "x"}}}})
    with pytest.raises(SettingError, match=r"Use w\.update\(voice=…\)"):
        waiting.result(10)
    assert w.error is not None
    assert w.error["code"] == "event_is_ours"
    w.disconnect().result(10)
    with pytest.raises(StateError, match="no call"):
        w.add_items(["Hello."]).result(10)


def test_a_message_of_the_systems_is_nobodys_turn(w: VoiceWidget):
    turn = w.next_turn()
    w.add_items([{"role": "system", "text": "Be brief."}]).result(10)
    assert not turn.done()
    w.send_text("Hello.")
    assert turn.result(10)["text"] == "Hello."


def test_a_fork_knows_what_is_left_and_messages_of_the_systems_where_they_stand(w: VoiceWidget):
    w.add_items([{"role": "system", "text": "Be brief."}, "Hello.", "Bye."]).result(10)
    w.rewind(2).result(10)
    other = w.fork()
    left = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello."}]
    assert other.history == w.messages() == left
    assert other.settings.instructions is None
    again = other.fork()
    assert again.history == left
    other.close()
    again.close()


def test_both_sides_are_told_when_they_speak_on_the_clock_of_the_samples():
    service = ScriptedService([{"hear": "hello", "hear_ms": 900, "say": "Good day to you."}])
    w = VoiceWidget(service=service, transport="memory")
    told: list[dict[str, Any]] = []
    silent = threading.Event()

    def speaking(change: dict[str, Any]) -> None:
        told.append(change)
        if (change["side"], change["speaking"]) == ("assistant", False):
            silent.set()

    w.on("speaking", speaking)
    w.connect().result(10)
    assert silent.wait(10)
    assert [(change["side"], change["speaking"]) for change in told] == [
        ("user", True),
        ("user", False),
        ("assistant", True),
        ("assistant", False),
    ]
    user, answer = w.transcript_df.itertuples()
    times = [user.start_ms, user.end_ms, answer.start_ms, answer.end_ms]
    assert [change["at_ms"] for change in told] == times
    for before, after in pairwise(told):
        assert round((after["at"] - before["at"]) * 1000) == after["at_ms"] - before["at_ms"]
    w.close()


def test_arguments_that_there_are_not_and_wrong_fields_are_refused_by_a_sentence() -> None:
    w: Any = VoiceWidget(service=ScriptedService([]), transport="memory", agent=lambda turn: "Well.")
    try:
        with pytest.raises(SettingError, match=r"Write w\.respond"):
            w.respond("x")
        with pytest.raises(SettingError, match=r"no argument 'zz'. What it takes: event"):
            w.send_event({"type": "response.cancel"}, zz=1)
        with pytest.raises(SettingError, match=r"no argument 'modle'. Did you mean 'model'"):
            Chat("http://127.0.0.1:11434/v1", modle="m")  # type: ignore[call-arg]
        with pytest.raises(SettingError, match=r"`session` of .* Give as session: an object of settings"):
            w.send_event({"type": "session.update", "session": 5})
    finally:
        w.close()
