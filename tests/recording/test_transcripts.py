"""Transcripts of others: WebVTT, SRT, JSON and objects, and what is none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.recording.transcripts import Cue, read_transcript

VTT = """\ufeffWEBVTT - a call

NOTE made --> by hand

STYLE
::cue { color: red }

1
00:00.500 --> 00:01.250 align:start
<v.loud Ann &amp; Co>How <b>many</b> are
<00:00:00.900>there?</v>

00:00:02.000 --> 00:00:03.000
<v Bob>Three &lt; four.
"""
SRT = (
    "1\r\n00:00:00,500 --> 00:00:01,250\r\nAnn: How many are there?\r\n\r\n"
    "2\r\n01:00:02,000 --> 01:00:03,000\r\nBob: Three: not four.\r\n"
)
JSON: list[dict[str, Any]] = [
    {"start": 2, "end": 3.0, "text": " Three. ", "speaker": "Bob", "channel": 1},
    {"start_ms": 500, "end_ms": 1250, "text": "How many?", "role": "user", "seq": 1},
    {"start": 4, "end": 5, "text": "  "},
]
READ = [Cue(500, 1250, "How many?", "user"), Cue(2000, 3000, "Three.", "Bob", 1)]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "transcript"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_webvtt(tmp_path: Path):
    assert read_transcript(write(tmp_path, VTT)) == [
        Cue(500, 1250, "How many are there?", "Ann & Co"),
        Cue(2000, 3000, "Three < four.", "Bob"),
    ]


def test_srt_has_names_where_each_cue_has_one(tmp_path: Path):
    assert read_transcript(str(write(tmp_path, SRT))) == [
        Cue(500, 1250, "How many are there?", "Ann"),
        Cue(3_602_000, 3_603_000, "Three: not four.", "Bob"),
    ]
    one = read_transcript(write(tmp_path, SRT.replace("Ann: ", "")))
    assert [(cue.speaker, cue.text) for cue in one] == [
        (None, "How many are there?"),
        (None, "Bob: Three: not four."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(JSON),
        json.dumps({"segments": JSON, "language": "en"}),
        "\n".join(json.dumps(each) for each in JSON),
    ],
)
def test_json(tmp_path: Path, text: str):
    assert read_transcript(write(tmp_path, text)) == READ


def test_objects():
    assert read_transcript(iter(JSON)) == READ


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no transcript", "neither WebVTT, nor SRT, nor JSON"),
        ("WEBVTT\n\n00:xx.000 --> 00:01.000\nHi.", "cannot be read"),
        ("WEBVTT\n\n", "neither"),
        ("[]", "Nothing is said"),
        ('[{"start": 1, "text": "Hi."}]', "Entry 1 .* lacks"),
        ('[{"start": 1, "end": NaN, "text": "Hi."}]', "Entry 1 .* lacks"),
        ('[{"start": true, "end": 2, "text": "Hi."}]', "Entry 1 .* lacks"),
        ("[3]", "Entry 1 .* no object"),
    ],
)
def test_what_is_none(tmp_path: Path, text: str, why: str):
    with pytest.raises(SettingError, match=why) as refused:
        read_transcript(write(tmp_path, text))
    assert refused.value.code == "transcript_unreadable"


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(SettingError, match="cannot be read"):
        read_transcript(tmp_path / "none.vtt")
