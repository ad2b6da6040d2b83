"""The table of front ends: in the README as in the page, and each cell names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.seen import FILES

ROOT = Path(__file__).parents[1]
SEEN = ROOT / "docs" / "seen.md"
TABLE = re.compile(r"^\| front end \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE)
NO_TEST = {"untested", "none"}


def rows(page: str) -> list[list[str]]:
    """The table's rows, cell by cell."""
    found = TABLE.search((ROOT / page).read_text(encoding="utf-8"))
    assert found is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def test_the_readme_and_the_page_have_the_same_table() -> None:
    assert rows("README.md") == rows("docs/front-ends.md")


def test_each_cell_names_a_test_that_is_there_or_says_that_there_is_none() -> None:
    for front_end, *cells in rows("README.md"):
        assert len(cells) == 4, front_end
        for cell in cells:
            name = cell.strip("`")
            assert cell in NO_TEST or re.search(
                r"^def test_", (ROOT / "tests" / "e2e" / name).read_text(), re.MULTILINE
            ), (front_end, cell)


def test_what_the_table_names_is_on_the_page_of_what_was_seen() -> None:
    named = {cell.strip("`") for _, *cells in rows("README.md") for cell in cells} - NO_TEST
    assert named <= set(FILES)
    assert named <= set(re.findall(r"^\| `(test_\w+\.py)` \|.*\| yes \|$", SEEN.read_text(), re.MULTILINE))


def test_what_nobody_has_tried_is_said_to_be_untested() -> None:
    (cells,) = (cells for front_end, *cells in rows("README.md") if front_end == "VS Code, Colab")
    assert set(cells) == {"untested"}
