"""Which fields of a client's events are known."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.realtime.wire.events import CLIENT_EVENTS
from voice_widget.realtime.wire.known import RESPONSE, Unknown, roles, unknown_field


@pytest.mark.parametrize("kind", sorted(CLIENT_EVENTS))
def test_at_the_top_of_each_event_only_its_own_fields_are_known(kind: str) -> None:
    assert unknown_field({"type": kind, "event_id": "e1"}) is None
    found = unknown_field({"type": kind, "event_idd": "e1"})
    assert found is not None
    assert (found.where, found.name, "event_id" in found.known) == (kind, "event_idd", True)


@pytest.mark.parametrize("name", [*RESPONSE, "modalities", "voice", "temperature"])
def test_what_a_response_may_have_today_and_had_before_is_known(name: str) -> None:
    assert unknown_field({"type": "response.create", "response": {name: None}}) is None


@pytest.mark.parametrize("response", [None, 5, {}])
def test_what_is_no_response_has_no_fields(response: Any) -> None:
    assert unknown_field({"type": "response.create", "response": response}) is None


def test_what_stands_in_a_response_and_nobody_knows_is_named() -> None:
    found = unknown_field({"type": "response.create", "response": {"tools": [], "outputs": 1}})
    assert found == Unknown("response", "outputs", RESPONSE)


def test_roles_are_those_of_messages_wherever_they_stand() -> None:
    one = {"type": "message", "role": "user"}
    assert list(roles({"type": "conversation.item.create", "item": {"type": "function_call"}})) == []
    assert list(roles({"type": "conversation.item.create", "item": {"type": "message"}})) == [None]
    given = [one, {"type": "item_reference", "id": "x"}, 3]
    assert list(roles({"type": "response.create", "response": {"input": given}})) == ["user"]
