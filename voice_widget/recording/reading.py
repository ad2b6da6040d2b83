"""What is in a folder: read as far as it can be, and what is wrong with it by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from voice_widget.errors import RecordingError
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording import folder as files
from voice_widget.recording import parquet
from voice_widget.recording.folder import AS_PCM, EVENTS, MANIFEST, PCM, PIECES, SCHEMA
from voice_widget.recording.manifests import completed
from voice_widget.recording.record import Record
from voice_widget.recording.sound import FILES, CodedSound, PcmSound, Sound, WavSound
from voice_widget.recording.tables import TABLES, fits, row_of
from voice_widget.recording.timeline import CUT, Piece, settled, tiles
from voice_widget.recording.unplaced import unplaced
from voice_widget.tables.event_log import Line


def read_record(folder: Path, *, left: bool = False) -> Record:
    """Read a folder.

    Args:
        folder: The folder.
        left: Who recorded it has left it: if somebody holds it now, that is who reads it.

    Raises:
        RecordingError: It holds no recording (``not_a_recording``), or one of a later version
            (``newer_schema``).
    """
    try:
        return _read(folder, left=left)
    except OSError as error:
        raise files.unread(folder, error) from None


def _read(folder: Path, *, left: bool) -> Record:
    problems: list[RecordingError] = []
    manifest = _manifest(folder, problems)
    ended = manifest["state"] == "ended"
    running = not (ended or left) and files.held(folder)
    placed = settled(_pieces(folder, problems, ended=ended))
    if not placed and (ended or not (folder / PIECES).is_file()):
        sounded = manifest["samples"] if manifest["sound"] is not None else 0
        placed = unplaced(folder, read_table(folder, "recording") or (), sounded)
        if placed:
            problems.append(_half(f"{PIECES} is missing or empty", "the sound is read all the same"))
    samples = manifest["samples"] if ended else max((piece.end for piece in placed), default=0)
    pieces = tiles(placed, samples)
    sound = _sound(folder, manifest, samples, pieces, problems, ended=ended)
    cut = not ended and not running
    if cut:
        pieces = _cut(pieces, samples)
    _events_are_whole(folder, manifest, problems, ended=ended)
    stored = _stored(folder, manifest, problems) if ended else None
    _tables_are_whole(folder, manifest, problems)
    return Record(
        folder,
        manifest,
        partial(read_events, folder),
        pieces,
        sound,
        running,
        cut or manifest["cut"],
        tuple(problems),
        stored,
    )


def read_events(folder: Path) -> list[Line]:
    """The events of a folder that can be read. Where their lines are gone, Parquet may have them."""
    path = (folder / EVENTS).with_suffix(".parquet")
    if (folder / EVENTS).is_file() or not path.is_file():
        return list(read_lines(folder / EVENTS))
    return [line for cells in parquet.rows(path) if (line := files.event_of(cells)) is not None]


def read_lines(path: Path) -> Iterator[Line]:
    """The events of a file that can be read."""
    if path.is_file():
        for text, _ in files.lines(path):
            line = files.read_event(text)
            if line is not None:
                yield line


def _manifest(folder: Path, problems: list[RecordingError]) -> dict[str, Any]:
    found: Any = None
    why = ""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = str(error)
    if not isinstance(found, dict) and not (folder / EVENTS).is_file():
        raise RecordingError(
            f"{folder} holds no recorded talk: neither {MANIFEST} nor {EVENTS} in it can be read.",
            code="not_a_recording",
            next_step="Give the folder into which a talk was recorded or saved.",
        )
    schema = found.get("schema") if isinstance(found, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise RecordingError(
            f"{folder} was written by a later version of voice_widget: its schema is {schema}, and the last "
            f"one known here is {SCHEMA}. Its sound and its tables (JSON lines) open in other programs.",
            code="newer_schema",
            next_step="pip install --upgrade voice-widget",
        )
    if not isinstance(found, dict):
        problems.append(_half(f"{MANIFEST} is missing or broken ({why})", "sound and events are read"))
        first = next(read_lines(folder / EVENTS), None)
        found = {} if first is None else {"created_at": iso(first.at)}
    if not isinstance(found.get("state"), str):
        found |= _as_it_lies(folder)
    return completed(found)


def _as_it_lies(folder: Path) -> dict[str, Any]:
    """What files say of a recording where nothing else does: sound is in one file since its end."""
    there = [name for name in FILES.values() if (folder / name).is_file()]
    if not there or any((folder / name).is_file() for name in PCM.values()):
        return {}
    samples = max((piece.end for piece in settled(_pieces(folder, [], ended=True))), default=0)
    return {"state": "ended", "sound": there[0], "samples": samples}


def _pieces(folder: Path, problems: list[RecordingError], *, ended: bool) -> Iterator[Piece]:
    path, broken = folder / PIECES, 0
    if not path.is_file():
        return
    for text, whole in files.lines(path):
        piece = files.read_piece(text)
        if piece is not None:
            yield piece
        else:
            broken += whole or ended
    if broken:
        problems.append(_half(f"{broken} lines of {PIECES} cannot be read", "the rest is"))


def _sound(
    folder: Path,
    manifest: dict[str, Any],
    samples: int,
    pieces: list[Piece],
    problems: list[RecordingError],
    *,
    ended: bool,
) -> Sound | None:
    told = manifest["sound"]
    if not samples or (ended and not isinstance(told, str)):
        return None
    path = folder / str(told)
    sound: Sound
    if not ended or told == AS_PCM:
        sound = PcmSound(folder, samples)
        # Behind the last sound of a side there may only be silence, which nobody has written.
        missing = max((piece.end for piece in pieces if piece.kind == "sound"), default=0) - sound.there
    elif not path.is_file():
        problems.append(
            RecordingError(
                f"The sound of {folder} is missing: there is no {told}. The tables are read.",
                code="sound_missing",
                next_step=f"Put {told} back into the folder.",
            )
        )
        return None
    else:
        size = manifest["sound_bytes"]
        broken = isinstance(size, int) and path.stat().st_size < size
        try:
            sound = WavSound(path) if path.suffix == ".wav" else CodedSound(path, samples, broken=broken)
        except RecordingError as error:
            problems.append(error)
            return None
        missing = max(samples - sound.samples, int(broken))
    if missing > 0:
        problems.append(
            RecordingError(
                f"The sound of {folder} is not whole. What is missing at its end is silence.",
                code="sound_shorter",
                next_step="Look for another copy of it.",
            )
        )
    sound.samples = samples
    return sound


def _cut(pieces: list[Piece], samples: int) -> list[Piece]:
    """The end of each side is marked: there nobody has written what came."""
    result: list[Piece] = []
    for side in SIDES:
        own = [piece for piece in pieces if piece.side == side]
        start = samples
        if own and own[-1].kind == "gap" and own[-1].reason is None:
            start = own.pop().start
        result += [*own, Piece(side, start, samples - start, "gap", CUT)]
    return result


def _events_are_whole(
    folder: Path, manifest: dict[str, Any], problems: list[RecordingError], *, ended: bool
) -> None:
    path = folder / EVENTS
    if not path.is_file():
        problems.append(
            _half(f"{EVENTS} is missing", "rows and sound are read" if ended else "the sound is read")
        )
    elif not ended:
        broken = sum(whole and files.read_event(text) is None for text, whole in files.lines(path))
        if broken:
            problems.append(_half(f"{broken} lines of {EVENTS} cannot be read", "the rest is"))
    elif isinstance(manifest["events"], int):
        with path.open("rb") as file:
            count = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        if count != manifest["events"]:
            problems.append(_disagree(f"{EVENTS} has {count} lines, and {manifest['events']} were written"))


def _stored(
    folder: Path, manifest: dict[str, Any], problems: list[RecordingError]
) -> list[dict[str, Any]] | None:
    """The lines of the transcript; None: they are not all there, or not those that were written."""
    name = "transcript.jsonl"
    wanted = manifest["tables"].get("transcript")
    if wanted is None and manifest["sound"] == AS_PCM:
        return None  # its process was ended before they were written
    found = read_table(folder, "transcript")
    if found is None:
        problems.append(_disagree(f"{name} is missing or cannot be read"))
        return None
    if isinstance(wanted, int) and len(found) != wanted:
        problems.append(_disagree(f"{name} has {len(found)} rows, and {wanted} were written"))
        return None
    if [row_of(cells) and cells["seq"] for cells in found] != list(range(1, len(found) + 1)):
        problems.append(_disagree(f"the rows of {name} are not those of one talk"))
        return None
    return found


def _tables_are_whole(folder: Path, manifest: dict[str, Any], problems: list[RecordingError]) -> None:
    """The other tables: they are read when they are asked for."""
    for name, wanted in manifest["tables"].items():
        if name in TABLES and name != "transcript":
            path = folder / f"{name}.jsonl"
            count = sum(1 for _ in files.lines(path)) if path.is_file() else None
            if count != wanted:
                there = "is missing" if count is None else f"has {count} rows, and {wanted} were written"
                problems.append(_disagree(f"{path.name} {there}"))


def read_table(folder: Path, name: str) -> list[dict[str, Any]] | None:
    """The lines of a table; None: it is not there, or one of them cannot be read, or is none of it."""
    path = folder / f"{name}.jsonl"
    found: list[dict[str, Any]] = []
    if not path.is_file():
        return None
    for text, _ in files.lines(path):
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(cells, dict) or not fits(name, cells):
            return None
        found.append(cells)
    return found


def _half(what: str, rest: str) -> RecordingError:
    return RecordingError(
        f"The folder is half written: {what}; {rest}.",
        code="half_written",
        next_step="Look for another copy of it.",
    )


def _disagree(what: str) -> RecordingError:
    return RecordingError(
        f"The tables of the folder disagree: {what}. Tables are made of the events that are there.",
        code="tables_disagree",
        next_step="Look for another copy of it, or save the talk again as it is read.",
    )
