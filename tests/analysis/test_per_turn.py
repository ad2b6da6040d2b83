"""What stopped an answer, silences that no turn ends, rows that cross, and talks of several calls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.analysis.synthetic import LEVEL, Pcm, Script, clip
from voice_widget import Talk, compare
from voice_widget.realtime.sound.formats import RATE

STOPPED = {"interrupted": True, "stopped_by": "speech"}


def tone(ms: float) -> Pcm:
    return np.round(LEVEL * np.sin(np.arange(round(ms * RATE / 1000)) / 9)).astype(np.int16)


def pausing(*ms: float) -> Pcm:
    """Tones, and silence between them, by turns."""
    parts = [
        tone(each) if not place % 2 else np.zeros(round(each * RATE / 1000)) for place, each in enumerate(ms)
    ]
    return np.concatenate(parts).astype(np.int16)


def answered(ms: float = 4000) -> tuple[Script, float, float]:
    """An answer that is stopped, from when until when."""
    script = Script()
    asked = script.turn("user", 500, tone(800), "How many are there?")
    script.turn("assistant", script.truth[asked][2] + 700, tone(ms), "There are three of them.", **STOPPED)
    return script, *script.truth[2][1:]


def stop(talk: Talk) -> tuple[float, bool]:
    row = talk.measures(by="turn").set_index("seq").loc[2]
    return float(row["barge_in_stop_ms"]), bool(row["false_yield"])


# --- what silenced an answer ---


def test_who_pauses_while_the_answer_goes_on_silenced_it_with_the_first_word():
    script, _, end = answered()
    script.turn("user", end - 1200, pausing(300, 700, 900), "No, the other one!")
    assert stop(script.talk()) == (pytest.approx(1200, abs=2), False)


def test_it_is_the_first_of_two_turns_that_began_over_it():
    script, _, end = answered()
    script.turn("user", end - 900, tone(250), "Stop!")
    script.turn("user", end - 30, tone(500), "Please.")
    assert stop(script.talk()) == (pytest.approx(900, abs=2), False)


def test_a_backchannel_that_it_went_on_over_did_not_silence_it():
    script, start, end = answered()
    script.turn("user", start + 500, tone(250), "Mm-hm.")
    script.turn("user", end - 300, tone(900), "No, the other one!")
    assert stop(script.talk()) == (pytest.approx(300, abs=2), False)
    assert not [each for each in script.talk().findings() if each.measure == "false_yields"]


def test_the_engine_says_which_one_it_was():
    script, start, end = answered()
    over = {"overlap_item_id": "assistant_2"}
    script.turn("user", start + 500, tone(250), "Hey.", overlap="backchannel", **over)
    script.turn("user", end - 300, tone(900), "Okay.", overlap="interruption", **over)
    assert stop(script.talk()) == (pytest.approx(300, abs=2), False)


def test_of_backchannels_alone_it_is_the_first_and_the_finding_quotes_it():
    script, _, end = answered()
    script.turn("user", end - 900, tone(250), "Mm-hm.")
    script.turn("user", end - 100, tone(250), "Yeah.")
    assert stop(script.talk()) == (pytest.approx(900, abs=2), True)
    [found] = [each for each in script.talk().findings() if each.measure == "false_yields"]
    assert "stopped for “Mm-hm.”" in found.sentence


def test_a_question_shortly_before_does_not_hide_the_onset():
    script = Script()
    asked = script.turn("user", 500, tone(800), "How many are there?")
    answer = script.turn("assistant", script.truth[asked][2] + 150, tone(700), "There.", **STOPPED)
    script.turn("user", script.truth[asked][2] + 450, tone(900), "No, wait!")
    found = script.talk().measures(by="turn").set_index("seq").loc[answer, "barge_in_stop_ms"]
    assert found == pytest.approx(850 - 450, abs=2)


def test_of_sound_without_a_turn_it_is_what_began_last():
    script, start, end = answered()
    script.sound("user", start + 500, tone(250))
    script.sound("user", end - 200, tone(300))
    assert stop(script.talk()) == (pytest.approx(200, abs=2), True)


# --- silences ---


def silences(talk: Talk) -> tuple[list[float | None], str]:
    whole = talk.measures().set_index("measure").loc["dead_air_ms"]
    by_turn = talk.measures(by="turn")["dead_air_ms"]
    assert whole["n"] == len(str(whole["points"]).split(", "))
    return [None if pd.isna(each) else float(each) for each in by_turn], str(whole["points"])


def test_dead_air_that_a_sound_without_a_turn_ends_stands_at_the_next_turn():
    script = Script()
    first = script.turn("user", 500, tone(1000))
    ends = script.truth[first][2]
    script.sound("user", ends + 3000, tone(300))
    script.turn("user", ends + 3300 + 2500, tone(1000))
    by_turn, points = silences(script.talk())
    assert by_turn == [None, pytest.approx(5500, abs=2)]
    assert points == "3000, 2500"
    [found] = script.talk().findings()
    assert (found.start_ms, found.seq) == (pytest.approx(ends, abs=2), 2)


def test_behind_the_last_turn_it_is_counted_all_the_same():
    script = Script()
    first = script.turn("user", 500, tone(1000), "Hello?")
    script.sound("user", script.truth[first][2] + 3000, tone(300))
    talk = script.talk()
    by_turn, points = silences(talk)
    assert by_turn == [None]
    assert points == "3000"
    [found] = talk.findings()
    assert found.sentence == "At 0:01.5 nobody spoke for 3.0 s after “Hello?”."
    assert (found.measure, found.seq, found.value) == ("dead_air_ms", None, pytest.approx(3000, abs=2))
    compared = compare(talk, talk).table.set_index("measure").loc["dead_air_ms"]
    assert (compared["n_a"], compared["a"]) == (1, pytest.approx(3000, abs=2))


def test_compared_are_silences_and_not_their_sums_by_turn():
    script = Script()
    first = script.turn("user", 500, tone(1000))
    script.sound("user", script.truth[first][2] + 3000, tone(300))
    script.turn("user", script.truth[first][2] + 5800, tone(1000))
    talk = script.talk()
    found = compare(talk, talk).values("dead_air_ms")[0]
    assert found == [pytest.approx(3000, abs=2), pytest.approx(2500, abs=2)]


# --- several calls ---


def test_a_tools_silence_is_of_its_own_call():
    script = Script()
    asked = script.turn("user", 500, tone(800), call_id="c")
    ends = script.truth[asked][2]
    tool = {"kind": "function", "name": "count", "call_id": "c", "seq": 1}
    script.tables["tool_calls"] = [tool | {"start_ms": round(ends + 900), "end_ms": round(ends + 2500)}]
    hello = script.turn("assistant", ends + 30_000, tone(900), "Hello.", call_id="d")
    assert pd.isna(script.talk().measures(by="turn").set_index("seq").loc[hello, "tool_silence_ms"])
    again = Script()
    again.tables["tool_calls"] = script.tables["tool_calls"]
    again.turn("user", 500, tone(800), call_id="c")
    again.turn("assistant", ends + 3000, tone(900), call_id="c")
    assert again.talk().measures(by="turn").loc[1, "tool_silence_ms"] == pytest.approx(3000, abs=2)


def test_a_turn_lies_within_another_one_of_its_call_alone():
    script = Script()
    last = script.turn("assistant", 500, tone(3000), "That was all there is.", call_id="c", **STOPPED)
    inside = script.truth[last][2] - 400
    script.turn("user", inside, tone(300), "Okay.", call_id="d")
    found = script.talk().measures(by="turn").set_index("seq")
    assert found["kind"].tolist() == ["turn", "turn"]
    again = Script()
    again.turn("assistant", 500, tone(3000), "That was all there is.", call_id="c", **STOPPED)
    again.turn("user", inside, tone(300), "Okay.", call_id="c")
    assert again.talk().measures(by="turn")["kind"].tolist() == ["turn", "backchannel"]


def test_a_slow_answer_quotes_a_question_of_its_call():
    script = Script()
    script.turn("user", 500, tone(800), "Thanks, bye.", call_id="c")
    filler = script.turn("assistant", 30_000, tone(900), "Hello.", call_id="d")
    asked = script.turn("user", script.truth[filler][2] + 500, tone(900), "Hi?", call_id="d")
    script.turn("assistant", script.truth[asked][2] + 4000, clip("assistant", script.rng), call_id="d")
    [found] = script.talk().findings()
    assert found.quote == "Hi?"


# --- rows that cross ---


def test_a_row_within_another_one_of_its_side_takes_no_floor_from_it():
    script = Script(padded=False)
    script.turn("user", 500, pausing(900, 300, 500, 300, 1500), "How many are there, of these, and those?")
    inner = script.truth[1][1] + 1200
    script.row("user", "of these", start_ms=round(inner), end_ms=round(inner + 500))
    script.turn("assistant", script.truth[1][2] + 700, tone(900))
    found = script.talk().measures(by="turn").set_index("seq")
    assert found.loc[3, "response_gap_ms"] == pytest.approx(700, abs=2)
    assert found["source"].tolist() == ["sound"] * 3
    assert (found.loc[1, "start_ms"], found.loc[1, "end_ms"]) == (500, 4000)


# --- turns within turns ---


def asked_within(text: str = "And on which of the islands?", **row: object) -> Script:
    """An answer of six seconds with a turn of the user's in it, and one two seconds behind that turn."""
    script = Script()
    script.turn("user", 500, tone(800), "How many are there?")
    script.turn("assistant", 2000, tone(6000), "There are many of them, and I will tell you all.")
    script.turn("user", 5000, tone(2500), text, **row)
    script.turn("assistant", 9500, tone(1000), "There are three.")
    return script


def test_a_question_within_an_answer_is_answered_by_the_next_one():
    found = asked_within().talk().measures(by="turn").set_index("seq")
    assert found["response_gap_ms"].tolist()[1::2] == pytest.approx([700, 2000], abs=3)
    assert found["answer_gap_ms"].tolist()[1::2] == pytest.approx([700, 2000], abs=3)
    assert found["floor_transfer_offset_ms"].isna().tolist() == [True, False, True, True]
    whole = asked_within().talk().measures().set_index("measure").loc["response_gap_ms"]
    assert (whole["n"], whole["missing"]) == (2, 0)


def test_beside_lost_sound_that_gap_is_missing():
    script = asked_within()
    script.lost("user", 8200, 8600)
    whole = script.talk().measures().set_index("measure").loc["response_gap_ms"]
    assert (whole["n"], whole["missing"]) == (1, 1)


@pytest.mark.parametrize(("text", "row"), [("Mm-hm.", {}), ("So.", {"overlap": "cough"})])
def test_what_asks_nothing_within_an_answer_is_not_answered(text: str, row: dict[str, object]):
    found = asked_within(text, **row).talk().measures(by="turn").set_index("seq")
    assert pd.isna(found.loc[4, "response_gap_ms"])


def test_what_was_typed_behind_it_is_answered_in_its_place():
    script = asked_within()
    last = script.rows.pop()
    script.row("user", "And here?", source="typed", start_ms=8500, end_ms=8500)
    script.rows.append({**last, "seq": 5})
    assert pd.isna(script.talk().measures(by="turn").set_index("seq").loc[5, "response_gap_ms"])


def test_an_answer_within_the_users_turn_interrupts():
    script = Script()
    script.turn("user", 500, tone(6000), "I want to tell you a long story about this.")
    script.turn("assistant", 2500, tone(1500), "What do you want to know exactly?")
    script.turn("assistant", 7500, tone(1500), "Fine.")
    talk = script.talk()
    assert talk.measures(by="turn")["kind"].tolist() == ["turn", "interruption", "turn"]
    whole = talk.measures().set_index(["measure", "side"]).loc[("interruptions", "assistant")]
    assert (whole["n"], whole["value"]) == (2, 1)
    [found] = [each for each in talk.findings() if each.measure == "interruptions"]
    assert "while the user had 4.0 s yet to say" in found.sentence


def test_a_sign_that_the_assistant_listens_does_not_interrupt():
    script = Script()
    script.turn("user", 500, tone(6000), "I want to tell you a long story about this.")
    script.turn("assistant", 2500, tone(400), "Mm-hm.")
    assert script.talk().measures(by="turn")["kind"].tolist() == ["turn", "backchannel"]


def test_who_speaks_while_a_tool_is_waited_for_does_not_end_its_silence():
    script = Script()
    script.turn("user", 500, tone(1000), "How many are there?")
    script.turn("user", 6000, tone(700), "Are you still there?")
    answer = script.turn("assistant", 9000, tone(1000), "There are three.")
    tool = {"kind": "function", "name": "count", "call_id": "c", "seq": 1}
    script.tables["tool_calls"] = [tool | {"start_ms": 1900, "end_ms": 5800}]
    talk = script.talk()
    found = talk.measures(by="turn").set_index("seq").loc[answer, "tool_silence_ms"]
    assert found == pytest.approx(4500 + 2300, abs=3)
    assert talk.measures().set_index("measure").loc["tool_silence_ms", "n"] == 1


# --- beside lost sound ---


@pytest.mark.parametrize("pause_ms", [0, 60])  # what sounds may pause just there
@pytest.mark.parametrize("side", ["user", "assistant"])
def test_a_stop_whose_onset_or_end_was_lost_is_missing(side, pause_ms: int):
    script = Script()
    script.turn("user", 500, tone(1000), "How many are there?")
    answer, over = tone(2350), tone(1500)
    if side == "user":
        over[130 * 24 : (130 + pause_ms) * 24] = 0
        script.lost("user", 3900, 4130)
    else:
        answer[(2270 - pause_ms) * 24 : 2270 * 24] = 0
        script.lost("assistant", 4270, 4600)
    script.turn("assistant", 2000, answer, "There are three of them.", **STOPPED)
    script.turn("user", 4000, over, "No, the other one!")
    talk = script.talk()
    whole = talk.measures().set_index("measure").loc["barge_in_stop_ms"]
    assert (whole["n"], whole["missing"]) == (0, 1)
    turns = talk.measures(by="turn").set_index("seq")
    assert turns.loc[[2, 3], "overlap_ms"].isna().all()
    assert pd.isna(turns.loc[3, "floor_transfer_offset_ms"])


def test_a_sound_that_was_lost_in_part_is_not_called_short():
    script, _, end = answered()
    over = script.turn("user", end - 300, tone(1500), "")
    script.lost("user", end - 100, script.truth[over][2] + 100)
    assert pd.isna(script.talk().measures(by="turn").set_index("seq").loc[2, "false_yield"])


# --- signs that one listens ---


def test_a_yes_that_takes_the_floor_is_an_answer():
    script = Script()
    script.turn("assistant", 500, tone(2000), "Is it so?")
    script.turn("user", 2400, tone(400), "Yes.")
    script.turn("assistant", 3300, tone(1000), "Fine.")
    found = script.talk().measures(by="turn").set_index("seq")
    assert found["kind"].tolist() == ["turn"] * 3
    assert found.loc[2, "floor_transfer_offset_ms"] == pytest.approx(-100, abs=3)


def test_a_backchannel_that_stopped_an_answer_lies_within_what_that_was_to_say():
    script, _, end = answered()
    script.turn("user", end - 200, tone(400), "Mm-hm.")
    assert script.talk().measures(by="turn")["kind"].tolist() == ["turn", "turn", "backchannel"]
