"""A spoken question in a real notebook gets the right spoken answer and becomes rows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import speech
from tests.e2e.lab import ROOT, SMALL, Lab, Notebook
from voice_widget.engine.stages.registry import available
from voice_widget.realtime.settings.parts import best

QUESTION = "how many rows are there"

SETUP = [
    "from voice_widget import Local, VoiceWidget\nfrom voice_widget.data import load\n"
    f"df = load()\nw = VoiceWidget({SMALL}, data=df)",
    "w",
]


def finished(notebook: Notebook, turns: int, seconds: float = 40) -> list[dict[str, object]]:
    """The rows, once so many turns are finished."""
    notebook.wait_value(f"w.turns >= {turns}", seconds=seconds)
    return list(notebook.value("__import__('json').loads(w.transcript_df.to_json(orient='records'))"))


def test_the_quickstart_runs_from_top_to_bottom_and_answers(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", lab.folder / "quickstart.ipynb")
    speech.write(
        microphone, [speech.silence(2), speech.say(QUESTION, "flite:slt", tmp_path), speech.silence(12)]
    )
    with lab.open(browser, "quickstart.ipynb") as notebook:
        notebook.run_all()
        assert notebook.value("len(w.transcript_df)") == 0
        notebook.panel.scroll_into_view_if_needed()
        notebook.call()
        assert best("stt", available)[0].name in notebook.value("w.service_name")
        rows = finished(notebook, 2)
        user, assistant = rows
        count = notebook.value("len(df)")
        assert user["role"] == "user"
        assert "rows" in str(user["text"])
        assert assistant["role"] == "assistant"
        assert str(count) in re.sub(r"[ ,]", "", str(assistant["text"]))
        assert assistant["text_heard"] == assistant["text"]
        assert 0 < user["start_ms"] < user["end_ms"] < assistant["start_ms"] < assistant["end_ms"]  # type: ignore[operator]
        assert 300 < assistant["response_gap_ms"] < 15_000  # type: ignore[operator]
        # The gap was measured on what the page heard: there was sound on the remote track. A page that the
        # machine holds up for seconds marks it too late, and the engine's times stand.
        assert assistant["time_source"] in ("page", "engine")
        assert notebook.inbound()["totalAudioEnergy"] > 0
        expect(notebook.panel.get_by_text(str(user["text"]))).to_be_visible()
        notebook.hang_up()
        assert notebook.value("len(w.transcript)") == 2
        assert notebook.live_tracks() == 0
        assert notebook.problems == []


def test_talking_over_the_answer_cuts_it(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    question = speech.say("what can you do", "flite:slt", tmp_path)
    over = speech.say("stop stop please stop now", "flite:slt", tmp_path)
    speech.write(microphone, [speech.silence(2), question, speech.silence(5), over, speech.silence(10)])
    with lab.open(browser, lab.write("barge.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.call()
        rows = finished(notebook, 2)
        answer = rows[1]
        assert answer["role"] == "assistant"
        assert answer["interrupted"] is True
        assert 0 < len(str(answer["text_heard"])) < len(str(answer["text"]))
        assert str(answer["text"]).startswith(str(answer["text_heard"]).rstrip())
        assert notebook.problems == []


@pytest.mark.real
def test_by_comm_a_cough_pauses_the_answer_and_a_word_cuts_it(
    lab: Lab, browser: Browser, microphone: Path
) -> None:
    sound = np.sin(np.arange(speech.RATE) * 2 * np.pi * 300 / speech.RATE) * 9000
    cough = sound[: speech.RATE // 4]
    parts = [sound, speech.silence(4), cough, speech.silence(3), cough, speech.silence(10)]
    speech.write(microphone, [speech.silence(2), *parts])
    hears = [{"hear": text, "say": ""} for text in ("count", "", "stop")]
    setup = [
        "from voice_widget import Local, VoiceWidget\n"
        f"service = Local(vad='level', tts='tone', script={hears!r})\n"
        "say = lambda turn: ' '.join(['word'] * 40) if turn.text == 'count' else 'done'\n"
        "w = VoiceWidget(service=service, agent=say, transport='comm')",
        "w",
    ]
    with lab.open(browser, lab.write("cough.ipynb", setup)) as notebook:
        notebook.run_all()
        notebook.call()
        rows = finished(notebook, 5)
        answer, *others = (row for row in rows if row["role"] == "assistant")
        assert [row["text"] for row in others] == ["done"]
        assert answer["interrupted"] is True
        events = "map(__import__('json').loads, w.events_df['event'])"
        told = f"[e['{{}}'] for e in {events} if e['type'] == '{{}}']"
        done = notebook.value(told.format("do", "voice_widget.playout"))
        assert done == ["pause", "resume", "pause", "stop"]
        # What each sound was taken for, over what, and a mark at the answer that went on.
        decided = notebook.value(told.format("decision", "voice_widget.overlap.decided"))
        assert decided == ["cough", "interruption"]
        overlaps = [(row["overlap"], row["overlap_item_id"]) for row in rows if row["role"] == "user"]
        assert overlaps == [(None, None), *((kind, answer["item_id"]) for kind in decided)]
        notebook.panel.get_by_text("Went on after a sound without words").wait_for()
        # All that sounded before and between was heard, and it is where the page stood.
        (cut,) = notebook.value(told.format("audio_end_ms", "conversation.item.truncate"))
        assert abs(len(str(answer["text_heard"]).split()) - cut / 300) <= 1
        assert 4000 < cut < 9000
        assert notebook.problems == []


@pytest.mark.real
def test_a_second_call_goes_on_with_the_transcript(
    lab: Lab, browser: Browser, microphone: Path, tmp_path: Path
) -> None:
    speech.write(
        microphone, [speech.silence(2), speech.say(QUESTION, "flite:rms", tmp_path), speech.silence(10)]
    )
    with lab.open(browser, lab.write("second.ipynb", SETUP)) as notebook:
        notebook.run_all()
        for number in (1, 2):
            notebook.call()
            rows = finished(notebook, 2 * number)
            notebook.hang_up()
        calls = [row["call_id"] for row in rows]
        assert len({*calls}) == 2
        assert calls == sorted(calls, key=calls.index)
        assert [row["seq"] for row in rows] == sorted({row["seq"] for row in rows})  # type: ignore[type-var]


def test_typed_text_and_a_voice_from_the_picker(lab: Lab, browser: Browser, microphone: Path) -> None:
    speech.write(microphone, [speech.silence(30)])
    with lab.open(browser, lab.write("typed.ipynb", SETUP)) as notebook:
        notebook.run_all()
        notebook.call()
        field = notebook.panel.get_by_role("textbox")
        field.fill(QUESTION)
        field.press("Enter")
        rows = finished(notebook, 2)
        assert rows[0]["source"] == "typed"
        assert str(notebook.value("len(df)")) in re.sub(r"[ ,]", "", str(rows[1]["text"]))
        other = notebook.value("next(v for v in w.voices if v != w.voice)")
        notebook.panel.get_by_role("combobox", name=re.compile("voice", re.I)).select_option(other)
        notebook.wait_value(f"w.voice == {other!r}")
        field.fill(QUESTION)
        field.press("Enter")
        assert finished(notebook, 4)[3]["voice"] == other
        assert notebook.page.locator(".jp-Cell").count() == len(SETUP)  # no key leaked to the notebook
