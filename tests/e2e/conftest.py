"""One JupyterLab for the whole run; a Firefox and a microphone to speak into where they are needed."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import firefox as firefoxes
from tests.e2e import lab as labs
from tests.e2e import sound
from tests.e2e.seen import FILES, PAGE, Seen, where

SEEN = Seen()

expect.set_options(timeout=5_000 * labs.BUSY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/e2e/") and where(item.nodeid) in FILES:
            item.add_marker(pytest.mark.seen)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("seen") and (report.when == "call" or report.skipped):
        SEEN.note(item.nodeid, report.outcome)
    return report


def pytest_sessionfinish() -> None:
    if page := os.environ.get(PAGE):
        Path(page).write_text(SEEN.text(), encoding="utf-8")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[labs.Lab]:
    server = labs.Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sound.SoundServer]:
    """A microphone that hears what is played into it, for browsers that are started beside it."""
    sound.needed()
    server = sound.SoundServer(tmp_path_factory.mktemp("sound"), sound.SPOKEN_INTO)
    yield server
    server.close()


@pytest.fixture(scope="module")
def firefox(
    tmp_path_factory: pytest.TempPathFactory, spoken: sound.SoundServer
) -> Iterator[firefoxes.Firefox]:
    """A Firefox whose microphone that is, no longer than needed: it costs a sixth of a core."""
    labs.needed(firefoxes.firefox(), "Firefox is missing: run `make setup`, or set FIREFOX to its path.")
    browser = firefoxes.Firefox(tmp_path_factory.mktemp("firefox"), spoken.env)
    yield browser
    browser.close()
