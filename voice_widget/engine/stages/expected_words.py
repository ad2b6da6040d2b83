"""The words that are expected, as a text that a model takes for what was said before. Pure."""

from __future__ import annotations

from voice_widget.engine.stages.contracts import Hints


def names(hints: Hints) -> tuple[str, ...]:
    """The single words of the hints as one says them, each once.

    Example:
        >>> names(Hints(words=("total_bill", "tip", "total bill")))
        ('total bill', 'tip')
    """
    said = (" ".join(word.replace("_", " ").split()) for word in hints.words)
    return tuple(dict.fromkeys(word for word in said if word))


def prompt(hints: Hints) -> str:
    """A sentence with these words. A bare list makes a model write lists, without signs.

    Example:
        >>> prompt(Hints(words=("total_bill", "tip")))
        'The words are total bill, tip.'
    """
    words = ", ".join(names(hints))
    return f"The words are {words}." if words else ""
