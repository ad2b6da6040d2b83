"""A widget's talk as a chat, and widgets that go on from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, ToolCall, VoiceWidget
from voice_widget.agents import Turn
from voice_widget.errors import SettingError

CHAT = [{"role": "user", "content": "My name is Ann."}, {"role": "assistant", "content": "Hello, Ann."}]
SCRIPT = [
    {"hear": "what is the mean", "say": "It is three."},
    {"hear": "and the sum", "say": "one two three four", "interrupt_ms": 800},
    {"hear": "stop", "say": "Yes."},
]
SAID = [
    {"role": "user", "content": "what is the mean"},
    {"role": "assistant", "content": "It is three."},
    {"role": "user", "content": "and the sum"},
    {"role": "assistant", "content": "one two three"},
    {"role": "user", "content": "stop"},
    {"role": "assistant", "content": "Yes."},
]
Make = Callable[..., VoiceWidget]


@pytest.fixture
def make(pages: list[Page]) -> Iterator[Make]:  # noqa: F811
    made: list[VoiceWidget] = []

    def one(script: Any = SCRIPT, **options: Any) -> VoiceWidget:
        given = {"service": ScriptedService(script), "transport": "memory", **options}
        made.append(VoiceWidget(**given))
        return made[-1]

    yield one
    for widget in made:
        widget.close()


def talk(widget: VoiceWidget, turns: int) -> VoiceWidget:
    """Call and talk until so many turns are finished."""
    there = threading.Event()
    undo = widget.on("turn", lambda row: there.set() if row["seq"] >= turns else None)
    widget.connect().result(20)
    assert there.wait(20)
    undo()
    return widget


def test_a_talk_is_a_chat_of_what_was_heard(make: Make) -> None:
    widget = talk(make(), 6)
    assert widget.messages() == SAID
    assert widget.messages(whole=True)[3]["content"] == "one two three four"
    assert widget.history == []


def test_a_talk_that_goes_on_begins_its_chat_with_what_was_before(make: Make) -> None:
    widget = make(history=CHAT)
    assert widget.history == widget.messages() == CHAT
    widget.history[0]["content"] = "changed"
    talk(widget, 6)
    assert widget.messages() == [*CHAT, *SAID]
    assert list(widget.transcript_df["text"])[:2] == ["what is the mean", "It is three."]
    assert list(widget.transcript_df["seq"]) == [1, 2, 3, 4, 5, 6]


def test_tools_are_in_the_chat(make: Make) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    def agent(turn: Turn) -> Any:
        return f"It is {turn.results[-1].text}." if turn.results else ToolCall("add", {"a": 2, "b": 3})

    widget = talk(make([{"hear": "two and three", "say": ""}], agent=agent, tools=[add]), 2)
    question, called, gave, answer = widget.messages()
    (call,) = called["tool_calls"]
    assert question == {"role": "user", "content": "two and three"}
    assert call["function"] == {"name": "add", "arguments": '{"a": 2, "b": 3}'}
    assert gave == {"role": "tool", "tool_call_id": call["id"], "content": "5"}
    assert answer == {"role": "assistant", "content": "It is 5."}
    assert make([], history=widget).messages() == widget.messages()


def test_a_fork_goes_on_from_a_turn_with_the_same_service_agent_and_settings(make: Make) -> None:
    known: list[str] = []
    asked = threading.Event()

    def agent(turn: Turn) -> str:
        known.extend(message.text for message in turn.history)
        asked.set()
        return "I see."

    def tool(name: str) -> str:
        """A tool."""
        return name

    first = make(SCRIPT, agent=agent, tools=[tool], history=CHAT, voice="two", instructions="Be brief.")
    talk(first, 6)
    first.update(speed=1.2).result(20)
    fork = first.fork(4)
    try:
        assert fork.history == [*CHAT, *SAID[:4]]
        assert fork.transcript_df.empty
        assert (fork.settings.voice, fork.settings.instructions, fork.settings.speed) == (
            "two",
            "Be brief.",
            1.2,
        )
        assert [spec["name"] for spec in fork.settings.tools or ()] == ["tool"]
        first.close()  # the service is the fork's, too
        fork.send_text("And now?").result(20)
        assert asked.wait(20)
        assert known[: len(CHAT) + 4] == [message["content"] for message in [*CHAT, *SAID[:4]]]
        assert first.messages() == [*CHAT, *SAID]
    finally:
        fork.close()


def test_a_fork_of_all_and_of_a_closed_widget(make: Make) -> None:
    first = talk(make(), 2)
    first.disconnect().result(20)
    said = first.messages()
    first.close()
    fork = first.fork()
    try:
        assert fork.history == said
        talk(fork, 1)  # the service is started anew
    finally:
        fork.close()


def test_a_fork_of_nothing_knows_nothing(make: Make) -> None:
    fork = make().fork()
    assert fork.history == []
    fork.close()


@pytest.mark.parametrize("seq", [0, 3, "2"])
def test_a_fork_from_a_turn_that_is_none_is_refused(make: Make, seq: Any) -> None:
    widget = talk(make(SCRIPT[:1]), 2)
    with pytest.raises(SettingError, match=r"There is no turn .*: the talk has 2\."):
        widget.fork(seq)


def test_a_function_that_was_added_later_goes_with_a_fork(make: Make) -> None:
    def later(name: str) -> str:
        """Added."""
        return name

    first = make(SCRIPT)
    mcp = {"type": "mcp", "server_label": "files", "server_url": "https://localhost/mcp"}
    first.update(tools=[later, mcp]).result(20)
    fork = first.fork()
    tools = fork.settings.tools or ()
    assert [tool.get("name") or tool.get("server_label") for tool in tools] == ["files", "later"]
    assert "later" in fork._wiring.talk._tools
    fork.close()


def test_what_goes_on_is_kept_for_life(make: Make) -> None:
    with pytest.raises(SettingError, match="A widget keeps the `history`"):
        make().update(history=CHAT)  # type: ignore[call-arg]
