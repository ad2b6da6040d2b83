"""What the package costs before anything happens: its import in fresh interpreters, and the page's bundle."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import anywidget
import numpy as np

from benchmarks.report import Beside, figure
from voice_widget.widget.arguments import BUNDLE, EXTRAS

ROUNDS = 9
ROOT = Path(__file__).parents[1]
ANYWIDGET, PACKAGE, NAME = "import anywidget", "import voice_widget", "from voice_widget import VoiceWidget"


def milliseconds(statement: str, byte_code: str) -> float:
    """The processor time of a statement that is the first of a fresh interpreter, with byte code at hand."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": byte_code}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000


def zipped(path: Path) -> int:
    """Bytes on their way to a page."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def main() -> None:
    statements = (ANYWIDGET, PACKAGE, NAME)
    with TemporaryDirectory() as byte_code:
        for statement in statements:  # once for the byte code and the disk's cache
            milliseconds(statement, byte_code)
        rounds = [[milliseconds(statement, byte_code) for statement in statements] for _ in range(ROUNDS)]
    floors, packages, names = zip(*rounds, strict=True)
    floor = Beside("import_anywidget", float(np.median(floors)))
    figure("import_anywidget", floors, "ms")
    figure("import_package", packages, "ms", beside=floor, at_most=0.25, statement=PACKAGE)
    figure("import_widget", names, "ms", beside=floor, at_most=1.75, statement=NAME)
    # What a page must have for any widget of this kind.
    own = Path(anywidget.__file__).parent / "labextension" / "static"
    host = Beside("anywidget_gzipped", sum(map(zipped, own.glob("*.js"))))
    figure("bundle_gzipped", [zipped(BUNDLE)], "bytes", beside=host, at_most=0.25)
    figure("extras_gzipped", [zipped(EXTRAS)], "bytes", beside=host, at_most=0.25)


if __name__ == "__main__":
    main()
