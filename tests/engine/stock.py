"""What the stock client's types say of our events, today's and the older ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from openai.types.beta.realtime import RealtimeServerEvent as OldServerEvent
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter


def _by_type(union: Any) -> dict[str, TypeAdapter[Any]]:
    """The union says of what is wrong only that it fits none of its members: take the one that is meant."""
    members = get_args(get_args(union)[0])
    return {get_args(m.model_fields["type"].annotation)[0]: TypeAdapter(m) for m in members}


_TODAY, _OLD = _by_type(RealtimeServerEvent), _by_type(OldServerEvent)


def check_today(event: Mapping[str, Any]) -> None:
    """Refuse an event that the stock client's types refuse."""
    _TODAY[event["type"]].validate_python(event, strict=True)


def check_old(event: Mapping[str, Any]) -> None:
    """Refuse an event that the older types refuse."""
    _OLD[event["type"]].validate_python(event, strict=True)
