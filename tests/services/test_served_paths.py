"""The ways to a served engine: the same words give the same rows by each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from tests.services.relaying import RelayingPage
from tests.services.tone import QUICK, tone
from tests.serving import PARTS
from tests.stock.serving import TOKEN, Served, serve
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.openai import OpenAI
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads.loop import loop

HEARD, SAID = "what is the mean", "The mean is four."
Open = Callable[..., Stage]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    script = tmp_path_factory.mktemp("served") / "script.json"
    script.write_text(json.dumps([{"hear": HEARD, "say": SAID}] * 4))
    with serve("--script", str(script), "--vad", "level", "--tts", "tone") as served:
        yield served


@pytest.fixture
def open_stage(server: Served) -> Iterator[Open]:
    stages: list[Stage] = []

    def make(flow: str = "unified", transport: str = "webrtc", **service: Any) -> Stage:
        reached = OpenAI(api_key=TOKEN, base_url=server.url, **service)
        config = SessionConfig(turn_detection=QUICK)
        stages.append(Stage(reached, config, flow=flow, transport=transport))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def rows(stage: Stage) -> list[tuple[str, str]]:
    return [(row["role"], row["text"]) for row in stage.finished(2)]


@pytest.mark.parametrize(
    ("flow", "service"),
    [
        ("unified", {}),
        ("ephemeral", {}),
        ("unified", {"sideband": False}),
        ("ephemeral", {"sideband": False}),
        ("unified", {"dialect": "beta"}),
        ("ephemeral", {"dialect": "beta"}),
    ],
    ids=str,
)
def test_a_spoken_question_by_each_way(open_stage: Open, flow: str, service: dict[str, Any]) -> None:
    stage = open_stage(flow, **service)
    with RelayingPage(stage) as page:
        page.call()
        page.speak(tone())
        assert rows(stage) == [("user", HEARD), ("assistant", SAID)]
        assert page.heard_something()
        assert page.secrets == (flow == "ephemeral")
        assert bool(stage.sent("relay")) == bool(service)
        stage.talk.send_text("And typed?").result(10)
        stage.wait(lambda: any(r["text"] == "And typed?" for r in stage.rows()))
        assert stage.problems == []
    assert "ek_" not in json.dumps(stage.messages)


def test_the_page_takes_over_in_the_middle_of_an_answer(open_stage: Open) -> None:
    stage = open_stage()
    with RelayingPage(stage) as page:
        page.call()
        page.speak(tone())
        stage.wait(lambda: any(r["role"] == "assistant" and r["text"] for r in stage.rows()))
        connection = cast(Any, stage.talk._dialler.call)._connection
        loop().call_soon_threadsafe(connection._connection._connection.transport.abort)
        stage.message("relay")
        assert rows(stage) == [("user", HEARD), ("assistant", SAID)]
        stage.talk.send_text("And typed?").result(10)
        ids = [e.event.get("event_id") for e in stage.talk.events if e.direction == "received"]
        assert len(ids) == len(set(ids))
        assert "reconnecting" not in stage.history_of("connection_state")
        assert stage.problems == []


def test_a_call_elsewhere_is_joined(open_stage: Open) -> None:
    stage, beside = open_stage(), open_stage()
    with RelayingPage(stage) as page:
        page.call()
        call_id = stage.states()["call_id"]
        beside.talk.join(call_id).result(10)
        page.speak(tone())
        assert rows(beside) == [("user", HEARD), ("assistant", SAID)]
        beside.talk.disconnect().result(20)
        beside.is_state("disconnected")
        stage.talk.send_text("Still there?").result(10)
        beside.talk.join(call_id).result(10)
        stage.talk.disconnect().result(20)
        beside.wait(lambda: (beside.states().get("notice") or {}).get("code") == "call_over")
        assert beside.states().get("error") is None


def test_a_lost_call_is_got_back_with_a_fresh_token_and_the_conversation(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    stage = open_stage("ephemeral")
    with RelayingPage(stage) as page:
        page.call()
        page.speak(tone())
        rows(stage)
        first = stage.states()["call_id"]
        page.say("call.peer", call=page.number, state="failed")
        stage.message("call.offer_wanted")
        again = RelayingPage(stage)
        again.talk = page.talk
        with again:
            again.call()
            assert again.secrets == 1
            assert stage.states()["call_id"] != first
            stage.wait(lambda: len(stage.client_events("conversation.item.create")) == 2)
            replayed = stage.client_events("conversation.item.create")
            assert [e["item"]["content"][0]["text"] for e in replayed] == [HEARD, SAID]
            assert stage.states()["reconnect_attempts"] == 0


def test_a_service_that_answers_itself_goes_on_from_an_earlier_talk() -> None:
    history = [
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": "Hello, Ann."},
    ]
    with serve(*PARTS) as answering:
        for dialect in ("current", "beta"):
            service = OpenAI(api_key=TOKEN, base_url=answering.url, dialect=cast(Any, dialect))
            stage = Stage(service, history=history)
            try:
                stage.talk.send_text("Say that again, please.").result(20)
                assert rows(stage) == [("user", "Say that again, please."), ("assistant", "Hello, Ann.")]
                assert stage.problems == []
                assert stage.states().get("notice") is None
            finally:
                stage.close()
