"""What sounds in a call is stopped; what is being made, and what tools do, may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_widget.call.call import Call


async def silence(call: Call) -> None:
    """Stop what sounds and what is buffered, and nothing else: an answer that follows is heard.

    Example:
        >>> await silence(call)  # doctest: +SKIP
    """
    call.observe({"type": "voice_widget.call.interrupted", "playback_only": True}, "local")
    await clear(call, refuse=False)


async def clear(call: Call, *, refuse: bool = True) -> None:
    """Clear what sounds and what is buffered, whoever plays it; ``refuse``: also what is still being made."""
    if call.path.audio is None:
        await call.send_now([{"type": "output_audio_buffer.clear"}])
    else:
        await call.path.audio.cut(refuse=refuse)
