"""Two agents of the Agents SDK in a notebook: a handoff, a tool to be allowed, a guardrail that silences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.agents.sdk.played import HEARD, PRICE, SORRY
from tests.agents.sdk.scripted import BOOKED, by_the_sdk, streams
from tests.e2e import ears, speech
from tests.e2e import lab as labs
from tests.e2e.lab import Lab
from tests.e2e.sound import SoundServer

SETUP = [
    """
from tests.agents.sdk.played import llm
from tests.agents.sdk.scripted import streams
from tests.agents.sdk.travel import RUN_CONFIG, triage
from voice_widget import Local, VoiceWidget

context, told = {}, []
service = Local(vad="level", stt="tests.agents.sdk.played:Ears", tts="espeak")
turns = {"type": "server_vad", "silence_duration_ms": 900}
w = VoiceWidget(
    service=service, agent=triage(), context=context, llm=llm, run_config=RUN_CONFIG, turn_detection=turns
)
stop = w.on("agent_event", lambda heard: told.append(heard["event"]))
""",
    "w",
]
TRIP = "guardrail triggered: no_prices"
ROWS = "__import__('json').loads(w.{}.to_json(orient='records'))"


def spoken_ms(text: str, folder: Path) -> float:
    """So long the engine's voice takes for it."""
    return len(speech.say(text, "espeak:en-us", folder)) * 1000 / speech.RATE


@pytest.fixture
def visitor(browser: Browser, spoken: SoundServer) -> Iterator[Browser]:
    """A browser whose microphone is spoken into when it is time: an answer takes as long as it takes."""
    second = labs.launch(browser.browser_type, None, "--use-fake-ui-for-media-stream", env=spoken.env)
    yield second
    second.close()


@pytest.mark.real
def test_agents_do_in_a_notebook_what_they_do_by_the_sdks_own_model(
    lab: Lab, visitor: Browser, spoken: SoundServer, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as beside:  # Playwright's loop is on this thread
        expected, _ = beside.submit(lambda: asyncio.run(by_the_sdk({}))).result(60)
    booking, price = (
        speech.write(tmp_path / f"{number}.wav", [speech.say(text, "flite:slt", tmp_path)])
        for number, text in enumerate(HEARD)
    )
    with lab.open(visitor, lab.write("sdk.ipynb", SETUP), prepare=ears.listen) as notebook:
        notebook.run_all()
        panel = notebook.panel
        notebook.call()
        spoken.speak(booking)

        card = panel.get_by_role("group", name="Allow book?")
        expect(card).to_be_visible(timeout=60_000)
        expect(card).to_contain_text("seats: 2")
        assert notebook.value("context") == {}
        card.get_by_role("button", name="Allow once").click()
        notebook.wait_value(f"w.transcript[-1:] and w.transcript[-1]['text'] == {BOOKED!r}", seconds=40)
        notebook.wait_value("w.activity == 'idle'")
        assert notebook.value("context") == {"booked": 2}

        spoken.speak(price)
        notebook.wait_value(f"w.transcript[-1]['text'] == {SORRY!r}", seconds=40)
        notebook.wait_value("w.activity == 'idle'")
        ears.catch_up(notebook.page)
        _, *after = ears.heard(notebook.page, "assistant")
        rows = notebook.value(ROWS.format("transcript_df"))
        assert [row["text"] for row in rows] == [HEARD[0], BOOKED, HEARD[1], PRICE, TRIP, SORRY]
        (cut,) = [row for row in rows if row["interrupted"]]
        assert (cut["text"], cut["stopped_by"]) == (PRICE, "interrupt")
        assert cut["text_heard"] != PRICE
        # The loudspeaker fell silent, too: of the first answer less than half was heard.
        assert (
            sum(span.end - span.start for span in after)
            < spoken_ms(SORRY, tmp_path) + spoken_ms(PRICE, tmp_path) / 2
        )
        calls = notebook.value(ROWS.format("tool_calls_df"))
        assert [(call["kind"], call["name"], call["approval"], call["output"]) for call in calls] == [
            ("handoff", "transfer_to_booking", None, '{"assistant": "booking"}'),
            ("function", "book", "approved", BOOKED),
            ("guardrail", "no_prices", None, "a price"),
        ]
        expect(panel.get_by_text("hands over")).to_be_visible()
        expect(panel.get_by_text("stopped the answer")).to_be_visible()
        assert notebook.value("w.error") is None

        # The session's own events are those of the SDK's own run.
        notebook.wait_value(f"streams(told) == {streams(expected)!r}")
        notebook.hang_up()
        assert notebook.problems == []
