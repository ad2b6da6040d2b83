"""What strange services do, one fault at a time, over a whole widget and a real WebSocket."""

from __future__ import annotations

import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from tests.test_hostile import Meet, answer, meet, until  # noqa: F401
from tests.widget_page import Page, pages  # noqa: F401

HEARD = "conversation.item.input_audio_transcription."


async def says(socket: ServerConnection, *events: dict[str, Any]) -> None:
    for event in events:
        await socket.send(json.dumps(event))


def spoken(item_id: str, **text: Any) -> list[dict[str, Any]]:
    """The user is heard to say something, with or without a transcript."""
    kinds = ("speech_started", "speech_stopped", "committed")
    heard = [{"type": f"input_audio_buffer.{kind}", "item_id": item_id} for kind in kinds]
    told = {"transcript": text["text"]} if "text" in text else {"error": {"message": "No deployment."}}
    kind = "completed" if "text" in text else "failed"
    return [*heard, {"type": HEARD + kind, "item_id": item_id, **told}]


def test_who_looks_later_learns_why_no_text_of_the_user_came(meet: Meet) -> None:  # noqa: F811
    async def transcribes_nothing(socket: ServerConnection, session: int) -> None:
        if session == 1:
            await says(socket, *spoken("u1"), *answer("r1", 2), *spoken("u2"), *answer("r2", 2))
        else:
            await says(socket, *spoken("u3", text="hello"), *answer("r3", 2))

    widget, _server = meet(transcribes_nothing)
    widget.connect().result(10)
    until(lambda: widget.turns == 4)
    widget.disconnect().result(10)
    assert widget.error is None
    assert widget.notice is not None
    assert widget.notice["message"] == "What you say is not transcribed: No deployment."
    assert "w.update(transcription=" in widget.notice["next_step"]
    widget.connect().result(10)
    until(lambda: widget.turns == 6)
    assert widget.notice is None
