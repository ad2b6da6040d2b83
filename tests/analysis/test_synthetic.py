"""Talks whose times are known to the sample: what is measured of them is right within 20 ms."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.analysis.synthetic import Noise, Script, clip, exchanges
from voice_widget import Talk
from voice_widget.analysis.spans import Span, length, shared, union
from voice_widget.realtime.state.records import SIDES, Side

WITHIN_MS = 20.0
CONDITIONS = [pytest.param(None, id="quiet"), pytest.param(20.0, id="20 dB"), pytest.param(10.0, id="10 dB")]
GAPS = (700.0, 321.5, 1203.0, 460.0, 2101.0)
OVERLAPS = (-233.0, 640.0, -120.5, 300.0, -310.0)


@cache
def apart() -> Script:
    return exchanges(42, GAPS, seed=3)


@cache
def overlapping() -> Script:
    return exchanges(42, OVERLAPS, seed=4, ms=(1300, 1650))


@cache
def by_turn(script: str, snr: float | None) -> pd.DataFrame:
    return {"apart": apart, "overlapping": overlapping}[script]().talk(snr).measures(by="turn")


def errors(table: pd.DataFrame, script: Script, column: str, *, answers: bool = False) -> np.ndarray:
    """By how much each value is off; each that is there in truth must have been measured."""
    told = table.set_index("seq")[column].dropna()
    seqs = [seq for seq in script.truth if seq > 1 and (not answers or script.truth[seq][0] == "assistant")]
    true = {seq: script.truth[seq][1] - script.truth[seq - 1][2] for seq in seqs}
    assert told.index.tolist() == seqs
    return np.array([told[seq] - (max(0.0, true[seq]) if answers else true[seq]) for seq in seqs], float)


def near(errors: np.ndarray) -> None:
    assert len(errors) >= 40
    assert np.percentile(np.abs(errors), 95) <= WITHIN_MS


@pytest.mark.parametrize("snr", CONDITIONS)
@pytest.mark.parametrize(("name", "script"), [("apart", apart), ("overlapping", overlapping)])
def test_gaps_and_offsets_are_right(name: str, script, snr: float | None):
    table = by_turn(name, snr)
    assert set(table["source"]) == {"sound"}
    near(errors(table, script(), "response_gap_ms", answers=True))
    near(errors(table, script(), "floor_transfer_offset_ms"))


@pytest.mark.parametrize(("kind", "snr"), [("pink", 20.0), ("brown", 10.0), ("hum", 10.0)], ids=str)
@pytest.mark.parametrize(("name", "script"), [("apart", apart), ("overlapping", overlapping)])
def test_gaps_and_offsets_are_right_over_noise_as_rooms_have_it(name: str, script, kind: Noise, snr: float):
    table = script().talk(sound=script().samples(snr, kind=kind)).measures(by="turn")
    near(errors(table, script(), "response_gap_ms", answers=True))
    near(errors(table, script(), "floor_transfer_offset_ms"))


@pytest.mark.parametrize(
    ("kind", "snr"),
    [("telephone", 30.0), ("telephone", 20.0), ("wideband", 20.0), ("swelling", 20.0), ("cars", 20.0)],
    ids=str,
)
def test_offsets_are_right_over_noise_of_lines_and_noise_that_swells(kind: Noise, snr: float):
    script = overlapping()
    table = script.talk(sound=script.samples(snr, kind=kind)).measures(by="turn")
    found = errors(table, script, "floor_transfer_offset_ms")
    near(found)
    doubts = table.set_index("seq")["doubts"].fillna("")
    wrong = [seq for seq, error in enumerate(found, 2) if abs(error) > 100]
    assert all("floor_transfer_offset_ms" in doubts[seq] for seq in wrong)


def test_over_pink_noise_of_10_db_each_talk_has_its_offsets_and_all_together_their_gaps():
    gaps = []
    for script in (apart(), overlapping()):
        for seed in (7, 8):
            table = script.talk(sound=script.samples(10.0, seed, kind="pink")).measures(by="turn")
            near(errors(table, script, "floor_transfer_offset_ms"))
            gaps.append(errors(table, script, "response_gap_ms", answers=True))
    near(np.concatenate(gaps))


def test_where_others_talk_no_value_is_sure():
    script = exchanges(8, GAPS, seed=9)
    talk = script.talk(sound=script.samples(10.0, kind="voices"))
    found = talk.measures(by="turn").set_index("seq").loc[2:]
    wrong = [
        seq
        for seq, offset in found["floor_transfer_offset_ms"].items()
        if pd.isna(offset) or abs(offset - (script.truth[seq][1] - script.truth[seq - 1][2])) > WITHIN_MS
    ]
    doubts = found.loc[wrong, "doubts"]
    assert len(wrong) > 10
    assert doubts.str.contains("floor_transfer_offset_ms").all()


def test_some_of_these_offsets_are_below_zero():
    found = by_turn("overlapping", None)["floor_transfer_offset_ms"].dropna()
    assert (found < -100).sum() > 30


@pytest.mark.parametrize("snr", CONDITIONS)
def test_shares_are_right(snr: float | None):
    script = overlapping()
    whole = script.talk(snr).measures().set_index(["measure", "side"])["value"]
    true: dict[Side, list[Span]] = {
        side: union([(a, b) for role, a, b in script.truth.values() if role == side]) for side in SIDES
    }
    both = length(shared(true["user"], true["assistant"]))
    # The clips hold pauses of the speaker's that are longer than 200 ms.
    assert whole[("overlap_share", pd.NA)] == pytest.approx(
        both / length(union([*true["user"], *true["assistant"]])), abs=0.015
    )
    spoken = length(true["user"]) / (length(true["user"]) + length(true["assistant"]))
    assert whole[("talk_share", "user")] == pytest.approx(spoken, abs=0.02)
    assert whole[("talk_share", "user")] + whole[("talk_share", "assistant")] == pytest.approx(1.0)


def barge_ins(count: int) -> tuple[Script, dict[int, float]]:
    """Answers that stop so many milliseconds after the user has begun to speak."""
    script = Script(np.random.default_rng(5))
    true: dict[int, float] = {}
    at = 400.0
    for number in range(count):
        asked = script.turn("user", at)
        pcm = clip("assistant", script.rng, (1200, 1650))
        stopped = {"interrupted": True, "stopped_by": "speech", "stop_reason": "turn_detected"}
        answer = script.turn("assistant", script.truth[asked][2] + 600, pcm, **stopped)
        after = 90.0 + 37.0 * (number % 14)
        ends = script.truth[answer][2]
        cuts = script.turn("user", ends - after, clip("user", script.rng, (900, 1600)), "No, the other one!")
        true[answer] = ends - script.truth[cuts][1]
        again = script.turn("assistant", script.truth[cuts][2] + 500)
        at = script.truth[again][2] + 800
    return script, true


@pytest.mark.parametrize("snr", CONDITIONS)
def test_the_time_to_stop_is_right(snr: float | None):
    script, true = barge_ins(42)
    found = script.talk(snr).measures(by="turn").set_index("seq")
    told = found["barge_in_stop_ms"].dropna()
    assert told.index.tolist() == list(true)
    near(np.array([told[seq] - true[seq] for seq in true], float))
    assert set(found["kind"]) == {"turn", "interruption"}
    assert not found["false_yield"].dropna().any()


def test_percentiles_are_those_of_the_turns():
    table = apart().talk().measures().set_index(["measure", "side"])
    gap = table.loc[("response_gap_ms", "assistant")]
    values = by_turn("apart", None)["response_gap_ms"].dropna().to_numpy(float)
    assert gap["n"] == 42
    assert gap["missing"] == 0
    assert pd.isna(gap["points"])
    assert [gap["p50"], gap["p90"], gap["p95"]] == pytest.approx(np.percentile(values, [50, 90, 95]), abs=1)


def test_dead_air_is_what_is_longer_than_asked():
    talk: Talk = apart().talk()
    two = [gap for gap in GAPS if gap > 2000]
    found = talk.measures(by="turn")["dead_air_ms"].dropna()
    assert len(found) == len([n for n in range(1, 84) if GAPS[n % 5] in two])
    assert found.to_numpy(float) == pytest.approx(2101, abs=2)
    shorter = talk.measures(dead_air_ms=1000).set_index("measure")
    assert shorter.loc["dead_air_ms", "n"] > len(found)
