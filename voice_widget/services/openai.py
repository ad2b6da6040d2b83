"""OpenAI's Realtime API, and every server that speaks it: the ``openai`` package is the client.

Three deviations from its usual use. Frames are taken raw and go through our own `parse`, because its types
refuse events they do not know. Its reconnect stays off: a lost socket is a fact that the talk decides about.
Loopback addresses never go through a proxy, whatever the environment says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from voice_widget.errors import ProtocolError, ServiceError, ServiceRefused, ServiceUnavailable, SettingError
from voice_widget.realtime.config import SessionConfig
from voice_widget.realtime.events import Event, dump, parse
from voice_widget.services import Answer, Capabilities, Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.resources.realtime.realtime import AsyncRealtimeConnection

VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
LARGEST_MESSAGE = 16 * 1024 * 1024
# websockets writes the headers, and so the key, into its debug log.
SOCKET_LOG = logging.getLogger("voice_widget.socket")
SOCKET_LOG.setLevel(logging.INFO)
_KEY = re.compile(r"\b(?:sk|ek|rk|sess)[-_][\w*.-]+")
_T = TypeVar("_T")


class OpenAI:
    """A Realtime service reached over HTTP and WebSocket.

    Args:
        model: The model's name (on Azure the deployment's).
        api_key: The key; by default the environment variable ``OPENAI_API_KEY``, read when the first call is
            made.
        base_url: The address that ends in ``/v1``; by default OpenAI's, or ``OPENAI_BASE_URL``.
        voices: The voices it has; empty: any name may be tried.
        timeout: Seconds to wait for an answer over HTTP and for a socket to open.

    Example:
        >>> OpenAI(api_key="sk-secret")
        OpenAI(model='gpt-realtime-2.1', server='api.openai.com')
    """

    def __init__(
        self,
        model: str = "gpt-realtime-2.1",
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        voices: tuple[str, ...] = VOICES,
        timeout: float = 15.0,
    ) -> None:
        if base_url is not None and urlsplit(base_url).scheme not in ("http", "https"):
            raise SettingError(
                f"The address {_host(base_url)!r} is neither http nor https.",
                next_step='Give one such as "https://example.org/v1".',
            )
        self.model: str | None = model
        self.capabilities = Capabilities(webrtc=True, sideband=True, secrets=True, voices=voices)
        self._key = api_key
        self._base_url = base_url
        self._timeout = timeout
        self._query: dict[str, object] = {}
        self._client: AsyncOpenAI | None = None
        self._making = asyncio.Lock()

    @property
    def name(self) -> str:
        """How the panel calls it."""
        return _host(self._address())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model!r}, server={self.name!r})"

    async def start(self) -> None:
        """Make the client; no request is made."""
        await preload()
        async with self._making:
            if self._client is None:
                await asyncio.to_thread(self._connected)

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        """Hand a page's offer to the service, with the session's settings beside it."""
        realtime: Any = (await self._ready()).realtime
        raw = await self._guard(
            realtime.calls.with_raw_response.create(sdp=offer, session=self._session(session)),
            "The service did not take the page's offer",
        )
        # "Location: /v1/realtime/calls/rtc_…", possibly with a query, possibly absent on compatible servers.
        call_id = urlsplit(raw.headers.get("location", "")).path.rstrip("/").rpartition("/")[2]
        return Answer(sdp=raw.text, call_id=call_id or None)

    async def secret(self, session: SessionConfig) -> Secret:
        """Mint a token with which a page may open this session."""
        realtime: Any = (await self._ready()).realtime
        made = await self._guard(
            realtime.client_secrets.create(session=self._session(session)), "The service minted no token"
        )
        return Secret(made.value, float(made.expires_at))

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> SocketConnection:
        """Open a session socket, or with ``call_id`` a sideband to that call."""
        client = await self._ready()
        target: dict[str, Any] = {"call_id": call_id} if call_id else {"model": self._model(session)}
        options: Any = {
            "max_size": LARGEST_MESSAGE,
            "open_timeout": self._timeout,
            "close_timeout": 2,
            "compression": None,
            "logger": SOCKET_LOG,
        }
        if _loopback(self._address()):
            options["proxy"] = None
        manager = client.realtime.connect(
            **target, extra_query=self._query, websocket_connection_options=options
        )
        return SocketConnection(await self._guard(manager.enter(), "The service did not open a session"))

    async def hangup(self, call_id: str) -> None:
        """End a call; that it has ended already is no error."""
        realtime: Any = (await self._ready()).realtime
        try:
            await self._guard(realtime.calls.hangup(call_id), "The service did not end the call")
        except ServiceRefused as error:
            if error.code not in ("not_found", "call_not_found"):
                raise

    async def close(self) -> None:
        """Close the HTTP client. Open sessions are closed by those who hold them."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _ready(self) -> AsyncOpenAI:
        await self.start()
        return self._connected()

    def _address(self) -> str:
        return self._base_url or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"

    def _model(self, session: SessionConfig | None) -> str | None:
        return (session.model if session else None) or self.model

    def _session(self, session: SessionConfig) -> dict[str, Any]:
        settings = session.session()
        if self.model:
            settings.setdefault("model", self.model)
        return settings

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            import openai

            key = self._key or os.environ.get("OPENAI_API_KEY")
            if not key:
                raise ServiceRefused(
                    "There is no API key for this service.",
                    code="no_api_key",
                    next_step="Set the environment variable OPENAI_API_KEY, or use Local().",
                )
            address = self._address()
            self._client = openai.AsyncOpenAI(
                api_key=key,
                base_url=address,
                timeout=self._timeout,
                max_retries=0,  # a repeated offer would make a second call
                http_client=_direct() if _loopback(address) else None,
            )
        return self._client

    async def _guard(self, request: Awaitable[_T], failed: str) -> _T:
        """Run a request and say what went wrong in our words; no key survives in them."""
        import openai
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        try:
            return await request
        except openai.APIStatusError as error:
            code, said = _reason(error.body)
            raise _refusal(failed, error.status_code, code, _clean(said, self._key)) from None
        except InvalidStatus as error:
            code, said = _reason((error.response.body or b"").decode("utf-8", "replace"))
            raise _refusal(failed, error.response.status_code, code, _clean(said, self._key)) from None
        except (openai.APIConnectionError, InvalidHandshake, OSError, TimeoutError) as error:
            what = (
                "it took too long"
                if isinstance(error, (TimeoutError, openai.APITimeoutError))
                else "not reachable"
            )
            raise ServiceUnavailable(
                f"{failed}: {self.name}: {what}.",
                next_step="Check the address and the network, then call again.",
            ) from None


async def preload() -> None:
    """Import the client where it delays nothing: it takes the better part of a second."""

    def load() -> None:
        import openai.lib._websocket
        import openai.resources.realtime.realtime  # noqa: F401

    await asyncio.to_thread(load)


class SocketConnection:
    """An open session socket or sideband."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self._connection = connection
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The server's events. One that cannot be read becomes ``voice_widget.unreadable``."""
        from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

        while True:
            try:
                raw = await self._connection.recv_bytes()
            except ConnectionClosed as error:
                # 1001 is how a service says good-bye at the end of a session's time.
                if self._closed or isinstance(error, ConnectionClosedOK):
                    return
                raise ServiceUnavailable(
                    f"The connection to the service broke (code {error.rcvd.code if error.rcvd else 1006}).",
                    code="connection_lost",
                    next_step="Call again.",
                ) from None
            try:
                yield parse(raw)
            except ProtocolError as error:
                yield {"type": "voice_widget.unreadable", "error": error.info(), "bytes": len(raw)}

    async def send(self, event: Event) -> None:
        """Send one client event."""
        from websockets.exceptions import ConnectionClosed

        try:
            await self._connection.send_raw(dump(event))
        except ConnectionClosed:
            raise ServiceUnavailable(
                "The connection to the service is closed.", code="connection_lost", next_step="Call again."
            ) from None

    async def close(self) -> None:
        """Close the socket; safe to call twice."""
        self._closed = True
        await self._connection.close()


# What the engine and OpenAI call their refusals, and what to do about each.
_STEPS: Mapping[str, str] = {
    "invalid_offer": "Press Call again; if it stays, reload the page.",
    "request_too_large": "Shorten the instructions or the tools of the session.",
    "invalid_value": "Change that setting and call again.",
    "call_not_found": "Press Call for a new one.",
    "too_many_sessions": "Hang up another call, then call again.",
    "model_not_found": "Choose another model.",
}


def _refusal(failed: str, status: int, code: str, reason: str) -> ServiceError:
    said = f"{failed}: {reason}" if reason else f"{failed}."
    if status == 401:
        return ServiceRefused(said, code="invalid_api_key", next_step="Check the key and what it may do.")
    if status == 403:
        return ServiceRefused(said, code=code or "forbidden", next_step="Check the key and what it may do.")
    if code in _STEPS and status < 500:
        return ServiceRefused(said, code=code, next_step=_STEPS[code])
    if status == 404:
        return ServiceRefused(
            said,
            code=code or "not_found",
            next_step="Check the model's name and the address (it ends in /v1).",
        )
    if status == 429:
        return ServiceRefused(
            said, code=code or "rate_limited", next_step="Wait a little; check the account's quota."
        )
    if status >= 500:
        return ServiceUnavailable(said, next_step="Call again in a moment.")
    return ServiceRefused(said, code=code or None, next_step="Check the settings of the session.")


def _reason(body: Any) -> tuple[str, str]:
    """The code and the message of an error body: JSON as text or read already, or anything else."""
    if isinstance(body, str):
        with contextlib.suppress(ValueError):
            body = json.loads(body)
    if not isinstance(body, dict):
        return "", str(body or "")[:300]
    nested = body.get("error")
    inner = nested if isinstance(nested, dict) else body
    code = inner.get("code")
    return code if isinstance(code, str) else "", str(inner.get("message") or code or "")


def _clean(text: str, key: str | None) -> str:
    if key:
        text = text.replace(key, "…")
    return _KEY.sub("…", text).strip()


def _host(address: str) -> str:
    # Only the host: an address may carry a name and a password.
    parts = urlsplit(address)
    return parts.hostname or "unknown server" if parts.port is None else f"{parts.hostname}:{parts.port}"


def _direct() -> Any:
    import openai

    # Over plain loopback there is nothing to verify, and loading the certificates takes its time.
    return openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)


def _loopback(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
