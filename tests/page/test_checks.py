from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.diagnosis.made import page
from tests.tables.test_transcript import row
from voice_widget.errors import ProtocolError
from voice_widget.page.checks import misfit, page_kinds, page_message
from voice_widget.realtime.state.records import Row

GOOD: list[dict[str, Any]] = [
    {"type": "hello", "page": "p"},
    {"type": "missing", "page": "p", "first": 1, "last": 2},
    {
        "type": "call.open",
        "page": "p",
        "talk": "t",
        "request_id": "r",
        "sdp": "v=0",
        "microphone": True,
        "key": "",
    },
    {"type": "extras.wanted", "page": "p", "request_id": "r"},
    {"type": "events.wanted", "page": "p", "request_id": "r", "after": 0, "edition": 0, "activity_after": 0},
    {"type": "images.wanted", "page": "p", "request_id": "r", "item_id": "i"},
    {"type": "result.wanted", "page": "p", "request_id": "r", "number": 0},
    {"type": "call.posted", "page": "p", "talk": "t", "call": 1, "call_id": ""},
    {"type": "call.heard", "page": "p", "call": 1},
    {"type": "relay.events", "page": "p", "call": 1, "first": 1, "lost": 0, "events": ["{}"]},
    {"type": "audio", "page": "p", "call": 1},
    {"type": "audio.played", "page": "p", "call": 1, "played_ms": 12.5, "cleared": False},
    {"type": "ice.wanted", "page": "p", "request_id": "r", "talk": "", "key": "", "offers": True},
    {"type": "tab.wanted", "page": "p", "request_id": "r", "key": ""},
    {"type": "call.prepare", "page": "p", "request_id": "r", "sdp": "v=0"},
    {"type": "call.pending", "page": "p", "talk": "t"},
    {"type": "call.peer", "page": "p", "call": 1, "state": "connected"},
    {"type": "call.hang_up", "page": "p", "talk": "t", "reason": "user"},
    {"type": "call.plays", "page": "p"},
    {"type": "call.failed", "page": "p", "talk": "t", "code": "microphone_denied", "detail": ""},
    {"type": "voiced", "page": "p", "call": 1, "side": "user", "voiced": True, "at_ms": 12.5},
    {"type": "missed", "page": "p", "call": 1, "from_ms": 12.5, "to_ms": 40.0, "dropped": True},
    {"type": "client_event", "page": "p", "call": 1, "event": {"type": "response.cancel"}, "sent": True},
    {"type": "set", "page": "p", "request_id": "r", "name": "voice", "value": None},
    {"type": "send_text", "page": "p", "request_id": "r", "text": "hello"},
    {"type": "interrupt", "page": "p"},
    {
        "type": "tool.decide",
        "page": "p",
        "request_id": "r",
        "tool_call_id": "c",
        "approved": True,
        "always": False,
        "arguments": None,
        "reason": "",
    },
    {"type": "wizard.say", "page": "p", "request_id": "r", "text": "At six.", "number": None},
    {"type": "played", "page": "p", "request_id": "r"},
    {
        "type": "recording.piece",
        "page": "p",
        "number": 1,
        "call": 1,
        "clock": "c",
        "now": 6000,
        "parts": [],
        "last": False,
    },
    {"type": "recording.pause", "page": "p", "request_id": "r", "on": True},
    {"type": "consent", "page": "p", "agreed": True},
    {
        "type": "devices",
        "page": "p",
        "devices": [{"kind": "microphone", "label": "Headset"}],
        "instead": {"microphone": None},
        "named": True,
        "microphone": "Headset",
        "speaker": None,
        "volume": 1.0,
    },
    {"type": "play.failed", "page": "p", "request_id": "r", "code": "play_failed", "detail": ""},
    {"type": "connection", "page": "p", "request_id": "r", "facts": page()},
]


def test_every_message_of_a_page_is_known():
    assert {message["type"] for message in GOOD} == set(page_kinds())


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["type"])
def test_good_messages_pass(message: dict[str, Any]):
    assert page_message(message) is message
    assert page_message({**message, "seq": 7, "new_field": 1})
    with pytest.raises(ProtocolError):
        page_message({**message, "seq": "7"})


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["type"])
def test_every_field_is_needed_and_checked(message: dict[str, Any]):
    for name in message:
        with pytest.raises(ProtocolError):
            page_message({key: value for key, value in message.items() if key != name})
        if name != "value":
            with pytest.raises(ProtocolError):
                page_message({**message, name: object()})


@pytest.mark.parametrize(
    "message", [None, "hello", 3, [], [{"type": "hello"}], {}, {"type": 3}, {"type": ["hello"]}]
)
def test_what_is_no_message_is_refused(message: Any):
    with pytest.raises(ProtocolError):
        page_message(message)


def test_an_unknown_type_has_a_code_of_its_own():
    with pytest.raises(ProtocolError) as caught:
        page_message({"type": "x" * 10_000})
    assert caught.value.code == "unknown_message"
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (1, int, True),
        (True, int, False),
        (1, float, True),
        (False, float, False),
        (1.0, int, False),
        (1, Literal[1, 2], True),
        (True, Literal[1, 2], False),
        (None, int | None, True),
        ("x", int | None, False),
        (["a"], list[str], True),
        (["a", 1], list[str], False),
        ("ab", list[str], False),
        ({"a": 1}, dict[str, Any], True),
        ({1: 1}, dict[str, Any], False),
        ({"a": "b"}, dict[str, int], False),
        (row(), Row, True),
        (row(start_ms="1"), Row, False),
        (None, None, True),
        (0, None, False),
    ],
)
def test_values_fit_annotations(value: Any, kind: Any, fits: bool):
    assert (misfit(value, kind) is None) is fits


def test_the_sentence_says_where():
    assert misfit(row(start_ms="1"), Row, "row") == "row.start_ms is '1', not int"
    assert misfit([1, "x"], list[int], "list") == "list[1] is 'x', not int"
