"""What a page records is what was heard: both sides at their place, over a busy kernel and a reconnect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

from tests.busy import busy
from tests.e2e import ears, speech
from tests.e2e.lab import SMALL, Lab, Notebook
from voice_widget.realtime.sound.resampling import Resampler

RATE = 24_000
EXACT_MS = 5.0
# A page that is held up hears its tracks too late to compare them in time, and its marks stray.
BUSY_MS = 150.0
ALIKE, BUSY_ALIKE = 0.9, 0.6
QUESTION = "how many rows are there"
CONSENT = "This talk is recorded for a test."
Samples = NDArray[np.float64]

SETUP = """
from voice_widget import Local, VoiceWidget
from voice_widget.data import load
import numpy as np

class Keeper:
    on_failure = None
    def __init__(self):
        self.sounds, self.told = [], []
    def sound(self, clock, side, start, pcm, at, call_id, holes, alignment):
        if alignment == "pending":
            return
        self.sounds.append((clock, side, start, pcm, at, call_id, [*holes]))
    def consented(self, consent):
        self.told.append(dict(consent))
    def microphone(self, facts):
        self.told.append(dict(facts))
    def front_end(self, facts):
        self.shown = facts
    def pause(self):
        self.told.append("pause")
    def resume(self):
        self.told.append("resume")
    def save(self, path):
        # Each sample at its place; what comes twice would show as a place that is taken.
        ends = {side: max(s + len(p) for _, who, s, p, *_ in self.sounds if who == side) for side in SIDES}
        sides = {side: np.zeros(ends[side], np.int16) for side in SIDES}
        taken = {side: np.zeros(ends[side], np.int8) for side in SIDES}
        for _, side, start, pcm, *_ in self.sounds:
            sides[side][start:start + len(pcm)] = pcm
            taken[side][start:start + len(pcm)] += 1
        np.savez(path, **sides, **{f"{side}_taken": taken[side] for side in SIDES})

SIDES = ("user", "assistant")
keeper = Keeper()
"""
BUSY_CELL = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end:\n    sum(range(1000))"
RECONNECT = "async () => { await jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect() }"


def setup(transport: str, consent: str = "") -> list[str]:
    asked = {"text": consent, "answer": "", "at": ""} if consent else None
    return [
        f"{SETUP}\nw = VoiceWidget({SMALL}, data=load(), transport={transport!r})\n"
        f"w._wiring.talk.recording.begin(keeper, consent={asked!r}).result(20)",
        "w",
    ]


def saved(notebook: Notebook, folder: Path) -> Mapping[str, NDArray[Any]]:
    path = folder / "kept.npz"
    notebook.run(f"keeper.save({str(path)!r})")
    return dict(np.load(path))


def marks(notebook: Notebook, side: str) -> list[tuple[bool, float]]:
    """When the page's meters saw a side become voiced or silent, on the page's audio clock."""
    events = "map(__import__('json').loads, w.events_df['event'])"
    told = f"[(e['voiced'], e['at_ms']) for e in {events} if e['type'] == 'voice_widget.page.voiced'"
    return [(voiced, at) for voiced, at in notebook.value(f"{told} and e['side'] == {side!r}]")]


def place(needle: Samples, hay: Samples) -> tuple[int, float]:
    """Where in ``hay`` the needle fits best, and how well (1: the same sound, whatever its loudness)."""
    size = len(hay) + len(needle)
    spectrum = np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size))
    fit = np.fft.irfft(spectrum, size)[: len(hay) - len(needle) + 1]
    energy = np.concatenate([[0.0], np.cumsum(hay**2)])
    window = np.sqrt(np.maximum(energy[len(needle) :] - energy[: -len(needle)], 1e-9))
    fit /= window * np.sqrt(np.sum(needle**2))
    best = int(np.argmax(fit))
    return best, float(fit[best])


def at_24k(samples: NDArray[Any], rate: int) -> Samples:
    return np.asarray(Resampler(rate, RATE)(np.clip(samples, -32_768, 32_767).astype(np.int16)), np.float64)


@pytest.mark.real
@pytest.mark.parametrize("transport", ["webrtc", "comm"])
def test_both_sides_are_recorded_at_their_place(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path, transport: str
) -> None:
    question = speech.say(QUESTION, "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(30)])
    # Mixed in by the page to the sample, where a microphone may lose some on a busy machine. Its first sample
    # is loud, so that the page's own meter sees it there.
    again = speech.say("how many columns are there", "flite:slt", tmp_path)
    again = again[np.flatnonzero(np.abs(again) > 3000)[0] :]
    parts = [again, speech.silence(4), again]
    played = speech.write(tmp_path / "played.wav", parts)
    name = lab.write(f"recorded-{transport}.ipynb", setup(transport, CONSENT))
    with lab.open(browser, name, prepare=ears.keep_all) as notebook:
        notebook.run_all()
        panel = notebook.panel
        notebook.wait_value("bool(w.voices)", seconds=40, pause=0.25)
        expect(panel.get_by_text("Will be recorded")).to_be_visible()
        # First the question; who declines has no microphone open, and no call.
        panel.get_by_role("button", name="Call").click()
        expect(panel.get_by_role("dialog")).to_contain_text(CONSENT)
        notebook.page.keyboard.press("Escape")
        notebook.wait_value("w.error and w.error['code'] == 'consent_declined'")
        assert notebook.page.evaluate("() => seen.tracks.length") == 0
        panel.get_by_role("button", name="Call", exact=True).click()
        panel.get_by_role("button", name="Agree").click()
        notebook.wait_value("w.connection_state == 'connected'")
        expect(panel.get_by_text("Recording", exact=True)).to_be_visible()
        # A cell that runs and a connection that is made anew cost nothing of it.
        notebook.wait_value("w.turns >= 2", seconds=40)
        notebook.page.evaluate(RECONNECT)
        notebook.run(BUSY_CELL)
        notebook.run(f"said = w.play({str(played)!r})")
        notebook.wait_value("said.done()", seconds=30)
        ears.catch_up(notebook.page)
        reference, rate = ears.take(notebook.page, "assistant")
        notebook.hang_up()
        # To the end: what was heard last comes behind the hang-up.
        closed = "max(w.events_df['at'][w.events_df['type'] == 'voice_widget.call.closed'])"
        late = notebook.wait_value(f"[x for x in [{closed}.timestamp() - keeper.sounds[-1][4]] if x < 1]")
        assert late[0] > -0.2
        clocks = notebook.value("sorted({clock for clock, *_ in keeper.sounds})")
        assert len(clocks) == 1
        assert notebook.value("[hole for *_, holes in keeper.sounds for hole in holes]") == []
        ids = notebook.value("sorted({row['call_id'] for row in w.transcript})")
        assert notebook.value("sorted({sound[5] for sound in keeper.sounds})") == ids
        told = notebook.value("keeper.told")
        assert [told[0]["answer"], told[1]["answer"]] == ["declined", "agreed"]
        assert told[0]["text"] == CONSENT
        assert told[2]["echoCancellation"] is True
        kept = saved(notebook, tmp_path)
        assert notebook.problems == []
        user_marks, assistant_marks = marks(notebook, "user"), marks(notebook, "assistant")

    for side in ("user", "assistant"):
        taken = kept[f"{side}_taken"]
        first = int(np.flatnonzero(taken)[0])
        assert (taken[first:] == 1).all(), f"{side} has holes, or something twice"
    assert abs(len(kept["user"]) - len(kept["assistant"])) < RATE / 10

    user = kept["user"].astype(np.float64)
    # The browser takes out noise and sets the loudness; what is something else fits by less than 0.3.
    assert place(at_24k(question, speech.RATE), user)[1] > 0.6
    # The left channel is the known sound, where the page's meter saw it begin.
    said = at_24k(np.concatenate(parts), speech.RATE)
    begins, fit = place(said, user)
    exact_ms, alike = (BUSY_MS, BUSY_ALIKE) if busy() else (EXACT_MS, ALIKE)
    assert fit > alike
    seen = [at * RATE / 1000 for voiced, at in user_marks if voiced]
    for start in (begins, begins + (len(again) + 4 * speech.RATE) * RATE / speech.RATE):
        assert min(abs(at - start) for at in seen) < RATE * exact_ms / 1000

    # The right one is what was played, by a listener beside the widget, at the marks of its beginning.
    assistant = kept["assistant"].astype(np.float64)
    answer = at_24k(ears.apart(reference, rate, 2000)[0], rate)
    where, fit = place(answer, assistant)
    assert fit > alike - 0.1
    loud = where + int(np.flatnonzero(np.abs(answer) > 0.003 * 32_768)[0])
    began = next(at * RATE / 1000 for voiced, at in assistant_marks if voiced)
    assert abs(began - loud) < RATE * exact_ms / 1000


def test_a_pause_in_the_panel_keeps_what_is_said_out(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    tone = np.sin(np.arange(20 * speech.RATE) * 2 * np.pi * 300 / speech.RATE) * 9000
    speech.write(microphone, [tone])
    with lab.open(browser, lab.write("paused.ipynb", setup("webrtc"))) as notebook:
        notebook.run_all()
        notebook.call()
        notebook.wait_value("len(keeper.sounds) > 8")
        notebook.panel.get_by_role("button", name="Pause recording").click()
        expect(notebook.panel.get_by_text("Recording paused")).to_be_visible()
        notebook.wait_value("w.recording == 'paused'")
        count = notebook.value("len(keeper.sounds)")
        notebook.wait_value("sum(k == 'voice_widget.call.recording' for k in w.events_df['type']) == 2")
        begin = notebook.value("__import__('time').time()")
        notebook.wait_value(f"__import__('time').time() - {begin} > 1", pause=0.2)
        assert notebook.value("len(keeper.sounds)") == count
        notebook.panel.get_by_role("button", name="Resume recording").click()
        # Either side may come first: one waits until it is known where it was heard.
        told = "[(s[1], h) for s in keeper.sounds for h in s[6]]"
        notebook.wait_value(f"len(keeper.sounds) > {count} + 4 and len({told}) == 2")
        holes = sorted(notebook.value(told), key=lambda hole: str(hole[0]), reverse=True)
        assert [(side, hole["reason"]) for side, hole in holes] == [
            ("user", "paused"),
            ("assistant", "paused"),
        ]
        assert all(hole["samples"] > 0.9 * RATE for _, hole in holes)
        assert notebook.value("keeper.told[-2:]") == ["pause", "resume"]
        assert notebook.problems == []
