"""Traits, `w.settings` and the page say of the settings what is in force, whatever becomes of an answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, SemanticVad, ServerVad, VoiceWidget
from voice_widget.call.outbox import Outbox
from voice_widget.errors import ServiceRefused, ServiceUnavailable
from voice_widget.services.scripted_session import ScriptedConnection

Fields = dict[str, Any]


class Willful(ScriptedService):
    """Another's service. What it does with a change of settings can be set for each session.

    Guess: that a service answers and keeps its own is seen with compatible servers, not captured.
    """

    def __init__(self) -> None:
        super().__init__([])
        self.capabilities = replace(self.capabilities, kernel_agent=False, voices=(), any_voice=True)
        self.does = ""

    async def connect(self, **options: Any) -> ScriptedConnection:
        connection = WillfulSession(self, next(self._numbers), options["session"], sideband=False)
        self.connections.append(connection)
        return connection


class WillfulSession(ScriptedConnection):
    def _on_session_update(self, event: Fields) -> None:
        does = self._service.does  # type: ignore[attr-defined]
        heard = event["session"].get("audio", {}).get("input", {})
        if does == "refuses":
            self._error(event, "invalid_value", "No.")
            return
        if does == "keeps":
            heard.pop("turn_detection", None)
        elif does == "puts another" and "turn_detection" in heard:
            heard["turn_detection"] = {"type": "server_vad", "silence_duration_ms": 1234}
        super()._on_session_update(event)
        if does == "says nothing":
            self._outbox.pop()


@pytest.fixture
def service() -> Willful:
    return Willful()


@pytest.fixture
def widget(pages: list[Page], service: Willful) -> Iterator[VoiceWidget]:  # noqa: F811
    made = VoiceWidget(service=service, transport="memory", turn_detection=ServerVad())
    made.connect().result(20)
    yield made
    made.close()


def said(widget: VoiceWidget, page: Page) -> list[Any]:
    """How a turn's end is found: by the trait, by the settings and in the page."""
    assert widget._wiring.publisher.flush(calls=True)
    return [widget.turn_detection, widget.settings.turn_detection, page.state["turn_detection"]]


@pytest.mark.parametrize("does", ["keeps", "puts another", "refuses", ""])
def test_all_say_what_the_service_made_of_a_change(
    widget: VoiceWidget,
    service: Willful,
    pages: list[Page],  # noqa: F811
    does: str,
):
    page = next(page for page in pages if page.comm_id == widget.model_id)
    told: list[Any] = []
    widget.on("state", lambda state: told.append(state["value"]) if state["name"] == "turn_detection" else 0)
    service.does = does
    for change in (SemanticVad(), SemanticVad(eagerness="low")):
        widget.turn_detection = change  # type: ignore[assignment]
        if does == "refuses":
            with pytest.raises(ServiceRefused):
                widget.update(turn_detection=change).result(20)
        else:
            widget.update(turn_detection=change).result(20)
        kinds = [{} if one is None else dict(one) for one in said(widget, page)]
        assert {one["type"] for one in kinds} == {"server_vad" if does else "semantic_vad"}
        silences = {one.get("silence_duration_ms", 500) for one in kinds}
        assert silences == {1234 if does == "puts another" else 500}
    assert all(one != other for one, other in itertools.pairwise(told))
    service.does = ""
    widget.update(speed=1.25).result(20)  # another setting is taken, and does not bring the refused one along
    kinds = [{} if one is None else dict(one) for one in said(widget, page)]
    assert len({one["type"] for one in kinds}) == 1


def test_a_lost_answer_costs_one_change_and_no_later_one(
    widget: VoiceWidget,
    service: Willful,
    pages: list[Page],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(Outbox.ask, "__defaults__", (0.05,))
    service.does = "says nothing"
    with pytest.raises(ServiceUnavailable) as raised:
        widget.update(speed=1.25).result(20)
    assert raised.value.code == "update_timeout"
    monkeypatch.setattr(Outbox.ask, "__defaults__", (5.0,))
    service.does = ""
    for speed in (1.3, 1.4):
        widget.update(speed=speed).result(20)
        assert widget.settings.speed == speed
    widget.turn_detection = SemanticVad()  # type: ignore[assignment]
    widget.update(instructions="Be kind.").result(20)
    page = next(page for page in pages if page.comm_id == widget.model_id)
    assert {one["type"] for one in said(widget, page)} == {"semantic_vad"}
    assert widget.settings.instructions == "Be kind."
    assert widget.error is None
