"""The floor: an aiortc responder with nothing in it but a level gate, a silence window and a tone.

``python -m benchmarks.bare SILENCE_MS ANSWER_MS`` prints its port and answers offers until its standard input
closes.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import numpy as np
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from benchmarks.peers import VOICED, Track, remove_hold
from benchmarks.sounds import tone


async def respond(track: Any, out: Track, silence_ms: float, answer_ms: float) -> None:
    """Say a tone when the caller has been silent for the window; fall silent when the caller speaks."""
    speaking = False
    silent_ms = 0.0
    with suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            if np.abs(frame.to_ndarray().astype(np.int32)).max() > VOICED:
                speaking, silent_ms = True, 0.0
                out.clear()
                continue
            silent_ms += frame.samples * 1000 / frame.sample_rate
            if speaking and silent_ms >= silence_ms:
                speaking = False
                out.push(tone(answer_ms))


async def serve(silence_ms: float, answer_ms: float) -> None:
    """Answer offers until standard input closes."""
    peers: list[RTCPeerConnection] = []
    tasks: set[asyncio.Task[None]] = set()

    async def answer(request: web.Request) -> web.Response:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        out = Track()

        def take(track: Any) -> None:
            remove_hold(peer.getTransceivers()[0].receiver)
            tasks.add(asyncio.create_task(respond(track, out, silence_ms, answer_ms)))

        peer.on("track", take)
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peer.addTrack(out)
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(text=peer.localDescription.sdp, status=201, content_type="application/sdp")

    app = web.Application()
    app.router.add_post("/v1/realtime/calls", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.gather(*(peer.close() for peer in peers))
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), float(sys.argv[2])))
