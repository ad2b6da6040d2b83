"""The ICE servers that come with an offer: from the kernel that started the engine, and from nobody else."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.engine.caller import Caller
from tests.engine.rig import engine
from voice_widget.engine.http.servers import read_servers
from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.ice_servers import ICE_HEADER, IceServer, checked_ice_servers

TURN = {"urls": "turn:127.0.0.1:9", "username": "me", "credential": "pa55word"}


def header(given: Any) -> dict[str, str]:
    return {ICE_HEADER: base64.b64encode(json.dumps(given).encode()).decode()}


def test_they_come_in_a_header() -> None:
    assert read_servers({}) == ()
    assert read_servers(header([TURN])) == checked_ice_servers(TURN)


@pytest.mark.parametrize(
    "headers", [{ICE_HEADER: "pa55word"}, header("pa55word"), header({**TURN, "pa55word": 1})]
)
def test_what_cannot_be_read_is_refused_and_not_repeated(headers: dict[str, str]) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_servers(headers)
    assert (caught.value.code, caught.value.param) == ("invalid_value", ICE_HEADER)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    ("of_kernel", "token", "taken"), [(True, "own", True), (True, "secret", False), (False, "own", False)]
)
async def test_only_the_kernel_that_started_it_may_say_where_it_connects_to(
    monkeypatch: pytest.MonkeyPatch, of_kernel: bool, token: str, taken: bool
) -> None:
    given: list[Sequence[IceServer]] = []
    monkeypatch.setattr(
        "voice_widget.engine.media.peer.use_servers", lambda ice, servers: given.append(servers)
    )
    async with engine(warm=False) as rig, Caller() as caller:
        rig.server._of_kernel = of_kernel
        bearer: dict[str, str] = {}
        if token == "secret":
            minted = await rig.post("/v1/realtime/client_secrets", json={})
            bearer = {"token": (await minted.json())["value"]}
        response = await rig.post(
            "/v1/realtime/calls",
            data=await caller.offer(),
            headers={"Content-Type": "application/sdp", **header(TURN)},
            **bearer,
        )
        assert response.status == 201
        assert "pa55word" not in await response.text()
    assert given
    assert all(bool(servers) is taken for servers in given)
