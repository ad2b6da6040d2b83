"""The ICE servers of a widget's calls: given, or asked of a function of the user's. On the loop thread."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
from asyncio import CancelledError
from contextlib import aclosing
from functools import cache
from threading import Event as Flag
from typing import Any

from voice_widget.errors import SettingError, VoiceWidgetError
from voice_widget.page.sealing import sealed_if_it_can
from voice_widget.realtime.settings.ice_servers import IceServer, checked_ice_servers
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Service
from voice_widget.threads.work import Work, name_of

ASK_S = 5.0
"""So long the function that gives them may take: a page waits with its offer for it."""
GATHER_S = 2.0
"""So long a page waits for its own addresses at the servers."""


class Ice:
    """The servers; nothing of them stands in its ``repr``.

    Args:
        given: A URL, a mapping as browsers take it, a list of these, or a function that gives them, asked
            anew for each offer.

    Attributes:
        last: Those that the last offer was made with.

    Raises:
        SettingError: One is no server.
    """

    def __init__(self, given: Any) -> None:
        self._function = given if callable(given) else None
        self.last = () if callable(given) else checked_ice_servers(given)

    def __bool__(self) -> bool:
        return self._function is not None or bool(self.last)

    @property
    def given(self) -> Any:
        """What makes another one like this."""
        return self._function or [server.dump() for server in self.last] or None

    async def ask(self) -> tuple[IceServer, ...]:
        """The servers for the offer that is to be made now.

        Raises:
            VoiceWidgetError: The function raised, does not answer, or gives none
                (``ice_servers_failed``, ``ice_servers_invalid``).
        """
        if self._function is None:
            return self.last
        failed: VoiceWidgetError | None = _failed("was not called")
        try:
            async with asyncio.timeout(ASK_S):
                # It may ask a server for credentials, or block: not on the thread that carries the calls.
                stream = _work(os.getpid()).stream(lambda: _asked(self._function), cancelled=Flag())
                async with aclosing(stream) as answers:  # type: ignore[type-var]
                    async for servers, failed in answers:
                        if failed is None:
                            self.last = servers
                        break
        except TimeoutError:
            failed = _failed(f"did not answer within {ASK_S:.0f} s")
        # Raised here: a verbose traceback shows what the frames hold.
        if failed is not None:
            raise failed
        return self.last

    async def told(self, key: str, request_id: str) -> dict[str, Any]:
        """What a page is told of the last ones, sealed to its key; without one it can unseal nothing."""
        text = json.dumps([server.dump() for server in self.last])
        told = {"type": "ice.servers", "request_id": request_id}
        return told | await sealed_if_it_can(text, key=key, request_id=request_id)


async def answered(service: Service, offer: str, config: SessionConfig, ice: Ice | None) -> Answer:
    """The service's answer to a page's offer; a service that can use them gets the ICE servers as well."""
    if ice and service.capabilities.ice_servers:
        given: Any = service
        answer: Answer = await given.answer(offer, config, ice_servers=ice.last)
        return answer
    return await service.answer(offer, config)


@cache
def _work(process: int) -> Work:
    """The thread on which they are asked for; a forked process has none of its parent's."""
    return Work(keep=1)


def _asked(function: Any) -> Any:
    """The servers and no error, or the other way round. What is to be awaited is awaited there too."""

    async def awaited(given: Any) -> Any:
        try:
            return _checked(await given)
        except CancelledError:
            raise
        except BaseException as error:
            return (), _raised(error)

    try:
        given = function()
        return awaited(given) if inspect.isawaitable(given) else _checked(given)
    except BaseException as error:  # SystemExit too
        return (), _raised(error)


def _checked(given: Any) -> tuple[tuple[IceServer, ...], SettingError | None]:
    if given is None:
        return (), _failed("returned nothing; it gives [] where there are none")
    try:
        return checked_ice_servers(given), None
    except SettingError as error:
        return (), error.with_traceback(None)


def _raised(error: BaseException) -> VoiceWidgetError:
    # Its class only: the text may hold a credential.
    return _failed(f"failed with {name_of(type(error)).rpartition('.')[2]}")


def _failed(what: str) -> SettingError:
    return SettingError(
        f"The function of `ice_servers` {what}.",
        code="ice_servers_failed",
        next_step="Call it yourself to see why; then press Call.",
    )
