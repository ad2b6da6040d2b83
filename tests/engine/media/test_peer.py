"""The engine's end of a WebRTC call, against a real aiortc client."""

import asyncio
import functools
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

import voice_widget
from tests.engine.caller import PATIENCE, Caller, tone
from voice_widget.engine.media import channels
from voice_widget.engine.media import peer as peers
from voice_widget.engine.media.channels import Channel
from voice_widget.engine.media.peer import Peer, offer_loopback
from voice_widget.errors import ProtocolError

PACKAGE = str(Path(voice_widget.__file__).parent)


class Side:
    """A peer and what it reported."""

    def __init__(self) -> None:
        self.channels: list[Channel] = []
        self.messages: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.told: list[tuple[str, str, int]] = []
        self.pcm = b""
        self.open = asyncio.Event()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.drained = asyncio.Event()
        self._heard = asyncio.Event()
        self.peer = Peer(
            on_open=self._opened,
            on_message=lambda channel, raw: self.messages.put_nowait(raw),
            on_shut=self.channels.remove,
            on_audio=self._hear,
            on_started=lambda r, at: self.told.append(("started", r, at)),
            on_drained=self._drain,
            on_closed=self.closed.set_result,
        )

    def _opened(self, channel: Channel) -> None:
        self.channels.append(channel)
        self.open.set()

    def send(self, text: str) -> None:
        self.channels[0].send(text)

    def _hear(self, pcm: bytes, at_ms: float) -> None:
        self.pcm += pcm
        self._heard.set()

    def _drain(self, response_id: str, audio_ms: int) -> None:
        self.told.append(("drained", response_id, audio_ms))
        self.drained.set()

    async def heard(self, loud_ms: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while np.count_nonzero(np.abs(np.frombuffer(self.pcm, "<i2")) > 500) < loud_ms * 14:
                self._heard.clear()
                await self._heard.wait()


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    made = Side()
    yield made
    await made.peer.close()


async def connect(side: Side, caller: Caller) -> None:
    await caller.accept(await side.peer.answer(await caller.offer()))
    async with asyncio.timeout(PATIENCE):
        await side.open.wait()


async def test_an_offer_without_candidates_becomes_a_call_with_audio_and_messages_both_ways(side):
    async with Caller() as caller:
        await connect(side, caller)
        side.send('{"type": "hello"}')
        assert (await caller.events.until("hello"))["type"] == "hello"
        caller.send('{"type": "back"}')
        assert await asyncio.wait_for(side.messages.get(), PATIENCE) == '{"type": "back"}'
        caller.microphone.say(tone(300))
        await side.heard(250)
        began = asyncio.get_running_loop().time()
        side.peer.speaker.push("resp_1", "item_1", tone(400))
        side.peer.speaker.end("resp_1")
        await caller.hears(lambda level: level > 3000)
        async with asyncio.timeout(PATIENCE):
            await side.drained.wait()
        took_ms = (asyncio.get_running_loop().time() - began) * 1000
        await caller.hears(lambda level: level < 200)
        heard_ms = 20 * sum(level > 3000 for level in caller.levels)
    (_, first, started_at), (_, last, drained_at) = side.told
    assert first == last == "resp_1"
    assert heard_ms == pytest.approx(400, abs=60)
    # The clock is what arrives: held up by a busy machine it may stand still meanwhile, and never runs ahead.
    assert 0 <= drained_at - started_at <= took_ms + 100
    assert started_at <= side.peer.audio_ms()


async def test_the_answer_announces_a_stream_opus_only_and_every_candidate(side):
    async with Caller() as caller:
        answer = await side.peer.answer(await caller.offer())
    lines = answer.splitlines()
    assert any(line.startswith("a=msid:") for line in lines)
    assert [line for line in lines if line.startswith("a=rtpmap:")] == ["a=rtpmap:96 opus/48000/2"]
    assert "a=max-message-size:262144" in lines
    assert any(line.startswith("a=candidate:") and " 127.0.0.1 " in line for line in lines)
    assert "a=end-of-candidates" in lines


async def test_it_connects_on_a_host_that_has_only_the_loopback(side, monkeypatch):
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: [])
    async with Caller() as caller:
        for ice in peers._ice_connections(caller.connection):
            offer_loopback(ice)
        await connect(side, caller)


async def test_the_caller_s_video_is_declined_and_its_audio_taken(side):
    async with Caller() as caller:
        caller.connection.addTransceiver("video")
        await connect(side, caller)
        assert "m=video" in caller.connection.remoteDescription.sdp
        assert "a=inactive" in caller.connection.remoteDescription.sdp
        caller.microphone.say(tone(200))
        await side.heard(150)


@pytest.mark.parametrize("text", ["", "nonsense", "v=0\r\nm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n"])
async def test_an_offer_that_is_none_is_refused_by_name(side, text):
    with pytest.raises(ProtocolError) as caught:
        await side.peer.answer(text)
    assert caught.value.code == "invalid_offer"


async def test_hanging_up_is_noticed(side):
    async with Caller() as caller:
        await connect(side, caller)
    assert await asyncio.wait_for(side.closed, PATIENCE)


async def test_closing_the_channel_ends_the_call(side):
    async with Caller() as caller:
        await connect(side, caller)
        assert caller.channel is not None
        caller.channel.close()
        assert "channel" in await asyncio.wait_for(side.closed, PATIENCE)


async def test_a_page_that_was_killed_is_noticed_within_seconds(side):
    async with Caller() as caller:
        await connect(side, caller)
        for ice in peers._ice_connections(caller.connection):
            for protocol in ice._protocols:
                protocol.transport.abort()  # what the kernel does to the sockets of a killed process
        await asyncio.wait_for(side.closed, PATIENCE)  # aioice alone takes 30 s


async def test_a_page_whose_answers_to_our_checks_are_lost_is_there_as_long_as_it_sends(side, monkeypatch):
    watch = functools.partial(peers.watch_consent, every=0.05, failures=2)
    monkeypatch.setattr(peers, "watch_consent", watch)
    async with Caller() as caller:
        lost, often = 0, asyncio.Event()

        def lose(*request: object) -> None:
            nonlocal lost
            lost += 1
            # Its sound alone could be late by as much as this watch takes.
            caller.send({"type": "there"})
            if lost == 4:
                often.set()

        await connect(side, caller)
        (ice,) = peers._ice_connections(caller.connection)
        monkeypatch.setattr(ice, "request_received", lose)
        async with asyncio.timeout(PATIENCE):
            await often.wait()
        assert not side.closed.done()
        for protocol in ice._protocols:
            monkeypatch.setattr(protocol.transport, "sendto", lambda data, addr: None)
        assert "closed" in await asyncio.wait_for(side.closed, PATIENCE)


async def test_a_page_that_never_comes_is_given_up(side, monkeypatch):
    monkeypatch.setattr(peers, "CONNECT_SECONDS", 0.05)
    async with Caller() as caller:
        await side.peer.answer(await caller.offer())
        assert "never" in await asyncio.wait_for(side.closed, PATIENCE)


async def test_a_page_that_does_not_read_is_given_up(side, monkeypatch):
    monkeypatch.setattr(channels, "MOST_BUFFERED_BYTES", 100_000)
    async with Caller() as caller:
        await connect(side, caller)
        for _ in range(10):
            side.send("x" * 50_000)
        assert "read" in await asyncio.wait_for(side.closed, PATIENCE)


async def test_a_message_larger_than_the_page_takes_is_lost_and_the_call_goes_on(side, caplog):
    async with Caller() as caller:
        await connect(side, caller)
        side.send("x" * 300_000)
        side.send('{"type": "small"}')
        await caller.events.until("small")
    assert "lost" in caplog.text


async def test_a_peer_can_be_closed_at_any_moment_and_twice():
    for moment in range(8):
        side = Side()
        async with Caller() as caller:
            answer = await side.peer.answer(await caller.offer())
            accepting = asyncio.create_task(caller.accept(answer))
            for _ in range(moment * 3):
                await asyncio.sleep(0)
            if moment == 7:
                await accepting
            await asyncio.gather(side.peer.close(), side.peer.close())
            await side.peer.close()
            assert not side.closed.done()
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
    gc.collect()
    coroutines = [task.get_coro() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert [each for each in coroutines if each.cr_code.co_filename.startswith(PACKAGE)] == []


async def test_many_calls_leave_nothing_behind():
    async def once() -> None:
        side = Side()
        async with Caller() as caller:
            await connect(side, caller)
        await side.peer.close()

    await once()
    gc.collect()
    before = sum(isinstance(each, Peer) for each in gc.get_objects())
    for _ in range(5):
        await once()
    gc.collect()
    assert sum(isinstance(each, Peer) for each in gc.get_objects()) <= before


async def test_a_connection_that_cannot_be_closed_is_let_go_all_the_same(side, monkeypatch):
    async with Caller() as caller:
        await connect(side, caller)
        connection, close = side.peer._connection, side.peer._connection.close

        async def broken() -> None:
            monkeypatch.setattr(connection, "close", close)
            raise AttributeError("'NoneType' object has no attribute 'stop'")

        monkeypatch.setattr(connection, "close", broken)
        await side.peer.close()
        assert side.peer._reading
        assert all(task.done() for task in side.peer._reading)
        await connection.close()


async def test_what_is_on_its_way_when_the_page_goes_is_lost_without_a_word_in_the_log(side):
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    async with Caller() as caller:
        await connect(side, caller)
        (ice,) = peers._ice_connections(side.peer._connection)
        ice._nominated.clear()
        side.send('{"type": "late"}')
        sending = [task for task in asyncio.all_tasks() if "RTCSctpTransport" in repr(task.get_coro())]
        assert sending
        await asyncio.wait(sending)
        del sending
        gc.collect()
    assert complaints == []
