"""Real speech, by the package's own voice, through its own recogniser to the right answer."""

from __future__ import annotations

import pytest

from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.data import load

pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")

from tests.engine.spoken import in_a_room, say
from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.recognisers.pocketsphinx import PocketsphinxStt

QUESTIONS = [
    ("how many rows are there", "344"),
    ("what is the average body mass by species", "5076"),
    ("what is the median bill length", "44.45"),
    ("how many species are there", "Adelie, Gentoo and Chinstrap"),
    ("which island has the highest body mass", "4716"),
    ("sort by flipper length", "172"),
    ("are there missing values", "19 values are missing"),
    ("what can you do", "You can ask for numbers"),
]


@pytest.fixture(scope="module")
def recogniser() -> PocketsphinxStt:
    hints = NotebookAssistant(load()).hints()
    stt = PocketsphinxStt()
    stt.prepare(Hints(hints.phrases, hints.words))
    return stt


def heard(recogniser: PocketsphinxStt, text: str) -> str:
    pcm = in_a_room(say(text), lead_ms=300, tail_ms=300)
    recogniser.start()
    for start in range(0, len(pcm), 320):
        recogniser.feed(pcm[start : start + 320])
    return recogniser.finish().text


def test_spoken_questions_get_the_right_numbers(recogniser: PocketsphinxStt) -> None:
    agent = NotebookAssistant(load())
    wrong = {
        question: (text, answer)
        for question, number in QUESTIONS
        if number not in (answer := str(agent.answer(text := heard(recogniser, question))[0]))
    }
    # One voice of a machine is the hardest to recognise: one slip in eight is let pass.
    assert len(wrong) <= 1, wrong


def test_spoken_chatter_gets_no_number(recogniser: PocketsphinxStt) -> None:
    agent = NotebookAssistant(load())
    for text in (
        "glue the sheet to the dark blue background",
        "my sister lives in a small town near the sea",
    ):
        assert str(agent.answer(heard(recogniser, text))[0]).startswith("I did not get that.")
