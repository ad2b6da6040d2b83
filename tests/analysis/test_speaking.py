"""Words that are counted, and texts that are hardly speech."""

from __future__ import annotations

import unicodedata

import pytest

from tests.analysis.made import talk
from voice_widget.analysis.speaking import is_backchannel, is_echo, is_filler, speech_rate


@pytest.mark.parametrize("text", ["Where is the café?", "पेंगुइन कितने हैं यहाँ", "Đây là tiếng Việt"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_speech_rate_counts_words_in_any_script(text: str, form):
    assert speech_rate(unicodedata.normalize(form, text), 2000.0) == 120.0


def test_a_talk_counts_them_too():
    said = talk(("user", "पेंगुइन कितने हैं यहाँ", 0, 2000), sound=True).measures()
    [rate] = said[(said["measure"] == "speech_rate") & (said["side"] == "user")]["value"]
    assert rate == pytest.approx(120, rel=0.02)


def test_an_echo_is_one_however_its_accents_are_written():
    assert is_echo("un cafe\u0301 noir", "C'est un café noir.")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Hm.", True),
        ("Um, er, one moment, please.", True),
        ("Let me check that for you.", True),
        ("Hm, 168.", False),
        ("Um, Biscoe has the most.", False),
        ("One moment: 168.", False),
        ("One moment: ½.", False),
        ("Momentum.", False),
        ("Let me see which of the islands it is that has most.", False),
        ("", False),
    ],
)
def test_what_says_something_is_no_filler(text: str, is_one: bool):
    assert is_filler(text) is is_one


def test_a_number_is_no_backchannel():
    assert not is_backchannel("Yeah, 168.")
