"""A recorded talk, as people hold it: tables, sound, what was said, and ways to keep it."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_widget.analysis.coding.codable import Codable
from voice_widget.analysis.coding.listeners import tell_all
from voice_widget.analysis.drawable import Drawable
from voice_widget.analysis.measurable import Measurable
from voice_widget.analysis.scorable import Scorable
from voice_widget.analysis.what_if.supposable import Supposable
from voice_widget.errors import RecordingError, StateError
from voice_widget.realtime.session.chat import messages
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.realtime.state.rows import place_of
from voice_widget.recording import folder as files
from voice_widget.recording import saving
from voice_widget.recording.delays import later
from voice_widget.recording.exportable import Exportable
from voice_widget.recording.foreign import Channel, read_audio
from voice_widget.recording.labels import Labels
from voice_widget.recording.reading import read_record, read_table
from voice_widget.recording.recogniser import Recognise
from voice_widget.recording.record import Record, no_sound
from voice_widget.recording.redacting import redact_ended
from voice_widget.recording.redaction import UNREACHED
from voice_widget.recording.running import RunningFolder
from voice_widget.recording.sound import Form, Sound, Stereo, write_wav
from voice_widget.recording.spoken import Utterance
from voice_widget.recording.tables import TABLES, from_rows, records
from voice_widget.recording.timeline import Piece
from voice_widget.recording.transcripts import Transcript
from voice_widget.recording.utterances import offsets, stretches, utterances
from voice_widget.replay.replayable import Replayable
from voice_widget.tables.columns import Kept
from voice_widget.tables.event_log import Line
from voice_widget.tables.events import events_frame

if TYPE_CHECKING:
    import pandas as pd
    from IPython.display import Audio

EXAMPLE = Path(__file__).parents[1] / "data" / "talk"


def read_talk(folder: str | os.PathLike[str]) -> Talk:
    """Read a recorded talk.

    Also one that still goes on, as far as it is, and one whose process was killed (`Talk.cut`). What is wrong
    with the folder and costs not all of it stands in `Talk.problems`.

    Args:
        folder: Into which a talk was recorded, or saved.

    Raises:
        RecordingError: It holds no recording (``not_a_recording``), or one of a later version
            (``newer_schema``).
    """
    return Talk(read_record(files.path_of(folder)))


class Talk(Measurable, Scorable, Supposable, Drawable, Replayable, Codable, Exportable):
    """A recorded talk. Tables are as the widget's; a table that is changed does not change the next one.

    Args:
        record: What was read.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._tables: dict[str, Kept] = {}

    @classmethod
    def from_audio(
        cls,
        path: str | os.PathLike[str],
        *,
        user: Channel = "left",
        transcript: Transcript | None = None,
        stt: str | Part | Recognise | None = None,
        language: str = "en",
        pause_ms: int = 500,
        began: datetime | None = None,
    ) -> Talk:
        """A talk from a stereo file that others have recorded, with one side on each channel.

        A side's turns are when its channel sounds, by the rule of the page's ears (`recording.voiced`). A
        transcript says what was said and makes the turns instead: a speaker's name belongs to the side that
        sounds more while it is said to speak, and quiet at both ends of a cue is cut off. Of what is still
        without a text a recogniser makes it; without one the row says ``no_transcript``. Of a file that was
        cut short `problems` says what is missing.

        Args:
            path: WAV, FLAC, MP3, Ogg, or whatever else FFmpeg reads.
            user: The user's channel: ``"left"`` or ``"right"``, 0 or 1.
            transcript: A WebVTT, SRT or JSON file, or objects with ``start``, ``end`` (in seconds), ``text``
                and ``speaker``.
            stt: A recogniser by its name, as ``Local(stt=…)`` takes it, or a function: from the samples of an
                utterance and their rate, 16,000, to its text.
            language: What is spoken; recognisers are told.
            pause_ms: A longer pause ends a turn, where there is no transcript.
            began: When the talk began; if nobody says, the file is taken to have been written when it ended.

        Raises:
            RecordingError: The file cannot be read (``sound_unreadable``), has no sound (``no_audio``), or
                not two different channels (``not_stereo``).
            SettingError: The transcript is none (``transcript_unreadable``) or not of this file
                (``transcript_unfit``).
            MissingParts: The recogniser is not installed.

        Example:
            >>> Talk.from_audio("call.wav", user="right", stt="whisper").save("call")  # doctest: +SKIP
        """
        return cls(
            read_audio(
                path,
                user=user,
                transcript=transcript,
                stt=stt,
                language=language,
                pause_ms=pause_ms,
                began=began,
            )
        )

    @classmethod
    def example(cls) -> Talk:
        """A small talk that comes with the package, to try things with: two questions about penguins.

        Both voices are made. The second question is asked over the answer to the first. The talk lies nowhere
        until it is saved.

        Example:
            >>> Talk.example().utterances()[0].text
            'Compare body mass by species.'
        """
        # Without its folder: nothing that is done to it changes what comes with the package.
        return cls(replace(read_record(EXAMPLE), folder=None, stored=None))

    def __repr__(self) -> str:
        seconds = self.samples / RATE
        state = "still running" if self.running else "cut" if self.cut else f"{len(self.problems)} problems"
        where = "" if self.folder is None else f": {self.folder}"
        return f"<Talk of {len(self.rows)} turns, {seconds:.1f} s of sound, {state}{where}>"

    # --- what it is ---

    @property
    def folder(self) -> Path | None:
        """Where it lies."""
        return self._record.folder

    @property
    def manifest(self) -> dict[str, Any]:
        """What is said of it: service, settings, software, consent and more."""
        return dict(self._record.manifest)

    @property
    def running(self) -> bool:
        """It goes on: this is what there was when it was read."""
        return self._record.running

    @property
    def cut(self) -> bool:
        """The process that recorded it ended first: the last second may be missing.

        An answer that sounded then is ``interrupted``, with the ``stop_reason`` ``call_lost``.
        """
        return self._record.cut

    @property
    def problems(self) -> tuple[RecordingError, ...]:
        """What is wrong with its folder, by name; empty for a sound one."""
        return (*self._record.problems, *self._label_problems())

    # --- tables ---

    @property
    def rows(self) -> list[Row]:
        """The turns, in order, as copies."""
        return [row.copy() for row in self._record.rows]

    @property
    def lines(self) -> Sequence[Line]:
        """The events, as they were kept."""
        return tuple(self._record.lines)

    @property
    def pieces(self) -> list[Piece]:
        """Both sides' timeline: sound, gaps, pauses, and what was redacted."""
        return list(self._record.pieces)

    @property
    def transcript_df(self) -> pd.DataFrame:
        """One row per turn."""
        return self._table("transcript")

    @property
    def events_df(self) -> pd.DataFrame:
        """Every event, both ways."""
        return self._table("events")

    @property
    def metrics_df(self) -> pd.DataFrame:
        """What responses and transcriptions used, and how long they took."""
        return self._table("metrics")

    @property
    def tool_calls_df(self) -> pd.DataFrame:
        """One row per function call."""
        return self._table("tool_calls")

    @property
    def words_df(self) -> pd.DataFrame:
        """One row per word that was spoken, with its times."""
        return self._table("words")

    @property
    def recording_df(self) -> pd.DataFrame:
        """One row per stretch of sound or silence of each side."""
        return self._table("recording")

    def _table(self, name: str) -> pd.DataFrame:
        return self._tables.setdefault(name, Kept()).table(None, lambda: self._made(name))

    def _made(self, name: str) -> pd.DataFrame:
        record = self._record
        if name == "events":
            return events_frame(record.lines)
        if record.stored is not None and record.folder is not None:
            rows = record.stored if name == "transcript" else read_table(record.folder, name)
            if rows is not None and len(rows) == record.manifest["tables"].get(name):
                return from_rows(name, rows)
        return TABLES[name].make(saving.sources(record))

    # --- what was said, and how it sounded ---

    @property
    def samples(self) -> int:
        """How long its timeline is, in samples."""
        return max((piece.end for piece in self._record.pieces), default=0)

    @property
    def duration_ms(self) -> int:
        """How long it lasts: its timeline, or what was said on it where there is no sound."""
        said = self.utterances()
        spoken = max((one.start_ms if one.end_ms is None else one.end_ms for one in said), default=0)
        return max(-(-self.samples * 1000 // RATE), spoken)

    @property
    def sound(self) -> Sound:
        """Its sound, read where it is asked for.

        Raises:
            RecordingError: There is none (``not_recorded``, or as in `problems`).
        """
        if self._record.sound is None:
            raise next((x for x in self.problems if x.code.startswith("sound_")), no_sound(self._record))
        return self._record.sound

    def _exported(self) -> Talk:
        return self

    _analysed = _exported

    def _growing(self) -> RunningFolder[Talk] | None:
        return RunningFolder(self, read_talk) if self.running else None

    def utterances(self) -> list[Utterance]:
        """What was said, in the order in which it sounded, on the recording's timeline."""
        delays = self._record.delays
        words = later(records(self.words_df), delays)
        return utterances(later(self.rows, delays), words, self._offsets(), self.manifest["pseudonyms"])

    @property
    def history(self) -> list[dict[str, Any]]:
        """What the talk went on from, as its widget's `history=` had it: no row of it."""
        return copy.deepcopy(self._record.replayed.session.earlier)

    def messages(self, *, whole: bool = False, upto: int | None = None) -> list[dict[str, Any]]:
        """The talk in chat form, with `history`: for `VoiceWidget(history=talk)` and chat models.

        Of answers what was heard is there.

        Args:
            whole: Of an answer that was cut all that was made.
            upto: Only as far as this turn (``seq``).

        Raises:
            SettingError: There is no such turn (``unknown_turn``).
        """
        said = messages(self.rows, records(self.tool_calls_df), whole=whole, upto=upto)
        return self.history + said

    def audio(self, seq: int | None = None) -> tuple[Stereo, int]:
        """Its sound in two columns, the user and the assistant, and how many samples a second has.

        Args:
            seq: Only of this turn.

        Raises:
            SettingError: There is no such turn (``unknown_turn``).
            StateError: Nobody knows when it sounded (``no_times``).
            RecordingError: There is no sound (``not_recorded``, or as in `problems`).
        """
        sound = self.sound
        start, end = (0, sound.samples) if seq is None else self._stretch(seq)
        return sound.read(start, end), RATE

    def clip(self, seq: int) -> Audio:
        """A turn to be heard in a notebook."""
        import io

        from IPython.display import Audio

        data = io.BytesIO()
        write_wav([self.audio(seq)[0]], data)
        return Audio(data=data.getvalue())  # type: ignore[no-untyped-call]

    def _stretch(self, seq: int) -> tuple[int, int]:
        rows = self.rows
        found = self.stretches().get(rows[place_of(seq, rows)]["seq"])
        if found is None:
            raise StateError(
                f"Nobody knows when turn {seq} sounded.",
                code="no_times",
                next_step="Take all of the sound.",
            )
        return found

    def stretches(self) -> dict[int, tuple[int, int]]:
        """From which sample to before which each turn sounds, by ``seq``, where that is known."""
        return stretches(later(self.rows, self._record.delays), self._offsets(), self.samples)

    def _offsets(self) -> Mapping[str | None, float]:
        return offsets(self.rows, self._record.manifest["calls"], self._record.began)

    # --- what becomes of it ---

    def save(self, folder: str | os.PathLike[str], *, sound: Form | None = None) -> Path:
        """Write it into a new folder.

        Args:
            folder: New or empty.
            sound: ``"flac"``, ``"wav"`` or ``"opus"``; FLAC if nothing is said, WAV where PyAV is missing.

        Raises:
            StateError: There is something in it (``folder_taken``).
            SettingError: Sound is not kept in that form.
            RecordingError: It cannot be written (``recording_failed``).
        """
        path = files.path_of(folder)
        tables = {name: self._table(name) for name in TABLES}
        saving.save(self._record, tables, path, sound, self._label_files())
        return path

    def redact(self, seq: int) -> tuple[str, ...]:
        """Take a turn's words and sound out of its folder, for good. Gives what that does not reach.

        Raises:
            SettingError: There is no such turn (``unknown_turn``).
            StateError: It runs (``turn_runs``), or the talk does (``folder_taken``), or lies nowhere
                (``no_folder``).
            RecordingError: The folder cannot be written (``recording_failed``).
        """
        folder = self._on_disk()
        more = redact_ended(folder, seq)
        self._record, self._tables = read_record(folder), {}
        tell_all(self)
        return (*UNREACHED, *more)

    def forget(self) -> tuple[str, ...]:
        """Delete it. Gives what else is in its folder, which stays."""
        left = saving.delete(self._on_disk())
        self._record, self._tables = Record(None, self._record.manifest, list), {}
        self._unsaved = Labels()
        tell_all(self)
        return left

    def _on_disk(self) -> Path:
        if self.folder is None:
            raise StateError("This talk lies nowhere.", code="no_folder", next_step="Save it first.")
        return self.folder
