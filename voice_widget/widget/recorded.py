"""What a widget keeps of its talk: the recording of both sides, and what is made of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from voice_widget.analysis.drawable import Drawable
from voice_widget.analysis.measurable import Measurable
from voice_widget.analysis.scorable import Scorable
from voice_widget.realtime.state.records import Consent, RecordingState
from voice_widget.recording.exportable import Exportable
from voice_widget.replay.replayable import Replayable
from voice_widget.widget.following import Followed
from voice_widget.widget.traits import KernelTrait, KernelWidget
from voice_widget.widget.verbs import Verbs

if TYPE_CHECKING:
    import pandas as pd
    from IPython.display import Audio

    from voice_widget.recording.sound import Form, Stereo
    from voice_widget.recording.talk import Talk
    from voice_widget.widget.keeping import AudioStream
    from voice_widget.widget.waiting import Waiting


class Recorded(Measurable, Scorable, Drawable, Replayable, Exportable, Verbs, KernelWidget):
    """The recording's facts and verbs."""

    recording = KernelTrait[RecordingState](
        "",
        "Whether both sides' sound is kept; before a call: whether it will be.",
        ask="Use pause_recording() or resume_recording().",
    )
    consent = KernelTrait[Consent | None](
        None,
        "What is asked before the microphone opens, and the answer; None: nothing is asked.",
        ask="Only a person at the page can answer.",
    )

    def pause_recording(self) -> Waiting[None]:
        """Keep no sound until `resume_recording`: silence takes its place. What is said stays in the rows.

        Raises:
            StateError: Nothing is being recorded.
        """
        return self._verb(self._wiring.talk.recording.pause(), "the recording to pause")

    def resume_recording(self) -> Waiting[None]:
        """Keep sound again.

        Raises:
            StateError: Nothing is being recorded.
        """
        return self._verb(self._wiring.talk.recording.resume(), "the recording to go on")

    def redact(self, seq: int) -> Waiting[tuple[str, ...]]:
        """Take a turn's words and sound out of the talk, for good: tables, events, saved state and files.

        Gives what that does not reach: what was exported before, what the service keeps, and tools.

        Args:
            seq: The turn's number in `transcript_df`.

        Raises:
            SettingError: There is no such turn.
            StateError: It is not over, or a tool of it runs or waits to be allowed (``tool_runs``).
            RecordingError: The folder cannot be written.
        """
        return self._verb(self._wiring.talk.recording.redact(seq), "the turn to be redacted")

    def forget(self) -> tuple[str, ...]:
        """Delete the recording from the disk. It ends with that; gives what else is in its folder.

        Raises:
            StateError: Nothing was recorded.
        """
        return self._wiring.forget()

    @property
    def recording_df(self) -> pd.DataFrame:
        """One row per stretch of sound or silence of each side, up to now; empty without a recording."""
        return self._exported().recording_df

    def audio(self, seq: int | None = None) -> tuple[Stereo, int]:
        """The sound so far in two columns, the user and the assistant, and how many samples a second has.

        Args:
            seq: Only of this turn.

        Raises:
            SettingError: There is no such turn.
            StateError: Nothing is recorded, or nobody knows when the turn sounded.
        """
        self._wiring.kept()
        return self._exported().audio(seq)

    def clip(self, seq: int) -> Audio:
        """A turn to be heard in the notebook."""
        self._wiring.kept()
        return self._exported().clip(seq)

    def stream_audio(self) -> AudioStream:
        """Both sides' sound from now on, while the talk goes on: go over it with ``async for``.

        Each block has two columns, the user and the assistant, at 24 kHz. It ends with the call, or with the
        recording.

        Raises:
            StateError: Nothing is recorded.
        """
        return self._wiring.listened()

    def save(self, folder: str | os.PathLike[str], *, sound: Form | None = None) -> Path:
        """Write the talk so far into a new folder, to be read by `read_talk`.

        Tables go there as JSON lines, and as Parquet where pyarrow is installed (extra ``data``).

        Args:
            folder: New or empty.
            sound: ``"flac"``, ``"wav"`` or ``"opus"``, if sound was recorded; FLAC if nothing is said.

        Raises:
            StateError: There is something in it.
            RecordingError: It cannot be written.
        """
        return self._exported().save(folder, sound=sound)

    def _exported(self) -> Talk:
        return self._wiring.so_far()

    def _analysed(self) -> Talk:
        return self._wiring.so_far()

    def _growing(self) -> Followed:
        return Followed(self._wiring)
