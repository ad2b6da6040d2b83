"""Who looks at the events of a call finds them in the panel, as the kernel has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook, wait_for

SETUP = [
    "from voice_widget import Local, VoiceWidget\n"
    "service = Local(vad='level', tts='tone', script=[{'hear': '', 'say': ''}])\n"
    "w = VoiceWidget(service=service, agent=lambda turn: 'there are forty four rows')",
    "w",
]


# In which rows of the user's lane there is the colour of the probability's line: the first and the last.
LINE = """() => {
    const root = document.querySelector('[data-voice-widget]').shadowRoot;
    const canvas = root.querySelector('canvas');
    const ink = getComputedStyle(root.querySelector('.panel')).color.match(/[\\d.]+/g).map(Number);
    const [width, lane] = [canvas.width, Math.floor(canvas.height / 2)];
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, lane);
    const rows = [];
    for (let y = 0; y < lane; y++)
        for (let x = 0; x < width; x++) {
            const at = 4 * (y * width + x);
            if (data[at + 3] > 150 && [0, 1, 2].every((i) => Math.abs(data[at + i] - ink[i]) < 12)) {
                rows.push(y);
                break;
            }
        }
    return rows.length ? [rows[0] / lane, rows.at(-1) / lane] : null;
}"""


def pieces(notebook: Notebook) -> int:
    """So many pieces of the probability has the kernel got."""
    return int(notebook.value("w._wiring.talk.activity.since(0)['next']"))


@pytest.mark.real
def test_who_opens_the_events_sees_how_likely_there_was_speech(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    said = speech.say("how many rows are there in the table", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), *[said, speech.silence(5)] * 8])
    setup = [
        "from voice_widget import Local, VoiceWidget\n"
        "service = Local(vad='silero', tts='tone', script=[{'hear': 'how many', 'say': ''}] * 8)\n"
        "w = VoiceWidget(service=service, agent=lambda turn: 'many')",
        "w",
    ]
    with lab.open(browser, lab.write("likely.ipynb", setup)) as notebook:
        page, panel = notebook.page, notebook.panel
        notebook.run_all()
        panel.scroll_into_view_if_needed()
        notebook.call()
        notebook.wait_value("w.turns >= 2", seconds=40)
        assert pieces(notebook) == 0  # nobody has looked, and nobody was asked
        assert page.evaluate(LINE) is None
        panel.get_by_role("button", name="Events", exact=True).click()
        legend = panel.get_by_role("list", name="Drawn in your lane")
        likely = legend.get_by_text("probability of speech")
        expect(legend.get_by_text("threshold 0.50")).to_be_visible()
        for text in ("turn ended by silence", "taken for speech by the service"):
            expect(legend.get_by_text(text)).to_be_visible()

        def value() -> float:
            return float(likely.inner_text().split()[-1])

        wait_for(lambda: value() > 0.9, seconds=20, what="speech is likely while it is spoken")
        wait_for(lambda: value() < 0.1, seconds=20, what="and silence is not")

        def drawn() -> bool:
            rows = page.evaluate(LINE)
            return rows is not None and rows[0] < 0.3 and rows[1] > 0.7

        wait_for(drawn, seconds=10, what="the line is drawn, high and low")
        # It lies where the page heard the voice, each by the clock of its samples.
        lies = """
def lies():
    found = w._wiring.talk.activity.since(0)['pieces']
    steps = [(p['at'] + n * p['step_ms'] / 1000, q)
             for p in found for n, q in enumerate(p['probabilities'])]
    ups = [at for (_, a), (at, b) in zip(steps, steps[1:]) if a < 0.5 <= b]
    origin = w._wiring.talk.session._context.call.page.clock.origin
    heard = [e.event for e in w._wiring.events if e.event['type'] == 'voice_widget.page.voiced']
    marks = [origin + e['at_ms'] / 1000 for e in heard if e['side'] == 'user' and e['voiced']]
    return [min((abs(up - at) for at in marks), default=9) for up in ups]
"""
        notebook.run(lies)
        away = notebook.value("lies()")
        assert away
        assert min(away) < 0.4, away
        assert notebook.value("not w.events_df['type'].str.contains('voice_activity').any()")
        # Shut, it is not asked for any more, and a moment later told no more.
        panel.get_by_role("button", name="Close the events").click()
        before = [0]

        def rests() -> bool:
            before.append(pieces(notebook))
            return before[-1] == before[-2]

        wait_for(rests, seconds=20, what="nothing is told any more", pause=1.0)
        assert page.evaluate(LINE) is None
        notebook.hang_up()
        assert notebook.problems == []


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
        events = panel.get_by_role("tree", name="Events")
        expect(events.get_by_role("treeitem").first).to_be_visible()
        panel.get_by_role("searchbox", name="Search").fill("response.done")
        done = events.get_by_role("treeitem").filter(has_text="response.done")
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


@pytest.mark.real
def test_widgets_of_one_page_share_what_is_seldom_used(lab: Lab, browser: Browser) -> None:
    made = (
        "from voice_widget import ScriptedService, VoiceWidget\n"
        "service = ScriptedService([{{'hear': 'hi', 'say': 'Hi.'}}])\n"
        "{0} = VoiceWidget(service=service, transport='memory')\n{0}"
    )
    with lab.open(browser, lab.write("two.ipynb", [made.format(name) for name in "vw"])) as notebook:
        notebook.run_all()
        panels = notebook.page.locator("[data-voice-widget]")
        expect(panels).to_have_count(2)
        notebook.run("w.connect().result(20)")
        for panel in panels.all():
            panel.scroll_into_view_if_needed()
            panel.get_by_role("button", name="Settings").click()
            expect(panel.get_by_label("Turn taking")).to_be_visible()
            panel.get_by_role("button", name="Settings").click()
        # Each widget has a lit-html of its own: what the first one's made, the second one's draws.
        panels.last.get_by_role("button", name="Events", exact=True).click()
        expect(panels.last.get_by_role("treeitem").filter(has_text="response.done")).to_be_visible()
        loaded = "Object.keys(globalThis[Symbol.for('voice_widget.extras')]).length"
        assert notebook.page.evaluate(loaded) == 1
        assert notebook.problems == []
