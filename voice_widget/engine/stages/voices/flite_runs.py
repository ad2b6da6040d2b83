"""Flite as a program: in WebAssembly, which comes with this package, or that of the system.

Flite (Carnegie Mellon University; free for all uses) reads a text and writes a WAV file and, to standard
output, what it said of it. Both kinds of it take the same arguments.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from voice_widget.engine.stages.contracts import Pcm
from voice_widget.errors import EngineError, MissingParts

WASM = Path(__file__).parents[3] / "static" / "flite.wasm"
INSTALL = 'pip install "voice-widget[natural]"'
_LONGEST_RUN_S = 30.0


class Runs(Protocol):
    """Runs Flite once."""

    def __call__(self, arguments: Sequence[str], folder: Path) -> str:
        """What it prints. Files that it is to write lie in the folder, which it sees under `seen`."""
        ...

    def seen(self, folder: Path) -> str:
        """The name under which it sees the folder."""
        ...


class Wasm:
    """Flite in WebAssembly: the same on every system, and it can reach nothing but the folder.

    Raises:
        ImportError: `wasmtime` is not installed.
        EngineError: It does not load.
    """

    def __init__(self, path: Path = WASM) -> None:
        import wasmtime

        self._wasmtime = wasmtime
        self._engine = wasmtime.Engine()
        try:
            self._module = wasmtime.Module.from_file(self._engine, str(path))
        except wasmtime.WasmtimeError as error:
            raise EngineError(f"{path} cannot be used: {error}") from error
        self._linker = wasmtime.Linker(self._engine)
        self._linker.define_wasi()

    def seen(self, folder: Path) -> str:
        """The folder is all that it sees."""
        return "/folder"

    def __call__(self, arguments: Sequence[str], folder: Path) -> str:
        """Run it in memory of its own, so that several may run at once.

        Raises:
            EngineError: It failed.
        """
        printed = folder / "printed"
        config = self._wasmtime.WasiConfig()
        config.argv = ["flite", *arguments]
        config.preopen_dir(str(folder), self.seen(folder))
        config.stdout_file = str(printed)
        store = self._wasmtime.Store(self._engine)
        store.set_wasi(config)
        start: Any = self._linker.instantiate(store, self._module).exports(store)["_start"]
        try:
            start(store)
        except self._wasmtime.ExitTrap as ended:
            if ended.code:
                raise EngineError(f"Flite ended with {ended.code}.") from ended
        except self._wasmtime.Trap as error:
            raise EngineError(f"Flite failed: {error}") from error
        return printed.read_text(encoding="ascii", errors="replace")


class Program:
    """The program ``flite`` of the system.

    Args:
        path: Where it is.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def seen(self, folder: Path) -> str:
        """It sees what we see."""
        return str(folder)

    def __call__(self, arguments: Sequence[str], folder: Path) -> str:
        """Run it.

        Raises:
            EngineError: It failed.
        """
        try:
            done = subprocess.run(
                [self._path, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                timeout=_LONGEST_RUN_S,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(f"{self._path} failed: {error}") from error
        return done.stdout.decode("ascii", "replace")


def find_flite() -> Runs:
    """The one that comes with this package, else that of the system.

    Raises:
        MissingParts: Neither is there.
        EngineError: It does not load.
    """
    if WASM.is_file():
        try:
            return Wasm()
        except ImportError:
            pass
    program = shutil.which("flite")
    if program is None:
        if WASM.is_file():
            raise MissingParts("Flite's voices need wasmtime.", next_step=f"Run: {INSTALL}")
        raise MissingParts(
            f"Flite is not there: {WASM} was not built.", next_step="Run: npm ci && npm run build"
        )
    return Program(program)


def speak(flite: Runs, arguments: Sequence[str]) -> tuple[Pcm, int, str]:
    """The sound that it makes, its sample rate, and what it prints.

    Raises:
        EngineError: It failed, or made no sound that can be read.
    """
    with tempfile.TemporaryDirectory(prefix="voice_widget-") as name:
        folder = Path(name)
        printed = flite([*arguments, "-o", f"{flite.seen(folder)}/sound.wav"], folder)
        try:
            with wave.open(io.BytesIO((folder / "sound.wav").read_bytes())) as sound:
                pcm = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
                return pcm, sound.getframerate(), printed
        except (OSError, EOFError, wave.Error) as error:
            raise EngineError(f"Flite made no sound: {error}") from error


def tell(flite: Runs, arguments: Sequence[str]) -> str:
    """What it prints, without any sound.

    Raises:
        EngineError: It failed.
    """
    with tempfile.TemporaryDirectory(prefix="voice_widget-") as name:
        return flite([*arguments, "-o", "none"], Path(name))
