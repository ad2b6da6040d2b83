"""What must be done to a browser's offer before aiortc sees it."""

from __future__ import annotations

import re

from voice_widget.errors import ProtocolError

_NEXT_STEP = "Send the `sdp` of an offer that an RTCPeerConnection made."


def clean_offer(text: str) -> str:
    r"""Check that this is an offer with an audio section in Opus, and take out what would break the answer.

    Names ending in ``.local`` cost a second each and resolve nowhere but in the browser.
    ``a=end-of-candidates`` makes aioice give up when no other candidate is left; without that line it learns
    the address from the browser's checks.

    Args:
        text: The body of the request.

    Raises:
        ProtocolError: It is no such offer (``invalid_offer``).

    Example:
        >>> clean_offer("hello")
        Traceback (most recent call last):
        voice_widget.errors.ProtocolError: This is no SDP offer: it does not begin with `v=0`. Send ...
    """
    lines = [line for line in re.split(r"\r\n|\n|\r", text.strip("\ufeff \t\r\n")) if line]
    if not lines or lines[0].strip() != "v=0":
        raise _refused("This is no SDP offer: it does not begin with `v=0`.")
    if any(not re.match(r"[a-z]=", line) for line in lines):
        raise _refused("This is no SDP offer: a line in it is not of the form `x=…`.")
    if not any(line.startswith("m=audio ") for line in lines):
        raise _refused("The offer has no audio section (add a track or a `recvonly` transceiver).")
    if not any(re.match(r"a=rtpmap:\d+ opus/48000", line, re.IGNORECASE) for line in lines):
        raise _refused("The offer does not list Opus, the one codec spoken here.")
    mids = _mids(lines)
    for line in lines:
        if line.startswith("a=group:BUNDLE") and not mids.issuperset(line.split()[1:2]):
            # The first one's transport carries the others; aiortc stumbles where there is none.
            raise _refused("The offer bundles with a section that it does not have (see its `a=mid` lines).")
    return "\r\n".join(line for line in lines if not _is_harmful(line)) + "\r\n"


def _mids(lines: list[str]) -> set[str]:
    """The names of the sections; of several in one section the last counts, as in aiortc."""
    names: list[str] = []
    for line in lines:
        if line.startswith("m="):
            names.append("")
        elif line.startswith("a=mid:") and names:
            names[-1] = line.removeprefix("a=mid:").strip()
    return set(names)


def _is_harmful(line: str) -> bool:
    if line.startswith("a=end-of-candidates"):
        return True
    if not line.startswith("a=candidate:"):
        return False
    fields = line.split()
    return len(fields) > 4 and fields[4].lower().rstrip(".").endswith(".local")


def _refused(message: str) -> ProtocolError:
    return ProtocolError(message, code="invalid_offer", next_step=_NEXT_STEP)
