"""The watch over talks that a test leaves open."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from tests.left_open import closes_its_talks, talks
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.threads import loop as loops


def test_a_talk_that_is_left_open_is_told_of_once_and_not_where_others_are() -> None:
    with closing(VoiceWidget(service=ScriptedService([]), transport="memory")) as widget:
        with pytest.raises(AssertionError, match="not closed"), closes_its_talks(0):
            widget.connect().result(10)
        with closes_its_talks(0):
            assert talks()
    with closes_its_talks():
        pass


def test_to_look_starts_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread()])
    monkeypatch.setattr(loops, "submit", lambda coroutine: pytest.fail("it was started"))
    assert talks() == set()
