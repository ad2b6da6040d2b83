"""What an agent of another package is told of a turn."""

from __future__ import annotations

from voice_widget.agents import Message, Turn
from voice_widget.agents.completions import SPOKEN
from voice_widget.agents.houses.asking import Said, history, instructions, unoffered


def test_only_what_was_said_is_history():
    said = [
        Message("system", "Be kind."),
        Message("user", ""),
        Message("tool", "3"),
        Message("assistant", "Hi."),
    ]
    assert history(Turn("And?", said)) == [Said("system", "Be kind."), Said("assistant", "Hi.")]


def test_without_instructions_it_is_told_that_it_is_heard():
    assert (instructions(Turn("Hi.")), instructions(Turn("Hi.", instructions="Brief."))) == (SPOKEN, "Brief.")


def test_tools_of_the_widget_are_not_left_out_in_silence():
    assert list(unoffered(Turn("Hi."), "the agent")) == []
    [notice] = unoffered(Turn("Hi.", tools=[{"name": "look"}]), "the agent")
    assert (notice.code, notice.details) == ("tools_not_offered", {"tools": ["look"]})
    assert "look" in notice.message
