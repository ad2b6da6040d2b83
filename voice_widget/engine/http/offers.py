"""The body of ``POST /v1/realtime/calls``: an offer alone, or an offer and a session in parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from voice_widget.engine.http.bodies import patiently
from voice_widget.errors import ProtocolError

MOST_SDP_BYTES = 128 << 10


async def read_offer(request: web.Request) -> tuple[str, Mapping[str, Any]]:
    """The offer and the session that came with it (empty: none did).

    Raises:
        ProtocolError: The body is neither of the two.
        web.HTTPRequestEntityTooLarge: It is too large.
    """
    if request.content_type == "application/sdp":
        async with patiently():
            return _text(await request.read()), {}
    if request.content_type != "multipart/form-data":
        raise ProtocolError(
            f"The body is of type {request.content_type}.",
            code="unsupported_content_type",
            next_step="Send `application/sdp`, or `multipart/form-data` with the parts `sdp` and `session`.",
        )
    try:
        async with patiently():
            parts = await request.post()
    except web.RequestPayloadError:
        raise
    except (ValueError, LookupError, AssertionError, RuntimeError, HttpProcessingError) as error:
        raise ProtocolError(f"The multipart body cannot be read: {error}.", code="invalid_body") from error
    sdp, session = parts.get("sdp"), parts.get("session")
    if sdp is None:
        raise ProtocolError("The part `sdp` is missing.", code="missing_required_parameter", param="sdp")
    return _text(_bytes(sdp)), {} if session is None else _session(_bytes(session))


def _bytes(part: Any) -> bytes:
    if isinstance(part, web.FileField):
        data: bytes = part.file.read()
        return data
    return part.encode() if isinstance(part, str) else bytes(part)


def _text(data: bytes) -> str:
    if len(data) > MOST_SDP_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=MOST_SDP_BYTES, actual_size=len(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("The offer is no text.", code="invalid_offer") from None


def _session(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("The part `session` is not JSON.", code="invalid_json", param="session") from None
    if not isinstance(value, dict):
        raise ProtocolError("The part `session` is no object.", code="invalid_json", param="session")
    return value
