"""A kernel that ends in an orderly way hangs up: in a process of its own, at a server that sees it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.threads.publisher import Publisher
from voice_widget.widget import wiring as wiring_module
from voice_widget.widget.keeping import Keeper

KERNEL = """
import sys

import comm

from tests.widget_page import Page

pages = []
comm.create_comm = lambda **options: pages.append(Page(**options)) or pages[-1]

from voice_widget import OpenAI, VoiceWidget

widget = VoiceWidget(service=OpenAI("a-model", "a-key", sys.argv[1]))
connected = widget.connect()
page = next(page for page in pages if page.comm_id == widget.model_id)
wanted = page.waits_for(lambda message: message["type"] == "call.offer_wanted")
open = {"type": "call.open", "page": "page_1", "talk": wanted["talk"], "request_id": "req_1", "sdp": "v=0"}
page.says({**open, "microphone": True, "key": ""})
answer = page.waits_for(lambda message: message["type"] == "answer", 20)
page.says({"type": "call.peer", "page": "page_1", "talk": wanted["talk"], "call": answer["call"],
           "state": "connected"})
connected.result(20)
print("connected")
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow"])
async def test_a_kernel_that_ends_hangs_up(slow: bool) -> None:
    ended: list[str] = []

    async def take(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                if message.type is WSMsgType.TEXT and '"session.update"' in message.data:
                    await socket.send_str('{"type": "session.updated", "session": {"type": "realtime"}}')
            return socket
        if request.path.endswith("/hangup"):
            if slow:
                await asyncio.sleep(0.5)
            ended.append(request.path)
            return web.Response()
        answer = web.Response(status=201, text="v=0\r\n", headers={"Location": "/v1/realtime/calls/rtc_42"})
        answer.force_close()  # so that the hang-up needs a connection of its own, and the host's name again
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KERNEL, f"http://localhost:{runner.addresses[0][1]}/v1"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, complained = await asyncio.wait_for(process.communicate(), 60)
    finally:
        await runner.cleanup()
    assert said == b"connected\n", complained.decode()
    assert process.returncode == 0
    assert ended == ["/v1/realtime/calls/rtc_42/hangup"]
    assert b"Traceback" not in complained, complained.decode()


def test_a_recording_that_fails_at_its_end_costs_no_other_what_is_to_be_done(
    pages: list[Page],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(self: Keeper, timeout: float | None = None) -> None:
        raise RuntimeError("no end of it")

    flushed: list[Publisher] = []
    widgets = [VoiceWidget(service=ScriptedService([]), transport="memory", record=True) for _ in range(2)]
    for widget in widgets:
        widget.connect().result(20)
    with monkeypatch.context() as broken:
        broken.setattr(Keeper, "close", fails)
        broken.setattr(wiring_module, "_open", {widget._wiring for widget in widgets})
        broken.setattr(Publisher, "flush", lambda self, *given, **named: flushed.append(self))
        wiring_module._hang_up_all()
    assert {widget._wiring.publisher for widget in widgets} == set(flushed)
    assert [record.message for record in caplog.records] == 2 * ["A mistake of this package."]
    with monkeypatch.context() as broken:
        broken.setattr(Keeper, "close", fails)
        widgets[0].close()
    assert not widgets[0]._wiring.publisher.submit(lambda: None)  # it is closed
    for widget in widgets:
        widget._wiring.kept().close()
        widget.close()


def test_callbacks_that_block_hold_the_end_up_together_no_longer_than_one(
    pages: list[Page],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    flush = Publisher.flush

    def waits(self: Publisher, timeout: float = 5.0, *, calls: bool = False) -> bool:
        waited.append(timeout)
        return flush(self, timeout, calls=calls)

    release = threading.Event()
    widgets = [VoiceWidget(service=ScriptedService([]), transport="memory") for _ in range(4)]
    for widget in widgets:
        widget.on("state", lambda change: release.wait(30))
        widget.connect().result(20)
    try:
        with monkeypatch.context() as quick:
            quick.setattr(wiring_module, "_open", {widget._wiring for widget in widgets})
            quick.setattr(wiring_module, "LEAVE_S", 0.3)
            quick.setattr(wiring_module, "PATIENCE_S", 0.2)
            quick.setattr(Publisher, "flush", waits)
            wiring_module._hang_up_all()
        assert len(waited) == len(widgets)
        assert sum(waited) <= 0.3
        assert {widget.connection_state for widget in widgets} == {"disconnected"}
    finally:
        release.set()
        for widget in widgets:
            widget.close()
