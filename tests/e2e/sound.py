"""A real sound server with one microphone: another program holds it, or somebody speaks into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

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
SPEAKER = "desk_speaker"
_KEPT = "source_dont_move=true sink_dont_move=true"
# A room: the microphone hears who speaks and, a little later, what the loudspeaker plays.
BEFORE_THE_LOUDSPEAKER = f"""
load-module module-null-sink sink_name={MOUTH}
load-module module-null-sink sink_name=room
load-module module-loopback source={MOUTH}.monitor sink=room latency_msec=20 {_KEPT}
load-module module-loopback source={SPEAKER}.monitor sink=room latency_msec=30 {_KEPT}
load-module module-remap-source source_name={MICROPHONE} master=room.monitor
"""
HEADSET = "headset_microphone"
_DESK = f"module-remap-source source_name={MICROPHONE} master={MOUTH}.monitor"
_PLUG = f"module-remap-source source_name={HEADSET} master=headset_mouth.monitor"
_CALLED = "source_properties=\"device.description='{name}'\""
# Another one beside it, with a mouth of its own; both have names as devices have.
TWO_SPOKEN_INTO = f"""
load-module module-null-sink sink_name={MOUTH}
load-module {_DESK} {_CALLED.format(name="Desk microphone")}
load-module module-null-sink sink_name=headset_mouth
load-module {_PLUG} {_CALLED.format(name="Headset")}
"""
# The socket comes last: where it is, the devices are.
DEVICES = f"""
load-module module-null-sink sink_name={SPEAKER}
{{microphone}}
set-default-sink {SPEAKER}
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

    def _pactl(self, *words: str) -> list[str]:
        done = subprocess.run(
            ["pactl", *words], env=self.env, check=True, capture_output=True, text=True, timeout=20
        )
        return done.stdout.splitlines()

    def recorders(self) -> int:
        """How many streams have a place at the microphone."""
        return len(self._pactl("list", "short", "source-outputs"))

    def speak(self, path: Path, *, headset: bool = False) -> None:
        """Play a WAV file into the microphone, or into the headset's, to its end."""
        mouth = "headset_mouth" if headset else MOUTH
        subprocess.run(["paplay", f"--device={mouth}", str(path)], env=self.env, check=True, timeout=60)

    def unplug(self, microphone: str) -> None:
        """Take a microphone away, whoever uses it."""
        named = [
            line for line in self._pactl("list", "short", "modules") if f"source_name={microphone}" in line
        ]
        for line in named:
            self._pactl("unload-module", line.split()[0])

    def plug_headset(self) -> None:
        """It is there again."""
        self._pactl("load-module", *_PLUG.split(), "source_properties=device.description=Headset")

    @contextmanager
    def listened(self, path: Path) -> Iterator[Callable[[], bool]]:
        """Hear what the loudspeaker plays, kept in a file; what it gives says whether that was anything."""
        with path.open("wb") as file:
            ear = subprocess.Popen(
                ["parec", f"--device={SPEAKER}.monitor", "--raw", "--latency-msec=50"],
                env=self.env, stdout=file, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        def loud() -> bool:
            heard = path.read_bytes()
            samples = np.frombuffer(heard[: len(heard) // 2 * 2], np.int16)
            return bool(samples.size) and int(np.abs(samples.astype(np.int32)).max()) > 1000

        try:
            yield loud
        finally:
            ear.terminate()
            ear.wait(10)

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
