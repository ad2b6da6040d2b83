"""Tells the answer's own sound, which comes back by the microphone, from somebody who speaks.

A browser's echo cancellation needs a moment to learn the room, and where there is none an answer would
interrupt itself. What the microphone gives is looked for in what was played within the last seconds.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from voice_widget.engine.stages.contracts import Pcm
from voice_widget.realtime.sound.resampling import Resampler

SPOKEN_RATE = 24000
_WINDOW_MS = 256
# From when we reckon that it is played until it comes back: the network, a page's buffer, the room. With a
# page on a busy machine it was 0.8 to 1.2 s.
_REACH_MS = 2500
_JUST_NOW_MS = 1000
_MOST_AHEAD = 60 * SPOKEN_RATE * 2
# Low tones make any two voices alike.
_EMPHASIS = 0.7
# Measured with espeak and flite: echoes 12 dB down give 0.7 and more, in a living room and 30 dB down 0.3 to
# 0.7; who speaks over the answer gives 0.05, and seldom more than 0.3.
_ALIKE = 0.4
# A page's buffer stretches what it plays, or drops some: for a while the window has sound of two places. In
# Chromium on a busy machine its newer half gave 0.25 and more then, and both of them 0.65 together; a voice
# 12 dB above the echo leaves 0.1.
_SLIPPING, _BOTH = 0.2, 0.6
_LOUDEST = 0.7  # an echo is not as loud as what was played
_LEAST = 100.0  # the mean square of what counts as played


class Echo:
    """What is played, and whether the microphone hears it. For one thread, but for `says` and `playout`.

    Args:
        rate: Of the microphone's frames.

    Example:
        >>> voice = np.random.default_rng(0).normal(0, 3000, 24000).astype(np.int16)
        >>> echo = Echo(24000)
        >>> echo.says(voice.tobytes())
        >>> for at in range(2400, 12000, 240):
        ...     echo.hears(voice[at - 2400 : at - 2160] // 8)
        >>> echo.is_own()
        True
    """

    def __init__(self, rate: int) -> None:
        self._resample = Resampler(SPOKEN_RATE, rate)
        self._rate = rate
        self._lock = threading.Lock()
        self._ahead = bytearray()
        self._paused = False
        window = rate * _WINDOW_MS // 1000
        self._heard = np.zeros(window, np.float32)
        self._played = np.zeros(rate * _REACH_MS // 1000 + window, np.float32)
        self._in_reach = 0
        self._since_alike = len(self._played)

    def says(self, pcm: bytes) -> None:
        """This will be played after what is to be played already; PCM16 at 24 kHz, from any thread."""
        with self._lock:
            if len(self._ahead) < _MOST_AHEAD:
                self._ahead += pcm

    def playout(self, do: str) -> None:
        """What is played has to ``"stop"``, to ``"pause"``, or to ``"resume"``; from any thread."""
        with self._lock:
            self._paused = do == "pause"
            if do == "stop":
                self._ahead.clear()

    def hears(self, frame: Pcm) -> None:
        """The microphone's next frame; as much time goes on for what is played."""
        wanted = round(len(frame) * SPOKEN_RATE / self._rate) * 2
        with self._lock:
            piece = b"" if self._paused else bytes(self._ahead[:wanted])
            del self._ahead[: len(piece)]
        self._in_reach = len(self._played) if piece else max(0, self._in_reach - len(frame))
        self._heard = _shifted(self._heard, frame)
        self._since_alike += len(frame)
        if self._in_reach:
            played = np.frombuffer(piece.ljust(wanted, b"\0"), np.int16)
            self._played = _shifted(self._played, self._resample(played))

    def is_own(self) -> bool:
        """What the microphone has heard of late is mostly what was played."""
        if not self._in_reach:
            return False
        heard = self._heard[1:] - _EMPHASIS * self._heard[:-1]
        played = self._played[1:] - _EMPHASIS * self._played[:-1]
        if _likeness(heard, played) >= _ALIKE:
            self._since_alike = 0
            return True
        # Half a window is alike by chance more often: it counts where an echo was heard just now.
        if self._since_alike > self._rate * _JUST_NOW_MS // 1000:
            return False
        half = len(heard) // 2
        newer = _likeness(heard[half:], played)
        return newer >= _ALIKE or (newer >= _SLIPPING and newer + _likeness(heard[:half], played) >= _BOTH)


def _likeness(heard: NDArray[np.float32], played: NDArray[np.float32]) -> float:
    """How much of what was heard is some place of what was played, 0 to 1; 0 if it is too loud for that."""
    length = len(heard)
    size = 1 << (len(played) + length).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size))
    common = np.fft.irfft(spectrum, size)[: len(played) - length + 1]
    squares = np.concatenate(([0.0], np.cumsum(np.square(played, dtype=np.float64))))
    energy = squares[length:] - squares[:-length]
    place = int(np.argmax(np.where(energy > _LEAST * length, common**2 / np.maximum(energy, 1.0), 0.0)))
    if energy[place] <= _LEAST * length or common[place] > _LOUDEST * energy[place]:
        return 0.0
    return float(common[place] ** 2 / (energy[place] * max(float(heard @ heard), 1.0)))


def _shifted(kept: NDArray[np.float32], new: Pcm) -> NDArray[np.float32]:
    return np.concatenate((kept[len(new) :], new[-len(kept) :].astype(np.float32)))
