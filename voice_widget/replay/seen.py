"""What a replay's page is told of a talk, but for labels: contents, and where its sound is."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from voice_widget.errors import ErrorInfo, RecordingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Sound
from voice_widget.recording.timeline import Piece
from voice_widget.replay.coding import MIME, Coded, form_here
from voice_widget.replay.contents import contents
from voice_widget.replay.drawing import Drawing
from voice_widget.replay.envelope import STEP_MS, Level, envelope, step_ms
from voice_widget.replay.labelling import Labelled
from voice_widget.replay.streaming import LONG_S, PIECE_S

GROWING_STEPS = 2000  # they go to the page once a second
RECENT_STEPS = 6000  # of the last minute, which has the finest level
_SILENT = RecordingError("There is no sound of this talk.", code="not_recorded", next_step="Call first.")


class SoundFacts(TypedDict):
    """Where the sound is, for the page: with the ``kernel``, ``embedded`` here, or ``none``, and why.

    A long one the page may have in pieces of ``piece_ms`` from any place on.

    ``later``: it comes when the talk does not go on any more.
    """

    state: Literal["kernel", "embedded", "none", "later"]
    mime: str
    pieces: int
    piece_ms: int | None
    where: str | None
    error: ErrorInfo | None


class Seen:
    """A talk as it is shown, now and when it has become longer.

    Attributes:
        levels: How loud it is, the finest level first.
        error: Why there is no sound.
    """

    def __init__(self) -> None:
        self.levels: list[Level] = []
        self.error: RecordingError | None = None
        self._drawing: Drawing | None = None
        self._redacted: list[Piece] = []

    def look(self, talk: Labelled, *, goes_on: bool = False, embed: bool = False) -> dict[str, Any]:
        """What is to be shown of it, by the names of traits.

        Args:
            talk: The talk.
            goes_on: Its sound cannot be heard yet.
            embed: Its sound is to be in the widget's state.
        """
        sound = self._hear(talk, GROWING_STEPS if goes_on else None, at_once=goes_on or embed)
        form = form_here()
        facts: SoundFacts = {
            "state": "none" if sound is None else "embedded" if embed else "kernel",
            "mime": MIME[form],
            "pieces": 0 if sound is None else Coded(sound, form).pieces,
            "piece_ms": PIECE_S * 1000
            if form == "opus" and sound is not None and sound.samples > LONG_S * RATE
            else None,
            # What lives in the notebook needs no path of this machine in it.
            "where": None if embed or talk.folder is None else str(talk.folder),
            "error": None if self.error is None else self.error.info(),
        }
        if goes_on and self.error in (None, _SILENT):
            facts |= {"state": "later", "error": None}
        last = max(0, len(self.levels) - 1)
        recent = self.levels[0][-RECENT_STEPS:] if goes_on and self.levels else None
        shown = {
            **contents(talk),
            "sound": facts,
            "levels": len(self.levels),
            "step_ms": step_ms(last),
            "drawn": self._drawing is None,
            "recent_ms": None if recent is None else (len(self.levels[0]) - len(recent)) * STEP_MS,
        }
        return {
            "_shown": shown,
            "_envelope": self.levels[last].tobytes() if self.levels else b"",
            "_recent": b"" if recent is None else recent.tobytes(),
        }

    def draw(self, talk: Labelled) -> tuple[bytes, float]:
        """Go on with the picture of a long talk. Gives the coarsest level, and how much of it is known, of 1.

        Raises:
            RecordingError: The sound cannot be read any more.
        """
        if self._drawing is not None:
            try:
                self._drawing.go_on()
            except RecordingError as error:
                raise why(talk, error) from None
            self.levels = self._drawing.levels
        return self.levels[-1].tobytes() if self.levels else b"", self._drawn()

    def _drawn(self) -> float:
        return 1.0 if self._drawing is None else self._drawing.share

    def _hear(self, talk: Labelled, most_steps: int | None, *, at_once: bool) -> Sound | None:
        redacted = [piece for piece in talk.pieces if piece.kind == "redacted"]
        known = self.levels[0] if self.levels and self._drawn() == 1 and redacted == self._redacted else None
        self._drawing = None
        self.levels, self.error, self._redacted = [], None, redacted
        try:
            sound = talk.sound
            if sound.samples == 0:
                raise _SILENT
            if known is None and not at_once and sound.samples > LONG_S * RATE:
                self._drawing = Drawing(sound)
                self.levels = self._drawing.levels
            else:
                self.levels = envelope(sound, known, most_steps)
            return sound
        except RecordingError as error:
            self.error = why(talk, error)
            return None


def why(talk: Labelled, error: RecordingError) -> RecordingError:
    """What is wrong with the sound; of a folder that is gone that comes first."""
    if talk.folder is None or talk.folder.exists():
        return error
    return RecordingError(
        f"The folder {talk.folder} is gone, and the sound with it.",
        code="sound_missing",
        next_step="Read the talk again from where it is now.",
    )
