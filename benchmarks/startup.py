"""What the package costs before anything happens: its import in fresh interpreters, and the page's bundle."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

from benchmarks.report import figure
from voice_widget.widget.arguments import BUNDLE

ROUNDS = 9
ROOT = Path(__file__).parents[1]


def milliseconds(statement: str) -> float:
    """How long a statement takes as the first of a fresh interpreter."""
    code = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000


def main() -> None:
    base, package, name = "import anywidget", "import voice_widget", "from voice_widget import VoiceWidget"
    for statement in (base, package, name):  # once for the byte code and the disk's cache
        milliseconds(statement)
    rounds = [[milliseconds(statement) for statement in (base, package, name)] for _ in range(ROUNDS)]
    figure("import_anywidget", [a for a, _, _ in rounds], "ms")
    figure("import_package", [b for _, b, _ in rounds], "ms", statement=package)
    beyond = [c - a for a, _, c in rounds]
    figure("import_beyond_anywidget", beyond, "ms", at_most=150, statement=name)
    figure("bundle_gzipped", [len(gzip.compress(BUNDLE.read_bytes(), 9, mtime=0))], "bytes", at_most=30_000)


if __name__ == "__main__":
    main()
