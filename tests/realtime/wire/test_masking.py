"""What is taken out of texts and events, what is left, and how long it takes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.masking import masked, masked_event

KEY = "sk-proj-AbCd0123456789"


SECRETS = [
    KEY,
    "ek_" + "0123456789abcdef" * 2,
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc-_1",
    "Bearer 0123456789abcdef",
    "sk-proj-********cdef",
]


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_taken_out_of_every_event(text: str) -> None:
    event = masked_event({"type": "x", "a": [f"It is {text}, no?"], text: {"b": text}})
    whole = json.dumps(event, ensure_ascii=False)
    assert text.removeprefix("Bearer ") not in whole
    assert event["a"][0] == f"It is {'Bearer ' if text.startswith('Bearer') else ''}…, no?"


@pytest.mark.parametrize(
    "text",
    [
        "I use sk-learn and sk_customer_dimension.",
        "The Bearer of bad news, and Bearer instruments.",
        "sess_C9CZ0123456789abcdef",
        "risk-0123456789abcdef",
        "desk_0123456789abcdef",
        "item_eyJ",
    ],
)
def test_words_and_names_stay(text: str) -> None:
    event = {"type": "x", "session": {"id": text}, "transcript": text}
    assert masked_event(json.loads(json.dumps(event))) == event


def test_a_complaint_is_looked_at_more_closely() -> None:
    assert masked("No: sk-a, sess_b, Bearer c and ollama", ["ollama"]) == "No: …, …, Bearer … and …"


def test_however_deep_it_is() -> None:
    deep: Any = KEY
    for _ in range(5000):
        deep = [deep]
    place = masked_event({"type": "x", "deep": deep})["deep"]
    for _ in range(5000):
        [place] = place
    assert place == "…"


@pytest.mark.parametrize("piece", ["sk-", "eyJ-", "eyJ", "Bearer ", "sk-a.", "ek_ ", "a"])
def test_long_texts_made_to_be_slow_are_not(piece: str) -> None:
    event = parse(json.dumps({"type": "x", "a": piece * (1_000_000 // len(piece))}))
    begun = time.process_time()
    masked_event(event)
    masked_event({**event, "type": "error"})
    assert time.process_time() - begun < 2
