"""What is asked of every stock client's session, spoken and typed, and the tool that answers."""

from __future__ import annotations

from tests.engine.spoken import in_a_room, say

RATE = 24_000
QUESTION = "what is the weather in London"
COUNT = "count to thirty"
STOP = "what can you do"
STOPPED = "I can tell the time"
WEATHER = "eighteen degrees and sunny"
HINTS = "\n".join((QUESTION, COUNT, STOP, "thank you"))
"""What the recogniser is told to expect, by the transcription's prompt."""

LONG = "repeat " + " ".join(
    f"sentence number {n} of a long story that nobody wants to hear." for n in range(40)
)
"""An answer that takes so long to make that one can interrupt it while it is made."""


def spoken(text: str) -> bytes:
    """The speech with quiet around it, PCM16 mono at 24 kHz."""
    return in_a_room(say(text, rate=RATE), rate=RATE).tobytes()
