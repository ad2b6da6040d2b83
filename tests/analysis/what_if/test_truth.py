"""When the user spoke, by talks of which it is known to the sample."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.synthetic import Noise, Script, exchanges
from voice_widget.analysis.what_if.impairing import clean_level
from voice_widget.analysis.what_if.judging import judged
from voice_widget.analysis.what_if.truth import truth


@pytest.fixture(scope="module")
def script() -> Script:
    return exchanges(8, (700.0, 321.5, 1203.0, 460.0), seed=3)


@pytest.mark.parametrize("kind", ["white", "pink"])
@pytest.mark.parametrize("snr", [20.0, 10.0])
def test_in_a_loud_room_turns_end_where_speech_does(script: Script, snr: float, kind: Noise):
    talk = script.talk(sound=script.samples(snr, kind=kind))
    spoken = truth(talk).spoken
    assert [turn.source for turn in spoken] == ["sound"] * 8
    off = np.abs([turn.end_ms - script.truth[turn.seq][2] for turn in spoken])
    assert np.quantile(off, 0.8) <= 50
    measured = talk.measures(by="turn").set_index("seq")
    assert [(round(turn.start_ms), round(turn.end_ms)) for turn in spoken] == [
        (measured["start_ms"][turn.seq], measured["end_ms"][turn.seq]) for turn in spoken
    ]


@pytest.mark.parametrize("kind", ["white", "pink"])
def test_noise_is_added_against_the_voice_as_it_is_heard_in_a_loud_room(script: Script, kind: Noise):
    quiet = clean_level(script.talk().sound, 0)
    level = clean_level(script.talk(sound=script.samples(10.0, kind=kind)).sound, 0)
    # The room's own noise is in it, where the voice is: 10 dB below.
    assert 20 * np.log10(level / quiet) == pytest.approx(10 * np.log10(1.1), abs=0.2)


@pytest.mark.parametrize(("kind", "doubtful"), [("white", False), ("voices", True)])
def test_turns_that_the_second_ear_hears_elsewhere_are_doubtful(script: Script, kind: Noise, doubtful: bool):
    talk = script.talk(sound=script.samples(20.0 if kind == "white" else 10.0, kind=kind))
    known = truth(talk).spoken
    assert any(turn.doubtful for turn in known) is doubtful
    notes = [row["notes"] for row in judged("none", known, [], 50.0)]
    assert [note == "doubtful" for note in notes] == [turn.doubtful for turn in known]
