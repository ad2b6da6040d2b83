"""A server that goes in mid-talk: the widget comes back to it, and the talk goes on whole."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from websockets.sync.client import connect

from tests.e2e import speech
from tests.e2e.lab import Lab, Notebook
from tests.e2e.served import Served
from tests.e2e.test_faults import ask

QUESTION = "how many rows are there"
# Each session hears and says this from the beginning.
SCRIPT = [
    {"hear": QUESTION, "say": "There are many."},
    {"hear": QUESTION, "say": "As many as before."},
    {"hear": QUESTION, "say": "Count them."},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"), SCRIPT)
    yield server
    server.end()


@pytest.fixture
def served(server: Served) -> Served:
    """It runs, whatever a test before has done to it."""
    server.start()
    return server


def cells(served: Served, widget: str = "") -> list[str]:
    made = f"w = VoiceWidget(service={served.service()}, {widget})"
    return [f"from voice_widget import OpenAI, VoiceWidget\n{made}", "w"]


def rows(notebook: Notebook) -> list[dict[str, Any]]:
    return list(notebook.value("__import__('json').loads(w.transcript_df.to_json(orient='records'))"))


def texts_at(served: Served, call_id: str, item_ids: list[str]) -> list[str]:
    """What the server has of some turns, as somebody else beside the call sees it."""
    address = f"ws://127.0.0.1:{served.port}/v1/realtime?call_id={call_id}"
    texts: list[str] = []
    with connect(address, additional_headers={"Authorization": f"Bearer {served.key}"}, proxy=None) as socket:
        for item_id in item_ids:
            socket.send(json.dumps({"type": "conversation.item.retrieve", "item_id": item_id}))
            kind = ""
            while kind not in ("conversation.item.retrieved", "error"):
                event = json.loads(socket.recv(10))
                kind = event["type"]
            assert kind != "error", event
            (part,) = event["item"]["content"]
            texts.append(part.get("text") or part["transcript"])
    return texts


def same_microphone(notebook: Notebook) -> bool:
    """It was asked for once, by the first click, and is open."""
    return bool(
        notebook.page.evaluate("() => seen.tracks.length === 1 && seen.tracks[0].readyState === 'live'")
    )


def test_a_server_that_is_killed_and_started_again(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, served: Served
) -> None:
    # Asked again and again, and heard where the microphone is not muted.
    asked = [speech.silence(2), *(speech.say(QUESTION, "flite:slt", tmp_path), speech.silence(8)) * 9]
    speech.write(microphone, asked)
    with lab.open(browser, lab.write("killed-server.ipynb", cells(served))) as notebook:
        notebook.run_all()
        notebook.call()
        notebook.wait_value("w.turns >= 2", seconds=30)
        notebook.panel.get_by_role("button", name="Mute", exact=True).click()
        ask(notebook, "before")
        served.end(signal.SIGKILL)
        expect(notebook.panel).to_contain_text(
            re.compile(r"Reconnecting\s+try \d of 3 in \d s"), timeout=30_000
        )
        assert notebook.value("w.connection_state") == "reconnecting"
        served.start()
        notebook.wait_value("w.connection_state == 'connected'", seconds=30)
        assert same_microphone(notebook)
        ask(notebook, "after")
        notebook.panel.get_by_role("button", name="Unmute", exact=True).click()
        notebook.wait_value("w.turns >= 8", seconds=40)
        talk = rows(notebook)
        assert [row["text"] for row in talk] == [
            *(QUESTION, "There are many.", "before", "As many as before."),
            *("after", "There are many.", QUESTION, "As many as before."),
        ]
        assert [row["source"] == "typed" for row in talk[::2]] == [False, True, True, False]
        assert {row["status"] for row in talk} == {"completed"}
        assert not any(row["interrupted"] for row in talk)
        calls = [row["call_id"] for row in talk]
        assert len({*calls}) == 2
        assert calls == [calls[0]] * 4 + [calls[4]] * 4
        # The new server knows the whole talk, the first part of it by what it was told.
        items = [row["item_id"] for row in talk]
        assert texts_at(served, calls[-1], items) == [row["text"] for row in talk]
        assert notebook.value("w.error") is None
        assert same_microphone(notebook)
        assert notebook.problems == []


@pytest.mark.real
def test_a_server_that_stays_away_and_one_that_is_back_for_the_retry(
    lab: Lab, browser: Browser, microphone: Path, served: Served
) -> None:
    speech.write(microphone, [speech.silence(90)])
    with lab.open(browser, lab.write("away.ipynb", cells(served, "transport='comm'"))) as notebook:
        notebook.run_all()
        notebook.call()
        ask(notebook, "before")
        served.end(signal.SIGKILL)
        notebook.wait_value("w.connection_state == 'error'", seconds=40)
        error = notebook.value("w.error")
        assert error["code"]
        assert error["next_step"]
        expect(notebook.panel.get_by_text(error["message"])).to_be_visible()
        assert notebook.live_tracks() == 0
        served.start()
        notebook.panel.get_by_role("button", name="Retry", exact=True).click()
        notebook.wait_value("w.connection_state == 'connected'", seconds=30)
        assert notebook.value("w.error") is None
        ask(notebook, "after")
        talk = rows(notebook)
        assert [row["text"] for row in talk] == ["before", "There are many.", "after", "There are many."]
        assert len({row["call_id"] for row in talk}) == 2
        # A session by WebSocket has no call that others could look into: what was told is in its events.
        told = notebook.value("list(w.events_df.query('direction == \"sent\"').event)")
        replayed = [
            json.loads(event)["item"]["id"] for event in told if '"conversation.item.create"' in event
        ]
        assert replayed == [talk[0]["item_id"], talk[0]["item_id"], talk[1]["item_id"], talk[2]["item_id"]]
        assert notebook.problems == []


@pytest.mark.real
def test_a_wrong_key_is_named_and_the_right_one_works(
    lab: Lab, browser: Browser, microphone: Path, served: Served
) -> None:
    speech.write(microphone, [speech.silence(60)])
    made = f"w = VoiceWidget(service={served.service(key='sk-of-somebody-else')})"
    notebook_cells = [f"from voice_widget import OpenAI, VoiceWidget\n{made}", "w"]
    with lab.open(browser, lab.write("wrong-key.ipynb", notebook_cells)) as notebook:
        notebook.run_all()
        notebook.panel.get_by_role("button", name="Call", exact=True).click()
        notebook.wait_value("w.connection_state == 'error'")
        error = notebook.value("w.error")
        assert error["code"] == "invalid_api_key"
        assert "key" in error["next_step"]
        assert "sk-of" not in str(error)
        for text in (error["message"], error["next_step"]):
            expect(notebook.panel.get_by_text(text)).to_be_visible()
        assert notebook.live_tracks() == 0
        notebook.run(f"w.close()\nw = VoiceWidget(service={served.service()})")
        notebook.command("notebook:clear-all-cell-outputs")
        notebook.page.evaluate(
            """() => {
              const notebook = window.jupyterapp.shell.currentWidget.content;
              notebook.activeCellIndex = 1;
              void window.jupyterapp.commands.execute("notebook:run-cell");
            }"""
        )
        expect(notebook.panel).to_be_visible()
        notebook.call()
        ask(notebook, "hello")
        assert notebook.value("list(w.transcript_df.text)") == ["hello", "There are many."]
        assert notebook.value("w.error") is None
        assert notebook.problems == []
