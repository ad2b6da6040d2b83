"""A talk of one agent by the real engine, from memory: what was said, used and run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from voice_widget import Local, VoiceWidget
from voice_widget.threads.loop import submit

PATIENCE = 60.0


@asynccontextmanager
async def talk_with(agent: Any, **options: Any) -> AsyncIterator[VoiceWidget]:
    """A widget that is connected, and answers typed questions."""
    service = Local(vad="level", tts="tone", script=[])
    w = VoiceWidget(agent=agent, service=service, transport="memory", **options)
    try:
        async with asyncio.timeout(PATIENCE):
            await w.connect()
            yield w
            await w.disconnect()
    finally:
        w.close()
        # It was given, so it is ours to end.
        await asyncio.wrap_future(submit(service.close()))


async def answer_to(w: VoiceWidget, text: str) -> str:
    """Ask, and wait for the answer."""
    answer = w.next_turn("assistant")
    await w.send_text(text)
    return str((await answer)["text"])
