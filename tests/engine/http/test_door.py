"""Who comes to the door and says nothing whole: bounded in time and number, and no reason to fill a log."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engine.caller import PATIENCE, Caller
from tests.engine.rig import TOKEN, Rig, engine
from voice_widget.engine.http.door import Bounds, Door, most_connections

HALF = b"POST /v1/realtime/calls HTTP/1.1\r\nHost: engine\r\nContent-Type: app"
WHOLE = f"GET /healthz HTTP/1.1\r\nHost: engine\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
SOON = 0.2


class Client:
    """A connection without manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, Any]]:
        """Status and body of the next answer."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = next(x for x in head.lower().splitlines() if x.startswith("content-length:"))
            body = await self.reader.readexactly(int(length.split(":")[1]))
        return int(head.split()[1]), json.loads(body)

    async def dropped(self) -> None:
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""


@contextlib.asynccontextmanager
async def clients(port: int, count: int, says: bytes = b"") -> AsyncIterator[list[Client]]:
    made = []
    for _ in range(count):
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        client.say(says)
        made.append(client)
    try:
        yield made
    finally:
        for client in made:
            client.writer.close()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(warm=False, bounds=Bounds(header_seconds=SOON)) as made:
        yield made


@pytest.mark.parametrize("says", [b"", b"G", HALF], ids=["nothing", "a letter", "half"])
async def test_a_request_whose_head_does_not_come_is_dropped(rig: Rig, says: bytes) -> None:
    async with clients(rig.port, 3, says) as guests:
        for guest in guests:
            await guest.dropped()


async def test_a_head_that_trickles_has_no_more_time_than_one_that_stops() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Deaf(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.put_nowait(data)

    async def watch(name: str, guest: Client) -> None:
        await guest.dropped()
        dropped.append(name)

    dropped: list[str] = []
    door = Door(Deaf, Bounds(header_seconds=SOON))
    port = await door.open("127.0.0.1", 0)
    async with clients(port, 1, b"G") as [trickling], asyncio.timeout(PATIENCE):
        await heard.get()
        async with clients(port, 1, b"G") as [stopped]:
            await heard.get()
            trickling.say(b"E")
            await heard.get()
            await asyncio.gather(watch("stopped", stopped), watch("trickling", trickling))
    await door.close()
    assert dropped == ["trickling", "stopped"]


async def test_the_next_head_on_a_connection_that_was_served_is_dropped_too(rig: Rig) -> None:
    async with clients(rig.port, 1, WHOLE) as [guest]:
        assert (await guest.answer())[0] == 200
        guest.say(WHOLE + HALF)
        assert (await guest.answer())[0] == 200
        guest.say(b"more of it")
        await guest.dropped()


async def test_a_part_of_a_head_that_came_with_what_was_served_is_dropped_too(rig: Rig) -> None:
    async with clients(rig.port, 1, WHOLE + HALF) as [guest]:
        assert (await guest.answer())[0] == 200
        await guest.dropped()


async def test_what_is_being_served_may_take_its_time(rig: Rig) -> None:
    head = f"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: e\r\nAuthorization: Bearer {TOKEN}\r\n"
    async with clients(rig.port, 1, f"{head}Content-Length: 2\r\n\r\n".encode()) as [slow]:
        follower = await rig.socket("model=any")
        for _ in range(2):  # so long nobody else may
            async with clients(rig.port, 1, HALF) as [late]:
                await late.dropped()
        slow.say(b"{}")
        status, body = await slow.answer()
        assert (status, body["value"][:3]) == (200, "ek_")
        rig.keeper.start()
        await follower.events.until("session.created")


async def test_where_there_is_no_room_who_has_waited_longest_leaves_for_the_next() -> None:
    bounds = Bounds(header_seconds=PATIENCE * 2, most=3)
    async with (
        engine(warm=False, bounds=bounds) as rig,
        clients(rig.port, 3, HALF) as guests,
        clients(rig.port, 2, WHOLE) as welcome,
    ):
        for guest in welcome:
            assert (await guest.answer())[0] == 200
        for guest in guests[:2]:
            await guest.dropped()
        # The third is still there: the rest of its head is taken.
        guests[2].say(b"\r\n\r\n")
        assert (await guests[2].answer())[0] == 401


async def test_where_all_are_being_served_the_next_one_is_turned_away_with_a_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with engine(warm=False, bounds=Bounds(most=2)) as rig:
        followers = [await rig.socket("model=any") for _ in range(2)]
        for _ in range(3):
            async with clients(rig.port, 1) as [guest]:
                status, body = await guest.answer()
                assert (status, body["error"]["code"]) == (503, "too_many_connections")
                await guest.dropped()
        await followers[0].close()
        async with clients(rig.port, 1, WHOLE) as [guest]:
            assert (await guest.answer())[0] == 200
    assert [record.getMessage() for record in caplog.records if record.name.endswith("door")] == [
        "All 2 connections are in use; another is turned away."
    ]


@pytest.mark.parametrize(("log_seconds", "lines"), [(60.0, 1), (0.0, 50)])
async def test_a_connection_that_cannot_be_accepted_is_logged_once_in_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, log_seconds: float, lines: int
) -> None:
    loop = asyncio.get_running_loop()
    accept, failing = loop.sock_accept, [OSError(errno.EMFILE, os.strerror(errno.EMFILE))] * 50

    async def sometimes(listener: socket.socket) -> Any:
        if failing:
            raise failing.pop()
        return await accept(listener)

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)  # type: ignore[attr-defined]

    monkeypatch.setattr(loop, "sock_accept", sometimes)
    door = Door(Echo, Bounds(log_seconds=log_seconds, retry_seconds=0))
    port = await door.open("127.0.0.1", 0)
    async with clients(port, 1, b"hello") as [guest], asyncio.timeout(PATIENCE):
        assert await guest.reader.readexactly(5) == b"hello"
    await door.close()
    told = [record for record in caplog.records if record.name.endswith("door")]
    assert len(told) == lines
    assert all("Too many open files" in record.getMessage() and not record.exc_info for record in told)


@pytest.mark.parametrize("somebody_comes", [True, False])
async def test_without_a_descriptor_who_waits_leaves_only_for_somebody_who_comes(
    monkeypatch: pytest.MonkeyPatch, somebody_comes: bool
) -> None:
    loop = asyncio.get_running_loop()
    accept, came, tried = loop.sock_accept, asyncio.Event(), asyncio.Event()
    failing = [OSError(errno.EMFILE, os.strerror(errno.EMFILE))] * (1 if somebody_comes else 20)

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)  # type: ignore[attr-defined]

    async def sometimes(listener: socket.socket) -> Any:
        if door._guests and failing:
            await came.wait()
            raise failing.pop()
        if not failing:
            tried.set()
        return await accept(listener)

    monkeypatch.setattr(loop, "sock_accept", sometimes)
    door = Door(Echo, Bounds(header_seconds=PATIENCE * 2, retry_seconds=0))
    port = await door.open("127.0.0.1", 0)
    async with clients(port, 1, b"first") as [first], asyncio.timeout(PATIENCE):
        assert await first.reader.readexactly(5) == b"first"
        async with clients(port, int(somebody_comes), b"second") as others:
            came.set()
            await tried.wait()
            for guest in others:
                assert await guest.reader.readexactly(6) == b"second"
            if somebody_comes:
                await first.dropped()
            else:
                first.say(b"again")
                assert await first.reader.readexactly(5) == b"again"
    await door.close()


def test_half_of_the_descriptors_are_left_to_the_calls() -> None:
    resource = pytest.importorskip("resource")
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 8 <= most_connections() <= max(8, soft // 2 if soft != resource.RLIM_INFINITY else 512)


FEW = """
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from voice_widget.engine.http.access import Access
from voice_widget.engine.http.calls import Calls
from voice_widget.engine.http.server import Server
from voice_widget.realtime.settings.parts import StageSpec
from voice_widget.engine.stages.keeper import StageKeeper

async def main():
    server = Server(Access({token!r}), Calls(StageKeeper(StageSpec("level", "scripted", "tone", "[]"))))
    print(await server.start(), flush=True)
    await asyncio.to_thread(input)
    await server.close()

asyncio.run(main())
"""


async def test_three_hundred_half_requests_keep_nobody_out_of_an_engine_with_few_descriptors() -> None:
    pytest.importorskip("resource")
    pipe = asyncio.subprocess.PIPE
    code = FEW.format(token=TOKEN)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    async with clients(port, 300, HALF), clients(port, 1, WHOLE) as [guest]:
        status, body = await guest.answer()
        assert (status, body["warm"]) == (200, False)
    async with asyncio.timeout(PATIENCE):
        _, errors = await process.communicate(b"\n")
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("what", ["aioice.ice.get_host_addresses", "voice_widget.engine.http.calls.Peer"])
async def test_an_offer_that_finds_no_socket_left_is_not_said_to_be_wrong(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def exhausted(*args: object, **options: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with engine(warm=False) as rig, Caller() as caller:
        request = {"data": await caller.offer(), "headers": {"Content-Type": "application/sdp"}}
        with monkeypatch.context() as broken:
            broken.setattr(what, exhausted)
            refused = await rig.post("/v1/realtime/calls", **request)
        assert refused.status == 503
        error = (await refused.json())["error"]
        assert (error["type"], error["code"]) == ("server_error", "out_of_sockets")
        assert (await rig.post("/v1/realtime/calls", **request)).status == 201
    assert [record for record in caplog.records if record.name.startswith("voice_widget.engine.http")] == []
