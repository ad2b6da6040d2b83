"""An impaired talk is a talk: its measures, pictures, labels and files say what its sound says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.synthetic import Script, exchanges
from tests.recording.talks import Recorded, tone
from voice_widget import Scheme, Talk, read_talk
from voice_widget.analysis.pictured import pictured
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES

LATER = 400
NEAR_MS = 20


@pytest.fixture(scope="module")
def script() -> Script:
    return exchanges(6, (900.0, 1100.0), seed=3)


def starts(talk: Any) -> dict[int, tuple[int, int]]:
    table = talk.measures(by="turn")
    assert set(table["source"]) == {"sound"}
    return {seq: (start, end) for seq, start, end in zip(*(table[x] for x in _TIMES), strict=True)}


_TIMES = ("seq", "start_ms", "end_ms")


@pytest.mark.parametrize("side", SIDES)
def test_a_delayed_side_is_measured_where_it_sounds(script: Script, side: str):
    plain = script.talk()
    later = plain.impaired(delay_ms=LATER, side=side)  # type: ignore[arg-type]
    off = {seq: LATER * (script.truth[seq][0] == side) for seq in script.truth}
    for seq, (start, end) in starts(later).items():
        _, first, last = script.truth[seq]
        assert (start, end) == pytest.approx((first + off[seq], last + off[seq]), abs=NEAR_MS)
    gaps = [talk.measures(by="turn").set_index("seq")["response_gap_ms"].dropna() for talk in (plain, later)]
    assert set((gaps[1] - gaps[0]).tolist()) == {LATER if side == "assistant" else -LATER}
    told = {one.seq: one.start_ms for one in plain.utterances()}
    assert {one.seq: one.start_ms - told[one.seq] for one in later.utterances()} == off
    boxes = {box.seq: box.start_ms for box in pictured(plain, fine=False).boxes}
    assert {box.seq: box.start_ms - boxes[box.seq] for box in pictured(later, fine=False).boxes} == off


@pytest.mark.parametrize("side", SIDES)
def test_a_delayed_talk_agrees_with_itself_from_words_to_labels_and_files(side: Any, tmp_path: Path):
    talk = Talk.example()
    talk.scheme = Scheme("x")
    talk.label("x", seq=2)
    for each in (*SIDES, None):
        talk.label("x", start_ms=100, end_ms=900, side=each)
    later = talk.impaired(delay_ms=LATER - 100, side=side).impaired(delay_ms=100, side=side)
    read = read_talk(later.save(tmp_path / "later"))
    assert read.problems == ()
    for found in (later, read):
        assert [row["start_ms"] for row in found.rows] == [row["start_ms"] for row in talk.rows]
        off = {row["seq"]: LATER * (row["role"] == side) for row in talk.rows}
        assert {seq: (a - off[seq] * 24, b - off[seq] * 24) for seq, (a, b) in found.stretches().items()} == (
            talk.stretches()
        )
        for one, other in zip(found.utterances(), talk.utterances(), strict=True):
            assert [word.start_ms - off[one.seq] for word in one.words] == [x.start_ms for x in other.words]
        for seq in off:
            column = SIDES.index(talk.rows[seq - 1]["role"])
            assert np.array_equal(found.audio(seq)[0][:, column], talk.audio(seq)[0][:, column])
        assert found.transcript_df["level_db"].tolist() == pytest.approx(
            talk.transcript_df["level_db"].tolist(), abs=0.1
        )
        shown: Any = found.replay()._shown
        before: Any = talk.replay()._shown
        assert [turn["start_ms"] - off[turn["seq"]] for turn in shown["turns"]] == [
            turn["start_ms"] for turn in before["turns"]
        ]
        labels = {x.side: x.start_ms for x in found.labels() if x.seq is None}
        assert labels == {None: 100, **{each: 100 + LATER * (each == side) for each in SIDES}}
        (of_turn,) = [x for x in found.labels() if x.seq == 2]
        assert (of_turn.start, of_turn.end) == found.stretches()[2]
        assert starts(found) == {
            seq: (start + off[seq], end + off[seq]) for seq, (start, end) in starts(talk).items()
        }


@pytest.mark.parametrize("seq", [1, 2])
def test_a_turn_of_a_delayed_talk_is_redacted_where_it_sounds(seq: int, tmp_path: Path):
    talk = Talk.example().impaired(delay_ms=LATER)
    read = read_talk(talk.save(tmp_path / "later"))
    start, end = read.stretches()[seq]
    read.redact(seq)
    assert read.stretches()[seq] == (start, end)
    side = SIDES.index(read.rows[seq - 1]["role"])
    assert talk.sound.read(start, end)[:, side].any()
    assert not read.sound.read(start, end)[:, side].any()
    assert read.transcript_df["level_db"].isna().tolist() == [x == seq for x in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("done", "near_ms"),
    [
        ({"noise_db": 15}, 60),
        ({"gain_db": -12}, NEAR_MS),
        ({"clip": 0.05}, NEAR_MS),
        ({"loss": 0.03}, 60),
    ],
)
def test_turns_are_measured_in_the_sound_as_it_is_now(script: Script, done: dict[str, float], near_ms: int):
    worse: Any = script.talk().impaired(**done, seed=2)  # type: ignore[arg-type]
    off = [
        abs(at - true)
        for seq, found in starts(worse).items()
        for at, true in zip(found, script.truth[seq][1:], strict=True)
    ]
    assert np.quantile(off, 0.9) <= near_ms


def test_what_no_ear_finds_any_more_is_where_its_row_says(script: Script):
    gone = script.talk().impaired(gain_db=-100).measures(by="turn").set_index("role")
    assert set(gone.loc["user", "source"]) == {"events"}
    assert set(gone.loc["assistant", "source"]) == {"sound"}


@pytest.mark.parametrize("done", [{"noise_db": 0}, {"second_voice": tone(RATE), "gain_db": 3}])
def test_what_was_lost_stays_silent_and_what_was_a_pause_sounds(done: Any, tmp_path: Path):
    script = Script()
    script.turn("user", 500.0)
    seq = script.turn("user", 4000.0)
    script.lost("user", 2500, 3000)
    script.lost("user", 3000, 3500, "redacted")
    talk = script.talk()
    pause = round(script.truth[seq][2]) + 300
    user = [piece for piece in talk.pieces if piece.side == "user"]
    last = user[-1]
    paused = replace(last, start=pause * 24, samples=last.end - pause * 24, kind="gap", reason=None)
    pieces = [*user[:-1], replace(last, samples=pause * 24 - last.start), paused]
    record = replace(talk._record, pieces=[*pieces, *(x for x in talk.pieces if x.side == "assistant")])
    talk._record = record
    worse = talk.impaired(delay_ms=100, **done)
    pcm = worse.sound.read(0, worse.samples)[:, 0]
    assert not pcm[: 100 * 24].any()
    assert not pcm[2600 * 24 : 3600 * 24].any()
    assert pcm[3600 * 24 :].reshape(-1, 240).any(axis=1).all()
    kinds = [(x.kind, x.start // 24, x.end // 24) for x in worse.pieces if x.side == "user" and x.samples]
    assert kinds[:4] == [
        ("gap", 0, 100),
        ("sound", 100, 2600),
        ("gap", 2600, 3100),
        ("redacted", 3100, 3600),
    ]
    assert {kind for kind, *_ in kinds[4:]} == {"sound"}


def test_a_talk_whose_events_are_gone_is_impaired_with_its_tables(tmp_path: Path):
    call = Recorded(tmp_path / "talk")
    call.talk()
    call.end()
    (tmp_path / "talk" / "events.jsonl").unlink()
    talk = read_talk(tmp_path / "talk")
    softer = talk.impaired(gain_db=-20, delay_ms=LATER)
    loud, soft = (each.transcript_df.set_index("seq")["level_db"] for each in (talk, softer))
    assert (loud - soft).round(1).tolist() == [20, 0, 20, 0]
    assert len(softer.metrics_df) == len(talk.metrics_df) > 0
    ends = [each.recording_df["end_ms"].max() for each in (talk, softer)]
    assert ends == [talk.duration_ms, talk.duration_ms + LATER]
    assert [row["text"] for row in softer.rows] == [row["text"] for row in talk.rows]
    read = read_talk(softer.save(tmp_path / "softer"))
    assert read.transcript_df.equals(softer.transcript_df)
    assert starts(read) == starts(softer)
