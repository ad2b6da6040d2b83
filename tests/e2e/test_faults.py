"""What goes wrong in mid-call is named, and the talk goes on where it can."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab, Notebook, wait_for
from tests.e2e.test_release import engine_pids

SETUP = [
    f"from voice_widget import Local, VoiceWidget\nw = VoiceWidget({SMALL}, agent=lambda turn: 'yes')",
    "w",
]


def ask(notebook: Notebook, text: str, panel: Locator | None = None) -> None:
    turns = notebook.value("w.turns")
    field = (panel or notebook.panel).get_by_role("textbox")
    field.fill(text)
    field.press("Enter")
    notebook.wait_value(f"w.turns >= {turns} + 2", seconds=30)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("part", ["voice_widget.engine ", "stages.process"])
def test_a_killed_engine_or_stage_process_is_replaced(
    lab: Lab, browser: Browser, microphone: Path, part: str
) -> None:
    speech.write(microphone, [speech.silence(90)])
    with lab.open(browser, lab.write("killed.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.call()
        ask(notebook, "before")
        victims = [pid for pid in engine_pids(notebook) if part in command_line(pid) + " "]
        assert len(victims) == 1
        os.kill(victims[0], signal.SIGKILL)
        if part == "stages.process":
            wait_for(
                lambda: [p for p in engine_pids(notebook) if part in command_line(p) and p != victims[0]],
                seconds=20,
                what="a new stage process",
            )
        else:
            notebook.wait_value("w.connection_state != 'connected'")
        notebook.wait_value("w.connection_state == 'connected'", seconds=30)
        assert notebook.live_tracks() == 1
        assert notebook.page.evaluate("() => seen.tracks.length") == 1  # the same microphone, no new gesture
        ask(notebook, "after")
        assert notebook.value("list(w.transcript_df.text)") == ["before", "yes", "after", "yes"]


COUNTS = "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve"
SOUNDED = "w.events_df.query(\"type == 'output_audio_buffer.started'\")['at'].max()"


@pytest.mark.real
def test_an_answer_that_a_killed_engine_cuts_says_what_of_it_was_heard(
    lab: Lab, browser: Browser, microphone: Path
) -> None:
    speech.write(microphone, [speech.silence(90)])
    agent = f"def agent(turn):\n    return {COUNTS!r} if turn.text == 'count' else 'yes'"
    # Push to talk: a click of the microphone that opens is no speech that talks over the answer.
    made = f"w = VoiceWidget({SMALL}, agent=agent, turn_detection=None)"
    cells = [f"import pandas as pd\nfrom voice_widget import Local, VoiceWidget\n{agent}\n{made}", "w"]
    with lab.open(browser, lab.write("cut.ipynb", cells)) as notebook:
        notebook.run_all()
        notebook.call()
        field = notebook.panel.get_by_role("textbox")
        field.fill("count")
        field.press("Enter")
        notebook.wait_value(f"pd.Timestamp.now('UTC') - {SOUNDED} > pd.Timedelta(1, 's')", seconds=30)
        for pid in engine_pids(notebook):
            if "voice_widget.engine " in command_line(pid) + " ":
                os.kill(pid, signal.SIGKILL)
        notebook.wait_value("w.connection_state != 'connected'")
        notebook.wait_value("w.connection_state == 'connected'", seconds=30)
        ask(notebook, "after")
        told = ["role", "status", "interrupted", "stop_reason"]
        assert notebook.value(f"w.transcript_df[{told}].fillna('').values.tolist()") == [
            ["user", "completed", False, ""],
            ["assistant", "incomplete", True, "call_lost"],
            ["user", "completed", False, ""],
            ["assistant", "completed", False, ""],
        ]
        asked, text, after, answer = notebook.value("w.transcript_df.text.tolist()")
        assert (asked, after, answer) == ("count", "after", "yes")
        heard = notebook.value("w.transcript_df.text_heard[1]")
        # A busy engine had not told all of its text yet.
        assert COUNTS.startswith(text)
        assert text.startswith(heard)
        assert 1 <= len(heard.split()) < 12


def test_call_pressed_twice_is_one_call(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(30)])
    with lab.open(browser, lab.write("twice.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.panel.get_by_role("button", name="Call", exact=True).dblclick()
        notebook.wait_value("w.connection_state == 'connected'")
        assert notebook.live_tracks() == 1
        assert notebook.value("w.error") is None
        open_peers = notebook.page.evaluate(
            "() => seen.peers.filter(p => p.connectionState !== 'closed').length"
        )
        assert open_peers == 1


@pytest.mark.real
def test_two_views_show_one_call(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(30)])
    with lab.open(browser, lab.write("views.ipynb", [*SETUP, "w"])) as notebook:
        notebook.run_all()
        notebook.call()
        panels = notebook.page.locator("[data-voice-widget]")
        expect(panels).to_have_count(2)
        for number in (0, 1):
            expect(panels.nth(number).get_by_role("button", name="Hang up")).to_be_visible()
        # JupyterLab's own second view of an output, in a tab beside the notebook.
        panels.nth(1).click(button="right", position={"x": 200, "y": 20})
        notebook.page.get_by_role("menuitem", name="Create New View for Cell Output").click()
        expect(panels).to_have_count(3)
        beside = notebook.page.locator(".jp-LinkedOutputView [data-voice-widget]")
        expect(beside.get_by_role("button", name="Hang up")).to_be_visible()
        ask(notebook, "hello", panel=beside)
        expect(beside.get_by_text("hello")).to_be_visible()
        beside.get_by_role("button", name="Mute").click()
        for number in (0, 1):
            expect(panels.nth(number).get_by_role("button", name="Unmute")).to_be_visible()
        # A page that slept for ten minutes, in which its timers stood still.
        tools = notebook.page.context.new_cdp_session(notebook.page)
        tools.send("Page.setWebLifecycleState", {"state": "frozen"})
        notebook.run("w.send_text('while it slept')")
        notebook.wait_value("w.turns >= 4")
        notebook.page.evaluate(
            "() => { const now = performance.now.bind(performance); performance.now = () => now() + 6e5; }"
        )
        tools.send("Page.setWebLifecycleState", {"state": "active"})
        expect(beside.get_by_text("while it slept")).to_be_visible()
        assert notebook.value("[w.connection_state, w.error]") == ["connected", None]
        notebook.page.locator(".lm-TabBar-tab", has_text="Output View").locator(
            ".lm-TabBar-tabCloseIcon"
        ).click()
        expect(panels).to_have_count(2)
        assert notebook.value("w.connection_state") == "connected"
        assert notebook.live_tracks() == 1
        panels.nth(1).get_by_role("button", name="Hang up").click()
        notebook.wait_value("w.connection_state == 'disconnected'")
        expect(panels.nth(0).get_by_role("button", name=re.compile("^Call"))).to_be_visible()
        assert notebook.live_tracks() == 0


@pytest.mark.real
def test_two_widgets_call_at_once(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(60)])
    cells = [*SETUP, f"v = VoiceWidget({SMALL}, agent=lambda turn: 'no')", "v"]
    with lab.open(browser, lab.write("widgets.ipynb", cells)) as notebook:
        notebook.run_all()
        panels = notebook.page.locator("[data-voice-widget]")
        for number in (0, 1):
            panels.nth(number).get_by_role("button", name="Call", exact=True).click()
        notebook.wait_value("w.connection_state == v.connection_state == 'connected'")
        for number in (0, 1):
            field = panels.nth(number).get_by_role("textbox")
            field.fill("hello")
            field.press("Enter")
        notebook.wait_value("w.turns >= 2 and v.turns >= 2", seconds=30)
        assert notebook.value("[list(w.transcript_df.text), list(v.transcript_df.text)]") == [
            ["hello", "yes"],
            ["hello", "no"],
        ]


def test_a_second_page_shows_the_call_and_says_so(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(60)])
    with lab.open(browser, lab.write("pages.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.call()
        ask(notebook, "hello")
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        other = notebook.page.context.new_page()
        other.goto(f"http://127.0.0.1:{lab.port}/lab/workspaces/other/tree/pages.ipynb?token={lab.token}")
        panel = other.locator("[data-voice-widget]").first
        expect(panel).to_be_visible(timeout=60_000)
        expect(panel.get_by_text("another page", exact=False)).to_be_visible(timeout=20_000)
        expect(panel.get_by_text("hello")).to_be_visible()
        assert notebook.value("w.connection_state") == "connected"


@pytest.mark.real
@pytest.mark.parametrize(
    ("agent", "code"),
    [
        ("def agent(turn):\n    raise RuntimeError('out of tea')", "agent_failed"),
        ("def agent(turn):\n    return None", "agent_silent"),
    ],
)
def test_a_faulty_agent_is_named_and_the_talk_goes_on(
    lab: Lab, browser: Browser, microphone: Path, agent: str, code: str
) -> None:
    speech.write(microphone, [speech.silence(60)])
    cells = [
        f"from voice_widget import Local, VoiceWidget\n{agent}\nw = VoiceWidget({SMALL}, agent=agent)",
        "w",
    ]
    with lab.open(browser, lab.write("faulty.ipynb", cells)) as notebook:
        notebook.run_all()
        notebook.call()
        field = notebook.panel.get_by_role("textbox")
        field.fill("hello")
        field.press("Enter")
        notebook.wait_value(f"(w.error or {{}}).get('code') == {code!r}")
        error = notebook.value("w.error")
        assert error["next_step"]
        expect(notebook.panel.get_by_text(error["message"])).to_be_visible()
        assert notebook.value("w.connection_state") == "connected"


def test_typing_in_the_panel_does_not_edit_the_notebook_and_the_host_keeps_its_own_keys(
    lab: Lab, browser: Browser, microphone: Path
) -> None:
    model = "window.jupyterapp.shell.currentWidget.context.model"
    with lab.open(browser, lab.write("picker.ipynb", SETUP)) as notebook:
        notebook.run_all()
        picker = notebook.panel.get_by_role("combobox", name=re.compile("voice", re.I))
        picker.focus()
        for key in ("d", "d", "b", "a"):
            picker.press(key)
        assert notebook.page.locator(".jp-Cell").count() == len(SETUP)
        field = notebook.panel.get_by_role("textbox")
        field.fill("hello")
        notebook.page.keyboard.press("Control+a")
        notebook.page.keyboard.press("Delete")
        expect(field).to_have_value("")
        assert notebook.page.locator(".jp-Cell").count() == len(SETUP)
        notebook.page.evaluate(f"() => {{ {model}.dirty = true }}")
        notebook.page.keyboard.press("Control+s")
        notebook.page.wait_for_function(f"() => !{model}.dirty")
        notebook.page.keyboard.press("Control+Shift+c")
        expect(notebook.page.locator("#modal-command-palette")).to_be_visible()
        notebook.page.keyboard.press("Escape")
