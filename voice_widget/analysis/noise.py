"""When a side sounds over a room's noise: band by band, against what the room gives there. Pure.

The page's ear (`recording.voiced`) asks for 12 dB above the noise, and so finds only the loudest vowels of
speech that is 10 dB louder than its room. Who has all of a recording can do better: here each of seven bands
is held against the noise that it has in the seconds around. Speech is sparse: in some band it stands out long
before it does in all of them. What the noise is, is measured on itself: how loud each band of it is near by,
and how much that scatters. Beside a voice that is far above it, more is asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording.voiced import Stretch, joined

HOP = RATE // 200
_SIZE = 2 * HOP
_EDGES = (1, 4, 8, 15, 25, 40, 70, 110)  # of bands, in bins of 100 Hz
_WIDTHS = np.diff(_EDGES)
# A room's noise falls with the frequency: of the lowest bands one bin says nearly all, and the rest little.
_FREE = _WIDTHS / 2 * np.array([0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.0])
_KERNEL = np.ones(5) / 5
_SECTION = RATE // HOP // 2  # half a second
_AROUND = 7  # so many of them before one, and behind it
_SHARE = 0.2
_QUANTILE = 0.1
# By so much the mean power of noise is above that quantile of its smoothed power, by band.
_BIAS = np.array([1.87, 1.69, 1.51, 1.40, 1.31, 1.21, 1.18])
_LOUD = 7.0
_SOFT = 2.4
_START = 3
_FADE = 20
_PAUSE = 40
_EDGE = HOP // 2
_ROUNDS = 4
_UNSURE = 0.4
_MARGIN = 10
_ROOT = 0.5
_HELD = 0.6  # of it, to be heard: a voice is softest where it begins and ends
_VOICE = 0.75
_PART = 50  # a quarter of a second
_BELOW = 0.1587  # of a normal distribution lies more than its spread below its middle
_WINDOW = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
# From the power of a frame in one half of its spectrum to its mean square, of full scale.
_MEAN_SQUARE = 2 / (_SIZE * float(np.sum(_WINDOW**2)) * 32768**2)
_QUIET = 10 ** (-50 / 10) / _MEAN_SQUARE  # as for the page's ear: less is silence
_LEAST = 10 ** (-80 / 10) / _MEAN_SQUARE / len(_WIDTHS)  # of a room that is digital silence
Bands = NDArray[np.float32]


class Spectra:
    """From a side's samples, some at a time, to the power in its bands every 5 ms."""

    def __init__(self) -> None:
        self._rest: Pcm = np.zeros(0, np.int16)
        self._found: list[Bands] = []

    def push(self, pcm: Pcm) -> None:
        """What follows."""
        pcm = np.concatenate([self._rest, pcm])
        count = max(0, len(pcm) // HOP - 1)
        self._rest = pcm[count * HOP :]
        if count:
            frames = sliding_window_view(pcm[: (count + 1) * HOP], _SIZE)[::HOP] * _WINDOW
            spectrum = np.fft.rfft(frames, axis=1)
            power = spectrum.real**2 + spectrum.imag**2
            self._found.append(
                np.add.reduceat(power[:, : _EDGES[-1]], _EDGES[:-1], axis=1).astype(np.float32)
            )

    def end(self) -> Bands:
        """There is no more: a row per 5 ms, a column per band."""
        return np.concatenate(self._found) if self._found else np.zeros((0, len(_WIDTHS)), np.float32)


def floor(bands: Bands) -> Any:
    """The mean power of the noise in each band, by half seconds.

    Of the least of the four seconds before and of the four behind the louder one: noise that begins, or that
    ends with a channel that is muted, is noise from its first moment to its last. Speech has pauses.
    """
    smooth = np.stack(
        [np.convolve(column, _KERNEL, mode="same")[: len(column)] for column in bands.T], axis=1
    )
    sections = max(1, len(bands) // _SECTION)
    parts = smooth[: sections * _SECTION].reshape(sections, -1, bands.shape[1])
    lowest = np.quantile(parts, _QUANTILE, axis=1)
    around = np.pad(lowest, ((_AROUND, _AROUND), (0, 0)), constant_values=0.0)
    least = sliding_window_view(around, _AROUND + 1, axis=0).min(axis=-1)
    return np.maximum(np.maximum(least[:sections], least[_AROUND:]) * _BIAS, _LEAST)


def is_loud(bands: Bands, room_db: float) -> bool:
    """Whether the room is louder than so many dB of full scale in a fifth of the time, or more."""
    if len(bands) < len(_KERNEL):
        return False
    power = floor(bands).sum(axis=1) * _MEAN_SQUARE
    return bool(np.mean(power > 10 ** (room_db / 10)) >= _SHARE)


def room(bands: Bands) -> tuple[Any, Any]:
    """What the noise is: its mean power in each band, every 5 ms, and how many values of it are free.

    Both are measured where nobody seems to speak, and this again with what it says, some times: the power as
    the median of each quarter of a second, in a line over speech; the freedom of a band by the spread of
    its logarithms around that. Noise that fills a band in part, hums or swells, is less free, and says less.
    """
    logs = np.log(np.maximum(bands, _LEAST))
    sections = np.minimum(np.arange(len(bands)) // _SECTION, max(1, len(bands) // _SECTION) - 1)
    mean, free = np.log(floor(bands))[sections], np.minimum(_FREE, _UNSURE)
    for _ in range(_ROUNDS):
        gain = smoothed(_evidence(logs - mean, free))
        quiet = ~_wide(gain >= max(_SOFT, _between(gain)), _MARGIN)
        if np.count_nonzero(quiet) < _PART:
            break
        middle = _medians(logs, quiet)
        # What is digital silence has no spread.
        rest = np.where(logs > np.log(_LEAST), logs - middle, np.nan)[quiet]
        below = np.array([_spread(column[~np.isnan(column)]) for column in rest.T])
        # Of a power of n free values the cube root is nearly normal (Wilson and Hilferty 1931).
        falls = np.maximum(1 - np.exp(below / 3), 1e-3)
        root = (np.sqrt(1 + 4 * falls**2) - 1) / (2 * falls)
        free = np.minimum(_FREE, 1 / (3 * root) ** 2)
        mean = np.maximum(middle - 3 * np.log(1 - root**2), np.log(_LEAST))
    return mean, free


def _spread(rest: Any) -> float:
    return float(np.quantile(rest, _BELOW)) if len(rest) >= _PART else 0.0


def _medians(logs: Any, quiet: Any) -> Any:
    """The median of each band in each quarter of a second that has enough quiet, and a line between."""
    places, found = [], []
    for at in range(0, len(logs), _PART):
        part = logs[at : at + _PART][quiet[at : at + _PART]]
        if len(part) >= _PART // 3:
            places.append(at + float(np.flatnonzero(quiet[at : at + _PART]).mean()))
            found.append(np.median(part, axis=0))
    if not found:
        return np.broadcast_to(np.median(logs[quiet], axis=0), logs.shape)
    rows = np.arange(len(logs))
    return np.stack([np.interp(rows, places, column) for column in np.array(found).T], axis=1)


def smoothed(gain: Any) -> Any:
    """The mean of each three."""
    return np.convolve(gain, np.ones(3) / 3, mode="same")


def _between(gain: Any) -> float:
    """What lies between noise and voice: beside a loud voice what noise does as it swells is little."""
    loud = gain[gain >= _LOUD]
    return _ROOT * float(np.sqrt(np.quantile(loud, _VOICE))) if len(loud) else 0.0


def _wide(mask: Any, margin: int) -> Any:
    """A mask and so many places on either side of it."""
    return np.convolve(mask, np.ones(2 * margin + 1))[margin : margin + len(mask)] > 0


def _evidence(above: Any, free: Any) -> Any:
    above = np.maximum(above, 0.0)
    return (free * (np.exp(above) - 1 - above)).sum(axis=1)


def evidence(bands: Bands) -> Any:
    """How much each 5 ms speak for more than noise: the log-likelihood ratio of more power in each band."""
    mean, free = room(bands)
    return _evidence(np.log(np.maximum(bands, _LEAST)) - mean, free)


def stretches(bands: Bands) -> list[Stretch]:
    """From which sample to before which the side sounds, over the noise that is there."""
    if len(bands) < len(_KERNEL):
        return []
    smooth = smoothed(evidence(bands))
    asked = max(1.0, _HELD * _between(smooth) / _LOUD)
    audible = np.convolve(bands.sum(axis=1), _KERNEL[:3] / _KERNEL[:3].sum(), mode="same") >= _QUIET
    loud = _runs((smooth >= _LOUD * asked) & audible)
    loud = loud[loud[:, 1] - loud[:, 0] >= _START]
    # Speech fades: what goes on with less evidence, without a break, is still of it.
    soft = _runs((smooth >= _SOFT * asked) & audible)
    found = [
        (
            int(max(soft[np.searchsorted(soft[:, 0], start, side="right") - 1, 0], start - _FADE)),
            int(min(soft[np.searchsorted(soft[:, 1], end, side="left"), 1], end + _FADE)),
        )
        for start, end in loud
    ]
    # A frame speaks for the 10 ms around its middle, and the mean of three for its neighbours too; but the
    # first and last of what is spoken is often too soft to be told from noise.
    places = [(start * HOP + _SIZE - _EDGE, end * HOP - HOP + _EDGE) for start, end in found]
    return joined(places, _PAUSE * HOP)


def _runs(mask: Any) -> Any:
    """Where a mask is true: a row of first and behind the last for each run."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges).reshape(-1, 2)
