"""Ways to the engine's peer by servers: its address as a STUN server sees it, and a TURN server's relay.

aiortc knows one STUN and one TURN server, and waits for the latter as long as it likes. Here all URLs of TURN
servers are tried side by side, for two seconds, and the first that lets us in is used.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from typing import Any

import aioice
from aioice import turn
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol

from voice_widget.realtime.settings.ice_servers import IceServer

GATHER_SECONDS = 2.0
"""So long an answer waits for servers."""

_PORTS = {"stun": 3478, "turn": 3478, "turns": 5349}

log = logging.getLogger(__name__)


def use_servers(connection: aioice.Connection, servers: Sequence[IceServer]) -> None:
    """Let this connection be reached by way of these servers, too.

    aioice asks one STUN server only (by UDP): it is the first.
    """
    stun = next((url for server in servers for url in server.urls if url.startswith("stun:")), None)
    relays = [(server, url) for server in servers for url in server.urls if url.startswith("turn")]
    if stun is not None:
        connection.stun_server = _address(stun)
    gather = connection.get_component_candidates

    async def with_relay(component: int, addresses: list[str], timeout: float = 5) -> Any:  # noqa: ASYNC109
        relaying = asyncio.create_task(_first(connection, component, relays))
        try:
            found = await gather(component, addresses, min(timeout, GATHER_SECONDS))  # type: ignore[arg-type]
            relay = await relaying
        finally:
            relaying.cancel()
        if relay is not None:
            connection._protocols.append(relay)
            found.append(relay.local_candidate)
        return found

    if stun is not None or relays:
        connection.get_component_candidates = with_relay  # type: ignore[method-assign]


async def _first(
    connection: aioice.Connection, component: int, relays: Sequence[tuple[IceServer, str]]
) -> StunProtocol | None:
    """The first relay that one of the servers gives; None: none does in time."""
    waiting = {asyncio.create_task(_relay(connection, component, *relay)) for relay in relays}
    found: StunProtocol | None = None
    try:
        async with asyncio.timeout(GATHER_SECONDS):
            for task in asyncio.as_completed(waiting):
                try:
                    return (found := await task)
                except Exception as error:  # a server may answer anything
                    log.info("No relay: %s", type(error).__name__)
    except TimeoutError:
        log.info("No relay within %.0f s", GATHER_SECONDS)
    finally:
        for task in waiting:
            task.cancel()
        for other in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(other, StunProtocol) and other is not found:
                await other.close()
    return None


async def _relay(connection: aioice.Connection, component: int, server: IceServer, url: str) -> StunProtocol:
    secure = url.startswith("turns:")
    by_tcp = secure or url.endswith("?transport=tcp")
    _, protocol = await turn.create_turn_endpoint(
        lambda: StunProtocol(connection),
        server_addr=_address(url),
        username=server.username,
        password=server.credential,
        ssl=ssl.create_default_context() if secure else None,
        transport="tcp" if by_tcp else "udp",
    )
    host, port = protocol.transport.get_extra_info("sockname")[:2]
    related = protocol.transport.get_extra_info("related_address")
    protocol.local_candidate = aioice.Candidate(
        foundation=candidate_foundation("relay", "udp", host),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "relay"),
        host=host,
        port=port,
        type="relay",
        related_address=related[0],
        related_port=related[1],
    )
    return protocol


def _address(url: str) -> tuple[str, int]:
    """Where the server is.

    Example:
        >>> _address("turns:[::1]:443?transport=tcp"), _address("stun:stun.example.org")
        (('::1', 443), ('stun.example.org', 3478))
    """
    scheme, _, rest = url.partition("?")[0].partition(":")
    host, _, port = rest.rpartition(":")
    if not host or rest.endswith("]"):
        host, port = rest, str(_PORTS[scheme])
    return host.strip("[]"), int(port)
