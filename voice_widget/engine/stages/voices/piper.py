"""Piper's voices, each a file of one's own, in many languages (``piper-tts``).

The package is GPL-3-or-later and carries espeak-ng: so it is loaded in the stage process only. Voices have
licences of their own; what a voice's name or the card beside it tells of them is passed on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Pcm, Progress, quietly
from voice_widget.engine.stages.voices.breaths import breaths
from voice_widget.engine.stages.voices.espeak import pieces
from voice_widget.engine.stages.voices.spoken_text import said
from voice_widget.engine.stages.voices.word_times import estimate
from voice_widget.errors import SettingError, shown

_FIRST_CHARACTERS, _MOST_CHARACTERS = 60, 200
_SLOWEST, _FASTEST = 0.25, 4.0
_VOLUME = 0.7  # Piper makes each piece as loud as can be
_LESSAC = "lessac"
_FROM_LESSAC = (_LESSAC, "en_us-joe")  # finetuned from it, as Joe's card tells


class Piper:
    """Speaks with a voice of Piper's.

    Args:
        model: The voice's file, ``….onnx``; its settings lie beside it, in ``….onnx.json``.
        voice: Who speaks where nobody is asked for, in a voice of several speakers.
        progress: Is told what is being done.

    Attributes:
        notice: What one must know of the voice's licence; None: nothing that its name or
            its card tells.

    Raises:
        SettingError: There is no such file, or no such speaker.
        ImportError: `piper` is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        voice: str | None = None,
        progress: Progress = quietly,
    ) -> None:
        path = Path(model).expanduser()
        for file in (path, Path(f"{path}.json")):
            if not file.is_file():
                raise SettingError(f"There is no file {file}.", next_step="Give the path of a voice, ….onnx.")
        progress(f"The voice {path.stem} is loaded.", None)
        from piper import PiperVoice, SynthesisConfig

        self._config = SynthesisConfig
        self._piper = PiperVoice.load(path)
        self._lock = threading.Lock()  # its espeak-ng is one for the process
        self._speakers: dict[str, int] = dict(self._piper.config.speaker_id_map or {})
        self.voices: tuple[str, ...] = tuple(self._speakers) or (path.stem,)
        language = str(self._piper.config.espeak_voice).partition("-")[0]
        self.languages: tuple[str, ...] = (language,)
        self.notice = _notice(path)
        self._voice = self._known(voice or self.voices[0])

    def session(self) -> Piper:
        """It holds nothing of a session."""
        return self

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text``, breath by breath, with estimated times.

        Raises:
            SettingError: There is no such speaker.
        """
        speaker = self._speakers.get(self._known(voice or self._voice))
        scale = self._piper.config.length_scale / min(max(speed, _SLOWEST), _FASTEST)
        config = self._config(speaker_id=speaker, length_scale=scale, volume=_VOLUME)
        rate: int = self._piper.config.sample_rate
        begun_ms = 0.0
        for at, written, spoken in self._breaths(text):
            with self._lock:
                heard: list[Pcm] = [
                    chunk.audio_int16_array for chunk in self._piper.synthesize(spoken, config)
                ]
            if not heard:
                continue
            pcm = np.concatenate(heard)
            words = tuple(
                replace(word, start=at + word.start, end=at + word.end, at_ms=begun_ms + word.at_ms)
                for word in estimate(written, pcm, rate)
            )
            begun_ms += len(pcm) * 1000 / rate
            yield AudioChunk(pcm.tobytes(), rate, words)

    def _known(self, voice: str) -> str:
        if voice not in self.voices:
            raise SettingError(f"There is no voice {shown(voice)}; there are {', '.join(self.voices)}.")
        return voice

    def _breaths(self, text: str) -> Iterator[tuple[int, str, str]]:
        """(place, what is written, what is said); in other languages than English that is the same."""
        if self.languages != ("en",):
            yield from ((at, piece, piece) for at, piece in pieces(text) if any(c.isalnum() for c in piece))
            return
        spoken = [word for word in said(text) if any(character.isalnum() for character in word.text)]
        for words in breaths(spoken, _FIRST_CHARACTERS, _MOST_CHARACTERS):
            start, end = words[0].start, words[-1].end
            yield start, text[start:end], " ".join(word.text for word in words)


def _notice(path: Path) -> str | None:
    """What the card beside a voice, or its name, tells of where it comes from."""
    card = path.parent / "MODEL_CARD"
    told = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    if _LESSAC not in told.lower() and not any(name in path.stem.lower() for name in _FROM_LESSAC):
        return None
    return f"The voice {path.stem} comes from that of Lessac, whose recordings are for research only."
