"""What may be done to a side of a talk, checked, and the recording that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voice_widget.analysis.hearing import unknown
from voice_widget.analysis.numeric import number, whole
from voice_widget.analysis.what_if.impairing import Impaired, Impairment, Mono, clean_level, samples
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.delays import later
from voice_widget.recording.levels import levels
from voice_widget.recording.record import Record
from voice_widget.recording.sound import Sound
from voice_widget.recording.tables import TABLES, from_rows
from voice_widget.recording.timeline import Piece
from voice_widget.tables.columns import Kept

if TYPE_CHECKING:
    import pandas as pd

_LIMITS: Mapping[str, tuple[float, float]] = {
    "noise_db": (-60.0, 100.0),
    "gain_db": (-100.0, 100.0),
    "clip": (0.0, 1.0),
    "loss": (0.0, 1.0),
    "delay_ms": (0.0, 60_000.0),
    "second_voice_db": (-60.0, 100.0),
}


class Voice(Protocol):
    """A talk, of which the user's voice is taken."""

    @property
    def sound(self) -> Sound: ...  # noqa: D102


def impaired(
    record: Record,
    sound: Sound,
    side: Side,
    seed: int,
    second_voice: Voice | NDArray[Any] | None,
    numbers: Mapping[str, float | None],
) -> Record:
    """A recording of which one side is impaired; see `Supposable.impaired`."""
    column = _column(side)
    if whole(seed, 0) is None:
        raise SettingError(f"`seed` is a whole number from 0, not {shown(seed)}.")
    seed = int(seed)
    given = {name: _number(name, value) for name, value in numbers.items() if value is not None}
    if "delay_ms" in given:  # rows, which go with it, are in whole milliseconds
        given["delay_ms"] = float(round(given["delay_ms"]))
    second = None if second_voice is None else _second(second_voice)
    if second is None and set(given) <= {"second_voice_db"}:
        raise SettingError("Nothing is to be done to the sound.", next_step="Give noise_db=10, or another.")
    holes = [samples(span) for span in unknown(record.pieces, side)]
    before = record.manifest.get("impaired")
    steps = before if isinstance(before, list) else []
    does = Impairment(
        gain=10 ** (given.get("gain_db", 0.0) / 20),
        limit=32768.0 * given.get("clip", 1.0),
        loss=given.get("loss", 0.0),
        delay=round(given.get("delay_ms", 0.0) * RATE / 1000),
        seed=seed,
        step=len(steps),
        holes=holes,
    )
    if second is not None or "noise_db" in given:
        own = clean_level(sound, column)
        if not own:
            raise SettingError(
                f"The {side}'s channel is silent: there is no voice against which noise has a level.",
                next_step="Look at the other side.",
            )
        if "noise_db" in given:
            does = replace(does, noise=own * 10 ** (-given["noise_db"] / 20))
        if second is not None:
            given.setdefault("second_voice_db", 0.0)
            gain = own * 10 ** (-given["second_voice_db"] / 20) / _second_level(second)
            does = replace(does, second=second, second_gain=gain)
    heard = does.noise > 0 or does.second is not None
    told = {"side": side, **given, "seed": seed}
    manifest = {**record.manifest, "impaired": [*steps, told]}
    result = Impaired(sound, column, does)
    manifest["samples"] = result.samples
    pieces = _filled(record.pieces, side) if heard else record.pieces
    made = replace(
        record,
        folder=None,
        manifest=manifest,
        sound=result,
        pieces=_later(pieces, side, does.delay, result.samples),
        stored=None,
    )
    if record.whole and len(made.rows) == len(record.rows):
        return made
    # Where events are missing only what stands there is known; but how loud turns are is heard anew.
    loud = levels(later(record.rows, made.delays), made.sounded, result)
    stored = [{**cells, "level_db": loud.get(cells["item_id"])} for cells in record.stored or ()]
    return replace(made, stored=stored)


def tables(record: Record, table: Callable[[str], pd.DataFrame]) -> dict[str, Kept]:
    """The tables of an impaired recording that its events cannot give, as they stood there.

    Args:
        record: The recording.
        table: Gives those of the talk as it was.
    """
    if record.stored is None:
        return {}
    found = {"transcript": from_rows("transcript", record.stored)}
    found |= {name: table(name) for name in TABLES if name not in ("transcript", "recording")}
    result = {name: Kept() for name in found}
    for name, kept in result.items():
        kept.table(None, partial(found.__getitem__, name))
    return result


def _column(side: object) -> int:
    if side not in SIDES:
        raise SettingError(
            f"There is no side {shown(side)}.", next_step='Give side="user" or side="assistant".'
        )
    return SIDES.index(side)


def _number(name: str, value: object) -> float:
    least, most = _LIMITS[name]
    found = number(value)
    if not least <= found <= most or (name == "clip" and found == 0):
        above = "above 0 and up to 1" if name == "clip" else f"from {least:g} to {most:g}"
        raise SettingError(f"{name} is a number {above}, not {shown(value)}.")
    return found


def _second(voice: Voice | NDArray[Any]) -> NDArray[np.int16]:
    if isinstance(voice, np.ndarray):
        pcm = voice
        if pcm.ndim != 1 or not (pcm.dtype == np.int16 or np.issubdtype(pcm.dtype, np.floating)):
            raise SettingError(
                f"The second voice is an array of the shape {pcm.shape} and the type {pcm.dtype}.",
                next_step="Give one channel of 24 kHz: int16, or floats from -1 to 1.",
            )
        if pcm.dtype != np.int16:
            pcm = np.clip(np.rint(np.nan_to_num(pcm) * 32767), -32768, 32767).astype(np.int16)
    elif hasattr(voice, "sound"):
        pcm = voice.sound.read(0, voice.sound.samples)[:, SIDES.index("user")]
    else:
        raise SettingError(
            f"The second voice is a talk or an array of samples, not {shown(voice)}.",
            next_step="Give Talk.example(), or one channel of 24 kHz.",
        )
    pcm = np.ascontiguousarray(pcm)
    if not _second_level(pcm):
        raise SettingError("The second voice is silent.", next_step="Give one that speaks.")
    return pcm


def _second_level(pcm: NDArray[np.int16]) -> float:
    """How loud it is while it sounds; of what never stops, as a crowd or music, how loud it is."""
    squares = np.square(pcm.astype(np.float64))
    return clean_level(Mono(pcm), 0) or (float(np.sqrt(squares.mean())) if len(pcm) else 0.0)


def _filled(pieces: Sequence[Piece], side: Side) -> list[Piece]:
    """Where nothing was sent, for nobody spoke, something is to be heard now; what was lost stays so."""
    return [
        replace(piece, kind="sound")
        if piece.side == side and piece.kind == "gap" and piece.reason is None
        else piece
        for piece in pieces
    ]


def _later(pieces: Sequence[Piece], side: Side, delay: int, samples: int) -> list[Piece]:
    """The timeline of both sides, where one begins later: without holes, up to the same end."""
    if not delay:
        return list(pieces)
    found: list[Piece] = []
    for each in SIDES:
        own = [piece for piece in pieces if piece.side == each]
        if each == side:
            own = [
                Piece(each, 0, delay, "gap"),
                *(replace(piece, start=piece.start + delay) for piece in own),
            ]
        end = max((piece.end for piece in own), default=0)
        found += own
        if end < samples:
            found.append(Piece(each, end, samples - end, "gap"))
    return found
