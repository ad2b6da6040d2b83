"""Errors of the other end as a sentence for people and one next step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.wire.reading import part
from voice_widget.realtime.wire.words import said

# Two sides acted at the same moment; both are right, and nothing is lost.
_RACES = frozenset(
    [
        "response_cancel_not_active",
        "conversation_already_has_active_response",
        "input_audio_buffer_commit_empty",
    ]
)

# These say more themselves than we could: which part, after how long.
_SAY_MORE = frozenset(
    [
        "server_error",
        "agent_timeout",
        "missing_parts",
        "stages_lost",
        "stage_failed",
        "speech_failed",
        "speech_timeout",
        "recognition_timeout",
        "recognition_late",
        "recognition_failed",
    ]
)

# Why the embedded engine has no text: no setting of a transcription is at fault.
_UNHEARD = frozenset(
    ["missing_parts", "stages_lost", "recognition_timeout", "recognition_late", "recognition_failed"]
)

_NO_MODEL = frozenset(["DeploymentNotFound", "model_not_found", "invalid_model"])
_MODEL = (
    "the service's name of a model that transcribes, as in "
    '`w.update(transcription={"model": "whisper-1"})`, or none: `w.update(transcription=None)`.'
)

_KNOWN: Mapping[str, tuple[str, str]] = {
    "session_expired": (
        "The service ended the session because it reached its longest duration.",
        "Press Call to go on; the conversation so far is kept.",
    ),
    "insufficient_quota": (
        "The account of this key has no credit left.",
        "Add credit to the account, or use another key.",
    ),
    "rate_limit_exceeded": ("The service's rate limit is reached.", "Wait a moment and try again."),
    "invalid_api_key": ("The service does not accept the key.", "Check the key and connect again."),
    "model_not_found": ("The service does not have this model.", "Choose another model."),
    "cannot_update_voice": (
        "The voice cannot change once the assistant has spoken in this call.",
        "Hang up, choose the voice and call again.",
    ),
    "beta_api_shape_disabled": (
        "The service no longer speaks the old form of the protocol.",
        "Use the current address and model of the service.",
    ),
    "tools_need_sideband": ("", "Leave these tools out, or use a service whose calls have a sideband."),
    "message_too_large": ("", "Shorten it: a text, the instructions or the tools."),
    "missing_parts": (
        "The speech parts are not installed.",
        'Run: pip install "voice-widget[local]". Typed text works without them.',
    ),
    "agent_missing": (
        "The agent's connection to the engine is not there.",
        "Hang up and call again.",
    ),
    "agent_failed": ("", "The traceback is in the log; mend the agent and ask again."),
    "agent_timeout": (
        "The agent did not answer in time.",
        "Ask again; if it happens each time, look at what the agent waits for.",
    ),
    "stages_lost": ("The speech parts ended and were started again.", "Please say that again."),
    "stage_failed": ("A speech part failed.", "Say that again; if it stays, hang up and call again."),
    "language_unknown": ("", "Choose a part that knows it, or another language."),
    "speech_failed": ("The answer could not be spoken.", "Ask again; the text stands in the transcript."),
    "speech_timeout": ("The answer could not be spoken in time.", "Ask again."),
    "recognition_late": (
        "",
        "Say it again, more slowly; close what else works on this computer, or choose a smaller recogniser.",
    ),
    "recognition_failed": (
        "What was said could not be recognised.",
        "Say that again; if it stays, choose another recogniser.",
    ),
    "recognition_timeout": ("What was said could not be recognised in time.", "Please say that again."),
    "server_error": ("The service had an internal error.", "Try again."),
    "answer_timeout": ("", "Ask again; what was asked may still be answered."),
    "answer_unended": ("", "Ask again; what still comes of the answer is taken."),
}


_ASKED_AGAIN = re.compile(r"(?<=[.!?]) Please say (?:it|that) again\.$")
_BUSY = re.compile(
    r"overload|at capacity|no capacity|too many|rate.?limit|\bbusy\b|temporar|try (?:again|later)"
    r"|\b(?:429|503)\b|(?:service|server|currently|is) unavailable",
    re.IGNORECASE,
)


# Only what says that it has happened: of a session's time a service may also warn.
_BOUND = (
    r"(?:(?:maximum|longest|max\.?) (?:session )?(?:duration|length|lifetime)"
    r"|limit of \d+[ -]minutes?|\d+[ -]minutes? (?:session )?limit)"
)
_TIME_IS_OVER = re.compile(
    r"session (?:has |is |was )?(?:expired|timed out)"
    rf"|(?<!to )(?<!will )(?<!may )\b(?:hit|reached|exceeded)\b[^.]{{0,20}}\b{_BOUND}"
    rf"|{_BOUND}\b[^.]{{0,20}}\b(?:hit|reached|exceeded)\b",
    re.IGNORECASE,
)


def time_is_over(error: Mapping[str, Any]) -> bool:
    """The session has ended because it lasted its time; some services have a sentence for it and no code."""
    code = error.get("code")
    if code == "session_expired":
        return True
    return code in (None, "", "server_error") and bool(_TIME_IS_OVER.search(said(error)))


def may_pass(words: str) -> bool:
    """What is said is of a service that is busy just now."""
    return _BUSY.search(words) is not None


def harmless(error: Mapping[str, Any]) -> bool:
    """True for the races that the protocol cannot avoid: log them, show nothing."""
    code = error.get("code") or ""
    return code in _RACES or code.startswith("item_truncate")


def next_step(error: Mapping[str, Any], otherwise: str) -> str:
    """What to do about an error of the service, if that is known; a busy one only needs time."""
    code = error.get("code") or error.get("type") or ""
    step = _KNOWN.get(code, ("", ""))[1]
    if code == "missing_parts" and said(error):
        step = "Until then, typed text works."  # what to do about this very part it says itself
    busy = may_pass(f"{code} {said(error)}")
    return _KNOWN["rate_limit_exceeded"][1] if busy and step in ("", "Try again.") else step or otherwise


def explain(error: Mapping[str, Any]) -> ErrorInfo:
    """An ``error`` object of the protocol as what the ``error`` trait shows."""
    code = error.get("code") or error.get("type") or "service_error"
    if time_is_over(error):
        code = "session_expired"
    words = said(error)
    sentence = _KNOWN.get(code, ("", ""))[0]
    if not sentence:
        sentence = words or "The service reported an error and did not say which."
    elif words and code in _SAY_MORE:
        sentence = _ASKED_AGAIN.sub("", words)  # what to do is the next step, and said once
    elif words and words != sentence:
        sentence = f"{sentence} It says: {words}"
    step = next_step({**error, "code": code}, "Look at `w.events_df` for the details.")
    return {"code": code, "message": sentence, "next_step": step}


def not_transcribed(error: Mapping[str, Any], times: int) -> ErrorInfo:
    """Why a transcript will not come. Where none does, it is the setting."""
    told = explain(error)
    if told["code"] in _UNHEARD or (times < 2 and told["code"] not in _NO_MODEL):
        return told
    return {**told, "next_step": f"Give {_MODEL}"}


def lagging(seconds: float) -> ErrorInfo:
    """A notice: the embedded engine understands what is said later and later."""
    return {
        "code": "recognition_lags",
        "message": f"What you say is understood {seconds:.0f} s late: this computer has too much to do.",
        "next_step": "Close what else works on it, or take a smaller recogniser: "
        '`Local(stt="pocketsphinx")`.',
    }


def hears_itself(times: int) -> ErrorInfo:
    """A notice: what interrupts the answers is their own sound."""
    return {
        "code": "assistant_hears_itself",
        "message": f"The assistant seems to hear itself: {times} answers in a row were interrupted as they "
        "began, by their own words or by none.",
        "next_step": "Use headphones, or turn the loudspeaker down. Push to talk helps, too: "
        "`w.update(turn_detection=None)`.",
    }


def without_texts(error: ErrorInfo) -> ErrorInfo | None:
    """A notice, until a transcript comes: the error goes with the next answer, and the rows stay empty.

    None where the setting is not at fault.
    """
    if error["code"] in _UNHEARD:
        return None
    return {
        "code": "not_transcribed",
        "message": f"What you say is not transcribed: {error['message']}",
        "next_step": f"If it stays so, give {_MODEL}",
    }


def passed_over(error: ErrorInfo) -> ErrorInfo:
    """What is said of an event that cannot be understood: it costs itself."""
    step = error["next_step"] or "The event was passed over; look at `w.events_df` if something is missing."
    return {**error, "next_step": step}


def failure(event: Mapping[str, Any]) -> ErrorInfo:
    """Why a ``response.done`` failed."""
    response = part(event, "response")
    details = part(response, "status_details")
    error = part(details, "error") or part(response, "error") or part(event, "error")
    words = said(error) or said(details)
    if error.get("code") or words:
        return explain({**error, "message": words})
    return {
        "code": error.get("type") or "response_failed",
        "message": "The service could not make an answer and did not say why.",
        "next_step": "Ask again.",
    }


_SHORT: Mapping[str, tuple[str, str]] = {
    "max_output_tokens": (
        "The answer ended early: it reached the limit of output tokens.",
        'Say "go on" to hear the rest, or allow more with w.update(max_output_tokens="inf").',
    ),
    "content_filter": (
        "The service's content filter ended the answer.",
        "Ask in other words.",
    ),
}


def stopped_short(reason: str | None) -> ErrorInfo:
    """A notice: an answer is incomplete though nobody interrupted it."""
    said = f"The answer ended early: the service says {reason!r}." if reason else "The answer ended early."
    sentence, step = _SHORT.get(reason or "", (said, 'Say "go on" to hear the rest, or ask again.'))
    return {"code": "answer_incomplete", "message": sentence, "next_step": step}


def overdue(seconds: float, *, begun: bool, said: str | None = None) -> ErrorInfo:
    """An error: a response of which nothing comes any more.

    Args:
        seconds: For so long.
        begun: It has begun.
        said: The service's error, after which nothing came.
    """
    if not begun:
        message = f"The service has not begun to answer for {seconds:g} s."
        return explain({"code": "answer_timeout", "message": message})
    message = f"The service has not ended its answer, and has said nothing of it for {seconds:g} s."
    if said is not None:
        message = f"The service has said nothing more of its answer since its error: {said}"
    return explain({"code": "answer_unended", "message": message})


def interrupted() -> ErrorInfo:
    """Why who waits for an answer waits in vain: nobody wanted it any more."""
    return {
        "code": "answer_interrupted",
        "message": "The answer was interrupted before anything of it was said.",
        "next_step": "Ask again.",
    }


def empty() -> ErrorInfo:
    """Why who waits for an answer waits in vain: it has ended, and nothing was said."""
    return {
        "code": "answer_empty",
        "message": "The service's answer has ended without a word.",
        "next_step": "Ask again; look at `w.events_df` for what came of it.",
    }


def silence() -> ErrorInfo:
    """A notice: an answer's sound is nothing but zeros."""
    return {
        "code": "answer_silent",
        "message": "The service's answer is silent: its sound holds only zeros.",
        "next_step": "Its text stands in the transcript; look at the service's voice.",
    }


def tools_unlisted(servers: Mapping[str, str]) -> ErrorInfo:
    """A notice: the service could not find out which tools these MCP servers have.

    Args:
        servers: Why, by their labels; empty where the service does not say it.
    """
    told = [
        f"The service got no tools from the MCP server {name!r:.80}: {why[:400] or 'it does not say why'}"
        for name, why in servers.items()
    ]
    return {
        "code": "mcp_tools_unlisted",
        "message": " ".join(f"{sentence.rstrip('.')}." for sentence in told),
        "next_step": "The talk goes on without them. Look at the server's address and key, and call again.",
    }


def tools_endless(rounds: int) -> ErrorInfo:
    """An error: what the tools give leads to nothing but more calls."""
    return {
        "code": "tools_endless",
        "message": f"The service wanted tools called {rounds} times in a row, and came to no end.",
        "next_step": 'Say "go on" if it was not done yet, or ask again in other words; look at `w.events_df` '
        "for what was called and what it gave.",
    }


def call_without_id(name: str | None) -> ErrorInfo:
    """An error: a tool is to be called, and its result could be given to nobody."""
    return {
        "code": "tool_call_without_id",
        "message": f"The service wants {name or 'a tool'!r} called and gives the call no `call_id`.",
        "next_step": "Ask again; its server has to name each call.",
    }
