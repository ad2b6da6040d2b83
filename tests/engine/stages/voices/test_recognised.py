"""What the voices say is understood: recognised again, by a recogniser that has no part in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests import packages
from tests.e2e.measured import Measured
from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.voices.espeak import EspeakTts
from voice_widget.engine.stages.voices.flite import Flite
from voice_widget.engine.stages.voices.kokoro import Kokoro
from voice_widget.engine.stages.voices.piper import Piper
from voice_widget.engine.stages.voices.spoken_text import speakable
from voice_widget.realtime.sound.resampling import Resampler

TEXT = """
Glue the sheet to the dark blue background.
It's easy to tell the depth of a well, even in the dark, if you listen.
These days a chicken leg is a rare dish; rice is often served in round bowls.
The average total bill is $19.79, and the highest tip was 10 dollars.
There are 1,234 rows and 17 columns in the table called sales.
I did not understand that. Could you say it in another way?
Sorted by revenue, the first three regions are north, east and south.
The correlation between length and mass is about 0.87, which is strong.
On 2024-03-05, sales were highest in the north.
"""
SENTENCES = TEXT.strip().splitlines()
MOST_WRONG = {"kokoro": 0.2, "flite": 0.2, "espeak": 0.4, "piper": 0.15}
VOICES = [
    *(("kokoro", voice) for voice in Kokoro.voices),
    *(("flite", voice) for voice in Flite.voices),
    ("espeak", "en-us"),
    ("piper", "en_US-joe-medium"),
]


def words(text: str) -> list[str]:
    plain = speakable(text).lower().replace("-", " ").replace(" per cent", " percent")
    return re.sub(r"[^a-z' ]", " ", plain).split()


def wrong(said: list[str], heard: list[str]) -> int:
    """How many words were put in, left out or changed, at least."""
    costs = list(range(len(heard) + 1))
    for row, word in enumerate(said, 1):
        before, costs[0] = costs[0], row
        for column, other in enumerate(heard, 1):
            least = min(before + (word != other), costs[column] + 1, costs[column - 1] + 1)
            before, costs[column] = costs[column], least
    return costs[-1]


@pytest.fixture(scope="module")
def recognise() -> Callable[[bytes, int], str]:
    whisper = packages.needed("voice_widget.engine.stages.recognisers.whisper")
    session = whisper.Whisper().session()
    session.prepare(Hints())

    def heard(pcm: bytes, rate: int) -> str:
        session.start()
        session.feed(Resampler(rate, session.sample_rate)(np.frombuffer(pcm, np.int16)))
        return str(session.finish().text)

    return heard


@pytest.fixture(scope="module")
def speakers() -> Callable[[str], Any]:
    def joe() -> Piper:
        packages.needed("piper")
        return Piper(str(packages.piper_joe()))

    return cache(lambda part: {"espeak": EspeakTts, "flite": Flite, "kokoro": Kokoro, "piper": joe}[part]())


def test_wrong_words_are_counted():
    assert [wrong(words("$5 a day"), words(text)) for text in ("five dollars a day", "5 day", "")] == [
        0,
        2,
        4,
    ]


@pytest.mark.real
@pytest.mark.parametrize(("part", "voice"), VOICES)
def test_what_a_voice_says_is_recognised_again(
    recognise: Callable[[bytes, int], str],
    speakers: Callable[[str], Any],
    measured: Measured,
    part: str,
    voice: str,
):
    said = missed = 0
    for text in SENTENCES:
        chunks = list(speakers(part).synthesize(text, voice=voice))
        heard = recognise(b"".join(chunk.pcm for chunk in chunks), chunks[0].sample_rate)
        each = wrong(words(text), words(heard))
        measured.outcome("a sentence was recognised without a wrong word", f"{part}, {voice}", each == 0)
        said += len(words(text))
        missed += each
    assert missed / said <= MOST_WRONG[part]
