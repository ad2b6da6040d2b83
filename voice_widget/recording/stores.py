"""Where recorded talks lie: folders of this computer, or whatever else fsspec knows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from voice_widget.errors import MissingParts, RecordingError, SettingError
from voice_widget.recording.folder import EVENTS, MANIFEST, PCM, PIECES, SCHEMA
from voice_widget.recording.sound import FILES
from voice_widget.tables.arrow import INSTALL
from voice_widget.tables.schema import TABLES

_GLOB = re.compile(r"[*?\[]")
_SMALL = (MANIFEST, EVENTS, PIECES, *(f"{name}.jsonl" for name in TABLES))
_SOUND = (*PCM.values(), *FILES.values())
_AT_ONCE = 1000
_END = b"PAR1"  # of each Parquet file that is whole


class Store:
    """A place where talks lie, by fsspec: a folder of this computer, or a bucket.

    Args:
        pattern: Of the talks' folders.
    """

    def __init__(self, pattern: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise missing("fsspec", error) from None
        from pyarrow import fs

        try:
            self._files, self._pattern = url_to_fs(pattern)
        except ImportError as error:
            raise MissingParts(
                f"fsspec cannot open {pattern}: {error}.", next_step="Install what it names, with pip."
            ) from None
        except ValueError as error:
            raise SettingError(
                f"fsspec knows no place such as {pattern}: {error}.",
                next_step="Give folders of this computer, or of a place that it knows.",
            ) from None
        self._local = self._files.protocol in ("file", ("file", "local"))
        self._relative = self._local and "://" not in pattern and not Path(pattern).expanduser().is_absolute()
        self.arrow = fs.LocalFileSystem() if self._local else fs.PyFileSystem(fs.FSSpecHandler(self._files))

    def name(self, folder: str) -> str:
        """How the column ``talk`` names it: as the pattern does."""
        if self._relative:
            return Path(os.path.relpath(folder)).as_posix()
        return folder if self._local else str(self._files.unstrip_protocol(folder))

    def place(self, folder: str) -> str:
        """Where it lies, however it was given."""
        return str(self._files.unstrip_protocol(folder))

    def talks(self) -> Iterator[tuple[str, RecordingError | None]]:
        """The folders that hold a talk, and what is wrong with it."""
        # A folder may be called like a pattern: "p[2]".
        several = _GLOB.search(self._pattern) is not None and not self._files.exists(self._pattern)
        found = sorted(self._files.glob(self._pattern)) if several else [self._pattern]
        for first in range(0, len(found), _AT_ONCE):
            folders = found[first : first + _AT_ONCE]
            manifests = [f"{folder}/{MANIFEST}" for folder in folders]
            # Not by `cat`: it takes what is in brackets for a pattern.
            told = self._files.cat_ranges(
                manifests, [0] * len(folders), [None] * len(folders), on_error="return"
            )
            for folder, says in zip(folders, told, strict=True):
                if not isinstance(says, bytes) and not self._files.exists(f"{folder}/{EVENTS}"):
                    continue
                if not _is_text(folder):
                    yield folder.encode("utf-8", "backslashreplace").decode(), _NO_TEXT
                else:
                    yield folder, _unfit(folder, says) if isinstance(says, bytes) else None

    def whole(self, paths: Sequence[str]) -> Iterator[bool]:
        """Which of these Parquet files are there, with their ends."""
        for first in range(0, len(paths), _AT_ONCE):
            some = list(paths[first : first + _AT_ONCE])
            ends = self._files.cat_ranges(
                some, [-len(_END)] * len(some), [None] * len(some), on_error="return"
            )
            yield from (isinstance(end, bytes) and end == _END for end in ends)

    @contextlib.contextmanager
    def here(self, folder: str, *, sound: bool = False, whole: bool = False) -> Iterator[Path]:
        """What a talk's tables are made of, in a folder of this computer: its own, or a copy for a while.

        Args:
            folder: The talk's.
            sound: Also its sound, where the transcript was not written yet: how loud turns are is in that.
            whole: Also its sound in any case.
        """
        if self._local:
            yield Path(folder)
            return
        with tempfile.TemporaryDirectory(prefix="voice_widget-") as copy:
            sounds = whole or (sound and not self._files.exists(f"{folder}/transcript.jsonl"))
            for name in (*_SMALL, *_SOUND) if sounds else _SMALL:
                if self._files.exists(f"{folder}/{name}"):
                    self._files.get_file(f"{folder}/{name}", str(Path(copy) / name))
            yield Path(copy)


_NO_TEXT = RecordingError(
    "Its name is not UTF-8, so no table can hold it.", code="not_a_recording", next_step="Rename the folder."
)


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _unfit(folder: str, manifest: bytes) -> RecordingError | None:
    """Why a talk cannot be read, by what it says of itself."""
    try:
        schema = json.loads(manifest).get("schema")
    except (ValueError, AttributeError, RecursionError):
        return None  # its events may still say all
    if isinstance(schema, int) and schema > SCHEMA:
        return RecordingError(
            f"It was written by a later version of voice_widget (schema {schema}).",
            code="newer_schema",
            next_step="pip install --upgrade voice-widget",
        )
    return None


def missing(what: str, error: ImportError) -> MissingParts:
    """That something is not installed without which many talks are not read as one."""
    return MissingParts(
        f"Many talks as one need {what}, which is not installed ({error.name}): it is in the extra `data`.",
        next_step=f"Run: {INSTALL}",
    )
