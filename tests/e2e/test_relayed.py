"""A call by a real TURN server, from a browser whose network lets no UDP through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from tests.e2e import speech
from tests.e2e.blocked import OURS, Blocked, blocked
from tests.e2e.lab import SMALL, Lab, launch
from tests.e2e.test_talk import QUESTION, finished
from tests.turn import CREDENTIAL, Turn

SETUP = f"""
from voice_widget import Local, VoiceWidget
from voice_widget.data import load
df = load()
w = VoiceWidget({SMALL}, data=df, ice_servers=servers)
"""
# Else the call goes on by comm, and nothing fails.
BY_PEER = SETUP.replace("data=df", 'data=df, transport="webrtc"')
PAIR = """async () => {
  const stats = [...(await seen.peers.at(-1).getStats()).values()];
  const { selectedCandidatePairId } = stats.find(({ type }) => type === "transport");
  const pair = stats.find(({ id }) => id === selectedCandidatePairId);
  const of = (id) => stats.find((each) => each.id === id);
  const [local, remote] = [of(pair.localCandidateId), of(pair.remoteCandidateId)];
  return [local.candidateType, local.relayProtocol, remote.candidateType];
}"""


@pytest.fixture(scope="module")
def network(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blocked]:
    with blocked(tmp_path_factory.mktemp("blocked"), lab.port) as network:
        yield network


@pytest.fixture(scope="module")
def turn(network: Blocked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    server = Turn(tmp_path_factory.mktemp("turn"), OURS)
    yield server
    server.close()


@pytest.fixture(scope="module")
def inside(network: Blocked, chrome: BrowserType, microphone: Path) -> Iterator[Browser]:
    browser = launch(chrome, microphone, executable=network.chromium)
    yield browser
    browser.close()


def servers(*given: dict[str, str]) -> str:
    return f"servers = {[*given]!r}"


def test_a_question_is_answered_over_the_relay(
    lab: Lab, inside: Browser, turn: Turn, microphone: Path, tmp_path: Path
) -> None:
    asked = speech.say(QUESTION, "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), asked, speech.silence(12)])
    with lab.open(inside, lab.write("relayed.ipynb", [servers(turn.server()) + SETUP, "w"])) as notebook:
        notebook.run_all()
        notebook.call()
        user, assistant = finished(notebook, 2)
        assert "rows" in str(user["text"])
        assert assistant["text_heard"] == assistant["text"]
        assert notebook.page.evaluate(PAIR)[:2] == ["relay", "tcp"]
        assert notebook.inbound()["totalAudioEnergy"] > 0
        assert CREDENTIAL in notebook.page.evaluate("JSON.stringify(seen.peers.at(-1).getConfiguration())")
        assert CREDENTIAL not in notebook.value("repr(w) + str(w.get_state()) + w.events_df.to_json()")
        assert "relay/" in notebook.value("w.diagnose().set_index('what').value['candidates']")
        notebook.hang_up()
        assert notebook.problems == []


@pytest.mark.real
def test_a_wrong_credential_is_named(lab: Lab, inside: Browser, turn: Turn) -> None:
    cells = [servers(turn.server("another one")) + BY_PEER, "w"]
    with lab.open(inside, lab.write("unrelayed.ipynb", cells)) as notebook:
        notebook.run_all()
        notebook.wait_value("bool(w.voices)", seconds=40, pause=0.25)
        notebook.panel.get_by_role("button", name="Call").click()
        notebook.wait_value("w.error is not None", seconds=40, pause=0.25)
        error = notebook.value("w.error")
        assert error["code"] == "relay_refused"
        assert f"{turn.url()} answered 401" in error["message"]
        assert "another one" not in str(error)
        expect(notebook.panel.get_by_text(error["next_step"]).first).to_be_visible()
        assert notebook.problems == []


@pytest.mark.real
def test_media_that_stop_are_named(lab: Lab, inside: Browser, network: Blocked, tmp_path: Path) -> None:
    turn = Turn(tmp_path, OURS)
    try:
        with lab.open(inside, lab.write("stops.ipynb", [servers(turn.server()) + BY_PEER, "w"])) as notebook:
            notebook.run_all()
            notebook.call()
            turn.close()
            notebook.wait_value("w.connection_state == 'reconnecting'", seconds=30, pause=0.5)
            notebook.wait_value("w.error is not None", seconds=120, pause=0.5)
            assert notebook.value("w.error['code']") == "media_stopped"
            assert notebook.live_tracks() == 0
            assert notebook.problems == []
    finally:
        turn.close()
