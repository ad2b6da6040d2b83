"""The embedded engine can be reached at a TURN server that the widget names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from tests.turn import Turn, address
from voice_widget.realtime.settings.ice_servers import IceServer, checked_ice_servers
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.local import Local
from voice_widget.threads.loop import submit


@pytest.fixture
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    server = Turn(tmp_path_factory.mktemp("turn"), address())
    yield server
    server.close()


def test_its_answer_names_the_relay(turn: Turn) -> None:
    service = Local(vad="level", tts="tone", script=[{"hear": "x", "say": "y"}])

    async def kinds(servers: tuple[IceServer, ...]) -> Any:
        caller = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        caller.createDataChannel("events")
        caller.addTransceiver("audio")
        await caller.setLocalDescription(await caller.createOffer())
        answer = await service.answer(caller.localDescription.sdp, SessionConfig(), ice_servers=servers)
        await service.hangup(answer.call_id or "")
        await caller.close()
        return set(re.findall(r"typ (\w+)", answer.sdp))

    try:
        assert submit(kinds(checked_ice_servers(turn.server()))).result(60) == {"host", "relay"}
        assert submit(kinds(())).result(60) == {"host"}
    finally:
        submit(service.close()).result(10)
