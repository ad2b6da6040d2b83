"""When each word begins, where the voice does not say so: by letters, and by the pauses in the sound. Pure.

A comma or a full stop is mostly heard as a pause, and after it the count begins anew: so the error does not
grow with the length of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Pcm, Word
from voice_widget.engine.stages.voices.spoken_text import said

PACE_MS = 68.0
"""How long a letter takes, about, where nothing was heard of a voice yet."""

_COMMA, _STOP = 3.2, 6.0  # pauses, in letters
_SPELLED = 3.0  # a letter that is said by its name
_WIDE = 3.0  # a Chinese or Japanese character is a syllable
_FRAME_MS = 10
_QUIET = 0.02  # of the loudest frame so far
_LEAST_LEVEL = 20.0
_PAUSE_MS = 90.0
_MUCH = 60.0  # letters by which one knows how quickly a voice speaks
_NEAR_MS, _NEAR = 250.0, 0.25  # how far from where it is expected a pause is still taken for that of a stop


@dataclass(frozen=True)
class _Place:
    """A word, and how many letters are said before it; ``fresh``: a pause stands before it."""

    start: int
    end: int
    letters: float
    fresh: bool


def estimate(text: str, pcm: Pcm, rate: int) -> tuple[Word, ...]:
    """The words of a text whose whole sound is known.

    Args:
        text: What is said.
        pcm: The sound.
        rate: Its sample rate.

    Example:
        >>> tone = (9000 * np.sin(np.arange(24000))).astype(np.int16)
        >>> [(word.start, round(word.at_ms)) for word in estimate("same size", tone, 24000)]
        [(0, 0), (5, 500)]
    """
    places, total = _places(text)
    sound = _Sound(rate)
    pauses = sound.feed(pcm)
    if not places:
        return ()
    if sound.first_ms is None:
        return tuple(Word(place.start, place.end, 0.0, True) for place in places)
    anchors = [(0.0, sound.first_ms)]
    end = (total, max(sound.last_ms, sound.first_ms))
    for _, until in pauses:
        before, at = anchors[-1]
        pace = (end[1] - at) / max(1e-9, end[0] - before)
        place = _nearest([p for p in places if p.fresh and p.letters > before], before, at, pace, until)
        if place is not None:
            anchors.append((place.letters, until))
    anchors.append(end)
    letters, times = zip(*anchors, strict=True)
    # The silence before a word that begins anew is no part of the word before it.
    found = np.interp([place.letters for place in places], letters, times)
    return tuple(Word(p.start, p.end, float(at), True) for p, at in zip(places, found, strict=True))


class WordTimes:
    """The words of a text while its sound still grows.

    Args:
        text: What is said.
        rate: The sample rate of the sound.
        pace_ms: How long a letter takes; `pace_ms` of a text before, for the same voice.
    """

    def __init__(self, text: str, rate: int, pace_ms: float = PACE_MS) -> None:
        self.pace_ms = pace_ms
        self._places, self._total = _places(text)
        self._sound = _Sound(rate)
        self._next = 0
        self._letters, self._at = 0.0, 0.0
        self._told_ms = 0.0

    def feed(self, pcm: Pcm) -> tuple[Word, ...]:
        """More sound: the words that have begun by now."""
        silent = self._sound.first_ms is None
        pauses = self._sound.feed(pcm)
        if silent and self._sound.first_ms is not None:
            self._at = self._told_ms = self._sound.first_ms
        out: list[Word] = []
        for since, until in pauses:
            places = [p for p in self._places[self._next :] if p.fresh and p.letters > self._letters]
            place = _nearest(places, self._letters, self._at, self.pace_ms, until)
            if place is None:
                continue
            out += self._tell(place.letters, since)
            self._letters, self._at = place.letters, until
        if self._sound.first_ms is not None:
            heard = self._letters + (self._sound.last_ms - self._at) / self.pace_ms
            out += self._tell(heard, self._sound.last_ms)
        return tuple(out)

    def finish(self) -> tuple[Word, ...]:
        """The sound is whole: the words that are left; none where nothing was heard."""
        first, end = self._sound.first_ms, max(self._sound.last_ms, self._told_ms)
        if first is None or not self._places:
            return ()
        # A word alone says little of the pace: it is drawn out.
        self.pace_ms += ((end - first) / self._total - self.pace_ms) * min(1.0, self._total / _MUCH)
        rest = (end - self._at) / max(1.0, self._total - self._letters)
        return tuple(self._tell(self._total, end, rest))

    def _tell(self, until: float, most_ms: float, pace_ms: float | None = None) -> Iterator[Word]:
        """The words that are not told yet, as far as so many letters."""
        for place in self._places[self._next :]:
            if place.letters >= until:
                return
            self._next += 1
            at = self._at + (place.letters - self._letters) * (pace_ms or self.pace_ms)
            self._told_ms = max(self._told_ms, min(at, most_ms))
            yield Word(place.start, place.end, self._told_ms, True)


class Timekeeper:
    """Gives the sound of a voice that tells no times estimated ones, and learns how quickly it speaks."""

    def __init__(self) -> None:
        self._pace_ms = PACE_MS

    def follow(self, text: str, chunks: Iterator[AudioChunk]) -> Iterator[AudioChunk]:
        """The sound with times; that of a voice which tells them, as it is.

        Args:
            text: What is said.
            chunks: Its sound.
        """
        times: WordTimes | None = None
        rate = 0
        for chunk in chunks:
            if chunk.words:
                yield chunk
                yield from chunks
                return
            if times is None:
                rate = chunk.sample_rate
                times = WordTimes(text, rate, self._pace_ms)
            words = times.feed(np.frombuffer(chunk.pcm, np.int16))
            yield AudioChunk(chunk.pcm, chunk.sample_rate, words)
        if times is not None:
            words = times.finish()
            self._pace_ms = times.pace_ms
            if words:
                yield AudioChunk(b"", rate, words)


class _Sound:
    """Where there is sound, and the pauses in it."""

    def __init__(self, rate: int) -> None:
        self.first_ms: float | None = None
        self.last_ms = 0.0
        self._samples = rate * _FRAME_MS // 1000
        self._rest = np.zeros(0, np.int16)
        self._frames = 0
        self._loudest = _LEAST_LEVEL / _QUIET

    def feed(self, pcm: Pcm) -> list[tuple[float, float]]:
        """The pauses that have ended: (since, until)."""
        samples = np.concatenate([self._rest, pcm])
        count = len(samples) // self._samples
        self._rest = samples[count * self._samples :]
        frames = samples[: count * self._samples].reshape(count, self._samples).astype(np.float32)
        pauses: list[tuple[float, float]] = []
        for level in np.sqrt((frames * frames).mean(axis=1)):
            at, self._frames = self._frames * float(_FRAME_MS), self._frames + 1
            self._loudest = max(self._loudest, float(level))
            if level < self._loudest * _QUIET:
                continue
            if self.first_ms is None:
                self.first_ms = at
            elif at - self.last_ms >= _PAUSE_MS:
                pauses.append((self.last_ms, at))
            self.last_ms = at + _FRAME_MS
        return pauses


def _nearest(places: list[_Place], letters: float, at: float, pace: float, until: float) -> _Place | None:
    """The word that a pause stands before, if one is expected near by."""

    def off(place: _Place) -> float:
        return abs(at + (place.letters - letters) * pace - until)

    place = min(places, key=off, default=None)
    if place is None or off(place) > _NEAR_MS + _NEAR * (until - at):
        return None
    return place


def _places(text: str) -> tuple[list[_Place], float]:
    """The words, and how many letters are said from first to last sound."""
    places: list[_Place] = []
    letters, pause = 0.0, 0.0
    for word in said(text):
        count = sum(_letters(part) for part in re.split(r"[\s-]+", word.text))
        if not count:
            continue
        letters += pause
        places.append(_Place(word.start, word.end, letters, pause > 0))
        # Stops inside, as in a date, are pauses too.
        letters += count + _COMMA * len(re.findall(r"[,;:](?=\s)", word.text))
        pause = _STOP if word.text[-1] in ".!?" else _COMMA if word.text[-1] in ",;:" else 0.0
    return places, letters


def _letters(part: str) -> float:
    characters = [character for character in part if character.isalnum()]
    if len(characters) == 1 and characters[0].isupper() and characters[0] not in "AI":
        return _SPELLED
    return sum(_WIDE if ord(character) >= 0x2E80 else 1.0 for character in characters)
