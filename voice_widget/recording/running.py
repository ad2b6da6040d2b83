"""A recording that is still written, by this process or another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from voice_widget.recording.folder import EVENTS, MANIFEST, PCM, PIECES


class Read(Protocol):
    """A talk that lies in a folder."""

    @property
    def folder(self) -> Path | None: ...  # noqa: D102 - as `Talk` has them

    @property
    def running(self) -> bool: ...  # noqa: D102


T = TypeVar("T", bound=Read)


class RunningFolder(Generic[T]):
    """What has become of a talk whose recording was still written when it was read.

    Args:
        talk: The talk, as it was read.
        read: Reads its folder again.
    """

    def __init__(self, talk: T, read: Callable[[Path], T]) -> None:
        self._talk, self._read = talk, read

    def now(self) -> T:
        """The talk as it is now.

        Raises:
            RecordingError: It cannot be read.
        """
        if self._talk.folder is not None:
            self._talk = self._read(self._talk.folder)
        return self._talk

    def edition(self) -> Hashable:
        """How large its files are, and when they were written."""
        folder = self._talk.folder
        if folder is None:
            return None
        return tuple(_stand(folder / name) for name in (MANIFEST, EVENTS, *PCM.values(), PIECES))

    def goes_on(self) -> bool:
        """It was still written when it was read last."""
        return self._talk.running

    def over(self) -> bool:
        """It was not written any more."""
        return not self._talk.running


def _stand(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
