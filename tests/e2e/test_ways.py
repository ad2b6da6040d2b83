"""A spoken question calls a function of the notebook, and by every way to the engine the rows are equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import speech
from tests.e2e.lab import SMALL, Lab
from tests.e2e.served import EachWay, Served, Traffic
from tests.serving import Weighing

Row = dict[str, Any]
MODEL = ", model='embedded'"
# By its name: what is given to the service, and to the widget. The first is our own engine.
WAYS = {
    "engine": ("", "agent=weighs"),
    "sideband": (MODEL, ""),
    "relay": (f"{MODEL}, sideband=False", ""),
    "websocket": (MODEL, "transport='comm'"),
}
SETUP = """
from voice_widget import Local, OpenAI, VoiceWidget
from voice_widget.data import load
from tests.serving import weighs

df = load()


def heaviest(rows: int = 3):
    '''The heaviest rows.'''
    return df.nlargest(rows, "body_mass_g")
"""
ROWS, SAID = 12, "There are 12 rows."
# What depends on the moment, and on whose ids they are.
MOMENTS = (
    *("start_ms", "end_ms", "service_start_ms", "service_end_ms", "started_at", "ended_at", "arrived_at"),
    *("time_source", "response_gap_ms", "duration_ms", "audible_ms", "level_db", "overlap_ms"),
    *("item_id", "call_id", "tool_call_id", "response_id"),
)


@dataclass
class Talk:
    """What became of a talk."""

    rows: list[Row]
    calls: list[Row]
    shown: int
    """So many rows of the result stood in the cell."""
    relayed: bool
    carried: bool


class Talks(EachWay[Talk]):
    """The same talk by each way."""

    def hold(self, way: str) -> Talk:
        notebook, traffic = self.notebook, self.traffic
        service, widget = WAYS[way]
        given = SMALL if way == "engine" else f"service={self.served.service(more=service)}"
        notebook.run("w.close() if 'w' in globals() else None")
        notebook.run(f"w = VoiceWidget({given}, tools=[heaviest], {widget})")
        notebook.run_all()
        expect(notebook.panel).to_be_visible()
        traffic.frames.clear()
        notebook.call()
        # Sound by comm takes its turn among whatever the kernel is asked.
        notebook.wait_value("w.turns >= 2", seconds=30, pause=0.5)
        expect(notebook.panel.get_by_text(SAID)).to_be_visible()
        assert notebook.value("w.error") is None
        table = notebook.page.locator(".jp-OutputArea table.dataframe").first
        shown = table.locator("tbody tr").count()
        notebook.hang_up()
        assert notebook.problems == []
        read = "__import__('json').loads(w.{}.to_json(orient='records'))"
        return Talk(
            notebook.value(read.format("transcript_df")),
            notebook.value(read.format("tool_calls_df")),
            shown,
            traffic.told("relay.events"),
            traffic.told("audio.played"),
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(
        tmp_path_factory.mktemp("served"), None, "--stt", "pocketsphinx", "--agent", "tests.serving:weighs"
    )
    yield server
    server.end()


@pytest.fixture(scope="module")
def talks(
    lab: Lab, browser: Browser, microphone: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Talks]:
    asked = speech.say(Weighing.QUESTION, "flite:slt", tmp_path_factory.mktemp("spoken"))
    speech.write(microphone, [speech.silence(2.5), asked, speech.silence(30)])
    traffic: list[Traffic] = []

    def prepare(page: Page) -> None:
        traffic.append(Traffic(page, served))

    with lab.open(browser, lab.write("ways.ipynb", ["w"]), prepare=prepare) as notebook:
        notebook.run(SETUP)
        yield Talks(notebook, served, traffic[0])


@pytest.fixture
def talk(talks: Talks, way: str, request: pytest.FixtureRequest) -> Talk:
    """The talk by that way; another one where the test is tried again."""
    return talks.by(way, again=getattr(request.node, "execution_count", 1) > 1)


def lasting(rows: list[Row]) -> list[Row]:
    """The rows without what is another one in each talk."""
    return [{name: value for name, value in row.items() if name not in MOMENTS} for row in rows]


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
def test_a_spoken_question_calls_the_function(talk: Talk, way: str) -> None:
    assert [(row["role"], row["text"], row["text_heard"], row["source"]) for row in talk.rows] == [
        ("user", Weighing.QUESTION, None, "speech"),
        ("assistant", SAID, SAID, "speech"),
    ]
    [call] = talk.calls
    assert (call["name"], call["arguments"], call["status"]) == (
        "heaviest",
        f'{{"rows": {ROWS}}}',
        "completed",
    )
    assert call["output"].startswith(f"{ROWS} rows, ")
    assert talk.rows[0]["end_ms"] <= call["end_ms"] <= talk.rows[1]["start_ms"]
    assert talk.shown == ROWS
    assert (talk.relayed, talk.carried) == (way == "relay", way == "websocket")


@pytest.mark.real
def test_the_rows_are_equal_by_every_way(talks: Talks) -> None:
    by = {way: talks.by(way) for way in WAYS}
    assert len(by) > 1
    for way, talk in by.items():
        assert lasting(talk.rows) == lasting(by["engine"].rows), way
        assert lasting(talk.calls) == lasting(by["engine"].calls), way
