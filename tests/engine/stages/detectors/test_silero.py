import numpy as np
import pytest

from tests.engine.spoken import in_a_room, noise, say
from voice_widget.engine.stages.contracts import VAD
from voice_widget.engine.stages.detectors.silero import SileroVad
from voice_widget.engine.stages.detectors.webrtc import WebrtcVad


def likely(vad: VAD, pcm: np.ndarray) -> np.ndarray:
    size = vad.frame_samples
    return np.array([vad(pcm[i : i + size]) for i in range(0, len(pcm) - size + 1, size)])


@pytest.mark.parametrize("make", [SileroVad, WebrtcVad])
@pytest.mark.parametrize("voice", ["en-us", "en-gb+f3"])
def test_speech_is_found_where_it_is(make, voice):
    vad = make()
    found = likely(vad, in_a_room(say("what is the average tip by day", voice), lead_ms=1000))
    per_second = vad.sample_rate / vad.frame_samples
    assert not (found[: int(0.9 * per_second)] > 0.5).any()
    assert (found[int(1.1 * per_second) : -int(1.1 * per_second)] > 0.5).mean() > 0.8
    assert not (found[-int(0.5 * per_second) :] > 0.5).any()


def test_loud_noise_is_no_speech_for_silero():
    assert not (likely(SileroVad(), noise(3000, 1500)) > 0.5).any()


@pytest.mark.parametrize("make", [SileroVad, WebrtcVad])
def test_reset_starts_anew(make):
    vad = make()
    pcm = in_a_room(say("how many rows are there"))
    first = likely(vad, pcm)
    vad.reset()
    np.testing.assert_array_equal(likely(vad, pcm), first)
