"""ELAN's files, read: as pympi and we write them, with all kinds of annotations, and as they must not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from pympi.Elan import Eaf

from tests.analysis.coding.test_praat import SPANS, label_tiers
from voice_widget.analysis.coding.elan import tiers_of
from voice_widget.analysis.coding.tiers import Tier, decoded
from voice_widget.errors import SettingError
from voice_widget.recording.exports.eaf import to_eaf
from voice_widget.recording.exports.label_tiers import LabelTier

AT = "2026-11-26T10:00:00+00:00"


def written(tiers: list[LabelTier]) -> str:
    return to_eaf([], 3000, media=None, at=AT, labels=tiers)


def document(tiers: str, slots: str = "", header: str = 'TIME_UNITS="milliseconds"', media: str = "") -> str:
    return (
        f"<ANNOTATION_DOCUMENT><HEADER {header}>{media}</HEADER><TIME_ORDER>{slots}</TIME_ORDER>{tiers}"
        "</ANNOTATION_DOCUMENT>"
    )


def slots(*times: int | None) -> str:
    told = ("" if time is None else f' TIME_VALUE="{time}"' for time in times)
    return "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{n}"{at}/>' for n, at in enumerate(told, start=1))


def aligned(name: str, first: int, last: int, value: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="ts{first}" '
        f'TIME_SLOT_REF2="ts{last}"><ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
        "</ANNOTATION>"
    )


def referring(name: str, to: str, value: str, before: str | None = None) -> str:
    previous = "" if before is None else f' PREVIOUS_ANNOTATION="{before}"'
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{to}"{previous}>'
        f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )


def tier(name: str, *annotations: str, about: str = "") -> str:
    return f'<TIER TIER_ID="{name}" {about}>{"".join(annotations)}</TIER>'


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_pympi_writes_is_read(codec: str, tmp_path: Path):
    eaf = Eaf(author="somebody")
    eaf.remove_tier("default")
    eaf.add_tier("AB", ann="Anna B.", part="P00")
    for start, end, text in SPANS:
        eaf.add_annotation("AB", start, end, text)
    eaf.add_annotation("AB", 2500, 2600, "")
    eaf.add_linguistic_type("refers", "Symbolic_Association")
    eaf.add_tier("mood", ling="refers", parent="AB")
    eaf.add_ref_annotation("mood", "AB", 900, "glad")
    eaf.to_file(str(tmp_path / "a.eaf"))
    text = (tmp_path / "a.eaf").read_text(encoding="utf-8")
    if codec == "utf-16":
        text = text.replace("UTF-8", "UTF-16")
    assert tiers_of(decoded(text.encode(codec))) == [
        Tier("AB", SPANS, "Anna B.", "P00", None),
        Tier("mood", [(900, 1500, "glad")], None, None, "AB"),
    ]


def test_an_annotation_that_refers_to_one_that_refers_has_the_times_of_the_first():
    text = document(
        tier("c", referring("a3", "a2", "deep"), about='PARENT_REF="b"')
        + tier("b", referring("a2", "a1", "near"), about='PARENT_REF="a"')
        + tier("a", aligned("a1", 1, 2, "said")),
        slots(100, 700),
    )
    assert [(one.name, one.spans, one.parent) for one in tiers_of(text)] == [
        ("c", [(100, 700, "deep")], "b"),
        ("b", [(100, 700, "near")], "a"),
        ("a", [(100, 700, "said")], None),
    ]


def test_those_that_divide_one_annotation_share_its_time_in_their_order():
    text = document(
        tier("a", aligned("a1", 1, 2, "said"))
        + tier("b", referring("r2", "a1", "two", "r1"), referring("r1", "a1", "one"), about='PARENT_REF="a"'),
        slots(100, 700),
    )
    assert sorted(tiers_of(text)[1].spans) == [(100, 400, "one"), (400, 700, "two")]


def test_slots_without_a_time_lie_in_equal_parts_between_their_neighbours():
    text = document(
        tier("a", aligned("a1", 1, 2, "one"), aligned("a2", 2, 3, "two"), aligned("a3", 3, 4, "three")),
        slots(0, None, None, 900),
    )
    assert tiers_of(text)[0].spans == [(0, 300, "one"), (300, 600, "two"), (600, 900, "three")]


def test_what_refers_to_nothing_or_has_no_times_is_left_out():
    text = document(
        tier("a", aligned("a1", 1, 9, "nowhere"), aligned("a2", 1, 2, "open"), aligned("a3", 2, 1, "back"))
        + tier(
            "b", referring("r1", "r2", "round"), referring("r2", "r1", "round"), referring("r3", "x", "no")
        ),
        slots(100, None),
    )
    assert [one.spans for one in tiers_of(text)] == [[], []]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "DOCTYPE"),
        (decoded(b"\xff\xfe" + BOMB.encode("utf-16-le")), "DOCTYPE"),
        ("<ANNOTATION_DOCUMENT>", "no whole XML"),
        ("<a>\0</a>", "no whole XML"),
        ("<html></html>", "begins with html"),
        (document("", header='TIME_UNITS="PAL-frames"'), "PAL-frames"),
        (document("", media='<MEDIA_DESCRIPTOR TIME_ORIGIN="1200"/>'), "at 1200 ms"),
    ],
)
def test_what_is_none_is_refused(text: str, says: str):
    with pytest.raises(SettingError, match=says) as refused:
        tiers_of(text)
    assert (refused.value.code, bool(refused.value.next_step)) == ("labels_unreadable", True)


@given(label_tiers())
@settings(max_examples=60, deadline=None)
def test_what_we_write_comes_back(tiers: list[LabelTier]):
    found = tiers_of(written(tiers))
    assert [(one.name, one.spans, one.annotator) for one in found[2:]] == [
        (one.name, one.spans, "AB") for one in tiers
    ]
