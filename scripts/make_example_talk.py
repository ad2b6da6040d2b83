"""Make the recorded talk that comes with the package: ``python -m scripts.make_example_talk [--tables]``.

One voice of Flite asks the notebook's assistant, which has another, about the penguins, and talks over one
answer. These voices are free for all uses. What the manifest says of the system is shortened to its name.
With ``--tables`` events and sound stay as they are, and the tables are made of them again.
"""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from voice_widget import Local, VoiceWidget
from voice_widget.data import load
from voice_widget.engine.stages.contracts import Pcm
from voice_widget.engine.stages.voices.flite import Flite
from voice_widget.recording.talk import EXAMPLE, Talk, read_talk

USER, ASSISTANT = "rms", "flite:slt"
RATE = 24_000
ASKED = (
    "Compare body mass by species.",
    "Which island has the most penguins?",
)
CUT = 0  # the answer to this one is talked over
HEARD_S = 1.6  # so much of it is heard
PAUSE_S = 0.3
SLOWEST_MS = 1000
LARGEST = 280_000
COLUMNS = ["role", "text", "text_heard", "start_ms", "end_ms", "response_gap_ms"]


async def main() -> None:
    """Talk, and keep it if it has become what it is to be."""
    if "--tables" in sys.argv[1:]:
        keep(Talk.example())
        return
    questions = [spoken(text) for text in ASKED]
    with closing(made()) as widget:
        await talk(widget, questions)  # what the engine does for the first time takes longer
        with closing(made(record=True, pseudonyms={"user": "P00", "assistant": "agent"})) as recorded:
            await talk(recorded, questions)
            keep(recorded)


def made(**record: Any) -> VoiceWidget:
    """A widget without a page. All share one engine."""
    return VoiceWidget(data=load(), service=Local(tts=ASSISTANT), transport="memory", **record)


async def talk(widget: VoiceWidget, questions: Sequence[Pcm]) -> None:
    """Ask it all."""
    await widget.connect()
    for number, question in enumerate(questions):
        await widget.play(question, RATE)
        if number == CUT:
            await until(widget, lambda: widget.assistant_speaking)
            await asyncio.sleep(HEARD_S)
        else:
            await until(widget, partial(answered, widget, number))
            await asyncio.sleep(PAUSE_S)
    await widget.disconnect()


def answered(widget: VoiceWidget, number: int) -> bool:
    """All that was asked up to this question has its answer."""
    return widget.turns == 2 * (number + 1)


async def until(widget: VoiceWidget, condition: Callable[[], bool]) -> None:
    """Wait for a condition that the widget's facts decide."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    stop = widget.on("state", lambda _: loop.call_soon_threadsafe(changed.set))
    try:
        while not condition():
            await asyncio.wait_for(changed.wait(), 60)
            changed.clear()
    finally:
        stop()


def spoken(text: str) -> Pcm:
    """What the user says, as samples."""
    chunks = Flite().synthesize(text, voice=USER)
    return np.concatenate([np.frombuffer(chunk.pcm, np.int16) for chunk in chunks])


def keep(talk: Talk | VoiceWidget) -> None:
    """Put it in the place of the one before."""
    with tempfile.TemporaryDirectory() as name:
        folder = talk.save(Path(name) / "talk")
        shorten(folder)
        check(read_talk(folder))
        shutil.rmtree(EXAMPLE, ignore_errors=True)
        shutil.copytree(folder, EXAMPLE)


def shorten(folder: Path) -> None:
    """Leave out what can be made again, and what tells of the machine."""
    for path in (folder / "lock", *folder.glob("*.parquet")):
        path.unlink()
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    told["software"]["platform"] = platform.system()
    manifest.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def check(talk: Talk) -> None:
    """Look whether it was heard right, and is small.

    Raises:
        SystemExit: It was not, or is not.
    """
    asked = tuple(row["text"] for row in talk.rows if row["role"] == "user")
    cut = [row["seq"] for row in talk.rows if row["interrupted"]]
    slowest = max(row["response_gap_ms"] or 0 for row in talk.rows)
    print(f"{talk}\n{talk.manifest['sound_bytes']} bytes\n{talk.transcript_df[COLUMNS].to_string()}")
    if (asked, cut) != (ASKED, [2 * CUT + 2]) or talk.problems or slowest > SLOWEST_MS:
        raise SystemExit("It has become another talk. Try again, on a machine that has nothing else to do.")
    if talk.manifest["sound_bytes"] > LARGEST:
        raise SystemExit("Its sound is too large. Let less be said.")


if __name__ == "__main__":
    asyncio.run(main())
