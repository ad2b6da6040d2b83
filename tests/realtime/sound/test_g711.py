"""The telephone's formats."""

import numpy as np
import pytest

from voice_widget.realtime.sound.g711 import Telephone, decode

FORMS = ["audio/pcmu", "audio/pcma"]


def test_the_codes_mean_what_the_standard_says():
    assert np.frombuffer(decode(bytes([0xFF, 0x7F, 0x00, 0x80, 0xE7]), "audio/pcmu"), "<i2").tolist() == [
        0,
        0,
        -32124,
        32124,
        260,
    ]
    assert np.frombuffer(decode(bytes([0xD5, 0x55, 0x2A, 0xAA]), "audio/pcma"), "<i2").tolist() == [
        8,
        -8,
        -32256,
        32256,
    ]


@pytest.mark.parametrize("form", FORMS)
def test_each_code_survives_there_and_back(form):
    samples = decode(bytes(range(256)), form)
    again = decode(Telephone(form, 8000)(samples), form)
    assert again == samples


@pytest.mark.parametrize("form", FORMS)
def test_a_tone_stays_a_tone_however_it_is_cut(form):
    wave = (10_000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype("<i2").tobytes()
    whole = Telephone(form)(wave)
    phone = Telephone(form)
    assert b"".join(phone(wave[n : n + 962]) for n in range(0, len(wave), 962)) == whole
    heard = np.frombuffer(decode(whole, form), "<i2").astype(float)
    assert len(heard) == 8000
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) == 440
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(7071, rel=0.05)
