"""Where talks lie: what is no path is refused by name, and nobody else reads what was recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.recording.talks import Recorded
from voice_widget.errors import RecordingError, SettingError, VoiceWidgetError
from voice_widget.recording.many import read_talks
from voice_widget.recording.recorder import Recorder
from voice_widget.recording.talk import Talk, read_talk

ODD = [3, None, "", "a\0b", b"runs/p01", [], "~nobody-of-this-name/p01"]
EXPORTS = ("vtt", "srt", "textgrid", "eaf", "rttm", "tsv", "jsonl", "parquet", "wav", "html", "otel")


class Rude:
    """Says it is a path."""

    def __fspath__(self) -> str:
        raise KeyError("rude")

    def __repr__(self) -> str:
        raise KeyError("rude")


def kind(odd: object) -> str:
    return type(odd).__name__


@pytest.fixture(scope="module")
def talk() -> Talk:
    return Talk.example()


def asks(talk: Talk) -> dict[str, Callable[[Any], Any]]:
    exports = {f"to_{name}": getattr(talk, f"to_{name}") for name in EXPORTS}
    return {
        "read_talk": read_talk,
        "save": talk.save,
        "from_audio": Talk.from_audio,
        "Recorder": lambda path: Recorder([] if path is None else path),  # None: a temporary folder
        **exports,
        "to_wav in clips": lambda path: talk.to_wav(path, clips=True),
        "to_otel": lambda path: talk.to_otel([] if path is None else path),  # None: no file
    }


@pytest.mark.parametrize("odd", [*ODD, Rude()], ids=kind)
def test_what_is_no_path_is_refused_by_name(talk: Talk, odd: Any) -> None:
    for name, ask in asks(talk).items():
        with pytest.raises(SettingError, match="is a path, not") as refused:
            ask(odd)
        assert refused.value.next_step, name


@pytest.mark.parametrize(
    "odd", [3, None, "", "a\0b", b"runs/*", [None], ["runs/*", 3], Rude()], ids=lambda odd: type(odd).__name__
)
def test_what_names_no_talks_is_refused_by_name(odd: Any) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(SettingError, match="names none") as refused:
        read_talks(odd)
    assert refused.value.next_step


def test_no_talks_and_no_such_place(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(RecordingError, match="in no folder at all") as none:
        read_talks([])
    assert none.value.code == "no_talks"
    with pytest.raises(SettingError, match="knows no place such as pigeon"):
        read_talks("pigeon://runs/*")


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_cannot_be_written_says_where_and_leaves_nothing(
    talk: Talk, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder" / "full").mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    for bad in ("folder", "file/talk", "n" * 300) if name == "vtt" else ("folder",):
        with pytest.raises(VoiceWidgetError, match="cannot be written") as refused:
            getattr(talk, f"to_{name}")(tmp_path / bad)
        assert (refused.value.code, bool(refused.value.next_step)) == ("export_failed", True)
    with pytest.raises(VoiceWidgetError, match="cannot be written"):
        getattr(talk, f"to_{name}")("/")
    assert {path.name for path in tmp_path.rglob("*")} - {"folder.wav"} == {"folder", "full", "file"}
    assert getattr(talk, f"to_{name}")(tmp_path / "new" / "deep" / "talk") is not None


@pytest.mark.parametrize("sound", [[], 3, "mp3"])
def test_a_form_that_there_is_not_is_refused_by_name(talk: Talk, tmp_path: Path, sound: Any) -> None:
    with pytest.raises(SettingError, match="flac, wav or opus"):
        talk.save(tmp_path / "p01", sound=sound)


def test_elan_is_told_of_sound_by_a_path(talk: Talk, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="`media`"):
        talk.to_eaf(tmp_path / "p01.eaf", media=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["n" * 300, "file/p01"])
def test_a_folder_that_cannot_be_there_is_refused_by_name(talk: Talk, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    for ask in (read_talk, talk.save, Recorder):
        with pytest.raises(RecordingError) as refused:
            ask(tmp_path / name)  # type: ignore[operator]
        assert refused.value.next_step


# --- who may read it ---


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
@pytest.mark.usefixtures("umask")
def test_a_recording_is_for_its_owner_and_an_export_for_others(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "runs" / "p01")
    recorded.talk()
    recorded.recorder.flush()
    running = modes(recorded.folder)
    assert (running.pop("p01"), {*running.values()}) == (0o700, {0o600}), running
    recorded.end()
    recorded.recorder._stop(60)
    talk = read_talk(recorded.folder)
    talk.redact(1)
    saved = [talk.save(tmp_path / form, sound=form) for form in ("flac", "wav", "opus")]  # type: ignore[arg-type]
    for folder in (recorded.folder, *saved):
        there = modes(folder)
        assert (there.pop(folder.name), {*there.values()}) == (0o700, {0o600}), there
    assert recorded.folder.parent.stat().st_mode & 0o777 == 0o755
    for name in EXPORTS:
        getattr(talk, f"to_{name}")(tmp_path / "exports" / f"p01.{name}")
    there = modes(tmp_path / "exports")
    assert (there.pop("exports"), {*there.values()}) == (0o755, {0o644}), there


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
@pytest.mark.usefixtures("umask")
def test_a_folder_that_is_somebodys_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(0o755)
    Talk.example().save(folder)
    there = modes(folder)
    assert (there.pop("shared"), {*there.values()}) == (0o755, {0o600})
