"""A history cut to what a model takes: the oldest goes, what has to stay stays. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from voice_widget.agents import Message, Notice, Turn

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4  # what stands around each


class Fitted(NamedTuple):
    """A turn that fits.

    Attributes:
        turn: The turn, with what is left of its history.
        cut: How many messages are gone.
        tokens: How many tokens they were, by the same estimate.
    """

    turn: Turn
    cut: int
    tokens: int


def fitted(turn: Turn, *, messages: int | None, tokens: int | None) -> Fitted:
    """A turn whose history is cut to fit.

    Instructions, system messages, the question and what tools have returned to it always stay, also where
    they alone are too much. What is left begins with a message of the user's.

    Args:
        turn: The turn.
        messages: At most so many messages of the history; None: any number.
        tokens: At most so many tokens in all, estimated by their characters; None: any number.

    Example:
        >>> said = [Message("user", "one"), Message("assistant", "two"), Message("user", "three")]
        >>> [message.text for message in fitted(Turn("now", said), messages=2, tokens=None).turn.history]
        ['three']
    """
    fresh = turn.results
    before = list(turn.history[: len(turn.history) - len(fresh)])
    kept = [message for message in before if message.role == "system"]
    said = [message for message in before if message.role != "system"]
    room = None if tokens is None else tokens - _fixed(turn, [*kept, *fresh])
    first = _first(said, messages, room)
    gone = said[:first]
    if not gone:
        return Fitted(turn, 0, 0)
    left = {id(message) for message in (*kept, *said[first:])}
    history = [message for message in before if id(message) in left]
    return Fitted(replace(turn, history=(*history, *fresh)), len(gone), sum(map(size, gone)))


def notice(fit: Fitted) -> Notice:
    """What is to be said of a history that was cut."""
    return Notice(
        code="history_cut",
        message="The model is told only the last part of this talk: all of it is too long.",
        next_step="Say again what it must know, or give `Chat` as many `most_tokens` as the model takes.",
        details={"messages": fit.cut, "tokens": fit.tokens},
    )


def size(message: Message) -> int:
    """About how many tokens a message is."""
    return TOKENS_PER_MESSAGE + _tokens(message.text + message.arguments + message.spoken)


def _fixed(turn: Turn, kept: Iterable[Message]) -> int:
    tools = json.dumps(list(turn.tools), default=str) if turn.tools else ""
    return _tokens(turn.instructions + turn.text + tools) + sum(map(size, kept)) + 2 * TOKENS_PER_MESSAGE


def _first(said: Sequence[Message], messages: int | None, room: int | None) -> int:
    """Where what is left begins."""
    first, used = len(said), 0
    while first > 0:
        used += size(said[first - 1])
        if (room is not None and used > room) or (messages is not None and len(said) - first >= messages):
            break
        first -= 1
    if first == 0:
        return 0
    # An answer without its question, or what a tool gave, means nothing to a model.
    while first < len(said) and said[first].role != "user":
        first += 1
    return first


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
