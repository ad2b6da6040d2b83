"""Talks for the exports: an ordinary one, and all that makes formats stumble."""

from __future__ import annotations

from voice_widget.realtime.state.records import Side
from voice_widget.recording.spoken import SpokenWord, Utterance, WordSource

Talk = tuple[list[Utterance], int]

TEXTS = {
    "markup": "a < b & \"c\" > <b>d</b> </v> <v Eve>e &amp; 'f'",
    "arrows": "00:00:01.000 --> 00:00:02.000",
    "lines": "one\n\ntwo\r\nthree\u2028four\x85five",
    "tabs": "one\ttwo",
    "quotes": '"quoted" at the start, and "" within',
    "right to left": "שלום, what is مرحبا?",
    "emoji": "well 👩‍👩‍👧‍👦 🇩🇪 done",
    "controls": "a\x00b\x0bc\x1bd\x1fe\ufffef",
    "half pairs": "a \ud83d b \ude00 c",
    "pairs": "a \ud83d\ude00 b",
    "nothing": "",
    "blanks": " \n ",
    "number": "42",
    "note": "NOTE this",
    "long": "many words " * 20_000,
    "one long word": "x" * 100_000,
}
# What a format of one line per thing makes of them.
ON_ONE_LINE = {
    **TEXTS,
    "lines": "one two three four five",
    "tabs": "one two",
    "controls": "a\ufffdb c\ufffdd\ufffde\ufffdf",
    "half pairs": "a \ufffd b \ufffd c",
    "pairs": "a 😀 b",
    "blanks": "",
    "long": TEXTS["long"].strip(),
}


def word(text: str, start: int, end: int, source: WordSource = "engine") -> SpokenWord:
    return SpokenWord(text, start, end, source)


def said(
    seq: int,
    side: Side,
    start: int,
    end: int | None,
    text: str = "so it is",
    *words: SpokenWord,
    speaker: str | None = None,
    interrupted: bool = False,
) -> Utterance:
    return Utterance(seq, side, speaker or side, text, start, end, words, interrupted)


def talk() -> Talk:
    """A question, an answer that is broken off, and who breaks it off."""
    question = said(
        1,
        "user",
        250,
        1750,
        "what is the average",
        word("what", 250, 500),
        word("is", 500, 700),
        word("the", 700, 900),
        word("average", 950, 1750),
    )
    answer = said(
        2,
        "assistant",
        2400,
        4100,
        "The average is twenty",
        word("The", 2400, 2600, "service"),
        word("average", 2600, 3200, "service"),
        word("is", 3300, 3400, "estimated"),
        word("twenty", 3500, 4100, "service"),
        interrupted=True,
    )
    return [question, answer, said(3, "user", 3900, 4800, "stop please")], 6000


STRANGE: dict[str, Talk] = {
    "nothing": ([], 0),
    "nothing in five seconds": ([], 5000),
    "the user only": ([said(1, "user", 100, 900)], 1000),
    "the assistant only": ([said(1, "assistant", 0, 1000)], 1000),
    "no end": (
        [said(1, "user", 100, None), said(2, "user", 600, 700), said(3, "assistant", 800, None)],
        1000,
    ),
    "no length": ([said(1, "user", 500, 500), said(2, "assistant", 1000, 1000)], 1000),
    "ends before it begins": ([said(1, "user", 700, 300)], 1000),
    "begins before zero": ([said(1, "user", -200, 300, "so it is", word("so", -200, -100))], 1000),
    "longer than the recording": ([said(1, "user", 100, 2500)], 1000),
    "after the recording": ([said(1, "user", 3000, 3500)], 1000),
    "overlapping": ([said(1, "user", 0, 900, "one"), said(2, "user", 600, 1500, "two")], 2000),
    "one within another": (
        [said(1, "assistant", 0, 1500, "one"), said(2, "assistant", 400, 600, "two")],
        2000,
    ),
    "at the same moment": (
        [
            said(1, "user", 500, 900, "one"),
            said(2, "user", 500, 500, "two"),
            said(3, "user", 500, 700, "three"),
        ],
        2000,
    ),
    "not in order": ([said(2, "user", 1000, 1200), said(1, "assistant", 100, 900)], 2000),
    "one name for both": (
        [said(1, "user", 0, 500, speaker="P 1"), said(2, "assistant", 500, 900, speaker="P 1")],
        1000,
    ),
    "strange names": (
        [
            said(1, "user", 0, 500, speaker='<v> & "Ann"\n--> \t{x}'),
            said(2, "assistant", 500, 900, speaker="سارة ٩"),
        ],
        1000,
    ),
    "two pseudonyms of one side": (
        [said(1, "user", 0, 500, speaker="P1"), said(2, "user", 600, 900, speaker="P2")],
        1000,
    ),
    "words that are not in the text": (
        [
            said(
                1, "user", 0, 900, "so it is", word("so", 0, 100), word("was", 100, 200), word("is", 300, 900)
            )
        ],
        1000,
    ),
    "words out of order": (
        [said(1, "user", 0, 900, "so it is", word("it", 500, 600), word("so", 0, 0))],
        1000,
    ),
    "a hundred hours": ([said(1, "user", 359_999_000, 360_000_000)], 360_000_000),
    **{f"text: {name}": ([said(1, "user", 0, 900, text)], 1000) for name, text in TEXTS.items()},
}
