"""Takes a turn out of a folder: its words out of the events, its sound out of both channels."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_widget.errors import RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES, Row
from voice_widget.recording import folder as files
from voice_widget.recording import labels, saving
from voice_widget.recording.delays import delays, later
from voice_widget.recording.folder import EVENTS, PCM
from voice_widget.recording.levels import levels, sounding
from voice_widget.recording.reading import read_lines, read_record, read_table
from voice_widget.recording.record import Record, seconds
from voice_widget.recording.redaction import Blanking, blank, blank_tools, note, stretch, turn_of
from voice_widget.recording.replay import replay
from voice_widget.recording.sound import FILES, write
from voice_widget.recording.tables import TABLES, from_rows
from voice_widget.recording.timeline import Piece, tiles
from voice_widget.recording.utterances import offsets
from voice_widget.tables.arrow import arrow
from voice_widget.tables.event_log import EventLog

if TYPE_CHECKING:
    import pandas as pd

Hide = Callable[[str | None, int, int], list[Piece]]
"""Takes a stretch out of a call's timeline, also what of it is still to come: the call, from when to when."""


def redact_running(folder: Path, seq: int, manifest: dict[str, Any], samples: int, hide: Hide) -> list[Piece]:
    """Take a turn out of a folder that is being recorded, by whoever records it.

    The event that says so (`redaction.note`) comes after it, as all others do.

    Args:
        folder: The folder; nothing is written to its events meanwhile.
        seq: The turn.
        manifest: What is said of it; that a turn was redacted is noted there.
        samples: How long the timeline is.
        hide: Takes its stretch out; times are the call's own.

    Returns:
        What is to be noted of its timeline.

    Raises:
        RecordingError: It cannot be written (``recording_failed``).
    """
    lines = list(read_lines(folder / EVENTS))
    found = replay(lines)
    rows, row = found.rows, turn_of(found.rows, seq, found.session.unfinished)
    left = list(map(Blanking(row, found.session, lines), lines))
    call = row["call_id"]
    zeros = {each["call_id"]: each["offset_ms"] for each in manifest["calls"]}
    zero = round(zeros.get(call) or 0)
    there = stretch(rows, row, {call: zero}, samples * 1000 // RATE + 1)
    pieces = [] if there is None else hide(call, there[0] - zero, there[1] - zero)
    try:
        labels.blank(folder, row["seq"], there)
        for piece in pieces:
            _silence(folder, piece)
        saving.write_events(folder, left)
    except OSError as error:
        raise _unfinished(folder, seq, error) from None
    _told(manifest, row["seq"])
    return pieces


def redact_ended(folder: Path, seq: int) -> tuple[str, ...]:
    """Take a turn out of a folder that nobody records any more. Gives what of the folder that does not reach.

    Raises:
        SettingError: There is no such turn (``unknown_turn``).
        StateError: It runs (``turn_runs``), or somebody writes the folder (``folder_taken``).
        RecordingError: It cannot be written (``recording_failed``).
        MissingParts: Its events are left as Parquet alone, and pyarrow is not installed.
    """
    try:
        lock = files.Lock(folder)
        try:
            return _redact_ended(read_record(folder, left=True), seq)
        finally:
            lock.release()
    except OSError as error:
        raise _unfinished(folder, seq, error) from None


def _redact_ended(record: Record, seq: int) -> tuple[str, ...]:
    folder, manifest = record.folder, dict(record.manifest)
    assert folder is not None
    rows, whole = record.rows, record.whole
    if not rows and not whole:
        raise _unknown(folder)
    if not (folder / EVENTS).is_file() and (folder / EVENTS).with_suffix(".parquet").is_file():
        arrow()  # else they would be deleted, since they cannot be written
    row = turn_of(rows, seq)
    left = list(map(Blanking(row, record.replayed.session, record.lines), record.lines))
    saving.tidy(folder, manifest)
    samples = max((piece.end for piece in record.pieces), default=0)
    there = _there(rows, row, manifest, samples)
    silent = _pieces(row, there, samples)
    labels.blank(folder, row["seq"], there)
    _told(manifest, row["seq"])
    # The sound first: stopped in between, nothing is left that the rest does not say any more.
    if record.sound is not None and silent:
        quiet = saving.Silenced(record.sound, [(piece.start, piece.end) for piece in silent])
        if manifest["state"] == "ended" and manifest["sound"] != files.AS_PCM:
            form = next(form for form, name in FILES.items() if name == manifest["sound"])
            manifest["sound_bytes"] = write(quiet, folder, form).stat().st_size
        else:
            for piece in silent:
                _silence(folder, piece)
    log = EventLog()
    log.add(note(row), "local", time.time(), row["call_id"])
    left += log.lines()
    kept = replace(record, read_lines=lambda: left, pieces=tiles([*record.pieces, *silent], samples))
    events = (folder / EVENTS).is_file()
    if events:  # not anew: nobody would know then that they are missing
        saving.write_events(folder, left)
    saving.write_pieces(folder, kept.pieces)
    if manifest["state"] == "ended":
        source = saving.sources(kept)._replace(levels=lambda: _levels(record, kept))
        made = saving.tables(kept, source)
        if not whole and record.stored is not None:
            made |= _blanked(record, row)
        manifest["tables"] = saving.write_tables(folder, made, left)
        if whole:
            manifest["events"] = len(left)
        elif events:
            manifest["events"] += 1  # as many are missing as were before
    files.write_manifest(folder, manifest)
    sound = None if record.sound is not None else manifest["sound"]
    return () if not isinstance(sound, str) else (f"the sound, as {sound} cannot be read",)


def _levels(before: Record, after: Record) -> Mapping[str, float]:
    """How loud turns are: where nothing was redacted as they were, though the sound was coded again."""
    rows = later(after.replayed.rows, after.delays)
    changed = [row for row in rows if sounding(row, before.sounded) != sounding(row, after.sounded)]
    left = dict(before.levels)
    for row in changed:
        left.pop(row["item_id"], None)
    return left if after.sound is None else left | levels(changed, after.sounded, after.sound)


def _blanked(record: Record, row: Row) -> dict[str, pd.DataFrame]:
    """The tables as they stand, where events do not say it all, without what was said in a turn."""
    assert record.folder is not None
    made: dict[str, pd.DataFrame] = {}
    for name in TABLES.keys() - {"recording"}:
        stored = record.stored if name == "transcript" else read_table(record.folder, name)
        if stored is None:
            continue
        own = [cells.get("item_id") == row["item_id"] for cells in stored]
        if name == "transcript":
            stored = [
                {**cells, **blank(row), "level_db": None} if its else cells
                for its, cells in zip(own, stored, strict=True)
            ]
        elif name == "tool_calls":
            stored = blank_tools(stored, record.rows, row)
        elif name == "words":
            stored = [cells for its, cells in zip(own, stored, strict=True) if not its]
        made[name] = from_rows(name, stored)
    return made


def _unfinished(folder: Path, seq: int, error: OSError) -> RecordingError:
    told = files.unchanged(folder, error)
    return RecordingError(
        f"{told.message} Turn {seq} may still be there.",
        code=told.code,
        next_step="Make room, or let yourself write it, and redact it again.",
    )


def _unknown(folder: Path) -> RecordingError:
    return RecordingError(
        f"Nobody knows any more what the turns in {folder} were: neither {EVENTS} nor transcript.jsonl can "
        "be read. Nothing was taken out.",
        code="half_written",
        next_step="Look for another copy of them, or delete the recording.",
    )


def _silence(folder: Path, piece: Piece) -> None:
    with (folder / PCM[piece.side]).open("r+b") as file:
        # No further than the file goes: what follows is silence anyway, until something is written there.
        end = min(2 * piece.end, file.seek(0, os.SEEK_END))
        file.seek(2 * piece.start)
        file.write(bytes(max(0, end - 2 * piece.start)))


def _there(
    rows: Sequence[Row], row: Row, manifest: Mapping[str, Any], samples: int
) -> tuple[int, int] | None:
    known = offsets(rows, manifest["calls"], seconds(manifest["created_at"]) or 0.0)
    whole = samples * 1000 // RATE + 1
    delayed = delays(manifest)
    rows, [row] = later(rows, delayed), later([row], delayed)
    return stretch(rows, row, {call: round(offset) for call, offset in known.items()}, whole)


def _pieces(row: Row, there: tuple[int, int] | None, samples: int) -> list[Piece]:
    if there is None:
        return []
    start, end = (min(ms * RATE // 1000, samples) for ms in there)
    return [
        Piece(side, start, end - start, "redacted", None, row["call_id"]) for side in SIDES if end > start
    ]


def _told(manifest: dict[str, Any], seq: int) -> None:
    manifest["redacted"] = sorted({*manifest["redacted"], seq})
