"""The adaptive receiver: order, clock and the hook into aiortc."""

import asyncio
import fractions
from collections.abc import Iterable
from dataclasses import dataclass

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import RtpPacket

from voice_widget.engine.media.receiver import Receiver, Reorder, Timeline, release
from voice_widget.engine.media.sender import SpeakerTrack


@dataclass
class Packet:
    sequence_number: int


def passed(order: Reorder[Packet], numbers: Iterable[int]) -> list[list[int]]:
    return [[p.sequence_number for p in order.push(Packet(n % 65536))] for n in numbers]


class TestReorder:
    def test_packets_in_order_pass_at_once(self):
        order: Reorder[Packet] = Reorder()
        assert passed(order, range(65500, 65600)) == [[n % 65536] for n in range(65500, 65600)]
        assert (order.depth, order.lost, order.late) == (0, 0, 0)

    def test_loss_alone_holds_nothing_back(self):
        order: Reorder[Packet] = Reorder()
        assert passed(order, [1, 2, 4, 5, 9, 10]) == [[1], [2], [4], [5], [9], [10]]
        assert (order.depth, order.lost, order.late) == (0, 4, 0)

    def test_a_packet_that_comes_late_deepens_the_hold_and_is_not_passed(self):
        order: Reorder[Packet] = Reorder()
        assert passed(order, [1, 3, 2]) == [[1], [3], []]
        assert (order.depth, order.late) == (2, 1)

    def test_with_a_deeper_hold_disorder_is_put_right(self):
        order: Reorder[Packet] = Reorder()
        passed(order, [1, 3, 4, 2])
        assert passed(order, [5, 7, 8, 6, 9]) == [[5], [], [], [6, 7, 8], [9]]
        assert order.late == 1

    def test_with_a_deeper_hold_a_lost_packet_delays_no_more_than_that(self):
        order: Reorder[Packet] = Reorder()
        passed(order, [1, 3, 2])
        assert passed(order, [4, 6, 7, 8, 9]) == [[4], [], [], [6, 7, 8], [9]]

    def test_the_hold_has_an_upper_bound(self):
        order: Reorder[Packet] = Reorder(most=5)
        passed(order, [0, *range(2, 60), 1])
        assert order.depth == 5

    def test_calm_makes_the_hold_shorter_again(self):
        order: Reorder[Packet] = Reorder(calm=10)
        passed(order, [1, 3, 2])
        passed(order, range(4, 13))
        assert order.depth == 2
        passed(order, [13])
        assert order.depth == 1
        passed(order, range(14, 40))
        assert order.depth == 0

    def test_a_copy_is_dropped_and_counts_as_nothing(self):
        order: Reorder[Packet] = Reorder()
        assert passed(order, [1, 2, 2, 1, 3]) == [[1], [2], [], [], [3]]
        assert (order.depth, order.late) == (0, 0)

    def test_order_holds_where_numbers_wrap(self):
        order: Reorder[Packet] = Reorder()
        passed(order, [65530, 65532, 65531])
        assert passed(order, [65533, 65534, 0, 65535, 1]) == [[65533], [65534], [], [65535, 0], [1]]

    def test_a_new_stream_is_taken_up(self):
        order: Reorder[Packet] = Reorder()
        assert passed(order, [1, 2, 30_000, 30_001, 3]) == [[1], [2], [30_000], [30_001], [3]]


class TestTimeline:
    def test_frames_follow_each_other(self):
        line = Timeline()
        assert [line.place(960 * n, 960, 5.0 + n * 0.02) for n in range(4)] == [0, 0, 0, 0]
        assert line.now_ms(5.06) == 80

    def test_a_gap_in_the_stamps_is_kept(self):
        line = Timeline()
        line.place(0, 960, 5.0)
        assert line.place(960 * 5, 960, 5.1) == 960 * 4
        assert line.now_ms(5.1) == 120

    def test_the_clock_goes_on_between_packets(self):
        line = Timeline()
        line.place(0, 960, 5.0)
        assert line.now_ms(5.5) == 520

    def test_it_begins_with_the_first_question_when_there_are_no_packets(self):
        line = Timeline()
        assert [line.now_ms(7.0), line.now_ms(8.25)] == [0, 1250]
        assert line.place(123_456, 960, 8.25) == 60_000
        assert line.now_ms(8.25) == 1270

    def test_a_jump_that_no_time_explains_is_a_new_stream(self):
        line = Timeline()
        line.place(0, 960, 5.0)
        assert line.place(1 << 31, 960, 5.02) == 0
        assert line.place((1 << 31) + 960, 960, 5.04) == 0
        assert line.place(50, 960, 5.06) == 0
        assert line.now_ms(5.06) == 80

    def test_what_was_filled_up_is_not_filled_twice_and_nothing_is_dropped(self):
        line = Timeline()
        line.place(0, 960, 5.0)
        assert line.fill(5.5, behind=0.2) == 48 * 300
        assert line.fill(5.5, behind=0.2) == 0
        assert line.place(960 * 2, 960, 5.51) == 0  # its place has been filled: the clock shifts
        assert line.place(960 * 3, 960, 5.52) == 0
        assert line.now_ms(5.52) == 20 + 300 + 40

    def test_nothing_is_filled_before_the_first_packet(self):
        assert Timeline().fill(9.0, behind=0.2) == 0


def frame(stamp: int, samples: np.ndarray | None = None) -> av.AudioFrame:
    made = av.AudioFrame(format="s16", layout="stereo", samples=960)
    made.planes[0].update(
        (np.zeros(1920) if samples is None else np.repeat(samples, 2)).astype("<i2").tobytes()
    )
    made.sample_rate = 48_000
    made.pts = stamp
    made.time_base = fractions.Fraction(1, 48_000)
    return made


class Track(MediaStreamTrack):
    """Frames, and the moments at which they come."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.queue: asyncio.Queue[av.AudioFrame | None] = asyncio.Queue()

    async def recv(self) -> av.AudioFrame:
        got = await self.queue.get()
        if got is None:
            raise MediaStreamError
        return got


class Heard:
    def __init__(self) -> None:
        self.pcm = b""
        self.more = asyncio.Event()

    def __call__(self, pcm: bytes, at_ms: float) -> None:
        assert at_ms == pytest.approx(len(self.pcm) / 32)
        self.pcm += pcm
        self.more.set()

    @property
    def ms(self) -> float:
        return len(self.pcm) / 32

    async def until(self, ms: float) -> None:
        async with asyncio.timeout(20):
            while self.ms < ms:
                self.more.clear()
                await self.more.wait()


async def test_a_track_becomes_16_khz_mono_on_the_audio_clock():
    heard, track = Heard(), Track()
    wave = 8000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    for number in range(50):
        track.queue.put_nowait(frame(960 * number, wave[960 * number : 960 * (number + 1)]))
    track.queue.put_nowait(None)
    await Receiver(heard).run(track)
    assert heard.ms == 1000
    samples = np.frombuffer(heard.pcm, "<i2").astype(float)[1000:-1000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 16_000 / len(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(8000, rel=0.05)


async def test_every_packet_completes_its_20_ms():
    heard, track = Heard(), Track()
    task = asyncio.create_task(Receiver(heard).run(track))
    for number in range(5):
        track.queue.put_nowait(frame(960 * number))
        await heard.until(20 * (number + 1))
        assert heard.ms == 20 * (number + 1)
    track.queue.put_nowait(None)
    await task


async def test_gaps_become_silence_of_the_same_length():
    now = [10.0]
    heard, track = Heard(), Track()
    receiver = Receiver(heard, clock=lambda: now[0])
    loud = np.full(960, 5000)
    task = asyncio.create_task(receiver.run(track))
    track.queue.put_nowait(frame(0, loud))
    await heard.until(20)
    now[0] += 0.2
    track.queue.put_nowait(frame(960 * 10, loud))
    await heard.until(220)
    samples = np.abs(np.frombuffer(heard.pcm, "<i2"))
    assert samples[400:3000].max() < 200
    assert samples[3400:].max() > 4000
    assert receiver.audio_ms() == 220
    track.queue.put_nowait(None)
    await task


async def test_silence_is_passed_on_when_packets_stop():
    heard, track = Heard(), Track()
    task = asyncio.create_task(Receiver(heard, idle=0.05).run(track))
    track.queue.put_nowait(frame(0))
    await heard.until(200)
    track.queue.put_nowait(None)
    await task


class Transport:
    state = "connected"

    def _register_rtp_receiver(self, receiver: object, parameters: object) -> None: ...

    def _unregister_rtp_receiver(self, receiver: object) -> None: ...

    async def _send_rtp(self, data: bytes) -> None: ...


async def first_frames(receiver: RTCRtpReceiver, numbers: Iterable[int]) -> list[int]:
    """Which packets (by number) have become frames, once all of these are handed in."""
    track = RemoteStreamTrack(kind="audio")
    receiver._track = track
    codec = RTCRtpCodecParameters(mimeType="audio/opus", clockRate=48_000, channels=2, payloadType=111)
    await receiver.receive(RTCRtpReceiveParameters(codecs=[codec]))
    source = SpeakerTrack()
    source.push("r", "i", bytes(48_000))
    for number in numbers:
        packet = RtpPacket(payload_type=111, sequence_number=number, timestamp=number * 960)
        packet.ssrc = 1
        packet.payload = b"\xf8\xff\xfe"
        await receiver._handle_rtp_packet(packet, arrival_time_ms=number * 20)
    await receiver.stop()
    frames = []
    async with asyncio.timeout(20):
        try:
            while True:
                got = await track.recv()
                frames.append((got.pts or 0) // 960)
        except MediaStreamError:
            return frames


async def test_aiortc_by_itself_holds_frames_back():
    """The reason for `release`; when this fails, aiortc has learned and `release` may go."""
    receiver = RTCRtpReceiver("audio", Transport())  # type: ignore[arg-type]
    assert len(await first_frames(receiver, range(10))) <= 7


async def test_a_released_receiver_passes_every_frame_at_once_and_in_order():
    receiver = RTCRtpReceiver("audio", Transport())  # type: ignore[arg-type]
    order = release(receiver)
    assert await first_frames(receiver, [0, 1, 3, 2, 4, 6, 5, 7]) == [0, 1, 3, 4, 5, 6, 7]
    assert (order.lost, order.late) == (1, 1)


def test_an_aiortc_that_changed_inside_is_noticed():
    with pytest.raises(RuntimeError, match="aiortc"):
        release(object())  # type: ignore[arg-type]
