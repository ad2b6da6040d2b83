"""Facts as a page and a kernel tell them when all is well; a test changes what it is about."""

from __future__ import annotations

from typing import Any

from voice_widget.diagnosis.facts import Heard, KernelFacts
from voice_widget.diagnosis.findings import way_out
from voice_widget.diagnosis.judging import judged
from voice_widget.page.parts import PageFacts, PeerFacts

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
VERSIONS: dict[str, str | None] = {
    "python": "3.12.1",
    "voice-widget": "0.1.0",
    "ipykernel": "7.1.0",
    "jupyterlab": None,
}


def peer(**changed: Any) -> PeerFacts:
    """What the peer of a call counts."""
    told: dict[str, Any] = {
        "state": "connected",
        "channel": "open",
        "waiting": 0,
        "pair": {"local": "host", "remote": "host", "protocol": "udp", "round_trip_ms": 1.4},
        "lost": 0.0,
        "sent_lost": 0.0,
        "jitter_ms": 2.0,
        "concealed": 0.01,
    }
    return {**told, **changed}  # type: ignore[typeddict-item]


def page(**changed: Any) -> PageFacts:
    """What a page tells."""
    told: dict[str, Any] = {
        "secure": True,
        "protocol": "http:",
        "host": "localhost",
        "port": "8888",
        "framed": False,
        "blocked": False,
        "microphone": "granted",
        "local_network": "unknown",
        "microphones": 2,
        "speakers": 1,
        "webrtc": True,
        "candidates": [{"kind": "host", "protocol": "udp"}, {"kind": "host", "protocol": "tcp"}],
        "gathered": True,
        "wanted": None,
        "trouble": "",
        "peer": None,
        "front_end": {"app": "JupyterLab 4.4.1", "browser": CHROME},
        "took_ms": 120.0,
        "comm_ms": None,
    }
    return {**told, **changed}  # type: ignore[typeddict-item]


def kernel(**changed: Any) -> KernelFacts:
    """What the kernel knows."""
    told: dict[str, Any] = {
        "service": "embedded engine",
        "watched": True,
        "user": "ada",
        "versions": VERSIONS,
    }
    return KernelFacts(**{**told, **changed})


def told_in_the_gallery() -> dict[str, Any]:
    """What `js/dev/diagnoses.json` has: what is said of a good call, and of a page by plain http."""
    well = judged(Heard(page(peer=peer()), comm_ms=18.0), kernel(connected=True))
    bare = page(secure=False, host="10.0.0.7", microphone="unknown", microphones=None, speakers=None)
    far = judged(Heard(bare, comm_ms=620.0), kernel(stalls_ms=(80.0, 410.0)))
    return {
        name: {"rows": [row._asdict() for row in rows], "way_out": way_out(rows)}
        for name, rows in {"well": well, "far": far}.items()
    }
