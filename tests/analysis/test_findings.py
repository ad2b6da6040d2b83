"""What is remarkable: each finding cites a time and a quote, the worst comes first; nothing is said too."""

from __future__ import annotations

import pytest

from tests.analysis.synthetic import Script, clip, exchanges
from tests.analysis.test_measuring import over_an_answer, softly_ended, two_exchanges
from tests.analysis.test_per_turn import tone
from tests.recording.talks import BEGAN
from voice_widget import SettingError, Talk
from voice_widget.analysis.finding import Finding, Findings
from voice_widget.realtime.state.clock import iso


def only(talk: Talk, measure: str) -> Finding:
    [found] = [each for each in talk.findings() if each.measure == measure]
    return found


def test_the_example_was_cut():
    [found] = Talk.example().findings()
    assert found.sentence == (
        "At 0:04.7 the assistant was cut off after “The average body mass by species”, 76 ms after the user "
        "had begun to speak."
    )
    assert (found.measure, found.start_ms, found.seq) == ("interruptions", 4713, 2)
    assert found.quote == "The average body mass by species"
    assert found.value == pytest.approx(76, abs=1)


def test_where_nothing_is_remarkable_it_says_so():
    assert repr(two_exchanges().talk().findings()) == "Nothing remarkable in 4 turns."
    assert two_exchanges().talk().findings()._repr_html_() == "<p>Nothing remarkable in 4 turns.</p>"
    assert repr(Script().talk().findings()) == "Nobody has spoken in this talk."
    with pytest.raises(SettingError, match="dead_air_ms"):
        two_exchanges().talk().findings(dead_air_ms=0)


def test_a_slow_answer_is_told_once_and_with_its_question():
    script = two_exchanges()
    asked = script.turn("user", script.end_ms + 400, text="And on <Dream>?")
    script.turn("assistant", script.truth[asked][2] + 3200, text="None.")
    found = script.talk().findings()
    assert len(found) == 1
    assert found[0].sentence.endswith(
        "the answer to “And on <Dream>?” came after 3.2 s, the longest wait of 3 (median 900 ms)."
    )
    assert (found[0].measure, found[0].seq) == ("response_gap_ms", 6)
    assert found[0].start_ms == round(script.truth[6][1])
    assert "&lt;Dream&gt;" in found._repr_html_()


def test_a_slow_answer_behind_a_filler_is_told():
    script = Script()
    asked = script.turn("user", 500, text="How many?")
    filler = script.turn("assistant", script.truth[asked][2] + 600, text="One moment, please.")
    script.turn("assistant", script.truth[filler][2] + 1800, text="There are three.")
    found = only(script.talk(), "answer_gap_ms")
    assert "with a filler before it" in found.sentence
    assert found.quote == "How many?"


def test_of_many_slow_answers_the_worst_are_told_and_the_rest_counted():
    script = exchanges(6, (400.0, 2500.0), seed=6)
    slow = [each for each in script.talk().findings() if each.measure == "response_gap_ms"]
    assert len(slow) == 3
    assert sum("(and 3 more like it)" in each.sentence for each in slow) == 1


def test_silence_after_an_answer_is_dead_air():
    script = two_exchanges()
    script.turn("user", script.end_ms + 4300, text="Are you there?")
    found = only(script.talk(), "dead_air_ms")
    assert "nobody spoke for 4.3 s after “Four, I think.”" in found.sentence
    assert found.start_ms == pytest.approx(script.truth[4][2], abs=2)


def test_an_answer_that_stopped_for_nothing_comes_before_one_that_was_cut():
    talk = over_an_answer("Mm-hm.").talk()
    assert "the assistant stopped for “Mm-hm.”" in only(talk, "false_yields").sentence
    assert [each.measure for each in talk.findings()] == ["false_yields"]


def test_both_at_once_and_an_answer_that_began_too_early():
    script = Script()
    asked = script.turn("user", 500, clip("user", script.rng, (1500, 1600)), "How many are there?")
    at = script.truth[asked][2] - 1150
    script.turn("assistant", at, clip("assistant", script.rng, (1500, 1600)), "There are three.")
    early, both = script.talk().findings()
    assert (early.measure, both.measure) == ("interruptions", "overlap_ms")
    assert "began with “There are three.” while the user had 1." in early.sentence
    assert both.value is not None
    assert both.value >= 1000


def test_speech_over_an_answer_that_goes_on_is_told():
    script = Script()
    script.turn("assistant", 500, tone(3000), "There are many of them.")
    told = [each for each in script.talk().findings() if each.measure == "overlap_ms"]
    assert not told
    at = script.truth[1][1] + 600
    inside = script.turn("user", at, tone(1500), "I want something else.")
    assert script.truth[inside][2] < script.truth[1][2]
    found = only(script.talk(), "overlap_ms")
    assert "as the user began with “I want something else.”" in found.sentence
    assert (found.seq, found.start_ms) == (2, pytest.approx(at, abs=20))
    assert found.value is not None
    assert found.value >= 1000


def test_what_an_answer_began_over_is_told_without_what_was_said_over_it():
    script = Script()
    script.turn("user", 500, tone(1500), "How many are there?")
    asked = script.truth[1][2]
    script.turn("assistant", asked - 250, tone(3000), "There are many.")
    script.turn("user", asked + 500, tone(1500), "I want something else.")
    found = only(script.talk(), "overlap_ms")
    assert found.seq == 3


def test_a_tools_silence_is_told_in_place_of_the_gap():
    script = Script()
    asked = script.turn("user", 500, text="How many?")
    ends = script.truth[asked][2]
    script.turn("assistant", ends + 3000)
    tool = {"kind": "function", "name": "count", "call_id": "c", "seq": 1}
    script.tables["tool_calls"] = [tool | {"start_ms": round(ends + 900), "end_ms": round(ends + 2500)}]
    [found] = script.talk().findings()
    assert found.measure == "tool_silence_ms"
    assert "the answer to “How many?” had let a tool run, and nobody spoke for 3.0 s" in found.sentence


def test_an_error_is_first():
    script = two_exchanges()
    script.turn("user", script.end_ms + 4300, text="Are you there?")
    failed = {"kind": "response", "question_id": "user_5", "error": "The agent raised.", "status": "failed"}
    script.tables["metrics"] = [failed]
    first = script.talk().findings()[0]
    assert first.sentence.endswith("an answer failed, at “Are you there?”: The agent raised.")
    assert (first.measure, first.seq) == ("errors", 5)


def test_what_is_not_known_is_told():
    script = two_exchanges()
    ends = script.truth[1][2]
    script.lost("user", ends + 200, ends + 500)
    found = only(script.talk(), "response_gap_ms")
    assert "Of 1 of 2 answers nobody knows the response gap" in found.sentence
    assert found.value is None


def test_they_are_a_list_of_the_worst_first():
    one, two = (Finding(f"At 0:0{n}.0 x.", "errors", n * 1000, "", weight=float(n)) for n in (1, 2))
    found = Findings([one, two])
    assert list(found) == [two, one]
    assert found[:1] == [two]
    assert len(found) == 2
    assert repr(found) == "At 0:02.0 x.\nAt 0:01.0 x."


def test_where_there_is_no_text_nothing_is_quoted():
    script = over_an_answer("Mm-hm.")
    script.rows[1]["text"] = ""
    script.turn("user", script.end_ms + 900, tone(3000), "")
    script.turn("assistant", script.end_ms - 1500, tone(1600), "")
    found = script.talk().findings()
    assert [each.measure for each in found] == ["false_yields", "interruptions", "overlap_ms"]
    assert not [each.sentence for each in found if "“”" in each.sentence]
    assert "was not meant to stop it, before a word of it was known" in found[0].sentence
    assert "the assistant began while the user had" in found[1].sentence
    assert found[2].sentence.endswith("as the assistant began.")


def test_a_question_that_nobody_answers_is_dead_air_to_the_end():
    script = two_exchanges()
    script.turn("user", script.end_ms + 800, text="Are you still there?")
    script.end_ms += 40_000
    found = only(script.talk(), "dead_air_ms")
    assert "after “Are you still there?”, to the end of the recording." in found.sentence
    assert found.value == pytest.approx(41_000, abs=20)  # a second is behind the last sound of each
    assert found.start_ms == pytest.approx(script.truth[5][2], abs=20)
    silences = script.talk().measures().set_index("measure").loc["dead_air_ms"]
    assert silences["n"] == 1


def test_silence_after_an_answer_to_the_end_is_nobodys():
    script = two_exchanges()
    script.end_ms += 40_000
    assert not script.talk().findings()


def test_a_side_of_which_nothing_is_heard_is_named():
    script = two_exchanges()
    sound = script.samples()
    sound[:, 0] = 0
    found = only(script.talk(sound=sound), "sound")
    assert found.sentence.startswith(
        "Nothing is heard of the user in what was recorded, so the times of 2 turns"
    )
    assert (found.quote, found.seq) == ("How many are there?", 1)
    found = only(script.talk(silent=True), "sound")
    assert found.sentence.startswith(
        "There is no sound, so the times of 4 turns are those of the rows: the first"
    )


def test_sound_that_is_not_there_is_named():
    script = two_exchanges()
    ends = script.truth[2][2]
    script.lost("user", ends + 50, ends + 250, "paused")
    script.lost("assistant", ends + 100, ends + 200)
    user, assistant = (each for each in script.talk().findings() if each.measure == "sound")
    assert "after “There are three.” sound of the user was lost, paused or redacted, 200 ms" in user.sentence
    assert (user.value, assistant.value) == (pytest.approx(200, abs=1), pytest.approx(100, abs=1))
    assert user.start_ms == pytest.approx(ends + 50, abs=1)


def test_what_was_cut_before_a_word_was_known_is_quoted_by_its_question():
    script = Script()
    asked = script.turn("user", 500, text="Which island?")
    cut = {"text_heard": "", "stopped_by": "speech", "interrupted": True}
    script.turn("assistant", script.truth[asked][2] + 600, pcm=tone(2000), **cut)
    script.turn("user", script.end_ms - 800, text="No, wait a moment.")
    found = next(each for each in script.talk().findings() if each.seq == 2 and "cut off" in each.sentence)
    assert "before a word of it was known, asked “Which island?”" in found.sentence
    assert found.quote == "Which island?"


def test_an_error_of_which_nobody_knows_the_turn_is_quoted_by_what_was_said_last():
    script = two_exchanges()
    at = iso(BEGAN + script.end_ms / 1000)
    script.tables["metrics"] = [
        {"kind": "response", "item_id": None, "question_id": None, "error": "Too many.", "arrived_at": at}
    ]
    found = only(script.talk(), "errors")
    assert found.quote == "Four, I think."
    assert found.sentence.endswith("an answer failed, at “Four, I think.”: Too many.")


def test_what_another_way_to_hear_does_not_find_is_told_as_doubtful():
    found = only(softly_ended().talk(), "interruptions")
    assert "yet to say (doubtful: by another way to hear it is a turn)." in found.sentence
