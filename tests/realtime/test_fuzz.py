"""Whatever a peer sends, the session neither raises nor breaks."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

import pytest

from tests.realtime.tapes import NAMES, load
from voice_widget.errors import ProtocolError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Problem
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import FIELDS, LOCAL_FIELDS

STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    10**400,
    math.inf,
    math.nan,
    "",
    "x",
    "voice_1",
    [],
    [None],
    [1],
    [{}],
    {},
    {"id": 5},
    {"id": "x"},
    {"type": "message"},
    {"type": 3},
    {"role": "user", "id": "x"},
    {"id": "x", "role": "assistant", "content": [{}]},
    {"id": "x", "role": "user", "content": [{"type": "input_audio"}]},
    {"id": "x", "content": "text"},
    {"id": "x", "type": "function_call", "call_id": "c", "name": "n"},
    {"id": "x", "output": [{}], "status": "completed"},
    {"status_details": {"error": {}}, "status": "failed"},
    {"status_details": {"error": {"code": "c"}, "reason": 5}},
    {"audio": {"output": {"voice": {"id": 7}}}},
    {"audio": 5},
    {"audio": {"input": {"turn_detection": "odd"}, "output": {"format": "pcm16", "voice": 3}}, "model": 4},
    {"metadata": []},
    {"metadata": {"voice_widget": 4}},
    {"code": 4},
    {"code": "item_truncate_x"},
]


def attempt(session: Session, event: Any) -> None:
    for sent in (False, True):
        session.apply(event, 1e9, sent=sent)
    assert [row["seq"] for row in session.rows] == list(range(1, len(session.rows) + 1))


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_any_value_in_any_field(kind: str) -> None:
    names = [name for name, _, _ in FIELDS[kind]]
    sample = {
        name: {"id": "x"} if name in ("item", "response", "session", "error") else "x" for name in names
    }
    session = Session()
    attempt(session, {"type": kind})
    for name in names:
        for value in STRANGE:
            attempt(session, {"type": kind, **sample, "event_id": None, name: value})
            attempt(session, {"type": kind, name: value})
            attempt(Session(), {"type": kind, **sample, name: value})


@pytest.mark.parametrize("event", [None, 3, "x", [], {}, {"type": None}, {"type": 3}, {"type": ""}])
def test_no_event_at_all(event: Any) -> None:
    session = Session()
    (problem,) = session.apply(event, 0.0)
    assert isinstance(problem, Problem)
    assert problem.error["code"] == "invalid_event"


@pytest.mark.parametrize("name", NAMES)
def test_a_tape_with_holes_and_scrambled(name: str) -> None:
    lines, _ = load(name)
    for seed in range(30):
        chance = random.Random(seed)
        session = Session()
        some = [copy.deepcopy(line) for line in lines if chance.random() > 0.2]
        if seed % 2:
            chance.shuffle(some)
        for line in some:
            event = line["event"]
            if chance.random() < 0.2:
                event[chance.choice(sorted(event))] = chance.choice(STRANGE)
            session.apply(event, line["at"], sent=line["sent"])
        session.apply({"type": "voice_widget.call.closed"}, 2e9)
        assert not any(row["status"] == "in_progress" for row in session.rows)
        assert session.activity == "idle"
        assert not session.user_speaking
        assert not session.assistant_speaking


@pytest.mark.parametrize("kind", sorted(set(FIELDS) - set(LOCAL_FIELDS)))
def test_parse_reads_or_refuses(kind: str) -> None:
    for name, _, _ in FIELDS[kind]:
        for value in STRANGE:
            text = json.dumps({"type": kind, name: value})
            try:
                assert parse(text)["type"] == kind
            except ProtocolError as error:
                assert error.message.endswith(".")  # noqa: PT017


def test_an_event_that_says_nothing_changes_nothing() -> None:
    session = Session()
    session.apply({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 5}, 0.0)
    before = (session.rows, session.activity, session.error)
    (problem,) = session.apply(
        {"type": "response.output_text.delta", "response_id": "r", "item_id": "a", "delta": 5}, 1.0
    )
    assert isinstance(problem, Problem)
    assert problem.error["message"] == (
        "`delta` of `response.output_text.delta` must be a text, not the number 5."
    )
    assert (session.rows, session.activity, session.error) == before
