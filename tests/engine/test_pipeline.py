"""Whole sessions: real aiortc clients and sockets, real stages that need nothing installed."""

import asyncio
import base64
import os
import signal
from collections.abc import AsyncIterator
from itertools import dropwhile, pairwise, takewhile
from typing import Any

import numpy as np
import pytest

from tests.busy import busy
from tests.engine.caller import PATIENCE, Caller, Events, tone
from tests.engine.rig import LISTENING, SESSION, Rig, engine
from voice_widget.engine import pipeline as pipelines
from voice_widget.engine.conversation.conversation import Conversation
from voice_widget.engine.stages import keeper as keepers
from voice_widget.engine.stages.events import StageReport
from voice_widget.errors import EngineError
from voice_widget.realtime.settings.settings import SessionConfig

ACTIVITY = "voice_widget.voice_activity"
ANSWER = "the mean is three"  # four words: 1.2 s of tones


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine() as made:
        yield made


def order(events: Events, *kinds: str) -> None:
    """These kinds came, in this order."""
    places = [events.types().index(kind) for kind in kinds]
    assert places == sorted(places), events.types()


def activity(events: Events) -> list[tuple[float, float]]:
    """When each step began, and how likely it held speech."""
    told = [event for event in events.all if event["type"] == ACTIVITY]
    return [
        (event["audio_start_ms"] + n * event["step_ms"], likely)
        for event in told
        for n, likely in enumerate(event["probabilities"])
    ]


async def test_a_spoken_turn_is_heard_answered_and_spoken(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        kernel = await rig.kernel(f"call_id={call_id}", lambda event: ANSWER)
        caller.microphone.say(bytes(4800) + tone(400))
        await caller.hears(lambda level: level > 3000)
        await caller.events.until("output_audio_buffer.stopped")
        await caller.hears(lambda level: level < 200)
        done = await caller.events.until("response.done")
        await kernel.events.until("output_audio_buffer.stopped")
    assert done["response"]["status"] == "completed"
    order(
        caller.events,
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "response.created",
        "response.output_item.added",
        "response.output_audio_transcript.delta",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
    )
    heard = await caller.events.until("conversation.item.input_audio_transcription.completed")
    assert heard["transcript"] == "what is the mean"
    deltas = [e for e in caller.events.all if e["type"] == "response.output_audio_transcript.delta"]
    assert "".join(e["delta"] for e in deltas) == ANSWER
    assert [e["audio_start_ms"] for e in deltas] == [0, 300, 600, 900]
    started = (await caller.events.until("input_audio_buffer.speech_started"))["audio_start_ms"]
    stopped = (await caller.events.until("input_audio_buffer.speech_stopped"))["audio_end_ms"]
    sounded = (await caller.events.until("output_audio_buffer.started"))["audio_ms"]
    silent = (await caller.events.until("output_audio_buffer.stopped"))["audio_ms"]
    assert stopped - started == pytest.approx(400, abs=60)
    assert sounded - stopped >= 200  # the silence window, and our own time
    # Four words of 300 ms, by the microphone's clock: a busy machine's lags behind the speaker's, or runs on.
    assert silent - sounded >= 1000


async def test_the_sideband_hears_what_the_page_hears_and_the_kernel_our_own_events_too(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        stock = await rig.sideband(f"call_id={call_id}")
        kernel = await rig.kernel(f"call_id={call_id}", lambda event: ANSWER)
        caller.microphone.say(tone(300))
        for events in (caller.events, stock.events, kernel.events):
            await events.until("output_audio_buffer.stopped")
    ours = [kind for kind in kernel.events.types() if kind.startswith("voice_widget.")]
    assert "voice_widget.reply.requested" in ours
    same = [e for e in kernel.events.all if not e["type"].startswith("voice_widget.")]
    assert same[0]["type"] == "session.updated"
    # Each hears all that happens from its first word on; the page was greeted before.
    assert [e["event_id"] for e in stock.events.all[1:]] == [e["event_id"] for e in same]
    assert [e["event_id"] for e in caller.events.all[1:]] == [e["event_id"] for e in stock.events.all]
    assert not any(kind.startswith("voice_widget.") for kind in caller.events.types())
    assert "response.output_audio.delta" not in caller.events.types() + kernel.events.types()


async def test_who_watches_is_told_how_likely_there_is_speech_and_nobody_else(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        stock = await rig.sideband(f"call_id={call_id}")
        kernel = await rig.kernel(f"call_id={call_id}", lambda event: ANSWER)
        caller.microphone.say(tone(300))
        await kernel.events.until("output_audio_buffer.stopped")
        assert ACTIVITY not in kernel.events.types()  # nobody has asked
        await kernel.send({"type": f"{ACTIVITY}.wanted", "ms": 10_000})
        await kernel.events.until(ACTIVITY)
        seen = len(kernel.events.all)
        caller.microphone.say(tone(400))
        stopped = await kernel.events.until("input_audio_buffer.speech_stopped", after=seen)
        started = await kernel.events.until("input_audio_buffer.speech_started", after=seen)
        end_ms = stopped["audio_end_ms"]
        await kernel.events.until(ACTIVITY, lambda event: event["audio_start_ms"] > end_ms)
    found = activity(kernel.events)
    told = [event for event in kernel.events.all if event["type"] == ACTIVITY]
    # The sound had come when it was told of.
    assert all(e["audio_ms"] >= e["audio_start_ms"] for e in told)
    voiced = [at for at, likely in found if likely > 0.5]
    assert voiced[0] == pytest.approx(started["audio_start_ms"], abs=20)
    assert voiced[-1] + 10 == pytest.approx(end_ms, abs=20)
    assert len(voiced) * 10 == pytest.approx(400, abs=40)
    assert not any(ACTIVITY in kind for kind in stock.events.types() + caller.events.types())


async def test_in_a_socket_that_has_the_sound_it_is_told_as_well(rig):
    socket = await rig.socket("model=any&agent=kernel")
    await socket.events.until("session.created")
    await socket.send({"type": f"{ACTIVITY}.wanted", "ms": 1000})
    sound = bytes(24_000) + tone(500) + bytes(48_000)  # two seconds in all: twice as long as was asked for
    await socket.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound).decode()})
    await socket.send({"type": "input_audio_buffer.commit"})
    await socket.events.until("input_audio_buffer.committed")
    found = activity(socket.events)
    voiced = [at for at, likely in found if likely > 0.5]
    assert [voiced[0], voiced[-1]] == pytest.approx([500, 990], abs=12)
    assert found[-1][0] == pytest.approx(990, abs=10)


async def test_who_is_not_the_kernel_cannot_watch(rig):
    socket = await rig.socket("model=any")
    await socket.events.until("session.created")
    await socket.send({"type": f"{ACTIVITY}.wanted", "ms": 1000})
    assert "kernel" in (await socket.events.until("error"))["error"]["message"]


async def test_a_sideband_that_says_nothing_hears_what_happens_in_the_call_and_no_more(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        silent = await rig.socket(f"call_id={call_id}")
        seen = len(caller.events.all)
        caller.send({"type": "session.update", "session": {"type": "realtime"}})
        last = await caller.events.until("session.updated", after=seen)
        assert await silent.events.until("session.updated") == last
    assert silent.events.types() == ["session.updated"]


async def test_only_the_kernels_socket_may_answer_for_the_agent(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        stock = await rig.sideband(f"call_id={call_id}")
        await stock.send(
            {"type": "voice_widget.reply.delta", "event_id": "mine", "response_id": "resp_1", "delta": "Hm."}
        )
        refused = await stock.events.until("error")
    assert refused["error"]["event_id"] == "mine"
    assert "kernel" in refused["error"]["message"]


async def test_talking_over_the_answer_silences_it_and_says_how_much_was_played(rig):
    # Without a pause before it: then the clock and what was played agree.
    listening = {**LISTENING, "voice_widget.interrupt_min_ms": 0}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": listening}}}
    async with Caller() as caller:
        call_id = await rig.call(caller, session)
        await rig.kernel(
            f"call_id={call_id}", lambda event: "one two three four five six seven eight nine ten"
        )
        caller.microphone.say(tone(300))
        await caller.events.until("output_audio_buffer.started")
        await caller.hears(lambda level: level > 3000, frames=25)
        caller.microphone.say(tone(500))
        cleared = await caller.events.until("output_audio_buffer.cleared")
        truncated = await caller.events.until("conversation.item.truncated")
        await caller.hears(lambda level: level < 200)
        answer = dropwhile(lambda level: level < 1000, caller.levels)
        heard_ms = 20 * sum(1 for _ in takewhile(lambda level: level >= 1000, answer))
        sounded = await caller.events.until("output_audio_buffer.started")
        item = next(
            e["item"]["id"]
            for e in caller.events.all
            if e["type"] == "response.output_item.added" and e["item"]["type"] == "message"
        )
        await caller.events.until("input_audio_buffer.committed", after=len(caller.events.all) // 2)
    assert truncated["item_id"] == item
    assert cleared["response_id"] == sounded["response_id"]
    # By what arrived, not by a clock, which a busy machine holds up; `test_sender` has the exact sums.
    assert truncated["audio_end_ms"] == pytest.approx(heard_ms, abs=100)
    assert 400 <= truncated["audio_end_ms"] <= 2500
    assert "output_audio_buffer.stopped" not in caller.events.types()[: caller.events.all.index(truncated)]


async def test_a_cough_over_the_answer_pauses_it_and_no_more():
    async with engine(hear=("what is the mean", "mm-hm")) as rig, Caller() as caller:
        call_id = await rig.call(caller)
        await rig.kernel(f"call_id={call_id}", lambda event: "one two three four five six seven")
        caller.microphone.say(tone(300))
        await caller.events.until("output_audio_buffer.started")
        await caller.hears(lambda level: level > 3000, frames=10)
        caller.microphone.say(tone(200))
        await caller.hears(lambda level: level < 200)
        await caller.hears(lambda level: level > 3000)
        await caller.events.until("output_audio_buffer.stopped")
    kinds = caller.events.types()
    assert kinds.count("input_audio_buffer.speech_started") == 2
    assert kinds.count("response.created") == 1
    assert "output_audio_buffer.cleared" not in kinds


async def test_a_client_can_interrupt_by_hand(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        await rig.kernel(f"call_id={call_id}", lambda event: "one two three four five six seven eight nine")
        caller.microphone.say(tone(300))
        await caller.hears(lambda level: level > 3000)
        caller.send({"type": "response.cancel"})
        caller.send({"type": "output_audio_buffer.clear"})
        await caller.events.until("output_audio_buffer.cleared")
        await caller.hears(lambda level: level < 200)
        truncated = await caller.events.until("conversation.item.truncated")
    assert 0 < truncated["audio_end_ms"] < 2700


async def test_push_to_talk_takes_what_was_said_between_clear_and_commit(rig):
    session = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    async with Caller() as caller:
        call_id = await rig.call(caller, session)
        await rig.kernel(f"call_id={call_id}", lambda event: ANSWER)
        caller.send({"type": "input_audio_buffer.clear"})
        await caller.events.until("input_audio_buffer.cleared")
        caller.microphone.say(tone(400))
        async with asyncio.timeout(PATIENCE):
            await caller.microphone.quiet.wait()
        caller.send({"type": "input_audio_buffer.commit"})
        await caller.events.until("input_audio_buffer.committed")
        caller.send({"type": "response.create"})
        await caller.events.until("output_audio_buffer.stopped")
    assert "input_audio_buffer.speech_started" not in caller.events.types()


async def test_a_typed_turn_is_spoken(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        await rig.kernel(f"call_id={call_id}", lambda event: ANSWER)
        content = [{"type": "input_text", "text": "hello"}]
        caller.send(
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": content},
            }
        )
        caller.send({"type": "response.create"})
        await caller.events.until("output_audio_buffer.stopped")


async def test_without_a_kernel_a_script_answers():
    async with engine(say="by the script") as rig, Caller() as caller:
        await rig.call(caller)
        caller.microphone.say(tone(300))
        done = await caller.events.until("response.output_audio_transcript.done")
    assert done["transcript"] == "by the script"


def message(samples: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(samples).decode()}


async def test_a_session_socket_carries_the_audio_itself(rig):
    kernel = await rig.kernel("model=any", lambda event: ANSWER)
    await kernel.send({"type": "session.update", "session": SESSION})
    await kernel.events.until("session.updated")
    for piece in (bytes(24_000), tone(400), bytes(48_000)):
        for start in range(0, len(piece), 4800):
            await kernel.send(message(piece[start : start + 4800]))
    done = await kernel.events.until("response.done")
    assert done["response"]["status"] == "completed"
    speech = [e for e in kernel.events.all if e["type"] == "response.output_audio.delta"]
    pcm = b"".join(base64.b64decode(e["delta"]) for e in speech)
    assert len(pcm) == 2 * 24 * 1200
    assert np.abs(np.frombuffer(pcm, "<i2")).max() > 3000
    assert all(len(e["delta"]) < 10_000 for e in speech)
    assert {e["response_id"] for e in speech} == {done["response"]["id"]}
    assert {e["item_id"] for e in speech} == {done["response"]["output"][0]["id"]}
    started = await kernel.events.until("input_audio_buffer.speech_started")
    stopped = await kernel.events.until("input_audio_buffer.speech_stopped")
    assert started["audio_start_ms"] == pytest.approx(500, abs=40)
    assert stopped["audio_end_ms"] == pytest.approx(900, abs=40)
    order(
        kernel.events,
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.done",
    )
    assert not any(kind.startswith("output_audio_buffer") for kind in kernel.events.types())


async def test_a_session_socket_speaks_the_telephone_s_format_too(rig):
    kernel = await rig.kernel("model=any", lambda event: ANSWER)
    audio = {
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": LISTENING},
        "output": {"format": {"type": "audio/pcma"}},
    }
    await kernel.send({"type": "session.update", "session": {"type": "realtime", "audio": audio}})
    await kernel.events.until("session.updated")
    from voice_widget.realtime.sound.g711 import Telephone, decode

    coded = Telephone("audio/pcmu")(bytes(24_000) + tone(400) + bytes(48_000))
    await kernel.send(message(coded))
    await kernel.events.until("response.done")
    started = await kernel.events.until("input_audio_buffer.speech_started")
    assert started["audio_start_ms"] == pytest.approx(500, abs=40)
    speech = [base64.b64decode(e["delta"]) for e in kernel.events.all if e["type"].endswith("audio.delta")]
    assert sum(map(len, speech)) == pytest.approx(8 * 1200, abs=8)
    assert np.abs(np.frombuffer(decode(b"".join(speech), "audio/pcma"), "<i2")).max() > 3000


async def test_samples_cut_in_two_are_put_together(rig):
    kernel = await rig.kernel("model=any", lambda event: ANSWER)
    await kernel.send({"type": "session.update", "session": SESSION})
    audio = bytes(24_000) + tone(400) + bytes(48_000)
    for start in range(0, len(audio), 4801):
        await kernel.send(message(audio[start : start + 4801]))
    stopped = await kernel.events.until("input_audio_buffer.speech_stopped")
    assert stopped["audio_end_ms"] == pytest.approx(900, abs=40)


TOO_LONG = "A" * ((1 << 20) + 4)


async def test_a_bad_message_costs_one_error_with_the_client_s_id_and_nothing_else(rig):
    socket = await rig.socket("model=any")
    await socket.events.until("session.created")
    for sent, code, event_id in [
        ("not json", "invalid_event", None),
        ("", "invalid_event", None),
        ("[1]", "invalid_event", None),
        ('{"event_id": "mine"}', None, "mine"),
        ('{"type": 5, "event_id": "mine"}', None, "mine"),
        ('{"type": [], "event_id": "mine"}', "invalid_event", "mine"),
        ('{"type": {}, "event_id": "mine"}', "invalid_event", "mine"),
        ('{"type": "no.such.event", "event_id": "mine"}', None, "mine"),
        ('{"type": "voice_widget.call.closed", "event_id": "mine"}', None, "mine"),
        ('{"type": "conversation.item.create", "item": 7, "event_id": "mine"}', None, "mine"),
        ('{"type": "session.update", "session": "x", "event_id": "mine"}', None, "mine"),
        ('{"type": "input_audio_buffer.append", "audio": "%%%", "event_id": "mine"}', None, "mine"),
        ('{"type": "input_audio_buffer.append", "audio": 5, "event_id": "mine"}', None, "mine"),
        ('{"type": "response.cancel", "event_id": "mine"}', "response_cancel_not_active", "mine"),
        (f'{{"type": "input_audio_buffer.append", "audio": "{TOO_LONG}"}}', "message_too_large", None),
        ("[" * 100_000, "invalid_event", None),
        ('{"type": "response.create", "response": {"audio": {"output": {"voice": "x"}}}}', None, None),
    ]:
        seen = len(socket.events.all)
        await socket.send(sent)
        error = (await socket.events.until("error", after=seen))["error"]
        assert code in (None, error["code"]), sent
        assert error["event_id"] == event_id, sent
        assert error["message"]
        seen = len(socket.events.all)
        await socket.send({"type": "session.update", "session": SESSION})
        await socket.events.until("session.updated", after=seen)
        assert socket.events.types()[seen:] == ["session.updated"], sent


async def test_an_error_goes_to_who_made_it(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.sideband(f"call_id={call_id}")
        caller.send("not json")
        await caller.events.until("error")
        await sideband.send({"type": "session.update", "session": SESSION})
        await sideband.events.until("session.updated")
    assert "error" not in sideband.events.types()


async def test_a_message_too_large_for_the_channel_costs_one_error(rig):
    async with Caller() as caller:
        await rig.call(caller)
        caller.connection.sctp._remote_max_message_size = 0  # a client that does not care
        caller.send({"type": "session.update", "session": {"instructions": "x" * 300_000}})
        assert (await caller.events.until("error"))["error"]["code"] == "message_too_large"
        caller.send({"type": "session.update", "session": SESSION})
        await caller.events.until("session.updated")


@pytest.mark.parametrize("kind", [7, [], {}, [[]], None, True], ids=repr)
async def test_a_type_that_is_no_text_is_answered_in_one_way_by_channel_and_by_socket(rig, kind):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.sideband(f"call_id={call_id}")
        sent = {"type": kind, "event_id": "mine"}
        caller.send(sent)
        await sideband.send(sent)
        for events in (caller.events, sideband.events):
            error = (await events.until("error"))["error"]
            told = [error[name] for name in ("type", "code", "param", "event_id")]
            assert told == ["invalid_request_error", "invalid_event", "type", "mine"]
        seen = len(caller.events.all)
        caller.send({"type": "session.update", "session": SESSION})
        await caller.events.until("session.updated", after=seen)


async def test_a_message_on_which_our_reading_fails_costs_one_error(rig, monkeypatch, caplog):
    def broken(raw: str) -> Any:
        if "odd" in raw:
            raise TypeError("a fault to be seen")
        return parse(raw)

    parse = pipelines.parse
    monkeypatch.setattr(pipelines, "parse", broken)
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.sideband(f"call_id={call_id}")
        caller.send("odd")
        await sideband.send("odd")
        for events in (caller.events, sideband.events):
            error = (await events.until("error"))["error"]
            assert (error["type"], error["code"]) == ("server_error", "internal_error")
        caller.send({"type": "session.update", "session": SESSION})
        await caller.events.until("session.updated", after=2)
    told = [record for record in caplog.records if record.name.endswith("pipeline")]
    assert [str(record.exc_info[1]) for record in told] == ["a fault to be seen"] * 2
    assert caller.events.types().count("error") == sideband.events.types().count("error") == 1


async def test_a_mistake_of_ours_costs_one_error_and_the_session_goes_on(rig, monkeypatch, caplog):
    socket = await rig.socket("model=any")
    await socket.events.until("session.created")
    with monkeypatch.context() as patch:

        def broken(*args: object, **fields: object) -> None:
            raise RuntimeError("a fault to be seen")

        patch.setattr(Conversation, "client_event", broken)
        await socket.send({"type": "response.cancel"})
        error = await socket.events.until("error")
    assert error["error"]["type"] == "server_error"
    assert "a fault to be seen" in caplog.text
    await socket.send({"type": "session.update", "session": SESSION})
    await socket.events.until("session.updated")


async def test_a_killed_stage_process_is_replaced_and_the_call_goes_on(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        kernel = await rig.kernel(
            f"call_id={call_id}", lambda event: "one two three four five six seven eight"
        )
        caller.microphone.say(tone(300))
        await caller.hears(lambda level: level > 3000)
        before = rig.keeper.client.pid
        os.kill(before, signal.SIGKILL)
        await rig.stages_back()
        await caller.events.until("response.done")
        seen = len(caller.events.all)
        caller.microphone.say(tone(300))
        await caller.events.until("input_audio_buffer.speech_started", after=seen)
        await caller.events.until("output_audio_buffer.stopped", after=seen)
        assert not kernel.closed.is_set()
    assert rig.keeper.starts == 2


async def test_an_answer_that_is_being_spoken_when_the_stage_process_dies_says_so(rig):
    socket = await rig.socket("model=any&agent=kernel")
    await socket.events.until("session.created")
    pid = rig.keeper.client.pid
    os.kill(pid, signal.SIGSTOP)
    await socket.send({"type": "response.create", "response": {"text": "one two three. four five six."}})
    created = await socket.events.until("response.created")
    # An answer to something that was sent later: the text was handed to the process before.
    await socket.send({"type": "session.update", "session": SESSION})
    await socket.events.until("session.updated")
    os.kill(pid, signal.SIGKILL)
    done = (await socket.events.until("response.done"))["response"]
    assert done["id"] == created["response"]["id"]
    assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "stages_lost")
    await rig.stages_back()


async def test_an_offer_is_answered_before_the_stages_are_warm_and_what_is_said_meanwhile_is_heard():
    async with engine(warm=False) as rig, Caller() as caller:
        response = await rig.post(
            "/v1/realtime/calls", data=await caller.offer(), headers={"Content-Type": "application/sdp"}
        )
        await caller.accept(await response.text())
        caller.send({"type": "session.update", "session": SESSION})
        caller.microphone.say(tone(400))
        async with asyncio.timeout(PATIENCE):
            await caller.microphone.quiet.wait()
        assert caller.events.all == []
        rig.keeper.start()
        await caller.events.until("session.created")
        await caller.events.until("session.updated")
        await caller.events.until("input_audio_buffer.speech_started")


async def test_what_is_said_while_the_stages_cannot_start_is_not_answered_when_they_can(monkeypatch):
    async with engine(warm=False) as rig:
        monkeypatch.setattr(keepers, "RETRY_SECONDS", (0.0, 0.05))
        start, failing = rig.keeper.client.start, [EngineError("Not yet.")]

        async def sometimes() -> StageReport:
            if failing:
                raise failing.pop()
            await allowed.wait()
            return await start()

        allowed = asyncio.Event()
        monkeypatch.setattr(rig.keeper.client, "start", sometimes)
        heard: list[bytes] = []
        monkeypatch.setattr(rig.keeper.client, "audio", lambda name, pcm, rate, at_ms: heard.append(pcm))
        pipeline = rig.calls.session(SessionConfig(), lambda code: None)
        pipeline.audio(b"early", 24_000, 0.0)
        rig.keeper.start()
        async with asyncio.timeout(PATIENCE):
            await rig.keeper.settled.wait()
        caller = await rig.socket("model=any")
        await caller.events.until("session.created")
        allowed.set()
        await rig.stages_back()
        assert heard == []
        pipeline.audio(b"late", 24_000, 1000.0)
        assert heard == [b"late"]
        rig.calls.release(pipeline)


async def test_an_unknown_voice_that_could_not_be_known_earlier_is_told():
    async with engine(warm=False) as rig:
        caller = await rig.socket("model=any")
        rig.keeper.start()
        await caller.events.until("session.created")
    session = {"type": "realtime", "audio": {"output": {"voice": "nobody"}}}
    async with engine(warm=False) as rig, Caller() as talker:
        calling = asyncio.create_task(rig.call(talker, session))
        async with asyncio.timeout(PATIENCE):
            await talker.open.wait()
        rig.keeper.start()
        call_id = await calling
        assert "nobody" in (await talker.events.until("error"))["error"]["message"]
        # Who follows the call asks for it by itself, and is refused once.
        sideband = await rig.socket(f"call_id={call_id}")
        await sideband.send({"type": "session.update", "event_id": "mine", "session": session})
        assert (await sideband.events.until("error"))["error"]["event_id"] == "mine"
        await sideband.join()
        assert sideband.events.types() == ["error", "session.updated"]


async def test_a_session_ends_when_its_time_is_over(rig, monkeypatch):
    monkeypatch.setattr(pipelines, "SESSION_SECONDS", 2.0)  # time enough to make the call
    async with Caller() as caller:
        call_id = await rig.call(caller)
        sideband = await rig.socket(f"call_id={call_id}")
        error = await caller.events.until("error")
        assert error["error"]["code"] == "session_expired"
        assert await sideband.gone() == 1000
        async with asyncio.timeout(PATIENCE):
            await caller.closed.wait()
    assert rig.calls.get(call_id) is None


async def test_two_calls_at_once_do_not_hear_each_other(rig):
    async with Caller() as one, Caller() as two:
        first, second = await rig.call(one), await rig.call(two)
        await rig.kernel(f"call_id={first}", lambda event: "to the first")
        await rig.kernel(f"call_id={second}", lambda event: "to the second")
        one.microphone.say(tone(300))
        done = await one.events.until("response.output_audio_transcript.done")
        assert done["transcript"] == "to the first"
        assert two.events.types() == ["session.created", "session.updated"]  # its kernel has joined


async def test_all_events_are_on_one_clock(rig):
    async with Caller() as caller:
        call_id = await rig.call(caller)
        await rig.kernel(f"call_id={call_id}", lambda event: "yes")
        for turn in range(3):
            seen = len(caller.events.all)
            caller.microphone.say(tone(300))
            await caller.events.until("output_audio_buffer.stopped", after=seen if turn else 0)
    clock = [
        e.get("audio_start_ms", e.get("audio_end_ms", e.get("audio_ms")))
        for e in caller.events.all
        if e["type"].startswith(("input_audio_buffer.speech", "output_audio_buffer"))
    ]
    assert len(clock) == 12
    # This microphone hands over 20 ms at the moment of their beginning, not of their end; if busy, later.
    assert all(b - a >= (-1000 if busy() else -25) for a, b in pairwise(clock)), clock
