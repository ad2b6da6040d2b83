"""A recording that is still written, by this process or another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from voice_widget.recording.folder import EVENTS, MANIFEST, PCM, PIECES, held


class Read(Protocol):
    """A talk that lies in a folder."""

    @property
    def folder(self) -> Path | None: ...  # noqa: D102 - as `Talk` has them


T = TypeVar("T", bound=Read)


class RunningFolder(Generic[T]):
    """What has become of a talk whose recording was still written when it was read.

    Args:
        talk: The talk, as it was read.
        read: Reads its folder again.
    """

    def __init__(self, talk: T, read: Callable[[Path], T]) -> None:
        self._talk, self._read = talk, read
        self._written = True

    def now(self) -> T:
        """The talk as it is now.

        Raises:
            RecordingError: It cannot be read.
        """
        if self._talk.folder is not None:
            self._written = held(self._talk.folder)  # before: what nobody writes stays as it is read
            self._talk = self._read(self._talk.folder)
        return self._talk

    def edition(self) -> Hashable:
        """Whether somebody writes there, how large its files are, and when they were written."""
        folder = self._talk.folder
        if folder is None:
            return None
        files = (MANIFEST, EVENTS, *PCM.values(), PIECES)
        return held(folder), *(_stand(folder / name) for name in files)

    def goes_on(self) -> bool:
        """Somebody wrote there when it was read last: the talk, or the form in which its sound stays."""
        return self._written

    def over(self) -> bool:
        """Nobody writes there any more."""
        folder = self._talk.folder
        return folder is None or not held(folder)


def _stand(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
