"""WebVTT and SRT, read by webvtt-py; SRT by srt as well."""

from __future__ import annotations

import html
from io import StringIO

import pytest
import srt
import webvtt

from tests.recording.exports.samples import ON_ONE_LINE, STRANGE, TEXTS, Talk, said, talk, word
from voice_widget.recording.exports.laying import laid
from voice_widget.recording.exports.srt import to_srt
from voice_widget.recording.exports.vtt import to_vtt

ANGLES = str.maketrans("<>", "\u2039\u203a")


def test_a_cue_names_its_speaker_and_stamps_the_words_whose_times_are_known():
    assert to_vtt(*talk()) == (
        "WEBVTT\n\n"
        "1\n00:00:00.250 --> 00:00:01.750\n"
        "<v user>what <00:00:00.500>is <00:00:00.700>the <00:00:00.950>average</v>\n\n"
        "2\n00:00:02.400 --> 00:00:04.100\n"
        "<v assistant>The <00:00:02.600>average is <00:00:03.500>twenty</v>\n\n"
        "3\n00:00:03.900 --> 00:00:04.800\n<v user>stop please</v>\n"
    )


def test_stamps_lie_inside_their_cue_and_rise():
    words = (
        word("a", 50, 60),
        word("b", 400, 500),
        word("c", 300, 350),
        word("d", 900, 950),
        word("e", 999, 999),
    )
    assert "<v user>a <00:00:00.400>b c d e</v>" in to_vtt(
        [said(1, "user", 100, 900, "a b c d e", *words)], 1000
    )


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_webvtt_reads_every_cue_with_its_speaker_and_text(talk: Talk):
    content = to_vtt(*talk)
    content.encode()
    captions = webvtt.from_string(content).captions
    expected = laid(*talk)
    assert [(one.identifier, html.unescape(one.voice or "")) for one in captions] == [
        (str(one.seq), one.speaker) for one in expected
    ]
    for caption, one in zip(captions, expected, strict=True):
        assert html.unescape(caption.text) == one.text
        assert round(caption.start_in_seconds * 1000) // 1000 == one.start_ms // 1000
        assert caption.start_in_seconds <= caption.end_in_seconds
        assert caption.start != caption.end
        assert "\n" not in caption.raw_text


@pytest.mark.parametrize("name", TEXTS)
def test_vtt_holds_every_text(name: str):
    caption = webvtt.from_string(to_vtt([said(1, "user", 0, 900, TEXTS[name])], 1000)).captions[0]
    assert html.unescape(caption.text) == ON_ONE_LINE[name]


def test_a_subtitle_begins_with_the_speakers_name():
    assert to_srt(*talk()) == (
        "1\n00:00:00,250 --> 00:00:01,750\nuser: what is the average\n\n"
        "2\n00:00:02,400 --> 00:00:04,100\nassistant: The average is twenty\n\n"
        "3\n00:00:03,900 --> 00:00:04,800\nuser: stop please\n\n"
    )


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_srt_reads_every_subtitle(talk: Talk):
    content = to_srt(*talk)
    content.encode()
    expected = [
        f"{one.speaker}: {one.text}".translate(ANGLES).replace("--\u203a", "→").strip() for one in laid(*talk)
    ]
    found = list(srt.parse(content))
    assert [(one.index, one.content.strip()) for one in found] == list(enumerate(expected, start=1))
    assert all(one.start < one.end for one in found)
    if expected:
        assert [one.text.strip() for one in webvtt.from_buffer(StringIO(content), "srt")] == expected


def test_an_arrow_does_not_end_a_subtitle_and_what_looks_like_a_tag_stays():
    content = to_srt([said(1, "user", 0, 900, "<b>one</b> 00:00:01.000 --> 00:00:02.000")], 1000)
    assert [one.content for one in srt.parse(content)] == [
        "user: <b>one</b> 00:00:01.000 → 00:00:02.000".translate(ANGLES)
    ]
