"""Praat's TextGrid, read: as praatio and pympi write it, long and short, and as it must not be."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from praatio import textgrid
from pympi.Praat import TextGrid

from voice_widget.analysis.coding.praat import tiers_of
from voice_widget.analysis.coding.tiers import Tier, decoded
from voice_widget.errors import SettingError
from voice_widget.recording.exports.label_tiers import LabelTier
from voice_widget.recording.exports.textgrid import to_textgrid

SPANS = [(0, 500, 'say "hm"'), (900, 1500, "repair"), (1500, 2000, "grüß 1 <exists> ! [2]")]


def by_praatio(path: Path, form: str) -> None:
    grid = textgrid.Textgrid()
    entries = [(start / 1000, end / 1000, text) for start, end, text in SPANS]
    grid.addTier(textgrid.IntervalTier("AB", entries, 0, 3))
    grid.addTier(textgrid.PointTier("beeps", [(1.25, "beep"), (3.0, "end")], 0, 3))
    grid.save(str(path), format=form, includeBlankSpaces=True)


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_what_praatio_writes_is_read(form: str, tmp_path: Path):
    by_praatio(path := tmp_path / "a.TextGrid", form)
    assert tiers_of(decoded(path.read_bytes())) == [
        Tier("AB", SPANS),
        Tier("beeps", [(1250, 1251, "beep"), (3000, 3001, "end")]),
    ]


@pytest.mark.parametrize("mode", ["normal", "short"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "latin-1"])
def test_what_pympi_writes_is_read(mode: str, codec: str, tmp_path: Path):
    grid = TextGrid(xmin=0, xmax=3, codec=codec)
    tier = grid.add_tier("AB")
    for start, end, text in SPANS:
        tier.add_interval(start / 1000, end / 1000, text)
    grid.to_file(str(tmp_path / "a.TextGrid"), mode=mode, codec=codec)
    assert tiers_of(decoded((tmp_path / "a.TextGrid").read_bytes())) == [Tier("AB", SPANS)]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_the_mark_of_a_file_says_how_it_is_written(codec: str):
    text = to_textgrid([], 3000, labels=[LabelTier("grün", "grün", None, [(0, 9, "ä 語")])])
    data = (("\ufeff" if codec == "utf-16-be" else "") + text).encode(codec)
    assert tiers_of(decoded(data))[-1] == Tier("grün", [(0, 9, "ä 語")])


def test_comments_and_free_text_between_do_not_count():
    text = '''File type = "ooTextFile"
Object class = "TextGrid"
! made on day 7, "by hand"
0 ! from
2.5 seconds
<exists>
1 tier
"IntervalTier" "AB" from 0 to 2.5 seconds: 1 interval
0 2.5 "repair"'''
    assert tiers_of(text) == [Tier("AB", [(0, 2500, "repair")])]


def test_one_without_tiers_has_none():
    assert tiers_of('"ooTextFile" "TextGrid" 0 2 <absent>') == []


WHOLE = '"ooTextFile" "TextGrid" 0 2 <exists> 1 "IntervalTier" "AB" 0 2 1 0 2 "a"'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "what kind of file"),
        ("hello", "what kind of file"),
        ('"ooTextFile" "Collection" 0 2', "no TextGrid, but ooTextFile with Collection"),
        (WHOLE.replace("IntervalTier", "OddTier"), "unknown kind, OddTier"),
        (WHOLE.replace(" 1 0 2 ", " 1.5 0 2 "), "how much is in a tier"),
        (WHOLE.replace(" 1 0 2 ", " -1 0 2 "), "how much is in a tier"),
        (WHOLE.replace(" 1 0 2 ", " 1 0 "), "when something ends"),
        (WHOLE.replace(" 1 0 2 ", " 1 1e999 2 "), "when something begins"),
        (WHOLE[:-1], "what stands there"),
        (WHOLE.replace("<exists> 1", "<exists> 2"), "what kind of tier"),
    ],
)
def test_what_is_none_is_refused(text: str, says: str):
    with pytest.raises(SettingError, match=says) as refused:
        tiers_of(text)
    assert refused.value.code == "labels_unreadable"


@st.composite
def label_tiers(draw: Any) -> list[LabelTier]:
    texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
    found = []
    for name in draw(st.lists(texts, max_size=3, unique=True)):
        at, spans = 0, []
        for gap, length, text in draw(
            st.lists(st.tuples(st.integers(0, 9), st.integers(1, 99), texts), max_size=6)
        ):
            spans.append((at + gap, at + gap + length, text))
            at += gap + length
        found.append(LabelTier(name, "AB", None, spans))
    return found


@given(label_tiers())
@settings(max_examples=60, deadline=None)
def test_what_we_write_comes_back(tiers: list[LabelTier]):
    found = tiers_of(to_textgrid([], 0, labels=tiers))
    assert [(tier.name, tier.spans) for tier in found[2:]] == [(tier.name, tier.spans) for tier in tiers]


@settings(deadline=None)
@given(st.text(st.sampled_from('"! 01.5<exists>TextGridooTextFileIntervalTier\n'), max_size=80))
def test_whatever_stands_there_is_read_or_refused(text: str):
    for whole in (text, WHOLE[:40] + text):
        with contextlib.suppress(SettingError):
            assert all(start < end for tier in tiers_of(whole) for start, end, _ in tier.spans)
