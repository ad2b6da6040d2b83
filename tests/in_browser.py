"""Code run as where Python runs in the browser: no thread, no process, no socket, and not every package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

ROOT = Path(__file__).parents[1]
# What is not there fails, or is missing; of Pyodide there is what a null is.
LIKE_THERE = """
import sys
sys.platform = "emscripten"
for name in ("aiohttp", "aiortc", "av", "cryptography"):
    sys.modules[name] = None
import asyncio, json, socket, subprocess, threading, types

def none(*args, **named):
    raise RuntimeError("there are none in the browser")

class Null:
    pass

pyodide = types.ModuleType("pyodide")
pyodide.ffi = types.ModuleType("pyodide.ffi")
pyodide.ffi.jsnull = Null()
sys.modules |= {"pyodide": pyodide, "pyodide.ffi": pyodide.ffi}

async def main():
{body}

# The loop itself has a pair of sockets.
with asyncio.Runner() as runner:
    runner.get_loop()
    threading.Thread.start = subprocess.Popen.__init__ = socket.socket.connect = none
    print(json.dumps(runner.run(main())))
"""


def in_browser(code: str) -> Any:
    """Run the body of an async function; what it returns, which must be JSON."""
    done = subprocess.run(
        [sys.executable, "-c", LIKE_THERE.replace("{body}", indent(dedent(code), "    "))],
        capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
