import numpy as np

from tests.engine.spoken import noise
from voice_widget.engine.stages.sharpening import Sharpener

LOUD = np.tile(np.array([6000, -6000], np.int16), 256)


def test_the_silent_part_of_a_frame_counts_as_silence():
    frame = np.concatenate([LOUD[:160], np.zeros(352, np.int16)])
    steps = Sharpener(16000)(0.8, frame, 100.0)
    assert [p for p, _, _ in steps] == [0.8, 0.0, 0.0, 0.0]
    assert [(a, b) for _, a, b in steps] == [(100, 110), (110, 120), (120, 130), (130, 132)]


def test_what_remains_of_a_room_after_loud_speech_is_silence():
    sharpen = Sharpener(16000)
    sharpen(0.9, LOUD, 0.0)
    assert {p for p, _, _ in sharpen(0.9, noise(32, 50), 32.0)} == {0.0}


def test_in_loud_noise_the_detector_decides_alone():
    sharpen = Sharpener(16000)
    sharpen(0.9, LOUD, 0.0)
    assert {p for p, _, _ in sharpen(0.9, noise(32, 600), 32.0)} == {0.9}


def test_a_quiet_speaker_is_not_cut_off():
    sharpen = Sharpener(16000)
    assert {p for p, _, _ in sharpen(0.9, noise(32, 60), 0.0)} == {0.9}


def test_one_shout_is_forgotten():
    sharpen = Sharpener(16000)
    sharpen(0.9, LOUD, 0.0)
    for n in range(600):
        sharpen(0.0, np.zeros(160, np.int16), n * 10.0)
    assert {p for p, _, _ in sharpen(0.9, noise(32, 80), 7000.0)} == {0.9}
