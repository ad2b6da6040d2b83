"""From what was heard or typed to words: lower case, digits as digits, dates and ordinals whole. Pure."""

from __future__ import annotations

import re

from voice_widget.agents.assistant.grammar.correcting import NO
from voice_widget.agents.assistant.language.vocabulary import contracted
from voice_widget.agents.assistant.language.words import split

MOST = 60
"""Words of a question; what is longer is not read, for it would cost seconds, nor is a part of it."""
READ = 100 * MOST
"""So many characters of an utterance are taken apart."""
_HESITATING = frozenset(("um", "uh", "er", "erm", "hm"))

_WHOLE = re.compile(
    r"(?<![\w-])(?:\d{4}-\d\d?-\d\d?|\d{4}-\d\d?(?![\d-])|\d+(?:st|nd|rd|th)|q[1-4]|p\d\d|no-)(?![\w-])",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(?<!\d)(\d{4})/(\d\d?)/(\d\d?)(?!\d)")
_OR_MORE = re.compile(r"(?<![\w.,:/-])(\d+(?:[.,]\d+)*)\+(?![\w+])")
_RANGE = re.compile(r"(?<![\w.,:/-])(\d{1,3}|\d{4}(?=[-\u2013]\d{4}))[-\u2013](\d+)(?![\w/-]|[.,:]\d)")
_SIGNS = (
    (" or no,", f" or {NO} "),
    (", no,", f" {NO} "),
    (", no -", f" {NO} "),
    (">=", " at least "),
    ("<=", " at most "),
    ("!=", " not "),
    ("==", " equals "),
    (">", " above "),
    ("<", " below "),
    ("=", " equals "),
)


def tokens(text: str) -> list[str]:
    """The words of an utterance.

    Example:
        >>> tokens("What's the revenue > 2,500 on 2023-03-05, isn't it?")
        ['what', 'is', 'the', 'revenue', 'above', '2500', 'on', '2023-03-05', 'is', 'not', 'it']
    """
    text = _SLASHED.sub(r"\1-\2-\3", text[:READ])
    if text[:3].lower() == "no,":
        text = f"{NO} {text[3:]}"
    text = _OR_MORE.sub(r" at least \1 ", text)
    text = _RANGE.sub(r" between \1 and \2 ", text)
    for sign, said in _SIGNS:
        text = text.replace(sign, said)
    found: list[str] = []
    last = 0
    for match in _WHOLE.finditer(text):
        found += split(text[last : match.start()])
        found.append(match[0].lower())
        last = match.end()
    words = contracted([*found, *split(text[last:])])
    return words if len(words) <= MOST else [word for word in words if word not in _HESITATING]
