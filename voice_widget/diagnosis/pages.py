"""What a page says of the microphone: whether it may have one, and whether there is one."""

from __future__ import annotations

from voice_widget.diagnosis.findings import Finding
from voice_widget.page.failures import PAGE_ERRORS
from voice_widget.page.parts import PageFacts
from voice_widget.page.tunnels import is_local, way_through

_APPS = {"vscode-webview:": "VS Code", "vscode-file:": "VS Code", "file:": "a file"}


def secure(page: PageFacts, user: str) -> Finding:
    """Browsers give a microphone only to pages from https or from localhost.

    Args:
        page: What the page told.
        user: Who one is at the kernel's machine.
    """
    if page["secure"]:
        return Finding("secure context", "yes", "good")
    said, _ = PAGE_ERRORS["page_not_secure"]
    step = way_through(page["host"], page["port"], user, page["protocol"])
    return Finding("secure context", said, "bad", step)


def permission(page: PageFacts) -> Finding:
    """May the page have the microphone?"""
    if page["blocked"]:
        said, step = PAGE_ERRORS["microphone_blocked_by_policy"]
        app = _APPS.get(page["protocol"])
        return Finding(
            "permission", said if app is None else f"{said.rstrip('.')}: it is {app}.", "bad", step
        )
    if not page["secure"]:  # browsers say "denied" there, though nobody was asked
        return Finding("permission", "such a page cannot ask for it", "unknown")
    if page["microphone"] == "denied":
        said, step = PAGE_ERRORS["microphone_denied"]
        return Finding("permission", said, "bad", step)
    # A page of this very machine needs no such permission, and one whose call is up has what it needs.
    away = not is_local(page["host"]) and (page["peer"] is None or page["peer"]["pair"] is None)
    if page["local_network"] == "denied" and away:
        return Finding(
            "permission",
            "The browser was told not to let this page reach the local network, in which the service may be.",
            "bad",
            "Allow the local network by the icon beside the address, reload the page, then press Call.",
        )
    if page["microphone"] == "granted":
        return Finding("permission", "granted", "good")
    asks = "the browser will ask" if page["microphone"] == "prompt" else "the browser does not say"
    return Finding("permission", asks, "unknown", "Press Call and choose Allow.")


def devices(page: PageFacts) -> Finding:
    """Is there a microphone? Their names are nobody's business here."""
    microphones, speakers = page["microphones"], page["speakers"]
    if microphones is None or speakers is None:
        return Finding("devices", "the browser lists none", "unknown")
    value = f"{_count(microphones, 'microphone')}, {_count(speakers, 'loudspeaker')}"
    if microphones == 0:
        return Finding("devices", value, "bad", PAGE_ERRORS["microphone_missing"][1])
    return Finding("devices", value, "good")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
