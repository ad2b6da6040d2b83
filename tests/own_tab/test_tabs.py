"""A widget's tabs, over a real engine: what goes there, what comes from there, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import Any

import aiohttp
import pytest

from voice_widget import Local, OpenAI, ScriptedService, VoiceWidget
from voice_widget.engine.http.tab_pages import COOKIE, OVER
from voice_widget.errors import SettingError, StateError, WaitError
from voice_widget.own_tab import tab as one
from voice_widget.own_tab.frames import packed, unpacked
from voice_widget.services import engine_child
from voice_widget.threads import loop as loops

PATIENCE_S = 30.0
SCRIPT = [{"hear": "hello", "say": "Hello."}]


class Tab:
    """A tab as a page would be it, on the loop of the package; its methods are called from the test."""

    def __init__(self, url: str) -> None:
        self.origin, self.code = url.split("/tab/#")
        self.came: list[tuple[dict[str, Any], list[bytes]]] = []
        self._news = asyncio.Event()
        loops.submit(self._open()).result(PATIENCE_S)

    async def _open(self) -> None:
        self.http = aiohttp.ClientSession()
        headers = {"Origin": self.origin}
        answer = await self.http.post(f"{self.origin}/tab/open", json={"code": self.code}, headers=headers)
        assert answer.status == 200
        self.room = f"{self.origin}{(await answer.json())['path']}"
        self.headers = headers | {"Cookie": f"{COOKIE}={answer.cookies[COOKIE].value}"}
        await self.connect()

    async def connect(self) -> None:
        self.ws = await self.http.ws_connect(f"{self.room}socket", headers=self.headers)
        self._reading = asyncio.create_task(self._read())
        await self.ws.send_str('{"method": "request_state"}')

    async def _read(self) -> None:
        async for message in self.ws:
            self.came.append(unpacked(message.data))
            self._news.set()
        self._news.set()

    def says(self, message: dict[str, Any], buffers: tuple[bytes, ...] = ()) -> None:
        frame = packed({"method": "custom", "content": {"page": "page_tab", **message}}, buffers)
        send = self.ws.send_str(frame) if isinstance(frame, str) else self.ws.send_bytes(frame)
        loops.submit(send).result(PATIENCE_S)

    def waits_for(self, fits: Any) -> Any:
        async def wait() -> Any:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    self._news.clear()
                    for data, buffers in self.came:
                        if fits(data):
                            return data, buffers
                    if self.ws.closed:
                        return None
                    await self._news.wait()

        return loops.submit(wait()).result(PATIENCE_S)

    def message(self, kind: str) -> dict[str, Any]:
        data, _ = self.waits_for(lambda data: data.get("content", {}).get("type") == kind)
        return dict(data["content"])

    def fact(self, name: str, value: Any) -> None:
        self.waits_for(lambda data: (data.get("state") or {}).get(name) == value)

    def ended(self) -> int | None:
        assert self.waits_for(lambda data: False) is None
        return self.ws.close_code

    def close(self) -> None:
        async def close() -> None:
            await self.ws.close()
            await self._reading
            await self.http.close()

        loops.submit(close()).result(PATIENCE_S)


@pytest.fixture
def widget() -> Iterator[VoiceWidget]:
    with closing(VoiceWidget(service=ScriptedService(SCRIPT), transport="memory")) as made:
        yield made


@pytest.fixture
def tab(widget: VoiceWidget) -> Iterator[Tab]:
    made = Tab(widget.own_tab().url)
    yield made
    made.close()


def test_a_tab_is_told_the_facts_and_not_what_a_notebooks_view_is_made_of(widget, tab):
    data, _ = tab.waits_for(lambda data: data["method"] == "update")
    assert data["state"]["service_name"] == widget.service_name
    assert data["state"]["connection_state"] == "disconnected"
    assert {"_esm", "layout"} & set(data["state"]) == set()


def test_a_tab_is_told_of_each_change_and_gets_the_rows(widget, tab):
    tab.says({"type": "hello", "seq": 1})
    assert tab.message("snapshot")["rows"] == []
    widget.connect().result(PATIENCE_S)
    tab.fact("connection_state", "connected")
    widget.send_text("hello").result(PATIENCE_S)
    tab.waits_for(lambda data: data.get("content", {}).get("row", {}).get("text") == "hello")


def test_what_a_tab_asks_for_is_done(widget, tab):
    widget.connect().result(PATIENCE_S)
    tab.says({"type": "send_text", "seq": 1, "request_id": "r", "text": "hello"})
    assert tab.message("request.done")["request_id"] == "r"
    tab.fact("turns", 1)
    assert widget.transcript[0]["text"] == "hello"


def test_what_a_tab_says_that_makes_no_sense_costs_itself(widget, tab):
    for frame in ("no json", "[]", '{"method": "custom"}', '{"method": "update", "state": {"muted": true}}'):
        loops.submit(tab.ws.send_str(frame)).result(PATIENCE_S)
    loops.submit(tab.ws.send_bytes(b"\xff\xff\xff\xff")).result(PATIENCE_S)
    tab.says({"type": "hello", "seq": 1})
    assert tab.message("snapshot")["rows"] == []
    assert widget.muted is False


def test_buffers_come_and_go(widget, tab):
    heard: Future[Any] = Future()
    widget.on_msg(lambda _, content, buffers: heard.set_result((content["type"], buffers)))
    tab.says({"type": "hello", "seq": 1}, (b"one", b"two"))
    assert heard.result(PATIENCE_S) == ("hello", [b"one", b"two"])
    widget.send({"type": "of the user"}, [b"three"])
    _, buffers = tab.waits_for(lambda data: data.get("content") == {"type": "of the user"})
    assert buffers == [b"three"]


def test_a_tab_that_comes_back_is_told_the_facts_again(widget, tab):
    tab.fact("turns", 0)
    loops.submit(tab.ws.close()).result(PATIENCE_S)
    widget.connect().result(PATIENCE_S)
    tab.came.clear()
    loops.submit(tab.connect()).result(PATIENCE_S)
    tab.fact("connection_state", "connected")


def test_closing_the_widget_ends_its_tabs_and_the_process(widget, tab):
    process = engine_child._children[None]
    assert process.pid is not None
    widget.close()
    assert tab.ended() == OVER
    assert process.pid is None
    with pytest.raises(StateError):
        widget.own_tab()


def test_widgets_without_an_engine_share_the_process(widget, tab):
    with closing(VoiceWidget(service=OpenAI(api_key="k", base_url="http://127.0.0.1:9/v1"))) as other:
        second = Tab(other.own_tab().url)
        assert second.origin == tab.origin
        second.waits_for(lambda data: data["state"]["service_name"] == other.service_name)
        second.close()
    process = engine_child._children[None]
    assert process.pid is not None  # it is needed still
    assert (process.parts, process.voices) == ({}, ())


def test_the_embedded_engine_serves_its_own_tabs():
    service = Local(vad="level", stt="scripted", tts="tone", script=SCRIPT)
    with closing(VoiceWidget(service=service)) as widget:
        made = Tab(widget.own_tab().url)
        child = service._child
        assert child is not None
        assert made.origin == f"http://127.0.0.1:{child.port}"
        assert None not in engine_child._children
        made.waits_for(lambda data: data["method"] == "update")
        made.close()


def test_a_tab_that_stays_away_hangs_up_what_it_has_held(widget, tab, monkeypatch):
    monkeypatch.setattr(one, "GONE_S", 0.01)
    heard: Future[Any] = Future()
    widget.on_msg(lambda _, content, buffers: content["type"] == "call.hang_up" and heard.set_result(content))
    tab.says({"type": "hello", "seq": 1})
    tab.message("snapshot")
    loops.submit(tab.ws.close()).result(PATIENCE_S)
    content = heard.result(PATIENCE_S)
    assert (content["page"], content["reason"]) == ("page_tab", "page_gone")


def test_a_page_that_comes_in_the_place_of_another_ends_what_that_has_held(widget, tab):
    heard: list[Any] = []
    widget.on_msg(lambda _, content, buffers: heard.append((content["type"], content["page"])))
    tab.says({"type": "hello", "seq": 1})
    tab.says({"type": "hello", "page": "page_later", "seq": 1})
    tab.waits_for(lambda data: data.get("content", {}).get("page") == "page_later")
    widget._wiring.publisher.flush(PATIENCE_S, calls=True)
    hangs_up = ("call.hang_up", "page_tab")
    assert heard == [("hello", "page_tab"), hangs_up, ("hello", "page_later")]


def test_a_link_can_lead_by_a_tunnel(widget):
    link = widget.own_tab("https://tunnel.example.org/")
    assert link.url.startswith("https://tunnel.example.org/tab/#")
    assert 0 < link.port < 65536


@pytest.mark.parametrize(
    "at", ["tunnel.example.org", "ftp://x.org", "https://", "https://x.org/path", 5, b"x"]
)
def test_what_is_no_address_for_a_link_is_refused(widget, at):
    with pytest.raises(SettingError) as refused:
        widget.own_tab(at)
    assert "w.own_tab(" in refused.value.next_step


def test_an_address_whose_pages_get_no_microphone_is_refused(widget):
    with pytest.raises(SettingError, match="gets no microphone") as refused:
        widget.own_tab("http://192.168.1.5:9000")
    assert "https" in refused.value.next_step
    assert widget.own_tab("http://localhost:9000").url.startswith("http://localhost:9000/tab/#")


def test_who_would_wait_for_a_link_in_vain_is_told(widget):
    said: Future[Any] = Future()

    def ask(_: Any) -> None:
        try:
            said.set_result(widget.own_tab())
        except WaitError as error:
            said.set_result(error)

    widget.on("state", ask)
    widget.connect().result(PATIENCE_S)
    assert isinstance(said.result(PATIENCE_S), WaitError)


def test_a_page_gets_a_link_of_its_own_sealed(widget, tab):
    tab.says({"type": "tab.wanted", "seq": 1, "request_id": "r", "key": ""})
    told = tab.message("tab")
    assert (told["request_id"], told["seconds"], told["key"]) == ("r", 60, "")
    second = Tab(told["sealed"])
    second.waits_for(lambda data: data["method"] == "update")
    second.close()
    tab.says({"type": "tab.wanted", "seq": 2, "request_id": "s", "key": "no key"})
    assert tab.message("request.failed")["error"]["code"] == "cannot_unseal"
