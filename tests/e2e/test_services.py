"""However the widget reaches a Realtime server, the same speech becomes the same rows, and true ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.busy import busy
from tests.e2e import ears, speech
from tests.e2e.ears import Span
from tests.e2e.lab import Lab
from tests.e2e.measured import Measured
from tests.e2e.served import EachWay, Served, Traffic

Row = dict[str, Any]
QUESTION, OVER, TYPED = "what is a notebook good for", "stop please say it in a word", "thank you"
LONG = (
    "A notebook keeps the text, the code and the results of a calculation together, so that "
    "everyone who opens it later can follow each step and repeat it with numbers of their own."
)
ANSWERS = (LONG, "Repeating.", "You are welcome.")
SCRIPT = [{"hear": hear, "say": say} for hear, say in zip((QUESTION, OVER, ""), ANSWERS, strict=True)]
# By its name: what is given to the service, and to the widget.
WAYS = {
    "unified": ("", ""),
    "ephemeral": ("", "flow='ephemeral'"),
    "relay": (", sideband=False", "flow='ephemeral'"),
    "comm": ("", "transport='comm'"),
    "beta": (", dialect='beta'", ""),
}
# The ephemeral way's parts are those of the relay and of the typed talk in test_secrets.py, the beta's of
# the relay and of the names of events.
LONG_RUN = ("ephemeral", "beta")
EACH = [pytest.param(way, marks=pytest.mark.real) if way in LONG_RUN else way for way in WAYS]
TOLERANCE_MS = 150
BUSY_TOLERANCE_MS = 1_500
"""A page that is starved plays and hears later than it knows: then only gross errors tell of a fault."""
# A file has no echo of the answer in it, but Chromium's canceller looks for one in what a peer lets it play:
# by webrtc the first 0.6 s of who talks over an answer were lost, and by comm they were not.
NO_CANCELLER = """
(() => {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = ({ audio }) => ask({ audio: { ...audio, echoCancellation: false } });
})();
"""


@dataclass
class Talk:
    """What became of a talk."""

    rows: list[Row]
    events: list[dict[str, Any]]
    """What was received, without what the widget itself made of it."""
    posts: int
    relayed: bool
    carried: bool

    sounded: dict[str, list[Span]]
    """When each side was heard in the page, by a listener beside the widget."""

    def times(self) -> dict[str, float]:
        """What the rows say of the talk, in milliseconds."""
        asked, answer, over, second, *_ = self.rows
        return {
            # Where a service reports the padding before it with the speech, it does so each time.
            "start of a user's turn to the next": over["start_ms"] - asked["start_ms"],
            "end of a user's turn to the next": over["end_ms"] - asked["end_ms"],
            "first response gap": answer["response_gap_ms"],
            "second response gap": second["response_gap_ms"],
        }

    def truth(self) -> dict[str, float]:
        """The same of what sounded."""
        asked, over = self.sounded["user"]
        answer, second, *_ = self.sounded["assistant"]
        return {
            "start of a user's turn to the next": over.start - asked.start,
            "end of a user's turn to the next": over.end - asked.end,
            "first response gap": answer.start - asked.end,
            "second response gap": second.start - over.end,
        }


class Talks(EachWay[Talk]):
    """The same talk by each way."""

    def hold(self, way: str) -> Talk:
        notebook, traffic = self.notebook, self.traffic
        service, widget = WAYS[way]
        traffic.posts.clear()
        traffic.frames.clear()
        ears.forget(notebook.page)
        notebook.run(
            "w.close() if 'w' in globals() else None\n"
            f"w = VoiceWidget(service={self.served.service(more=service)}, {widget})"
        )
        notebook.run_all()
        expect(notebook.panel).to_be_visible()
        notebook.call()
        # Sound by comm takes its turn among whatever the kernel is asked.
        notebook.wait_value("w.turns >= 4", seconds=30, pause=0.5)
        field = notebook.panel.get_by_role("textbox")
        field.fill(TYPED)
        field.press("Enter")
        notebook.wait_value("w.turns >= 6", seconds=20)
        assert notebook.value("w.error") is None
        ears.catch_up(notebook.page)
        notebook.hang_up()
        assert notebook.live_tracks() == 0
        assert notebook.problems == []
        load = "__import__('json').loads"
        return Talk(
            notebook.value(f"{load}(w.transcript_df.to_json(orient='records'))"),
            notebook.value(f"[{load}(e) for e in w.events_df.query('direction == \"received\"').event]"),
            len(traffic.posts),
            traffic.told("relay.events"),
            traffic.told("audio.played"),
            {side: ears.heard(notebook.page, side) for side in ("user", "assistant")},
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"), SCRIPT)
    yield server
    server.end()


@pytest.fixture(scope="module")
def talks(
    lab: Lab, browser: Browser, microphone: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Talks]:
    folder = tmp_path_factory.mktemp("spoken")
    asked, over = (speech.say(text, "flite:slt", folder) for text in (QUESTION, OVER))
    speech.write(microphone, [speech.silence(2.5), asked, speech.silence(3), over, speech.silence(15)])
    traffic: list[Traffic] = []

    def prepare(page: Page) -> None:
        page.add_init_script(NO_CANCELLER)
        ears.listen(page)
        traffic.append(Traffic(page, served))

    cells = ["from voice_widget import OpenAI, VoiceWidget", "w"]
    with lab.open(browser, lab.write("services.ipynb", cells), prepare=prepare) as notebook:
        notebook.run(cells[0])
        yield Talks(notebook, served, traffic[0])


@pytest.fixture
def talk(talks: Talks, way: str, request: pytest.FixtureRequest) -> Talk:
    """The talk by that way; another one where the test is tried again."""
    return talks.by(way, again=getattr(request.node, "execution_count", 1) > 1)


@pytest.mark.parametrize("way", EACH)
def test_the_rows_are_those_of_the_speech(talk: Talk, way: str) -> None:
    assert [(row["role"], row["text"], row["source"], row["interrupted"]) for row in talk.rows] == [
        ("user", QUESTION, "speech", False),
        ("assistant", ANSWERS[0], "speech", True),
        ("user", OVER, "speech", False),
        ("assistant", ANSWERS[1], "speech", False),
        ("user", TYPED, "typed", False),
        ("assistant", ANSWERS[2], "speech", False),
    ]
    assert {row["status"] for row in talk.rows if not row["interrupted"]} == {"completed"}
    assert [row["seq"] for row in talk.rows] == sorted(row["seq"] for row in talk.rows)
    assert len({row["call_id"] for row in talk.rows}) == 1
    cut = talk.rows[1]
    assert 0 < len(cut["text_heard"]) < len(LONG)
    assert LONG.startswith(cut["text_heard"])
    assert [row["text_heard"] for row in talk.rows[3::2]] == [*ANSWERS[1:]]
    # The service was told where the answer was cut, and has cut it there.
    truncated = [e["audio_end_ms"] for e in talk.events if e["type"] == "conversation.item.truncated"]
    assert len(truncated) == 1
    # A busy machine may have made pauses in it, or may have noticed its beginning late.
    assert 0 < truncated[0] <= cut["end_ms"] - cut["start_ms"] + 4 * TOLERANCE_MS


@pytest.mark.parametrize("way", EACH)
def test_it_went_that_way_and_no_event_came_twice(talk: Talk, way: str) -> None:
    assert talk.posts == (way in ("ephemeral", "relay"))
    assert talk.relayed == (way in ("relay", "beta"))
    assert talk.carried == (way == "comm")
    ids = [event["event_id"] for event in talk.events if event["type"] != "session.created"]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("way", EACH)
def test_the_times_are_those_at_which_it_sounded(talk: Talk, way: str) -> None:
    tolerance_ms = BUSY_TOLERANCE_MS if busy() else TOLERANCE_MS
    assert talk.times() == pytest.approx(talk.truth(), abs=tolerance_ms)
    # Where the answer was cut, a page that is held up plays on what it had for a while.
    (asked, _), (answer, *_) = talk.sounded["user"], talk.sounded["assistant"]
    late = answer.end - asked.end - (talk.rows[1]["end_ms"] - talk.rows[0]["end_ms"])
    assert -tolerance_ms < late < 4 * tolerance_ms
    (cut,) = [e["audio_end_ms"] for e in talk.events if e["type"] == "conversation.item.truncated"]
    words = [
        (event["delta"], event["audio_start_ms"])
        for event in talk.events
        if event["type"].endswith("audio_transcript.delta")
        and event["item_id"] == talk.rows[1]["item_id"]
        and "audio_start_ms" in event
    ]
    # A word counts when most of it sounded; by which of two clocks may make one more or less.
    begins = [start for _, start in words]
    sounded = sum((start + end) / 2 <= cut for start, end in itertools.pairwise(begins))
    told = "".join(word for word, _ in words[:sounded]).split()
    assert abs(len(talk.rows[1]["text_heard"].split()) - len(told)) <= 1


@pytest.mark.real
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
def test_the_times_are_true_again_and_again(talks: Talks, measured: Measured, way: str) -> None:
    ratios = []
    for _ in range(6):
        talk = talks.hold(way)
        truth = talk.truth()
        for name, shown in talk.times().items():
            measured.ratio(name, way, shown, truth[name])
            ratios.append(shown / truth[name])
    assert sorted(ratios)[len(ratios) // 20] > 0.8
    assert sorted(ratios)[-1 - len(ratios) // 20] < 1.2
