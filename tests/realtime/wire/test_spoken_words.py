from __future__ import annotations

import unicodedata

import pytest

from voice_widget.realtime.wire.spoken_words import parts, words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Café élégant", 2),
        ("हिन्दी में कितने पेंगुइन हैं", 5),
        ("தமிழ் மொழி", 2),
        ("الْكِتَابُ جَدِيدٌ", 2),
        ("שָׁלוֹם לך", 2),
        ("Tiếng Việt", 2),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0628\u0631\u0648\u0645", 2),
        ("auf\u00adgabe", 1),
        ("so \u2764\ufe0f it is \U0001f468\u200d\U0001f469", 3),  # what belongs to a picture is no word
        ("It's 3.5 grams - well-known!", 4),
        ("", 0),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_word_is_one_in_any_script_and_form(text: str, count: int, form):
    said = unicodedata.normalize(form, text)
    assert len(words(said)) == count
    assert words(said) == words(text)


def test_a_soft_hyphen_is_not_spoken():
    assert words("Auf\u00adgabe") == ["aufgabe"]


def test_parts_are_parted_at_signs_within_words():
    assert parts("Mm-hm, it's E\u0301mile's.") == ["mm", "hm", "it", "s", "émile", "s"]
