"""The agent in the engine's own process: when it is asked, and when it is not."""

import json
from collections.abc import Callable
from typing import Any

from tests.engine.caller import Caller, tone
from tests.engine.rig import engine
from voice_widget.engine.companion import Seat

REQUESTED = "voice_widget.reply.requested"


class Parrot:
    """Answers at once, always the same."""

    def __init__(self, send: Callable[[str], None], *, answer: bool = True) -> None:
        self.send, self.answer = send, answer
        self.events: list[dict[str, Any]] = []
        self.closed = 0

    def hear(self, text: str) -> None:
        event = json.loads(text)
        self.events.append(event)
        if event["type"] == REQUESTED and self.answer:
            self.reply(event["response_id"], "by the engine")

    def reply(self, response_id: str, text: str) -> None:
        reply = {"event_id": "mine", "response_id": response_id}
        self.send(json.dumps({"type": "voice_widget.reply.delta", **reply, "delta": text}))
        self.send(json.dumps({"type": "voice_widget.reply.done", **reply}))

    def close(self) -> None:
        self.closed += 1

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


class Aviary:
    """Makes parrots and keeps them."""

    def __init__(self, *, answer: bool = True) -> None:
        self.answer = answer
        self.all: list[Parrot] = []

    def __call__(self, send: Callable[[str], None]) -> Parrot:
        self.all.append(Parrot(send, answer=self.answer))
        return self.all[-1]


TEXT = {"type": "response.create", "response": {"output_modalities": ["text"]}}


async def test_a_session_without_a_kernel_is_answered_by_its_companion_which_hears_it_all():
    parrots = Aviary()
    async with engine(companion=parrots) as rig:
        socket = await rig.socket("model=any")
        await socket.events.until("session.created")
        await socket.send(TEXT)
        done = await socket.events.until("response.output_text.done")
        assert done["text"] == "by the engine"
        await socket.events.until("response.done")
        [parrot] = parrots.all
        assert parrot.types()[:3] == ["session.created", "response.created", REQUESTED]
        ours = [event for event in parrot.events if not event["type"].startswith("voice_widget.")]
        assert [event["event_id"] for event in ours[1:]] == [e["event_id"] for e in socket.events.all[1:]]
        assert REQUESTED not in socket.events.types()
    assert parrot.closed == 1


async def test_a_spoken_call_is_answered_by_its_companion():
    parrots = Aviary()
    async with engine(companion=parrots) as rig, Caller() as caller:
        call_id = await rig.call(caller)
        caller.microphone.say(tone(300))
        said = await caller.events.until("response.output_audio_transcript.done")
        await caller.events.until("output_audio_buffer.stopped")
        await rig.calls.hang_up(call_id)
        [parrot] = parrots.all
        assert parrot.closed == 1
    assert said["transcript"] == "by the engine"
    texts = [
        e["transcript"] for e in parrot.events if e["type"].endswith("input_audio_transcription.completed")
    ]
    assert texts == ["what is the mean"]
    assert "response.output_audio.delta" not in parrot.types()


async def test_each_session_has_a_companion_of_its_own():
    parrots = Aviary()
    async with engine(companion=parrots) as rig:
        one, two = await rig.socket("model=any"), await rig.socket("model=any")
        await one.events.until("session.created")
        await two.events.until("session.created")
        await two.send(TEXT)
        await two.events.until("response.done")
        assert [parrot.types().count(REQUESTED) for parrot in parrots.all] == [0, 1]
        assert one.events.types() == ["session.created"]


async def test_a_kernel_takes_the_companion_s_place_and_gives_it_back():
    parrots = Aviary()
    async with engine(companion=parrots) as rig, Caller() as caller:
        call_id = await rig.call(caller)
        kernel = await rig.kernel(f"call_id={call_id}", lambda event: "by the kernel")
        caller.send(TEXT)
        assert (await caller.events.until("response.output_text.done"))["text"] == "by the kernel"
        await caller.events.until("response.done")
        [parrot] = parrots.all
        assert REQUESTED not in parrot.types()
        assert "response.done" in parrot.types()  # it still follows the talk
        seen = len(caller.events.all)
        await kernel.close()
        caller.send(TEXT)
        done = await caller.events.until("response.output_text.done", after=seen)
        assert done["text"] == "by the engine"


async def test_what_was_asked_when_the_kernel_leaves_the_companion_is_asked_again():
    parrots = Aviary()
    async with engine(companion=parrots) as rig, Caller() as caller:
        call_id = await rig.call(caller)
        kernel = await rig.socket(f"call_id={call_id}&agent=kernel")
        await kernel.join()
        caller.send(TEXT)
        request = await kernel.events.until(REQUESTED)
        [parrot] = parrots.all
        assert REQUESTED not in parrot.types()
        await kernel.close()
        done = await caller.events.until("response.done")
    assert done["response"]["id"] == request["response_id"]
    assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": "by the engine"}]


async def test_what_a_companion_says_beside_a_kernel_is_dropped():
    parrots = Aviary(answer=False)
    async with engine(companion=parrots) as rig, Caller() as caller:
        call_id = await rig.call(caller)
        caller.send(TEXT)
        await caller.events.until("response.created")
        kernel = await rig.socket(f"call_id={call_id}&agent=kernel")
        request = await kernel.events.until(REQUESTED)
        [parrot] = parrots.all
        parrot.reply(request["response_id"], "too late")
        reply = {"event_id": "k", "response_id": request["response_id"]}
        await kernel.send({"type": "voice_widget.reply.delta", **reply, "delta": "by the kernel"})
        await kernel.send({"type": "voice_widget.reply.done", **reply})
        done = await caller.events.until("response.output_text.done")
    assert done["text"] == "by the kernel"
    assert "error" not in parrot.types()


async def test_a_companion_may_set_up_the_session_as_soon_as_it_begins():
    class Careful(Parrot):
        def hear(self, text: str) -> None:
            super().hear(text)
            if self.types() == ["session.created"]:
                hints = {"transcription": {"keywords": ["median"]}}
                session = {"type": "realtime", "audio": {"input": hints}}
                self.send(json.dumps({"type": "session.update", "event_id": "mine", "session": session}))

    async with engine(companion=Careful) as rig:
        socket = await rig.socket("model=any")
        created = await socket.events.until("session.created")
    assert created["session"]["audio"]["input"]["transcription"] == {"keywords": ["median"]}


async def test_a_companion_that_fails_costs_the_answer_only(caplog):
    class Broken(Parrot):
        def hear(self, text: str) -> None:
            raise RuntimeError("a fault to be seen")

        def close(self) -> None:
            raise RuntimeError("another fault")

    async with engine(companion=Broken) as rig:
        socket = await rig.socket("model=any")
        await socket.send(TEXT)
        response = (await socket.events.until("response.done"))["response"]
        assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", "agent_failed")
        await socket.send({"type": "response.create", "response": {"text": "still here"}})
        await socket.events.until("response.output_audio_transcript.done")
    assert "a fault to be seen" in caplog.text
    assert "another fault" in caplog.text


def test_a_companion_that_cannot_be_made_fails_what_is_asked_of_it(caplog):
    def make(send: Callable[[str], None]) -> Parrot:
        raise ValueError("no such agent")

    sent: list[dict[str, Any]] = []
    seat = Seat(make, lambda text: sent.append(json.loads(text)))
    seat.hear('{"type": "session.created", "session": {}}')
    assert sent == []
    seat.hear(json.dumps({"type": REQUESTED, "response_id": "resp_1"}))
    assert (sent[0]["type"], sent[0]["response_id"]) == ("voice_widget.reply.done", "resp_1")
    assert sent[0]["error"]["code"] == "agent_failed"
    assert "no such agent" in caplog.text
    seat.close()


async def test_a_script_goes_before_a_companion():
    parrots = Aviary()
    async with engine(companion=parrots, say="by the script") as rig:
        socket = await rig.socket("model=any")
        await socket.send(TEXT)
        assert (await socket.events.until("response.output_text.done"))["text"] == "by the script"
    assert parrots.all == []
