"""A talk as other programs read it: each export writes one file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import voice_widget
from voice_widget.errors import RecordingError, SettingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.exports.eaf import to_eaf
from voice_widget.recording.exports.html import to_html
from voice_widget.recording.exports.jsonl import to_jsonl
from voice_widget.recording.exports.otel import to_otel
from voice_widget.recording.exports.rttm import to_rttm
from voice_widget.recording.exports.srt import to_srt
from voice_widget.recording.exports.textgrid import to_textgrid
from voice_widget.recording.exports.tsv import to_tsv
from voice_widget.recording.exports.vtt import to_vtt
from voice_widget.recording.folder import write_whole
from voice_widget.recording.record import Record
from voice_widget.recording.sound import FILES, Part, Sound, write
from voice_widget.recording.spoken import Utterance
from voice_widget.recording.tables import records

if TYPE_CHECKING:
    import pandas as pd

Where = str | os.PathLike[str]


class Exports:
    """The exports of a talk. Each gives the path that it wrote; what is there is written over."""

    _record: Record

    # --- what a talk has ---

    def utterances(self) -> list[Utterance]:
        """What was said, in the order in which it sounded."""
        raise NotImplementedError

    def _table(self, name: str) -> pd.DataFrame:
        raise NotImplementedError

    def _sound(self) -> Sound:
        raise NotImplementedError

    def _stretch(self, seq: int) -> tuple[int, int]:
        raise NotImplementedError

    # --- text ---

    def to_vtt(self, path: Where) -> Path:
        """WebVTT: one cue per utterance, with its speaker, and words at their times."""
        return _written(path, to_vtt(*self._spoken()))

    def to_srt(self, path: Where) -> Path:
        """SubRip: one subtitle per utterance, the speaker's name before it."""
        return _written(path, to_srt(*self._spoken()))

    def to_textgrid(self, path: Where, *, words: bool = False) -> Path:
        """Praat: one tier per speaker, which tiles the recording; with ``words`` one of words as well."""
        return _written(path, to_textgrid(*self._spoken(), words=words))

    def to_tsv(self, path: Where, *, words: bool = False) -> Path:
        """A table with tabs: speaker, tier, onset, offset, value; with ``words`` also each word."""
        return _written(path, to_tsv(*self._spoken(), words=words))

    def to_rttm(self, path: Where) -> Path:
        """RTTM: who spoke when."""
        path = _path(path)
        return _written(path, to_rttm(*self._spoken(), file=path.stem))

    def to_eaf(self, path: Where, *, media: str | None = None) -> Path:
        """ELAN: one tier per speaker.

        Args:
            path: Where to.
            media: The sound that it links, as seen from there. If nothing is said, it is written beside it
                as WAV, if there is any.
        """
        path = _path(path)
        if media is None:
            media = f"{path.stem}.wav"
            if self._record.sound is not None:
                self.to_wav(path.with_name(media))
        return _written(path, to_eaf(*self._spoken(), media=media, at=_iso()))

    def to_jsonl(self, path: Where) -> Path:
        """JSON lines: one object per row of the transcript, with its words and its place in the recording."""
        return _written(path, to_jsonl(records(self._table("transcript")), self.utterances()))

    def to_parquet(self, path: Where) -> Path:
        """The transcript as Parquet.

        Raises:
            SettingError: pyarrow is not installed.
        """
        path = _path(path)
        try:
            self._table("transcript").to_parquet(path, index=False)
        except ImportError:
            raise SettingError(
                "Parquet needs pyarrow, which is not installed.", next_step="pip install pyarrow"
            ) from None
        except OSError as error:
            raise _unwritten(path, error) from None
        return path

    def to_otel(self, path: Where, *, content: bool = True) -> Path:
        """OpenTelemetry: spans of calls, turns, responses and tools, as OTLP's JSON.

        Args:
            path: Where to.
            content: Also what was said.
        """
        manifest = self._record.manifest
        spans = to_otel(
            records(self._table("transcript")),
            records(self._table("metrics")),
            talk=str(manifest["created_at"]),
            provider=str(manifest["service"] or "voice_widget"),
            version=voice_widget.__version__,
            content=content,
        )
        return _written(path, json.dumps(spans, ensure_ascii=False) + "\n")

    def to_html(self, path: Where, *, audio: bool = True) -> Path:
        """One page that plays, scrolls and highlights, without a kernel and without a network.

        Args:
            path: Where to.
            audio: With the sound in it, if there is any.
        """
        path = _path(path)
        sounds = self._bytes() if audio and self._record.sound is not None else None
        manifest: Mapping[str, Any] = self._record.manifest
        facts = [str(manifest[name]) for name in ("created_at", "service", "model") if manifest[name]]
        return _written(path, to_html(*self._spoken(), title=path.stem, facts=facts, audio=sounds))

    # --- sound ---

    def to_wav(self, path: Where, *, clips: bool = False) -> Path:
        """Stereo WAV, the user left.

        Args:
            path: Where to; with ``clips`` a folder.
            clips: One file per turn that sounded, ``001-user.wav`` and so on.

        Raises:
            RecordingError: There is no sound, or it cannot be written.
        """
        path, sound = _path(path), self._sound()
        try:
            if not clips:
                return write(sound, path.parent, "wav", path=path)
            path.mkdir(parents=True, exist_ok=True)
            for one in self.utterances():
                if one.end_ms is not None:
                    start, stop = self._stretch(one.seq)
                    name = path / f"{one.seq:03}-{one.role}.wav"
                    write(Part(sound, start, stop), path, "wav", path=name)
        except OSError as error:
            raise _unwritten(path, error) from None
        return path

    def _spoken(self) -> tuple[list[Utterance], int]:
        spoken = self.utterances()
        ends = [one.start_ms if one.end_ms is None else one.end_ms for one in spoken]
        samples = max((piece.end for piece in self._record.pieces), default=0)
        return spoken, max([-(-samples * 1000 // RATE), *ends])

    def _bytes(self) -> bytes:
        record = self._record
        name = str(record.manifest["sound"])
        if record.folder is not None and name in FILES.values() and (record.folder / name).is_file():
            return (record.folder / name).read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            return write(self._sound(), Path(folder)).read_bytes()


def _path(path: Where) -> Path:
    return Path(path).expanduser().absolute()


def _written(path: Where, text: str) -> Path:
    path = _path(path)
    try:
        write_whole(path, text)
    except OSError as error:
        raise _unwritten(path, error) from None
    return path


def _unwritten(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"{path} was not written: {error.strerror or error}.", next_step="Give another path."
    )


def _iso() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
