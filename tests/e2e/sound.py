"""A real sound server with one microphone: another program holds it, or somebody speaks into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e import lab as labs
from tests.e2e.lab import wait_for

MICROPHONE = "desk_microphone"
MOUTH = "mouth"
SILENT = f"load-module module-null-source source_name={MICROPHONE} description=Desk_microphone"
# What is played to the mouth is what the microphone hears.
SPOKEN_INTO = f"""
load-module module-null-sink sink_name={MOUTH}
load-module module-remap-source source_name={MICROPHONE} master={MOUTH}.monitor
"""
# The socket comes last: where it is, the devices are.
DEVICES = f"""
load-module module-null-sink sink_name=desk_speaker
{{microphone}}
set-default-sink desk_speaker
set-default-source {MICROPHONE}
load-module module-native-protocol-unix socket={{socket}} auth-anonymous=1 auth-cookie-enabled=0
"""


def needed() -> None:
    """Skip where there is no sound server."""
    missing = "PulseAudio is missing: run `make setup`, or install it where it does not replace PipeWire."
    labs.needed(shutil.which("pulseaudio"), missing)


class SoundServer:
    """A PulseAudio of its own, beside whatever sound this machine has; ``env`` leads programs to it.

    Args:
        folder: Where its files are kept.
        microphone: The line that makes it.
    """

    def __init__(self, folder: Path, microphone: str = SILENT) -> None:
        socket = folder / "native"
        (folder / "devices.pa").write_text(DEVICES.format(socket=socket, microphone=microphone))
        self.env = os.environ | {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(folder),
        }
        self.process = subprocess.Popen(
            [
                "pulseaudio", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no",
                f"--log-target=file:{folder / 'pulseaudio.log'}", "-n", f"--file={folder / 'devices.pa'}",
            ],
            env=self.env | {"XDG_CONFIG_HOME": str(folder)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

        def listens() -> bool:
            assert self.process.poll() is None, (folder / "pulseaudio.log").read_text()[-2000:]
            return socket.exists()

        try:
            wait_for(listens, seconds=20, what="PulseAudio listens")
        except AssertionError:
            self.close()
            raise

    def recorders(self) -> int:
        """How many streams have a place at the microphone."""
        done = subprocess.run(
            ["pactl", "list", "short", "source-outputs"],
            env=self.env, check=True, capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        return len(done.stdout.splitlines())

    def speak(self, path: Path) -> None:
        """Play a WAV file into the microphone, to its end."""
        subprocess.run(["paplay", f"--device={MOUTH}", str(path)], env=self.env, check=True, timeout=60)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The microphone while another program has all of it; at the end it has let go."""
        program = Path(__file__).with_name("recorders.py")
        other = subprocess.Popen(
            [sys.executable, str(program), MICROPHONE], env=self.env, stdout=subprocess.PIPE, text=True
        )
        try:
            assert other.stdout is not None
            said = other.stdout.readline().strip()
            assert said.isdecimal(), f"the other program failed: {said!r}"
            assert int(said) == self.recorders() > 0
            yield
        finally:
            other.terminate()
            other.communicate()
        wait_for(lambda: self.recorders() == 0, seconds=10, what="the other program has let go")

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
