"""The engine's peer by a real TURN server, and by servers that do not answer."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import aioice
import pytest
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription

from tests.turn import CREDENTIAL, Turn, address
from voice_widget.engine.media import peer as peers
from voice_widget.engine.media.relays import GATHER_SECONDS, use_servers
from voice_widget.realtime.settings.ice_servers import checked_ice_servers


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    server = Turn(tmp_path_factory.mktemp("turn"), address())
    yield server
    server.close()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes everything and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made.getsockname()[1]


async def candidates(given: Any) -> tuple[list[str], float]:
    """Of which kinds the addresses in an answer are, and how many seconds it took."""
    connection = aioice.Connection(ice_controlling=False)
    use_servers(connection, checked_ice_servers(given))
    began = time.monotonic()
    await connection.gather_candidates()
    took = time.monotonic() - began
    kinds = [candidate.type for candidate in connection.local_candidates]
    await connection.close()
    return kinds, took


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_it_is_reached_at_the_relay(turn: Turn, transport: str) -> None:
    kinds, _ = await candidates(turn.server(transport=transport))
    assert kinds.count("relay") == 1
    assert "host" in kinds


async def test_a_wrong_credential_costs_the_relay_and_nothing_else(turn: Turn) -> None:
    kinds, took = await candidates(turn.server("another"))
    assert set(kinds) == {"host"}
    assert took < GATHER_SECONDS + 5


async def test_servers_that_are_silent_are_not_waited_for(silent: int) -> None:
    dead = f"127.0.0.1:{silent}"
    kinds, took = await candidates(
        [f"stun:{dead}", {"urls": f"turn:{dead}", "username": "u", "credential": "c"}]
    )
    assert set(kinds) == {"host"}
    assert took < GATHER_SECONDS + 5  # aioice alone waits 40 s


async def test_of_several_the_first_that_answers_is_used(turn: Turn, silent: int) -> None:
    urls = [f"turn:127.0.0.1:{silent}", turn.url()]
    kinds, _ = await candidates({**turn.server(), "urls": urls})
    assert kinds.count("relay") == 1


async def test_a_stun_server_tells_our_address(turn: Turn) -> None:
    # coturn is one, too. An address that is one of our own already is no other one.
    kinds, _ = await candidates(f"stun:{turn.address}:{turn.port}")
    assert set(kinds) <= {"host", "srflx"}
    assert "host" in kinds


async def test_a_call_is_held_by_relays_alone(turn: Turn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither side has an address of its own."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    monkeypatch.setattr(peers, "offer_loopback", lambda connection: None)
    opened = asyncio.Event()
    peer = peers.Peer(
        on_open=lambda channel: opened.set(),
        on_message=lambda channel, raw: None,
        on_shut=lambda channel: None,
        on_audio=lambda pcm, at_ms: None,
        on_started=lambda *_: None,
        on_drained=lambda *_: None,
        on_closed=lambda why: None,
        ice_servers=checked_ice_servers(turn.server()),
    )
    server = RTCIceServer(**turn.server())
    caller = RTCPeerConnection(RTCConfiguration(iceServers=[server]))
    caller.createDataChannel("events")
    caller.addTransceiver("audio")
    try:
        await caller.setLocalDescription(await caller.createOffer())
        answer = await peer.answer(caller.localDescription.sdp)
        assert set(re.findall(r"typ (\w+)", answer)) == {"relay"}
        assert CREDENTIAL not in answer
        await caller.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(20):
            await opened.wait()
    finally:
        await caller.close()
        await peer.close()
