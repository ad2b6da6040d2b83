from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.made import CHROME, page
from voice_widget.diagnosis.front_ends import browser, front_end

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{} Safari/605.1.15"
)


@pytest.mark.parametrize(
    ("told", "value", "verdict"),
    [
        (CHROME, "Chrome 141.0.0.0", "good"),
        (CHROME.replace("Chrome/141", "Chrome/104"), "Chrome 104.0.0.0", "bad"),
        (CHROME.replace("Chrome", "HeadlessChrome"), "Chrome 141.0.0.0", "good"),
        (f"{CHROME} Edg/104.0.1", "Edge 104.0.1", "bad"),
        ("Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128.0", "good"),
        ("Mozilla/5.0 (X11; rv:109.0) Gecko/20100101 Firefox/109.0", "Firefox 109.0", "bad"),
        (SAFARI.format("17.4"), "Safari 17.4", "good"),
        (SAFARI.format("15.6"), "Safari 15.6", "bad"),
        ("A browser of one's own", "A browser of one's own", "unknown"),
    ],
)
def test_the_browser(told: str, value: str, verdict: str) -> None:
    row = browser(page(front_end={"app": "", "browser": told}))
    assert (row.value, row.verdict) == (value, verdict)
    assert bool(row.next_step) == (verdict == "bad")


@pytest.mark.parametrize(
    ("app", "more", "value", "verdict"),
    [
        ("JupyterLab 4.4.1", {}, "JupyterLab 4.4.1", "good"),
        ("JupyterLab 3.6.8", {}, "JupyterLab 3.6.8", "bad"),
        ("", {}, "it does not say what it is", "unknown"),
        ("", {"protocol": "vscode-webview:"}, "VS Code", "bad"),
    ],
)
def test_the_front_end(app: str, more: dict[str, Any], value: str, verdict: str) -> None:
    row = front_end(page(front_end={"app": app, "browser": ""}, **more))
    assert (row.value, row.verdict) == (value, verdict)
