"""A Realtime server that says more than it is asked to: numbered events, on the data channel and sidebands.

``python -m benchmarks.emitter`` reads its token from standard input, prints its port and the port that takes
orders, and ends when its standard input closes. It is the engine with instant stages. Orders are POSTs and
concern the one call that runs:

- ``/ticks?first=N&count=N``: ``session.updated``, 20 to 60 ms apart; the voice in it is a `Tick`.
- ``/burst?count=N&to=channel|sideband``: a response whose transcript comes in so many pieces, as fast as that
  end takes them, to that end alone; gives their ids.
- ``/drop``: closes the sidebands.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from typing import Any, NamedTuple

from aiohttp import web

from benchmarks.turns import script
from voice_widget.engine.http.access import Access
from voice_widget.engine.http.calls import Call, Calls
from voice_widget.engine.http.server import Server
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.parts import StageSpec
from voice_widget.realtime.wire.events import Event, new_id

APART_MS = (20, 60)
WORDS = ("The ", "average ", "tip ", "on ", "a ", "Sunday ", "is ", "three ", "dollars. ")
MOST_BUFFERED_BYTES = 65_536


class Tick(NamedTuple):
    """A number, and when it was sent (seconds since the epoch): all that fits into a voice's name."""

    number: int
    sent_at: float

    @property
    def voice(self) -> str:
        """As a name."""
        return f"tick {self.number} {self.sent_at:.6f}"

    @classmethod
    def read(cls, voice: str) -> Tick:
        """From a name."""
        _, number, sent_at = voice.split()
        return cls(int(number), float(sent_at))


def updated(number: int) -> Event:
    """An event that sets a trait, with its time in it."""
    output = {"voice": Tick(number, time.time()).voice}
    session = {"type": "realtime", "audio": {"output": output}}
    return {"event_id": new_id("event"), "type": "session.updated", "session": session}


def pieces(count: int) -> tuple[list[Event], list[Event], list[Event]]:
    """What begins a response, its transcript in pieces, and what ends it."""
    response, item = new_id("resp"), new_id("item")
    place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    head = {"id": response, "object": "realtime.response", "conversation_id": "conv_bench"}
    said = {"id": item, "object": "realtime.item", "type": "message", "role": "assistant", "content": []}
    text = "".join(WORDS[n % len(WORDS)] for n in range(count))
    whole = {**said, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}

    def event(kind: str, **fields: Any) -> Event:
        return {"event_id": new_id("event"), "type": kind, **fields}

    begin = [
        event("response.created", response={**head, "status": "in_progress", "output": []}),
        event("response.output_item.added", item={**said, "status": "in_progress"}, **place),
    ]
    deltas = [
        event("response.output_audio_transcript.delta", delta=WORDS[n % len(WORDS)], **place)
        for n in range(count)
    ]
    finish = [event("response.done", response={**head, "status": "completed", "output": [whole]})]
    return begin, deltas, finish


class Emitter:
    """Takes the orders."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @property
    def _call(self) -> Call:
        [call] = self._calls._calls.values()
        return call

    async def ticks(self, request: web.Request) -> web.Response:
        """Events as a talk has them: one now and then."""
        call, first = self._call, int(request.query["first"])
        for number in range(first, first + int(request.query["count"])):
            call.pipeline._audience.tell(updated(number), "all")
            await asyncio.sleep(random.uniform(*APART_MS) / 1000)
        return web.json_response({})

    async def burst(self, request: web.Request) -> web.Response:
        """An answer that comes all at once."""
        call, sinks = self._call, list(self._call.pipeline._audience._sinks.values())
        [(channel, of_channel)] = call._channels.items()
        [sink] = [each for each in sinks if (each is of_channel) == (request.query["to"] == "channel")]
        begin, deltas, finish = pieces(int(request.query["count"]))
        started = time.time()
        for event in [*begin, *deltas, *finish]:
            # No more at a time than a server does that minds its line: aiortc drops a call that it floods.
            while channel._channel.bufferedAmount > MOST_BUFFERED_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            sink.hear(event)
        return web.json_response({"started_at": started, "ids": [event["event_id"] for event in deltas]})

    async def drop(self, request: web.Request) -> web.Response:
        """The end of the sidebands, not of the call."""
        sidebands = list(self._call.sockets)
        for hang_up in sidebands:
            hang_up()
        return web.json_response({"dropped": len(sidebands)})


async def main() -> None:
    token = sys.stdin.readline().strip()
    silent = script("beep")
    keeper = StageKeeper(StageSpec("level", "scripted", "tone", silent))
    keeper.start()
    calls = Calls(keeper, scripted=Script.load(silent))
    server, emitter = Server(Access(token), calls), Emitter(calls)
    app = web.Application()
    app.router.add_post("/ticks", emitter.ticks)
    app.router.add_post("/burst", emitter.burst)
    app.router.add_post("/drop", emitter.drop)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = await server.start()
    await keeper.settled.wait()
    print(port, runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()
    await server.close()
    await keeper.close()


if __name__ == "__main__":
    asyncio.run(main())
