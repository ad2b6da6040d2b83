from __future__ import annotations

from typing import Any

import pytest

from voice_widget.realtime.wire.asides import MARK, Asides

TOPIC = {"topic": "mood"}


def asked(event_id: str = "e", **response: Any) -> dict[str, Any]:
    return {"type": "response.create", "event_id": event_id, "response": response}


def apart(event_id: str = "e", **response: Any) -> dict[str, Any]:
    return asked(event_id, conversation="none", **response)


def null(response_id: str = "r", **fields: Any) -> dict[str, Any]:
    return {"id": response_id, "conversation_id": None, **fields}


@pytest.mark.parametrize("shared", [False, True])
def test_a_service_that_always_says_null_makes_no_asides(shared: bool) -> None:
    asides = Asides(shared=shared)
    for number in range(3):
        asides.sent(asked())
        assert not asides.has(null(f"r{number}", metadata=None))
        assert not asides.has(null(f"by itself {number}", metadata=None))


def test_what_was_asked_for_apart_is_one_and_only_that() -> None:
    asides = Asides()
    asides.sent(apart())
    first = null("r1")
    assert [asides.has(first), asides.has(first)] == [True, True]  # several ask of the same one
    assert asides.has(null("r1"))  # its beginning is said again
    assert not asides.has(null("r2"))


def test_the_first_that_was_asked_for_is_the_first_that_begins() -> None:
    asides = Asides()
    asides.sent(asked("a"))
    asides.sent(apart("b"))
    assert [asides.has(null("r1")), asides.has(null("r2"))] == [False, True]


def test_where_the_conversation_is_named_null_says_which_it_is() -> None:
    asides = Asides()
    assert not asides.has({"id": "r0", "conversation_id": "conv"})
    asides.sent(asked("a"))
    asides.sent(apart("b"))
    assert asides.has(null("r1"))
    assert not asides.has({"id": "r2", "conversation_id": "conv"})


def test_metadata_tell_which_was_asked_for() -> None:
    asides = Asides()
    asides.sent(apart("a", metadata=TOPIC))
    asides.sent(asked("b", metadata={MARK: "b"}))
    assert not asides.has(null("r1", metadata={MARK: "b"}))
    assert asides.has(null("r2", metadata=TOPIC))
    assert not asides.has(null("r3", metadata=TOPIC))


def test_a_refused_one_is_waited_for_no_more() -> None:
    asides = Asides()
    asides.sent(apart("a"))
    asides.refused("a")
    assert not asides.has(null())


def test_what_others_ask_for_counts_where_the_conversation_is_named() -> None:
    asides = Asides(shared=True)
    assert not asides.has(null("r1"))
    assert not asides.has({"id": "r2", "conversation_id": "conv"})
    asides.sent(asked("a", metadata={MARK: "a"}))
    assert asides.has(null("r3"))
    assert asides.has(null("r4", metadata=TOPIC))
    assert not asides.has(null("r5", metadata={MARK: "a"}))  # ours, whatever it says


def test_a_response_without_the_field_or_with_an_id_is_none() -> None:
    asides = Asides()
    asides.sent(apart())
    assert not asides.has({"id": "r1"})
    assert not asides.has({"id": "r2", "conversation_id": "conv"})
    assert asides.has(null("r3"))


def test_a_service_may_call_an_aside_and_an_answer_the_same() -> None:
    asides = Asides()
    asides.sent(apart("a"))
    assert asides.has(null())
    asides.sent(asked("b"))
    assert not asides.has(null())
