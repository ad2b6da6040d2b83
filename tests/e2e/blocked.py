"""A network in which no UDP gets anywhere: a browser in it reaches JupyterLab by TCP alone."""

from __future__ import annotations

import asyncio
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

from tests.e2e import lab as labs
from tests.e2e.lab import ROOT

# An address as a page's computer has it, so that it has a candidate to offer; nobody is at the other end.
NETWORK = """
ip link set lo up
ip link add away type veth peer name nobody
ip addr add 192.0.2.2/24 dev away
ip link set away up
ip link set nobody up
ip route add default via 192.0.2.1
"""


def needed() -> None:
    """Skip where no network of one's own can be made."""
    tools = shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")
    made = (
        tools and subprocess.run(["unshare", "--net", "sh", "-ec", NETWORK], capture_output=True).returncode
    )
    labs.needed(
        made == 0, "No network namespace can be made here: it takes root, `ip`, `unshare` and `nsenter`."
    )


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Blocked:
    """A network namespace with a door for one TCP port of this machine.

    Args:
        folder: Where its files are kept.
        port: Of this machine's loopback; the namespace's own leads there.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._socket, self._port = folder / "door", port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="the door", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        inside = f"{NETWORK}exec {sys.executable} -m tests.e2e.blocked {self._socket} {port}"
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-ec", inside],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == "open\n", said
        self.chromium = folder / "chromium"
        enter = f'exec nsenter --net=/proc/{self.process.pid}/ns/net {labs.chromium()} "$@"'
        self.chromium.write_text(f"#!/bin/sh\n{enter}\n")
        self.chromium.chmod(self.chromium.stat().st_mode | stat.S_IXUSR)
        """A Chromium that runs in there."""

    async def _open(self) -> None:
        self._server = await asyncio.start_unix_server(self._came, self._socket)

    async def _shut(self) -> None:
        self._server.close()
        passing = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def main(socket: str, port: int) -> None:
    """The door's inner side."""

    async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    server = await asyncio.start_server(came, "127.0.0.1", port)
    print("open", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
