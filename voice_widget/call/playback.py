"""What sounds in a call is stopped; what is being made, and what tools do, may go on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from voice_widget.call.ways import Path
from voice_widget.realtime.wire.events import Event


class Playing(Protocol):
    """A call, as far as its sound goes."""

    path: Path

    @property
    def observe(self) -> Callable[..., None]:
        """Takes what happens in the call."""
        ...

    def send_now(self, events: Iterable[Event], /) -> Coroutine[Any, Any, None]:
        """Send client events without waiting for a response's end."""
        ...


async def silence(call: Playing) -> None:
    """Stop what sounds and what is buffered of it, and nothing else: an answer that follows is heard."""
    call.observe({"type": "voice_widget.call.interrupted", "playback_only": True}, "local")
    await clear(call, refuse=False)


async def clear(call: Playing, *, refuse: bool = True) -> None:
    """Clear what sounds, whoever plays it; ``refuse``: also what is still being made, or follows."""
    if call.path.audio is None:
        await call.send_now([{"type": "output_audio_buffer.clear"}])
    else:
        await call.path.audio.cut(refuse=refuse)
