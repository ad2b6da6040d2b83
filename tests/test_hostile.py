"""Servers that do what none should, over a real WebSocket: a whole widget must neither break nor hang."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.widget_page import Page, pages  # noqa: F401
from voice_widget import OpenAI, VoiceWidget
from voice_widget.call import flood as flood_module
from voice_widget.call.flood import MOST_BEHIND
from voice_widget.errors import ServiceUnavailable
from voice_widget.services import openai as openai_module
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import submit

# Capture: a session's own socket begins with this. What the tests' acts say is nobody's: it is meant to hurt.
CREATED = {"type": "session.created", "event_id": "first", "session": {"id": "sess_1", "type": "realtime"}}
Act = Callable[[ServerConnection, int], Awaitable[None]]


class Server:
    """Plays one act per session, then only listens."""

    def __init__(self, act: Act) -> None:
        self.sessions = 0
        self.greets = True
        self.received: list[dict[str, Any]] = []
        self._act = act
        self._server: Any = None

    async def start(self) -> int:
        self._server = await serve(self._serve, "127.0.0.1", 0, max_size=None)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        self.sessions += 1
        if self.greets:
            await socket.send(json.dumps({**CREATED, "event_id": f"first_{self.sessions}"}))
        await self._act(socket, self.sessions)
        with contextlib.suppress(ConnectionClosed):
            async for raw in socket:
                self.received.append(json.loads(raw))


Meet = Callable[[Act], tuple[VoiceWidget, Server]]


@pytest.fixture
def meet(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> Iterator[Meet]:  # noqa: F811
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    made: list[tuple[VoiceWidget, Server]] = []

    def make(act: Act) -> tuple[VoiceWidget, Server]:
        server = Server(act)
        port = submit(server.start()).result(20)
        service = OpenAI(api_key="sk-never", base_url=f"http://127.0.0.1:{port}/v1")
        made.append((VoiceWidget(service=service, transport="memory"), server))
        return made[-1]

    yield make
    for widget, server in made:
        widget.close()
        submit(server.stop()).result(20)


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def answer(response_id: str, words: int, start: int = 0) -> list[dict[str, Any]]:
    """One answer of many deltas."""
    item_id = f"item_{response_id}"
    place = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    item = {"id": item_id, "type": "message", "role": "assistant", "content": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": response_id}},
        {"type": "response.output_item.added", "response_id": response_id, "output_index": 0, "item": item},
        *(
            {"type": "response.output_text.delta", **place, "delta": f"{number} "}
            for number in range(start, start + words)
        ),
        {"type": "response.done", "response": {"id": response_id, "status": "completed"}},
    ]
    return [{**event, "event_id": f"{response_id}_{n}"} for n, event in enumerate(events)]


def test_ten_thousand_events_at_once_are_all_taken_and_nothing_piles_up(meet: Meet) -> None:
    events = answer("r1", 9_900) + answer("r2", 94)

    async def flood(socket: ServerConnection, _: int) -> None:
        for event in events:
            await socket.send(json.dumps(event))

    widget, _server = meet(flood)
    publisher = widget._wiring.publisher
    most = 0
    began = time.monotonic()
    widget.connect()

    def finished() -> bool:
        nonlocal most
        most = max(most, publisher.behind)
        return len(widget.transcript) == 2

    until(finished)
    took = time.monotonic() - began
    first = next(row for row in widget.transcript if row["item_id"] == "item_r1")
    assert first["text"] == "".join(f"{number} " for number in range(9_900))
    assert most <= MOST_BEHIND + 500
    assert widget.connection_state == "connected"
    assert took < 15
    # The pages were told of it in far fewer messages, or at least in no more.
    assert publisher._seq < len(events) + 100


def test_a_ping_is_answered_though_what_came_before_it_is_not_taken_yet(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a service would take us for gone, and close: so 100,000 events once ended a call."""
    monkeypatch.setattr(flood_module, "BREATHS", 10**6)
    monkeypatch.setattr(flood_module, "MOST_BEHIND", -1)
    answered: list[bool] = []

    async def flood(socket: ServerConnection, _: int) -> None:
        for event in answer("r1", 5_000):
            await socket.send(json.dumps(event))
        pong = await socket.ping()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pong, 20)
        answered.append(not pong.cancelled())

    widget, _server = meet(flood)
    widget.connect()
    until(lambda: answered)
    assert answered == [True]
    assert widget.transcript == []
    monkeypatch.setattr(flood_module, "MOST_BEHIND", MOST_BEHIND)
    until(lambda: widget.transcript)
    assert widget.transcript[0]["text"] == "".join(f"{number} " for number in range(5_000))
    assert widget.connection_state == "connected"


def test_a_socket_that_is_open_and_dead_is_given_up_and_the_question_asked_in_the_next(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_module, "PING_S", 0.05)
    monkeypatch.setattr(
        openai_module, "PONG_S", 1.0
    )  # the next socket's answer may be slow on a busy machine

    next_one = asyncio.Event()

    async def dies(socket: ServerConnection, session: int) -> None:
        if session > 1:
            next_one.set()
            return
        socket.transport.pause_reading()  # type: ignore[attr-defined]
        await next_one.wait()
        socket.transport.abort()

    widget, server = meet(dies)
    states: list[str] = []
    widget.on("state", lambda change: states.append(change["value"]))
    widget.connect().result(10)
    widget.send_text("Hello?")
    until(lambda: any((e.get("item") or {}).get("role") == "user" for e in server.received))
    assert "reconnecting" in states
    until(lambda: widget.connection_state == "connected")


def test_nonsense_costs_itself(meet: Meet) -> None:
    chance = random.Random(7)
    kinds = [event["type"] for event in answer("r0", 1)]
    kinds += ["input_audio_buffer.speech_started", "session.updated", "error", "rate_limits.updated"]

    def strange() -> str | bytes:
        kind = chance.choice(kinds)
        ends = chance.choice([None, "x", -1, 1e300])
        broken: list[str | bytes] = [
            "{",
            "[]",
            "null",
            '"text"',
            "1" * 5000,
            json.dumps({"type": kind}),
            json.dumps({"type": kind, "response": chance.choice([None, 7, [], "x", {"id": 3}])}),
            json.dumps({"type": kind, "item": chance.choice([None, 7, [], {"id": None}, {"id": "u"}])}),
            json.dumps({"type": kind, "error": chance.choice([None, "x", {}, {"code": 5}])}),
            json.dumps({"type": "nobody.knows.this", "event_id": "same"}),
            json.dumps({"type": chance.choice([None, 7, [], {}, [["x"]]])}),
            json.dumps({"type": kind, "event_id": ["list"]}),
            json.dumps({"type": "voice_widget.call.failed", "error": {"code": "evil"}}),
            json.dumps({"type": "session.updated", "session": {"expires_at": ends}}),
            b"\xff\xfe",
            "[" * 5000,
        ]
        return chance.choice(broken)

    async def babble(socket: ServerConnection, _: int) -> None:
        mixed = answer("r1", 50)
        for event in mixed:
            for _ in range(20):
                await socket.send(strange())
            await socket.send(json.dumps(event))

    widget, server = meet(babble)
    widget.connect()
    row = until(lambda: next((row for row in widget.transcript if row["item_id"] == "item_r1"), None))
    assert row["text"] == "".join(f"{number} " for number in range(50))
    assert server.sessions == 1
    # It still does what it is asked to.
    widget.send_text("Hello?")
    until(lambda: any((e.get("item") or {}).get("role") == "user" for e in server.received))
    assert widget.connection_state == "connected"


def test_events_in_any_order_and_twice_leave_no_state_behind(meet: Meet) -> None:
    chance = random.Random(3)
    events = [event for number in range(30) for event in answer(f"r{number}", 5)]
    events += chance.sample(events, len(events) // 2)
    chance.shuffle(events)

    async def shuffled(socket: ServerConnection, _: int) -> None:
        for event in events:
            await socket.send(json.dumps(event))
        for event in answer("last", 3):
            await socket.send(json.dumps(event))

    widget, _server = meet(shuffled)
    widget.connect()
    until(lambda: any(row["item_id"] == "item_last" for row in widget.transcript))
    assert len(widget.events_df) < 30 * 8 + 20  # what came twice stands there once
    widget.disconnect()
    until(lambda: widget.connection_state == "disconnected")
    assert (widget.activity, widget.assistant_speaking, widget.user_speaking) == ("idle", False, False)
    assert all(row["status"] != "in_progress" for row in widget.transcript)


@pytest.mark.parametrize("how", ["abort", "close", "session_expired", "1013", "4001"])
def test_a_drop_in_the_middle_of_an_answer_is_got_over(meet: Meet, how: str) -> None:
    async def drop(socket: ServerConnection, session: int) -> None:
        if session > 1:
            for event in answer("second", 2):
                await socket.send(json.dumps(event))
            return
        for event in answer("first", 5)[:-2]:
            await socket.send(json.dumps(event))
        if how == "abort":
            socket.transport.abort()
        elif how == "session_expired":
            # And does not even close.
            await socket.send(json.dumps({"type": "error", "error": {"code": "session_expired"}}))
        else:
            await socket.close(int(how) if how.isdigit() else 1000)

    widget, server = meet(drop)
    widget.connect()
    until(lambda: any(row["item_id"] == "item_second" for row in widget.transcript))
    first = next(row for row in widget.transcript if row["item_id"] == "item_first")
    assert (first["text"], first["status"]) == ("0 1 2 3 ", "incomplete")
    assert len({row["call_id"] for row in widget.transcript}) >= 1
    assert (widget.connection_state, server.sessions) == ("connected", 2)
    replayed = until(lambda: [e for e in server.received if e["type"] == "conversation.item.create"])
    assert replayed[0]["item"]["content"][0] == {"type": "output_text", "text": "0 1 2 3 "}


def test_a_server_that_drops_everybody_ends_it_clearly(meet: Meet) -> None:
    async def drop(socket: ServerConnection, session: int) -> None:
        socket.transport.abort()

    widget, server = meet(drop)
    widget.connect()
    # It is connected each time, for a moment; that is no reason to go on for ever.
    until(lambda: widget.connection_state == "error" or server.sessions > 30)
    assert widget.error is not None
    assert (widget.error["code"], server.sessions) == ("reconnect_failed", 4)


def test_a_server_that_lets_nobody_in_says_why_and_how_often_it_was_tried(meet: Meet) -> None:
    async def overloaded(socket: ServerConnection, session: int) -> None:
        await socket.close(1011, "Overloaded")

    widget, server = meet(overloaded)
    server.greets = False
    with pytest.raises(ServiceUnavailable) as raised:
        widget.connect().result(20)
    assert (raised.value.code, server.sessions) == ("connection_lost", 4)
    told = (
        "The call did not come about in 4 tries: The connection to the service broke (code 1011): Overloaded."
    )
    assert raised.value.message == told
    until(lambda: widget.error == raised.value.info())
