"""The pages of the measures: their pictures are as they are made, and each measure has one."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from scripts import make_measures_pictures as pictures
from tests.texts import ROOT
from voice_widget import Talk

OVERVIEW = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "measures").glob("*.md")}


def test_pictures_are_as_they_are_made_and_shown():
    there = {path.name: path.read_text(encoding="utf-8") for path in pictures.FOLDER.glob("*.svg")}
    assert there == pictures.pictures()
    assert {name.removesuffix(".svg") for name in there} == set(PAGES)


def test_each_says_what_it_shows():
    for text in pictures.pictures().values():
        title = ElementTree.fromstring(text).find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text


def test_each_measure_has_a_page():
    names = set(Talk.example().measures()["measure"]) | set(Talk.example().measures(by="turn").columns)
    kinds = re.compile(r"(input|output|cached|uncached)_(text|audio|image)_tokens")
    told = "\n".join((OVERVIEW, *PAGES.values()))
    assert [name for name in sorted(names) if f"`{name}`" not in told and not kinds.fullmatch(name)] == []


def test_each_page_defines_a_measure_and_has_its_picture():
    assert len(PAGES) == 14
    assert [name for name, page in PAGES.items() if not re.match(r"# .+\n\n`[a-z_]+`", page)] == []
    assert [name for name, page in PAGES.items() if f"]({name}.svg)" not in page] == []
    assert set(re.findall(r"\]\(measures/([\w-]+)\.md\)", OVERVIEW)) == set(PAGES)
