"""Tells what was said from what a model of language invents where nothing was said. Pure.

Models such as Whisper always write something: "Thank you." for a cough, a sentence again and again where
the sound ends early. What they say of themselves, and how fast one can speak, gives them away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voice_widget.engine.stages.contracts import Pcm

NO_SPEECH = 0.75
"""From so much on nothing counts: silence, coughs, tones. Speech in loud noise reaches 0.65."""

PERHAPS_NO_SPEECH = 0.4
"""From so much on only a likely text counts; of noise it comes to 0.6 and more, but is never likely."""

_UNLIKELY = -0.8
_TIMES = 3  # said more often, it is a tune
_DOUBTFUL = -0.45
_CHARACTERS_PER_S = 25.0  # who reads fast says 20
_LEAST_S = 0.4
_FEWEST_SAMPLES = 1600
_SILENT = 40  # of 32,768: below the noise of a quiet room's microphone


@dataclass(frozen=True)
class Heard:
    """What a model wrote, and what it thinks of it.

    Attributes:
        text: What it wrote.
        log_probability: The mean over its tokens.
        no_speech: How likely it is that nobody spoke.
        seconds: How long the sound was.
    """

    text: str
    log_probability: float
    no_speech: float
    seconds: float


def silent(sound: Pcm) -> bool:
    """Whether there is nothing in it that a model should be asked about."""
    return len(sound) < _FEWEST_SAMPLES or max(int(sound.max()), -int(sound.min())) < _SILENT


def believed(heard: Heard) -> Heard:
    """The text without what cannot have been said; empty where nobody spoke.

    Example:
        >>> believed(Heard("Thank you.", -1.3, 0.8, 1.0)).text
        ''
        >>> believed(Heard("Yes. Yes. Yes. Yes.", -0.2, 0.1, 0.6)).text
        'Yes.'
    """
    nobody = heard.no_speech >= NO_SPEECH or (
        heard.no_speech >= PERHAPS_NO_SPEECH
        and (heard.log_probability < _UNLIKELY or len(_once(heard.text)) * _TIMES < len(heard.text))
    )
    if nobody or not any(letter.isalnum() for letter in heard.text):
        return replace(heard, text="")
    return replace(heard, text=_once(heard.text)) if too_fast(heard) else heard


def doubtful(heard: Heard) -> bool:
    """Whether it is worth hearing again in another way."""
    return heard.no_speech < PERHAPS_NO_SPEECH and (heard.log_probability < _DOUBTFUL or too_fast(heard))


def too_fast(heard: Heard) -> bool:
    """Whether nobody can say so much in that time."""
    return len(heard.text) > _CHARACTERS_PER_S * max(heard.seconds, _LEAST_S)


def better(first: Heard, second: Heard) -> Heard:
    """Which of two attempts at the same sound to take."""
    if too_fast(first) != too_fast(second):
        return second if too_fast(first) else first
    return second if second.log_probability > first.log_probability else first


def echoes(text: str, prompt: str) -> bool:
    """Whether a text repeats what the model was told to expect instead of what was said.

    Example:
        >>> echoes("Total bill, tip, size.", "sex, total bill, tip, size")
        True
        >>> echoes("What is the average tip?", "sex, total bill, tip, size")
        False
    """
    words, told = _words(text), _words(prompt)
    if len(words) < 3 or not told:
        return False
    runs = range(len(told) - 2)
    # Three words in the prompt's order are an echo only where little else was said.
    found = sum(any(told[at : at + 3] == words[i : i + 3] for at in runs) for i in range(len(words) - 2))
    return found >= (len(words) - 2) * 2 / 3


def repeats(text: str) -> bool:
    """Whether a text is one thing said again, to its end.

    Example:
        >>> repeats("Count by species. Count by species."), repeats("Count by species.")
        (True, False)
    """
    words = [_key(word) for word in text.split()]
    sizes = [size for size in range(1, len(words) // 2 + 1) if len(words) % size == 0]
    return any(words == words[:size] * (len(words) // size) for size in sizes)


def _once(text: str) -> str:
    """The text without what it repeats until its end."""
    words = text.split()
    keys = [_key(word) for word in words]
    for size in range(1, len(words) // 2 + 1):
        for start in range(len(words) - 2 * size + 1):
            unit = keys[start : start + size]
            after = keys[start + size :]
            # The last time it may break off in the middle.
            if all(key == unit[at % size] for at, key in enumerate(after)):
                return " ".join(words[: start + size])
    return text


def _key(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())


def _words(text: str) -> list[str]:
    return [key for word in text.replace(",", " ").split() if (key := _key(word))]
