"""What is done, in words other than the data's: admissions of those admitted, and whereto one goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WAYS: Mapping[str, frozenset[str]] = {
    "from": frozenset(str.split("origin source departure start")),
    "to": frozenset(str.split("destination target arrival dest end")),
}
"""Of columns that hold the same places, those from which and to which somebody goes."""


_EVENTS: Mapping[str, str] = {
    "admitted": "admission",
    "readmitted": "readmission",
    "discharged": "discharge",
    "referred": "referral",
    "departed": "departure",
    "arrived": "arrival",
    "delivered": "delivery",
    "paid": "payment",
    "registered": "registration",
    "cancelled": "cancellation",
    "canceled": "cancellation",
    "enrolled": "enrolment",
}


def events(words: Sequence[str]) -> list[str]:
    """What has happened where a column says that it was done: "admission" of "admitted on".

    Example:
        >>> events(["admitted", "on"]), events(["on"])
        (['admission'], [])
    """
    return [_EVENTS[word] for word in words if word in _EVENTS]


def deeds(value: str) -> list[str]:
    """What was done where this value stands: "ship" of "shipped".

    Example:
        >>> deeds("Shipped"), deeds("closed"), deeds("red")
        (['ship', 'shipp'], ['clos', 'close'], [])
    """
    word = value.strip().lower()
    if not word.isalpha() or not word.endswith("ed") or len(word) < 6:
        return []
    base = word[:-2]
    return [base[:-1], base] if base[-1] == base[-2] else [base, base + "e"]
