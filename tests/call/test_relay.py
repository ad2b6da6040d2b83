"""A data channel's events by the page: in any order, twice, with gaps, too many, too large."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from voice_widget.call import relay as relay_module
from voice_widget.call.relay import LOST, MOST_BYTES, Relay
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.state.context import Seen
from voice_widget.realtime.wire.beta import old_client_event
from voice_widget.realtime.wire.events import Event


class Rig:
    """A relay, what it asks the page for, and what comes out of it."""

    def __init__(self, **options: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self.relay = Relay(7, self._page, **options)
        self.out: list[Event] = []
        self.error: Exception | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def _page(self, message: dict[str, Any], buffers: Any) -> None:
        self.told.append(message)
        self._news.set()

    def read(self) -> None:
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for event in self.relay:
                self.out.append(event)
                self._news.set()
        except ServiceUnavailable as error:
            self.error = error
        self._news.set()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def names(self) -> list[Any]:
        return [event.get("event_id") or event.get("count") for event in self.out]

    def asked(self) -> list[int]:
        return [m["after"] for m in self.told if m["type"] == "relay" and m["on"]]


def events(first: int, last: int) -> list[str]:
    return [event(number) for number in range(first, last + 1)]


def event(number: int) -> str:
    return json.dumps({"type": "custom", "event_id": f"e{number}"})


def named(first: int, last: int) -> list[str]:
    return [f"e{number}" for number in range(first, last + 1)]


async def test_events_come_out_as_they_went_in() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 3))
    rig.relay.feed(4, 0, events(4, 4))
    await rig.until(lambda: len(rig.out) == 4)
    assert rig.names() == named(1, 4)


async def test_batches_in_the_wrong_order_are_put_right() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(5, 0, events(5, 6))
    rig.relay.feed(3, 0, events(3, 4))
    rig.relay.feed(1, 0, events(1, 2))
    await rig.until(lambda: len(rig.out) == 6)
    assert rig.names() == named(1, 6)


async def test_what_comes_twice_counts_once() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 4))
    rig.relay.feed(1, 0, events(1, 4))
    rig.relay.feed(3, 0, events(3, 6))
    rig.relay.feed(9, 0, events(9, 9))
    rig.relay.feed(9, 0, events(9, 9))
    rig.relay.feed(6, 0, events(6, 8))
    await rig.until(lambda: len(rig.out) == 9)
    assert rig.names() == named(1, 9)


async def test_missing_ones_are_asked_for_again() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 2))
    rig.relay.feed(5, 0, events(5, 6))
    assert rig.asked() == [2]
    rig.relay.feed(3, 0, events(3, 6))
    await rig.until(lambda: len(rig.out) == 6)
    assert rig.names() == named(1, 6)


async def test_those_that_never_come_are_given_up_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "GAP_S", 0.01)
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 2))
    rig.relay.feed(6, 0, events(6, 7))
    await rig.until(lambda: len(rig.out) == 5)
    assert rig.asked() == [2, 2, 2]
    assert [e["type"] for e in rig.out][2:3] == [LOST]
    assert rig.names() == ["e1", "e2", 3, "e6", "e7"]


async def test_what_the_page_has_not_kept_is_counted_at_once() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 1))
    rig.relay.feed(4, 2, events(4, 4))
    await rig.until(lambda: len(rig.out) == 3)
    assert rig.names() == ["e1", 2, "e4"]
    assert rig.asked() == []


@pytest.mark.parametrize(("first", "lost"), [(0, 0), (-5, 0), (1, -3)])
async def test_strange_numbers_cost_nothing(first: int, lost: int) -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(first, lost, ["no json"] if first < 1 else events(1, 1))
    rig.relay.feed(1, 0, events(1, 2))
    await rig.until(lambda: len(rig.out) == 2)
    assert rig.names() == named(1, 2)


async def test_what_cannot_be_read_costs_itself() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, ["{", "[]", '{"type": "voice_widget.call.closed"}', event(4)])
    await rig.until(lambda: len(rig.out) == 4)
    assert [e["type"] for e in rig.out] == ["voice_widget.unreadable"] * 3 + ["custom"]


async def test_a_flood_is_bounded_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MOST_WAITING", 10)
    rig = Rig()
    for first in range(1, 100, 3):
        rig.relay.feed(first, 0, events(first, first + 2))
        assert len(rig.relay._ready) <= 10
    rig.read()
    await rig.until(lambda: rig.names()[-1:] == ["e99"])
    gone = rig.out[0]["count"]
    assert rig.names() == [gone, *named(gone + 1, 99)]


async def test_what_waits_for_a_gap_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MOST_WAITING", 10)
    rig = Rig()
    for first in range(2, 1000, 2):
        rig.relay.feed(first, 0, events(first, first))
    assert sum(map(len, rig.relay._held.values())) <= 10
    await rig.relay.close()


async def test_a_flood_is_bounded_in_size_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MOST_WAITING_CHARS", 10 * len(event(10)))
    rig = Rig()
    for number in range(10, 100):
        rig.relay.feed(number + 2, 0, events(number, number))
    assert sum(len(held[0]) for held in rig.relay._held.values()) <= relay_module.MOST_WAITING_CHARS
    await rig.relay.close()
    rig = Rig()
    for number in range(1, 91):
        rig.relay.feed(number, 0, events(number + 9, number + 9))
        assert sum(map(len, map(str, rig.relay._ready))) <= relay_module.MOST_WAITING_CHARS + 2
    rig.read()
    await rig.until(lambda: rig.names()[-1:] == ["e99"])
    assert rig.names() == [80, *named(90, 99)]
    rig.relay.feed(91, 0, events(1, 10))  # what was read makes room
    await rig.until(lambda: rig.names()[-1:] == ["e10"])
    assert rig.names()[-10:] == named(1, 10)


async def test_what_a_service_repeats_is_cleaned() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, [json.dumps({"type": "error", "error": {"message": "Wrong: sk-proj-abc"}})])
    await rig.until(lambda: rig.out)
    assert rig.out[0]["error"]["message"] == "Wrong: …"
    rig = Rig(clean=lambda event: {**event, "clean": True})
    rig.read()
    rig.relay.feed(1, 0, ["no JSON", event(2)])
    await rig.until(lambda: len(rig.out) == 2)
    assert all(event["clean"] for event in rig.out)


@pytest.mark.parametrize("what", ["session", "response"])
@pytest.mark.parametrize("key", [{"authorization": "s3cret"}, {"headers": {"X": "s3cret"}}])
async def test_keys_of_tools_are_not_for_pages(what: str, key: dict[str, Any]) -> None:
    rig = Rig()
    rig.read()
    kind = {"session": "session.update", "response": "response.create"}[what]
    tool = {"type": "mcp", "server_label": "files"}
    await rig.relay.send({"type": kind, "event_id": "x", what: {"tools": [tool | key]}})
    await rig.until(lambda: rig.out)
    assert rig.told == []
    assert (rig.out[0]["error"]["code"], rig.out[0]["error"]["event_id"]) == ("tools_need_sideband", "x")
    assert "s3cret" not in json.dumps(rig.out)
    await rig.relay.send({"type": kind, what: {"tools": [tool]}})
    assert rig.told[0]["events"][0][what]["tools"] == [tool]


async def test_client_events_go_by_the_page_in_the_words_of_the_service() -> None:
    rig = Rig(translate=old_client_event)
    await rig.relay.send({"type": "response.create", "event_id": "x"})
    (message,) = rig.told
    assert (message["type"], message["call"]) == ("relay.send", 7)
    assert message["events"][0]["type"] == "response.create"
    await rig.relay.send({"type": "session.update", "session": {"type": "realtime", "instructions": "Hi."}})
    assert rig.told[1]["events"][0]["session"] == {"instructions": "Hi."}


async def test_what_is_too_large_for_a_data_channel_is_refused_here() -> None:
    rig = Rig()
    rig.read()
    item = {"type": "message", "content": [{"type": "input_text", "text": "ä" * (MOST_BYTES // 2)}]}
    await rig.relay.send({"type": "conversation.item.create", "event_id": "x", "item": item})
    await rig.until(lambda: rig.out)
    error = rig.out[0]["error"]
    assert (error["code"], error["event_id"]) == ("message_too_large", "x")
    assert rig.told == []


async def test_closing_lets_the_page_stop() -> None:
    rig = Rig()
    rig.read()
    rig.relay.feed(3, 0, events(3, 3))
    await rig.relay.close()
    await rig.relay.close()
    assert rig._task is not None
    await asyncio.wait_for(rig._task, 20)
    assert [m["on"] for m in rig.told] == [True, False]
    rig.relay.feed(1, 0, events(1, 2))
    assert rig.out == []


# --- a page that says nothing ---


async def test_a_page_that_has_died_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "QUIET_S", 0.01)
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 3))
    await rig.until(lambda: rig.error)
    # Asked to repeat its last event, which a page that lives can.
    assert set(rig.asked()) == {2}
    assert getattr(rig.error, "code", "") == "connection_lost"


async def test_a_page_that_lives_repeats_its_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "QUIET_S", 0.01)
    rig = Rig()
    rig.read()
    rig.relay.feed(1, 0, events(1, 3))
    for number in range(8):
        await rig.until(lambda number=number: len(rig.asked()) > number)
        rig.relay.feed(3, 0, events(3, 3))
    assert (rig.error, rig.names()) == (None, named(1, 3))
    await rig.relay.close()


# --- where another connection broke off ---


def seen(*numbers: int) -> Seen:
    recent = Seen(100)
    for number in numbers:
        recent.add(json.loads(event(number)))
    return recent


async def taken(rig: Rig, known: Seen, monkeypatch: pytest.MonkeyPatch, anything: bool = True) -> bool:
    monkeypatch.setattr(relay_module, "SETTLE_S", 0.01)
    return await rig.relay.take_over(known, anything=anything)


async def test_it_goes_on_after_the_last_event_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.relay.feed(1, 0, events(1, 6))
    # The first two came before the sideband was there: they are no news any more.
    assert await taken(rig, seen(3, 4), monkeypatch)
    assert rig.asked() == [0]
    rig.read()
    rig.relay.feed(7, 0, events(7, 7))
    await rig.until(lambda: len(rig.out) == 4)
    assert [e.get("event_id", e.get("count")) for e in rig.out] == ["e5", "e6", 0, "e7"]


async def test_what_is_no_more_kept_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.relay.feed(3001, 3000, events(3001, 3003))
    assert await taken(rig, seen(3001), monkeypatch) is True
    rig.read()
    await rig.until(lambda: len(rig.out) == 3)
    assert rig.names() == ["e3002", "e3003", 0]


async def test_later_batches_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    monkeypatch.setattr(relay_module, "SETTLE_S", 0.2)
    taking = asyncio.create_task(rig.relay.take_over(seen(1, 2, 3), anything=True))
    rig.relay.feed(1, 0, events(1, 2))
    await asyncio.sleep(0)
    rig.relay.feed(3, 0, events(3, 4))
    assert await taking
    rig.read()
    await rig.until(lambda: len(rig.out) == 2)
    assert rig.names() == ["e4", 0]


async def test_where_nobody_can_tell_it_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.relay.feed(1, 0, events(1, 6))
    assert await taken(rig, seen(70, 71), monkeypatch) is False


async def test_an_id_of_another_event_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    same = [json.dumps({"type": "custom", "event_id": "same", "n": n}) for n in (1, 2, 3)]
    rig.relay.feed(1, 0, same)
    known = Seen(100)
    known.add(json.loads(same[1]))
    assert await taken(rig, known, monkeypatch)
    rig.read()
    await rig.until(lambda: len(rig.out) == 2)
    assert rig.out[0]["n"] == 3


async def test_where_nothing_had_come_everything_is_news(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.relay.feed(1, 0, events(1, 2))
    assert await taken(rig, seen(), monkeypatch, anything=False)
    rig.read()
    await rig.until(lambda: len(rig.out) == 3)
    assert rig.names() == ["e1", "e2", 0]


async def test_a_page_that_does_not_relay_takes_nothing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "TAKE_OVER_S", 0.02)
    rig = Rig()
    assert await taken(rig, seen(1), monkeypatch) is False
