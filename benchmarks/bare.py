"""The floor: an aiortc responder with nothing in it but a level gate, a silence window and a tone.

``python -m benchmarks.bare SILENCE_MS`` prints its port and answers offers until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import numpy as np
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from benchmarks.peers import Track, remove_hold, tone

THRESHOLD = 500


async def respond(track: Any, out: Track, silence_s: float) -> None:
    """Say a tone when the caller has been silent for the window; fall silent when the caller speaks."""
    speaking = False
    last_voiced = 0.0
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        pcm = frame.to_ndarray().astype(np.float32)
        now = time.monotonic()
        if np.sqrt(np.mean(pcm * pcm)) > THRESHOLD:
            speaking, last_voiced = True, now
            out.clear()
        elif speaking and now - last_voiced >= silence_s:
            speaking = False
            out.push(tone(600))


async def serve(silence_s: float) -> None:
    peers: list[RTCPeerConnection] = []
    tasks: set[asyncio.Task[None]] = set()

    async def calls(request: web.Request) -> web.Response:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        out = Track()

        @peer.on("track")
        def _(track: Any) -> None:
            for transceiver in peer.getTransceivers():
                remove_hold(transceiver.receiver)
            tasks.add(asyncio.create_task(respond(track, out, silence_s)))

        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peer.addTrack(out)
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(
            text=peer.localDescription.sdp,
            status=201,
            content_type="application/sdp",
            headers={"Location": f"/v1/realtime/calls/rtc_{len(peers)}"},
        )

    app = web.Application()
    app.router.add_post("/v1/realtime/calls", calls)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for peer in peers:
        await peer.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000))
