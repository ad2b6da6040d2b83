"""The voice of espeak-ng, from the wheel ``espeakng-loader`` (extra ``local``).

The library is GPL-3-or-later: it is not part of this package and is loaded in the stage process only. It is
one global engine per process, used under a lock; it renders a sentence some 900 times faster than it is
spoken, so a piece of text is rendered whole and only handed out chunk by chunk.
"""

from __future__ import annotations

import ctypes as c
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from voice_widget.engine.stages.contracts import AudioChunk, Pcm, Word
from voice_widget.engine.stages.languages import base
from voice_widget.errors import EngineError, SettingError
from voice_widget.realtime.sound.resampling import Resampler

_RATE = 24000
_CHUNK_MS = 50
_WORDS_PER_MINUTE = 165
_SLOWEST, _FASTEST = 80, 450  # what espeak takes
# About ten seconds: rendering cannot be cancelled and holds the lock, so it stays around 10 ms.
_PIECE_CHARACTERS = 160

_SYNCHRONOUS, _NO_EXIT = 2, 0x8000
_EVENT_WORD = 1
_UTF8 = 1
_IPA = 2

_VOICES = """
en-us en-us+f3 en-us+m3 en-us+f4 en-us+m7 en-gb en-gb+f3 en-gb-x-rp en-gb-scotland
de es es-419 fr it nl pl pt pt-br ru sv tr uk cmn hi ja
"""
# Languages whose file has another name than the language.
_FILES = {"en-gb": "en", "fr-fr": "fr"}


class _Id(c.Union):
    _fields_: ClassVar = [("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8)]


class _Event(c.Structure):
    _fields_: ClassVar = [
        ("type", c.c_int),
        ("uid", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    ]


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


class Espeak:
    """The library itself: one per process.

    Raises:
        ImportError: The wheel is not installed.
        EngineError: The library does not start.
    """

    lock = threading.RLock()
    _library: ClassVar[Any] = None
    _voices: ClassVar[frozenset[str]] = frozenset()
    _variants: ClassVar[frozenset[str]] = frozenset()
    rate: ClassVar[int] = 0

    def __init__(self) -> None:
        with self.lock:
            if Espeak._library is None:
                Espeak._library = self._load()

    @staticmethod
    def _load() -> Any:
        import espeakng_loader

        library = c.CDLL(espeakng_loader.get_library_path())
        data = Path(espeakng_loader.get_data_path())
        Espeak._voices = frozenset(p.name.lower() for p in (data / "lang").rglob("*") if p.is_file())
        Espeak._variants = frozenset(p.name for p in (data / "voices" / "!v").iterdir())
        Espeak.rate = library.espeak_Initialize(_SYNCHRONOUS, 50, str(data.parent).encode(), _NO_EXIT)
        if Espeak.rate <= 0:
            raise EngineError("espeak-ng does not start.")
        library.espeak_SetSynthCallback.argtypes = [_Callback]
        library.espeak_Synth.argtypes = [
            *(c.c_char_p, c.c_size_t, c.c_uint, c.c_int),
            *(c.c_uint, c.c_uint, c.c_void_p, c.c_void_p),
        ]
        library.espeak_TextToPhonemes.argtypes = [c.POINTER(c.c_char_p), c.c_int, c.c_int]
        library.espeak_TextToPhonemes.restype = c.c_char_p
        return library

    def render(self, text: str, voice: str, wpm: int) -> tuple[Pcm, list[tuple[int, int]]]:
        """The audio of ``text`` and its word marks: (place in the text, sample)."""
        audio: list[bytes] = []
        marks: list[tuple[int, int]] = []

        def take(wav: Any, samples: int, events: Any) -> int:
            at = 0
            while events and events[at].type:
                if events[at].type == _EVENT_WORD:
                    marks.append((events[at].text_position - 1, events[at].sample))
                at += 1
            if wav and samples:
                audio.append(c.string_at(wav, samples * 2))
            return 0

        callback = _Callback(take)
        raw = text.replace("\0", " ").encode()
        with self.lock:
            self._choose(voice)
            self._library.espeak_SetParameter(1, wpm, 0)
            self._library.espeak_SetSynthCallback(callback)
            self._library.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, _UTF8, None, None)
        return np.frombuffer(b"".join(audio), np.int16), marks

    def phonemes(self, word: str, voice: str = "en-us") -> list[str]:
        """The IPA symbols of a word, one per sound."""
        place = c.c_char_p(word.encode())
        with self.lock:
            self._choose(voice)
            found: bytes = self._library.espeak_TextToPhonemes(c.byref(place), _UTF8, _IPA | ord("_") << 8)
        return [x for x in re.split(r"[_ ]", found.decode()) if x]

    def transcribe(self, clause: str, voice: str = "en-us") -> str:
        """The IPA of a text without stops inside, its words apart."""
        place = c.c_char_p(clause.replace("\0", " ").encode())
        found: list[bytes] = []
        with self.lock:
            self._choose(voice)
            while place.value:
                found.append(self._library.espeak_TextToPhonemes(c.byref(place), _UTF8, _IPA))
        return " ".join(part.decode() for part in found if part)

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that it speaks, without regions."""
        return tuple(sorted({base(voice) for voice in self._voices}))

    def voice_of(self, language: str) -> str | None:
        """The voice of a language, of its region where there is one; None: there is none."""
        exact = language.lower().replace("_", "-")
        if exact in self._voices or exact in _FILES:
            return exact
        found = sorted(voice for voice in self._voices if base(voice) == base(language))
        return min(found, key=len, default=None)

    def _choose(self, voice: str) -> None:
        base, plus, variant = voice.partition("+")
        base = _FILES.get(base, base)
        # The library takes an unknown variant for none, and a name for the path of a file.
        known = base.lower() in self._voices and (not plus or variant in self._variants)
        if not known or self._library.espeak_SetVoiceByName(f"{base}{plus}{variant}".encode()):
            raise SettingError(f"There is no voice {voice!r}. Take one such as en-us, en-gb+f3 or de.")


class EspeakTts:
    """Speaks with espeak-ng: robotic, at once, in a hundred languages, with exact word times.

    The first of its voices, which speaks where none is asked for, gives way to one of the session's language.
    """

    voices = tuple(_VOICES.split())

    def __init__(self) -> None:
        self._espeak = Espeak()
        self.languages = self._espeak.languages
        self._first = self.voices[0]

    def speak_in(self, language: str) -> None:
        """What the session speaks; English that says no region is American."""
        own = None if language.lower() in ("", "en") else self._espeak.voice_of(language)
        self._first = own or self.voices[0]

    def synthesize(self, text: str, *, voice: str | None, speed: float = 1.0) -> Iterator[AudioChunk]:
        """The speech of ``text`` in chunks of 50 ms at 24 kHz.

        Raises:
            SettingError: There is no such voice.
        """
        name = self._first if voice in (None, "", self.voices[0]) else voice
        resample = Resampler(self._espeak.rate, _RATE)
        wpm = round(min(max(_WORDS_PER_MINUTE * speed, _SLOWEST), _FASTEST))
        step = self._espeak.rate * _CHUNK_MS // 1000
        begun = 0
        for offset, piece in pieces(text):
            pcm, marks = self._espeak.render(piece, name, wpm)
            words = _words(piece, offset, marks)
            for at in range(0, len(pcm), step):
                end = min(at + step, len(pcm))
                spoken = [words.pop(0) for _ in range(sum(sample < end for _, sample in words))]
                yield AudioChunk(
                    resample(pcm[at:end]).tobytes(),
                    _RATE,
                    tuple(
                        Word(a, b, (begun + sample) * 1000 / self._espeak.rate) for (a, b), sample in spoken
                    ),
                )
            begun += len(pcm)
        if begun:
            yield AudioChunk(resample.flush().tobytes(), _RATE)


def pieces(text: str, most: int = _PIECE_CHARACTERS) -> Iterator[tuple[int, str]]:
    """Cut a long text where a speaker would pause: (place, piece).

    Example:
        >>> list(pieces("One. Two three.", 6))
        [(0, 'One. '), (5, 'Two '), (9, 'three.')]
    """
    at = 0
    while at < len(text):
        piece = text[at : at + most]
        if at + most < len(text):
            cuts = [m.end() for m in re.finditer(r"[.!?;:]+\s+", piece)] or [
                m.end() for m in re.finditer(r",?\s+", piece)
            ]
            piece = piece[: cuts[-1]] if cuts else piece
        yield at, piece
        at += len(piece)


def _words(piece: str, offset: int, marks: list[tuple[int, int]]) -> list[tuple[tuple[int, int], int]]:
    """One mark per written word, the first: espeak gives several for ``42.5`` and odd lengths."""
    written = [(m.start(), m.end()) for m in re.finditer(r"\S+", piece)]
    found: list[tuple[tuple[int, int], int]] = []
    last = -1
    for place, sample in marks:
        number = next((n for n, (a, b) in enumerate(written) if a <= place < b), last)
        if number > last:
            last = number
            a, b = written[number]
            found.append(((offset + a, offset + b), sample))
    return found
