"""A peer that finds no path: by which way its run goes on, when, and what is said of it. Pure."""

from __future__ import annotations

from voice_widget.call.ways import Way
from voice_widget.errors import ErrorInfo, PageError, SettingError, VoiceWidgetError

_UDP = "The next call tries again: it needs UDP between page and service, which firewalls often block."
_FAILURES = {
    "ice_failed": ("WebRTC found no path", _UDP),
    "relay_refused": ("The TURN server let nobody in", "Check the username and the credential of it."),
    "channel_not_open": ("WebRTC opened no channel for the events", "The next call tries again."),
    "ice_servers_failed": (
        "The function of `ice_servers` gave none",
        "Call it yourself to see why; the next call asks it again.",
    ),
    "no_webrtc": ("This browser has no WebRTC", "A current Firefox, Chromium, Chrome, Edge or Safari has."),
}
OF_THE_PATH = frozenset(_FAILURES)
"""The codes of the failures that another way does not share."""
CONNECT_MS = 2_500
"""So long after the answer a peer may take to connect where there is another way."""
RELAYED_MS = 8_000
"""The same where servers are asked for a path: each takes its time."""
NO_OTHER_MS = 15_000
"""The same where there is no other way."""


def way_instead(way: Way, error: VoiceWidgetError) -> Way | None:
    """The way by which a run goes on that has failed so; None: there is no other, or it would fail alike."""
    ours = isinstance(error, (PageError, SettingError))
    return way.fallback if ours and error.code in OF_THE_PATH else None


def connect_ms(way: Way) -> int:
    """How long a page's peer may take to connect, in milliseconds from the answer on."""
    if way.fallback is None:
        return NO_OTHER_MS
    return CONNECT_MS if way.ice is None else RELAYED_MS


def by_comm(code: str) -> ErrorInfo:
    """What is said while a call goes by comm because its peer has failed, by the failure's code."""
    why, hope = _FAILURES[code]
    message = f"{why}: the sound of this call goes through the kernel, and comes a little later."
    return {"code": "by_comm", "message": message, "next_step": hope}


def failed_both_ways(error: VoiceWidgetError, first: VoiceWidgetError | None) -> VoiceWidgetError:
    """The error of a run that could not be reached by the second way either."""
    if first is not None:
        error.message = f"{first.message} By comm it failed too: {error.message}"
        error.args = (f"{error.message} {error.next_step}".rstrip(),)
    return error
