"""Why an endpoint or a model refuses, in words that may be shown: short, and without a key in it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

LONGEST = 300
_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")
_SHORTEST_SECRET = 8
# What keys look like; endpoints repeat them, often with stars in the middle.
_KEYS = re.compile(r"\b(?:sk|pk|hf|gsk|key|xai)[-_][\w*-]{6,}|\bBearer\s+\S+|\bAIza[\w-]{20,}", re.IGNORECASE)


def reason(body: Any) -> str:
    """What the body of a refusal says.

    Example:
        >>> reason({"error": {"message": "No such model.", "code": 404}})
        'No such model.'
    """
    nested = body.get("error", body) if isinstance(body, Mapping) else body
    if isinstance(nested, Mapping):
        return str(nested.get("message") or "")
    # A page instead of JSON is for browsers.
    return "" if not isinstance(nested, str) or "<" in nested else nested


def told(text: str, *secrets: str) -> str:
    """A text from elsewhere in one line, cut, and without these secrets.

    Example:
        >>> told("Key abcdefgh   is not welcome.", "abcdefgh")
        'Key … is not welcome'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    return " ".join(text.split())[:LONGEST].rstrip(".")


def told_of_unknown(text: str) -> str:
    """The same where nobody says which key was used: those of the environment, and what looks like one.

    Example:
        >>> told_of_unknown("Incorrect API key provided: sk-proj-12345678.")
        'Incorrect API key provided: …'
    """
    secrets = [value for name, value in os.environ.items() if _NAMES.search(name)]
    return told(_KEYS.sub("…", text), *(value for value in secrets if len(value) >= _SHORTEST_SECRET))
