"""Events for an end that takes only small messages."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.engine.caller import Caller
from tests.engine.rig import SESSION, Rig, engine
from tests.engine.stock import check_today
from voice_widget.engine.media.shortening import fits, shortened
from voice_widget.engine.media.sinks import Sink
from voice_widget.realtime.wire.events import dump

MOST = 2000
TOOLS = [
    {"type": "function", "name": f"tool_{n}", "description": "x" * 2000, "parameters": {"type": "object"}}
    for n in range(60)
]


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"event_id": "event_1", "type": kind, **fields}


def one(made: dict[str, Any], most: int = MOST) -> dict[str, Any]:
    before = copy.deepcopy(made)
    (text,) = shortened(made, most)
    assert len(text) <= most
    assert made == before
    return dict(json.loads(text))


def test_a_session_comes_without_its_tools_and_says_so():
    session = {
        "type": "realtime",
        "instructions": "Be brief.",
        "tools": TOOLS,
        "audio": {"output": {"voice": "a"}},
    }
    said = one(event("session.updated", session=session))
    assert said == event(
        "session.updated",
        session={"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "a"}}},
        left_out=["session.tools"],
    )


def test_the_longest_texts_are_left_out_and_no_more_than_must():
    content = [{"type": "output_text", "text": "é" * 500}, {"type": "output_audio", "transcript": "y" * 700}]
    item = {"id": "item_1", "type": "message", "role": "assistant", "content": content}
    call = {"id": "item_2", "type": "function_call", "call_id": "c", "name": "f", "arguments": "z" * 700}
    said = one(
        event("response.done", response={"id": "resp_1", "status": "completed", "output": [item, call]})
    )
    assert said["left_out"] == ["response.output.0.content.0.text"]
    assert said["response"]["output"][0]["content"] == [{"type": "output_text"}, content[1]]
    assert said["response"]["output"][1] == call
    said = one(event("response.done", response={"id": "resp_1", "output": [item, call]}), 900)
    assert said["left_out"] == [
        "response.output.0.content.0.text",
        "response.output.0.content.1.transcript",
        "response.output.1.arguments",
    ]


def test_a_delta_comes_in_pieces():
    text = "héllo wörld 🎈 " * 800
    where = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    pieces = shortened(event("response.output_text.delta", delta=text, **where, words=["a"]), MOST)
    assert all(fits(piece, MOST) for piece in pieces)
    said = [json.loads(piece) for piece in pieces]
    assert "".join(each["delta"] for each in said) == text
    assert len({each["event_id"] for each in said}) == len(said) > 1
    assert all({key: each[key] for key in where} == where for each in said)
    assert [each for each in said if "words" in each] == said[:1]


def test_what_is_too_large_even_then_is_named_by_an_error():
    said = one(event("conversation.item.added", item={"id": "item_1", "list": ["x" * 50] * 100}))
    assert (said["type"], said["error"]["code"]) == ("error", "event_too_large")
    assert "`conversation.item.added` (event_1)" in said["error"]["message"]
    assert "2,000" in said["error"]["message"]
    assert said["error"]["param"] == "conversation.item.added"


@pytest.mark.parametrize("dialect", ["current", "beta"])
def test_an_end_gets_what_it_takes_in_its_own_names(dialect):
    sent: list[str] = []
    small = Sink(sent.append, dialect=dialect, most_bytes=MOST)
    done = event("response.output_text.done", text="x" * 3000, item_id="item_1")
    small.hear(done)
    small.hear(done, dump(done))
    small.hear(event("response.output_text.done", text="short"))
    heard = [json.loads(text) for text in sent]
    name = "response.output_text.done" if dialect == "current" else "response.text.done"
    assert [each["type"] for each in heard] == [name] * 3
    assert [each.get("left_out") for each in heard] == [["text"], ["text"], None]
    large: list[str] = []
    Sink(large.append, dialect=dialect).hear(done)
    assert "x" * 3000 in large[0]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with engine() as made:
        yield made


@pytest.mark.parametrize("line", ["a=max-message-size:65536\r\n", ""])
async def test_a_session_with_many_tools_is_confirmed_on_a_channel_that_takes_little(rig, line):
    async with Caller() as caller:
        offer = (await caller.offer()).replace("a=max-message-size:262144\r\n", line)
        response = await rig.post(
            "/v1/realtime/calls", data=offer, headers={"Content-Type": "application/sdp"}
        )
        await caller.accept(await response.text())
        await caller.events.until("session.created")
        side = await rig.socket(f"call_id={response.headers['Location'].rpartition('/')[2]}")
        update = {
            "type": "session.update",
            "session": {**SESSION, "instructions": "Be brief.", "tools": TOOLS},
        }
        await side.send(update)
        updated = await caller.events.until("session.updated")
        check_today(updated)
        assert updated["left_out"] == ["session.tools"]
        assert updated["session"]["instructions"] == "Be brief."
        whole = await side.events.until("session.updated")
        assert len(whole["session"]["tools"]) == 60
        assert updated["event_id"] == whole["event_id"]


async def test_the_session_of_an_offer_may_be_too_large_for_its_channel(rig):
    async with Caller() as caller:
        offer = (await caller.offer()).replace("a=max-message-size:262144\r\n", "")
        with aiohttp.MultipartWriter("form-data") as body:
            for name, kind, text in (
                ("sdp", "application/sdp", offer),
                ("session", "application/json", json.dumps({**SESSION, "tools": TOOLS})),
            ):
                part = body.append(text, {"Content-Type": kind})
                part.set_content_disposition("form-data", name=name)
        response = await rig.post("/v1/realtime/calls", data=body)
        await caller.accept(await response.text())
        created = await caller.events.until("session.created")
        assert created["left_out"] == ["session.tools"]
