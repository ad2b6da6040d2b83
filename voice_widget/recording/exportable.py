"""What other programs read: of a recorded talk, and of a widget's that goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voice_widget.recording.exporting import Exported
    from voice_widget.tables.schema import TableName

Target = str | os.PathLike[str]


class Exportable:
    """The talk as files of other programs, and its tables as Arrow's.

    What was said lies on the timeline of the recording, so each file fits its sound; of an answer that was
    cut there is what was heard. Without a recording the times are about those of the rows. Each method with a
    path writes one file, in place of one that is there, and gives its path.

    What does the work is imported where it is asked for: a notebook's first import does without it.
    """

    def _exported(self) -> Exported:
        """The talk as it is now."""
        raise NotImplementedError

    def to_arrow(self, table: TableName = "transcript") -> Any:
        """A table as a ``pyarrow.Table``, which polars and DuckDB read.

        Args:
            table: ``transcript``, ``events``, ``tool_calls``, ``metrics``, ``words`` or ``recording``.

        Raises:
            SettingError: There is no such table.
            MissingParts: pyarrow is not installed; it is in the extra ``data``.
        """
        from voice_widget.tables.arrow import arrow_of

        return arrow_of(self, table)

    def to_vtt(self, path: Target) -> Path:
        """WebVTT: a cue per utterance, with its speaker; the words' times where they are not estimated.

        Raises:
            RecordingError: The file cannot be written (``export_failed``). All of these methods raise that.
        """
        from voice_widget.recording import exporting

        return exporting.to_vtt(self._exported(), path)

    def to_srt(self, path: Target) -> Path:
        """SubRip: as WebVTT, the speaker's name before the text."""
        from voice_widget.recording import exporting

        return exporting.to_srt(self._exported(), path)

    def to_textgrid(self, path: Target, *, words: bool = False) -> Path:
        """Praat's TextGrid: a tier per speaker, and with ``words`` one of the words with their times.

        Labels have tiers of their own, ``labels/CODER/SIDE``; those that overlap a further one.
        """
        from voice_widget.recording import exporting

        return exporting.to_textgrid(self._exported(), path, words=words)

    def to_eaf(self, path: Target, *, media: str | None = None) -> Path:
        """ELAN: a tier per speaker, beside linked sound; labels have tiers of their own, as in `to_textgrid`.

        Args:
            path: The file.
            media: The sound that it links, as seen from there. If nothing is said, it is written beside it as
                WAV, if there is any; never over a file of somebody else's (``export_failed``).
        """
        from voice_widget.recording import exporting

        return exporting.to_eaf(self._exported(), path, media=media)

    def to_rttm(self, path: Target) -> Path:
        """RTTM: who spoke when, for tools of diarisation. The file's name is the recording's in it."""
        from voice_widget.recording import exporting

        return exporting.to_rttm(self._exported(), path)

    def to_tsv(self, path: Target, *, words: bool = False) -> Path:
        """A table with tabs: speaker, tier, onset, offset, value; seconds."""
        from voice_widget.recording import exporting

        return exporting.to_tsv(self._exported(), path, words=words)

    def to_jsonl(self, path: Target) -> Path:
        """The transcript as JSON lines, each with the version of the schema."""
        from voice_widget.recording import exporting

        return exporting.to_jsonl(self._exported(), path)

    def to_parquet(self, path: Target) -> Path:
        """The transcript as Parquet.

        Raises:
            MissingParts: pyarrow is missing; it is in the extra ``data``.
        """
        from voice_widget.recording import exporting

        return exporting.to_parquet(self._exported(), path)

    def to_wav(self, path: Target, *, clips: bool = False) -> Path:
        """The sound as a stereo WAV file, the user left, the assistant right.

        Args:
            path: The file; with ``clips`` a folder.
            clips: One file per turn that sounded, ``001-user.wav`` and so on: each is what `audio` gives.

        Raises:
            RecordingError: There is no sound (``not_recorded``), or the file cannot be written.
        """
        from voice_widget.recording import exporting

        return exporting.to_wav(self._exported(), path, clips=clips)

    def to_otel(self, path: Target | None = None, *, content: bool = True) -> dict[str, Any]:
        """Spans of call, turn, response and tool, as OpenTelemetry's JSON (OTLP), for the usual observers.

        Args:
            path: A file for it; None: no file.
            content: Whether what was said is in it.
        """
        from voice_widget.recording import exporting

        return exporting.to_otel(self._exported(), path, content=content)

    def to_html(self, path: Target, *, audio: bool = True) -> Path:
        """One page that is read, and heard, without kernel and network.

        Args:
            path: The file.
            audio: With the sound, if there is any: Opus, about 45 MB an hour (WAV where PyAV is missing).
        """
        from voice_widget.recording import exporting

        return exporting.to_html(self._exported(), path, audio=audio)
