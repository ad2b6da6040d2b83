"""A recording on disk: its files, who writes it, and its lines.

Lines are appended as they happen, so that a process that is killed loses none; the manifest is replaced as a
whole, so that it is never half there.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from voice_widget.errors import RecordingError, SettingError, StateError, shown
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording.timeline import Kind, Piece, Placed
from voice_widget.tables.event_log import Line
from voice_widget.threads.one_thread import IN_BROWSER

SCHEMA = 1
MANIFEST, EVENTS, PIECES, LOCK = "manifest.json", "events.jsonl", "pieces.jsonl", "lock"
LABELS, SCHEME, LABELS_LOCK = "labels.jsonl", "scheme.json", "labels.lock"
PCM: Mapping[Side, str] = {"user": "user.pcm", "assistant": "assistant.pcm"}
AS_PCM = "pcm"
"""What the manifest calls sound that lies in the two files in which it was recorded."""
PART = ".part"
"""Ends the name of a file that is being written to take the place of another."""
PRIVATE, SHARED = 0o600, 0o666
"""Who may read a file: a recording is of people, what is exported is for others."""
LONGEST = 1 << 36
"""No recording has more samples than these of a month: a number beyond them is wrong."""
_KINDS = get_args(Kind)
_DIRECTIONS = ("received", "sent", "page", "local")
_EVENT = ', "event": '


def path_of(given: object, what: str = "A folder", example: str = "runs/p01") -> Path:
    """A path that a user gives, absolute.

    Args:
        given: What is to be one.
        what: What it is the path of, as an error begins.
        example: One that could be.

    Raises:
        SettingError: It is none.

    Example:
        >>> path_of("/tmp/../p01").as_posix()
        '/tmp/../p01'
    """
    with contextlib.suppress(Exception):  # it may be any object, with a text of its own
        path = os.fspath(given)  # type: ignore[call-overload]
        if isinstance(path, str) and path and "\0" not in path:
            return Path(str.__str__(path)).expanduser().absolute()
    raise SettingError(f"{what} is a path, not {shown(given)}.", next_step=f"Give one such as {example}.")


class Lock:
    """Says that a process writes a folder; it is let go with the process, however that ends.

    Args:
        folder: The folder.
        name: The file that is held.

    Raises:
        StateError: Another one writes it (``folder_taken``).
    """

    def __init__(self, folder: Path, name: str = LOCK) -> None:
        self._file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(self._file):
            os.close(self._file)
            raise busy(folder)

    def release(self) -> None:
        """Let it go."""
        if self._file >= 0:
            _unlock(self._file)  # a process that was forked meanwhile has the file open, and would hold it on
            os.close(self._file)
            self._file = -1


def held(folder: Path) -> bool:
    """Is there somebody who writes this folder?"""
    try:
        file = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)  # who looks at the same time is nobody who writes
    finally:
        os.close(file)


def _lock(file: int, *, shared: bool = False) -> bool:
    if sys.platform == "win32":
        import msvcrt

        with contextlib.suppress(OSError):
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            return True
        return False
    if IN_BROWSER:
        return True  # nobody else reaches its files
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return True
    return False


def _unlock(file: int) -> None:
    if sys.platform != "win32" and not IN_BROWSER:  # there no process is forked
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


def temporary() -> Path:
    """A folder of one's own, which nobody else on the computer can read."""
    return Path(tempfile.mkdtemp(prefix="voice_widget-"))


def goes_with(owner: object, folder: Path) -> weakref.finalize[[Path, int], Any]:
    """Delete a temporary folder once its owner is gone, or when what is given back is called.

    Only in this process: one that was forked has the owner too, and ends before it.
    """
    return weakref.finalize(owner, _remove, folder, os.getpid())


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path) -> None:
    """Make a folder to be written into.

    Raises:
        StateError: There is something in it (``folder_taken``).
        RecordingError: It cannot be made (``recording_failed``).
    """
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
        there = sorted(path.name for path in folder.iterdir())
    except FileExistsError:
        raise taken(folder, "it is a file") from None
    except OSError as error:
        raise refused(folder, error) from None
    if MANIFEST in there or EVENTS in there:
        raise taken(folder, "another widget writes it" if held(folder) else "another recording is in it")
    if there:
        raise taken(folder, f"there is something else in it, such as {there[0]}")


def taken(folder: Path, why: str) -> StateError:
    """That a folder is not to be written into."""
    return StateError(
        f"Nothing is recorded into {folder}: {why}.",
        code="folder_taken",
        next_step="Give a folder that is new or empty.",
    )


def busy(folder: Path) -> StateError:
    """That a folder is somebody else's at the moment."""
    return StateError(
        f"Nothing is changed in {folder}: another widget writes it.",
        code="folder_taken",
        next_step="Ask that widget, or close it first.",
    )


def refused(folder: Path, error: BaseException) -> RecordingError:
    """That nothing can be recorded into a folder."""
    return RecordingError(
        f"Nothing can be recorded into {folder}: {_why(error)}.", next_step=f"{_remedy(error)}."
    )


def failed(folder: Path, error: BaseException) -> RecordingError:
    """That recording into a folder came to an end."""
    if folder.is_dir():
        why, left = _why(error), f"{_remedy(error)}; voice_widget.read_talk gives what is there."
    else:
        why = "the folder was moved or deleted"
        left = "Record into another one; voice_widget.read_talk gives what was written, where it is now."
    return RecordingError(
        f"The recording into {folder} has stopped: {why}. The call goes on.", next_step=left
    )


def unchanged(folder: Path, error: BaseException) -> RecordingError:
    """That a folder could not be changed as it should be."""
    return RecordingError(
        f"{folder} cannot be written: {_why(error)}.",
        next_step="Make room, or let yourself write it, and try again.",
    )


def unread(folder: Path, error: BaseException) -> RecordingError:
    """That a folder cannot be read."""
    return RecordingError(
        f"{folder} cannot be read: {_why(error)}.",
        code="not_a_recording",
        next_step="Let yourself read it, or give the folder into which a talk was recorded or saved.",
    )


def _remedy(error: BaseException) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return "Record into another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Let yourself write it, or give another folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "Make room, or give another folder"
    return "Give another folder"


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def in_place_of(path: Path, mode: int = PRIVATE) -> Iterator[Path]:
    """A file to be written that takes the place of this one: at no time is there half of it.

    Args:
        path: The file.
        mode: Who may read it, as far as the process' umask leaves that: what is recorded, nobody else.
    """
    path = path.resolve() if path.is_symlink() else path  # what it leads to would stay as it was
    half = path.with_name(path.name + PART)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(half)  # one that was left has a mode of its own
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield half
        half.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # why it is not there is said by the error
            half.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Put a text in the place of a file, on the disk."""
    with (
        in_place_of(path, mode) as half,
        half.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file,
    ):
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Put it in the place of the one before. What is written is of this schema, whatever was read."""
    told = {**manifest, "schema": SCHEMA}
    write_whole(folder / MANIFEST, json.dumps(told, indent=1, ensure_ascii=False, default=str) + "\n")


def created_at(folder: Path) -> str | None:
    """When the recording began that lies there; None: there is none that says so."""
    with contextlib.suppress(OSError, ValueError, RecursionError, TypeError, KeyError):
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["created_at"]
        return found if isinstance(found, str) else None
    return None


def append(file: FileIO, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def write_placed(opened: Mapping[str, FileIO], placed: Iterable[Placed]) -> None:
    """Write pieces that have their place: the sound of each before its line, as what a line says is there."""
    lines = b""
    for piece, pcm in placed:
        if pcm is not None:
            append(opened[PIECES], lines)
            lines = b""
            file = opened[PCM[piece.side]]
            file.seek(2 * piece.start)
            append(file, np.ascontiguousarray(pcm, dtype="<i2").tobytes())
        # At once as many as there are: one of them may be no truth without the next.
        lines += piece_line(piece)
    append(opened[PIECES], lines)


def event_line(line: Line) -> bytes:
    """An event as it stands in the folder."""
    head: dict[str, Any] = {"at": line.at, "direction": line.direction, "type": line.type}
    head |= {"event_id": line.event_id, "call_id": line.call_id}
    text = json.dumps(head, ensure_ascii=False)[:-1] + _EVENT + line.event + "}\n"
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair: so JSON says it, too


def read_event(text: str) -> Line | None:
    """The same back; None: it is none."""
    found = _object(text)
    if found is None or not isinstance(found.get("event"), dict):
        return None
    at, direction, event_id, call_id = (found.get(x) for x in ("at", "direction", "event_id", "call_id"))
    if not isinstance(at, int | float) or isinstance(at, bool) or direction not in _DIRECTIONS:
        return None
    # To the letter as it was, if we wrote it: within a JSON text a quote has a stroke before it.
    _, ours, event = text.rstrip().rpartition("}")[0].partition(_EVENT)
    if not ours or "\\ud" in event or next(reversed(found)) != "event":
        event = json.dumps(found["event"], ensure_ascii=False)
    kind = found.get("type")
    return Line(
        float(at),
        cast(Any, direction),
        kind if isinstance(kind, str) else str(kind),
        event_id if isinstance(event_id, str) else None,
        event,
        call_id if isinstance(call_id, str) else None,
    )


def event_of(cells: Mapping[str, Any]) -> Line | None:
    """The same from a row of the table of events."""
    at, event = cells.get("at"), _object(str(cells.get("event")))
    if not isinstance(at, datetime) or event is None:
        return None
    told = read_event(json.dumps({**cells, "at": at.timestamp(), "event": event}))
    return None if told is None else told._replace(event=cells["event"])


def piece_line(piece: Piece) -> bytes:
    """A piece as it stands in the folder."""
    named = {"side": piece.side, "start": piece.start, "samples": piece.samples, "kind": piece.kind}
    return (json.dumps({**named, "reason": piece.reason, "call_id": piece.call_id}) + "\n").encode()


def read_piece(text: str) -> Piece | None:
    """The same back; None: it is none."""
    found = _object(text) or {}
    side, kind, start, samples = (found.get(x) for x in ("side", "kind", "start", "samples"))
    if side not in SIDES or kind not in _KINDS or type(start) is not int or type(samples) is not int:
        return None
    if max(start, 0) + samples > LONGEST:
        return None
    reason, call_id = found.get("reason"), found.get("call_id")
    return Piece(
        side,
        max(0, start),
        max(0, samples),
        cast(Kind, kind),
        reason if isinstance(reason, str) else None,
        call_id if isinstance(call_id, str) else None,
    )


def lines(path: Path) -> Iterator[tuple[str, bool]]:
    """The lines of a file, and whether each is whole: the end of its process may have cut the last one."""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield line.decode("utf-8", "replace"), line.endswith(b"\n")


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
