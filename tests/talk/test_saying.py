"""What becomes of what is being said when the call is lost, or ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.errors import ServiceRefused, ServiceUnavailable, StateError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import ResponseDone
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import retrying as waits
from voice_widget.threads.loop import call


class Leaving(ScriptedService):
    """It answers nothing, and turns everybody away once it is gone."""

    gone = False

    async def start(self) -> None:
        if self.gone:
            raise ServiceRefused("The key was taken back.", code="invalid_api_key", next_step="Get another.")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(waits, "WAITS_S", (0.01, 0.01, 0.01))
    made = Stage(Leaving([]), SessionConfig())
    made.talk.connect().result(20)
    for name in ("session_update", "conversation_item_create", "response_create"):
        monkeypatch.setattr(ScriptedConnection, f"_on_{name}", lambda self, event: None)
    yield made
    made.close()


class Endless:
    """Speech that goes on until it is released."""

    def __init__(self) -> None:
        self.begun, self.release = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        self.begun.set()
        self.release.wait(20)
        yield b"\0\0"


VERBS: dict[str, Callable[[Stage, Endless], Any]] = {
    "send_text": lambda stage, _: stage.talk.send_text("Hello."),
    "say": lambda stage, _: stage.talk.say("Hello."),
    "update": lambda stage, _: stage.talk.update(speed=1.25),
    "play": lambda stage, speech: stage.talk.play(iter(speech)),
}


@pytest.mark.parametrize("verb", [name for name in VERBS if name != "update"])
@pytest.mark.parametrize("end", ["refused", "hung up", "closed"])
def test_a_verb_that_waits_ends_with_the_reason_for_which_the_call_does(stage: Stage, verb: str, end: str):
    speech = Endless()
    waiting = VERBS[verb](stage, speech)
    if verb == "play":
        assert speech.begun.wait(20)
    else:
        stage.wait(lambda: [event for event in stage.talk.events if event.direction == "sent"])
    if end == "refused":
        stage.talk.service.gone = True  # type: ignore[attr-defined]
        call(stage.talk.service.connections[0].cut)  # type: ignore[attr-defined]
    else:
        (stage.talk.disconnect if end == "hung up" else stage.talk.close)().result(20)
    error = waiting.exception(10)
    speech.release.set()
    assert isinstance(error, ServiceRefused if end == "refused" else StateError)
    assert error.code == ("invalid_api_key" if end == "refused" else "call_ended")
    assert error.next_step


def test_a_change_of_settings_is_kept_for_the_next_call(stage: Stage):
    waiting = VERBS["update"](stage, Endless())
    stage.talk.disconnect().result(20)
    assert waiting.exception(5) is None
    assert stage.talk.config.speed == 1.25


def test_what_is_played_into_a_call_that_is_got_back_has_to_be_played_again(stage: Stage):
    speech = Endless()
    waiting = stage.talk.play(iter(speech))
    assert speech.begun.wait(20)
    call(stage.talk.service.connections[0].cut)  # type: ignore[attr-defined]
    error = waiting.exception(10)
    speech.release.set()
    assert isinstance(error, StateError)
    assert error.code == "call_lost"
    assert stage.states()["connection_state"] == "connected"


@pytest.mark.parametrize("shown", [True, False])
def test_a_text_that_breaks_every_call_is_told_with_the_services_words(
    stage: Stage, shown: bool, monkeypatch: pytest.MonkeyPatch
):
    """To who has sent it, and to who waits for the answer."""

    def show(self: ScriptedConnection, event: dict[str, Any]) -> None:
        if shown:
            self._emit("conversation.item.added", item=event["item"])
            self._wake.set()

    def breaks(self: ScriptedConnection, event: dict[str, Any]) -> None:
        call(self.cut)

    monkeypatch.setattr(ScriptedConnection, "_on_conversation_item_create", show)
    monkeypatch.setattr(ScriptedConnection, "_on_response_create", breaks)
    monkeypatch.setattr(waits, "STOOD_S", -1.0)
    text = stage.talk.send_text("Hello.")
    said = (
        "3 calls broke off before the service had answered this; it is not sent again."
        " The last one: The scripted service was cut off."
    )
    stage.wait(lambda: any(isinstance(change, ResponseDone) for change in stage.changes))
    (end,) = [change for change in stage.changes if isinstance(change, ResponseDone)]
    assert end.error is not None
    assert (end.error["code"], end.error["message"]) == ("call_lost", said)
    assert end.error["next_step"] == "Say it in another way, or later."
    error = text.exception(10)
    if error is None:
        assert "call_lost" in stage.problems  # it was sent, and has failed since
    else:
        assert isinstance(error, ServiceUnavailable)
        assert error.message == said
        assert stage.problems == []
