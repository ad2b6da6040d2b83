"""What is done by hand at a service that answers by itself, by its websocket and beside a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.relaying import RelayingPage
from tests.services.tone import QUICK
from tests.serving import PARTS
from tests.stock.serving import TOKEN, Served, serve
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.recording.replay import replay
from voice_widget.services.openai import OpenAI
from voice_widget.talk import retrying
from voice_widget.threads.loop import call, loop


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve("--agent", "tests.serving:shout", *PARTS) as served:
        yield served


@pytest.fixture(params=["memory", "webrtc", "relay"])
def stage(request: pytest.FixtureRequest, server: Served) -> Iterator[Stage]:
    beside = {"sideband": False} if request.param == "relay" else {}
    transport = "memory" if request.param == "memory" else "webrtc"
    service = OpenAI(api_key=TOKEN, base_url=server.url, **beside)
    config = SessionConfig(turn_detection=QUICK, output_modalities=("text",))
    made = Stage(service, config, transport=transport)
    if transport == "memory":
        made.talk.connect().result(30)
        yield made
    else:
        with RelayingPage(made) as page:
            page.call()
            yield made
    made.close()


def test_it_is_the_same_by_every_way(stage: Stage):
    by_hand = stage.talk.steering
    stage.types("one")
    by_hand.add_items([{"role": "system", "text": "Be loud."}, "two"]).result(10)
    assert by_hand.respond({}).result(10)["text"] == "TWO!"
    beside = by_hand.respond({"input": ["three"], "conversation": "none"}).result(10)
    assert [part["text"] for part in beside["output"][0]["content"]] == ["THREE!"]
    by_hand.edit(1, "eins").result(10)
    by_hand.rewind(3).result(10)
    assert stage.texts() == [
        ("user", "eins", "completed"),
        ("assistant", "ONE!", "completed"),
        ("system", "Be loud.", "completed"),
        ("user", "two", "rewound"),
        ("assistant", "TWO!", "rewound"),
    ]
    stage.types("four")
    assert stage.rows()[-1]["text"] == "FOUR!"
    assert stage.problems == []
    assert list(replay(call(stage.talk.events.lines)).rows) == stage.rows()


def test_a_call_that_is_got_back_is_told_what_is_left(server: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retrying, "WAITS_S", (0.01,) * 3)
    config = SessionConfig(output_modalities=("text",))
    stage = Stage(OpenAI(api_key=TOKEN, base_url=server.url), config, transport="memory")
    stage.talk.connect().result(30)
    by_hand = stage.talk.steering
    stage.types("one")
    stage.types("two")
    by_hand.add_items([{"role": "system", "text": "Be loud."}]).result(10)
    by_hand.edit(1, "eins").result(10)
    by_hand.rewind(3).result(10)
    before = len(stage.client_events("conversation.item.create"))
    lost: Any = stage.talk._dialler.call
    loop().call_soon_threadsafe(lost.end, retrying_error())
    stage.wait(lambda: len(stage.client_events("conversation.item.create")) >= before + 3, 20)
    stage.is_state("connected")
    told = [event["item"] for event in stage.client_events("conversation.item.create")[before:]]
    assert [(item["role"], item["content"][0]["text"]) for item in told] == [
        ("user", "eins"),
        ("assistant", "ONE!"),
        ("user", "two"),
    ]
    assert len(stage.rows()) == 5
    by_hand.rewind(2).result(10)  # what this call was told it can take back, too
    assert stage.rows()[2]["status"] == "rewound"
    assert stage.problems == []
    stage.close()


def retrying_error() -> Exception:
    from voice_widget.errors import ServiceUnavailable

    return ServiceUnavailable("The line broke.", next_step="Wait.")
