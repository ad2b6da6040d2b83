"""What a page could not do, in words: the page reports a code, the sentence and the next step are ours."""

from __future__ import annotations

import re
from typing import NamedTuple

from voice_widget.errors import PageError
from voice_widget.page.tunnels import user, way_to
from voice_widget.realtime.wire.masking import masked

PAGE_ERRORS: dict[str, tuple[str, str]] = {
    "microphone_denied": (
        "The browser was told not to give this page the microphone.",
        "Allow it by the icon beside the address, reload and press Call; or press Own tab in the notebook.",
    ),
    "permission_dismissed": (
        "The question for the microphone was closed without an answer.",
        "Press Call again and choose Allow.",
    ),
    "microphone_missing": (
        "This computer has no microphone that the browser can see.",
        "Plug one in and press Call, or type to the assistant.",
    ),
    "microphone_busy": (
        "The microphone is in use by another program, or its driver failed.",
        "Close the other program, then press Call.",
    ),
    "microphone_blocked_by_policy": (
        "What shows this notebook does not let it use the microphone.",
        "Press Own tab: the talk opens in a browser tab of its own, and this notebook goes on to show it.",
    ),
    "page_not_secure": (
        "Browsers give the microphone only to pages from https or from localhost, and this page is neither.",
        "On your own computer run `ssh -L 8888:localhost:8888 user@this-server` and open http://localhost:8888.",
    ),
    "no_webrtc": (
        "This browser does not offer WebRTC.",
        'Use a current browser, or let the kernel carry the sound: VoiceWidget(transport="comm").',
    ),
    "page_error": ("The page could not go on.", "Reload the page, then press Call."),
    "microphone_silent": (
        "The page sent no sound of the microphone, so nobody would have heard you.",
        "Click into the page, press Call again, and look whether another program holds the microphone.",
    ),
    "ice_failed": (
        "The page and the service found no network path for the audio.",
        'Let the kernel carry the sound: VoiceWidget(transport="comm"), or give a TURN server.',
    ),
    "relay_refused": (
        "The TURN server did not take what `ice_servers` says.",
        "Check its username and credential; for those that expire, give a function that gets fresh ones.",
    ),
    "channel_not_open": (
        "The page and the service are connected, but the channel for events between them never opened.",
        'Press Call again; if it happens again this service wants another way: transport="comm".',
    ),
    "media_stopped": (
        "The sound between the page and the service was there, and then it stopped.",
        "Check the network of this computer (Wi-Fi, VPN, sleep), then press Call; what was said is kept.",
    ),
    "answer_timeout": (
        "The kernel did not answer the page's offer in time.",
        "Wait for the running cell to end or restart the kernel, then press Call.",
    ),
    "cannot_unseal": (
        "Only pages from https or from localhost can read a sealed token, and this page is neither.",
        'Run `ssh -L 8888:localhost:8888 user@server` and open http://localhost:8888, or use flow="unified".',
    ),
    "post_failed": (
        "The page could not reach the service to post its offer.",
        'Use flow="unified" if the service does not let pages in (CORS); else check the network, then call.',
    ),
    "post_refused": (
        "The service refused the offer that the page posted.",
        "Check the model's name, the key and what it may do, then press Call.",
    ),
    "answer_invalid": (
        "What the service answered to the page's offer is no SDP.",
        "Check the service's address (it ends in /v1) and that it speaks WebRTC, then press Call.",
    ),
    "post_timeout": (
        "The page did not hand its offer to the service in time.",
        "Check that the page reaches the service, then press Call.",
    ),
    "message_too_large": (
        "Something was too large for the way by the page and was not sent.",
        "Shorten the text, the instructions or the tools.",
    ),
    "play_failed": (
        "The page could not play the recording into the call.",
        'Reload the page and call again, or use transport="memory".',
    ),
    "playback_blocked": (
        "The browser does not let this page play sound before you have clicked in it.",
        "Press Play the sound.",
    ),
    "sound_stopped": (
        "The browser or the system has stopped the page's sound, as for a phone call.",
        "Press Resume the sound.",
    ),
    "consent_declined": (
        "The recording was declined, so there is no call.",
        "Press Call to be asked again; nothing was recorded.",
    ),
    "kernel_silent": (
        "The kernel has not been heard of for 30 s, so the page hung up and released the microphone.",
        "Check that the kernel runs, run the widget's cell again, then press Call.",
    ),
}

# These do not end a call.
MERELY_SHOWN = frozenset({"playback_blocked", "sound_stopped", "message_too_large"})

# These end a talk also where a lost call is being got back: another try would not help.
FOR_GOOD = frozenset(PAGE_ERRORS) - {
    "ice_failed",
    "relay_refused",
    "channel_not_open",
    "media_stopped",
    "answer_timeout",
    "post_failed",
    "post_refused",
    "post_timeout",
    "answer_invalid",
}

# A post that was refused with one of these may be taken a moment later.
_PASSING = re.compile(r"(429|5\d\d)\b")

# What a TURN server has answered, and that one was not reached, as browsers tell it.
_RELAY = re.compile(r"(?P<code>[3-6]\d\d|701) (?P<url>(?:stun|turn)s?:\S+) ?(?P<text>.*)", re.DOTALL)

# Here the page knows more than we do.
_SAY_MORE = frozenset({"post_failed", "post_refused", "answer_invalid", "play_failed", "page_error"})


def is_final(code: str, detail: str) -> bool:
    """Where a lost call is being got back: would every other try fail in the same way?"""
    return code in FOR_GOOD or (code == "post_refused" and _PASSING.match(detail) is None)


class ServerSaid(NamedTuple):
    """What an ICE server has answered a browser: no, or nothing."""

    words: str
    refused: bool


def server_said(detail: str) -> ServerSaid | None:
    """The same in words, of what the browser tells; None: nothing of the kind.

    Example:
        >>> server_said("401 turn:example.org Unauthorized").words
        'turn:example.org answered 401 Unauthorized'
    """
    found = _RELAY.fullmatch(masked(detail)[:300])
    if found is None:
        return None
    if found["code"] == "701":
        return ServerSaid(f"{found['url']} was not reached", refused=False)
    answer = f"{found['code']} {found['text']}".strip().rstrip(".")
    return ServerSaid(f"{found['url']} answered {answer}", refused=True)


def page_error(code: str, detail: str = "") -> PageError:
    """The error for what a page reports; an unknown code is kept with its detail.

    Example:
        >>> page_error("microphone_missing").code
        'microphone_missing'
    """
    said = f": {masked(detail)[:300]}" if detail else ""
    server = server_said(detail) if code == "ice_failed" else None
    if server is not None and server.refused:
        code = "relay_refused"
    if code in PAGE_ERRORS:
        message, next_step = PAGE_ERRORS[code]
        if server is not None:
            message = f"{message.rstrip('.')}: {server.words}."
        if code == "page_not_secure" and detail.startswith("http:"):
            next_step = way_to(detail, user())  # it tells its origin
        if code in _SAY_MORE and said:
            message = f"{message.rstrip('.')}{said.rstrip('.')}."
    else:
        message, next_step = (
            f"The page could not go on ({masked(code)[:60]}{said}).",
            "Reload the page, then press Call.",
        )
    return PageError(message, code=masked(code)[:60] or "page_error", next_step=next_step)
