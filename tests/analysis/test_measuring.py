"""The tables of measures: of the example, and of talks where something is missing or odd."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.analysis.made import talk as made
from tests.analysis.synthetic import LEVEL, Script, clip
from tests.recording.talks import Recorded
from voice_widget import MissingParts, SettingError, Talk, compare, read_talk
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import Stereo


def whole(talk: Talk, **named: Any) -> pd.DataFrame:
    return talk.measures(**named).set_index(["measure", "side"])


def two_exchanges(**answer: object) -> Script:
    """A question, an answer 700 ms later, a question 400 ms later, an answer 900 ms later."""
    script = Script()
    asked = script.turn("user", 500, text="How many are there?")
    told = script.turn("assistant", script.truth[asked][2] + 700, text="There are three.", **answer)
    again = script.turn("user", script.truth[told][2] + 400, text="And now?")
    script.turn("assistant", script.truth[again][2] + 900, text="Four, I think.")
    return script


def test_the_example_by_turn_and_in_all():
    by_turn = Talk.example().measures(by="turn")
    assert by_turn["seq"].tolist() == [1, 2, 3, 4]
    assert by_turn["response_gap_ms"].tolist()[1::2] == [720, 680]
    assert by_turn["response_gap_ms"].isna().tolist() == [True, False, True, False]
    assert by_turn["floor_transfer_offset_ms"].tolist()[2] == -76  # it was asked over the answer
    assert by_turn["barge_in_stop_ms"].tolist()[1] == 76
    assert by_turn["kind"].tolist() == ["turn", "turn", "interruption", "turn"]
    # The wait, the sound and the way of it; what is left is what nobody names.
    assert by_turn.loc[1, "unexplained_ms"] == 720 - 499 - 169 - 41
    table = whole(Talk.example())
    assert table.loc[("response_gap_ms", "assistant"), "points"] == "720, 680"
    assert table.loc[("interruptions", "user"), "value"] == 1
    assert table.loc[("false_yields", "assistant"), ["n", "value"]].tolist() == [1, 0]
    assert table.loc[("total_tokens", pd.NA), "value"] == 350
    assert table.index.is_unique


def test_columns_and_dtypes_do_not_depend_on_the_talk():
    for by in ("talk", "turn"):
        full, empty = Talk.example().measures(by=by), Script().talk().measures(by=by)
        assert full.dtypes.to_dict() == empty.dtypes.to_dict()


def test_bad_arguments_are_named():
    with pytest.raises(SettingError, match="by talk or by turn"):
        Talk.example().measures(by="word")  # type: ignore[arg-type]
    for bad in (0, -1, float("nan"), True, "2 s"):
        with pytest.raises(SettingError, match="dead_air_ms"):
            Talk.example().measures(dead_air_ms=bad)  # type: ignore[arg-type]


def test_without_sound_the_events_say_it_and_the_source_does():
    script = two_exchanges(response_gap_ms=650)
    by_turn = script.talk(silent=True).measures(by="turn")
    assert set(by_turn["source"]) == {"events"}
    gaps = by_turn["response_gap_ms"].tolist()
    assert gaps[1] == 650  # who heard it said so
    assert gaps[3] == pytest.approx(900 - 200 - 300, abs=2)  # the rows' own times, with their padding
    assert by_turn["doubts"].isna().all()  # there is no second way to hear


@pytest.mark.parametrize("column", [0, 1])
def test_of_a_silent_channel_the_events_say_it(column: int):
    script = two_exchanges()
    sound = script.samples()
    sound[:, column] = 0
    by_turn = script.talk(sound=sound).measures(by="turn").set_index("role")["source"]
    silent, other = (("user", "assistant"), ("assistant", "user"))[column]
    assert set(by_turn[silent]) == {"events"}
    assert set(by_turn[other]) == {"sound"}
    table = whole(script.talk(sound=sound))
    assert table.loc[("response_gap_ms", "assistant"), "n"] == 2


@pytest.mark.parametrize("kind", ["gap", "paused", "redacted"])
@pytest.mark.parametrize("side", ["user", "assistant"])
def test_a_value_beside_a_hole_is_missing_and_counted(kind: str, side):
    script = two_exchanges()
    ends = script.truth[1][2]
    script.lost(side, ends + 200, ends + 500, kind)
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert pd.isna(by_turn.loc[2, "response_gap_ms"])
    assert by_turn.loc[4, "response_gap_ms"] == pytest.approx(900, abs=2)
    row = whole(script.talk()).loc[("response_gap_ms", "assistant")]
    assert (row["n"], row["missing"], row["points"]) == (1, 1, "900")


def test_a_hole_within_a_turn_costs_that_turns_own_values():
    script = two_exchanges()
    _, start, end = script.truth[2]
    script.lost("assistant", (start + end) / 2, (start + end) / 2 + 50)
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn["speech_rate"].isna().tolist() == [False, True, False, False]
    assert by_turn.loc[2, "response_gap_ms"] == pytest.approx(700, abs=2)
    assert whole(script.talk()).loc[("speech_rate", "assistant"), "missing"] == 1


def test_time_that_nobody_knows_is_in_no_share():
    script = Script()
    second = np.round(LEVEL * np.sin(np.arange(RATE) / 9)).astype(np.int16)
    for side, at in (("user", 500), ("assistant", 2500), ("user", 4500), ("assistant", 6500)):
        script.turn(side, at, second)
    script.lost("assistant", 2450, 3550)
    table = whole(script.talk())
    assert table.loc[("talk_share", "user"), "value"] == pytest.approx(2 / 3, abs=0.01)
    assert table.loc[("talk_share", "assistant"), "value"] == pytest.approx(1 / 3, abs=0.01)
    assert table.loc[("talk_share", "assistant"), ["n", "missing"]].tolist() == [1, 1]
    assert table.loc[("talk_share", "user"), ["n", "missing"]].tolist() == [2, 0]
    assert table.loc[("overlap_share", pd.NA), ["n", "missing"]].tolist() == [3, 1]


def test_silence_with_a_hole_in_it_is_no_dead_air():
    script = Script()
    first = script.turn("user", 500)
    second = script.turn("assistant", script.truth[first][2] + 3000)
    script.turn("user", script.truth[second][2] + 4000)
    script.lost("user", script.truth[first][2] + 1000, script.truth[first][2] + 1200)
    row = whole(script.talk()).loc[("dead_air_ms", pd.NA)]
    assert (row["n"], row["missing"], row["points"]) == (1, 1, "4000")


def test_a_talk_of_no_turns_and_of_one():
    empty = Script().talk()
    assert len(empty.measures(by="turn")) == 0
    table = whole(empty)
    assert table.loc[("response_gap_ms", "assistant"), ["n", "missing"]].tolist() == [0, 0]
    assert pd.isna(table.loc[("talk_share", "user"), "value"])
    one = Script()
    one.turn("user", 500)
    table = whole(one.talk())
    assert table.loc[("talk_share", "user"), "value"] == 1
    assert table.loc[("floor_transfer_offset_ms", "user"), ["n", "missing"]].tolist() == [0, 0]


def test_what_was_typed_has_no_gap():
    script = Script()
    asked = script.turn("user", 500)
    script.row("user", "And of these?", source="typed", status="completed")
    script.turn("assistant", script.truth[asked][2] + 2500)
    by_turn = script.talk().measures(by="turn")
    assert by_turn["seq"].tolist() == [1, 3]
    row = whole(script.talk()).loc[("response_gap_ms", "assistant")]
    assert (row["n"], row["missing"]) == (0, 0)


def test_an_answer_to_what_was_typed_has_no_offset():
    script = Script()
    asked = script.turn("user", 500)
    script.row("user", "And of these?", source="typed", status="completed")
    script.turn("assistant", script.truth[asked][2] + 60_000)
    assert script.talk().measures(by="turn")["floor_transfer_offset_ms"].isna().all()
    row = whole(script.talk()).loc[("floor_transfer_offset_ms", "assistant")]
    assert (row["n"], row["missing"]) == (0, 0)


def test_the_floor_does_not_pass_from_one_call_to_another():
    script = Script()
    told = script.turn("assistant", 500, text="Hello.")
    bye = script.turn("user", script.truth[told][2] + 400, text="Thanks, bye.")
    hello = script.turn("assistant", script.truth[bye][2] + 30_000, text="Hello again.", call_id="d")
    script.turn("user", script.truth[hello][2] + 3000, text="Hi.", call_id="d")
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn["response_gap_ms"].isna().all()
    assert by_turn["floor_transfer_offset_ms"].isna().tolist() == [True, False, True, False]
    assert by_turn.loc[4, "floor_transfer_offset_ms"] == pytest.approx(3000, abs=2)
    assert by_turn["dead_air_ms"].isna().tolist() == [True, True, True, False]
    assert whole(script.talk()).loc[("dead_air_ms", pd.NA), "points"] == "3000"


def test_a_filler_is_marked_and_does_not_close_the_gap_in_silence():
    script = Script()
    asked = script.turn("user", 500)
    filler = script.turn("assistant", script.truth[asked][2] + 600, text="One moment, please.")
    script.turn("assistant", script.truth[filler][2] + 1800, text="There are three.")
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn["kind"].tolist() == ["turn", "filler", "turn"]
    assert by_turn.loc[2, "response_gap_ms"] == pytest.approx(600, abs=2)
    assert pd.isna(by_turn.loc[2, "answer_gap_ms"])
    true = script.truth[3][1] - script.truth[1][2]
    assert by_turn.loc[3, "answer_gap_ms"] == pytest.approx(true, abs=2)
    assert whole(script.talk()).loc[("fillers", "assistant"), "value"] == 1


def over_an_answer(text: str, ms: tuple[int, int] = (400, 600), **row: object) -> Script:
    """An answer that stops 200 ms after the user has begun to sound."""
    script = Script()
    asked = script.turn("user", 500)
    stopped = {"interrupted": True, "stopped_by": "speech"}
    pcm = clip("assistant", script.rng, (1200, 1600))
    answer = script.turn(
        "assistant", script.truth[asked][2] + 700, pcm, "There are three of them.", **stopped
    )
    over = script.truth[answer][2] - 200
    if text == "nothing":
        script.sound("user", over, clip("user", script.rng, ms))
    else:
        script.turn("user", over, clip("user", script.rng, ms), text, **row)
    return script


@pytest.mark.parametrize(
    ("text", "ms", "row", "false"),
    [
        ("Mm-hm.", (400, 600), {}, True),
        ("there are three", (400, 600), {}, True),  # its own echo
        ("", (300, 350), {"status": "no_transcript"}, True),
        ("", (900, 1200), {"status": "no_transcript"}, None),
        ("Stop there.", (400, 600), {}, False),
        ("Stop there.", (400, 600), {"overlap": "cough"}, True),
        ("Yeah.", (400, 600), {"overlap": "interruption"}, False),
        ("nothing", (300, 350), {}, True),
    ],
)
def test_an_answer_that_stopped_for_nothing(text: str, ms, row, false):
    talk = over_an_answer(text, ms, **row).talk()
    found = talk.measures(by="turn").set_index("seq").loc[2]
    assert (None if pd.isna(found["false_yield"]) else bool(found["false_yield"])) is false
    assert found["barge_in_stop_ms"] == pytest.approx(200, abs=2)
    counted = whole(talk).loc[("false_yields", "assistant")]
    assert counted[["n", "missing"]].tolist() == [false is not None, false is None]
    assert (None if pd.isna(counted["value"]) else bool(counted["value"])) is false
    compared = compare(talk, talk).table.set_index("measure").loc["false_yields"]
    assert compared["n_a"] == (false is not None)


def test_a_backchannel_takes_no_floor_and_an_answer_does():
    script = Script()
    asked = script.turn("user", 500)
    pcm = clip("assistant", script.rng, (1400, 1600))
    answer = script.turn("assistant", script.truth[asked][2] + 700, pcm)
    inside = script.truth[answer][1] + 300
    script.turn("user", inside, clip("user", script.rng, (300, 400)), "Uh-huh.")
    script.turn("user", script.truth[answer][2] + 500, text="Yes.")
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn["kind"].to_dict() == {1: "turn", 2: "turn", 3: "backchannel", 4: "turn"}
    assert by_turn["floor_transfer_offset_ms"].isna().to_dict() == {1: True, 2: False, 3: True, 4: False}
    assert whole(script.talk()).loc[("backchannels", "user"), "value"] == 1


@pytest.mark.parametrize("kind", ["function", "mcp"])
def test_the_silence_before_a_tools_answer(kind):
    script = Script()
    asked = script.turn("user", 500)
    ends = script.truth[asked][2]
    script.turn("assistant", ends + 3000)
    tool = {"kind": kind, "name": "count", "call_id": "c", "seq": 1}
    script.tables["tool_calls"] = [tool | {"start_ms": round(ends + 900), "end_ms": round(ends + 2500)}]
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn.loc[2, "tool_silence_ms"] == pytest.approx(3000, abs=2)
    assert by_turn.loc[2, "response_gap_ms"] == pytest.approx(3000, abs=2)


def test_of_a_tool_without_an_end_nobody_knows_the_answer():
    script = Script()
    asked = script.turn("user", 500)
    ends = round(script.truth[asked][2])
    script.turn("assistant", ends + 3000)
    tool = {"kind": "function", "name": "count", "call_id": "c", "seq": 1, "start_ms": ends, "end_ms": None}
    script.tables["tool_calls"] = [tool]
    row = whole(script.talk()).loc[("tool_silence_ms", "assistant")]
    assert (row["n"], row["missing"]) == (0, 1)


def test_an_answer_that_begins_too_early_interrupts():
    script = Script()
    asked = script.turn("user", 500, clip("user", script.rng, (1500, 1600)))
    script.turn("assistant", script.truth[asked][2] - 700, clip("assistant", script.rng, (1500, 1600)))
    by_turn = script.talk().measures(by="turn").set_index("seq")
    assert by_turn.loc[2, "kind"] == "interruption"
    assert by_turn.loc[2, "response_gap_ms"] == 0
    assert by_turn.loc[2, "floor_transfer_offset_ms"] == pytest.approx(-700, abs=2)
    assert whole(script.talk()).loc[("interruptions", "assistant"), "value"] == 1


def rising(sound: Stereo, start_ms: float, ms: float) -> None:
    """Let an assistant's voice come up from nearly nothing."""
    start, count = round(start_ms * RATE / 1000), round(ms * RATE / 1000)
    ramp = 10 ** (np.linspace(-28, 0, count) / 20)
    sound[start : start + count, 1] = np.round(sound[start : start + count, 1] * ramp)


def softly_ended(turns: int = 1, db: float = -27.0, seed: int = 1) -> Script:
    """Users' turns that go on very softly, and answers that begin as soon as they are soft."""
    script = Script(np.random.default_rng(seed), padded=False)
    at = 500.0
    for _ in range(turns):
        loud, tail = (clip("user", script.rng, (1000, 1400)) for _ in range(2))
        soft = np.round(tail * 10 ** (db / 20)).astype(np.int16)
        ends = at + len(loud) * 1000 / RATE
        script.turn("user", at, np.concatenate([loud, np.zeros(720, np.int16), soft]), "How many are there?")
        script.turn("assistant", ends + 150, clip("assistant", script.rng, (1500, 1650)), "There are three.")
        at = script.end_ms + 900
    return script


def test_counts_that_two_ways_to_hear_differ_in_are_doubtful():
    talk = softly_ended().talk()
    assert "kind: turn" in talk.measures(by="turn").loc[1, "doubts"]
    counted = whole(talk).loc[("interruptions", "assistant")]
    assert (counted["n"], counted["value"], counted["doubtful"]) == (1, 1, 1)
    assert whole(talk).loc[("backchannels", "assistant"), "doubtful"] == 0


def test_what_is_left_of_a_doubtful_gap_is_doubtful():
    talk = Talk.example().impaired(noise_db=10)
    doubts = talk.measures(by="turn")["doubts"].fillna("")
    of_gap, of_rest = (doubts.str.contains(name).sum() for name in ("response_gap_ms", "unexplained_ms"))
    assert of_gap == of_rest > 0
    assert whole(talk).loc[("unexplained_ms", "assistant"), "doubtful"] == of_gap


def test_counts_that_are_mostly_doubtful_are_not_clear():
    soft, dry = ([softly_ended(2 + n % 2, db, n).talk() for n in range(5)] for db in (-27.0, -90.0))
    found = compare(dry, soft).table.set_index(["measure", "side"]).loc[("interruptions", "assistant")]
    assert found["low"] > 0
    assert (found["clear"], found["reason"]) == (False, "mostly doubtful in b")


def test_where_two_ways_to_hear_differ_the_cell_is_named_and_counted():
    script = two_exchanges()
    at = np.arange(round(2 * RATE))
    tone = np.round(LEVEL * np.sin(at / 9)).astype(np.int16)
    soft = script.turn("user", script.end_ms + 500)
    script.turn("assistant", script.truth[soft][2] + 600, tone, "Hmmm.")
    sound = script.samples()
    rising(sound, script.truth[6][1], 1800)
    by_turn = script.talk(sound=sound).measures(by="turn").set_index("seq")
    assert by_turn["doubts"].isna().tolist() == [True] * 5 + [False]
    names = [each.split(": ")[0] for each in by_turn.loc[6, "doubts"].split("; ")]
    assert "response_gap_ms" in names
    other = int(dict(each.split(": ") for each in by_turn.loc[6, "doubts"].split("; "))["response_gap_ms"])
    assert other - by_turn.loc[6, "response_gap_ms"] > 100
    row = whole(script.talk(sound=sound)).loc[("response_gap_ms", "assistant")]
    assert (row["n"], row["doubtful"]) == (3, 1)


def test_steady_noise_that_comes_and_stays_is_doubted():
    script = two_exchanges()
    script.end_ms += 8000
    sound = script.samples()
    ends = round(script.truth[3][2] * RATE / 1000)
    hiss = np.random.default_rng(2).normal(0, LEVEL / 1.5, len(sound) - ends)
    sound[ends:, 0] = np.round(sound[ends:, 0] + hiss).astype(np.int16)
    by_turn = script.talk(sound=sound).measures(by="turn").set_index("seq")
    assert by_turn.loc[4, "response_gap_ms"] == pytest.approx(900, abs=500)  # by half seconds
    assert "response_gap_ms" in by_turn.loc[4, "doubts"]
    assert pd.isna(by_turn.loc[2, "doubts"])


def test_a_recording_that_was_read_again_is_measured(tmp_path):
    recorded = Recorded(tmp_path / "talk")
    recorded.talk()
    recorded.end()
    talk = read_talk(tmp_path / "talk")
    assert talk.measures(by="turn")["response_gap_ms"].dropna().tolist() == [500, 500]
    assert whole(talk).loc[("input_tokens", pd.NA), "value"] == 6


def test_no_sound_and_no_turns_at_all():
    table = Script().talk(silent=True).measures()
    assert (table["n"] == 0).all()


def test_cached_tokens_are_part_of_the_input():
    script = two_exchanges()
    used = {"kind": "response", "input_tokens": 100, "cached_tokens": 80, "output_tokens": 20}
    script.tables["metrics"] = [used | {"total_tokens": 120, "cost": 0.5}, {"kind": "transcription"}]
    table = whole(script.talk())["value"]
    assert table[("total_tokens", pd.NA)] == 120
    assert table[("input_tokens", pd.NA)] == 100
    assert table[("cached_tokens", pd.NA)] == 80
    row = whole(script.talk()).loc[("cost", pd.NA)]
    assert row[["n", "missing", "value"]].tolist() == [1, 1, 0.5]


def test_of_somebody_elses_file_nobody_says_what_stopped_an_answer(tmp_path):
    Talk.example().to_wav(tmp_path / "call.wav")
    table = whole(Talk.from_audio(tmp_path / "call.wav"))
    for key in (("interruptions", "user"), ("false_yields", "assistant"), ("barge_in_stop_ms", "assistant")):
        assert table.loc[key, ["n", "missing"]].tolist() == [0, 1]
        assert pd.isna(table.loc[key, "value"])
    assert table.loc[("response_gap_ms", "assistant"), "points"] == "720, 680"


def test_a_turn_that_was_redacted_costs_its_own_values(tmp_path):
    Talk.example().save(tmp_path / "talk")
    talk = read_talk(tmp_path / "talk")
    talk.redact(1)
    table = whole(talk)
    assert table.loc[("response_gap_ms", "assistant"), ["n", "missing", "points"]].tolist() == [1, 1, "680"]
    assert table.loc[("speech_rate", "user"), ["n", "missing"]].tolist() == [1, 1]
    (tmp_path / "talk" / "audio.flac").unlink()
    without = read_talk(tmp_path / "talk").measures(by="turn")
    assert set(without["source"]) == {"events"}
    assert without["response_gap_ms"].tolist()[3] == 683  # as its row has it


# --- against a script ---

SCRIPT = ["Compare the body mass by species.", "Which island has the most penguins?"]


def test_a_script_adds_the_word_error_rate():
    row = whole(Talk.example(), script=SCRIPT).loc[("word_error_rate", "user")]
    assert row[["unit", "n", "missing", "doubtful"]].tolist() == ["errors/word", 12, 0, 0]
    assert row["value"] == 1 / 12
    assert "word_error_rate" not in set(Talk.example().measures()["measure"])


def test_each_turn_of_a_script_has_its_errors():
    by_turn = Talk.example().measures(by="turn", script={1: SCRIPT[0]}).set_index("seq")
    assert by_turn.loc[1, ["word_errors", "word_error_rate"]].tolist() == [1, 1 / 6]
    assert by_turn["word_errors"].isna().tolist() == [False, True, True, True]
    assert by_turn.columns.tolist()[-3:] == ["word_errors", "word_error_rate", "doubts"]
    assert by_turn.dtypes.astype(str).tolist()[-3:] == ["Int64", "Float64", "string"]
    assert "word_errors" not in Talk.example().measures(by="turn")


def test_both_sides_may_have_a_script():
    scripts = {"user": SCRIPT, "assistant": {4: "Biscoe has most penguins, 168."}}
    table = whole(Talk.example(), script=scripts)
    assert table.loc[("word_error_rate", "user"), ["n", "value"]].tolist() == [12, 1 / 12]
    assert table.loc[("word_error_rate", "assistant"), ["n", "value"]].tolist() == [5, 1 / 5]
    by_turn = Talk.example().measures(by="turn", script=scripts)
    assert by_turn["word_errors"].tolist() == [1, pd.NA, 0, 1]


def test_a_scripted_turn_without_a_text_is_missing_and_all_deletions():
    unread = made(("user", "How many are there?", 0, 900), ("user", None, 2000, 2900), sound=True)
    script = ["How many are there?", "And now?"]
    row = whole(unread, script=script).loc[("word_error_rate", "user")]
    assert row[["n", "missing", "value"]].tolist() == [6, 1, 2 / 6]
    assert unread.measures(by="turn", script=script)["word_errors"].tolist() == [0, 2]


def test_a_script_without_words_has_no_rate():
    row = whole(Script().talk(), script=[]).loc[("word_error_rate", "user")]
    assert row[["n", "missing"]].tolist() == [0, 0]
    assert pd.isna(row["value"])


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        (["One."], "script_unfit", "1 sentences, and 2 turns"),
        ({"usr": SCRIPT}, None, "'usr' is no side"),
        ({"user": SCRIPT, 4: "Biscoe."}, None, "4 is no side"),
        ({"assistant": {1: "No."}}, "unknown_turn", "Turn 1 .* of the assistant"),
        (7, "script_unfit", "7 is no sentence"),
    ],
)
def test_a_script_that_does_not_fit_is_named(script: Any, code: str | None, said: str):
    with pytest.raises(SettingError, match=said) as refused:
        Talk.example().measures(script=script)
    assert code is None or refused.value.code == code


def test_only_a_script_needs_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "jiwer", None)
    assert len(Talk.example().measures()) > 0
    with pytest.raises(MissingParts, match=r'jiwer.*pip install "voice-widget\[analysis\]"'):
        Talk.example().measures(script=SCRIPT)
