"""Who looks at the events of a call finds them in the panel, as the kernel has them."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, expect

from tests.e2e.lab import Lab

SETUP = [
    "from voice_widget import Local, VoiceWidget\n"
    "service = Local(vad='level', tts='tone', script=[{'hear': '', 'say': ''}])\n"
    "w = VoiceWidget(service=service, agent=lambda turn: 'there are forty four rows')",
    "w",
]


def test_an_event_is_found_copied_and_reached_from_its_turn(lab: Lab, browser: Browser) -> None:
    with lab.open(browser, lab.write("inspector.ipynb", SETUP)) as notebook:
        page, panel = notebook.page, notebook.panel
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        notebook.run_all()
        panel.scroll_into_view_if_needed()
        panel.get_by_role("textbox", name="Message").fill("how many rows are there")
        page.keyboard.press("Enter")
        notebook.wait_value("w.turns >= 2", seconds=40)
        # Opened by its key, from anywhere in the panel but a field.
        panel.get_by_role("button", name="Hang up").focus()
        page.keyboard.press("e")
        events = panel.get_by_role("listbox", name="Events")
        expect(events.get_by_role("option").first).to_be_visible()
        panel.get_by_role("searchbox", name="Search").fill("response.done")
        done = events.get_by_role("option").filter(has_text="response.done")
        done.last.click()
        panel.get_by_role("button", name="Copy as JSON").click()
        copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
        rows = "w.events_df[w.events_df['type'] == 'response.done']"
        assert copied == json.loads(notebook.value(f"{rows}['event'].iloc[-1]"))
        # From the answer's row to its events, which are no others'.
        item_id = notebook.value("w.transcript[-1]['item_id']")
        panel.get_by_role("button", name="Events of this turn").last.click()
        expect(panel.get_by_role("button", name="One turn")).to_be_visible()
        expect(events).to_be_focused()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        assert item_id in panel.get_by_role("region", name="The event").inner_text()
        page.keyboard.press("Escape")
        expect(events).to_have_count(0)
        expect(panel.get_by_role("button", name="Hang up")).to_be_focused()
        notebook.hang_up()
        assert notebook.problems == []
