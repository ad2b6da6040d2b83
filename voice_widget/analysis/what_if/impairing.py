"""A worse line or a worse room for one side of a recording: the same each time, however it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voice_widget.analysis.hearing import voiced
from voice_widget.analysis.spans import Span
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.sound import Sound, Stereo, blocks
from voice_widget.recording.voiced import Stretch, within

Floats = NDArray[np.float64]
PACKET = RATE // 50
"""Lines lose 20 ms at a time."""
_PART = RATE  # chance is drawn for so many samples at once, by their place
_FULL = 32768.0
_NOISE, _LOSS = 1, 2  # so that neither's chance is the other's


@dataclass(frozen=True)
class Impairment:
    """What is done, in this order.

    Attributes:
        second: Another voice, as samples, again and again.
        second_gain: By how much it is multiplied.
        noise: The root mean square of white noise.
        gain: By how much all of it is multiplied.
        limit: Samples are cut off beyond that.
        loss: The share of packets that are silent.
        delay: So many samples later.
        seed: Which chance.
        step: So many impairments came before: each has chance of its own, as has each side.
        holes: From which sample to before which its sound was lost: there still is none.
    """

    second: NDArray[np.int16] | None = None
    second_gain: float = 0.0
    noise: float = 0.0
    gain: float = 1.0
    limit: float = _FULL
    loss: float = 0.0
    delay: int = 0
    seed: int = 0
    step: int = 0
    holes: Sequence[Stretch] = ()


class Impaired:
    """Sound of which one side is impaired.

    Args:
        sound: The sound.
        column: Which side.
        impairment: What is done to it.
    """

    def __init__(self, sound: Sound, column: int, impairment: Impairment) -> None:
        self._sound, self._column, self._impairment = sound, column, impairment
        self.samples = sound.samples + impairment.delay

    @cached_property
    def clean(self) -> Sound:
        """The same, only later: what was said before noise was added."""
        under: Sound = getattr(self._sound, "clean", self._sound)
        delay = self._impairment.delay
        return Impaired(under, self._column, Impairment(delay=delay)) if delay else under

    @cached_property
    def voice(self) -> Sound:
        """The voice alone, as loud and as distorted as here: without noise and lost packets."""
        under: Sound = getattr(self._sound, "voice", self._sound)
        kept = replace(self._impairment, second=None, second_gain=0.0, noise=0.0, loss=0.0)
        return Impaired(under, self._column, kept)

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``."""
        does, stop = self._impairment, max(start, stop)
        result = self._sound.read(start, stop)
        first, last = max(0, start - does.delay), max(0, stop - does.delay)
        side = np.zeros(stop - start, np.int16)
        if first < last:
            side[len(side) - (last - first) :] = self._side(first, last)
        result[:, self._column] = side
        return result

    def _side(self, start: int, stop: int) -> NDArray[np.int16]:
        does = self._impairment
        # What lies behind the end of the sound is silence, with its noise.
        heard = self._sound.read(start, stop)[:, self._column].astype(np.float64)
        if does.second is not None:
            heard += does.second_gain * does.second[np.arange(start, stop) % len(does.second)]
        if does.noise:
            heard += does.noise * self._chance(_NOISE, start, stop)
        heard = np.clip(heard * does.gain, -does.limit, does.limit)
        if does.loss:
            heard[self._lost(start, stop)] = 0.0
        for first, last in within(does.holes, start, stop):
            heard[first - start : last - start] = 0.0
        rounded: NDArray[np.int16] = np.clip(np.rint(heard), -_FULL, _FULL - 1).astype(np.int16)
        return rounded

    def _chance(self, kind: int, start: int, stop: int) -> Floats:
        parts = []
        for part in range(start // _PART, -(-stop // _PART)):
            drawn = self._drawing(kind, part).standard_normal(_PART)
            parts.append(drawn[max(0, start - part * _PART) : stop - part * _PART])
        return np.concatenate(parts) if parts else np.zeros(0)

    def _drawing(self, kind: int, part: int) -> np.random.Generator:
        """Where chance begins for a part: of each side and of each impairment another one."""
        does = self._impairment
        return np.random.default_rng((does.seed, kind, part, does.step * len(SIDES) + self._column))

    def _lost(self, start: int, stop: int) -> NDArray[np.bool_]:
        packets = np.arange(start, stop) // PACKET
        first, behind = start // PACKET, (stop - 1) // PACKET + 1 if stop > start else start // PACKET
        per_part = _PART // PACKET
        lost = np.concatenate(
            [
                self._drawing(_LOSS, part).random(per_part) < self._impairment.loss
                for part in range(first // per_part, -(-behind // per_part))
            ]
            or [np.zeros(0, bool)]
        )
        found: NDArray[np.bool_] = lost[packets - first // per_part * per_part]
        return found


def clean(sound: Sound) -> Sound:
    """The sound before anything was done to it."""
    found: Sound = getattr(sound, "clean", sound)
    return found


def clean_level(sound: Sound, column: int) -> float:
    """How loud a side is while it sounds: the root mean square, of 32,768; 0 if it never does.

    When it sounds is heard as `measures` hears it. Of sound that was impaired already the voice counts, as
    loud as it is by now, and not its noise.
    """
    # When it sounds is known from before: what is soft by now is still the voice.
    sounds = [samples(span) for span in voiced(clean(sound), SIDES[column])]
    voice: Sound = getattr(sound, "voice", sound)
    squares, count, start = 0.0, 0, 0
    for block in blocks(voice):
        for first, last in within(sounds, start, start + len(block)):
            pcm = block[first - start : last - start, column]
            squares += float(np.square(pcm, dtype=np.float64).sum())
            count += last - first
        start += len(block)
    return float(np.sqrt(squares / count)) if count else 0.0


def samples(span: Span) -> Stretch:
    """Milliseconds as samples."""
    return round(span[0] * RATE / 1000), round(span[1] * RATE / 1000)


class Mono:
    """Samples of one voice as a sound, to measure it.

    Args:
        pcm: The samples.
    """

    def __init__(self, pcm: NDArray[np.int16]) -> None:
        self.samples, self._pcm = len(pcm), pcm

    def read(self, start: int, stop: int) -> Stereo:
        """The samples from ``start`` to before ``stop``, on both sides."""
        return np.repeat(self._pcm[start:stop, np.newaxis], 2, axis=1)
