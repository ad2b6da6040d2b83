"""The words that are expected, as a text that a model takes for what was said before. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from voice_widget.engine.stages.contracts import Hints

_COMMON = """
a about above after again all along already also always am among an and another any anything are around as
ask at away back be because been before being below best better between big biggest both but by call came
can cannot change close column columns come common compare could count data day days did different do does
doing done down draw each either else end enough even ever every example far few figure find first five for
form found four from full get give given go goes going good got graph great group had half has have he help
her here hey high higher highest him his hold home hour hours how i if important in into is it its just keep
kind know known large largest last least left less let life like line list little long longest look low
lower lowest made main make makes man many may maybe me mean means might mine minute minutes month months
more most much must my name near need never new next nine no not nothing now number numbers of off often oh
ok okay old on once one only open or order other our out over own part people per percent place please plot
point put question quick quite rather read ready really repeat right row rows said same say second see seem
sense set seven several shall she short should show side since six small smaller smallest so some something
sort start state still stop such sum table take talk tell ten than thank thanks that the their them then
there these they thing things think third this those three through time times to today together told too top
total toward true try turn two type under understand until up upon us use used value values very wait want
was way we week weeks well went were what when where whether which while who whole why will with within
without word words work world would write year years yes yet you your zero
"""
COMMON = frozenset(_COMMON.split())
"""Words that everybody says, so that nobody has to expect them."""


def names(hints: Hints) -> tuple[str, ...]:
    """The single words of the hints as one says them, each once; else the rarer ones of their phrases.

    Those come in the order of the alphabet: in that of a phrase they would look like what was said.

    Example:
        >>> names(Hints(words=("total_bill", "tip", "total bill")))
        ('total bill', 'tip')
        >>> names(Hints(phrases=("open the kibana dashboard", "mean of {column}")))
        ('dashboard', 'kibana')
    """
    said = (" ".join(word.replace("_", " ").split()) for word in hints.words)
    found = tuple(dict.fromkeys(word for word in said if word))
    return found or rare(hints)


def rare(hints: Hints) -> tuple[str, ...]:
    """The words of the phrases that not everybody says, in the order of the alphabet.

    Example:
        >>> rare(Hints(phrases=("what is the median tip", "median by day")))
        ('median', 'tip')
    """
    return tuple(sorted({word for phrase in hints.phrases for word in _rare(phrase)}))


def prompt(hints: Hints) -> str:
    """A sentence with these words. A bare list makes a model write lists, without signs.

    Example:
        >>> prompt(Hints(words=("total_bill", "tip")))
        'The words are total bill, tip.'
    """
    words = ", ".join(names(hints))
    return f"The words are {words}." if words else ""


def question(likely: Iterable[str]) -> str:
    """What makes these words likely: a question about them, as if asked just before.

    Example:
        >>> question(["Gentoo", "Adelie"])
        'What about the Gentoo, the Adelie?'
    """
    return f"What about the {', the '.join(likely)}?"


def _rare(phrase: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.sub(r"\{[^{}]*\}", " ", phrase))
    return [word for word in words if len(word) > 2 and word.lower() not in COMMON]
