"""Writes a recording as it stays: the sound in one file, each table as lines, the manifest last."""

from __future__ import annotations

import contextlib
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import voice_widget
from voice_widget.realtime.state.clock import iso
from voice_widget.recording import folder as files
from voice_widget.recording import parquet
from voice_widget.recording.folder import EVENTS, LABELS, LABELS_LOCK, LOCK, MANIFEST, PCM, PIECES, SCHEME
from voice_widget.recording.manifests import completed
from voice_widget.recording.reading import read_record
from voice_widget.recording.record import Record
from voice_widget.recording.sound import FILES, Form, Sound, checked, write
from voice_widget.recording.tables import TABLES, Source, as_lines
from voice_widget.recording.timeline import Piece
from voice_widget.tables.event_log import Line
from voice_widget.tables.events import events_frame
from voice_widget.tables.schema import TABLES as SCHEMA_TABLES

if TYPE_CHECKING:
    import pandas as pd

_SOFTWARE = ("aiohttp", "aiortc", "anywidget", "av", "ipywidgets", "numpy", "openai", "pandas", "pyarrow")
OURS = {
    *(MANIFEST, EVENTS, PIECES, LOCK, LABELS, SCHEME, LABELS_LOCK, *PCM.values(), *FILES.values()),
    *(f"{name}.{end}" for name in SCHEMA_TABLES for end in ("jsonl", "parquet")),
}
"""What a talk's folder is made of."""


def manifest(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a recording that begins.

    Args:
        facts: What is known of it: service, model, settings, consent …
    """
    software = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _SOFTWARE:
        with contextlib.suppress(PackageNotFoundError):
            software[name] = version(name)
    return completed({"voice_widget": voice_widget.__version__, "software": software, **facts})


def finish(folder: Path, manifest: dict[str, Any], form: Form | None) -> None:
    """Give what was recorded into a folder the form in which it stays.

    A kernel that ends has few seconds: first is noted that nothing is missing, and that takes none. Who is
    stopped later leaves the sound as it was recorded, and no tables.

    Args:
        folder: The folder.
        manifest: What is said of it; how it ended is written there.
        form: The form of its sound.
    """
    record = read_record(folder)
    write_pieces(folder, record.pieces)
    sound = None if record.sound is None else files.AS_PCM
    manifest.update(events=len(record.lines), sound=sound, state="ended")
    files.write_manifest(folder, manifest)
    name = write(record.sound, folder, form).name if record.sound is not None else None
    _close(folder, manifest, record, tables(record, sources(record)), name)
    for pcm in PCM.values():
        (folder / pcm).unlink(missing_ok=True)


def save(
    record: Record,
    made: Mapping[str, pd.DataFrame],
    folder: Path,
    form: Form | None,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write a recording into a new folder, with these tables, and other files that go with it.

    Raises:
        StateError: There is something in the folder (``folder_taken``).
        RecordingError: It cannot be written (``recording_failed``).
    """
    form = checked(form)
    files.prepare(folder)
    try:
        lock = files.Lock(folder)
        try:
            write_events(folder, record.lines)
            write_pieces(folder, record.pieces)
            for file, text in (beside or {}).items():
                files.write_whole(folder / file, text)
            name = _sound(record, folder, form)
            told = {
                **record.manifest,
                "cut": record.cut,
                "samples": 0 if record.sound is None else record.sound.samples,
            }
            told["ended_at"] = told["ended_at"] or iso(time.time())
            _close(folder, told, record, made, name)
        except BaseException:
            with contextlib.suppress(OSError):
                empty(folder)  # half a talk would be in the way of the next try
            raise
        finally:
            lock.release()
    except OSError as error:
        raise files.unchanged(folder, error) from None


def sources(record: Record) -> Source:
    """What the tables of a recording are made of."""
    return Source(record.replayed.records, record.replayed.uses, record.pieces, lambda: record.levels)


def tables(record: Record, source: Source) -> dict[str, pd.DataFrame]:
    """All tables of a recording."""
    return {name: table.make(source) for name, table in TABLES.items()}


def write_events(folder: Path, lines: Sequence[Line]) -> None:
    """The events, in place of those that are there."""
    with files.in_place_of(folder / EVENTS) as half, half.open("wb") as file:
        file.writelines(map(files.event_line, lines))


def write_pieces(folder: Path, pieces: Sequence[Piece]) -> None:
    """The pieces, in place of those that are there."""
    files.write_whole(folder / PIECES, "".join(files.piece_line(piece).decode() for piece in pieces))


def write_tables(folder: Path, made: Mapping[str, pd.DataFrame], lines: Sequence[Line]) -> dict[str, int]:
    """Each table as JSON lines, and with the events as Parquet if pyarrow is installed.

    Gives how many rows each has.
    """
    for name, table in made.items():
        files.write_whole(folder / f"{name}.jsonl", as_lines(table))
    for name in SCHEMA_TABLES:
        path = folder / f"{name}.parquet"
        if not parquet.installed():
            path.unlink(missing_ok=True)  # it would say what it said before
            continue
        with files.in_place_of(path) as half:
            parquet.write(made[name] if name in made else events_frame(lines), name, half)
    return {name: len(table) for name, table in made.items()}


def tidy(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Delete what is left of writing that was stopped: sound in another form, and halves of files."""
    sound = manifest["sound"] if manifest["state"] == "ended" else files.AS_PCM
    kept = {*PCM.values()} if sound == files.AS_PCM else {sound}
    for path in folder.iterdir():
        half = path.suffix == files.PART and path.stem in OURS - {LABELS, SCHEME}  # somebody may write them
        if half or (path.name in (*PCM.values(), *FILES.values()) and path.name not in kept):
            path.unlink(missing_ok=True)


def delete(folder: Path) -> tuple[str, ...]:
    """Delete a recording. Gives what else is in its folder, which stays.

    Raises:
        StateError: Somebody writes it (``folder_taken``).
        RecordingError: It cannot be written (``recording_failed``).
    """
    if files.held(folder):
        raise files.busy(folder)
    try:
        if folder.is_dir():
            empty(folder)
        left = tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()
    except OSError as error:
        raise files.unchanged(folder, error) from None
    if not left:
        shutil.rmtree(folder, ignore_errors=True)
    return left


def empty(folder: Path) -> None:
    """Delete all that is ours in a folder."""
    for path in list(folder.iterdir()):
        if path.name.removesuffix(files.PART) in OURS:
            path.unlink(missing_ok=True)


def _close(
    folder: Path,
    manifest: dict[str, Any],
    record: Record,
    made: Mapping[str, pd.DataFrame],
    sound: str | None,
) -> None:
    manifest["tables"] = write_tables(folder, made, record.lines)
    manifest["events"] = len(record.lines)
    manifest["sound"] = sound
    manifest["sound_bytes"] = None if sound is None else (folder / sound).stat().st_size
    manifest["state"] = "ended"
    files.write_manifest(folder, manifest)


def _sound(record: Record, folder: Path, form: Form) -> str | None:
    if record.sound is None:
        return None
    there = None if record.folder is None else record.folder / FILES[form]
    if there is not None and record.manifest["sound"] == there.name and there.is_file():
        with files.in_place_of(folder / there.name) as half:
            shutil.copyfile(there, half)
        return there.name
    return write(record.sound, folder, form).name


class Silenced:
    """Sound with silence in some places.

    Args:
        sound: The sound.
        ranges: From which sample to before which.
    """

    def __init__(self, sound: Sound, ranges: Sequence[tuple[int, int]]) -> None:
        self.samples, self._sound, self._ranges = sound.samples, sound, ranges

    def read(self, start: int, stop: int) -> Any:
        """The samples from ``start`` to before ``stop``."""
        result = self._sound.read(start, stop)
        for first, last in self._ranges:
            result[max(first - start, 0) : max(last - start, 0)] = 0
        return result
