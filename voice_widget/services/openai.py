"""OpenAI's Realtime API, and every server that speaks it: the ``openai`` package is the client.

Four deviations from its usual use. Frames are taken raw and go through our own `parse`, because its types
refuse events they do not know. Its reconnect stays off: a lost socket is a fact that the talk decides about.
Loopback addresses never go through a proxy, whatever the environment says. Redirects are not followed: they
would carry the key to another server.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from voice_widget.errors import ServiceError, ServiceRefused, SettingError, VoiceWidgetError, shown
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.beta import old_session
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Answer, Capabilities, Secret
from voice_widget.services.addresses import check_address, host, loopback, posting_address
from voice_widget.services.arguments import check_flag, check_seconds, check_texts, names_of_voices
from voice_widget.services.bounds import bound
from voice_widget.services.credentials import ApiKey, Credentials
from voice_widget.services.phone import PhoneCalls, checked
from voice_widget.services.refusals import chain, not_an_answer, refusal, unreachable
from voice_widget.services.socket_connection import SocketConnection
from voice_widget.threads.loop import beside
from voice_widget.threads.one_thread import IN_BROWSER

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["VOICES", "ApiKey", "OpenAI", "SocketConnection", "preload"]

VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
_SEEING = "gpt-realtime"  # the models before saw nothing
LARGEST_MESSAGE = 16 * 1024 * 1024
PING_S, PONG_S, CLOSE_S = 20.0, 120.0, 2.0
# websockets writes the headers, and so the key, into its debug log: nothing below INFO leaves this logger.
SOCKET_LOG = logging.getLogger("voice_widget.socket")
SOCKET_LOG.setLevel(logging.INFO)
SOCKET_LOG.addFilter(lambda record: record.levelno >= logging.INFO)
_BETA_HEADER = {"OpenAI-Beta": "realtime=v1"}
_T = TypeVar("_T")


class OpenAI(PhoneCalls):
    """A Realtime service reached over HTTP and WebSocket: OpenAI, Azure OpenAI, or a compatible server.

    Args:
        model: The model's name (on Azure the deployment's).
        api_key: The key, or a function (sync or async) that is asked for one before each request: for tokens
            that expire, such as Entra's, and keys that rotate. By default the environment variable
            ``OPENAI_API_KEY``, read when the first call is made.
        base_url: The address that ends in ``/v1``; by default OpenAI's, or ``OPENAI_BASE_URL``. Azure's is
            ``https://RESOURCE.openai.azure.com/openai/v1``.
        dialect: ``"current"``, or ``"beta"`` for servers that know only the protocol from before general
            availability.
        sideband: False for a server whose calls cannot be followed by a WebSocket of their own; the page
            then relays the events.
        images: Whether the model sees images. By default those see whose names begin with ``gpt-realtime``.
        headers: Headers to send with every request, for instance ``OpenAI-Safety-Identifier``.
        organization: The organization to use, if the key is for several.
        project: The project to use, if the key is for several.
        voices: The voices that are offered. Any other may be tried as well.
        timeout: Seconds to wait for an answer over HTTP and for a socket to open.

    Example:
        >>> OpenAI(api_key="sk-secret")
        OpenAI(model='gpt-realtime-2.1', server='api.openai.com')
    """

    def __init__(
        self,
        model: str = "gpt-realtime-2.1",
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        *,
        dialect: Literal["current", "beta"] = "current",
        sideband: bool = True,
        images: bool | None = None,
        headers: Mapping[str, str] | None = None,
        organization: str | None = None,
        project: str | None = None,
        voices: tuple[str, ...] = VOICES,
        timeout: float = 15.0,
    ) -> None:
        if not isinstance(dialect, str) or dialect not in ("current", "beta"):
            raise SettingError(
                f"There is no dialect {shown(dialect)}.", next_step='Choose "current" or "beta".'
            )
        check_texts(model=model)
        check_texts(optional=True, base_url=base_url, organization=organization, project=project)
        check_flag("sideband", sideband)
        if images is not None:
            check_flag("images", images)
        check_seconds("timeout", timeout)
        voices = names_of_voices(voices)
        if base_url is not None:
            check_address(base_url)
        self.model: str | None = model
        self.dialect = dialect
        self.capabilities = Capabilities(
            webrtc=True,
            sideband=sideband and dialect == "current" and not IN_BROWSER,
            secrets=True,
            images=(dialect == "current" and model.startswith(_SEEING)) if images is None else images,
            voices=voices,
            any_voice=True,
            dialect=dialect,
        )
        self._base_url = base_url
        self._credentials = Credentials(api_key, {} if headers is None else headers, self._address)
        self._organization, self._project = organization, project
        self._timeout = timeout
        self._query: dict[str, object] = {}
        self._client: AsyncOpenAI | None = None
        self._making = asyncio.Lock()

    @property
    def name(self) -> str:
        """How the panel calls it."""
        return host(self._address())

    def __repr__(self) -> str:
        dialect = "" if self.dialect == "current" else f", dialect={self.dialect!r}"
        return f"{type(self).__name__}(model={self.model!r}, server={self.name!r}{dialect})"

    async def start(self) -> None:
        """Make the client; no request is made."""
        await preload()
        async with self._making:
            if self._client is None:
                await beside(self._connected)

    async def answer(
        self, offer: str, session: SessionConfig, *, beside: Mapping[str, str] | None = None
    ) -> Answer:
        """Hand a page's offer to the service, with the session's settings (and headers) beside it.

        In the old dialect the offer goes alone: the settings have to be sent once the call is there.
        """
        failed = "The service did not take the page's offer"

        async def ask(client: AsyncOpenAI, headers: Any) -> Any:
            if self.dialect == "beta":
                return await _post(
                    client,
                    "/realtime",
                    content=offer.encode(),
                    headers={**headers, **_BETA_HEADER, "Content-Type": "application/sdp"},
                    params={"model": self._model(session)},
                )
            asked: Any = self._session(session)
            headers = {**headers, **(beside or {})}
            return await client.realtime.calls.create(sdp=offer, session=asked, extra_headers=headers)

        made = await self._guard(ask, failed)
        if not made.text.lstrip("\ufeff \r\n\t").startswith("v=0"):
            problem = not_an_answer(failed, made.text, self._credentials.clean)
            del made  # a verbose traceback shows what the frames hold
            raise problem
        # "Location: /v1/realtime/calls/rtc_…", possibly with a query, possibly absent on compatible servers.
        call_id = urlsplit(made.response.headers.get("location", "")).path.rstrip("/").rpartition("/")[2]
        return Answer(sdp=made.text, call_id=call_id or None)

    async def secret(self, session: SessionConfig) -> Secret:
        """Mint a token with which a page may open this session."""
        failed = "The service minted no token"
        beta = self.dialect == "beta"

        async def ask(client: AsyncOpenAI, headers: Any) -> Any:
            settings = self._session(session)
            if beta:
                return await _post(
                    client,
                    "/realtime/sessions",
                    body=old_session(settings),
                    headers={**headers, **_BETA_HEADER},
                )
            return await _post(
                client, "/realtime/client_secrets", body={"session": settings}, headers=headers
            )

        made = await self._guard(ask, failed)
        value = _token(made.text)
        if not value:
            problem = not_an_answer(failed, made.text, self._credentials.clean)
            del made
            raise problem
        self._credentials.remember(value)
        url = posting_address(self._address(), (self._model(session) or "") if beta else None)
        return Secret(value, url)

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> SocketConnection:
        """Open a session socket, or with ``call_id`` a sideband to that call."""
        if IN_BROWSER:
            raise ServiceRefused(
                "Python in the browser opens no socket to a service.",
                code="no_sockets",
                next_step="Leave `transport` out: the page calls by itself.",
            )
        if call_id and not self.capabilities.sideband:
            raise ServiceRefused(
                f"The service {self.name} has no sideband by which to follow a call.",
                code="no_sideband",
                next_step='Leave sideband=False and dialect="beta" out if it has.',
            )
        from voice_widget.services.straight import Straight

        model = self._model(session)
        target: dict[str, Any] = {"call_id": call_id} if call_id else {"model": model} if model else {}
        options: Any = {
            "max_size": LARGEST_MESSAGE,
            "open_timeout": self._timeout,
            "close_timeout": CLOSE_S,
            # The answer to a ping waits behind what was not read yet, and a cell may hold the interpreter.
            "ping_interval": PING_S,
            "ping_timeout": PONG_S,
            "create_connection": Straight,
            "compression": None,
            "logger": SOCKET_LOG,
        }
        if loopback(self._address()):
            options["proxy"] = None
        beta = self.dialect == "beta"

        async def ask(client: AsyncOpenAI, headers: Any) -> Any:
            return await client.realtime.connect(
                **target,
                extra_query=self._query,
                extra_headers={**headers, **(_BETA_HEADER if beta else {})},
                websocket_connection_options=options,
            ).enter()

        failed = (
            "The service does not let the call be followed"
            if call_id
            else "The service did not open a session"
        )
        connection = await self._guard(ask, failed, of_call=bool(call_id))
        return SocketConnection(connection, self._credentials, beta=beta)

    async def hangup(self, call_id: str) -> None:
        """End a call; that it has ended already is no error."""

        async def ask(client: AsyncOpenAI, headers: Any) -> None:
            await client.realtime.calls.hangup(checked(call_id), extra_headers=headers)

        try:
            await self._guard(ask, "The service did not end the call", of_call=True)
        except ServiceRefused as error:
            if error.code not in ("not_found", "call_not_found"):
                raise

    def clean(self, event: Event) -> Event:
        """An event that came by another way than ours, without the secrets that were sent."""
        return self._credentials.clean_event(event)

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

            address = self._address()
            check_address(address)
            self._credentials.require()
            network: dict[str, Any] = {"trust_env": not loopback(address)}
            kind: Any = openai.DefaultAsyncHttpxClient
            if IN_BROWSER:  # it sees to connections by itself, and is not asked for any
                kind = importlib.import_module("httpx2").AsyncClient
            elif loopback(address):
                # Over plain loopback there is nothing to verify, and loading the certificates takes its time.
                network["verify"] = address.startswith("https") and ssl.create_default_context()
            self._client = openai.AsyncOpenAI(
                api_key="sent with each request",
                base_url=address,
                timeout=self._timeout,
                max_retries=0,  # a repeated offer would make a second call
                http_client=kind(
                    **network,
                    follow_redirects=False,
                    headers={"Accept-Encoding": "identity"},
                    event_hooks={"response": [bound]},
                ),
                organization=self._organization,
                project=self._project,
            )
        return self._client

    async def _guard(
        self, ask: Callable[[AsyncOpenAI, Any], Awaitable[_T]], failed: str, *, of_call: bool = False
    ) -> _T:
        """Make a request and say what went wrong in our words; no key survives in them."""
        problem: ServiceError
        try:
            async with asyncio.timeout(self._timeout):
                client = await self._ready()
                return await ask(client, await self._credentials.headers())
        except VoiceWidgetError:
            raise
        except Exception as error:
            problem = self._explained(error, failed, of_call)
        # Outside of `except`, or the original would hang on it with what was sent and what came back.
        raise problem

    def _explained(self, error: Exception, failed: str, of_call: bool) -> ServiceError:
        import openai
        from websockets.exceptions import InvalidStatus

        if isinstance(error, openai.APIStatusError):
            status, body, headers = error.status_code, error.body, error.response.headers
            return refusal(failed, status, body, headers, self._credentials.clean, of_call=of_call)
        for cause in chain(error):  # a redirect that leads nowhere hides the refusal
            if isinstance(cause, InvalidStatus):
                said = cause.response
                body = said.body or b""
                return refusal(
                    failed, said.status_code, body, said.headers, self._credentials.clean, of_call=of_call
                )
        tls = self._address().lower().startswith("https")
        return unreachable(failed, self.name, error, tls=tls)


@cache
def _load() -> None:
    import openai.lib._websocket
    import openai.resources.realtime.realtime  # noqa: F401

    import voice_widget.services.straight  # noqa: F401


async def preload() -> None:
    """Import the client where it delays nothing: it takes the better part of a second."""
    # Another thread for each request, only to find it there, would delay every call.
    if not _load.cache_info().currsize:
        await beside(_load)


async def _post(
    client: AsyncOpenAI,
    path: str,
    *,
    headers: dict[str, Any],
    body: object = None,
    content: bytes | None = None,
    params: dict[str, Any] | None = None,
) -> Any:
    """A request for which the client has no method, or one that reads the answer too strictly."""
    import openai

    return await client.post(
        path,
        body=body,
        content=content,
        options={"headers": headers, "params": params or {}},
        cast_to=openai.HttpxBinaryResponseContent,
    )


def _token(body: str) -> str:
    """The token in the answer to a request for one, in today's shape or the old one."""
    said: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(body)
    if isinstance(said, dict) and not said.get("value"):
        said = said.get("client_secret")
    value = said.get("value") if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""
