"""A second call, which keeps the recogniser busy.

``python -m benchmarks.talker URL`` reads the token from its standard input, prints a line once it talks, asks
question after question and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.peers import Caller
from benchmarks.sounds import join, quiet, speech
from voice_widget import NotebookAssistant
from voice_widget.data import load

QUESTION = "what is the average body mass by species and how many rows are there"
PAUSE_MS = 700


def expecting() -> dict[str, Any]:
    """The settings of a session that expects questions about real data, as the kernel sends them."""
    hints = NotebookAssistant(load()).hints()
    transcription = {"model": "embedded", "keywords": list(hints.words), "prompt": "\n".join(hints.phrases)}
    return {"audio": {"input": {"transcription": transcription}}}


async def talk(url: str, token: str) -> None:
    """Ask until standard input closes."""
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    async with Caller(url, token) as caller:
        await caller.configure(expecting())
        print("talking", flush=True)
        while not over.done():
            caller.track.push(join([speech(QUESTION), quiet(PAUSE_MS)]))
            sent = asyncio.ensure_future(caller.track.sent.wait())
            await asyncio.wait({over, sent}, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    asyncio.run(talk(sys.argv[1], sys.stdin.readline().strip()))
