"""What is known when somebody asks whether a call can be made, or goes well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voice_widget.errors import ErrorInfo
from voice_widget.page.parts import PageFacts


@dataclass(frozen=True)
class KernelFacts:
    """What the kernel knows by itself.

    Attributes:
        transport: How the caller's sound travels: ``webrtc``, ``comm`` or ``memory``.
        connected: A call is up.
        fell_back: Why the call, or the last one, goes by comm though WebRTC was to be; None: it does not.
        error: Why the last call failed, or what was refused.
        service: What the service is called.
        service_notice: What is not well with it.
        page_waits: Why pages are heard only between cells; None: they are heard beside a running one.
        stalls_ms: How late the loop was in the last minute, each time that it was late, in milliseconds.
        watched: It was looked for that at all.
        user: Who one is at the kernel's machine.
        versions: Of what is installed, by name; None: it is not there.
        misfits: What of it is older than this package needs: its name, and what is needed.
    """

    transport: str = "webrtc"
    connected: bool = False
    fell_back: ErrorInfo | None = None
    error: ErrorInfo | None = None
    service: str = ""
    service_notice: ErrorInfo | None = None
    page_waits: str | None = None
    stalls_ms: tuple[float, ...] = ()
    watched: bool = False
    user: str = ""
    versions: Mapping[str, str | None] = field(default_factory=dict)
    misfits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """What a page has told.

    Attributes:
        facts: What it told.
        age_s: How long ago, in seconds.
        comm_ms: How long a message takes to the page and back, in milliseconds; None: nobody measured it.
    """

    facts: PageFacts
    age_s: float = 0.0
    comm_ms: float | None = None


@dataclass(frozen=True)
class Silent:
    """No page has told anything.

    Attributes:
        shown: There was one: the widget was shown.
        asked: One was asked, and had its time to answer.
    """

    shown: bool = True
    asked: bool = True
