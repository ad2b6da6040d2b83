"""What other detectors would have done, in talks of which the truth is known and in the shipped one."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.analysis.what_if.given import talk_of
from voice_widget.analysis.word_errors import word_error_rate
from voice_widget.errors import EngineError, RecordingError, SettingError
from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
from voice_widget.recording.talk import Talk, read_talk

HERE = "tests.analysis.what_if.given"


def column(result, name, detector=None):
    rows = result.table if detector is None else result.table[result.table["detector"] == detector]
    return [None if value is pd.NA else value for value in rows[name].tolist()]


@pytest.fixture(scope="module")
def talk(tmp_path_factory) -> Talk:
    """Two turns, the second with a pause of 400 ms in it; the service waits for 500 ms."""
    return talk_of(tmp_path_factory.mktemp("talk") / "t", (500, 1500), (2500, 3000), (3400, 3800), ms=6000)


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> Talk:
    return talk_of(tmp_path_factory.mktemp("one") / "t", (500, 1500))


# --- the known truth ---


def test_when_the_user_spoke_and_what_the_service_did_is_known_to_the_millisecond(one):
    result = one.what_if(ServerVad(silence_duration_ms=300), vad="level")
    (row,) = result.table.to_dict("records")
    assert row["seq"] == 1
    assert abs(row["start_ms"] - 500) <= 2
    assert abs(row["end_ms"] - 1500) <= 2
    assert abs(row["recorded_wait_ms"] - 500) <= 3
    assert abs(row["wait_ms"] - 300) <= 11  # a frame of 10 ms and the resampler
    assert row["change_ms"] == row["wait_ms"] - row["recorded_wait_ms"]
    assert row["verdict"] == "earlier"
    assert result.problems == ()


@pytest.mark.parametrize(
    ("silence_ms", "verdict"),
    [(200, "earlier"), (460, "same"), (540, "same"), (600, "later"), (3000, "later")],
)
def test_earlier_the_same_and_later(one, silence_ms, verdict):
    assert column(one.what_if(ServerVad(silence_duration_ms=silence_ms), vad="level"), "verdict") == [verdict]


def test_how_far_times_may_lie_apart_is_said(one):
    setting = ServerVad(silence_duration_ms=600)
    assert column(one.what_if(setting, vad="level", tolerance_ms=120), "verdict") == ["same"]
    for odd in (-1, "5", True, float("nan")):
        with pytest.raises(SettingError, match="tolerance_ms"):
            one.what_if(setting, tolerance_ms=odd)


def test_a_turn_that_is_ended_while_the_user_goes_on_is_too_early(tmp_path):
    # For the service it is one turn: its row goes on over the pause.
    talk = talk_of(tmp_path / "t", (500, 1500), says=False)
    assert len(talk.rows) == 0
    spoken = talk_of(tmp_path / "u", (500, 2500))
    found = spoken.what_if({"short": lambda pcm, rate: [(500, 1200), (1300, 2900)]})
    (row,) = found.table.to_dict("records")
    assert (row["verdict"], row["ended_ms"]) == ("too_early", 1200)
    assert abs(row["wait_ms"] + 1300) <= 3
    assert found.summary["too_early"].tolist() == [1]
    assert found.summary["wait_p50_ms"].isna().all()


def test_a_pause_in_a_turn_is_where_a_short_silence_ends_it(tmp_path):
    talk = Talk.example()
    short = talk.what_if(ServerVad(silence_duration_ms=20), vad="level")
    assert column(short, "verdict")[0] == "too_early"
    assert column(talk.what_if(ServerVad(silence_duration_ms=300), vad="level"), "verdict") == ["earlier"] * 2


def test_what_is_missed_and_what_is_extra(one):
    found = one.what_if({"deaf": lambda pcm, rate: [], "odd": lambda pcm, rate: [(2000, 2600), (510, 1900)]})
    assert column(found, "verdict", "deaf") == ["missed"]
    assert column(found, "ended_ms", "deaf") == column(found, "wait_ms", "deaf") == [None]
    assert column(found, "verdict", "odd") == ["earlier", "extra"]
    assert column(found, "seq", "odd") == [1, None]
    assert column(found, "start_ms", "odd")[1] == 2000
    assert found.summary["n"].tolist() == [1, 1]
    assert found.summary["missed"].tolist() == [1, 0]
    assert found.summary["extra"].tolist() == [0, 1]


def test_who_waits_so_long_that_two_turns_are_one_says_so(talk):
    found = talk.what_if(ServerVad(silence_duration_ms=600), vad="level")
    assert [len(talk.rows), column(found, "verdict")] == [3, ["later", "later", "later"]]
    assert column(found, "notes") == [None, "joined with 3", "joined with 2"]
    apart = talk.what_if(ServerVad(silence_duration_ms=300), vad="level")
    assert column(apart, "notes") == [None, None, None]


def test_a_short_talk_shows_its_points_and_a_long_one_percentiles(one):
    (row,) = one.what_if(ServerVad(silence_duration_ms=300), vad="level").summary.to_dict("records")
    assert row["wait_points"] == str(int(row["wait_p50_ms"]))
    assert pd.isna(row["wait_p90_ms"])


# --- the shipped talk, and the real detectors ---


@pytest.mark.parametrize("vad", ["level", "webrtc", "silero"])
def test_the_shipped_talk_comes_out_as_its_service_held_it(vad):
    result = Talk.example().what_if(ServerVad(), vad=vad)
    assert column(result, "seq") == [1, 3]
    assert column(result, "verdict") == ["same", "same"]
    assert max(map(abs, column(result, "change_ms"))) <= 20


def test_each_detector_with_each_detector_of_speech_has_a_name(one):
    found = one.what_if([ServerVad(), ServerVad(), lambda pcm, rate: []], vad=["level", "webrtc"])
    assert found.summary["detector"].tolist() == [
        "ServerVad() level",
        "ServerVad() webrtc",
        "ServerVad() level (2)",
        "ServerVad() webrtc (2)",
        "<lambda>",
    ]


def test_a_semantic_detector_waits_by_its_eagerness_and_by_what_a_turn_sounds_like(one):
    def wait(setting, turn_detector="rule"):
        return column(one.what_if(setting, vad="level", turn_detector=turn_detector), "wait_ms")[0]

    assert abs(wait(SemanticVad(eagerness="low")) - 900) <= 20
    assert abs(wait(SemanticVad(eagerness="high")) - 300) <= 20
    assert abs(wait(SemanticVad(), f"{HERE}:Sure") - 300) <= 20
    unsure = {"name": f"{HERE}:Sure", "options": {"likely": 0.1}}
    from voice_widget.realtime.settings.parts import Part

    assert abs(wait(SemanticVad(), Part.load(unsure)) - 900) <= 20


@pytest.mark.real  # with the package that brings the model
def test_the_real_smart_turn_hears_whether_a_sentence_is_whole():
    """Where it is, it waits for 300 ms; where it was cut in the middle it may wait longer."""
    from voice_widget.recording.saving import Silenced

    whole = Talk.example()
    found = whole.what_if(SemanticVad(), vad="level", turn_detector="smart-turn")
    assert column(found, "verdict") == ["earlier", "earlier"]
    assert column(found, "wait_ms") == pytest.approx([300, 300], abs=30)
    waits = []
    for end_ms in range(900, 1800, 300):
        cut = Talk(replace(whole._record, sound=Silenced(whole.sound, [(end_ms * 24, 3000 * 24)])))
        waits.append(column(cut.what_if(SemanticVad(), vad="level", turn_detector="smart-turn"), "wait_ms"))
    assert max(first for first, _ in waits) > 600
    assert [second for _, second in waits] == pytest.approx([300] * 3, abs=30)


def test_the_engine_that_listens_as_in_a_call_finds_the_same(one):
    from voice_widget.analysis.what_if.hearing import hear, listen
    from voice_widget.analysis.what_if.rules import Rule, turns
    from voice_widget.realtime.settings.parts import Part

    sound = Talk.example().sound
    for vad in ("level", "webrtc", "silero"):
        (heard,) = hear(sound, 0, [Part(vad)])
        for silence_ms, threshold in ((500, 0.5), (120, 0.7), (30, 0.3)):
            setting = {"type": "server_vad", "silence_duration_ms": silence_ms, "threshold": threshold}
            as_called = listen(sound, 0, Part(vad), Part("rule"), {**setting, "prefix_padding_ms": 0})
            found = turns(heard, Rule.of(setting))
            assert [(x.start_ms, x.stop_ms) for x in found] == [(x.start_ms, x.stop_ms) for x in as_called]
            # The one is given packets of 10 ms, the other frames.
            assert all(0 <= y.ended_ms - x.ended_ms <= 11 for x, y in zip(found, as_called, strict=True))


# --- what fails is named, and the rest is computed ---


def test_a_detector_that_fails_is_named_and_the_others_are_tried(one):
    found = one.what_if(
        {
            "good": ServerVad(),
            "raises": lambda pcm, rate: 1 / 0,
            "exits": lambda pcm, rate: sys.exit("usage"),
            "backwards": lambda pcm, rate: [(900, 100)],
            "far": lambda pcm, rate: [(9000, 9100)],
            "odd": lambda pcm, rate: ["turn"],
            "none": lambda pcm, rate: None,
        },
        vad="level",
    )
    assert found.summary["detector"].tolist() == ["good"]
    told = [str(problem) for problem in found.problems]
    assert {problem.code for problem in found.problems} == {"detector_failed"}
    for name, text in zip(("raises", "exits", "backwards", "far", "odd", "none"), told, strict=True):
        assert f"The detector {name} " in text
    assert "ZeroDivisionError" in told[0]
    assert "SystemExit('usage')" in told[1]
    assert "(900, 100)" in told[2]
    assert told[0] in repr(found)


@pytest.mark.parametrize(
    ("vad", "says"),
    [
        ("silver", "There is no vad 'silver'. Did you mean 'silero'"),
        (f"{HERE}:Raises", "no ears"),
        (f"{HERE}:Twice", "says 2.0, which is no probability"),
        (f"{HERE}:Ends", "has ended"),
    ],
)
def test_a_detector_of_speech_that_fails_is_named(one, vad, says):
    with pytest.raises(EngineError, match=says):
        one.what_if(ServerVad(), vad=vad)
    found = one.what_if(ServerVad(), vad=[vad, "level"])
    assert len(found.summary) == 1
    assert says in str(found.problems[0]) or pytest.fail(str(found.problems))
    swept = one.sweep({"vad": ["level", vad]})
    assert (swept.table["vad"].tolist(), len(swept.problems)) == (["level"], 1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (5, "5 is no detector"),
        ("silero", "'silero' is no detector"),
        ([], "There is no detector"),
        ({"a": 3}, "3 is no detector"),
        ({"type": "server_bad"}, "Did you mean 'server_vad'"),
        (ServerVad(threshold=3), "threshold is a number from 0 to 1, not 3"),
        (ServerVad(silence_duration_ms=-1), "silence_duration_ms"),
        (SemanticVad(eagerness="keen"), "There is no eagerness 'keen'"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_detector_is_refused(one, given, says):
    with pytest.raises(SettingError, match=says):
        one.what_if(given)


def test_names_of_parts_are_checked(one):
    for odd in (5, [], [3]):
        with pytest.raises(SettingError, match="`vad` is"):
            one.what_if(ServerVad(), vad=odd)
    with pytest.raises(SettingError, match="`turn_detector` is"):
        one.what_if(SemanticVad(), turn_detector=3)
    for name in ("nosuch", "no_such_module:Judge"):  # also where it is not asked
        with pytest.raises(SettingError, match=f"There is no turn_detector '{name}'"):
            one.what_if(ServerVad(), turn_detector=name)


def test_a_talk_without_sound_says_so(tmp_path):
    talk = Talk(replace(Talk.example()._record, sound=None))
    for tried in (lambda: talk.what_if(ServerVad()), lambda: talk.sweep({}), lambda: talk.impaired(loss=0.1)):
        with pytest.raises(RecordingError, match="no sound") as told:
            tried()
        assert told.value.code == "not_recorded"


def test_a_talk_without_turns_has_a_table_and_says_so(tmp_path):
    talk = talk_of(tmp_path / "t", (500, 1500), says=False)
    found = talk.what_if(ServerVad(), vad="level")
    assert [problem.code for problem in found.problems] == ["no_turns"]
    assert column(found, "verdict") == ["extra"]
    silent = talk_of(tmp_path / "u", says=False).what_if(ServerVad(), vad="level")
    assert [problem.code for problem in silent.problems] == ["channel_silent", "no_turns"]
    assert len(silent.table) == 0
    assert silent.table.dtypes["seq"] == "Int64"


def test_a_turn_that_is_not_heard_in_the_sound_is_where_its_row_says(tmp_path):
    from voice_widget.recording.saving import Silenced

    talk = talk_of(tmp_path / "t", (500, 1500), (2500, 3000))
    quiet = Talk(talk._record)
    quiet._record.__dict__["sound"] = Silenced(talk.sound, [(0, 2000 * 24)])
    found = quiet.what_if(ServerVad(), vad="level")
    assert column(found, "verdict") == ["missed", "same"]
    assert column(found, "notes") == ["silent", None]
    assert column(found, "start_ms")[0] == 500


def test_a_turn_whose_sound_is_gone_is_held_against_no_detector(tmp_path):
    talk = talk_of(tmp_path / "t", (500, 1500), (2500, 3000))
    talk.redact(1)
    found = talk.what_if({"keen": lambda pcm, rate: [(600, 700), (2500, 3300)], "deaf": lambda pcm, rate: []})
    assert column(found, "verdict") == ["unknown", "earlier", "unknown", "missed"]
    assert column(found, "notes", "deaf") == ["silent, gap", None]
    assert column(found, "wait_ms", "keen")[0] is column(found, "recorded_wait_ms", "keen")[0] is None
    assert found.summary[["n", "missed", "unknown", "extra"]].values.tolist() == [[1, 0, 1, 0], [1, 1, 1, 0]]
    swept = talk.sweep({"vad": "level"}).table
    assert swept[["n", "missed", "unknown"]].values.tolist() == [[1, 0, 1]]
    found.plot().canvas.draw()


@pytest.mark.parametrize("kind", ["gap", "paused", "redacted"])
@pytest.mark.parametrize(
    ("lost", "verdicts"),
    [
        ((800, 900), ["unknown", "same"]),
        ((1300, 1600), ["unknown", "same"]),
        ((300, 500), ["unknown", "same"]),
        ((1400, 3200), ["unknown", "unknown"]),
        ((1600, 1700), ["same", "same"]),
    ],
)
def test_a_turn_whose_sound_is_partly_gone_is_held_against_no_detector(tmp_path, kind, lost, verdicts):
    from voice_widget.recording.saving import Silenced
    from voice_widget.recording.timeline import Piece, tiles

    talk = talk_of(tmp_path / "t", (500, 1500), (3000, 3500))
    start, end = (ms * 24 for ms in lost)
    hole = Piece("user", start, end - start, kind, "dropped" if kind == "gap" else None)
    sound = Piece("user", 0, start, "sound"), Piece("user", end, talk.samples - end, "sound")
    pieces = tiles([*(x for x in talk.pieces if x.side == "assistant"), *sound, hole], talk.samples)
    holed = Talk(replace(talk._record, pieces=pieces, sound=Silenced(talk.sound, [(start, end)])))
    found = holed.what_if(ServerVad(), vad="level")
    assert column(found, "verdict") == verdicts
    unknown = verdicts.count("unknown")
    assert found.summary[["n", "unknown"]].values.tolist() == [[2 - unknown, unknown]]
    asked = []
    heard = holed.recognised(lambda pcm, rate: asked.append(len(pcm)) or "so it is")
    assert len(asked) == 2 - unknown
    assert heard["recognised"].isna().tolist() == [verdict == "unknown" for verdict in verdicts]
    said = "Some of its sound was redacted or lost: nobody was asked."
    assert heard["problem"].fillna("").tolist() == [said * (verdict == "unknown") for verdict in verdicts]
    rate = word_error_rate(["So it is."] * 2, heard["recognised"].tolist())
    assert (rate.missing, rate.words, rate.errors) == (unknown, 3 * (2 - unknown), 0)


def test_a_recogniser_by_name_is_not_asked_what_was_redacted(tmp_path):
    talk = read_talk(Talk.example().save(tmp_path / "t"))
    talk.redact(1)
    heard = talk.recognised("pocketsphinx")
    assert heard["recognised"].isna().tolist() == [True, False]
    assert heard["problem"].notna().tolist() == [True, False]


def test_a_turn_that_touches_a_gap_is_named(tmp_path):
    from voice_widget.recording.timeline import Piece

    talk = talk_of(tmp_path / "t", (500, 1500), (3000, 3500))
    holed = [Piece("user", 1700 * 24, 100 * 24, "gap", "page_lost"), *talk._record.pieces]
    talk._record.pieces[:] = holed
    assert column(talk.what_if(ServerVad(), vad="level"), "notes") == ["gap", None]


# --- a sweep ---


def test_a_sweep_has_a_row_for_each_combination(one):
    swept = one.sweep(
        {"silence_duration_ms": range(200, 800, 200), "threshold": [0.3, 0.7], "vad": ["level"]}
    )
    assert swept.table[["vad", "silence_duration_ms", "threshold"]].values.tolist() == [
        ["level", silence, threshold] for silence in (200, 400, 600) for threshold in (0.3, 0.7)
    ]
    assert swept.table["earlier"].tolist() == [1, 1, 1, 1, 0, 0]
    assert swept.table["later"].tolist() == [0, 0, 0, 0, 1, 1]
    waits = swept.table["wait_p50_ms"].to_numpy()
    assert (np.abs(waits - [200, 200, 400, 400, 600, 600]) <= 11).all()


def test_a_sweep_is_what_each_rule_alone_gives():
    talk = Talk.example()
    swept = talk.sweep({"silence_duration_ms": [30, 300], "threshold": [0.4, 0.9], "vad": "silero"}).table
    for row in swept.to_dict("records"):
        setting = ServerVad(silence_duration_ms=int(row["silence_duration_ms"]), threshold=row["threshold"])
        (alone,) = talk.what_if(setting, vad="silero").summary.to_dict("records")
        assert all(
            alone[name] == row[name] or alone[name] is row[name] for name in alone if name != "detector"
        )


def test_a_talk_is_heard_once_by_each_detector_of_speech(one, monkeypatch):
    from voice_widget.analysis.what_if import detectors

    asked = []
    hear = detectors.hear

    def counted(sound, column, vads):
        asked.append([vad.name for vad in vads])
        return hear(sound, column, vads)

    monkeypatch.setattr(detectors, "hear", counted)
    talk = Talk(one._record)
    talk.sweep({"threshold": [0.3, 0.5, 0.7], "vad": ["level", "webrtc"]}, jobs=1)
    talk.what_if(ServerVad(), vad=["webrtc", "level"])
    assert asked == [["level"], ["webrtc"]]
    kept = pickle.loads(pickle.dumps(talk))
    assert kept.what_if(ServerVad(), vad="level").summary["same"].tolist() == [1]


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ({}, "values by name"),
        ([1], "values by name"),
        ({"silence": [1]}, "does not vary 'silence'"),
        ({"prefix_padding_ms": [1]}, "It varies silence_duration_ms, threshold, min_speech_ms, vad"),
        ({"threshold": []}, "no value of threshold"),
        ({"threshold": ["high"]}, "threshold is a number"),
        ({"threshold": "0.5"}, "threshold is a number"),
        ({"threshold": [True]}, "threshold is a number"),
        ({"vad": []}, "`vad` is"),
    ],
)
def test_what_no_sweep_can_vary_is_refused(one, grid, says):
    with pytest.raises(SettingError, match=says):
        one.sweep(grid)
    with pytest.raises(SettingError, match="`jobs`"):
        one.sweep({"vad": "level"}, jobs=0)


def test_numbers_of_numpy_are_numbers(one):
    swept = one.sweep({"silence_duration_ms": np.arange(200, 400, 100), "vad": "level"})
    assert swept.table["silence_duration_ms"].tolist() == [200.0, 300.0]


# --- pictures ---


def test_the_picture_has_a_lane_for_each_detector(one):
    figure = one.what_if([ServerVad(), lambda pcm, rate: [(2000, 2500)]], vad="level").plot()
    _, lanes = figure.axes
    assert [label.get_text() for label in lanes.get_yticklabels()] == ["ServerVad()", "<lambda>"]
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["same", "missed", "extra"]
    marks = [line for line in lanes.lines if line.get_marker() == "o"]
    assert [round(float(line.get_xdata()[0]), 1) for line in marks] == [2.0]
    figure.canvas.draw()


def test_the_map_of_a_sweep_shows_its_numbers():
    swept = Talk.example().sweep(
        {"silence_duration_ms": [20, 300, 500], "threshold": [0.3, 0.7], "vad": "level"}
    )
    early, wait = swept.plot().axes
    assert early.images[0].get_array().tolist() == [[2, 0, 0], [2, 0, 0]]
    shown = np.ma.getdata(wait.images[0].get_array())
    table = swept.table.set_index(["threshold", "silence_duration_ms"])["wait_p50_ms"]
    assert np.isnan(shown[0][0])
    assert shown[1][2] == table[0.7, 500.0]
    assert (early.get_xlabel(), early.get_ylabel()) == ("silence_duration_ms", "threshold")
    one = Talk.example().sweep({"vad": "level"})
    one.plot().canvas.draw()
