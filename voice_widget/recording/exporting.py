"""A talk written into other programs' files: what each format needs of it, and the file."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from voice_widget.errors import RecordingError, SettingError, shown
from voice_widget.realtime.state.records import Row
from voice_widget.recording import folder as files
from voice_widget.recording import parquet, saving
from voice_widget.recording.exports import eaf, html, jsonl, otel, rttm, srt, textgrid, tsv, vtt
from voice_widget.recording.exports.label_tiers import label_tiers
from voice_widget.recording.labels import Label
from voice_widget.recording.sound import Form, Sound, Stretch, WavSound, checked, write
from voice_widget.recording.spoken import Utterance
from voice_widget.recording.tables import records

if TYPE_CHECKING:
    import pandas as pd

Target = str | os.PathLike[str]


class Exported(Protocol):
    """A talk, as far as exports need it."""

    @property
    def samples(self) -> int: ...  # noqa: D102 - as `Talk` has them

    @property
    def duration_ms(self) -> int: ...  # noqa: D102

    @property
    def sound(self) -> Sound: ...  # noqa: D102

    @property
    def rows(self) -> list[Row]: ...  # noqa: D102

    @property
    def manifest(self) -> dict[str, Any]: ...  # noqa: D102

    @property
    def transcript_df(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def metrics_df(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def tool_calls_df(self) -> pd.DataFrame: ...  # noqa: D102

    def utterances(self) -> list[Utterance]: ...  # noqa: D102

    def stretches(self) -> dict[int, tuple[int, int]]: ...  # noqa: D102

    def labels(self) -> list[Label]: ...  # noqa: D102


def to_vtt(talk: Exported, path: Target) -> Path:
    """See `Exportable.to_vtt`."""
    return _written(path, vtt.to_vtt(_told(talk), talk.duration_ms))


def to_srt(talk: Exported, path: Target) -> Path:
    """See `Exportable.to_srt`."""
    return _written(path, srt.to_srt(_told(talk), talk.duration_ms))


def to_textgrid(talk: Exported, path: Target, *, words: bool = False) -> Path:
    """See `Exportable.to_textgrid`."""
    labels = label_tiers(talk.labels())
    text = textgrid.to_textgrid(talk.utterances(), talk.duration_ms, words=words, labels=labels)
    return _written(path, text)


def to_eaf(talk: Exported, path: Target, *, media: str | None = None) -> Path:
    """See `Exportable.to_eaf`."""
    path = _path(path)
    if not isinstance(media, str | None):
        raise SettingError(
            f"`media` is the sound's path as seen from there, not {shown(media)}.",
            next_step="Give a path, or leave it out.",
        )
    if media is None and _sound(talk, 'give `media="…"`') is not None:
        beside = path.with_name(f"{path.stem}.wav")
        if _of_others(beside, talk):
            raise RecordingError(
                f"{beside} is there, and not of this talk: it would be lost, as the sound is written beside "
                f"{path.name}.",
                code="export_failed",
                next_step=f'Give another path, or media="{beside.name}" to link it.',
            )
        media = to_wav(talk, beside).name
    now = datetime.now(UTC).isoformat(timespec="seconds")
    labels = label_tiers(talk.labels())
    said = talk.utterances()
    return _written(path, eaf.to_eaf(said, talk.duration_ms, media=media, at=now, labels=labels))


def to_rttm(talk: Exported, path: Target) -> Path:
    """See `Exportable.to_rttm`."""
    path = _path(path)
    return _written(path, rttm.to_rttm(talk.utterances(), talk.duration_ms, file=path.stem))


def to_tsv(talk: Exported, path: Target, *, words: bool = False) -> Path:
    """See `Exportable.to_tsv`."""
    return _written(path, tsv.to_tsv(talk.utterances(), talk.duration_ms, words=words))


def to_jsonl(talk: Exported, path: Target) -> Path:
    """See `Exportable.to_jsonl`."""
    return _written(path, jsonl.to_jsonl(records(talk.transcript_df), talk.utterances()))


def to_parquet(talk: Exported, path: Target) -> Path:
    """See `Exportable.to_parquet`."""
    path = _path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.in_place_of(path, files.SHARED) as half:
            parquet.write(talk.transcript_df, "transcript", half)
    except OSError as error:
        raise _failed(path, error) from None
    return path


def to_wav(talk: Exported, path: Target, *, clips: bool = False) -> Path:
    """See `Exportable.to_wav`."""
    path = _path(path)
    sound = talk.sound
    try:
        if not clips:
            path.parent.mkdir(parents=True, exist_ok=True)
            return write(sound, path.parent, "wav", path=path)
        path.mkdir(parents=True, exist_ok=True)
        sides = {row["seq"]: row["role"] for row in talk.rows}
        for seq, (start, stop) in talk.stretches().items():
            if start < stop:
                turn = Stretch(sound, start, stop)
                write(turn, path, "wav", path=path / f"{seq:03}-{sides[seq]}.wav")
    except OSError as error:
        raise _failed(path, error) from None
    return path


def to_otel(talk: Exported, path: Target | None = None, *, content: bool = True) -> dict[str, Any]:
    """See `Exportable.to_otel`."""
    told = talk.manifest
    spans = otel.to_otel(
        records(talk.transcript_df),
        records(talk.metrics_df),
        records(talk.tool_calls_df),
        talk=str(told.get("created_at")),
        provider=str(told.get("service") or "voice_widget"),
        version=str(told.get("voice_widget")),
        content=content,
    )
    if path is not None:
        _written(path, json.dumps(spans, ensure_ascii=False))
    return spans


def to_html(talk: Exported, path: Target, *, audio: bool = True) -> Path:
    """See `Exportable.to_html`."""
    path = _path(path)
    with tempfile.TemporaryDirectory(prefix="voice_widget-") as folder:
        sound = _sound(talk, "give `audio=False`") if audio else None
        data = None if sound is None else write(sound, Path(folder), _smallest()).read_bytes()
    told = talk.manifest
    facts = [_day(told.get("created_at")), *(told.get(name) for name in ("service", "model"))]
    return _written(
        path,
        html.to_html(talk.utterances(), talk.duration_ms, title=path.stem, facts=_once(facts), audio=data),
    )


def _day(at: object) -> str | None:
    """A moment of the manifest as people write it."""
    try:
        moment = datetime.fromisoformat(str(at)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _once(facts: Iterable[object]) -> list[str]:
    """What is known, without what another one has said already: the model of an embedded engine is that."""
    told: list[str] = []
    for fact in facts:
        if fact and not any(str(fact) in other for other in told):
            told.append(str(fact))
    return told


def _told(talk: Exported) -> list[Utterance]:
    """What there is to read: a subtitle without a text is none."""
    return [one for one in talk.utterances() if one.text]


def _sound(talk: Exported, without: str) -> Sound | None:
    """Its sound; None: none was recorded. If it cannot be read, the error says how to do without."""
    try:
        return talk.sound if talk.samples else None
    except RecordingError as error:
        if error.code == "not_recorded":
            return None
        step = f"{error.next_step} To write the rest without it, {without}."
        raise RecordingError(error.message, code=error.code, next_step=step) from None


def _of_others(path: Path, talk: Exported) -> bool:
    """A file that is no sound as ours, or of which the talk was made."""
    if not os.path.exists(path):
        return False
    settings = talk.manifest.get("settings")
    if isinstance(settings, dict) and settings.get("file") == path.name:
        return True
    try:
        WavSound(path)
    except RecordingError:
        return True
    return False


def _smallest() -> Form:
    return "opus" if checked(None) == "flac" else "wav"


def _path(path: Target) -> Path:
    file = files.path_of(path, "A file to be written", "p01.vtt")
    if not file.name:
        raise _failed(file, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if os.path.exists(file) and not (file.is_file() or file.is_dir()):  # a pipe would be one no more
        raise _failed(file, OSError(errno.EINVAL, "it is no plain file"))
    if file.name in saving.OURS and os.path.exists(file.parent / files.MANIFEST):
        raise RecordingError(
            f"{file} belongs to the recorded talk in that folder, which would be lost.",
            code="export_failed",
            next_step="Give another name, or another folder.",
        )
    return file


def _written(path: Target, text: str) -> Path:
    path = _path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, text, files.SHARED)
    except OSError as error:
        raise _failed(path, error) from None
    return path


def _failed(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"{path} cannot be written: {error.strerror or error}.",
        code="export_failed",
        next_step="Give a path in a folder that can be written.",
    )
