"""A tab over HTTP: what anybody gets, what a code and a key open, and how the two ends are joined."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.engine.caller import PATIENCE
from tests.engine.rig import TOKEN, Rig, engine
from voice_widget.engine.http import tab_pages
from voice_widget.engine.http.tab_pages import COOKIE, OVER, TAKEN_OVER, UNUSED

Socket = aiohttp.ClientWebSocketResponse
OPENED: list[Socket] = []


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine(warm=False, of_kernel=True) as made:
        yield made
        while OPENED:
            await OPENED.pop().close()


class Kernel:
    """The kernel's end."""

    def __init__(self, ws: Socket, code: str) -> None:
        self.ws, self.code = ws, code


async def kernel(rig: Rig) -> Kernel:
    ws = await rig.http.ws_connect(f"{rig.url}/v1/tabs", headers={"Authorization": f"Bearer {TOKEN}"})
    OPENED.append(ws)
    return Kernel(ws, json.loads(await ws.receive_str())["code"])


async def enter(rig: Rig, code: Any, origin: str | None = None) -> aiohttp.ClientResponse:
    headers = {"Origin": origin or rig.url}
    return await rig.post("/tab/open", token=None, json={"code": code}, headers=headers)


async def entered(rig: Rig, end: Kernel) -> tuple[str, dict[str, str]]:
    """The room's path, and what its page sends with each request."""
    response = await enter(rig, end.code)
    assert response.status == 200
    key = response.cookies[COOKIE].value
    return (await response.json())["path"], {"Cookie": f"{COOKIE}={key}", "Origin": rig.url}


async def tab(rig: Rig, path: str, headers: dict[str, str]) -> Socket:
    ws = await rig.http.ws_connect(f"{rig.url}{path}socket", headers=headers)
    OPENED.append(ws)
    return ws


async def code_of(ws: Socket) -> int | None:
    async with asyncio.timeout(PATIENCE):
        async for _ in ws:
            pass
    return ws.close_code


async def test_what_one_end_sends_comes_out_at_the_other(rig):
    end = await kernel(rig)
    ws = await tab(rig, *await entered(rig, end))
    await ws.send_str("from the tab")
    await ws.send_bytes(b"\0\1")
    assert [(await end.ws.receive()).data for _ in range(2)] == ["from the tab", b"\0\1"]
    await end.ws.send_bytes(b"\2")
    await end.ws.send_str("from the kernel")
    assert [(await ws.receive()).data for _ in range(2)] == [b"\2", "from the kernel"]


async def test_the_key_is_a_cookie_for_that_room_which_no_script_reads(rig):
    response = await enter(rig, (await kernel(rig)).code)
    cookie, path = response.cookies[COOKIE], (await response.json())["path"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", path)
    assert cookie["secure"] == ""
    assert cookie.value not in await response.text()
    by_https = await enter(rig, (await kernel(rig)).code, "https://tunnel.example.org")
    assert by_https.cookies[COOKIE]["secure"] is True


async def test_a_link_is_used_once(rig):
    end = await kernel(rig)
    await entered(rig, end)
    again = await enter(rig, end.code)
    assert (again.status, (await again.json())["error"]["code"]) == (410, "link_used")
    assert COOKIE not in again.cookies


@pytest.mark.parametrize("code", ["", "x", None, 1, {"code": "x"}])
async def test_what_is_no_code_opens_nothing(rig, code):
    await kernel(rig)
    assert (await enter(rig, code)).status == 410


async def test_a_link_that_nobody_uses_ends(rig, monkeypatch):
    monkeypatch.setattr(tab_pages, "LINK_SECONDS", 0)
    end = await kernel(rig)
    assert await code_of(end.ws) == UNUSED
    assert (await enter(rig, end.code)).status == 410


async def test_a_link_that_was_used_does_not_end(rig, monkeypatch):
    monkeypatch.setattr(tab_pages, "LINK_SECONDS", 0.2)
    end = await kernel(rig)
    path, headers = await entered(rig, end)
    waiting = {task for task in asyncio.all_tasks() if task.get_name() == "link to a tab"}
    assert len(waiting) == 1
    await asyncio.wait(waiting, timeout=PATIENCE)
    ws = await tab(rig, path, headers)
    await ws.send_str("here")
    assert await end.ws.receive_str() == "here"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"Origin": "http://127.0.0.1:1"}, "another origin"),
        ({"Cookie": ""}, "no key"),
        ({"Cookie": f"{COOKIE}=x"}, "a wrong key"),
        ({"Cookie": "", "Authorization": f"Bearer {TOKEN}"}, "the engine's token"),
    ],
)
async def test_another_page_gets_no_socket(rig, change, what):
    end = await kernel(rig)
    path, headers = await entered(rig, end)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await tab(rig, path, headers | change)
    assert refused.value.status == 403, what


async def test_no_answer_lets_a_page_of_another_origin_read_it(rig):
    end = await kernel(rig)
    path, _ = await entered(rig, end)
    for where in ("/tab/", path, "/tab/tab.js", f"{path}open"):
        for origin in ("http://evil.example.org", "http://localhost:8888"):
            response = await rig.http.get(f"{rig.url}{where}", headers={"Origin": origin})
            assert not [name for name in response.headers if name.startswith("Access-Control")], where
    page = await rig.http.get(f"{rig.url}/tab/")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["X-Frame-Options"], page.headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_page_can_ask_whether_its_key_opens_the_room_still(rig):
    end = await kernel(rig)
    path, headers = await entered(rig, end)
    assert (await rig.http.get(f"{rig.url}{path}open", headers=headers)).status == 204
    await end.ws.close()
    gone = await rig.http.get(f"{rig.url}{path}open", headers=headers)
    assert gone.status == 403


async def test_a_second_tab_with_the_key_takes_over(rig):
    end = await kernel(rig)
    path, headers = await entered(rig, end)
    first, second = await tab(rig, path, headers), await tab(rig, path, headers)
    assert await code_of(first) == TAKEN_OVER
    await second.send_str("here")
    assert await end.ws.receive_str() == "here"
    await end.ws.send_str("there")
    assert await second.receive_str() == "there"


async def test_the_kernel_hears_that_a_tab_is_gone_and_it_may_come_back(rig):
    end = await kernel(rig)
    path, headers = await entered(rig, end)
    await (await tab(rig, path, headers)).close()
    assert json.loads(await end.ws.receive_str()) == {"method": "gone"}
    await end.ws.send_str("nobody hears this")
    back = await tab(rig, path, headers)
    await back.send_str("back")
    assert await end.ws.receive_str() == "back"


async def test_a_kernel_that_goes_ends_its_tab(rig):
    end = await kernel(rig)
    ws = await tab(rig, *await entered(rig, end))
    await end.ws.close()
    assert await code_of(ws) == OVER


async def test_an_engine_that_ends_says_so(rig):
    end = await kernel(rig)
    ws = await tab(rig, *await entered(rig, end))
    _, code, kernels = await asyncio.gather(rig.server.close(), code_of(ws), code_of(end.ws))
    assert (code, kernels) == (OVER, OVER)


async def test_only_the_token_opens_a_room(rig):
    secret = await (await rig.post("/v1/realtime/client_secrets", json={})).json()
    for token in ("", "x", secret["value"]):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await rig.http.ws_connect(f"{rig.url}/v1/tabs", headers={"Authorization": f"Bearer {token}"})
        assert refused.value.status in (400, 401, 403)
    answer = await rig.http.get(f"{rig.url}/v1/tabs", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status == 426


async def test_an_engine_that_is_no_kernels_has_no_tabs():
    async with engine(warm=False) as served:
        for path in ("/tab/", "/v1/tabs"):
            answer = await served.http.get(
                f"{served.url}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
            )
            assert answer.status == 404
