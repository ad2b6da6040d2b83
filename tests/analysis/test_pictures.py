"""The page of the measures: its pictures are as they are made, and each measure is on it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from scripts import make_measures_pictures as pictures
from tests.texts import ROOT
from voice_widget import Talk

PAGE = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")


def test_pictures_are_as_they_are_made_and_shown():
    there = {path.name: path.read_text(encoding="utf-8") for path in pictures.FOLDER.glob("*.svg")}
    assert there == pictures.pictures()
    assert {f"measures/{name}" for name in there} == set(re.findall(r"\]\((measures/[^)]+)\)", PAGE))


def test_each_says_what_it_shows():
    for text in pictures.pictures().values():
        title = ElementTree.fromstring(text).find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text


def test_each_measure_is_on_the_page():
    names = set(Talk.example().measures()["measure"]) | set(Talk.example().measures(by="turn").columns)
    kinds = re.compile(r"(input|output|uncached)_(text|audio|image)_tokens|turns|interrupted|false_yield")
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE and not kinds.fullmatch(name)] == []


def test_each_measure_has_a_picture():
    parts = re.split(r"^(##+ .+)$", PAGE, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    # The first words of a section that defines a measure are its name.
    defining = {title: text for title, text in sections.items() if re.match(r"\s*`[a-z_]+`", text)}
    assert len(defining) == 14
    assert [title for title, text in defining.items() if "](measures/" not in text] == []
