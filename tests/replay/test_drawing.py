"""The picture of a long sound comes bit by bit, and is then what reading it once gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.made import InMemory
from tests.recording.talks import tone
from tests.replay.test_widget import _bundle as _bundle  # a fixture
from tests.replay.test_widget import answers, replay_of
from tests.widget_page import Page
from tests.widget_page import pages as pages  # a fixture
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.replay import drawing as module
from voice_widget.replay.drawing import Drawing
from voice_widget.replay.envelope import STEP, envelope


def test_it_becomes_what_the_whole_sound_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 3 * STEP)
    monkeypatch.setattr(module, "WORK_S", 0)
    sound = InMemory(np.stack([tone(10 * STEP + 7, 300), tone(10 * STEP + 7, 900)], axis=1))
    [whole] = envelope(sound)
    drawing = Drawing(sound)
    assert [level.shape for level in drawing.levels] == [whole.shape]
    assert not drawing.levels[0].any()
    shares = []
    for known in (3, 6, 9, 11):
        drawing.go_on()
        shares.append(drawing.share)
        assert np.array_equal(drawing.levels[0][:known], whole[:known])
        assert not drawing.levels[0][known:].any()
    assert shares == sorted(shares)
    assert shares[-1] == 1
    drawing.go_on()
    assert np.array_equal(drawing.levels[0], whole)


def test_a_long_talk_is_shown_before_its_sound_is_read(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_widget.replay.seen.LONG_S", 10)
    monkeypatch.setattr(module, "BLOCK", 4 * RATE)
    monkeypatch.setattr(module, "WORK_S", 0)
    talk = Talk.example()
    replay, page = replay_of(pages, talk)
    shown = page.state["_shown"]
    assert (shown["drawn"], shown["levels"], len(shown["turns"])) == (False, 1, 4)
    assert not np.frombuffer(replay._envelope, np.int8).any()
    for _ in range(3):
        page.says({"type": "draw"})
    assert [one["share"] for one in answers(page, "drawn")] == pytest.approx(
        [4 / 10.993, 8 / 10.993, 1], 0.01
    )
    assert replay._envelope == envelope(talk.sound)[-1].tobytes()
    assert talk.replay(embed=True)._envelope == replay._envelope


def test_a_sound_that_is_gone_before_it_is_drawn_is_named(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("voice_widget.replay.seen.LONG_S", 10)
    folder = Talk.example().save(tmp_path / "talk")
    _, page = replay_of(pages, read_talk(folder))
    shutil.rmtree(folder)
    page.says({"type": "draw"})
    [failed] = answers(page, "sound.failed")
    assert failed["error"]["message"] == f"The folder {folder} is gone, and the sound with it."


def test_a_short_talk_is_drawn_at_once(pages: list[Page]) -> None:
    replay, page = replay_of(pages, Talk.example())
    before = replay._envelope
    assert page.state["_shown"]["drawn"]
    page.says({"type": "draw"})
    assert answers(page, "drawn") == [{"type": "drawn", "share": 1.0}]
    assert replay._envelope == before
