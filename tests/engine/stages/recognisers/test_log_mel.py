import math

import numpy as np
import pytest

from voice_widget.engine.stages.recognisers.log_mel import BANDS, band_powers, scaled, without_noise

RNG = np.random.default_rng(5)
SOUND = (RNG.normal(0, 0.1, 4000) + 0.3 * np.sin(np.arange(4000) / 5)).astype(np.float32)


def mel(hertz: float) -> float:
    return hertz / (200 / 3) if hertz < 1000 else 15 + math.log(hertz / 1000) / (math.log(6.4) / 27)


def hertz(mel: float) -> float:
    return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


def by_hand(sound: np.ndarray, window: int, hop: int) -> list[float]:
    """The definition, term by term: no FFT, no matrix."""
    samples = []
    for n in range(400):
        at = abs(window * hop + n - 200)
        at = 2 * (len(sound) - 1) - at if at >= len(sound) else at
        samples.append(float(sound[at]) * (0.5 - 0.5 * math.cos(2 * math.pi * n / 400)))
    bins = np.arange(400)
    powers = [
        np.dot(samples, np.cos(2 * np.pi * k * bins / 400)) ** 2
        + np.dot(samples, np.sin(2 * np.pi * k * bins / 400)) ** 2
        for k in range(201)
    ]
    edges = [hertz(mel(8000) * i / 81) for i in range(82)]
    bands = []
    for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
        total = 0.0
        for k, power in enumerate(powers):
            f = k * 40
            if low < f < high:
                share = (f - low) / (middle - low) if f <= middle else (high - f) / (high - middle)
                total += share * 2 / (high - low) * power
        bands.append(total)
    return bands


@pytest.mark.parametrize(("window", "hop"), [(0, 160), (7, 160), (24, 160), (3, 144)])
def test_the_powers_are_those_of_the_definition(window: int, hop: int):
    assert band_powers(SOUND, hop)[:, window] == pytest.approx(by_hand(SOUND, window, hop), rel=1e-4)


def test_there_is_a_window_for_each_hop():
    assert band_powers(SOUND).shape == (BANDS, 25)
    assert band_powers(SOUND, 144).shape == (BANDS, 27)
    assert band_powers(np.zeros(100, np.float32)).shape == (BANDS, 0)
    assert band_powers(np.zeros(160, np.float32)).shape == (BANDS, 1)


def test_features_are_logarithms_of_80_decibels():
    powers = np.full((BANDS, 2), 1.0, np.float32)
    powers[0, 0], powers[1, 0] = 100.0, 1e-9
    features = scaled(powers, 2)
    assert features[0, 0] == pytest.approx((2 + 4) / 4)
    assert features[2, 0] == pytest.approx(1.0)
    assert features[1, 0] == pytest.approx((2 - 8 + 4) / 4)
    assert features.dtype == np.float32


def test_silence_follows_the_sound_or_its_end_is_cut():
    powers = np.full((BANDS, 3), 1.0, np.float32)
    assert scaled(powers, 5)[0].tolist() == [1.0, 1.0, 1.0, -1.0, -1.0]
    assert scaled(powers, 2).shape == (BANDS, 2)


def test_what_is_there_all_the_time_is_taken_away():
    powers = np.full((BANDS, 100), 2.0, np.float32)
    powers[10, 50:70] = 50.0
    less = without_noise(powers, factor=2.0, floor=0.1)
    assert less[0].tolist() == pytest.approx([0.2] * 100)
    assert less[10, 60] == pytest.approx(46.0)
    assert without_noise(powers[:, :0]).shape == (BANDS, 0)
