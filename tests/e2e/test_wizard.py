"""A person answers in the assistant's place, at the panel's desk: by a suggestion, and by typing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab

ASKED = "when is the tide high"
SETUP = [
    f"""
from voice_widget import Local, VoiceWidget, Wizard

wizard = Wizard(desk=True, suggestions=lambda turn: "At six.\\nAt noon.", replies=["Say that again."])
service = Local(vad="level", tts="tone", script=[{{"hear": {ASKED!r}, "say": ""}}])
w = VoiceWidget(service=service, agent=wizard)
""",
    "w",
]


@pytest.mark.real
def test_a_spoken_question_is_answered_at_the_desk(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    speech.write(
        microphone, [speech.silence(2), speech.say(ASKED, "flite:slt", tmp_path), speech.silence(120)]
    )
    with lab.open(browser, lab.write("wizard.ipynb", SETUP)) as notebook:
        notebook.run_all()
        desk = notebook.panel.get_by_role("group", name="Desk of the wizard")
        sign, at_noon = desk.get_by_role("status"), desk.get_by_role("button", name="At noon.")
        expect(sign).to_have_text("Nobody waits for your answer.")
        notebook.call()
        expect(sign).to_contain_text(ASKED, timeout=30_000)
        at_noon.click()
        notebook.wait_value("w.turns >= 2", seconds=40)
        expect(sign).to_have_text("Nobody waits for your answer.")

        field = notebook.panel.locator("form").get_by_role("textbox")
        field.fill("and tomorrow")
        field.press("Enter")
        expect(sign).to_contain_text("and tomorrow", timeout=30_000)
        answer = desk.get_by_role("textbox")
        answer.press_sequentially("An hour later.")
        answer.press("Enter")
        notebook.wait_value("w.turns >= 4", seconds=40)
        expect(answer).to_have_value("")
        said = [ASKED, "At noon.", "and tomorrow", "An hour later."]
        assert notebook.value("[row['text'] for row in w.transcript]") == said
        notebook.hang_up()
        assert notebook.problems == []
