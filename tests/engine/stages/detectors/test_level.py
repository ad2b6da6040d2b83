import numpy as np

from voice_widget.engine.stages.detectors.level import LevelVad

LOUD = np.full(160, 4000, np.int16)
SILENT = np.zeros(160, np.int16)


def frames(level: float, seconds: float) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.normal(0, level, 160).astype(np.int16) for _ in range(int(seconds * 100))]


def test_it_reacts_within_one_frame_both_ways():
    vad = LevelVad()
    assert [vad(f) for f in (SILENT, LOUD, SILENT, LOUD)] == [0.0, 1.0, 0.0, 1.0]


def test_the_first_frame_of_a_call_may_be_speech():
    assert LevelVad()(LOUD) == 1.0


def test_quiet_room_noise_is_no_speech():
    vad = LevelVad()
    assert not any(vad(frame) for frame in frames(60, 5))


def test_steady_noise_becomes_the_floor_and_speech_still_stands_out():
    vad = LevelVad()
    heard = [vad(frame) for frame in frames(400, 12)]
    assert heard[0] == 1.0
    assert not any(heard[-100:])
    assert vad(LOUD) == 1.0


def test_a_tone_of_five_seconds_is_voiced_to_its_end():
    vad = LevelVad()
    tone = (9000 * np.sin(np.arange(80000) * 0.17)).astype(np.int16).reshape(-1, 160)
    assert all(vad(frame) for frame in tone)


def test_reset_forgets_the_floor():
    vad = LevelVad()
    for frame in frames(400, 12):
        vad(frame)
    vad.reset()
    assert vad(frames(400, 0.01)[0]) == 1.0
