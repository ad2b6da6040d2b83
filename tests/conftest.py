"""One Playwright and one Chromium for the whole run, after everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last: Playwright keeps an event loop on the main thread, beside which no other test could run its own.
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that Chromium plays as its microphone; a test writes into it before it calls."""
    from tests.e2e import speech

    path = tmp_path_factory.mktemp("microphone") / "microphone.wav"
    return speech.write(path, [speech.silence(10)])


@pytest.fixture(scope="session")
def chrome() -> Iterator[BrowserType]:
    """What starts a Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chrome: BrowserType, microphone: Path) -> Iterator[Browser]:
    from tests.e2e import lab

    instance = lab.launch(chrome, microphone)
    yield instance
    instance.close()
