"""A spoken question calls a function of the notebook, once it is allowed: at a card, or from Python."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab

SETUP = [
    """
from voice_widget import Local, Tool, ToolCall, VoiceWidget
from voice_widget.data import load

df = load()


def heaviest(column: str = "body_mass_g", rows: int = 3):
    '''The rows with the largest values of a column.'''
    return df.nlargest(rows, column)


def agent(turn):
    if turn.results:
        last = turn.results[-1].text
        yield "That was not allowed." if "not approved" in last else "Here they are."
    else:
        yield ToolCall("heaviest", {"rows": 12})


service = Local(vad="level", tts="tone", script=[{"hear": "which are the heaviest", "say": ""}])
w = VoiceWidget(service=service, agent=agent, tools=[Tool(heaviest, needs_approval=True)])
""",
    "w",
]
ROWS = "__import__('json').loads(w.tool_calls_df.to_json(orient='records'))"


def test_a_question_runs_a_tool_over_the_data_once_it_is_allowed(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    question = speech.say("which are the heaviest", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(120)])
    with lab.open(browser, lab.write("tools.ipynb", SETUP)) as notebook:
        notebook.run_all()
        panel, page = notebook.panel, notebook.page
        notebook.call()

        # By mouse, as the model wrote it.
        card = panel.get_by_role("group", name="Allow heaviest?")
        expect(card).to_be_visible(timeout=30_000)
        expect(card).to_contain_text("rows: 12")
        assert notebook.value("len(w.results)") == 0
        card.get_by_role("button", name="Allow once").click()
        notebook.wait_value("len(w.transcript) == 2", seconds=40)
        expect(card).to_be_hidden()
        [first] = notebook.value(ROWS)
        assert (first["approval"], first["status"], first["seq"]) == ("approved", "completed", 1)
        assert first["output"].startswith("12 rows, ")
        assert 0 < first["start_ms"] <= first["end_ms"]
        # The model got ten rows, the cell has them all, under the question.
        assert notebook.value("len(w.results[0].value)") == 12
        table = page.locator(".jp-OutputArea table").first
        expect(table.locator("tbody tr")).to_have_count(12)

        # By keyboard, with other arguments.
        field = panel.locator("form").get_by_role("textbox")
        field.fill("once more")
        field.press("Enter")
        card.get_by_role("button", name="Change").press("Enter")
        arguments = panel.get_by_role("textbox", name="Arguments, as JSON")
        expect(arguments).to_be_focused()
        arguments.fill('{"rows": "many"}')
        arguments.press("Tab")
        page.keyboard.press("Enter")
        expect(card.get_by_role("alert")).to_contain_text("rows")
        arguments.fill('{"rows": 2}')
        arguments.press("Tab")
        page.keyboard.press("Enter")
        notebook.wait_value("len(w.transcript) == 4", seconds=40)
        second = notebook.value(ROWS)[1]
        assert (second["approval"], second["approved_arguments"]) == ("edited", '{"rows": 2}')
        assert notebook.value("len(w.results[1].value)") == 2

        # From Python.
        notebook.run("w.on('approval', lambda call: w.reject_tool_call(call['tool_call_id'], 'enough'))")
        field.fill("and again")
        field.press("Enter")
        notebook.wait_value("len(w.transcript) == 6", seconds=40)
        assert notebook.value("w.transcript[-1]['text']") == "That was not allowed."
        third = notebook.value(ROWS)[2]
        assert (third["approval"], third["status"], third["reason"]) == ("rejected", "rejected", "enough")
        expect(panel.get_by_text("not allowed", exact=False).first).to_be_visible()
        assert notebook.value("len(w.results)") == 2
        assert notebook.problems == []
