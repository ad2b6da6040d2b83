"""A recogniser that hears what its script says: instant, deterministic, needs no extra."""

from __future__ import annotations

from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript
from voice_widget.realtime.script import Script


class ScriptedStt:
    """Reports ``partials`` and ``hear`` of exchange n for utterance n; in the end nothing.

    Args:
        script: The script as text (`Script.dump`), ``None`` for one that hears nothing.

    Example:
        >>> stt = ScriptedStt('[{"hear": "how many rows", "say": "Two."}]')
        >>> stt.start()
        >>> stt.finish().text
        'how many rows'
    """

    sample_rate = 16000

    def __init__(self, script: str | None = None) -> None:
        self._exchanges = Script.load(script).exchanges if script else ()
        self._next = 0
        self._partials: list[str] = []

    def prepare(self, hints: Hints) -> None:
        """Hints change nothing."""

    def start(self) -> None:
        """The next exchange begins."""
        current = self._exchanges[self._next : self._next + 1]
        self._partials = list(current[0].partials) if current else []

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next partial of the script."""
        return Transcript(self._partials.pop(0)) if self._partials else None

    def finish(self) -> Transcript:
        """What the script hears."""
        current = self._exchanges[self._next : self._next + 1]
        self._next += 1
        return Transcript(current[0].hear if current else "", final=True)

    def cancel(self) -> None:
        """The exchange is kept for the next utterance."""
