"""What the package costs before anything happens: its import in fresh interpreters, and the page's bundle."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import anywidget
import numpy as np

from benchmarks.report import Beside, figure
from voice_widget.widget.arguments import BUNDLE

ROUNDS = 9
ROOT = Path(__file__).parents[1]
ANYWIDGET, PACKAGE, NAME = "import anywidget", "import voice_widget", "from voice_widget import VoiceWidget"


def milliseconds(statement: str) -> float:
    """The processor time of a statement that is the first of a fresh interpreter."""
    code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000


def zipped(path: Path) -> int:
    """Bytes on their way to a page."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def main() -> None:
    for statement in (ANYWIDGET, PACKAGE, NAME):  # once for the byte code and the disk's cache
        milliseconds(statement)
    rounds = [[milliseconds(statement) for statement in (ANYWIDGET, PACKAGE, NAME)] for _ in range(ROUNDS)]
    floors, packages, names = zip(*rounds, strict=True)
    floor = Beside("import_anywidget", float(np.median(floors)))
    figure("import_anywidget", floors, "ms")
    figure("import_package", packages, "ms", beside=floor, at_most=0.25, statement=PACKAGE)
    figure("import_widget", names, "ms", beside=floor, at_most=2.5, statement=NAME)
    # What a page must have for any widget of this kind.
    own = Path(anywidget.__file__).parent / "labextension" / "static"
    host = Beside("anywidget_gzipped", sum(map(zipped, own.glob("*.js"))))
    figure("bundle_gzipped", [zipped(BUNDLE)], "bytes", beside=host, at_most=0.25)


if __name__ == "__main__":
    main()
