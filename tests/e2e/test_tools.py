"""A question calls a function of the notebook, once it is allowed: by mouse, by keyboard or from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook

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
FAILING = [
    """
import asyncio

from voice_widget import Local, Tool, ToolCall, VoiceWidget


def burns():
    '''Raise.'''
    raise KeyError("the printer burns")


async def hangs():
    '''Never end.'''
    await asyncio.Event().wait()


def pours():
    '''Give 50 MB.'''
    return "x" * 50_000_000


def odd():
    '''Give what nobody can read.'''
    return object()


def counts(rows: int):
    '''Take a number.'''
    return rows


def waits():
    '''Need leave.'''
    return "done"


def agent(turn):
    if turn.results:
        yield "That failed." if '"error"' in turn.results[-1].text else "Done."
    else:
        name = turn.text if turn.text in TOOLS else "burns"
        yield ToolCall(name, {"rows": "many"} if name == "counts" else {})


TOOLS = ("hangs", "pours", "odd", "counts", "waits")
tools = [burns, Tool(hangs, timeout_s=1), pours, odd, counts]
tools.append(Tool(waits, needs_approval=True, approval_timeout_s=2))
service = Local(vad="level", tts="tone", script=[{"hear": "what burns", "say": ""}])
w = VoiceWidget(service=service, agent=agent, tools=tools)
""",
    "w",
]
REASONS = {
    "hangs": "hangs gave nothing for 1 s, and was given up.",
    "odd": "The result cannot be written as JSON",
    "counts": "rows",
    "waits": "waits was not approved: nobody answered in 2 s.",
}
ROWS = "__import__('json').loads(w.tool_calls_df.to_json(orient='records'))"
LAST = "w.approvals[-1]['tool_call_id']"
# The key that leads on to an element, if it has not the focus.
WAY = """(element) => {
  const at = element.getRootNode().activeElement;
  if (at === element) return "";
  return at?.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING ? "Tab" : "Shift+Tab";
}"""
PYTHON = {
    "approved": f"w.approve_tool_call({LAST}).result(10)",
    "edited": f"w.approve_tool_call({LAST}, arguments={{'rows': 2}}).result(10)",
    "rejected": f"w.reject_tool_call({LAST}, 'enough').result(10)",
}


class Mouse:
    """Answers at the card with the mouse."""

    def __init__(self, notebook: Notebook) -> None:
        """It needs nothing of the notebook."""

    def reach(self, element: Locator) -> None:
        element.click()

    press = reach


class Keyboard:
    """Answers at the card with keys only: with Tab to what it needs, from where the focus is."""

    def __init__(self, notebook: Notebook) -> None:
        self._page = notebook.page

    def reach(self, element: Locator) -> None:
        for _ in range(40):
            if not (key := element.evaluate(WAY)):
                return
            self._page.keyboard.press(key)
        raise AssertionError(f"no key leads to {element}")

    def press(self, button: Locator) -> None:
        self.reach(button)
        self._page.keyboard.press("Enter")


def types(notebook: Notebook, text: str) -> None:
    """Ask by the panel's field."""
    field = notebook.panel.locator("form").get_by_role("textbox")
    field.fill(text)
    field.press("Enter")


def decide(notebook: Notebook, hand: Mouse | Keyboard, answer: str) -> None:
    """Answer at the card."""
    card, keys = notebook.panel.locator(".ask"), notebook.page.keyboard
    arguments = card.get_by_role("textbox", name="Arguments, as JSON")
    reason = card.get_by_role("textbox", name="Why not")

    def press(name: str) -> None:
        hand.press(card.get_by_role("button", name=name))

    def writes(field: Locator, text: str) -> None:
        expect(field).to_be_focused()
        keys.press("ControlOrMeta+A")
        keys.type(text)

    if answer == "approved":
        press("Allow once")
    elif answer == "edited":
        press("Change")
        writes(arguments, '{"rows": "many"}')
        press("Allow with these")
        expect(card.get_by_role("alert")).to_contain_text("rows")
        hand.reach(arguments)
        writes(arguments, '{"rows": 2}')
        press("Allow with these")
    else:
        press("Reject")
        writes(reason, "enough")
        press("Reject")


def test_a_question_runs_a_tool_over_the_data_once_it_is_allowed(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    question = speech.say("which are the heaviest", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(120)])
    with lab.open(browser, lab.write("tools.ipynb", SETUP)) as notebook:
        notebook.run_all()
        panel, page = notebook.panel, notebook.page
        notebook.call()

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
        table = page.locator(".jp-OutputArea table.dataframe").first
        expect(table.locator("tbody tr")).to_have_count(12)

        # What raises in a cell's own function is told at once, with the place.
        notebook.run(
            "@w.tool(name='heaviest')\ndef burns(rows: int):\n    raise KeyError('the printer burns')"
        )
        types(notebook, "and now")
        notebook.wait_value("len(w.transcript) == 4", seconds=40)
        second = notebook.value(ROWS)[1]
        assert (second["status"], second["error"]) == ("failed", "KeyError: 'the printer burns'")
        assert "in burns" in second["traceback"]
        assert second["duration_ms"] < 5_000
        assert notebook.problems == []


@pytest.mark.real
def test_a_tool_that_fails_leaves_the_talk_alive_and_its_reason_readable(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    question = speech.say("what burns", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(120)])
    with lab.open(browser, lab.write("failing.ipynb", FAILING)) as notebook:
        notebook.run_all()
        panel = notebook.panel

        def read(place: int, reason: str, how: str) -> None:
            """The line of a call says how it ended and, opened, why."""
            line = panel.locator(".tool").nth(place)
            expect(line.locator(".how")).to_contain_text(how)
            line.locator("summary").click()
            told = line.locator("dd").last
            expect(told).to_be_visible()
            expect(told).to_contain_text(reason)

        notebook.call()
        notebook.wait_value("len(w.transcript) == 2", seconds=40)
        read(0, "KeyError: 'the printer burns'", "failed")
        for count, name in enumerate(("hangs", "pours", "odd", "counts", "waits"), 2):
            types(notebook, name)
            notebook.wait_value(f"len(w.transcript) == {2 * count}", seconds=20)
            if name == "pours":  # of what is so long the page gets the beginning, and where the rest is
                read(count - 1, "All of it is in w.tool_calls_df.", "s")
            else:
                read(count - 1, REASONS[name], "not allowed" if name == "waits" else "failed")
        # And after all of that one can still ask, and is answered: the file is spoken anew.
        notebook.hang_up()
        notebook.run("@w.tool(name='burns')\ndef mended():\n    '''No more.'''\n    return 'all is well'")
        notebook.call()
        notebook.wait_value("len(w.transcript) == 14", seconds=40)
        read(6, "all is well", "s")

        rows = notebook.value(ROWS)
        assert [row["name"] for row in rows] == ["burns", "hangs", "pours", "odd", "counts", "waits", "burns"]
        ends = [row["status"] for row in rows]
        assert ends == ["failed", "failed", "completed", "failed", "failed", "rejected", "completed"]
        for row in rows[1:]:
            assert REASONS.get(row["name"], "") in (row["error"] or "")
        assert "in burns" in rows[0]["traceback"]
        assert rows[2]["output"].endswith("Cut here, of 50,000,000 characters. Ask for less, or for a part.")
        assert (rows[5]["approval"], rows[5]["reason"]) == ("expired", "nobody answered in 2 s")
        said = notebook.value("[row['text'] for row in w.transcript if row['role'] == 'assistant']")
        assert said == ["That failed.", "That failed.", "Done.", *["That failed."] * 3, "Done."]
        sources = notebook.value("[row['source'] for row in w.transcript if row['role'] == 'user']")
        assert sources == ["speech", *["typed"] * 5, "speech"]
        assert notebook.value("w.connection_state") == "connected"
        assert notebook.problems == []


@pytest.mark.parametrize(
    "hand",
    [
        pytest.param(Mouse, id="mouse"),
        pytest.param(Keyboard, id="keyboard", marks=pytest.mark.real),
        pytest.param(None, id="Python", marks=pytest.mark.real),
    ],
)
def test_a_call_is_approved_edited_and_rejected(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, hand: type[Mouse | Keyboard] | None
) -> None:
    question = speech.say("which are the heaviest", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(1), question, speech.silence(120)])
    with lab.open(browser, lab.write("decided.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.call()
        card = notebook.panel.get_by_role("group", name="Allow heaviest?")
        for count, answer in enumerate(PYTHON, 1):
            before = notebook.value("len(w.results)")
            if count > 1:  # the first is spoken
                types(notebook, f"number {count}")
            expect(card).to_be_visible(timeout=30_000)
            notebook.wait_value("len(w.approvals) == 1")
            assert notebook.value("len(w.results)") == before  # nothing runs before
            if hand is None:
                notebook.run(PYTHON[answer])
            else:
                decide(notebook, hand(notebook), answer)
            notebook.wait_value(f"len(w.transcript) == {2 * count}", seconds=40)
            expect(card).to_be_hidden()
        approved, edited, rejected = notebook.value(ROWS)
        assert (approved["approval"], approved["status"]) == ("approved", "completed")
        assert (edited["approval"], edited["status"]) == ("edited", "completed")
        assert (approved["approved_arguments"], edited["approved_arguments"]) == (None, '{"rows": 2}')
        assert notebook.value("[len(result.value) for result in w.results]") == [12, 2]
        assert (rejected["approval"], rejected["status"]) == ("rejected", "rejected")
        assert rejected["reason"] == "enough"
        assert notebook.value("w.transcript[-1]['text']") == "That was not allowed."
        expect(notebook.panel.get_by_text("not allowed", exact=False).first).to_be_visible()
        assert notebook.problems == []
