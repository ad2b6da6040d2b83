from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from voice_widget import ScriptedService, VoiceWidget
from voice_widget.threads import loop as loops


class Unspeakable(Exception):
    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.error = error

    def __str__(self) -> str:
        raise self.error


# SystemExit in a callback of the loop would end its thread.
@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_error_of_a_service_that_has_no_words_is_told_all_the_same(error: type[BaseException]):
    widget = VoiceWidget(service=ScriptedService([]), transport="memory")
    try:

        async def fails() -> None:
            raise Unspeakable(error)

        told: Future[None] = widget._wiring.told(loops.submit(fails()))
        with pytest.raises(Unspeakable):
            told.result(20)
        assert widget._wiring.publisher.flush(5)
        assert widget.error is not None
        assert widget.error["message"] == "Unspeakable, whose text cannot be made"
        assert loops.call(lambda: "still here") == "still here"
    finally:
        widget.close()


class Spying:
    """An agent that writes down on which threads its attributes are looked up."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def __call__(self, turn: Any) -> str:
        return "Yes."

    def __getattr__(self, name: str) -> Any:
        if name != "threads":
            self.threads.add(threading.current_thread().name)
        raise AttributeError(name)


def test_the_loop_thread_looks_at_no_agent():
    agent = Spying()
    widget = VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent)
    try:
        widget._wiring.talk.warm().result(20)
        assert agent.threads
        assert loops.LOOP_THREAD not in agent.threads
    finally:
        widget.close()
