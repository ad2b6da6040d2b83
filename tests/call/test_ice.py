"""The ICE servers of a widget's calls, given or asked for."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from voice_widget.call import ice as ice_module
from voice_widget.call.ice import Ice
from voice_widget.errors import VoiceWidgetError
from voice_widget.realtime.settings.ice_servers import checked_ice_servers

TURN = {"urls": "turn:turn.example.org", "username": "me", "credential": "pa55word"}


async def gives() -> Any:
    return [TURN]


def raises() -> Any:
    raise ValueError("pa55word was refused")


async def raises_later() -> Any:
    raise SystemExit("pa55word was refused")


async def test_they_are_there_as_they_were_given() -> None:
    assert not Ice(None)
    assert not Ice([])
    assert await Ice(TURN).ask() == checked_ice_servers(TURN)
    assert Ice(TURN).given == [{**TURN, "urls": [TURN["urls"]]}]
    assert Ice(None).given is None
    assert Ice(gives).given is gives
    assert "pa55word" not in repr(Ice(TURN))


@pytest.mark.parametrize("function", [gives, lambda: TURN, lambda: [TURN], lambda: gives()])
async def test_a_function_is_asked_anew_each_time_and_not_on_the_loop(function: Callable[[], Any]) -> None:
    threads: list[Any] = []

    def asked() -> Any:
        threads.append(threading.current_thread())
        return function()

    ice = Ice(asked)
    assert ice
    assert threads == []
    assert await ice.ask() == checked_ice_servers(TURN)
    assert ice.last == await ice.ask()
    assert len(threads) == 2
    assert threading.current_thread() not in threads


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        (raises, "ice_servers_failed", "failed with ValueError"),
        (raises_later, "ice_servers_failed", "failed with SystemExit"),
        (lambda: None, "ice_servers_failed", "returned nothing"),
        (lambda: "turn:x", "ice_servers_invalid", "needs a username and a credential"),
        (lambda: 3, "ice_servers_invalid", "is a int"),
    ],
)
async def test_what_a_function_cannot_do_is_said_without_its_secrets(
    function: Any, code: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(VoiceWidgetError) as caught:
        await Ice(function).ask()
    assert caught.value.code == code
    assert said in caught.value.message
    assert caught.value.next_step
    assert "pa55word" not in str(caught.value) + caplog.text


async def test_a_function_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice_module, "ASK_S", 0.05)
    goes_on = threading.Event()
    try:
        with pytest.raises(VoiceWidgetError, match="did not answer within") as caught:
            await Ice(goes_on.wait).ask()
        assert caught.value.code == "ice_servers_failed"
        # The next one gets another thread.
        monkeypatch.setattr(ice_module, "ASK_S", 10.0)
        assert await Ice(gives).ask()
    finally:
        goes_on.set()


async def test_a_page_without_a_key_gets_them_as_they_are_and_one_with_a_key_sealed() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    ice = Ice(TURN)
    told = await ice.told("", "req_1")
    assert json.loads(told["sealed"]) == ice.given
    assert (told["type"], told["request_id"]) == ("ice.servers", "req_1")
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    sealed = await ice.told(base64.b64encode(point).decode(), "req_1")
    assert sealed["key"]
    assert "pa55word" not in str(sealed)
    with pytest.raises(VoiceWidgetError):
        await ice.told("no key", "req_1")


async def test_who_hangs_up_meanwhile_waits_for_nothing() -> None:
    goes_on = threading.Event()
    asking = asyncio.create_task(Ice(goes_on.wait).ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    goes_on.set()
