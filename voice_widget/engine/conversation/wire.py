"""How server events are made: one place that gives each its id and its integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from voice_widget.engine.conversation.actions import Send
from voice_widget.errors import ProtocolError
from voice_widget.realtime.wire.events import Event

Media = Literal["webrtc", "websocket"]


class Wire:
    """Makes server events.

    Args:
        new_id: Gives ids by prefix (``"event"``, ``"item"``, ``"resp"`` ...).
    """

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self.new_id = new_id

    def event(self, kind: str, /, **fields: Any) -> Event:
        """A server event with its own ``event_id``."""
        return {"event_id": self.new_id("event"), "type": kind, **fields}

    def send(self, kind: str, /, **fields: Any) -> Send:
        """An event for everyone."""
        return Send(self.event(kind, **fields))

    def kernel(self, kind: str, /, **fields: Any) -> Send:
        """An event of our own, which only the kernel understands."""
        return Send(self.event(f"voice_widget.{kind}", **fields), to="kernel")

    def error(self, error: ProtocolError, *, event_id: str | None, origin: str) -> Send:
        """The one ``error`` event that a bad message costs.

        Guess: only who sent that message hears of it; no capture has two ends of one session.
        """
        detail = {
            "type": "invalid_request_error",
            "code": error.code,
            "message": str(error),
            "param": error.param,
            "event_id": event_id,
        }
        return Send(self.event("error", error=detail), to=origin or "all")


def refusal(code: str, message: str, *, param: str | None = None, next_step: str = "") -> ProtocolError:
    """A refusal of one client event, with the field that it is about."""
    return ProtocolError(message, code=code, next_step=next_step, param=param)


def failure(code: str, message: str) -> dict[str, str]:
    """Why a response or a transcription failed, as it stands in ``status_details.error``."""
    return {"type": "server_error", "code": code, "message": message}


def text_of(event: Mapping[str, Any], name: str) -> str:
    """A text field that must be there."""
    value = event.get(name)
    if isinstance(value, str):
        return value
    code = "missing_required_parameter" if value is None else "invalid_value"
    raise refusal(code, f"`{name}` of {event.get('type', 'the item')} must be a text.", param=name)
