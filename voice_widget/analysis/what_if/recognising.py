"""What a recogniser understands of a talk's turns, beside what was understood in the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_widget.analysis.what_if.truth import USER, Recorded, truth
from voice_widget.errors import SettingError, VoiceWidgetError, shown
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm, Resampler
from voice_widget.recording.recogniser import RATE as HEARD_RATE
from voice_widget.recording.recogniser import Recognise, recogniser
from voice_widget.recording.sound import Sound
from voice_widget.tables.columns import frame

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "seq": "Int64",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "text": "string",
    "recognised": "string",
    "problem": "string",
}
_LOST = "Some of its sound was redacted or lost: nobody was asked."
_AROUND_MS = 100.0  # what a recogniser hears before and behind a turn


def recognised(talk: Recorded, stt: str | Part | Recognise, language: str) -> pd.DataFrame:
    """See `Supposable.recognised`."""
    if not (isinstance(stt, str | Part) or callable(stt)):
        raise SettingError(
            f"`stt` is a recogniser's name or a function, not {shown(stt)}.", next_step='Give stt="whisper".'
        )
    texts = {row["seq"]: row["text"] for row in talk.rows}
    sound, spoken = talk.sound, truth(talk).spoken

    def rows(understands: Callable[[Pcm], tuple[str | None, str | None]]) -> list[dict[str, Any]]:
        found = []
        for turn in spoken:
            said: tuple[str | None, str | None] = (None, _LOST)
            if not turn.unknown:
                said = understands(_turn(sound, turn.start_ms, turn.end_ms))
            found.append(
                {
                    "seq": turn.seq,
                    "start_ms": round(turn.start_ms),
                    "end_ms": round(turn.end_ms),
                    "text": texts[turn.seq],
                    "recognised": said[0],
                    "problem": said[1],
                }
            )
        return found

    if not isinstance(stt, str | Part):
        return frame(rows(lambda pcm: _by_function(stt, pcm)), COLUMNS)
    with recogniser(stt if isinstance(stt, Part) else Part.parse(stt), language) as recognise:
        return frame(rows(lambda pcm: (recognise(pcm, HEARD_RATE), None)), COLUMNS)


def _by_function(stt: Recognise, pcm: Pcm) -> tuple[str | None, str | None]:
    """A text, or why there is none: the turns after it are tried all the same."""
    try:
        text: object = stt(pcm, HEARD_RATE)
    except VoiceWidgetError as error:
        return None, str(error)
    except (Exception, SystemExit) as error:
        return None, f"It has raised {shown(error, most=200)}."
    if not isinstance(text, str | None):
        return None, f"It gave {shown(text)}, not a text."
    return (text or "").strip(), None


def _turn(sound: Sound, start_ms: float, end_ms: float) -> Pcm:
    """A turn as recognisers take it, with a little before and behind it."""
    start = max(0, round((start_ms - _AROUND_MS) * RATE / 1000))
    end = min(sound.samples, round((end_ms + _AROUND_MS) * RATE / 1000))
    resample = Resampler(RATE, HEARD_RATE)
    pcm = resample(np.ascontiguousarray(sound.read(start, end)[:, USER]))
    return np.concatenate([pcm, resample.flush()])
