"""Where no UDP gets from the page to the service, a call goes on by comm, by itself, and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from tests.e2e import speech
from tests.e2e.blocked import Blocked, blocked
from tests.e2e.fronts import HEARD, IMPORTS, WIDGET, call, is_answered, say_often
from tests.e2e.lab import SMALL, Lab, Notebook, launch
from tests.e2e.served import Served
from tests.serving import Weighing

SLOW_KBIT = 300  # the microphone alone is 384
NO_UDP = "--webrtc-ip-handling-policy=disable_non_proxied_udp"
CELL = f"""
from voice_widget import Local, VoiceWidget
from voice_widget.data import load
from tests.serving import weighs

df = load()


def heaviest(rows: int = 3):
    '''The heaviest rows.'''
    return df.nlargest(rows, "body_mass_g")


w = VoiceWidget({SMALL}, agent=weighs, tools=[heaviest])
w
"""
SAID = "There are 12 rows."


@pytest.fixture
def visitor(chrome: BrowserType, microphone: Path) -> Iterator[Browser]:
    """A browser that sends no UDP."""
    browser = launch(chrome, microphone, NO_UDP)
    yield browser
    browser.close()


@contextmanager
def inside(network: Blocked, chrome: BrowserType, microphone: Path) -> Iterator[Browser]:
    """A browser in this network."""
    browser = launch(chrome, microphone, executable=network.chromium)
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture
def away(chrome: BrowserType, microphone: Path, lab: Lab, tmp_path: Path) -> Iterator[Browser]:
    """A browser in a network that lets no UDP out."""
    with blocked(tmp_path, lab.port) as network, inside(network, chrome, microphone) as browser:
        yield browser


def ways(notebook: Notebook) -> Any:
    """How each call was to go, and because of what."""
    begun = "[e.event for e in w._wiring.events if e.event['type'] == 'voice_widget.call.connecting']"
    return notebook.value(f"[[e['transport'], e.get('because')] for e in {begun}]")


def talks_by_comm(notebook: Notebook, microphone: Path, folder: Path) -> None:
    """A spoken question is heard and answered over comm; what the tables and the panel say of it."""
    asked = speech.say(Weighing.QUESTION, "flite:slt", folder)
    # Behind the time in which a path is looked for.
    speech.write(microphone, [speech.silence(8), asked, speech.silence(60)])
    notebook.run_all()
    panel = notebook.panel
    notebook.wait_value("bool(w.voices)", seconds=40, pause=0.25)
    panel.get_by_role("button", name=re.compile("^Call( again)?$")).click()
    expect(panel.locator(".state", has_text=re.compile("^Connecting"))).to_be_visible()
    notebook.wait_value("w.connection_state == 'connected'", seconds=20)
    assert ways(notebook) == [["webrtc", None], ["comm", "ice_failed"]]
    expect(panel.get_by_text(re.compile("goes through the kernel"))).to_be_visible()
    notebook.wait_value("w.turns >= 2", seconds=30, pause=0.5)
    expect(panel.get_by_text(SAID)).to_be_visible()
    rows = notebook.value("__import__('json').loads(w.transcript_df.to_json(orient='records'))")
    assert [(row["role"], row["text"], row["text_heard"], row["source"], row["status"]) for row in rows] == [
        ("user", Weighing.QUESTION, None, "speech", "completed"),
        ("assistant", SAID, SAID, "speech", "completed"),
    ]
    assert rows[1]["response_gap_ms"] is not None
    assert notebook.value("w.error") is None
    assert "it needs UDP between page and service" in notebook.value("w.diagnose().way_out")
    assert notebook.live_tracks() == 1
    notebook.hang_up()
    assert notebook.value("w.notice") is None
    assert "it needs UDP between page and service" in notebook.value("w.diagnose().way_out")
    assert notebook.problems == []


def test_a_spoken_question_is_answered_and_the_next_call_tries_webrtc_first(
    lab: Lab, visitor: Browser, microphone: Path, tmp_path: Path
) -> None:
    with lab.open(visitor, lab.write("blocked.ipynb", [CELL])) as notebook:
        talks_by_comm(notebook, microphone, tmp_path)
        notebook.call()
        assert ways(notebook)[2:] == [["webrtc", None], ["comm", "ice_failed"]]


@pytest.mark.real
def test_in_a_network_that_lets_no_udp_out(lab: Lab, away: Browser, microphone: Path, tmp_path: Path) -> None:
    with lab.open(away, lab.write("away.ipynb", [CELL])) as notebook:
        talks_by_comm(notebook, microphone, tmp_path)


@pytest.mark.real
def test_udp_that_is_cut_off_in_mid_call_costs_seconds_and_not_the_call(
    lab: Lab, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    with (
        blocked(tmp_path, lab.port, at_first=False) as network,
        inside(network, chrome, microphone) as browser,
        lab.open(browser, lab.write("cut_off.ipynb", [f"{IMPORTS}\nw = {WIDGET}", "w"])) as notebook,
    ):
        notebook.run_all()
        call(notebook.panel)
        is_answered(notebook.panel)
        assert ways(notebook) == [["webrtc", None]]
        network.cut_off()
        notebook.wait_value("w.connection_state == 'reconnecting'", seconds=30)
        notebook.wait_value("w.connection_state == 'connected'", seconds=30)
        assert ways(notebook)[-1] == ["comm", "ice_failed"]
        turns = notebook.value("w.turns")
        notebook.wait_value(f"w.turns >= {turns + 2}", seconds=40, pause=0.5)
        assert notebook.value("w.error") is None
        assert notebook.live_tracks() == 1
        notebook.hang_up()
        assert notebook.problems == []


@pytest.mark.real
def test_at_a_service_elsewhere_it_goes_on_by_comm_as_well(
    lab: Lab, away: Browser, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    script = [{"hear": text, "say": f"You said {text}."} for text in HEARD]
    served = Served(tmp_path, script, "--vad", "level")
    cell = f"from voice_widget import OpenAI, VoiceWidget\nw = VoiceWidget(service={served.service()})"
    try:
        with lab.open(away, lab.write("away_served.ipynb", [cell, "w"])) as notebook:
            notebook.run_all()
            call(notebook.panel)
            is_answered(notebook.panel)
            assert ways(notebook) == [["webrtc", None], ["comm", "ice_failed"]]
            notebook.wait_value("w.turns >= 2", seconds=20)
            rows = notebook.value("[[row['role'], row['text'], row['source']] for row in w.transcript][:2]")
            assert rows == [["user", "one", "speech"], ["assistant", "You said one.", "speech"]]
            notebook.hang_up()
            assert notebook.problems == []
    finally:
        served.end()


@pytest.mark.real
def test_a_line_too_slow_for_the_sound_is_told_of_and_the_call_goes_on(
    lab: Lab, chrome: BrowserType, microphone: Path, tmp_path: Path
) -> None:
    say_often(microphone, tmp_path)
    by_comm = WIDGET.replace("VoiceWidget(", "VoiceWidget(transport='comm', ", 1)
    with (
        blocked(tmp_path, lab.port) as network,
        inside(network, chrome, microphone) as browser,
        lab.open(browser, lab.write("slow.ipynb", [f"{IMPORTS}\nw = {by_comm}", "w"])) as notebook,
    ):
        notebook.run_all()
        call(notebook.panel)
        is_answered(notebook.panel)
        network.slow_down(SLOW_KBIT)
        notebook.wait_value("(w.notice or {}).get('code') == 'line_too_slow'", seconds=40, pause=0.5)
        expect(notebook.panel.get_by_text("Part of what you say is lost")).to_be_visible()
        notebook.hang_up()
        network.speed_up()
        call(notebook.panel)
        notebook.wait_value("w.turns >= 2", seconds=40, pause=0.5)
        notebook.hang_up()
        assert notebook.problems == []
