"""What went wrong at a service, as one of our errors: a name, a sentence, a next step, and no secret."""

from __future__ import annotations

import contextlib
import html
import json
import math
import re
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.wire.problems import may_pass, time_is_over
from voice_widget.realtime.wire.words import said

Clean = Callable[[str], str]

_AGAIN = "Check the address and the network, then call again."
_A_SERVICE = "Check the address (it ends in /v1) and that it is a Realtime service."
CHECK_THE_KEY = "Check the key and what it may do."
# What the engine and OpenAI call their refusals, and what to do about each.
_STEPS: Mapping[str, str] = {
    "invalid_offer": "Press Call again; if it stays, reload the page.",
    "request_too_large": "Shorten the instructions or the tools of the session.",
    "invalid_value": "Change that setting and call again.",
    "call_not_found": "Check the call's id, or press Call for a new one.",
    "too_many_sessions": "Hang up another call, then call again.",
    "model_not_found": "Choose another model.",
    "insufficient_quota": "Add credit to the account, or use another key.",
    "beta_api_shape_disabled": 'Leave dialect="beta" out if given: this service speaks today\'s protocol.',
    "invalid_api_key": CHECK_THE_KEY,
    "session_expired": "Press Call to go on; the conversation so far is kept.",
}
# What OpenSSL calls bytes that are no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_ASKS_FOR_TLS = re.compile(r"\bhttp request\b.*\bhttps\b", re.IGNORECASE)
# By OpenSSL's numbers: what to do about a certificate.
_ISSUER = "Start Python with SSL_CERT_FILE set to a PEM file that holds that certificate or its issuer's."
_DATES = "Renew the server's certificate, and check the clocks."
_NAME = "Use a name in the address that the certificate is for."
_CERTIFICATES = {
    **dict.fromkeys((9, 10), _DATES),
    **dict.fromkeys((18, 19, 20, 21), _ISSUER),
    **dict.fromkeys((62, 64), _NAME),
}
_AT_THE_END_S = 10.0
# How services say without a code of their own that it is no.
_REFUSES: Mapping[int, re.Pattern[str]] = {
    401: re.compile(
        r"unauthori[sz]ed|unauthenticated|\bauthentication\b|invalid (?:api ?)?(?:key|token)", re.IGNORECASE
    ),
    403: re.compile(r"forbidden|not (?:allowed|permitted)|(?:access|permission) denied", re.IGNORECASE),
    404: re.compile(r"not found|\bno such\b|does not exist", re.IGNORECASE),
    400: re.compile(r"bad request|\binvalid\b", re.IGNORECASE),
}
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


def refusal(
    failed: str,
    status: int,
    body: Any,
    headers: Mapping[str, str],
    clean: Clean,
    *,
    of_call: bool = False,
) -> ServiceError:
    """An HTTP status other than success.

    Args:
        failed: What was tried, as the beginning of a sentence.
        status: The status.
        body: What came with it, decoded or not.
        headers: The answer's headers.
        clean: Takes secrets out of a text.
        of_call: It was asked about a call that there may no longer be.
    """
    problem = _refusal(failed, status, body, headers, clean, of_call)
    problem.status = status
    problem.retry_after_s = _seconds(headers)
    return problem


def _refusal(
    failed: str, status: int, body: Any, headers: Mapping[str, str], clean: Clean, of_call: bool
) -> ServiceError:
    code, said = reason(body, clean)
    if of_call and status in (404, 410) and code in ("", "not_found"):
        code = "call_not_found"
    if 300 <= status < 400:
        target = urlsplit(headers.get("location") or "")
        named = _short(target.hostname or target.path, clean, 120)
        where = f" to {named}" if named else ""
        return ServiceRefused(
            f"{failed}: the address redirects{where}.",
            code="redirected",
            next_step="Give the address it redirects to as base_url.",
        )
    text = f"{failed}: {said}" if said else f"{failed} (HTTP status {status})."
    if not text.endswith((".", "!", "?", "…")):
        text += "."
    if status == 400 and _ASKS_FOR_TLS.search(said):
        return ServiceRefused(text, code="address_invalid", next_step="Use https:// in the address.")
    if status == 401:
        return ServiceRefused(text, code="invalid_api_key", next_step=CHECK_THE_KEY)
    if status == 403:
        return ServiceRefused(text, code=code or "forbidden", next_step=CHECK_THE_KEY)
    if status in (408, 425):
        code = "timeout" if status == 408 else ""
        return ServiceUnavailable(text, code=code or None, next_step="Call again in a moment.")
    if status >= 500:
        return ServiceUnavailable(text + _wait(headers), next_step="Call again in a moment.")
    # 409: something there is in another state just now.
    busy = status == 409 or (status == 429 and code != "insufficient_quota")
    if code in _STEPS:
        if code == "call_not_found" and not said:
            text = f"{failed}: there is no such call, or no more."
        return ServiceRefused(text + _wait(headers), code=code, next_step=_STEPS[code], passing=busy)
    if status == 404:
        return ServiceRefused(
            text,
            code=code or "not_found",
            next_step="Check the model's name and the address (it ends in /v1).",
        )
    if status == 429:
        return ServiceRefused(
            text + _wait(headers),
            code=code or "rate_limited",
            next_step="Wait a little; check the account's quota.",
            passing=busy,
        )
    if status < 300:
        return ServiceRefused(
            f"{failed}: the address answers, but not as a Realtime service does.",
            code="answer_invalid",
            next_step="Check the address (it ends in /v1).",
        )
    step = "Call again in a moment." if busy else "Check the settings of the session."
    return ServiceRefused(text, code=code or None, next_step=step, passing=busy)


def tls_trouble(error: BaseException) -> tuple[str, str, str] | None:
    """The code, what is wrong and the next step, if the two ends do not agree about TLS."""
    for cause in chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message.rstrip(".")
            step = _CERTIFICATES.get(cause.verify_code, _AGAIN)
            return "certificate_invalid", f"its certificate is not valid ({why})", step
        if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
            step = "Use http:// in the address, or give the server TLS."
            return "address_invalid", "it does not speak TLS", step
    return None


def unreachable(failed: str, server: str, error: BaseException, *, tls: bool = True) -> ServiceError:
    """No answer at all: what the client or the socket raised.

    Args:
        failed: What was tried, as the beginning of a sentence.
        server: The service's name.
        error: It.
        tls: The address begins with ``https``.
    """
    from websockets.exceptions import ProxyError

    kinds = {type(e).__name__ for e in chain(error)}
    code, step = None, _AGAIN
    trouble = tls_trouble(error)
    if trouble:
        code, what, step = trouble
    elif isinstance(error, TimeoutError) or any("Timeout" in kind for kind in kinds):
        what, code = "it took too long", "timeout"
    elif "SSLCertVerificationError" in kinds or any("CERTIFICATE" in str(e) for e in chain(error)):
        what, code = "its certificate is not valid", "certificate_invalid"
    elif "ProxyError" in kinds or isinstance(error, ProxyError):
        what, code = "the proxy does not let us through", "proxy_failed"
    elif kinds & {"ImportError", "InvalidProxy"}:
        what, code = "the proxy of the environment cannot be used", "proxy_failed"
    elif kinds & {"RemoteProtocolError", "ReadError", "WriteError", "InvalidMessage", "ConnectionResetError"}:
        what, code = "it broke off the connection", "connection_lost"
        if not tls:  # many a server that speaks only TLS does so
            step = "Check the address (https:// if the server has TLS) and the network, then call again."
    elif kinds & {"InvalidURI", "InvalidURL", "UnsupportedProtocol", "UnicodeError"}:
        what, code = "the address cannot be used", "address_invalid"
    elif isinstance(error, OSError) or kinds & {"ConnectError", "APIConnectionError"}:
        what = "not reachable"
    elif "AnswerTooLarge" in kinds:
        return ServiceRefused(
            f"{failed}: it answered with more than 1 MB.", code="answer_invalid", next_step=_A_SERVICE
        )
    else:
        # The class only: the text may quote what was sent.
        what = f"{type(error).__name__} in the connection"
    return ServiceUnavailable(f"{failed}: {server}: {what}.", code=code, next_step=step)


def not_an_answer(failed: str, body: str, clean: Clean) -> ServiceRefused:
    """The status was fine, but the body is none of what was asked for."""
    return ServiceRefused(
        f"{failed}: it answered with {_kind(body, clean)}.",
        code="answer_invalid",
        next_step=_A_SERVICE,
    )


def closed(
    code: int,
    why: str,
    sent: int,
    clean: Clean,
    *,
    beta: bool = False,
    came: bool = True,
    ends_in: float | None = None,
) -> ServiceError:
    """A socket that was closed otherwise than in good order.

    Args:
        code: The service's close code; 1006 if it sent none.
        why: The reason it gave.
        sent: Our own close code, 0 if we sent none first.
        clean: Takes secrets out of a text.
        beta: It was spoken to in the old dialect.
        came: Something had come before.
        ends_in: Seconds until the session's end, as far as the service has told it.
    """
    if sent == 1009:
        return ServiceUnavailable(
            "The service sent a message that is too large.", code="message_too_large", next_step="Call again."
        )
    why = _short(why, clean)
    # "invalid_request_error.beta_api_shape_disabled", or only the last word of it.
    name = why.rpartition(".")[2]
    tail = f": {why}" if why else ""
    # What OpenAI means by its private codes; of others only their words can tell.
    disabled = beta and code == 4000 and (not why or "beta" in why.lower())
    over = name == "session_expired" or time_is_over({"message": why}) or (code == 4001 and not why)
    known = name in _STEPS and name != "session_expired"
    access = code in (1008, 3000, 3003, 4401, 4403)
    refused = status_of(why) if access or 4000 <= code < 5000 else 0
    # By our clock, which may be wrong by much more: then it tells nothing.
    due = ends_in is not None and abs(ends_in) < _AT_THE_END_S and not (known or disabled or refused)
    if came and (over or due):
        # Nothing was refused: a new session may begin at once.
        return ServiceUnavailable(
            f"The service's time for one session is over{tail} (code {code}).",
            code="session_expired",
            next_step=_STEPS["session_expired"],
        )
    if known:
        return ServiceRefused(
            f"The service closed the connection{tail} (code {code}).", code=name, next_step=_STEPS[name]
        )
    if disabled:
        return ServiceRefused(
            "The service closed the connection because it no longer speaks the old form of the protocol"
            f"{tail} (code {code}).",
            code="beta_api_shape_disabled",
            next_step=_STEPS["beta_api_shape_disabled"],
        )
    if refused or (access and not may_pass(why)):
        words = f"{why or 'not allowed'} (code {code})"
        return _refusal("The service closed the connection", refused or 403, words, {}, clean, False)
    if code in (1000, 1001):
        return ServiceUnavailable(
            f"The service ended the call{tail or '.'}", code="connection_lost", next_step="Call again."
        )
    return ServiceUnavailable(
        f"The connection to the service broke (code {code}){tail}.",
        code="connection_lost",
        next_step="Call again.",
    )


def status_of(words: str) -> int:
    """The HTTP status that refuses as these words do, or this code of an error; 0: they refuse nothing.

    Example:
        >>> status_of("No such model."), status_of("invalid_api_key"), status_of("overloaded")
        (404, 401, 0)
    """
    words = words.replace("_", " ").replace("-", " ")
    found = (status for status, said in _REFUSES.items() if said.search(words))
    return 0 if may_pass(words) else next(found, 0)


def reason(body: Any, clean: Clean) -> tuple[str, str]:
    """The code and the message of an error body, whatever it is, without secrets."""
    if isinstance(body, (bytes, bytearray)):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(body)
    if isinstance(body, str):
        if body.lstrip().startswith("<"):
            title = _title(body, clean)
            return "", f"“{title}”" if title else ""
        return "", _short(body, clean)
    nested = body.get("error") if isinstance(body, dict) else None
    code = next((x.get("code") for x in (nested, body) if isinstance(x, dict)), None)
    code = clean(code) if isinstance(code, str) and len(code) < 80 else ""
    words = (said(nested) if isinstance(nested, dict) else "") or said(body)
    return code, _short(words, clean) or code


def _short(text: str, clean: Clean, length: int = 300) -> str:
    """The text on one line and not too long."""
    # Cleaned before it is cut: half a key is a secret, too.
    text = " ".join(clean(text).split())
    return text if len(text) <= length else text[:length] + "…"


def _kind(body: str, clean: Clean) -> str:
    start = body.lstrip()
    if not start:
        return "nothing"
    if start.startswith("<"):
        title = _title(body, clean)
        return f"the page “{title}”" if title else "a page"
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(body)
        said = reason(body, clean)[1]
        return f"“{said}”" if said else "other JSON"
    return "another text"


def _title(page: str, clean: Clean) -> str:
    found = _TITLE.search(page[:100_000])
    return _short(html.unescape(found[1]), clean, 120) if found else ""


def _wait(headers: Mapping[str, str]) -> str:
    """What the service says about when to come back."""
    seconds = _seconds(headers)
    return "" if seconds is None else f" It asks to wait {math.ceil(seconds)} s."


def _seconds(headers: Mapping[str, str]) -> float | None:
    asked = headers.get("retry-after") or ""
    seconds: float | None = None
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        seconds = float(asked)
    if seconds is None and asked:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
    return seconds if seconds is not None and 0 < seconds < 1e6 else None


def chain(error: BaseException | None) -> list[BaseException]:
    """The error and what it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
