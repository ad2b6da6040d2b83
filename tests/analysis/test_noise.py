"""Hearing over noise, and the second ear: noise is no speech, and speech over it is found."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.synthetic import pinked
from voice_widget.analysis import noise, second_ear
from voice_widget.analysis.hearing import LOUD_ROOM_DB
from voice_widget.realtime.sound.formats import RATE


def white(seconds: float, db: float, seed: int = 1) -> np.ndarray:
    whole = np.random.default_rng(seed).normal(0, 32768 * 10 ** (db / 20), round(seconds * RATE))
    return np.round(whole).clip(-32768, 32767).astype(np.int16)


def spectra(pcm: np.ndarray, piece: int = RATE) -> np.ndarray:
    ear = noise.Spectra()
    for at in range(0, len(pcm), piece):
        ear.push(pcm[at : at + piece])
    return ear.end()


@pytest.mark.parametrize("db", [-60, -40, -20])
def test_noise_alone_is_nobody(db: int):
    pcm = white(60, db)
    assert noise.stretches(spectra(pcm)) == []
    ear = second_ear.Energies()
    ear.push(pcm)
    assert second_ear.stretches(ear.end()) == []


@pytest.mark.parametrize("db", [-60, -40, -20])
def test_nor_is_pink_noise(db: int):
    pink = pinked(white(60, -20).astype(float)[:, None])[:, 0] * 10 ** ((db + 20) / 20)
    assert noise.stretches(spectra(np.round(pink).clip(-32768, 32767).astype(np.int16))) == []


def test_a_room_is_loud_by_its_level():
    assert noise.is_loud(spectra(white(20, LOUD_ROOM_DB + 2)), LOUD_ROOM_DB)
    assert not noise.is_loud(spectra(white(20, LOUD_ROOM_DB - 2)), LOUD_ROOM_DB)
    assert not noise.is_loud(spectra(np.zeros(RATE, np.int16)), LOUD_ROOM_DB)
    assert not noise.is_loud(spectra(np.zeros(9, np.int16)), LOUD_ROOM_DB)


@pytest.mark.parametrize("piece", [RATE, 77, 24 * RATE])
def test_a_tone_below_the_noise_is_found_whatever_the_pieces(piece: int):
    pcm = white(12, -30).astype(float)
    start, end = 6 * RATE, 7 * RATE
    pcm[start:end] += 32768 * 10 ** (-32 / 20) * np.sin(np.arange(RATE) / 9)
    [found] = noise.stretches(spectra(np.round(pcm).clip(-32768, 32767).astype(np.int16), piece))
    assert abs(found[0] - start) < RATE * 0.02
    assert abs(found[1] - end) < RATE * 0.02


def test_noise_that_comes_and_goes_is_no_speech_either():
    pcm = np.concatenate([white(10, -40), np.zeros(4 * RATE, np.int16), white(10, -40, seed=2)])
    found = noise.stretches(spectra(pcm))
    assert sum(end - start for start, end in found) < RATE  # by half seconds


@pytest.mark.parametrize("samples", [0, 1, 100, 500])
def test_next_to_no_sound_is_nobody(samples: int):
    pcm = np.zeros(samples, np.int16)
    ear = second_ear.Energies()
    ear.push(pcm)
    assert second_ear.stretches(ear.end()) == noise.stretches(spectra(pcm)) == []


def test_the_second_ear_parts_two_levels():
    assert second_ear.threshold_db(np.array([-60.0] * 90 + [-20.0] * 10)) == pytest.approx(-40, abs=1)
    assert second_ear.threshold_db(np.array([-60.0] * 90 + [-58.0] * 10)) is None


def test_the_second_ear_finds_speech_in_pieces():
    quiet = np.zeros(RATE, np.int16)
    tone = np.round(8000 * np.sin(np.arange(RATE) / 9)).astype(np.int16)
    pcm, ear = np.concatenate([quiet, tone, quiet]), second_ear.Energies()
    for at in range(0, len(pcm), 1000):
        ear.push(pcm[at : at + 1000])
    [(start, end)] = second_ear.stretches(ear.end())
    assert abs(start - RATE) < RATE * 0.02
    assert abs(end - 2 * RATE) < RATE * 0.02
