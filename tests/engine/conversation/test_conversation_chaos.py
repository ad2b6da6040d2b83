"""Whatever happens in whatever order: nothing crashes, and everything that begins ends once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from tests.engine.conversing import Talk, words_of
from voice_widget.engine.conversation.actions import EndOfSpeech, Send, Speak

ASKED: list[dict[str, Any]] = [
    {},
    {"text": "Hello. There, you."},
    {"conversation": "none"},
    {"output_modalities": ["text"]},
    {"tool_choice": 7},
    {"input": 7},
]
SETTINGS: list[Any] = [
    {"turn_detection": None},
    {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}},
    {"turn_detection": {"type": "server_vad", "interrupt_response": False}},
    {"turn_detection": {"type": "semantic_vad", "create_response": False}},
    {"turn_detection": 3},
]


class Chaos:
    """A talk in which anything may happen next."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.media = self.dice.choice(["webrtc", "websocket"])
        self.talk = Talk(media=self.media, voices=["anna"])
        self.talk.agent()
        # Likely enough in the right order that answers are spoken, played and talked over.
        self.steps = [
            self.turn,
            self.turn,
            self.speech,
            self.recogniser,
            self.client,
            *[self.reply] * 5,
            *[self.voice] * 4,
        ]
        self.steps += [*[self.speaker] * 2, self.others]

    def step(self) -> None:
        self.talk.now += self.dice.random() * 300
        if self.dice.random() < 0.02:
            self.time()
        self.dice.choice(self.steps)()

    def some_id(self, kind: str) -> str:
        created = [event["response"]["id"] for event in self.talk.events("response.created")]
        items = [event["item"]["id"] for event in self.talk.events("conversation.item.added")]
        ids: list[str] = created if kind == "response" else items
        return self.dice.choice([*ids[-3:], *ids[-1:] * 6, "none"])

    def speech(self) -> None:
        played = self.dice.choice([None, 0.5, 70.5, 70.5, 1e6])
        self.dice.choice([lambda: self.talk.start(self.talk.now, played=played), self.stop])()

    def turn(self) -> None:
        """A question, answered in part."""
        self.speech()
        self.stop()
        self.talk.final("how much")
        if self.talk.events("response.created"):
            self.talk.say("Three dollars. And then, ")
            self.voice()

    def stop(self) -> None:
        self.talk.stop(self.talk.now)

    def recogniser(self) -> None:
        if self.dice.random() < 0.3:
            self.talk.partial("how")
        elif self.dice.random() < 0.3:
            self.talk.committed(empty=self.dice.random() < 0.5)
        else:
            self.talk.final(self.dice.choice(["", "how much"]))

    def client(self) -> None:
        item = self.some_id("item")
        content = self.dice.choice([[{"type": "input_text", "text": "hi"}], [{"type": "odd"}], 3])
        session = {"type": "realtime", "audio": {"input": self.dice.choice(SETTINGS)}}
        requests: list[tuple[str, dict[str, Any]]] = [
            ("response.create", {"response": self.dice.choice(ASKED)}),
            ("response.create", {"response": self.dice.choice(ASKED)}),
            ("response.cancel", self.dice.choice([{}, {"response_id": self.some_id("response")}])),
            ("output_audio_buffer.clear", {}),
            ("input_audio_buffer.clear", {}),
            ("input_audio_buffer.commit", {}),
            ("session.update", {"session": session}),
            (
                "conversation.item.create",
                {"item": {"type": "message", "role": "user", "content": content}},
            ),
            (
                "conversation.item.truncate",
                {"item_id": item, "audio_end_ms": self.dice.choice([0, 50, 1e6])},
            ),
            ("conversation.item.retrieve", {"item_id": item}),
            ("conversation.item.delete", {"item_id": item}),
            ("conversation.item.delete", {"item_id": 3}),
            ("voice_widget.odd", {}),
        ]
        kind, fields = self.dice.choice(requests)
        self.talk.client(kind, played=self.dice.choice([None, 70.5]), **fields)

    def reply(self) -> None:
        response_id = self.some_id("response")
        match self.dice.randrange(3):
            case 0:
                self.talk.say(self.dice.choice(["Three. ", "and", " \u2026 ", "3.", "5, e.g. "]), response_id)
            case 1:
                self.talk.done(response_id, error=self.dice.choice([None, None, "broke"]))
            case _:
                call: dict[str, Any] = {"call_id": "c", "name": "look", "arguments": "{}"}
                self.talk.client("voice_widget.reply.call", response_id=response_id, **call)

    def voice(self) -> None:
        for speech_id, speak in list(self.talk.speaking.items())[: self.dice.randrange(3)]:
            if speech_id not in self.talk.speaking:
                continue  # cancelled when the one before it failed
            words = words_of(speak.text) if self.dice.random() < 0.7 else []
            self.talk.take(self.talk.core.speech_audio(speech_id, self.dice.random() * 500, words))
            if self.dice.random() < 0.8:
                del self.talk.speaking[speech_id]
                error = "broke" if self.dice.random() < 0.1 else None
                self.talk.take(self.talk.core.speech_done(speech_id, error))

    def speaker(self) -> None:
        if self.media == "webrtc":
            self.dice.choice([self.talk.playing, self.talk.drained])(self.some_id("response"))

    def time(self) -> None:
        deadline = self.talk.core.deadline()
        self.talk.tick(max(self.talk.now, deadline or 0) if self.dice.random() < 0.3 else self.talk.now)

    def others(self) -> None:
        if self.dice.random() < 0.7:
            self.talk.agent(self.dice.choice([0, 1, 1, 2]))
        else:
            self.talk.take(self.talk.core.stages_lost(now_ms=self.talk.now))
            # The process is gone, and what it was speaking with it.
            self.talk.speaking.clear()
            self.talk.take(self.talk.core.stages_back(now_ms=self.talk.now))


@pytest.mark.parametrize("seed", range(40))
def test_everything_that_begins_ends_once(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(150):
        chaos.step()
    talk = chaos.talk
    talk.agent(0)
    for _ in range(20):
        talk.tick(talk.now + 100_000)
    talk.client("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    talk.tick(talk.now + 100_000)

    begun = Counter(event["response"]["id"] for event in talk.events("response.created"))
    ended = Counter(event["response"]["id"] for event in talk.events("response.done"))
    assert begun == ended
    assert set(begun.values()) <= {1}
    assert talk.core.answers.main is None
    assert talk.speaking == {}
    for what in ("response.output_item", "response.content_part"):
        opened = Counter(
            event.get("item_id") or event["item"]["id"] for event in talk.events(f"{what}.added")
        )
        closed = Counter(event.get("item_id") or event["item"]["id"] for event in talk.events(f"{what}.done"))
        assert opened == closed
    texts: dict[str, str] = {}
    for event in talk.events("response.output_audio_transcript.delta"):
        texts[event["item_id"]] = texts.get(event["item_id"], "") + event["delta"]
    for event in talk.events("response.output_audio_transcript.done"):
        assert event["transcript"] == texts.get(event["item_id"], "")
    order_holds(talk)


def order_holds(talk: Talk) -> None:
    """Nothing of a response comes before it is created or after it is done."""
    alive: set[str] = set()
    for action in talk.actions:
        if isinstance(action, (Speak, EndOfSpeech)):
            if isinstance(action, Speak):
                assert action.response_id in alive
            continue
        if not isinstance(action, Send) or not action.event["type"].startswith("response."):
            continue
        event = action.event
        if event["type"] == "response.created":
            alive.add(event["response"]["id"])
        elif event["type"] == "response.done":
            alive.remove(event["response"]["id"])
        else:
            assert event["response_id"] in alive
