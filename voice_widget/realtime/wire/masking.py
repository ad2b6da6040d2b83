"""Secrets taken out of texts and events: those that are known, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from voice_widget.realtime.wire.events import Event

MASK = "…"
# What keys, tokens and JSON web tokens look like, for those that only the service knows.
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|ek|rk|sess)[-_][\w*.-]+|(?<![\w-])eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]+)?|(?<=Bearer )[^\s'\"]+"
)
# In what people say "sk-learn" and "Bearer bonds" are words, and "sess_…" is the name of a session.
_SURELY_SECRET = re.compile(
    r"(?<![\w-])(?:sk|ek|rk)[-_](?=[\w*.-]{0,200}[\d*])[\w*.-]{12,}"
    r"|(?<![\w-])eyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]+)?"
    r"|(?<=Bearer )(?=\S{0,200}\d)[\w.~+/=-]{12,}"
)
_SIGNS = ("sk-", "sk_", "ek-", "ek_", "rk-", "rk_", "eyJ", "Bearer ")
# Shorter ones are words ("ollama", "EMPTY"): taken out of sentences, but not out of what people say.
_SHORTEST_SECRET = 6
_SURELY_LONG = 16


def masked(text: str, known: Iterable[str] = ()) -> str:
    """A service's complaint without any secret, known or guessed by its looks."""
    # The longest first: one may be a part of another.
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return _LOOKS_SECRET.sub(MASK, text)


def masked_event(event: Event, known: Iterable[str] = ()) -> Event:
    """An event, as it was parsed, without the secrets that a service may repeat. It is changed in place.

    Example:
        >>> masked_event({"type": "error", "error": {"message": "Wrong key: sk-abc."}})
        {'type': 'error', 'error': {'message': 'Wrong key: …'}}
    """
    known = sorted(known, key=len, reverse=True)
    if event.get("type") == "error":
        _everywhere(event, lambda text: masked(text, known))
    else:
        sure = [secret for secret in known if _is_no_word(secret)]
        _everywhere(event, lambda text: _spared(text, sure))
    return event


def _is_no_word(secret: str) -> bool:
    return len(secret) >= _SURELY_LONG or (
        len(secret) >= _SHORTEST_SECRET and any(letter.isdigit() for letter in secret)
    )


def _spared(text: str, known: Iterable[str]) -> str:
    for secret in known:
        if secret not in text:
            continue
        if len(secret) >= _SURELY_LONG:
            text = text.replace(secret, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    if any(sign in text for sign in _SIGNS):
        text = _SURELY_SECRET.sub(MASK, text)
    return text


def _everywhere(event: Event, mask: Callable[[str], str]) -> None:
    """In every text, however deep: what came may be nested deeper than functions may call each other."""
    places: list[Any] = [event]
    while places:
        place = places.pop()
        for key, value in list(place.items() if isinstance(place, dict) else enumerate(place)):
            if isinstance(value, str):
                if (said := mask(value)) != value:
                    place[key] = said
            elif isinstance(value, (dict, list)):
                places.append(value)
            if isinstance(key, str) and (name := mask(key)) != key:
                place[name] = place.pop(key)
