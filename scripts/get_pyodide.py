"""Gets Pyodide and what voice_widget needs there, for a JupyterLite of one's own: ``get_pyodide.py FOLDER``.

Pyodide itself, with numpy and pandas built for it, comes from a package that has them inside; the rest are
wheels by name. ``FOLDER/pyodide`` is then a Pyodide to serve, ``FOLDER/wheels`` what piplite may install.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "scripts" / "pyodide_packages.txt"
CONSTRAINTS = ROOT / "constraints.txt"
BRINGS_PYODIDE, INSIDE = "open-webui==0.12.4", "open_webui/frontend/pyodide/"
PLATFORM, PYTHON = "pyemscripten_2026_0_wasm32", "3.14"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "package.json")
BUILT = (
    *("annotated-types", "distro", "micropip", "numpy", "packaging", "pandas", "pydantic", "pydantic-core"),
    *("python-dateutil", "pytz", "six", "typing-extensions", "typing-inspection"),
)


def main(folder: Path) -> None:
    """Fill the folder, and only then let it have its name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch, "made")
        _download(Path(scratch, "whole"), BRINGS_PYODIDE)
        _unpack(next(Path(scratch, "whole").glob("*.whl")), made / "pyodide")
        _download(
            made / "wheels",
            *("--platform", PLATFORM, "--python-version", PYTHON, "--implementation", "cp"),
            *("--abi", f"cp{PYTHON.replace('.', '')}", "--abi", "abi3", "--only-binary=:all:"),
            *("-c", str(CONSTRAINTS), "-r", str(PACKAGES)),
        )
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _download(folder: Path, *what: str) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--dest", str(folder), *what], check=True)


def _unpack(wheel: Path, folder: Path) -> None:
    """Pyodide's core and some of its packages, with a lock file of these alone: no others are looked for."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as whole:
        lock = json.loads(whole.read(f"{INSIDE}pyodide-lock.json"))
        lock["packages"] = {name: lock["packages"][name] for name in BUILT}
        for name in [*CORE, *(package["file_name"] for package in lock["packages"].values())]:
            (folder / name).write_bytes(whole.read(INSIDE + name))
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
