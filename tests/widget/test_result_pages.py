"""In which pages the output of a cell shows what an agent shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from voice_widget.widget.result_pages import ResultPages


class Shell(InteractiveShell):
    """Knows who has the cell run, as ipykernel's."""

    session = "tab one"

    def get_parent(self) -> dict[str, Any]:
        return {"header": {"session": self.session}}


@pytest.fixture
def shell() -> Iterator[Shell]:
    InteractiveShell.clear_instance()
    made = Shell.instance()
    yield made
    Shell.clear_instance()


def hello(pages: ResultPages, page: object, session: str) -> None:
    content = {"type": "hello", "page": page}
    data = {"method": "custom", "content": content}
    pages.heard({"header": {"session": session}, "content": {"data": data}})


@pytest.mark.usefixtures("shell")
def test_only_the_page_that_had_the_cell_run_has_its_output() -> None:
    pages = ResultPages()
    hello(pages, "second", "tab two")
    hello(pages, "first", "tab one")
    assert pages() == []  # no cell shows it
    pages.cell_runs()
    assert pages() == ["first"]
    # Loaded again it has another session.
    hello(pages, "first again", "tab one again")
    assert pages() == ["first"]


def test_the_cell_that_ran_last_counts(shell: Shell) -> None:
    pages = ResultPages()
    hello(pages, "first", "tab one")
    hello(pages, "second", "tab two")
    pages.cell_runs()
    shell.session = "tab two"
    pages.cell_runs()
    assert pages() == ["second"]


@pytest.mark.usefixtures("shell")
def test_where_cells_and_pages_have_names_of_their_own_each_page_is_taken_to_have_it() -> None:
    pages = ResultPages()
    pages.cell_runs()
    hello(pages, "first", "its own")
    hello(pages, "second", "its own, too")
    assert pages() == ["first", "second"]


@pytest.mark.parametrize(
    "data", [{"method": "update", "state": {}}, {"content": "strange"}, {"content": {"page": 5}}]
)
def test_what_says_no_page_is_passed_over(data: dict[str, Any]) -> None:
    pages = ResultPages()
    pages.heard({"header": {}, "content": {"data": data}})
    assert pages() == []
