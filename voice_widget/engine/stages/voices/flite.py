"""Flite's voices: made of recordings of people, a hundred times quicker than speech, free for all uses.

English only. It makes a piece of text at once, and says when each sound of it ends; so the times of words are
exact.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Pcm, Word
from voice_widget.engine.stages.voices.espeak import pieces
from voice_widget.engine.stages.voices.flite_runs import Runs, find_flite, speak, tell
from voice_widget.engine.stages.voices.spoken_text import Said, ascii_only, said
from voice_widget.engine.stages.voices.word_times import estimate
from voice_widget.errors import SettingError
from voice_widget.realtime.sound.resampling import Resampler

_RATE = 24000
_CHUNK_MS = 100
_LEAD_MS = 30.0  # of the silence before the first sound
_SLOWEST, _FASTEST = 0.25, 4.0
_PIECE_CHARACTERS = 200
_QUICKEST = "kal"  # made of single sounds: only asked how many of them a word has


class Flite:
    """Speaks with Flite.

    Args:
        voice: Which one speaks where none is asked for; it is the first of `voices`.
        flite: How it is run; by default what is there.

    Raises:
        SettingError: There is no such voice.
        MissingParts: Flite is not there.
    """

    voices: tuple[str, ...] = ("slt", "rms", "awb", "kal16")
    languages = ("en",)

    def __init__(self, voice: str = "slt", *, flite: Runs | None = None) -> None:
        self._voice = self._known(voice)
        self.voices = tuple(sorted(self.voices, key=lambda name: name != voice))
        self._flite = flite or find_flite()

    def session(self) -> Flite:
        """It holds nothing of a session, and several may speak at once."""
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` in chunks of 100 ms at 24 kHz.

        Raises:
            SettingError: There is no such voice.
            EngineError: Flite fails.
        """
        name = self._known(voice or self._voice)
        stretch = 1 / min(max(speed, _SLOWEST), _FASTEST)
        begun_ms = 0.0
        for offset, piece in pieces(text, _PIECE_CHARACTERS):
            spoken = _spoken(piece)
            if not spoken:
                continue
            line = " ".join(word.text for word in spoken)
            asked = ["-voice", name, "--setf", f"duration_stretch={stretch:.3f}", "-psdur", "-t", line]
            pcm, rate, printed = speak(self._flite, asked)
            ends = _ends(printed)
            cut = _lead(ends, rate)
            pcm = pcm[cut:]
            if times := self._times(spoken, ends):
                lead_ms = cut * 1000 / rate
                words = [Word(w.start, w.end, at - lead_ms) for w, at in zip(spoken, times, strict=True)]
            else:
                words = list(estimate(piece, pcm, rate))
            placed = [
                replace(w, start=offset + w.start, end=offset + w.end, at_ms=begun_ms + max(0.0, w.at_ms))
                for w in words
            ]
            yield from _chunks(pcm, rate, placed, begun_ms)
            begun_ms += len(pcm) * 1000 / rate

    def _known(self, voice: str) -> str:
        if voice not in self.voices:
            raise SettingError(f"There is no voice {voice!r}; there are {', '.join(self.voices)}.")
        return voice

    def _times(self, spoken: list[Said], ends: list[tuple[str, float]]) -> list[float]:
        """When each word begins, by how many sounds stand before it; none where the counts do not fit."""
        parts = [re.findall(r"[^\s-]+", word.text.rstrip(".,;:!?")) for word in spoken]
        # With a stop behind each word it prints a pause behind each, and says the words as it does without.
        line = "; ".join(part for word in parts for part in word)
        counts = _counts(tell(self._flite, ["-voice", _QUICKEST, "-ps", "-t", line]))
        if len(counts) != sum(len(word) for word in parts):
            return []
        told = iter(counts)
        sounds = [sum(itertools.islice(told, len(word))) for word in parts]
        starts = [start for (name, _), start in zip(ends, _starts(ends), strict=True) if name != "pau"]
        if len(starts) != sum(sounds):
            return []
        first = itertools.accumulate(sounds[:-1], initial=0)
        return [starts[at] * 1000 for at in first]


def _spoken(piece: str) -> list[Said]:
    """What is said for each word of which something is said."""
    words = (replace(word, text=ascii_only(word.text).strip()) for word in said(piece))
    return [word for word in words if re.search(r"[A-Za-z0-9]", word.text)]


def _ends(printed: str) -> list[tuple[str, float]]:
    """Sounds and when they end, in seconds, as ``pau:0.164 hh:0.255`` says."""
    found = re.findall(r"(\S+):(\d+\.\d+)", printed)
    return [(name, float(end)) for name, end in found]


def _starts(ends: list[tuple[str, float]]) -> list[float]:
    return [0.0, *(end for _, end in ends[:-1])] if ends else []


def _lead(ends: list[tuple[str, float]], rate: int) -> int:
    """The samples of silence at the start that nobody needs to wait for."""
    if not ends or ends[0][0] != "pau":
        return 0
    return max(0, round((ends[0][1] - _LEAD_MS / 1000) * rate))


def _counts(printed: str) -> list[int]:
    """How many sounds stand between two pauses.

    Example:
        >>> _counts("pau dh ax pau b ih l pau")
        [2, 3]
    """
    groups = itertools.groupby(printed.split(), lambda name: name == "pau")
    return [len(list(group)) for pause, group in groups if not pause]


def _chunks(pcm: Pcm, rate: int, words: list[Word], begun_ms: float) -> Iterator[AudioChunk]:
    resample = Resampler(rate, _RATE)
    step = rate * _CHUNK_MS // 1000
    for at in range(0, len(pcm), step):
        out = resample(pcm[at : at + step])
        if at + step >= len(pcm):
            out = np.concatenate([out, resample.flush()])
        end_ms = begun_ms + (at + step) * 1000 / rate
        begin = tuple(word for word in words if word.at_ms < end_ms)
        words = words[len(begin) :]
        yield AudioChunk(out.tobytes(), _RATE, begin)
