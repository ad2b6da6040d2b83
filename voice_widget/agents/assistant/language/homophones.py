"""Words of questions that a recogniser writes as others of the same sound. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_MEANT = {
    "hire": "higher",
    "hole": "whole",
    "mail": "male",
    "mails": "males",
    "mien": "mean",
    "sail": "sale",
    "sails": "sales",
    "wait": "weight",
    "waits": "weights",
    "way": "weigh",
    "ways": "weighs",
    "whey": "weigh",
    "witch": "which",
}


def meant(words: Sequence[str], unknown: Collection[str]) -> list[str]:
    """The words with those that nobody knows as what sounds the same.

    Example:
        >>> meant(["how", "much", "does", "a", "gentoo", "way"], ["way"])
        ['how', 'much', 'does', 'a', 'gentoo', 'weigh']
    """
    return [_MEANT.get(word, word) if word in unknown else word for word in words]
