"""Which fields of a client's events are known."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest
from openai.types.realtime.conversation_item_param import ConversationItemParam
from openai.types.realtime.response_item_reference_param import ResponseItemReferenceParam

from voice_widget.realtime.wire.events import CLIENT_EVENTS
from voice_widget.realtime.wire.known import (
    ITEMS,
    PART,
    RESPONSE,
    Unknown,
    messages,
    unknown_field,
    unknown_in_item,
)


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


def test_messages_are_found_wherever_they_stand() -> None:
    one = {"type": "message", "role": "user"}
    assert list(messages({"type": "conversation.item.create", "item": {"type": "function_call"}})) == []
    assert list(messages({"type": "conversation.item.create", "item": one})) == [one]
    given = [one, {"type": "item_reference", "id": "x"}, 3]
    assert list(messages({"type": "response.create", "response": {"input": given}})) == [one]


PARAMS = {
    "item_reference": [ResponseItemReferenceParam],
    **{
        kind: [
            param
            for param in get_args(ConversationItemParam)
            if get_args(get_args(get_type_hints(param, include_extras=True)["type"])[0])[0] == kind
        ]
        for kind in ITEMS
        if kind != "item_reference"
    },
}


@pytest.mark.parametrize("kind", sorted(ITEMS))
def test_the_fields_of_an_item_are_those_of_openais_types(kind: str) -> None:
    named = {name for param in PARAMS[kind] for name in get_type_hints(param)}
    assert named
    assert named <= set(ITEMS[kind])
    assert set(ITEMS[kind]) - named <= {"object", "status"}  # which a service may send with any of them


def test_no_item_of_openais_types_is_left_out() -> None:
    assert {param for params in PARAMS.values() for param in params} >= set(get_args(ConversationItemParam))


def test_the_fields_of_a_part_are_those_of_openais_types() -> None:
    parts = [get_args(get_type_hints(param)["content"])[0] for param in PARAMS["message"]]
    assert {name for part in parts for name in get_type_hints(part)} == set(PART)


TEXT = {"type": "input_text", "text": "Hi."}


@pytest.mark.parametrize(
    ("item", "where", "name"),
    [
        ({"type": "message", "contents": [TEXT]}, "item", "contents"),
        ({"type": "message", "content": [TEXT, {**TEXT, "txt": "x"}]}, "item.content[1]", "txt"),
        ({"type": "function_call_output", "call_id": "c", "outputs": "7"}, "item", "outputs"),
        ({"type": "item_reference", "idd": "x"}, "item", "idd"),
    ],
)
def test_a_mistyped_field_of_an_item_is_named_and_where_it_stands(
    item: dict[str, Any], where: str, name: str
) -> None:
    found = unknown_field({"type": "conversation.item.create", "item": item})
    assert found is not None
    assert (found.where, found.name) == (where, name)
    within = unknown_field({"type": "response.create", "response": {"input": [TEXT, item]}})
    assert within is not None
    assert within.where == where.replace("item", "response.input[1]", 1)


@pytest.mark.parametrize(
    "item",
    [
        None,
        3,
        {},
        {"type": 3, "x": 1},
        {"type": "of another service", "x": 1},
        {"type": "message", "content": [3]},
    ],
)
def test_of_what_is_no_item_that_we_know_no_field_is_unknown(item: Any) -> None:
    assert unknown_in_item(item, "item") is None
