"""What shows the page, and whether this package was made for that."""

from __future__ import annotations

import re

from voice_widget.diagnosis.findings import Finding
from voice_widget.diagnosis.versions import older
from voice_widget.page.failures import PAGE_ERRORS
from voice_widget.page.parts import PageFacts

LEAST_LAB = "4.0"
LEAST_BROWSERS = {"Edge": "105", "Chrome": "105", "Firefox": "110", "Safari": "16.4"}
"""The first that can draw the panel: it is laid out by the size of its container."""

_LAB = re.compile(r"JupyterLab (\d[\d.]*)")
# The order counts: Edge says that it is Chrome, and all of them that they are Safari.
_BROWSERS = {
    "Edge": re.compile(r"\bEdg/(\d[\d.]*)"),
    "Chrome": re.compile(r"\b(?:Headless)?Chrome/(\d[\d.]*)"),
    "Firefox": re.compile(r"\bFirefox/(\d[\d.]*)"),
    "Safari": re.compile(r"\bVersion/(\d[\d.]*)[^)]* Safari/"),
}


def front_end(page: PageFacts) -> Finding:
    """The application with its version, as far as it says so."""
    told = page["front_end"]["app"][:80]
    _, own_tab = PAGE_ERRORS["microphone_blocked_by_policy"]
    if page["protocol"].startswith("vscode"):
        return Finding("front end", told or "VS Code", "bad", own_tab)
    lab = _LAB.search(told)
    if lab and older(lab[1], LEAST_LAB):
        return Finding(
            "front end", told, "bad", "Run `pip install --upgrade jupyterlab` where JupyterLab runs."
        )
    return Finding("front end", told or "it does not say what it is", "good" if told else "unknown")


def browser(page: PageFacts) -> Finding:
    """The browser with its version.

    Example:
        >>> told = {"app": "", "browser": "Mozilla/5.0 (X11; rv:109.0) Gecko/20100101 Firefox/109.0"}
        >>> browser({"front_end": told}).next_step  # type: ignore[typeddict-item]
        'Use a current Firefox, Chromium, Chrome, Edge or Safari.'
    """
    told = page["front_end"]["browser"]
    for name, pattern in _BROWSERS.items():
        if found := pattern.search(told):
            version = found[1][:20]
            old = older(version, LEAST_BROWSERS[name])
            step = "Use a current Firefox, Chromium, Chrome, Edge or Safari." if old else ""
            return Finding("browser", f"{name} {version}", "bad" if old else "good", step)
    return Finding("browser", told[:80], "unknown")
