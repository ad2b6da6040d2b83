"""A folder that is still written is read again when there is something new in it, and then no more."""

from __future__ import annotations

from pathlib import Path

from tests.recording.talks import Recorded
from voice_widget.recording.running import RunningFolder
from voice_widget.recording.talk import Talk, read_talk


def test_its_edition_changes_with_what_is_written_and_it_is_over_with_its_recorder(tmp_path: Path) -> None:
    talk = Recorded(tmp_path / "talk")
    talk.user("one")
    talk.recorder.flush()
    running = RunningFolder(read_talk(talk.folder), read_talk)
    first = running.edition()
    assert (running.edition(), running.goes_on(), running.over()) == (first, True, False)
    talk.user("two")
    talk.recorder.flush()
    assert running.edition() != first
    assert [row["text"] for row in running.now().rows] == ["one", "two"]
    before = running.edition()
    talk.recorder.close()
    assert running.edition() != before
    assert running.now().running is False
    assert (running.goes_on(), running.over()) == (False, True)


def test_one_whose_folder_is_gone_has_an_edition_too(tmp_path: Path) -> None:
    talk = Recorded(tmp_path / "talk")
    talk.recorder.flush()
    running = RunningFolder(read_talk(talk.folder), read_talk)
    talk.recorder.close()
    talk.folder.rename(tmp_path / "moved")
    assert set(running.edition() or ()) == {None}


def test_a_talk_that_is_over_does_not_grow(tmp_path: Path) -> None:
    assert Talk.example()._growing() is None
