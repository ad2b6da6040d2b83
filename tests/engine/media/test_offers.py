"""Strange but legal offers, by a real aiortc client: what both sides hear and what the answer says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable

import pytest
from aiortc import RTCRtpSender
from aiortc.rtcsctptransport import WEBRTC_DCEP, WEBRTC_STRING

from tests.engine.caller import PATIENCE, Caller, Direction, tone
from tests.engine.media.test_peer import Side
from voice_widget.engine.media import channels
from voice_widget.engine.media.channels import MOST_CHANNELS

DEAD = "m={} 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:dead\r\n"


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    made = Side()
    yield made
    await made.peer.close()


async def accept(
    side: Side,
    caller: Caller,
    offered: Callable[[str], str] = lambda text: text,
    answered: Callable[[str], str] = lambda text: text,
) -> str:
    """Make the call, with other words in the offer and in the answer; the answer."""
    answer = await side.peer.answer(offered(await caller.offer()))
    await caller.accept(answered(answer))
    return answer


async def hear_each_other(side: Side, caller: Caller) -> None:
    caller.microphone.say(tone(300))
    await side.heard(250)
    await hears_us(side, caller)


async def hears_us(side: Side, caller: Caller) -> None:
    side.peer.speaker.push("resp_1", "item_1", tone(400))
    side.peer.speaker.end("resp_1")
    await caller.hears(lambda level: level > 3000)
    await drained(side)


async def drained(side: Side) -> None:
    async with asyncio.timeout(PATIENCE):
        await side.drained.wait()


async def talk(side: Side, caller: Caller) -> None:
    """An event each way."""
    async with asyncio.timeout(PATIENCE):
        await side.open.wait()
    side.send('{"type": "hello"}')
    await caller.events.until("hello")
    await says(side, caller)


async def says(side: Side, caller: Caller) -> None:
    caller.send('{"type": "back"}')
    assert await asyncio.wait_for(side.messages.get(), PATIENCE) == '{"type": "back"}'


def sections(text: str) -> list[str]:
    """Each section's kind, port and direction."""
    return [
        " ".join([*part.split()[:2], *re.findall(r"\ba=(sendrecv|sendonly|recvonly|inactive)\b", part)])
        for part in text.split("\r\nm=")[1:]
    ]


@pytest.mark.parametrize(
    ("kind", "codec", "direction"),
    [
        ("audio", "G722/8000", "inactive"),
        ("video", "VP8/90000", "inactive"),
        ("audio", "opus/48000/2", "sendrecv"),
    ],
)
async def test_a_rejected_section_is_answered_as_rejected_and_the_real_ones_work(
    side, kind, codec, direction: Direction
):
    dead = DEAD.format(kind)
    offered = dead.replace("inactive", direction) + f"a=rtpmap:96 {codec}\r\n"
    async with Caller() as caller:
        answer = await accept(
            side,
            caller,
            lambda text: text.replace("m=audio", f"{offered}m=audio"),
            lambda text: text.replace(dead, ""),
        )
        assert sections(answer)[0] == f"{kind} 0 inactive"
        assert dead in answer
        assert "a=group:BUNDLE 0 1\r\n" in answer
        await talk(side, caller)
        await hear_each_other(side, caller)


@pytest.mark.parametrize("audio", [("sendonly", "recvonly"), ("recvonly", "sendonly")])
async def test_of_two_audio_sections_one_each_way_both_sides_hear(side, audio: tuple[Direction, ...]):
    async with Caller(audio=audio) as caller:
        answer = await accept(side, caller)
        wanted = {"sendonly": "recvonly", "recvonly": "sendonly"}
        assert [each.split()[2:] for each in sections(answer)[:2]] == [[wanted[each]] for each in audio]
        await talk(side, caller)
        await hear_each_other(side, caller)


@pytest.mark.parametrize("bundled", [True, False])
async def test_each_way_and_the_events_may_have_a_transport_of_their_own(side, bundled):
    async with Caller(audio=("recvonly", "sendonly")) as caller:
        # aiortc carries all audio on one transport, whatever it offers.
        group, audio = "a=group:BUNDLE 0 1 2\r\n", "a=group:BUNDLE 0 1\r\n"
        await accept(side, caller, lambda text: text.replace(group, group if bundled else audio))
        await talk(side, caller)
        await hear_each_other(side, caller)


async def test_a_section_without_opus_is_passed_over(side):
    async with Caller(audio=("sendrecv",)) as caller:
        first, second = caller.connection.getTransceivers()[0], caller.connection.addTransceiver("audio")
        codecs = {codec.mimeType: codec for codec in RTCRtpSender.getCapabilities("audio").codecs}
        first.setCodecPreferences([codecs["audio/PCMU"]])
        second.setCodecPreferences([codecs["audio/opus"]])
        second.sender.replaceTrack(caller.microphone)
        first.sender.replaceTrack(None)
        answer = await accept(side, caller)
        assert sections(answer)[0].endswith("inactive")
        assert "a=rtpmap:0 PCMU/8000" in answer
        await talk(side, caller)
        await hear_each_other(side, caller)


async def test_a_video_that_carries_the_bundle_is_idle_and_the_rest_works(side):
    async with Caller(audio=()) as caller:
        caller.connection.addTransceiver("video")
        caller.connection.addTransceiver(caller.microphone)
        answer = await accept(side, caller)
        assert sections(answer)[0].split()[::2] == ["video", "inactive"]
        await talk(side, caller)
        await hear_each_other(side, caller)


async def test_a_call_without_a_data_channel_is_one(side):
    async with Caller(channel=False) as caller:
        answer = await accept(side, caller)
        assert len(sections(answer)) == 1
        await hear_each_other(side, caller)
        assert side.channels == []


async def test_who_only_hears_does(side):
    async with Caller(audio=("recvonly",)) as caller:
        await accept(side, caller)
        await talk(side, caller)
        await hears_us(side, caller)


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_what_nobody_hears_is_said_in_its_time_all_the_same(side, direction: Direction):
    async with Caller(audio=(direction,)) as caller:
        await accept(side, caller)
        await talk(side, caller)
        side.peer.speaker.push("resp_1", "item_1", tone(400))
        side.peer.speaker.end("resp_1")
        await drained(side)
    (started, _, started_at), (ended, _, ended_at) = side.told
    assert (started, ended) == ("started", "drained")
    assert ended_at - started_at >= 300


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("m=application 9", "m=application 0") + "a=bundle-only\r\n",
        lambda text: text.replace("\r\n", "\n"),
        lambda text: re.sub("a=(sctp-port|max-message-size|rtcp|ssrc):.*\r\n", "", text),
        lambda text: text.replace("a=sendrecv\r\n", ""),
        lambda text: text.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"),
        lambda text: text + "m=application 9 UDP/TLS/BFCP *\r\na=mid:9\r\n",
    ],
    ids=["bundle-only", "line feeds", "less", "no direction", "older profile", "another kind"],
)
async def test_other_words_for_the_same_offer(side, change: Callable[[str], str]):
    async with Caller() as caller:
        await accept(side, caller, change, lambda text: text.partition("m=application 0")[0])
        await talk(side, caller)
        await hear_each_other(side, caller)


@pytest.mark.parametrize(
    "options", [{"ordered": False}, {"maxRetransmits": 0}, {"ordered": False, "maxPacketLifeTime": 1}]
)
async def test_events_are_neither_lost_nor_overtaken_on_a_channel_that_allows_it(side, options):
    async with Caller(channel=options) as caller:
        await accept(side, caller)
        await talk(side, caller)
        ours = side.channels[0]._channel
        assert (ours.ordered, ours.maxRetransmits, ours.maxPacketLifeTime) == (True, None, None)
        for number in range(200):
            side.send(json.dumps({"type": "numbered", "number": number, "rest": "x" * number * 10}))
        await caller.events.until("numbered", lambda event: event["number"] == 199)
        numbers = [event["number"] for event in caller.events.all if event["type"] == "numbered"]
        assert numbers == list(range(200))


async def test_a_channel_that_was_agreed_upon_hears_events_though_nothing_came_on_it(side, monkeypatch):
    monkeypatch.setattr(channels, "UNANNOUNCED_SECONDS", 0.05)
    async with Caller(channel={"negotiated": True, "id": 0}) as caller:
        await accept(side, caller)
        await talk(side, caller)
        assert len(side.channels) == 1
        assert caller.channel is not None
        caller.channel.close()
        assert "channel" in await asyncio.wait_for(side.closed, PATIENCE)


@pytest.mark.parametrize("number", [0, 7])
async def test_a_channel_that_was_agreed_upon_is_known_by_what_comes_on_it(side, monkeypatch, number):
    monkeypatch.setattr(channels, "UNANNOUNCED_SECONDS", 3600)
    async with Caller(channel={"negotiated": True, "id": number}) as caller:
        await accept(side, caller)
        await says(side, caller)
        await talk(side, caller)
        assert len(side.channels) == 1


@pytest.mark.parametrize("number", [0, 3])
async def test_a_channel_that_is_announced_late_takes_the_place_of_a_guess(side, monkeypatch, number):
    monkeypatch.setattr(channels, "UNANNOUNCED_SECONDS", 0.05)
    async with Caller(channel={"negotiated": True, "id": 2}) as caller:
        await accept(side, caller)
        async with asyncio.timeout(PATIENCE):
            await side.open.wait()
        guess = side.channels[0]
        late = caller.connection.createDataChannel("late", id=number)
        late.on("message", lambda text: caller.events.add(json.loads(text)))
        side.open.clear()
        await asyncio.wait_for(side.open.wait(), PATIENCE)
        assert guess not in side.channels
        side.send('{"type": "hello"}')
        await caller.events.until("hello")
        assert len(caller.events.all) == 1


async def test_each_of_several_channels_is_an_end_and_the_last_to_close_ends_the_call(side):
    async with Caller() as caller:
        others = [caller.connection.createDataChannel(f"other {n}") for n in range(MOST_CHANNELS)]
        heard = {each: asyncio.Event() for each in others}
        shut = asyncio.Event()
        for each in others:
            each.on("message", lambda text, each=each: heard[each].set())
        others[-1].on("close", shut.set)
        await accept(side, caller)
        await asyncio.wait_for(shut.wait(), PATIENCE)
        assert len(side.channels) == MOST_CHANNELS
        for channel in side.channels:
            channel.send('{"type": "hello"}')
        await caller.events.until("hello")
        for each in others[:-1]:
            await asyncio.wait_for(heard[each].wait(), PATIENCE)
            each.close()
        await talk(side, caller)
        assert not side.closed.done()
        assert caller.channel is not None
        caller.channel.close()
        assert "channel" in await asyncio.wait_for(side.closed, PATIENCE)
    assert side.channels == side.channels[:1]


@pytest.mark.parametrize(
    ("kind", "data"),
    [(WEBRTC_STRING, b"\xff\xfe"), (WEBRTC_DCEP, b"\2"), (WEBRTC_DCEP, b"\3" + b"\xff" * 20), (99, b"x")],
)
async def test_a_message_that_aiortc_cannot_read_costs_itself(side, kind, data):
    async with Caller() as caller:
        await accept(side, caller)
        await talk(side, caller)
        assert caller.connection.sctp is not None
        assert caller.channel is not None
        assert caller.channel.id is not None
        for stream in (caller.channel.id, 9):
            await caller.connection.sctp._send(stream, kind, data)
        await talk(side, caller)
        await hear_each_other(side, caller)
