"""Talks whose true times are known to the sample: speech cut out of the example, placed by hand.

Truth comes from the clean clips alone: each is cut so that it begins and ends with a sample of speech, and
around it there is digital silence; then noise is added. No code under test has a part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tests.analysis.made import InMemory
from voice_widget import Talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import SIDES, Row, Side
from voice_widget.recording.record import Record
from voice_widget.recording.saving import manifest
from voice_widget.recording.sound import Stereo
from voice_widget.recording.timeline import Piece
from voice_widget.tables.columns import frame
from voice_widget.tables.schema import TableName, dtypes

BEGAN = 1_700_000_000.0
LEVEL = 32768 * 10 ** (-20 / 20)  # the root mean square of a clip
Pcm = NDArray[np.int16]
Noise = Literal["white", "pink", "brown", "voices", "hum", "telephone", "wideband", "swelling", "cars"]
SHAPED = ("pink", "brown", "telephone", "wideband", "cars")
"""Noise that is made by its spectrum."""
_SPEECH: Mapping[Side, tuple[tuple[int, int], ...]] = {  # where the example has speech, in milliseconds
    "user": ((120, 2250), (4700, 6700)),
    "assistant": ((3010, 4690), (7430, 10500)),
}


@cache
def _example() -> Stereo:
    talk = Talk.example()
    return talk.sound.read(0, talk.samples)


def clip(side: Side, rng: np.random.Generator, ms: tuple[int, int] = (500, 1600)) -> Pcm:
    """Some speech of a side. Its first and last three blocks of 10 ms are at most 12 dB below its level."""
    spans = _SPEECH[side]
    first, last = spans[rng.integers(len(spans))]
    length = min(int(rng.integers(*ms)), last - first - 1)
    start = int(rng.integers(first, last - length))
    pcm = _example()[start * 24 : (start + length) * 24, SIDES.index(side)].astype(np.float64)
    blocks = pcm[: len(pcm) // 240 * 240].reshape(-1, 240)
    levels = np.sqrt(np.mean(blocks**2, axis=1))
    loud = levels >= 10 ** (-12 / 20) * np.sqrt(np.mean(pcm**2))
    three = np.flatnonzero(loud[:-2] & loud[1:-1] & loud[2:])
    cut = pcm[three[0] * 240 : (three[-1] + 3) * 240]
    return np.round(cut * LEVEL / np.sqrt(np.mean(cut**2))).clip(-32768, 32767).astype(np.int16)


class Made(Talk):
    """A talk with tables of the test's."""

    def __init__(self, record: Record, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        super().__init__(record)
        self._given = tables

    def _made(self, name: str) -> Any:
        if name in self._given:
            return frame(self._given[name], dtypes(cast(TableName, name)))
        return super()._made(name)


@dataclass
class Script:
    """A talk in the making, and its truth: from when until when each turn sounds, in milliseconds."""

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    padded: bool = True  # rows as services tell them: 300 ms early, 200 ms late
    truth: dict[int, tuple[Side, float, float]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    sounds: list[tuple[Side, int, Pcm]] = field(default_factory=list)
    holes: list[Piece] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    end_ms: float = 0.0

    def sound(self, side: Side, at_ms: float, pcm: Pcm) -> tuple[float, float]:
        """Sound without a row."""
        start = round(at_ms * RATE / 1000)
        self.sounds.append((side, start, pcm))
        ends = (start + len(pcm)) * 1000 / RATE
        self.end_ms = max(self.end_ms, ends)
        return start * 1000 / RATE, ends

    def turn(
        self, side: Side, at_ms: float, pcm: Pcm | None = None, text: str = "so it is", **row: Any
    ) -> int:
        """A turn at a moment."""
        pcm = clip(side, self.rng) if pcm is None else pcm
        start, end = self.sound(side, at_ms, pcm)
        pad = (300, 200) if self.padded else (0, 0)
        times = {"start_ms": max(0, round(start - pad[0])), "end_ms": round(end + pad[1])}
        seq = self.row(side, text, **times | row)
        self.truth[seq] = (side, start, end)
        return seq

    def row(self, side: Side, text: str, **more: Any) -> int:
        """A row without sound."""
        seq = len(self.rows) + 1
        row: dict[str, Any] = dict.fromkeys(Row.__annotations__)
        row |= {"seq": seq, "item_id": f"{side}_{seq}", "role": side, "text": text, "status": "completed"}
        row |= {"interrupted": False, "source": "speech", "call_id": "c", "images": 0}
        row |= {"arrived_at": iso(BEGAN), "time_source": "samples", **more}
        if row["start_ms"] is not None:
            row["started_at"] = iso(BEGAN + row["start_ms"] / 1000)
        self.rows.append(cast(Row, row))
        return seq

    def samples(self, snr: float | None = None, seed: int = 7, *, kind: Noise = "white") -> Stereo:
        """Both sides' sound, with so many dB between speech and a noise."""
        whole = np.zeros((round((self.end_ms + 1000) * RATE / 1000), 2))
        for side, start, pcm in self.sounds:
            whole[start : start + len(pcm), SIDES.index(side)] += pcm
        if snr is not None:
            whole += noise(kind, whole.shape, seed) * LEVEL * 10 ** (-snr / 20)
        return np.round(whole).clip(-32768, 32767).astype(np.int16)

    def talk(self, snr: float | None = None, *, sound: Stereo | None = None, silent: bool = False) -> Talk:
        """The talk; ``silent``: without sound."""
        samples = self.samples(snr) if sound is None else sound
        for hole in self.holes:
            samples[hole.start : hole.end, SIDES.index(hole.side)] = 0
        pieces: list[Piece] = []
        for side in SIDES:
            at = 0
            for hole in sorted((x for x in self.holes if x.side == side), key=lambda x: x.start):
                pieces += [Piece(side, at, hole.start - at, "sound", None, "c"), hole]
                at = hole.end
            pieces.append(Piece(side, at, len(samples) - at, "sound", None, "c"))
        facts = {
            "created_at": iso(BEGAN),
            "ended_at": iso(BEGAN + len(samples) / RATE),
            "state": "ended",
            "service": "test",
            "samples": len(samples),
            "calls": [{"call_id": "c", "offset_ms": 0}],
        }
        record = Record(
            None,
            manifest(facts),
            list,
            [] if silent else pieces,
            None if silent else InMemory(samples),
            stored=[dict(row) for row in self.rows],
        )
        return Made(record, self.tables)

    def lost(self, side: Side, start_ms: float, end_ms: float, kind: Any = "gap") -> None:
        """No sound of a side between two moments."""
        start, end = round(start_ms * RATE / 1000), round(end_ms * RATE / 1000)
        self.holes.append(Piece(side, start, end - start, kind, "dropped" if kind == "gap" else None, "c"))


def noise(kind: Noise, shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """So much noise of a power of 1: pink as in rooms, brown as from traffic, voices, a mains' hum.

    Telephone and wideband end at 3400 and 7200 Hz; swelling goes up and down by a fifth each second; cars are
    brown noise that comes up by 10 dB every twelve seconds.
    """
    if kind in SHAPED and (longer := quick_length(shape[0])) > shape[0]:
        return noise(kind, (longer, *shape[1:]), seed)[: shape[0]]
    chance = np.random.default_rng(seed)
    if kind == "hum":
        at = 2 * np.pi * 50 * np.arange(shape[0]) / RATE
        found = np.stack([sum(np.sin(at * n + n) / n for n in range(1, 9))] * 2, axis=1)
    elif kind == "voices":
        found = np.zeros(shape)
        for column in (0, 1):
            for number in range(8):
                said = [clip(SIDES[number % 2], chance) for _ in range(shape[0] // (RATE // 4))]
                found[:, column] += np.concatenate(said)[: shape[0]]
    elif kind in ("telephone", "wideband"):
        spectrum = np.fft.rfft(chance.normal(0, 1, shape), axis=0)
        spectrum[(3400 if kind == "telephone" else 7200) * shape[0] // RATE :] = 0
        found = np.fft.irfft(spectrum, shape[0], axis=0)
    elif kind == "swelling":
        found = chance.normal(0, 1, shape)
        found *= 1 + 0.2 * np.sin(2 * np.pi * np.arange(shape[0]) / RATE)[:, None]
    elif kind == "cars":
        at = np.arange(shape[0]) / RATE
        near = sum(np.exp(-(((at - middle) / 3) ** 2)) for middle in np.arange(4, at[-1], 12))
        found = coloured(chance.normal(0, 1, shape), 1.0)
        return found / np.std(found) * (0.3 + 0.7 * near)[:, None]  # 1 is the loudest of it
    else:
        found = chance.normal(0, 1, shape)
        found = found if kind == "white" else coloured(found, 0.5 if kind == "pink" else 1.0)
    return found / np.std(found)


def quick_length(samples: int) -> int:
    """The next product of twos, threes and fives: a spectrum of another length takes ten times as long."""
    found = 1 << (samples - 1).bit_length()
    fives = 1
    while fives < found:
        part = fives
        while part < found:
            found = min(found, part << (-(-samples // part) - 1).bit_length())
            part *= 3
        fives *= 5
    return found


def pinked(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pink noise of white, as loud: its power falls by 3 dB an octave."""
    return coloured(white, 0.5)


def coloured(white: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    """Noise whose amplitude falls with that power of the frequency; of brown noise from 20 Hz on."""
    spectrum = np.fft.rfft(white, axis=0)
    places = np.arange(1, len(spectrum))
    lowest = 1.0 if slope < 1 else 20 * len(white) / RATE
    spectrum[1:] /= (np.maximum(places, lowest) ** slope)[:, None]
    spectrum[0] = 0
    found = np.fft.irfft(spectrum, len(white), axis=0)
    return found * (np.std(white) / np.std(found))


def exchanges(
    count: int, offsets_ms: Sequence[float], seed: int = 1, ms: tuple[int, int] = (500, 1600)
) -> Script:
    """So many turns of each side in turn; the floor passes with these offsets, over and over."""
    script = Script(np.random.default_rng(seed))
    at, number = 500.0, 0
    for _ in range(count):
        for side in SIDES:
            seq = script.turn(side, at, clip(side, script.rng, ms))
            number += 1
            at = script.truth[seq][2] + offsets_ms[number % len(offsets_ms)]
    return script
