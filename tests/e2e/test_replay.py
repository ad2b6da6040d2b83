"""A recorded talk is seen and heard in JupyterLab: with a kernel, and embedded sound also without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e import speech
from tests.e2e.lab import Lab, wait_for
from tests.serving import ROOT

TALK = "from voice_widget.recording.talk import Talk\ntalk = Talk.example()\n"
SAVED = "saved-replay.ipynb"
# How far each lane of the picture is painted, of its pixels.
PAINTED = """
(host) => {
  const root = host.shadowRoot.querySelector(".wave > div").shadowRoot;
  return [...root.querySelectorAll(".canvases canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, at) => at % 4 === 3 && value > 0).length / (data.length / 4);
  });
}
"""
# What an element gives to the ear: all elements that play, also those in no document.
LISTEN = """
(() => {
  window.heard = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (!heard.includes(this)) heard.push(this);
    return play.call(this);
  };
})();
"""


def seconds(replay: Locator) -> float:
    minutes, rest = replay.locator("header time").inner_text().split(" / ")[0].split(":")
    return 60 * int(minutes) + float(rest)


def playing(page: Page) -> dict[str, Any]:
    return dict(
        page.evaluate(
            "() => { const one = heard.find(({ src }) => src) ?? new Audio(); return { at: one.currentTime, "
            "paused: one.paused, length: one.duration, url: one.src.slice(0, 5) }; }"
        )
    )


def listens(page: Page) -> None:
    page.add_init_script(LISTEN)


def test_a_talk_is_seen_heard_and_selected_from(lab: Lab, browser: Browser, tmp_path: Path) -> None:
    name = lab.write("replay.ipynb", [f"{TALK}replay = talk.replay()\nreplay"])
    with lab.open(browser, name, prepare=listens) as notebook:
        page = notebook.page
        asked: list[str] = []
        notebook.run_all()
        page.on("request", lambda request: asked.append(request.url))
        replay = page.locator("[data-voice-replay]").first
        play = replay.get_by_role("button", name="Play", exact=True)
        expect(play).to_be_enabled()
        user, assistant = wait_for(lambda: replay.evaluate(PAINTED), seconds=10, what="the picture is there")
        assert 0.02 < user < 0.5
        assert 0.02 < assistant < 0.5

        play.click()
        current = replay.locator("[aria-current]")
        expect(current.first).to_contain_text("Compare body mass by species.")
        expect(replay.locator(".now")).not_to_have_count(0)
        state = wait_for(lambda: (s := playing(page))["at"] > 0.5 and s, seconds=20, what="it plays")
        assert state["length"] == pytest.approx(10.993, abs=0.03)
        assert (state["paused"], state["url"]) == (False, "blob:")
        replay.screenshot(path=tmp_path / "plays.png")
        replay.get_by_role("button", name="Stop", exact=True).click()
        assert playing(page)["paused"]

        # A turn, by a click on it in the picture: from its start, whatever was clicked of it.
        wave = replay.get_by_role("slider", name="Position in the talk")
        box = wave.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 9 / 10.993, box["y"] + 96)
        expect(current).to_contain_text("Biscoe has the most penguins")
        assert 7.3 < playing(page)["at"] < 8.9
        page.keyboard.press("Escape")
        wave.press(" ")
        expect(play).to_be_visible()

        # A stretch, by the mouse: its rows and samples are in the kernel.
        for at, deed in ((4, page.mouse.down), (6, page.mouse.up)):
            page.mouse.move(box["x"] + box["width"] * at / 10.993, box["y"] + 40, steps=8)
            deed()
        start, end = notebook.wait_value("replay.selection")
        assert start == pytest.approx(4000, abs=40)
        assert end == pytest.approx(6000, abs=40)
        assert notebook.value("[row['seq'] for row in replay.rows]") == [2, 3]
        assert notebook.value("replay.samples[0].shape") == [(end - start) * 24, 2]
        expect(replay.get_by_text("2 turns")).to_be_visible()
        replay.screenshot(path=tmp_path / "selected.png")

        # And from the kernel.
        notebook.run("replay.selection = (7500, 7900)\nreplay.seek(7500)")
        expect(replay.get_by_text("0:07.500 to 0:07.900")).to_be_visible()
        wait_for(lambda: seconds(replay) == 7.5, seconds=5, what="it is there")
        notebook.run("replay.play()")
        wait_for(lambda: not playing(page)["paused"], seconds=10, what="it plays")
        notebook.run("replay.pause()")
        wait_for(lambda: playing(page)["paused"], seconds=10, what="it is silent")
        # Its keys are not the notebook's: neither has another cell been made, nor this one left.
        wave.press("a")
        wave.press("b")
        assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
        # The sound came by the comm, and nothing from anywhere else.
        lab_itself = f"http://127.0.0.1:{lab.port}/"
        assert [url for url in asked if not url.startswith((lab_itself, "blob:", "data:"))] == []
        assert [url for url in asked if "/files/" in url] == []
        assert notebook.problems == []


def test_it_grows_under_a_running_call(lab: Lab, browser: Browser, microphone: Path, tmp_path: Path) -> None:
    """Turn by turn; what is labelled meanwhile stays, and once the call is over it can be heard."""
    question = speech.say("How many rows are there?", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), *[question, speech.silence(7)] * 2, speech.silence(60)])
    cells = [
        "from voice_widget import Local, Scheme, VoiceWidget\nfrom voice_widget.data import load\n"
        "w = VoiceWidget(service=Local(stt='pocketsphinx', tts='flite'), data=load(), record=True)\nw",
        "replay = w.replay(coder='AB', scheme=Scheme('request'))\nreplay",
    ]
    with lab.open(browser, lab.write("grows.ipynb", cells), prepare=listens) as notebook:
        page = notebook.page
        notebook.run_all()
        replay = page.locator("[data-voice-replay]").first
        expect(replay.get_by_text("No turns in this talk")).to_be_visible()
        notebook.call()
        turns = replay.locator(".row")
        expect(turns.nth(1)).to_contain_text("344 penguins", timeout=60_000)
        expect(replay.locator(".says")).to_have_text(
            "The talk goes on. It can be heard here once the call is over."
        )
        expect(replay.get_by_role("button", name="Play", exact=True)).to_be_disabled()
        # A turn is labelled while the talk goes on.
        turns.first.get_by_role("button").first.focus()
        replay.get_by_role("button", name="request").click()
        expect(replay.get_by_role("button", name="request · AB")).to_be_visible()
        replay.scroll_into_view_if_needed()
        replay.screenshot(path=tmp_path / "grows.png")
        expect(turns.nth(3)).to_be_visible(timeout=60_000)
        expect(replay.get_by_role("button", name="request · AB")).to_be_visible()
        lanes = wait_for(lambda: replay.evaluate(PAINTED), seconds=10, what="the picture is there")
        assert all(share > 0.005 for share in lanes)

        notebook.hang_up()
        play = replay.get_by_role("button", name="Play", exact=True)
        expect(play).to_be_enabled(timeout=20_000)
        play.click()
        wait_for(lambda: playing(page)["at"] > 0.5, seconds=20, what="it plays")
        replay.screenshot(path=tmp_path / "over.png")
        length = notebook.value("replay._shown['duration_ms']")
        assert playing(page)["length"] == pytest.approx(length / 1000, abs=0.1)
        assert notebook.value("len(w.measures()) > 0")
        assert notebook.problems == []


@pytest.mark.real
def test_a_turn_is_labelled_by_its_key(lab: Lab, browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "p07"
    made = (
        f"{TALK}from voice_widget import Code, Scheme, read_talk\n"
        f"talk = read_talk(talk.save({str(folder)!r}))\n"
        'scheme = Scheme({"request": Code(key="r"), "overlap": Code()})\n'
        'replay = talk.replay(coder="AB", scheme=scheme)\nreplay'
    )
    with lab.open(browser, lab.write("labels.ipynb", [made])) as notebook:
        page = notebook.page
        notebook.run_all()
        replay = page.locator("[data-voice-replay]").first
        codes = replay.get_by_role("group", name="Codes of AB")
        expect(codes).to_contain_text("Go to a turn, or select a stretch, to label it.")

        # The third turn, by keys alone: to it, and its code.
        replay.locator("button.at").first.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(codes).to_contain_text("A code labels turn 3")
        page.keyboard.press("r")
        expect(codes.get_by_role("button", name="request")).to_have_attribute("aria-pressed", "true")
        table = "talk.labels_df[['code', 'coder', 'seq']].fillna({'seq': 0}).to_numpy().tolist()"
        assert notebook.value(table) == [["request", "AB", 3]]
        assert notebook.value("[label.seq for label in read_talk(talk.folder).labels()]") == [3]

        # A stretch, and from another cell.
        notebook.run("replay.selection = (4645, 4713)")
        expect(codes).to_contain_text("A code labels the selection:")
        replay.get_by_role("slider").press("v")
        expect(replay.get_by_role("button", name="overlap · AB")).to_be_visible()
        notebook.run('_ = talk.label("request", seq=1, coder="CD")')
        expect(replay.get_by_text("request · CD")).to_be_visible()
        replay.screenshot(path=tmp_path / "labelled.png")

        # Taken back, and that undone: neither is the notebook's undo.
        replay.get_by_role("button", name="request · AB").press("Delete")
        expect(replay.get_by_role("button", name="request · AB")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(replay.get_by_role("button", name="request · AB")).to_be_visible()
        assert notebook.value(table) == [["overlap", "AB", 0], ["request", "CD", 1], ["request", "AB", 3]]
        assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
        assert notebook.problems == []


@pytest.fixture(scope="module")
def executed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A notebook that was run and saved: one replay with its sound, one without, whose folder is known."""
    folder = tmp_path_factory.mktemp("kept") / "p07"
    cells = [
        f"{TALK}from voice_widget import Scheme\ntalk.label('repair', seq=3, scheme=Scheme('repair'))\n"
        "talk.replay(embed=True, coder='AB')",
        f"from voice_widget.recording.talk import read_talk\nread_talk(talk.save({str(folder)!r})).replay()",
    ]
    nb: Any = nbformat  # its functions have no types
    path = lab.folder / SAVED
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nb.write(nb.v4.new_notebook(cells=[nb.v4.new_code_cell(cell) for cell in cells], metadata=kernel), path)
    done = subprocess.run(
        [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    # What others have run is shown once somebody trusts it.
    subprocess.run([sys.executable, "-m", "nbformat.sign", str(path)], env=lab.env, check=True, timeout=60)
    return str(folder)


def test_a_saved_notebook_plays_without_a_kernel(
    lab: Lab, browser: Browser, executed: str, tmp_path: Path
) -> None:
    with lab.open(browser, SAVED, prepare=listens) as notebook:
        page = notebook.page
        embedded, other = (page.locator("[data-voice-replay]").nth(at) for at in range(2))
        expect(other).to_be_visible(timeout=60_000)
        # JupyterLab shows what is saved beside a kernel only, which knows nothing of it; then that goes, too.
        notebook.close()
        expect(page.get_by_role("button", name="No Kernel").first).to_be_visible()
        expect(other.get_by_role("status")).to_have_text(
            f"This is a saved view. The sound is in {executed}; run the cell to hear it.", timeout=20_000
        )
        expect(other.get_by_role("button", name="Play", exact=True)).to_be_disabled()
        for one in (embedded, other):
            assert all(0.02 < share < 0.5 for share in one.evaluate(PAINTED))
            expect(one.locator(".row")).to_have_count(4)

        embedded.get_by_role("button", name="Play", exact=True).click()
        wait_for(lambda: playing(page)["at"] > 0.5, seconds=20, what="it plays")
        expect(embedded.locator("[aria-current]").first).to_contain_text("Compare body mass by species.")
        page.screenshot(path=tmp_path / "saved.png")
        assert playing(page)["length"] == pytest.approx(10.993, abs=0.03)
        # Labels are shown, and none is given.
        expect(embedded.locator(".row").nth(2)).to_contain_text("repair · coder")
        expect(embedded.get_by_role("button", name="repair", exact=True)).to_be_disabled()
        # What is selected where no kernel is, is there all the same.
        embedded.get_by_role("slider").focus()
        for key in ("Home", "i", "ArrowRight", "o"):
            page.keyboard.press(key)
        expect(embedded.get_by_text("0:00.")).not_to_have_count(0)
        expect(embedded.get_by_role("button", name="Play selection")).to_be_enabled()
        assert [session for session in lab.get("api/sessions") if session["path"] == SAVED] == []
        assert notebook.problems == []
