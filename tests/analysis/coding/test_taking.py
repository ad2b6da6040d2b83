"""Labels that go to ELAN and Praat and come back, and those that people have made there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from praatio import textgrid
from pympi.Elan import Eaf
from pympi.Praat import TextGrid

from voice_widget import Scheme, SettingError, Talk, read_talk

SCHEME = Scheme("request", "answer", "overlap")
Said = tuple[str, str, int | None, str | None, int | None, int | None]
PRAAT = shutil.which("praat")
SAVE = """
form Save
    sentence path
    sentence short
    sentence long
endform
Text writing preferences: "UTF-16"
Read from file: path$
Save as short text file: short$
Save as text file: long$
"""
FORMATS = pytest.mark.parametrize("form", ["eaf", "TextGrid"])


def fresh() -> Talk:
    talk = Talk.example()
    talk.scheme = SCHEME
    return talk


@pytest.fixture
def talk() -> Talk:
    """Labels of turns and of stretches of each side and of both, some of them over one another."""
    talk = fresh()
    talk.label("request", seq=1, coder="AB", note="of mass")
    talk.label("answer", seq=1, coder="AB")
    talk.label("answer", seq=2, coder="AB")
    talk.label("overlap", start_ms=4645, end_ms=4713, coder="AB")
    talk.label("overlap", start_ms=4000, end_ms=5000, side="user", coder="AB")
    talk.label("request", seq=3, coder="C/D both")
    talk.label("overlap", start_ms=0, end_ms=10_993, side="assistant", coder="C/D both")
    return talk


def written(talk: Talk, form: str, folder: Path) -> Path:
    path = folder / f"talk.{form}"
    return talk.to_eaf(path, media="talk.wav") if form == "eaf" else talk.to_textgrid(path)


def said(talk: Talk) -> list[Said]:
    found = [(x.coder, x.code, x.seq, x.side, x.start_ms, x.end_ms) for x in talk.labels()]
    return sorted(found, key=str)


TIERS = {
    "labels/AB/user": [(114, 2263, "answer"), (4000, 5000, "overlap")],
    "labels/AB/user/2": [(114, 2263, "request")],
    "labels/AB/assistant": [(3003, 4713, "answer")],
    "labels/AB/both": [(4645, 4713, "overlap")],
    "labels/C/D both/user": [(4645, 6723, "request")],
    "labels/C/D both/assistant": [(0, 10_993, "overlap")],
}


def test_pympi_reads_a_tier_for_each_coder_and_side_from_elan(talk: Talk, tmp_path: Path):
    found = Eaf(str(written(talk, "eaf", tmp_path)))
    names = [name for name in found.get_tier_names() if name.startswith("labels/")]
    assert {name: sorted(found.get_annotation_data_for_tier(name)) for name in names} == TIERS
    assert found.get_parameters_for_tier("labels/AB/user") == {
        "ANNOTATOR": "AB",
        "LINGUISTIC_TYPE_REF": "label",
        "PARTICIPANT": "P00",
        "TIER_ID": "labels/AB/user",
    }
    assert "PARTICIPANT" not in found.get_parameters_for_tier("labels/AB/both")


def test_praatio_and_pympi_read_the_same_from_a_textgrid(talk: Talk, tmp_path: Path):
    path = written(talk, "TextGrid", tmp_path)
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    assert {
        tier.name: [(round(1000 * start), round(1000 * end), text) for start, end, text in tier.entries]
        for tier in grid.tiers
        if tier.name.startswith("labels/")
    } == TIERS
    assert {
        tier.name: [(round(1000 * a), round(1000 * b), text) for a, b, text in tier.get_intervals() if text]
        for tier in TextGrid(str(path), codec="utf-8").get_tiers()
        if tier.name.startswith("labels/")
    } == TIERS


@FORMATS
def test_what_goes_out_comes_back(form: str, talk: Talk, tmp_path: Path):
    other = fresh()
    assert other.labels_from(written(talk, form, tmp_path)) == tuple(range(1, 8))
    assert said(other) == said(talk)
    assert {label.note for label in other.labels()} == {""}, "what coders wrote stays in the talk"


@FORMATS
def test_what_is_there_already_is_not_taken_again(form: str, talk: Talk, tmp_path: Path):
    path = written(talk, form, tmp_path)
    before = talk.labels()
    assert talk.labels_from(path) == ()
    assert talk.labels_from(path, replace=True) == ()
    assert talk.labels() == before


def test_what_was_moved_added_and_taken_out_in_elan_is_so_in_the_talk(talk: Talk, tmp_path: Path):
    eaf = Eaf(str(path := written(talk, "eaf", tmp_path)))
    eaf.remove_annotation("labels/AB/user", 4500)
    eaf.add_annotation("labels/AB/user", 4100, 4900, "overlap")
    eaf.remove_annotation("labels/AB/user/2", 200)
    eaf.to_file(str(path))
    talk.label("answer", seq=4, coder="EF")
    assert talk.labels_from(path, replace=True) == (9,)
    assert [(x.number, x.code, x.seq, x.start_ms) for x in talk.labels() if x.coder == "AB"] == [
        (2, "answer", 1, 114),
        (3, "answer", 2, 3003),
        (4, "overlap", None, 4645),
        (9, "overlap", None, 4100),
    ]
    assert "EF" in {label.coder for label in talk.labels()}, "the file says nothing of that coder"


def test_a_tier_that_was_emptied_takes_its_coders_labels_back(talk: Talk, tmp_path: Path):
    eaf = Eaf(str(path := written(talk, "eaf", tmp_path)))
    for name in ("labels/C/D both/user", "labels/C/D both/assistant"):
        for start, end, _ in eaf.get_annotation_data_for_tier(name):
            eaf.remove_annotation(name, (start + end) // 2)
    eaf.to_file(str(path))
    talk.labels_from(path, replace=True)
    assert {label.coder for label in talk.labels()} == {"AB"}


def test_tiers_that_people_add_in_elan(talk: Talk, tmp_path: Path):
    eaf = Eaf(str(path := written(fresh(), "eaf", tmp_path)))
    eaf.add_tier("gestures", ling="utterance")
    eaf.add_annotation("gestures", 100, 900, "overlap")
    eaf.add_tier("of the user", ling="utterance", part="user", ann="Eva")
    eaf.add_annotation("of the user", 4646, 6723, "request")
    eaf.add_annotation("of the user", 7000, 7100, "request")
    eaf.constraints["Symbolic_Association"] = "one to one"
    eaf.add_linguistic_type("on", "Symbolic_Association")
    eaf.add_tier("acts", ling="on", parent="agent")
    eaf.add_ref_annotation("acts", "agent", 3100, "answer")
    eaf.add_tier("empty", ling="utterance")
    eaf.to_file(str(path))
    other = fresh()
    other.labels_from(path)
    assert said(other) == [
        ("Eva", "request", 3, "user", 4645, 6723),
        ("Eva", "request", None, "user", 7000, 7100),
        ("acts", "answer", 2, "assistant", 3003, 4713),
        ("gestures", "overlap", None, None, 100, 900),
    ]


def test_a_tier_and_points_of_praat(tmp_path: Path):
    grid = textgrid.Textgrid()
    grid.addTier(textgrid.IntervalTier("Eva", [(0.114, 2.263, "request")], 0, 10.993))
    grid.addTier(textgrid.PointTier("beeps", [(10.9925, "overlap")], 0, 10.993))
    grid.save(str(tmp_path / "a.TextGrid"), format="short_textgrid", includeBlankSpaces=True)
    text = (tmp_path / "a.TextGrid").read_text(encoding="utf-8")
    (tmp_path / "b.TextGrid").write_text(text, encoding="utf-16")
    for name in ("a", "b"):
        talk = fresh()
        talk.labels_from(tmp_path / f"{name}.TextGrid")
        assert said(talk) == [
            ("Eva", "request", 1, "user", 114, 2263),
            ("beeps", "overlap", None, None, 10_992, 10_993),
        ]


@pytest.mark.skipif(PRAAT is None, reason="Praat is missing: run `make setup`.")
def test_praat_itself_saves_them_short_and_long_and_as_utf_16(talk: Talk, tmp_path: Path):
    talk.label('say "ü語"', seq=4, coder="grün", scheme=SCHEME.extended('say "ü語"'))
    paths = [written(talk, "TextGrid", tmp_path), tmp_path / "short.TextGrid", tmp_path / "long.TextGrid"]
    (tmp_path / "save.praat").write_text(SAVE, encoding="utf-8")
    command = [str(PRAAT), "--run", str(tmp_path / "save.praat"), *map(str, paths)]
    subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, timeout=60, check=True)
    for path in paths[1:]:
        assert path.read_bytes().startswith(b"\xfe\xff")
        other = fresh()
        other.labels_from(path, extend=True)
        assert said(other) == said(talk)


def test_only_the_tiers_that_are_named_and_whose_they_are_said_to_be(talk: Talk, tmp_path: Path):
    path = written(talk, "eaf", tmp_path)
    other = fresh()
    other.labels_from(path, tiers="labels/AB/both", coder="EF")
    other.labels_from(path, tiers=["labels/C/D both/user"])
    assert said(other) == [
        ("C/D both", "request", 3, "user", 4645, 6723),
        ("EF", "overlap", None, None, 4645, 4713),
    ]


@FORMATS
def test_also_what_was_said_if_it_is_asked_for(form: str, talk: Talk, tmp_path: Path):
    other = fresh()
    codes = {"Which island has the most penguins?": None}
    other.labels_from(written(talk, form, tmp_path), tiers="P00", codes=codes, extend=True)
    assert said(other) == [("P00", "Compare body mass by species.", 1, "user", 114, 2263)]
    assert list(other.scheme or ())[-1] == "Compare body mass by species."


def test_what_the_scheme_has_not_is_refused_and_nothing_is_taken(talk: Talk, tmp_path: Path):
    talk.scheme = SCHEME.extended("laughs", "sighs")
    talk.label("laughs", seq=2, coder="AB")
    talk.label("laughs", seq=4, coder="AB")
    talk.label("sighs", seq=4, coder="AB")
    path = written(talk, "eaf", tmp_path)
    other = fresh()
    with pytest.raises(SettingError, match=r"no code 'laughs' \(2\), 'sighs' \(1\)\. Nothing") as refused:
        other.labels_from(path)
    assert (refused.value.code, other.labels()) == ("unknown_code", [])
    other.labels_from(path, codes={"laughs": "overlap", "sighs": None})
    assert [label.code for label in other.labels()].count("overlap") == 5
    other.labels_from(path, extend=True)
    assert list(other.scheme or ()) == ["request", "answer", "overlap", "laughs", "sighs"]


def test_a_talk_without_a_scheme_gets_one_if_it_may(talk: Talk, tmp_path: Path):
    path = written(talk, "TextGrid", tmp_path)
    other = Talk.example()
    with pytest.raises(SettingError) as refused:
        other.labels_from(path)
    assert refused.value.code == "no_scheme"
    other.labels_from(path, extend=True)
    assert set(other.scheme or ()) == {"request", "answer", "overlap"}
    assert said(other) == said(talk)


def test_what_lies_outside_is_taken_named_and_counts_nowhere(tmp_path: Path):
    grid = textgrid.Textgrid()
    grid.addTier(textgrid.IntervalTier("Eva", [(1, 2, "request"), (90, 99, "answer")], 0, 99))
    grid.save(str(tmp_path / "a.TextGrid"), format="long_textgrid", includeBlankSpaces=True)
    folder = fresh().save(tmp_path / "p01")
    talk = read_talk(folder)
    assert talk.labels_from(tmp_path / "a.TextGrid") == (1, 2)
    assert [label.problem for label in read_talk(folder).labels()] == [None, "outside"]
    (problem,) = talk.problems
    assert (problem.code, "number 2" in problem.message) == ("labels_outside", True)


@pytest.mark.parametrize(
    ("name", "data", "code", "says"),
    [
        ("none.eaf", None, "labels_unreadable", "No such file"),
        ("a.eaf", b"<html/>", "labels_unreadable", "begins with html"),
        ("a.eaf", b'<!DOCTYPE x [<!ENTITY a "b">]><a/>', "labels_unreadable", "DOCTYPE"),
        ("a.TextGrid", b"ooBinaryFile\x08TextGrid\0\0", "labels_unreadable", "binary"),
        ("a.TextGrid", b"", "labels_unreadable", "what kind of file"),
        ("a.wav", b"RIFF\0\0\0\0WAVE\xff\xfe\xfd", "labels_unreadable", "what kind of file"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_name(
    name: str, data: bytes | None, code: str, says: str, tmp_path: Path
):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingError, match=says) as refused:
        fresh().labels_from(tmp_path / name)
    assert refused.value.code == code
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"tiers": "labels/AB/users"}, "unknown_tier", "Did you mean 'labels/AB/user'"),
        ({"tiers": 7}, "label_invalid", "Names are texts, not 7"),
        ({"codes": ["a"]}, "label_invalid", "is no dict"),
        ({"coder": ""}, "label_invalid", "A coder has a short name"),
        ({"tier": "AB"}, "setting_error", "Did you mean 'tiers'"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], code: str, says: str, talk: Talk, tmp_path: Path):
    with pytest.raises(SettingError, match=says) as refused:
        fresh().labels_from(written(talk, "eaf", tmp_path), **given)
    assert refused.value.code == code


@FORMATS
@pytest.mark.parametrize("replace", [False, True])
def test_a_stretch_as_long_as_a_turn_stays_the_one_that_it_is(form: str, replace: bool, tmp_path: Path):
    talk = fresh()
    talk.label("request", seq=1, coder="AB")
    turn = talk.labels()[0]
    times = {"start_ms": turn.start_ms, "end_ms": turn.end_ms, "side": "user"}
    talk.label("overlap", **times, coder="AB", note="important")
    talk.label("request", **times, coder="AB", note="also")
    before = [(x.number, x.code, x.seq, x.note) for x in talk.labels()]
    assert talk.labels_from(written(talk, form, tmp_path), replace=replace) == ()
    assert [(x.number, x.code, x.seq, x.note) for x in talk.labels()] == before


@FORMATS
def test_the_labels_of_a_coder_with_several_blanks_are_taken_once(form: str, tmp_path: Path):
    talk = fresh()
    talk.label("request", seq=1, coder=" A  B ", note="kept")
    assert talk.labels_from(written(talk, form, tmp_path), replace=True) == ()
    assert [(x.coder, x.note) for x in talk.labels()] == [("A B", "kept")]
