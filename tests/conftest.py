"""One Playwright and one Chromium for the whole run, after everything else."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.busy import busy
from tests.left_open import closes_its_talks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

    from tests.e2e.measured import Measured

PAGE = Path(__file__).parents[1] / ".make" / "page"
"""Is locked while the front end's tests have a browser: a second one would overload two cores."""
WITH_A_BROWSER = ("tests/e2e/", "tests/stock/test_javascript.py")
END_TO_END_S = 400
"""So long may a test of the whole take before it hangs: a busy machine starts a page and a kernel slowly."""


@pytest.hookimpl(tryfirst=True)  # what is chosen by its marker is chosen after this
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if end_to_end(item.nodeid):
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(END_TO_END_S))
            item.add_marker(pytest.mark.flaky(reruns=2, condition=busy))
    if not {"real", "seen"} & set(config.option.markexpr.split()):
        left_out = [item for item in items if item.get_closest_marker("real")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # Last: Playwright keeps an event loop on the main thread, beside which no other test could run its own.
    items.sort(key=lambda item: end_to_end(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In several processes the tests of a file stay together, and all that share a browser."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            # Two browsers with all that belongs to them take all of two cores, and the sound breaks off.
            return "e2e" if end_to_end(nodeid) else nodeid.split("::")[0]

    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # while it waits, no time of the test runs
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if end_to_end(item.nodeid) and PAGE.exists():
        with PAGE.open() as held:
            fcntl.flock(held, fcntl.LOCK_SH)
    return (yield)


def end_to_end(nodeid: str) -> bool:
    """Whether a browser is needed."""
    return nodeid.startswith(WITH_A_BROWSER)


@pytest.fixture(autouse=True, scope="module")
def no_talk_outlives_its_file() -> Iterator[None]:
    with closes_its_talks():
        yield


@pytest.fixture(scope="session")
def measured() -> Iterator[Measured]:
    """Takes down what the long tests find out; a page of the docs, in the end."""
    from tests.e2e.measured import Measured

    found = Measured()
    yield found
    found.write()


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


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were started."""
    found: list[int] = []
    real = asyncio.create_subprocess_exec

    async def told(*args: Any, **named: Any) -> Any:
        process = await real(*args, **named)
        found.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", told)
    return found
