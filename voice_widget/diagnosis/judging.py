"""What the facts of a page, the kernel and a service mean: a row for each thing, and what to do about it."""

from __future__ import annotations

from voice_widget.diagnosis.facts import Heard, KernelFacts, Silent
from voice_widget.diagnosis.findings import Finding
from voice_widget.diagnosis.front_ends import browser, front_end
from voice_widget.diagnosis.media import candidates, channel, jitter, loss, pair, round_trip
from voice_widget.diagnosis.pages import devices, permission, secure
from voice_widget.diagnosis.versions import BESIDE, older

COMM_MS = 500.0
"""So long a message may take to the page and back: a call by comm has to wait for each piece of sound."""
STALL_MS = 250.0
"""So late the loop may be: the assistant's sound that a page holds ready is used up by then."""

_OF_PAGES = (
    "secure context",
    "permission",
    "devices",
    "candidates",
    "selected pair",
    "round trip",
    "loss",
    "jitter",
    "channel",
)
ROWS = ("page", *_OF_PAGES, "comm", "loop", "service", "front end", "browser", "versions")
"""What every diagnosis looks at. After a failed call ``last error`` stands before them."""


def judged(told: Heard | Silent, kernel: KernelFacts) -> list[Finding]:
    """What was found: always the same rows, and before them the last error, if there is one.

    Args:
        told: What a page has told, or why none has.
        kernel: What the kernel knows.
    """
    rows = (
        [Finding("last error", kernel.error["message"], "bad", kernel.error["next_step"])]
        if kernel.error
        else []
    )
    rows.append(_page(told, kernel))
    if isinstance(told, Silent):
        rows += [_untold(what, kernel) for what in _OF_PAGES]
        rows += [_comm(None, kernel), _loop(kernel), _service(kernel)]
        rows += [_untold(what, kernel) for what in ("front end", "browser")]
    else:
        page = told.facts
        rows += [
            secure(page, kernel.user),
            permission(page),
            devices(page),
            candidates(page, kernel.transport),
            pair(page.get("peer"), kernel),
            round_trip(page.get("peer")),
            loss(page.get("peer")),
            jitter(page.get("peer")),
            channel(page.get("peer"), kernel),
            _comm(told.comm_ms if told.comm_ms is not None else page["comm_ms"], kernel),
            _loop(kernel),
            _service(kernel),
            front_end(page),
            browser(page),
        ]
    return [*rows, _versions(kernel)]


def _page(told: Heard | Silent, kernel: KernelFacts) -> Finding:
    if isinstance(told, Heard):
        ago = f", {told.age_s:.0f} s ago" if told.age_s >= 2 else ""
        return Finding("page", f"it has answered{ago}", "good")
    if kernel.transport == "memory":
        return Finding("page", "none is needed: the sound goes from memory", "good")
    if kernel.page_waits:
        return Finding(
            "page",
            f"{kernel.page_waits}",
            "unknown",
            "Run `w.diagnose()` once more in another cell: the page answers between the two.",
        )
    if not told.shown:
        return Finding(
            "page",
            "none shows the widget",
            "unknown",
            "Show the widget in a notebook cell: end one with `w`.",
        )
    if not told.asked:
        return Finding(
            "page", "it cannot be waited for here", "unknown", "Run `w.diagnose()` in a cell of the notebook."
        )
    return Finding("page", "it has not answered", "bad", "Reload the page, then run the widget's cell again.")


def _untold(what: str, kernel: KernelFacts) -> Finding:
    if kernel.transport == "memory":
        return Finding(what, "no page is needed", "good")
    return Finding(what, "no page has told it", "unknown")


def _comm(ms: float | None, kernel: KernelFacts) -> Finding:
    if ms is None:
        untold = _untold("comm", kernel)
        return untold if kernel.transport == "memory" else untold._replace(value="not measured yet")
    slow = ms > COMM_MS
    by_comm = "The sound goes this way, too: " if kernel.transport == "comm" else ""
    step = f"{by_comm}use a faster way to the kernel, or end what keeps kernel or page busy." if slow else ""
    return Finding(
        "comm", f"{ms:.0f} ms there and back", "bad" if slow else "good", step[:1].upper() + step[1:]
    )


def _loop(kernel: KernelFacts) -> Finding:
    if not kernel.watched:
        return Finding("loop", "not measured yet", "unknown")
    stalls = kernel.stalls_ms
    if not stalls:
        return Finding("loop", "never late in the last minute", "good")
    times = "once" if len(stalls) == 1 else f"{len(stalls)} times"
    value = f"{times} late in the last minute, at most by {max(stalls):.0f} ms"
    if max(stalls) <= STALL_MS:
        return Finding("loop", value, "good")
    step = "Something in the kernel holds the interpreter: let long computations run in another process."
    return Finding("loop", value, "bad", step)


def _service(kernel: KernelFacts) -> Finding:
    notice = kernel.service_notice
    if notice is None or notice["code"] in ("parts_loading", "about_parts", "smaller_parts"):
        return Finding("service", kernel.service, "good", "" if notice is None else notice["next_step"])
    return Finding("service", f"{kernel.service}: {notice['message']}", "bad", notice["next_step"])


def _versions(kernel: KernelFacts) -> Finding:
    listed = ", ".join(f"{name} {version}" for name, version in kernel.versions.items() if version)
    if kernel.misfits:
        wanted = " ".join(f'"{name}>={least}"' for name, least in kernel.misfits.items())
        return Finding("versions", listed, "bad", f"Run `pip install {wanted}` and restart the kernel.")
    ipykernel = kernel.versions.get("ipykernel")
    if ipykernel and older(ipykernel, BESIDE):
        beside = "then pages are heard beside a running cell"
        step = f'Run `pip install "ipykernel>=7"` and restart the kernel: {beside}.'
        return Finding("versions", listed, "good", step)
    return Finding("versions", listed, "good")
