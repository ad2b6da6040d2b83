"""Labels as they lie beside a talk: one line each, written as a whole, and the scheme they were given by.

Several people may label one folder, also while the talk is recorded into it: it has a lock of its own.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard, cast

from voice_widget.errors import StateError
from voice_widget.realtime.state.records import SIDES, Side
from voice_widget.recording import folder as files
from voice_widget.recording.folder import LABELS, LABELS_LOCK, SCHEME

_PATIENCE_S = 10.0
_STORED = ("number", "code", "seq", "side", "start_ms", "end_ms", "coder", "labelled_at", "note")


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody said of a turn, or of a stretch of the recording.

    Attributes:
        number: Its own in this talk, from 1; it is not given again.
        code: What it says.
        coder: Who gave it.
        labelled_at: When it was given or changed last, in ISO 8601; None: nobody knows.
        seq: The turn; None: it is of a stretch.
        side: Whose sound is meant; None: both. Of a turn the turn says it.
        start_ms: Where it begins on the recording's timeline. Of a turn the turn says it.
        end_ms: Where it ends.
        note: What the coder wrote to it.
        start: The first sample; it is not stored, as the next two.
        end: The sample behind it.
        problem: Why it does not count.
    """

    number: int
    code: str
    coder: str
    labelled_at: str | None = None
    seq: int | None = None
    side: Side | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    note: str = ""
    start: int | None = None
    end: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a talk.

    Attributes:
        given: They, in the order of their numbers.
        scheme: The scheme as JSON has it; None: there is none.
        last: The highest number that was ever given.
        broken: Lines that cannot be read: they stay.
        scheme_broken: There is a scheme that cannot be read.
    """

    given: tuple[Label, ...] = ()
    scheme: Mapping[str, Any] | None = None
    last: int = 0
    broken: tuple[str, ...] = ()
    scheme_broken: bool = False


def read(folder: Path) -> Labels:
    """The labels that lie in a folder.

    Raises:
        OSError: They cannot be read.
    """
    given: list[Label] = []
    broken: list[str] = []
    last = 0
    if (folder / LABELS).is_file():
        for text, _ in files.lines(folder / LABELS):
            number, label = _read_label(text)
            last = max(last, number)
            if label is not None:
                given.append(label)
            elif not number:
                broken.append(text.rstrip("\n"))
    scheme = _read_scheme(folder / SCHEME) if (folder / SCHEME).is_file() else None
    own = _numbered(given, last)
    last = max([last, *(label.number for label in own)])
    return Labels(own, scheme, last, tuple(broken), scheme is None and (folder / SCHEME).is_file())


def _read_scheme(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def texts(labels: Labels) -> dict[str, str]:
    """The files that they are, by name."""
    lines = [_line(label) for label in labels.given]
    if labels.last > max((label.number for label in labels.given), default=0):
        lines.append(json.dumps({"number": labels.last}))  # it was taken back
    found = (
        {LABELS: "".join(f"{line}\n" for line in (*lines, *labels.broken))} if lines or labels.broken else {}
    )
    if labels.scheme is not None:
        found[SCHEME] = json.dumps(labels.scheme, ensure_ascii=False, indent=1) + "\n"
    return found


def change(folder: Path, changed: Callable[[Labels], Labels]) -> Labels:
    """Change the labels of a folder as they are now: what others have written meanwhile stays.

    Args:
        folder: The folder.
        changed: From what is there to what is to be there. If it raises, nothing is changed.

    Raises:
        StateError: Others write them, and do not come to an end (``folder_taken``).
        RecordingError: They cannot be written (``recording_failed``).
    """
    try:
        with _held(folder):
            before = read(folder)
            after = changed(before)
            written = texts(before)
            for name, text in texts(after).items():
                if written.pop(name, None) != text:
                    files.write_whole(folder / name, text)
            return after
    except OSError as error:
        raise files.unchanged(folder, error) from None


def blank(folder: Path, seq: int, stretch: tuple[int, int] | None) -> None:
    """Take the notes out of all labels of a turn, and of stretches that touch it: they may hold its words.

    With them go lines that cannot be read: nobody knows what they are of.

    Args:
        folder: The folder.
        seq: The turn.
        stretch: From when to when it sounded, on the recording's timeline in milliseconds, if that is known.

    Raises:
        OSError: They cannot be written.
    """
    half = folder / (LABELS + files.PART)
    if not (folder / LABELS).is_file() and not half.is_file():
        return
    with _held(folder):
        half.unlink(missing_ok=True)  # who was stopped while writing it left the notes there, too
        found = read(folder)
        given = tuple(replace(x, note="") if _touches(x, seq, stretch) else x for x in found.given)
        left = replace(found, given=given, broken=())
        if left != found:
            files.write_whole(folder / LABELS, texts(left).get(LABELS, ""))


def moved(labels: Labels, side: Side, by_ms: int) -> Labels:
    """Labels of a talk of which one side lies so much later: those of turns go with them by themselves."""

    def later(label: Label) -> Label:
        if label.seq is not None or label.side != side or label.start_ms is None or label.end_ms is None:
            return label
        return replace(label, start_ms=label.start_ms + by_ms, end_ms=label.end_ms + by_ms)

    return replace(labels, given=tuple(map(later, labels.given)))


def now() -> str:
    """This moment, as a label has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _touches(label: Label, seq: int, stretch: tuple[int, int] | None) -> bool:
    if label.seq is not None or stretch is None:
        return label.seq == seq
    assert label.start_ms is not None
    assert label.end_ms is not None
    return label.start_ms < stretch[1] and label.end_ms > stretch[0]


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Nobody else writes the labels meanwhile. To write them takes an instant: who comes second waits."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            lock = files.Lock(folder, LABELS_LOCK)
            break
        except StateError:
            if time.monotonic() > until:
                raise StateError(
                    f"The labels in {folder} are being written by somebody else, for long.",
                    code="folder_taken",
                    next_step="Try again, or end what writes them.",
                ) from None
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.release()


def _line(label: Label) -> str:
    cells = asdict(label)
    return json.dumps({name: cells[name] for name in _STORED}, ensure_ascii=False)


def _read_label(text: str) -> tuple[int, Label | None]:
    """The number of a line, 0 if it has none, and its label; a number without one was taken back."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return 0, None
    number = found.get("number") if isinstance(found, dict) else None
    if type(number) is not int or not 0 < number < 1 << 53:
        return 0, None
    if found.keys() == {"number"}:
        return number, None
    label = _label(found, number)
    return (0, None) if label is None else (number, label)


def _label(found: Mapping[str, Any], number: int) -> Label | None:
    code, coder, seq, side = (found.get(name) for name in ("code", "coder", "seq", "side"))
    start, end = found.get("start_ms"), found.get("end_ms")
    at, note = (found.get(name) for name in ("labelled_at", "note"))
    if not (isinstance(code, str) and code and isinstance(coder, str) and coder):
        return None
    note = note if isinstance(note, str) else ""
    at = at if isinstance(at, str) and _is_moment(at) else None
    if _is_whole(seq):
        return Label(number, code, coder, at, seq, note=note)
    if not _is_whole(start) or not _is_whole(end) or start >= end or side not in (None, *SIDES):
        return None
    return Label(number, code, coder, at, None, cast(Side | None, side), start, end, note)


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and abs(value) < 1 << 53


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
        return moment.tzinfo is not None and bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def _numbered(given: list[Label], last: int) -> tuple[Label, ...]:
    """Each with a number of its own: files may have been joined by hand."""
    taken: set[int] = set()
    found: list[Label] = []
    for label in given:
        if label.number in taken:
            last += 1
            label = replace(label, number=last)
        taken.add(label.number)
        found.append(label)
    return tuple(sorted(found, key=lambda label: label.number))
