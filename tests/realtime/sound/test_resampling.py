import numpy as np
import pytest

from voice_widget.realtime.sound.resampling import Resampler

RATES = [(48000, 16000), (24000, 48000), (22050, 24000), (24000, 16000), (44100, 16000), (8000, 24000)]


def sine(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.rint(12000 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def in_pieces(resample: Resampler, pcm: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([resample(pcm[i : i + size]) for i in range(0, len(pcm), size)])


def sinad_db(pcm: np.ndarray, hertz: float, rate: int) -> float:
    """Signal to everything else, from a least-squares fit of the sine."""
    body = pcm[rate // 10 : -rate // 10].astype(float)
    at = 2 * np.pi * hertz * np.arange(len(body)) / rate
    basis = np.stack([np.sin(at), np.cos(at), np.ones(len(body))], 1)
    fit = basis @ np.linalg.lstsq(basis, body, rcond=None)[0]
    return float(10 * np.log10(np.sum(fit**2) / np.sum((body - fit) ** 2)))


@pytest.mark.parametrize(("source", "target"), RATES)
def test_a_sine_stays_a_sine(source, target):
    out = in_pieces(Resampler(source, target), sine(1000, source), source // 50)
    assert sinad_db(out, 1000, target) > 75
    assert np.abs(out[2000:-2000]).max() == pytest.approx(12000, rel=0.01)


def test_what_the_target_cannot_hold_is_removed():
    out = in_pieces(Resampler(48000, 16000), sine(11000, 48000), 960)
    assert np.abs(out[200:-200]).max() < 12000 * 10 ** (-75 / 20)


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("size", [1, 7, 441, 960])
def test_pieces_of_any_size_give_the_same_samples_and_no_drift(source, target, size):
    pcm = np.random.default_rng(0).normal(0, 3000, 9000 if size > 1 else 500).astype(np.int16)
    whole = Resampler(source, target)(pcm)
    assert len(whole) == -(-len(pcm) * target // source)
    np.testing.assert_array_equal(in_pieces(Resampler(source, target), pcm, size), whole)


def test_the_delay_is_what_it_says():
    resample = Resampler(48000, 16000)
    click = np.zeros(4800, np.int16)
    click[2400] = 20000
    found = int(np.argmax(resample(click))) / 16 - 2400 / 48
    assert found == pytest.approx(resample.delay_ms, abs=0.1)
    assert resample.delay_ms <= 1.0


def test_flush_brings_the_end():
    resample = Resampler(22050, 24000)
    pcm = np.zeros(2205, np.int16)
    pcm[-1] = 20000
    assert np.abs(resample(pcm)).max() < 5000
    assert np.abs(resample.flush()).max() > 15000


@pytest.mark.parametrize(("source", "target"), RATES)
def test_in_time_nothing_lags_and_the_whole_is_as_long(source, target):
    at = source // 10
    click = np.zeros(2 * at, np.int16)
    click[at] = 20000
    resample = Resampler(source, target, in_time=True)
    first = in_pieces(resample, click, 441)
    whole = np.concatenate([first, resample.flush()])
    assert int(np.argmax(whole)) / target == pytest.approx(at / source, abs=0.5 / target)
    assert len(first) < len(whole) == pytest.approx(len(click) * target / source, abs=1)


def test_equal_rates_pass_through():
    pcm = sine(440, 16000, 0.1)
    assert Resampler(16000, 16000)(pcm) is pcm
    assert Resampler(16000, 16000).delay_ms == 0
