"""The data channels of a call, without a call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from voice_widget.engine.media import channels
from voice_widget.engine.media.channels import Channel, Channels
from voice_widget.engine.seldom import Seldom


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [1000.0]
    monkeypatch.setattr(channels, "_seldom", Seldom(channels.log, clock=lambda: seconds[0]))
    return seconds


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.name == channels.log.name]
    caplog.clear()
    return lines


def test_messages_that_are_lost_are_logged_once_a_minute(
    now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def too_large(text: str) -> None:
        raise ValueError(f"{len(text)} is too much")

    ends = [
        Channel(SimpleNamespace(readyState="open", bufferedAmount=0, send=too_large), 100, lambda: None)  # type: ignore[arg-type]
        for _ in range(2)
    ]
    for _ in range(50):
        for end in ends:  # of two calls
            end.send("x" * 101)
    assert told(caplog) == ["A message for the page is lost: 101 is too much"]
    now[0] += 59.9
    ends[0].send("x" * 102)
    assert told(caplog) == []
    now[0] += 0.1
    ends[0].send("x" * 103)
    assert told(caplog) == ["A message for the page is lost: 103 is too much"]


async def test_messages_that_cannot_be_read_are_logged_once_a_minute(
    now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(stream_id: int, pp_id: int, data: bytes) -> None:
        raise IndexError("not so")

    nothing: Any = lambda *_: None  # noqa: E731
    sctp: Any = SimpleNamespace(
        _data_channel_receive=broken, on=nothing, _data_channels={}, _data_channel_add_negotiated=nothing
    )
    made = Channels(on_open=nothing, on_message=nothing, on_shut=nothing, on_unread=nothing)
    made.listen(sctp, 0)
    for _ in range(50):
        await sctp._data_channel_receive(0, channels.WEBRTC_DCEP, b"\x02")
    assert told(caplog) == ["A message of the page is lost: IndexError('not so')"]
    made.close()
