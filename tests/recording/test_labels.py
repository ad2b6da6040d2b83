"""Labels in a folder: lines that come back, notes that are taken out, and what is there if it fails."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.recording import folder as files
from voice_widget.recording.labels import Label, Labels, blank, change, read, texts

TEXTS = st.text(min_size=1, max_size=12)
TIMES = st.tuples(st.integers(-9, 99), st.integers(1, 99)).map(lambda at: (at[0], at[0] + at[1]))
OF_TURNS = st.builds(
    Label,
    st.just(1),
    TEXTS,
    TEXTS,
    st.sampled_from([None, "2026-11-28T12:00:00.000+00:00"]),
    st.integers(1, 9),
    note=st.text(max_size=12),
)
OF_STRETCHES = st.builds(
    lambda code, coder, side, at, note: Label(1, code, coder, None, None, side, *at, note),
    TEXTS,
    TEXTS,
    st.sampled_from(["user", "assistant", None]),
    TIMES,
    st.text(max_size=12),
)
GIVEN = st.lists(OF_TURNS | OF_STRETCHES, max_size=6).map(
    lambda found: tuple(replace(label, number=n) for n, label in enumerate(found, start=1))
)


@settings(deadline=None)
@given(GIVEN, st.integers(0, 9))
def test_what_is_written_is_read(given: tuple[Label, ...], more: int):
    labels = Labels(given, {"codes": {"ä": {}}}, len(given) + more)
    with tempfile.TemporaryDirectory() as folder:
        change(Path(folder), lambda _: labels)
        assert read(Path(folder)) == labels


def test_a_folder_without_labels_has_none(tmp_path: Path):
    assert read(tmp_path) == Labels()
    assert texts(Labels()) == {}
    blank(tmp_path, 1, (0, 9))
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_changed_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written: list[str] = []
    whole = files.write_whole

    def spy(path: Path, *given: Any) -> None:
        written.append(path.name)
        whole(path, *given)

    monkeypatch.setattr(files, "write_whole", spy)
    change(tmp_path, lambda _: Labels((Label(1, "a", "b", seq=1),), {"codes": {}}, 1))
    change(tmp_path, lambda labels: replace(labels, last=2))
    change(tmp_path, lambda labels: labels)
    assert written == ["labels.jsonl", "scheme.json", "labels.jsonl"]
    assert read(tmp_path).last == 2


def test_the_last_label_that_is_taken_back_leaves_no_old_line(tmp_path: Path):
    change(tmp_path, lambda _: Labels((Label(1, "a", "b", seq=1),), None, 1))
    change(tmp_path, lambda labels: replace(labels, given=()))
    assert (tmp_path / "labels.jsonl").read_text() == '{"number": 1}\n'
    assert read(tmp_path) == Labels(last=1)


def test_a_change_that_raises_leaves_what_was_there(tmp_path: Path):
    change(tmp_path, lambda _: Labels((Label(1, "a", "b", seq=1),), None, 1))

    def fails(_: Labels) -> Labels:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change(tmp_path, fails)
    assert len(change(tmp_path, lambda labels: labels).given) == 1, "nobody holds it any more"


@pytest.mark.parametrize(
    ("label", "left"),
    [
        (Label(1, "a", "b", seq=2, note="x"), ""),
        (Label(1, "a", "b", seq=3, note="x"), "x"),
        (Label(1, "a", "b", start_ms=0, end_ms=101, note="x"), ""),
        (Label(1, "a", "b", start_ms=0, end_ms=100, note="x"), "x"),
        (Label(1, "a", "b", start_ms=199, end_ms=300, note="x"), ""),
        (Label(1, "a", "b", start_ms=200, end_ms=300, note="x"), "x"),
    ],
)
def test_notes_that_touch_a_turn_go(label: Label, left: str, tmp_path: Path):
    change(tmp_path, lambda _: Labels((label,), None, 1))
    blank(tmp_path, 2, (100, 200))
    assert read(tmp_path).given == (replace(label, note=left),)


@pytest.mark.parametrize("there", [True, False])
def test_what_was_half_written_when_its_process_was_ended_goes_too(there: bool, tmp_path: Path):
    if there:
        change(tmp_path, lambda _: Labels((Label(1, "a", "b", seq=2),), None, 1))
    (tmp_path / "labels.jsonl.part").write_text('{"note": "secret"')
    blank(tmp_path, 2, None)
    assert not (tmp_path / "labels.jsonl.part").exists()
    assert len(read(tmp_path).given) == there


def test_where_nobody_knows_when_the_turn_sounded_only_its_own_go(tmp_path: Path):
    labels = (Label(1, "a", "b", seq=2, note="x"), Label(2, "a", "b", start_ms=0, end_ms=9, note="y"))
    change(tmp_path, lambda _: Labels(labels, None, 2))
    blank(tmp_path, 2, None)
    assert [label.note for label in read(tmp_path).given] == ["", "y"]
