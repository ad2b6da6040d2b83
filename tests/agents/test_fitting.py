"""A history that is cut to what a model takes."""

from __future__ import annotations

from voice_widget.agents import Message, Turn
from voice_widget.agents.fitting import TOKENS_PER_MESSAGE, Fitted, fitted, notice, size

SAID = [
    Message("user", "one"),
    Message("assistant", "first"),
    Message("user", "two"),
    Message("tool", "3", "look", "{}"),
    Message("assistant", "second"),
    Message("user", "three"),
    Message("assistant", "third"),
]


def left(fit: Fitted) -> list[str]:
    return [message.text for message in fit.turn.history]


def test_what_fits_stays_as_it_is():
    turn = Turn("now", SAID)
    assert fitted(turn, messages=7, tokens=1000) == Fitted(turn, 0, 0)
    assert fitted(turn, messages=None, tokens=None).turn is turn


def test_what_is_left_begins_with_the_user_and_says_how_much_is_gone():
    fit = fitted(Turn("now", SAID), messages=4, tokens=None)
    assert left(fit) == ["three", "third"]
    assert (fit.cut, fit.tokens) == (5, sum(map(size, SAID[:5])))
    assert notice(fit).details == {"messages": 5, "tokens": fit.tokens}


def test_tokens_are_counted_with_what_has_to_stay():
    room = sum(map(size, SAID[5:])) + 2 * TOKENS_PER_MESSAGE
    turn = Turn("four", SAID, instructions="be brief")
    fixed = 1 + 2  # four letters a token; both together are three of them
    assert left(fitted(turn, messages=None, tokens=room + fixed)) == ["three", "third"]
    assert left(fitted(turn, messages=None, tokens=room + fixed - 1)) == []
    tool = {"name": "look", "description": "x" * 4000}
    assert left(fitted(Turn("four", SAID, tools=[tool]), messages=None, tokens=1000)) == []


def test_system_messages_and_the_results_of_this_turn_stay_also_where_they_are_too_much():
    fresh = Message("tool", "x" * 400, "look", "{}", "call_1")
    turn = Turn("now", [Message("system", "Be kind."), *SAID, fresh])
    fit = fitted(turn, messages=None, tokens=10)
    assert left(fit) == ["Be kind.", "x" * 400]
    assert fit.turn.results == (fresh,)
    assert fit.cut == len(SAID)


def test_a_greeting_that_fits_is_not_cut():
    said = [Message("assistant", "Hello."), Message("user", "Hi.")]
    assert left(fitted(Turn("now", said), messages=2, tokens=100)) == ["Hello.", "Hi."]
