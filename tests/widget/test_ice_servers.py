"""ICE servers given to a widget: checked at once, and in nothing that is stored."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from voice_widget import VoiceWidget
from voice_widget.errors import SettingError
from voice_widget.services.scripted import ScriptedService

TURN = {"urls": "turn:turn.example.org", "username": "someone", "credential": "pa55word"}


def made(**given: Any) -> Any:
    return contextlib.closing(VoiceWidget(service=ScriptedService([]), **{"transport": "webrtc", **given}))


@pytest.mark.parametrize(
    ("given", "there"), [(TURN, True), (lambda: [TURN], True), ([], False), (None, False)]
)
def test_the_page_is_told_only_that_there_are_some(given: Any, there: bool) -> None:
    with made(ice_servers=given) as w:
        assert w.has_ice_servers is there
        stored = f"{w.get_state()} {w!r} {w._repr_mimebundle_()}"
        assert "pa55word" not in stored
        assert "turn.example.org" not in stored


def test_what_cannot_work_is_refused_before_anything_starts() -> None:
    for given in ({"ice_servers": "turn:t.org"}, {"ice_servers": TURN, "transport": "memory"}):
        with pytest.raises(SettingError), made(**given):
            pass


def test_a_fork_looks_for_its_way_by_the_same_servers() -> None:
    def fresh() -> Any:
        return TURN

    for given, same in ((fresh, fresh), (TURN, [{**TURN, "urls": [TURN["urls"]]}])):
        with made(ice_servers=given) as w, contextlib.closing(w.fork()) as other:
            assert other.has_ice_servers
            assert other._wiring.arguments()["ice_servers"] == same
