"""Who writes a folder, and who only looks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from voice_widget.errors import StateError
from voice_widget.recording.folder import LOCK, Lock, goes_with, held, temporary

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks are of another kind there")


class Owner:
    """Somebody who can be gone."""


def test_a_temporary_folder_goes_with_its_owner_and_with_no_fork_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, again = Owner(), Owner()
    folder, kept = temporary(), temporary()
    goes_with(owner, folder)
    goes_with(again, kept)
    del owner
    assert not folder.exists()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    del again
    assert kept.exists()
    kept.rmdir()


def test_one_writes_and_whoever_looks_meanwhile_sees_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    assert held(tmp_path)
    with pytest.raises(StateError) as taken:
        Lock(tmp_path)
    assert taken.value.code == "folder_taken"
    lock.release()
    assert not held(tmp_path)


def test_who_looks_at_the_same_time_is_nobody_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lock(tmp_path).release()
    close, seen = os.close, list[bool]()

    def look_too(file: int) -> None:
        if not seen:
            seen.append(False)
            seen[0] = held(tmp_path)
        close(file)

    monkeypatch.setattr(os, "close", look_too)
    assert not held(tmp_path)
    assert seen == [False]


def test_a_lock_is_let_go_also_where_a_forked_process_has_it_open(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    forked = os.dup(lock._file)  # as a fork has it: one lock, two that have it open
    lock.release()
    assert not held(tmp_path)
    Lock(tmp_path).release()
    assert (tmp_path / LOCK).is_file()
    os.close(forked)
