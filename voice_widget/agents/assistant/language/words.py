"""From what was said to comparable words: splitting, stems, synonyms and how a word sounds.

Everything here is pure and works on lower-case words. Both sides of a comparison (a registered phrase or a
column's name, and what the recogniser heard) go through the same functions, so a crude stem is as good as a
right one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CHUNK = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+(?:\.\d+)?|[^\W\d_a-zA-Z]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MINUS = re.compile(r"(?<![\w.])[-\u2212](?=\d)")

# Words that carry no meaning of their own in a question about a table; recognisers mix them up most.
STOPWORDS = frozenset(
    str.split(
        "a an the of is are was were be been do does did it its there here this that these those in on at to "
        "from with for and me my i we you our your us please can could would will shall let lets just ok "
        "okay so now than then um uh er hey tell give show get see find know want like need what whats which "
        "who how about have has had s t ll re ve d m"
    )
)

# Other ways to say a word of the registered phrases, one word each; longer ones are phrases of their own.
_SAME = {
    "by": "per each every grouped group within across",
    "row": "record entry observation line",
    "column": "variable field attribute feature",
    "missing": "null empty blank nan absent incomplete",
    "describe": "summarize summarise summary overview describes explain",
    "plot": "chart graph draw histogram diagram picture figure visualize visualise",
    "correlation": "correlate correlated correlates relationship related association associated",
    "sort": "order sorted ordered rank ranked arrange",
    "filter": "only where whose keep select",
    "table": "data dataset dataframe frame sheet",
    "repeat": "again",
    "stop": "cancel quit",
    "delete": "drop remove erase clear overwrite",
    "change": "rename replace edit modify update set fill",
    "hello": "hi hullo",
    "distinct": "different unique",
    "common": "frequent",
    "descend": "descending",
    "ascend": "ascending",
}


def split(text: str) -> list[str]:
    """The words of a name or an utterance, in lower case; digits stay digits.

    Example:
        >>> split("bill_length_mm"), split("totalBill"), split("Café 2,500.5?")
        (['bill', 'length', 'mm'], ['total', 'bill'], ['cafe', '2500.5'])
    """
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text.replace("ß", "ss")) if not unicodedata.combining(c)
    )
    plain = _MINUS.sub(" minus ", _THOUSANDS.sub("", plain.replace("\u2019", "'"))).replace("%", " percent ")
    return [chunk.lower() for chunk in _CHUNK.findall(plain.replace("'", ""))]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """One form for singular and plural.

    Example:
        >>> stem("islands"), stem("boxes"), stem("entries"), stem("mass")
        ('island', 'box', 'entry', 'mass')
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_PLURALS = (("ies", "ie"), ("ves", "f"), ("ves", "fe"), ("es", "e"), ("ses", "s"))


@lru_cache(maxsize=20_000)
def forms(word: str) -> frozenset[str]:
    """The word, and what it may be the plural of.

    Example:
        >>> sorted(forms("adelies")), "shelf" in forms("shelves"), "id" in forms("ids")
        (['adelie', 'adelies', 'adely'], True, True)
    """
    found = {word, stem(word)} | ({"id"} if word == "ids" else set())
    if len(word) > 4:
        found |= {word.removesuffix(end) + one for end, one in _PLURALS if word.endswith(end)}
    return frozenset(found)


_CANONICAL = {stem(other): stem(word) for word, others in _SAME.items() for other in others.split()}


def keyword(word: str) -> str:
    """The form in which a phrase's own words are compared: stemmed, synonyms made one.

    Example:
        >>> keyword("per"), keyword("records"), keyword("charts")
        ('by', 'row', 'plot')
    """
    plain = stem(word)
    return _CANONICAL.get(plain, plain)


_SOUNDS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"gh"), ""),
    (re.compile(r"ck|q|c(?![eiyh])"), "k"),
    (re.compile(r"c(?=[eiy])|z|x"), "s"),
    (re.compile(r"tch|ch|sh|j|dge?|g(?=[ei])"), "j"),
    (re.compile(r"^kn"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"w|h|y"), ""),
    (re.compile(r"v"), "f"),
    (re.compile(r"d"), "t"),
    (re.compile(r"b"), "p"),
    (re.compile(r"g"), "k"),
    (re.compile(r"m"), "n"),
    (re.compile(r"(?<=.)[aeiou]+"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """A rough key of how a word sounds: its consonants, with the ones that are easily confused made one.

    Example:
        >>> sound("flipper") == sound("flipor"), sound("island") == sound("species")
        (True, False)
    """
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word
