"""What an agent understands reaches the recogniser, unless the client has said what to expect."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.expectations import ExpectantStages
from voice_widget.realtime.settings.parts import StageSpec

VAD = {"type": "server_vad"}
OWN = Hints(("mean of {column}",), ("tip",), "en")
EXPECTED = Hints(("what can you do",), ("two",))


class Stages(ExpectantStages):
    """No process: what would be told to it."""

    def __init__(self) -> None:
        super().__init__(StageSpec("level", "scripted", "tone", None))
        self.told: list[dict[str, Any]] = []

    def _send(self, header: Any, payload: bytes = b"") -> None:
        if header["op"] == "configure":
            self.told.append(header)

    @property
    def hints(self) -> Hints:
        return Hints(**self.told[-1]["hints"])


@pytest.fixture
def stages() -> Stages:
    made = Stages()
    made.open("sess_1", lambda event: None)
    return made


def test_where_a_client_says_nothing_the_agents_words_are_expected(stages: Stages):
    stages.configure("sess_1", turn_detection=VAD, hints=Hints(language="de"))
    stages.expect("sess_1", EXPECTED)
    assert stages.hints == Hints(EXPECTED.phrases, EXPECTED.words, "de")
    assert stages.told[-1]["turn_detection"] == VAD
    # Later settings keep it.
    stages.configure("sess_1", turn_detection=None, hints=Hints())
    assert stages.hints.phrases == EXPECTED.phrases
    assert stages.told[-1]["turn_detection"] is None


def test_what_the_client_expects_counts(stages: Stages):
    stages.configure("sess_1", turn_detection=VAD, hints=OWN)
    stages.expect("sess_1", EXPECTED)
    assert stages.hints == OWN
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    assert stages.hints.phrases == EXPECTED.phrases


def test_the_same_expectation_costs_nothing(stages: Stages):
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    stages.expect("sess_1", EXPECTED)
    before = len(stages.told)
    stages.expect("sess_1", EXPECTED)
    assert len(stages.told) == before


def test_a_new_process_is_told_again(stages: Stages):
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    stages.expect("sess_1", EXPECTED)
    stages.open("sess_1", lambda event: None)
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    assert stages.hints.phrases == EXPECTED.phrases


def test_a_session_that_is_over_is_forgotten(stages: Stages):
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    stages.expect("sess_1", EXPECTED)
    stages.close_session("sess_1")
    before = len(stages.told)
    stages.expect("sess_1", Hints(("late",)))
    assert len(stages.told) == before
    stages.open("sess_1", lambda event: None)
    stages.configure("sess_1", turn_detection=VAD, hints=Hints())
    assert stages.hints == Hints()
