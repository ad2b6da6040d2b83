"""What all endpoints share: JSON bodies, refusals, and what pages of other origins may read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from voice_widget.errors import ProtocolError

BODY_SECONDS = 20.0
"""A body that takes longer never comes."""


@asynccontextmanager
async def patiently() -> AsyncIterator[None]:
    """Read a body in here.

    Raises:
        web.HTTPRequestTimeout: It does not come.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def read_json(request: web.Request) -> dict[str, Any]:
    """The object in the body; an empty body is an empty object.

    Raises:
        ProtocolError: It is neither.
    """
    async with patiently():
        raw = await request.read()
    try:
        value = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        raise ProtocolError("The body is not JSON.", code="invalid_json") from None
    if not isinstance(value, dict):
        raise ProtocolError("The body is JSON but no object.", code="invalid_json")
    return value


def allow(request: web.Request, response: web.StreamResponse, origin: str | None) -> None:
    """Let a page of an allowed origin read the answer, and its ``Location``."""
    if origin is None:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Location"
    response.headers["Vary"] = "Origin"
    if request.method == "OPTIONS":
        asked = request.headers.get("Access-Control-Request-Headers")
        response.headers["Access-Control-Allow-Headers"] = asked or "authorization, content-type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE, OPTIONS"
        response.headers["Access-Control-Max-Age"] = "600"
        if "Access-Control-Request-Private-Network" in request.headers:
            response.headers["Access-Control-Allow-Private-Network"] = "true"


def no_call() -> web.Response:
    """The refusal of what is asked of a call that is not there."""
    return refused(404, "call_not_found", "There is no call of this id; it may have ended.")


def code_of(reason: str) -> str:
    """An HTTP reason as an error code."""
    return reason.lower().replace(" ", "_")


def refused(status: int, code: str, message: str, param: str | None = None) -> web.Response:
    """The refusal of a request, in the shape that the protocol's clients read."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    if status == 401:
        kind = "authentication_error"
    error = {"message": message, "type": kind, "code": code, "param": param}
    return web.json_response({"error": error}, status=status)
