"""A network in which no UDP gets anywhere: a browser in it reaches JupyterLab, or a TURN server, by TCP."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e import lab as labs

OURS, THEIRS = "10.213.77.1", "10.213.77.2"
SPACE, INSIDE, OUTSIDE = "vw-blocked", "vwb1", "vwb0"
# Hands what comes to a port on to a file that crosses namespaces; `out`: what comes there to the port. What a
# page sends goes as fast as the file `rate` says, in thousand bits a second, while there is one.
FORWARD = """
import asyncio, pathlib, sys
out, folder, port = sys.argv[1] == "out", pathlib.Path(sys.argv[2]), int(sys.argv[3])
path, rate = folder / "way", folder / "rate"

async def pump(reader, writer, slowly=False):
    try:
        while data := await reader.read(4096):
            if slowly and rate.exists():
                await asyncio.sleep(8 * len(data) / 1000 / float(rate.read_text()))
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def serve(reader, writer):
    opened = asyncio.open_connection("127.0.0.1", port) if out else asyncio.open_unix_connection(path)
    there, back = await opened
    await asyncio.gather(pump(reader, back, not out), pump(there, writer))

async def main():
    by_file = out and await asyncio.start_unix_server(serve, path)
    async with by_file or await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()

asyncio.run(main())
"""


class Blocked:
    """A network without UDP, in which a browser reaches one port of the loopback out here.

    Args:
        folder: Where the script that starts a browser in there is kept.
        port: The port that is reached.

    Attributes:
        chromium: A Chromium that runs in there.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.chromium = folder / "chromium"
        self.chromium.write_text(f'#!/bin/sh\nexec ip netns exec {SPACE} "{labs.chromium()}" "$@"\n')
        self.chromium.chmod(0o755)
        # The name of a socket file may not be long.
        self._folder = Path(tempfile.mkdtemp())
        inside = ("ip", "netns", "exec", SPACE)
        self._forwards = [
            subprocess.Popen(
                [*where, sys.executable, "-c", FORWARD, way, str(self._folder), str(port)],
                stdin=subprocess.DEVNULL,
            )
            for where, way in (((), "out"), (inside, "in"))
        ]

    def cut_off(self) -> None:
        """From now on no UDP gets out of it."""
        _ip("-n", SPACE, "rule", "add", "pref", "10", "ipproto", "udp", "prohibit")

    def slow_down(self, kbit: int) -> None:
        """From now on a page in there sends no more than so many thousand bits a second."""
        (self._folder / "new").write_text(str(kbit))
        (self._folder / "new").rename(self._folder / "rate")

    def speed_up(self) -> None:
        """As before."""
        (self._folder / "rate").unlink()

    def close(self) -> None:
        for forward in self._forwards:
            forward.kill()
            forward.wait()
        shutil.rmtree(self._folder)


@contextmanager
def blocked(folder: Path, port: int, *, at_first: bool = True) -> Iterator[Blocked]:
    """The network, as long as it is needed; not ``at_first``: UDP goes through until it is cut off."""
    labs.needed(
        os.geteuid() == 0 and shutil.which("ip"),
        "A network without UDP can only be made as root, with Linux's `ip`.",
    )
    with ExitStack() as stack:
        _ip("netns", "del", SPACE, fails=True)  # of a run that was killed
        _ip("link", "del", OUTSIDE, fails=True)
        made = _ip("netns", "add", SPACE, fails=True) == 0
        labs.needed(made, "This machine lets no network namespace be made.")
        stack.callback(_ip, "netns", "del", SPACE)
        _ip("link", "add", OUTSIDE, "type", "veth", "peer", "name", INSIDE, "netns", SPACE)
        _ip("addr", "add", f"{OURS}/24", "dev", OUTSIDE)
        _ip("link", "set", OUTSIDE, "up")
        _ip("-n", SPACE, "link", "set", "lo", "up")
        _ip("-n", SPACE, "addr", "add", f"{THEIRS}/24", "dev", INSIDE)
        _ip("-n", SPACE, "link", "set", INSIDE, "up")
        network = Blocked(folder, port)
        stack.callback(network.close)
        if at_first:
            network.cut_off()
        yield network


def _ip(*words: str, fails: bool = False) -> int:
    return subprocess.run(["ip", *words], check=not fails, capture_output=True).returncode
