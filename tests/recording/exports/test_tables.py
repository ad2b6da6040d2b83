"""RTTM, tab-separated values and JSON lines, read by rttm-manager, pandas, csv and json."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rttm_manager import import_rttm

from tests.recording.exports.samples import STRANGE, TEXTS, Talk, said, talk
from voice_widget.recording.exports.jsonl import to_jsonl
from voice_widget.recording.exports.laying import laid
from voice_widget.recording.exports.rttm import to_rttm
from voice_widget.recording.exports.tsv import to_tsv

# --- RTTM ---


def test_who_spoke_when_with_the_side_as_the_channel():
    assert to_rttm(*talk(), file="my talk") == (
        "SPEAKER my_talk 1 0.250 1.500 <NA> <NA> user <NA> <NA>\n"
        "SPEAKER my_talk 2 2.400 1.700 <NA> <NA> assistant <NA> <NA>\n"
        "SPEAKER my_talk 1 3.900 0.900 <NA> <NA> user <NA> <NA>\n"
    )


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_rttm_is_read_line_by_line(talk: Talk, tmp_path: Path):
    path = tmp_path / "talk.rttm"
    path.write_text(to_rttm(*talk), encoding="utf-8")
    found = import_rttm(str(path))
    assert len(found) == len(talk[0])
    assert [one.turn_onset for one in found] == sorted(one.turn_onset for one in found)
    assert all(one.type == "SPEAKER" and one.turn_duration > 0 for one in found)
    assert {one.channel_id for one in found} == {1 if one.role == "user" else 2 for one in talk[0]}
    assert len({one.speaker_name for one in found}) == len({(one.role, one.speaker) for one in talk[0]})


# --- tab-separated ---


def test_one_row_per_annotation():
    assert to_tsv(*talk()) == (
        "speaker\ttier\tonset\toffset\tvalue\n"
        "user\tutterance\t0.250\t1.750\twhat is the average\n"
        "assistant\tutterance\t2.400\t4.100\tThe average is twenty\n"
        "user\tutterance\t3.900\t4.800\tstop please\n"
    )


def test_words_follow_their_utterance_and_estimated_ones_say_so():
    rows = [row.split("\t") for row in to_tsv(*talk(), words=True).splitlines()]
    assert rows[6:11] == [
        ["assistant", "utterance", "2.400", "4.100", "The average is twenty"],
        ["assistant", "word", "2.400", "2.600", "The"],
        ["assistant", "word", "2.600", "3.200", "average"],
        ["assistant", "word (estimated)", "3.300", "3.400", "is"],
        ["assistant", "word", "3.500", "4.100", "twenty"],
    ]


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_pandas_and_csv_read_every_row(talk: Talk):
    content = to_tsv(*talk)
    expected = [(one.speaker, one.start_ms, one.end_ms, one.text) for one in laid(*talk)]
    frame = pd.read_csv(StringIO(content), sep="\t", keep_default_na=False, dtype={"value": str})
    assert list(frame.columns) == ["speaker", "tier", "onset", "offset", "value"]
    assert [
        (row.speaker, round(row.onset * 1000), round(row.offset * 1000), row.value)
        for row in frame.itertuples()
    ] == expected
    csv.field_size_limit(1_000_000)
    rows = list(csv.DictReader(StringIO(content), delimiter="\t"))
    assert [(row["speaker"], row["value"]) for row in rows] == [(one[0], one[3]) for one in expected]


# --- JSON lines ---


def row(seq: int, text: str = "so it is") -> dict[str, Any]:
    return {"seq": seq, "role": "user", "text": text, "start_ms": None, "interrupted": False}


def test_each_line_is_a_row_with_its_schema_and_what_sounded_of_it():
    utterances, _ = talk()
    lines = [json.loads(one) for one in to_jsonl([row(4), row(2)], utterances).splitlines()]
    assert [one["seq"] for one in lines] == [2, 4]
    assert lines[0] == {
        "schema": 1,
        **row(2),
        "speaker": "assistant",
        "recording_start_ms": 2400,
        "recording_end_ms": 4100,
        "words": [
            {"text": "The", "start_ms": 2400, "end_ms": 2600, "source": "service"},
            {"text": "average", "start_ms": 2600, "end_ms": 3200, "source": "service"},
            {"text": "is", "start_ms": 3300, "end_ms": 3400, "source": "estimated"},
            {"text": "twenty", "start_ms": 3500, "end_ms": 4100, "source": "service"},
        ],
    }
    assert lines[1] == {
        "schema": 1,
        **row(4),
        "speaker": None,
        "recording_start_ms": None,
        "recording_end_ms": None,
        "words": [],
    }


@pytest.mark.parametrize("name", TEXTS)
def test_a_line_is_a_line_and_the_text_comes_back(name: str):
    content = to_jsonl([row(1, TEXTS[name])], [said(1, "user", 0, 900, TEXTS[name])])
    assert len(content.splitlines()) == content.count("\n") == 1
    text = json.loads(content.encode())["text"]
    assert text == TEXTS[name].encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_pandas_reads_a_frame_of_the_rows():
    frame = pd.read_json(StringIO(to_jsonl([row(1), row(2)])), lines=True)
    assert frame[["schema", "seq", "text"]].to_numpy().tolist() == [[1, 1, "so it is"], [1, 2, "so it is"]]


def test_a_talk_without_rows_is_an_empty_file():
    assert to_jsonl([]) == ""
