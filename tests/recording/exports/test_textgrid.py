"""Praat's TextGrid, read by pympi and praatio, and by Praat itself where it is."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from praatio import textgrid
from pympi.Praat import TextGrid

from tests.recording.exports.samples import ON_ONE_LINE, STRANGE, Talk, said, talk
from voice_widget.recording.exports.laying import laid
from voice_widget.recording.exports.textgrid import to_textgrid

Tiers = list[tuple[str, list[tuple[float, float, str]]]]
PRAAT = shutil.which("praat")
SHOW = """
form Show
    sentence path
endform
Read from file: path$
tiers = Get number of tiers
for tier to tiers
    name$ = Get tier name: tier
    appendInfoLine: "tier", tab$, name$
    intervals = Get number of intervals: tier
    for i to intervals
        begin = Get start time of interval: tier, i
        end = Get end time of interval: tier, i
        label$ = Get label of interval: tier, i
        appendInfoLine: fixed$(begin, 3), tab$, fixed$(end, 3), tab$, label$
    endfor
endfor
"""


def written(tmp_path: Path, talk: Talk, words: bool = False) -> Path:
    path = tmp_path / "talk.TextGrid"
    path.write_text(to_textgrid(*talk, words=words), encoding="utf-8")
    return path


def by_pympi(path: Path) -> Tiers:
    return [
        (tier.name, [(float(begin), float(end), text) for begin, end, text in tier.get_intervals()])
        for tier in TextGrid(str(path), codec="utf-8").get_tiers()
    ]


def by_praatio(path: Path) -> Tiers:
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=True, reportingMode="error")
    return [(tier.name, [(one.start, one.end, one.label) for one in tier.entries]) for tier in grid.tiers]


def by_praat(path: Path) -> Tiers:
    if PRAAT is None:
        pytest.skip("Praat is missing: run `make setup`.")
    script = path.with_suffix(".praat")
    script.write_text(SHOW, encoding="utf-8")
    done = subprocess.run(
        [PRAAT, "--run", str(script), str(path)],
        capture_output=True,
        timeout=60,
        check=True,
    )
    found: Tiers = []
    for text in done.stdout.decode().splitlines():
        parts = text.split("\t")
        if len(parts) == 2:
            found.append((parts[1], []))
        else:
            found[-1][1].append((float(parts[0]), float(parts[1]), parts[2]))
    return found


def tile(tiers: Tiers, end: float) -> bool:
    return all(
        own[0][0] == 0
        and own[-1][1] == end
        and all(begin < stop for begin, stop, _ in own)
        and all(before[1] == after[0] for before, after in pairwise(own))
        for _, own in tiers
    )


READERS = pytest.mark.parametrize("read", [by_pympi, by_praatio, by_praat])


@READERS
def test_each_speaker_has_a_tier_that_tiles_the_recording(read, tmp_path: Path):
    assert read(written(tmp_path, talk())) == [
        (
            "user",
            [
                (0, 0.25, ""),
                (0.25, 1.75, "what is the average"),
                (1.75, 3.9, ""),
                (3.9, 4.8, "stop please"),
                (4.8, 6, ""),
            ],
        ),
        ("assistant", [(0, 2.4, ""), (2.4, 4.1, "The average is twenty"), (4.1, 6, "")]),
    ]


@READERS
def test_words_have_tiers_and_estimated_ones_another(read, tmp_path: Path):
    found = read(written(tmp_path, talk(), words=True))
    assert [name for name, _ in found] == [
        "user",
        "user words",
        "assistant",
        "assistant words",
        "assistant words (estimated)",
    ]
    assert tile(found, 6)
    assert [one for one in found[3][1] if one[2]] == [
        (2.4, 2.6, "The"),
        (2.6, 3.2, "average"),
        (3.5, 4.1, "twenty"),
    ]
    assert [one for one in found[4][1] if one[2]] == [(3.3, 3.4, "is")]


@READERS
@pytest.mark.parametrize("name", STRANGE)
def test_whatever_was_said_the_tiers_tile_and_hold_it(read, name: str, tmp_path: Path):
    utterances, duration = STRANGE[name]
    found = read(written(tmp_path, STRANGE[name], words=True))
    end = max(1, duration, *(one.end_ms or 0 for one in laid(utterances, duration)))
    latest = max(own[-1][1] for _, own in found)
    assert latest >= end / 1000
    assert tile(found, latest)
    if name not in ("after the recording", "longer than the recording"):
        assert latest <= end / 1000 + 0.003
    texts = sorted(text for tier, own in found for _, _, text in own if text and " words" not in tier)
    assert texts == sorted(one.text for one in laid(utterances, duration) if one.text)


def test_quotation_marks_are_doubled():
    assert (
        '            text = "a ""b"""' in to_textgrid([said(1, "user", 0, 900, 'a "b"')], 1000).splitlines()
    )
    assert ON_ONE_LINE["quotes"].replace('"', '""') in to_textgrid(*STRANGE["text: quotes"])
