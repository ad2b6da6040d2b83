"""What is not about data: help, repeat, go on, stop, thanks; and the answer to a question back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from voice_widget.agents.assistant.grammar.tokens import tokens
from voice_widget.agents.assistant.language import speaking as say
from voice_widget.agents.assistant.language.vocabulary import FILLERS
from voice_widget.agents.assistant.language.words import split, stem
from voice_widget.agents.assistant.tables.plans import Choice, Plan

_SAID = {
    "help": "help|help me|what can you do|what can i ask|what can i say|what do you know|what can i "
    "do|what are you able to do"
    "|how does this work|what can i ask you|what questions can i ask|help me out"
    "|what kind of questions can i ask|what kinds of questions can i ask|what can i ask about"
    "|what questions can you answer|how can you help|how can you help me|what do you do"
    "|how do i use this|give me some examples|give me examples|what are my options"
    "|what can i ask here|what could i ask|what can i ask for|i need help|can you help me"
    "|can you help|what should i ask|show me what you can do|what are you good for"
    "|what can you answer|what else can you do|what can "
    "you tell me",
    "repeat": "repeat|repeat that|say that again|once more|say it again|come again|pardon|again|what "
    "did you say|repeat it"
    "|repeat the answer|one more time|repeat the last answer|tell me again|sorry what"
    "|what was that again|repeat that for me|run that by me again|say that one more time"
    "|i missed that|i did not catch that|beg your pardon|i beg your pardon|sorry|excuse me"
    "|what was that|say again"
    "|repeat yourself",
    "go_on": "go on|go ahead|continue|carry on|keep going|and then|go on with that|continue with that"
    "|what is the rest|the rest|tell me the rest",
    "stop": "stop|be quiet|never mind|forget it|cancel|quiet|shut up|stop it|stop talking|enough|that "
    "is all|that is enough",
    "hello": "hello|hi|hey|good morning|good evening|good afternoon|hello there|hi there",
    "who": "who are you|what are you|what is your name|who is this|who is there",
    "thanks": "thanks|thank you|thank you very much|thanks a lot|many thanks|great thanks|ok thanks"
    "|perfect thanks|thank you so much",
}
_KINDS = {tuple(tokens(said)): kind for kind, phrases in _SAID.items() for said in phrases.split("|")}
_CHANGES = frozenset(
    str.split(
        "delete drop remove erase clear overwrite rename replace edit modify update set fill change "
        "insert add append convert "
        "increase decrease double assign move merge write save"
    )
)
_NO_CHANGES = {("add", "up"), ("add", "together")}
_REPEATING = frozenset(
    str.split(
        "repeat again pardon come sorry what was is that this it were tell say said show give read me "
        "us to i we "
        "you did do can could would will one more time once the a your last answer number figure result "
        "please and "
        "not hear catch get understand"
    )
)
"""What a request to say the last answer again is made of; a word beside these makes it a question."""
_POLITE = frozenset(
    ("please", "um", "uh", "er", "erm", "ok", "okay", "hey", "so", "well", "now", "just", "then")
)
_YES = frozenset(("yes", "yeah", "yep", "sure", "right", "correct", "ok", "okay", "do", "please"))
_ORDINAL = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "last": -1}


def kind(words: Sequence[str]) -> str | None:
    """What kind of talk it is; None: a question about data.

    Example:
        >>> kind("um say that again please".split()), kind(["delete", "all"]), kind(["how", "many"])
        ('repeat', 'change', None)
    """
    plain = [w for w in words if w not in _POLITE]
    for lead in (("can", "you"), ("could", "you"), ("would", "you")):
        if tuple(plain[:2]) == lead:
            plain = plain[2:]
    if (found := _KINDS.get(tuple(words)) or _KINDS.get(tuple(plain))) is not None:
        return found
    if plain and _repeats(plain):
        return "repeat"
    if len(plain) > 1 and plain[0] in _CHANGES and tuple(plain[:2]) not in _NO_CHANGES:
        return "change"
    return None


def _repeats(words: Sequence[str]) -> bool:
    """As in "what was that again", "can you say that once more"."""
    said = " ".join(words)
    return set(words) <= _REPEATING and (
        bool({"again", "repeat", "pardon"} & set(words))
        or any(
            mark in said for mark in ("once more", "one more time", "not catch", "not hear", "not get that")
        )
    )


def picked(words: Sequence[str], choices: Sequence[Choice]) -> Plan | None:
    """The choice that an answer to a question back names; None: it names none, or more than one.

    Example:
        >>> choices = [Choice("bill length", Plan("count")), Choice("bill depth", Plan("rows"))]
        >>> picked(["the", "depth", "please"], choices).do
        'rows'
    """
    said = {
        stem(w)
        for w in words
        if w not in _POLITE and w not in FILLERS and w not in ("one", "of", "by", "in", "mean")
    }
    if not said:
        said = {
            stem(w)
            for w in words
            if w not in _POLITE and w not in ("one", "of", "the", "i", "mean", "by", "in")
        }
    if len(choices) == 1 and choices[0].label == "yes":
        return choices[0].plan if words and set(words) <= _YES | {"that", "is", "it", "i", "did"} else None
    if not said:
        return None
    labels = [{stem(w) for w in split(choice.label)} for choice in choices]
    whole = [n for n, label in enumerate(labels) if said == label - {"the", "of"} or said == label]
    fitting = whole or [n for n, label in enumerate(labels) if said <= label]
    if len(fitting) == 1:
        return choices[fitting[0]].plan
    if (
        len(said) == 1
        and not fitting
        and (place := _ORDINAL.get(next(iter(said)))) is not None
        and place < len(choices)
    ):
        return choices[place].plan
    return None


def either(names: Sequence[str]) -> str:
    """Things to choose from: "a, b or c"."""
    return say.listing(list(names), most=8, last="or")
