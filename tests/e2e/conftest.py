"""One JupyterLab and one Chromium for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e import lab as labs
from tests.e2e import speech


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    # Last: Playwright keeps an event loop on the main thread, beside which no other test could run its own.
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[labs.Lab]:
    server = labs.Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that Chromium plays as its microphone; a test writes into it before it calls."""
    path = tmp_path_factory.mktemp("microphone") / "microphone.wav"
    return speech.write(path, [speech.silence(10)])


@pytest.fixture(scope="session")
def browser(microphone: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        instance = labs.launch(playwright.chromium, microphone)
        yield instance
        instance.close()
