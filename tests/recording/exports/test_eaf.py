"""ELAN's files, read by pympi."""

from __future__ import annotations

import warnings
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from pympi.Elan import Eaf

from tests.recording.exports.samples import STRANGE, Talk, talk
from voice_widget.recording.exports.eaf import to_eaf
from voice_widget.recording.exports.laying import laid

AT = "2026-11-26T10:00:00+00:00"


def read(tmp_path: Path, talk: Talk, media: str = "audio.wav") -> Eaf:
    path = tmp_path / "talk.eaf"
    path.write_text(to_eaf(*talk, media=media, at=AT), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a version that it does not know
        return Eaf(str(path))


def test_each_speaker_has_a_tier_of_one_linguistic_type(tmp_path: Path):
    found = read(tmp_path, talk())
    assert list(found.get_tier_names()) == ["user", "assistant"]
    assert [found.get_parameters_for_tier(name) for name in ("user", "assistant")] == [
        {"LINGUISTIC_TYPE_REF": "utterance", "PARTICIPANT": name, "TIER_ID": name}
        for name in ("user", "assistant")
    ]
    assert found.get_parameters_for_linguistic_type("utterance") == {
        "GRAPHIC_REFERENCES": "false",
        "LINGUISTIC_TYPE_ID": "utterance",
        "TIME_ALIGNABLE": "true",
    }
    assert found.get_annotation_data_for_tier("user") == [
        (250, 1750, "what is the average"),
        (3900, 4800, "stop please"),
    ]
    assert found.get_annotation_data_for_tier("assistant") == [(2400, 4100, "The average is twenty")]


@pytest.mark.parametrize(
    ("media", "link", "kind"),
    [
        ("audio.wav", "./audio.wav", "audio/x-wav"),
        ("my sounds/ä&b.flac", "./my%20sounds/%C3%A4%26b.flac", "audio/flac"),
        ("../audio.OPUS", "../audio.OPUS", "audio/ogg"),
    ],
)
def test_the_sound_is_linked_from_where_the_file_is(media: str, link: str, kind: str, tmp_path: Path):
    assert read(tmp_path, talk(), media).get_linked_files() == [
        {"MEDIA_URL": link, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": link}
    ]


def test_the_head_says_milliseconds_and_version_3():
    root = xml.fromstring(to_eaf(*talk(), media="audio.wav", at=AT))
    assert {name: root.attrib[name] for name in ("FORMAT", "VERSION", "DATE")} == {
        "FORMAT": "3.0",
        "VERSION": "3.0",
        "DATE": AT,
    }
    assert [child.tag for child in root] == ["HEADER", "TIME_ORDER", "TIER", "TIER", "LINGUISTIC_TYPE"]
    assert root[0].attrib == {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    times = [int(slot.attrib["TIME_VALUE"]) for slot in root[1]]
    assert times == sorted(times) == [250, 1750, 2400, 3900, 4100, 4800]
    assert root.find("HEADER/PROPERTY").text == "3"  # type: ignore[union-attr]


@pytest.mark.parametrize("talk", STRANGE.values(), ids=STRANGE)
def test_whatever_was_said_every_annotation_is_read(talk: Talk, tmp_path: Path):
    found = read(tmp_path, talk)
    texts: list[str] = []
    for name in found.get_tier_names():
        own = sorted(found.get_annotation_data_for_tier(name))
        assert all(start < end for start, end, _ in own)
        assert all(own[i][1] <= own[i + 1][0] for i in range(len(own) - 1))
        texts += [text for _, _, text in own]
    assert sorted(texts) == sorted(one.text for one in laid(*talk))
