"""Agreement, against calculations by hand and published examples."""

from __future__ import annotations

import math
import sys
import warnings
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voice_widget import MissingParts, Scheme, SettingError, Talk, agreement
from voice_widget.analysis.coding.scheme import NONE
from voice_widget.realtime.sound.formats import RATE


def coded(*coders: tuple[str, dict[int, str]], scheme: Scheme | None = None) -> Talk:
    """The shipped talk, of four turns, with these labels of each coder."""
    talk = Talk.example()
    talk.scheme = scheme or Scheme("request", "answer")
    for coder, labels in coders:
        for seq, code in labels.items():
            talk.label(code, seq=seq, coder=coder)
    return talk


def table(*coders: dict[int, str]) -> pd.DataFrame:
    """A table of labels of coders A, B, … with the code of each unit."""
    names = "ABCDEFGHIJKLMNOP"
    rows = [
        {"coder": names[n], "seq": unit, "code": code}
        for n, labels in enumerate(coders)
        for unit, code in labels.items()
    ]
    return pd.DataFrame(rows)


# --- by hand ---


def test_a_table_of_two_by_two_by_hand():
    """Of 50 units both say yes 20 times and no 15 times, A alone yes 5 times, B alone 10 times.

    Observed 35 / 50 = 0.7. A says yes to 25 / 50 = 0.5, B to 30 / 50 = 0.6; by chance they agree on
    0.5 * 0.6 + 0.5 * 0.4 = 0.5. Cohen's kappa: (0.7 - 0.5) / (1 - 0.5) = 0.4.
    All together yes has 55 of 100: by chance 0.55² + 0.45² = 0.505. Fleiss' kappa: 0.195 / 0.495.
    Alpha: disagreement observed 15 / 50 = 0.3, expected 2 * 55 * 45 / (100 * 99) = 0.5; 1 - 0.3 / 0.5 = 0.4.
    """
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    mine, hers = (dict(enumerate(column, start=1)) for column in zip(*pairs, strict=True))
    found = agreement(table(mine, hers))
    assert (found.n, found.coders, found.codes) == (50, ("A", "B"), ("no", "yes"))
    assert found.percent == pytest.approx(70)
    assert found.cohen == pytest.approx(0.4)
    assert found.fleiss == pytest.approx(0.195 / 0.495)
    assert found.krippendorff == pytest.approx(0.4)
    assert found.confusion("A", "B").to_numpy().tolist() == [[15, 10], [5, 20]]
    assert found.confusion("B", "A").to_numpy().tolist() == [[15, 5], [10, 20]]


def test_two_coded_copies_of_the_shipped_talk_by_hand():
    """Four turns. AB: request, answer, request, answer. CD: request, answer, answer, nothing.

    They agree on turns 1 and 2: 2 / 4 = 50 percent. Of four each: AB says request 2, answer 2; CD says
    request 1, answer 2, nothing 1. By chance 2/4 * 1/4 + 2/4 * 2/4 = 2/16 + 4/16 = 0.375.
    Cohen: (0.5 - 0.375) / (1 - 0.375) = 0.125 / 0.625 = 0.2.
    All together request 3, answer 4, nothing 1 of 8: by chance (9 + 16 + 1) / 64 = 0.40625.
    Fleiss: (0.5 - 0.40625) / (1 - 0.40625) = 0.09375 / 0.59375 = 3 / 19.
    Alpha: expected disagreement 1 - (3 * 2 + 4 * 3 + 1 * 0) / (8 * 7) = 1 - 18 / 56 = 38 / 56;
    1 - 0.5 / (38 / 56) = 1 - 28 / 38 = 10 / 38.
    """
    mine = coded(("AB", {1: "request", 2: "answer", 3: "request", 4: "answer"}))
    hers = coded(("CD", {1: "request", 2: "answer", 3: "answer"}))
    both = coded(
        ("AB", {1: "request", 2: "answer", 3: "request", 4: "answer"}),
        ("CD", {1: "request", 2: "answer", 3: "answer"}),
    )
    for found in (
        agreement(mine, hers),
        both.agreement(),
        agreement(mine.labels_df, hers.labels_df, talk=mine),
        agreement(mine, hers.labels_df),
    ):
        assert (found.n, found.coders, found.left_out) == (4, ("AB", "CD"), 0)
        assert found.percent == pytest.approx(50)
        assert found.cohen == pytest.approx(0.2)
        assert found.fleiss == pytest.approx(3 / 19)
        assert found.krippendorff == pytest.approx(10 / 38)
        assert dict(found.why) == {}
        assert found.codes == ("answer", "request", NONE)
        assert found.confusion().to_numpy().tolist() == [[1, 0, 1], [1, 1, 0], [0, 0, 0]]
        assert found.df.value.tolist() == pytest.approx([50, 0.2, 3 / 19, 10 / 38])


def test_one_code_by_itself_by_hand():
    """As above, but only whether it is an answer. AB: no yes no yes. CD: no yes yes no.

    They agree on 2 of 4; by chance 0.5 * 0.5 + 0.5 * 0.5 = 0.5: kappa is 0.
    """
    found = coded(
        ("AB", {1: "request", 2: "answer", 3: "request", 4: "answer"}),
        ("CD", {1: "request", 2: "answer", 3: "answer"}),
    ).agreement(code="answer")
    assert (found.codes, found.percent, found.cohen) == (("answer", NONE), 50, 0)


def test_slices_of_time_by_hand():
    """Of the talk's 10,993 ms in slices of 1000 ms: eleven of each side that has a label.

    AB labels the user's 1000 to 4000 ms, CD 2000 to 5000 ms: the middles 1500, 2500, 3500 and 2500, 3500,
    4500. Both: 2; AB alone 1, CD alone 1, neither 7. Observed 9 / 11; each has 3 of 11: by chance
    (9 + 64) / 121 = 73 / 121. Cohen: (99 - 73) / (121 - 73) = 26 / 48.
    """
    talk = Talk.example()
    talk.scheme = Scheme("overlap")
    talk.label("overlap", start_ms=1000, end_ms=4000, side="user", coder="AB")
    talk.label("overlap", start_ms=2000, end_ms=5000, side="user", coder="CD")
    found = talk.agreement(by="stretch", step_ms=1000)
    assert (found.n, found.percent) == (11, pytest.approx(100 * 9 / 11))
    assert found.cohen == pytest.approx(26 / 48)
    assert found.confusion().to_numpy().tolist() == [[2, 1], [1, 7]]
    assert found.table.index.tolist() == [("user", 1000 * n) for n in range(11)]
    assert found.left_out == 0


# --- published ---

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: twelve units, four observers,
# with missing data; nominal alpha is 0.743 there.
OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
# Fleiss, Measuring Nominal Scale Agreement among Many Raters (1971), as in the article on Fleiss' kappa in
# Wikipedia: ten subjects, fourteen raters, five categories; kappa is 0.210 there.
SUBJECTS = [
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
]


def test_krippendorffs_example_with_missing_values():
    said = [
        {unit: value for unit, value in enumerate(row.split(), start=1) if value != "."} for row in OBSERVERS
    ]
    found = agreement(table(*said), unlabelled="missing")
    assert round(found.krippendorff, 3) == 0.743
    assert found.n == 11, "of the last unit there is one value alone"
    assert math.isnan(found.cohen)
    assert found.why["cohen"] == "It is of two coders: `pairs` has it for each two."
    assert found.pairs.n.tolist() == [9, 8, 9, 9, 10, 10]


def test_fleiss_example():
    rows = [[str(code) for code, n in enumerate(counts) for _ in range(n)] for counts in SUBJECTS]
    raters = [{unit: row[n] for unit, row in enumerate(rows, start=1)} for n in range(14)]
    found = agreement(table(*raters))
    assert (round(found.fleiss, 3), len(found.coders), found.n) == (0.210, 14, 10)
    assert round(found.percent, 1) == 37.8


# --- where it is not defined ---


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (({1: "request"}, {1: "request"}), ""),
        (({1: "request", 2: "request", 3: "request", 4: "request"},) * 2, "All is request"),
    ],
)
def test_one_category_alone_makes_no_kappa(labels: Any, says: str):
    found = coded(("AB", labels[0]), ("CD", labels[1])).agreement()
    values = [found.cohen, found.fleiss, found.krippendorff]
    assert found.percent == 100
    if says:
        assert all(map(math.isnan, values))
        assert all(found.why[name].startswith(says) for name in ("cohen", "fleiss", "krippendorff"))
        assert found.df.value.isna().tolist() == [False, True, True, True]
    else:
        assert values == pytest.approx([1, 1, 1])


def test_nothing_of_that_code_makes_no_kappa():
    found = coded(("AB", {1: "request"}), ("CD", {1: "request"})).agreement(code="answer")
    assert (found.percent, found.why["cohen"].split(":")[0]) == (100, "All is (none)")


def test_one_who_says_the_same_always_has_a_kappa_of_zero():
    found = agreement(table({1: "a", 2: "a"}, {1: "a", 2: "b"}))
    assert (found.cohen, dict(found.why)) == (0, {})


def test_no_unit_that_two_have_judged():
    found = agreement(table({1: "a"}, {2: "b"}), unlabelled="missing")
    assert found.n == 0
    assert all(math.isnan(x) for x in (found.percent, found.cohen, found.fleiss, found.krippendorff))
    assert set(found.why) == {"percent", "cohen", "fleiss", "krippendorff"}
    assert found.why["percent"] == "No unit was judged by two coders."
    assert found.confusion().shape == (0, 0)


def test_a_talk_of_no_turns_has_stretches_alone():
    made = pd.DataFrame({"coder": ["A", "B"], "code": ["x", "x"], "start_ms": [0, 0], "end_ms": [100, 50]})
    found = agreement(made)
    assert (found.n, found.left_out, found.why["percent"]) == (0, 2, "No unit was judged by two coders.")
    assert len(found.pairs) == 1
    assert agreement(made, by="stretch", step_ms=50).percent == 50


def test_a_unit_that_not_all_have_judged_counts_for_alpha_and_not_for_fleiss():
    found = agreement(table({1: "a", 2: "b"}, {1: "a", 2: "b"}, {1: "b"}), unlabelled="missing")
    assert found.n == 2
    # Fleiss: of one unit with 2 and 1 of three, observed 1/3, by chance 4/9 + 1/9 = 5/9.
    assert found.fleiss == pytest.approx((1 / 3 - 5 / 9) / (1 - 5 / 9))
    assert found.percent == pytest.approx(50), "one of three pairs, and one of one"


# --- whose labels, and which ---


def test_only_those_who_are_asked_for_and_only_one_side():
    talk = coded(
        ("AB", {1: "request", 3: "request"}), ("CD", {1: "request"}), ("EF", {2: "answer", 4: "answer"})
    )
    found = talk.agreement(coders=["AB", "CD"], side="user")
    assert (found.coders, found.n, found.percent) == (("AB", "CD"), 2, 50)
    assert found.left_out == 0
    assert talk.agreement(coders=["AB", "EF"], side="user").left_out == 2


def test_labels_that_count_for_no_unit_are_counted():
    talk = coded(("AB", {1: "request"}), ("CD", {1: "request"}))
    talk.label("answer", start_ms=0, end_ms=9, coder="AB")
    found = talk.agreement()
    assert (found.n, found.left_out) == (4, 1)


def test_copies_that_say_the_same_under_one_name_agree():
    labels = {1: "request", 2: "answer", 3: "request", 4: "answer"}
    one, other, third = (coded(("coder", labels)) for _ in range(3))
    found = agreement(one, other)
    assert (found.coders, found.percent, found.cohen) == (("coder (1)", "coder (2)"), 100, 1)
    differs = coded(("coder", labels | {1: "answer"}))
    found = agreement(one, other, third, differs)
    # Of turn 1 three of six pairs agree, of the others all.
    assert (len(found.coders), found.percent) == (4, 87.5)


def test_one_name_in_two_copies_is_two_coders_unless_a_copy_has_other_names_too():
    one, other = coded(("coder", {1: "request"})), coded(("coder", {2: "answer"}))
    assert agreement(one, other).coders == ("coder (1)", "coder (2)")
    copy = coded(("coder", {1: "request"}), ("CD", {1: "request"}))
    assert agreement(one, copy).coders == ("coder", "CD")
    assert set(agreement(copy, one).coders) == {"coder", "CD"}


def test_each_two_of_several_coders():
    talk = coded(("A", {1: "request"}), ("B", {1: "request"}), ("C", {1: "answer"}))
    found = talk.agreement()
    pairs = found.pairs
    assert pairs[["coder", "other"]].to_numpy().tolist() == [["A", "B"], ["A", "C"], ["B", "C"]]
    assert pairs.percent.tolist() == [100, 75, 75]
    # A and C: observed 3/4; both say nothing to 3 of 4: by chance 9/16. (12 - 9) / (16 - 9).
    assert pairs.cohen.tolist() == pytest.approx([1, 3 / 7, 3 / 7])
    assert found.confusion("A", "C").loc["request", "answer"] == 1
    with pytest.raises(SettingError, match="no coder None"):
        found.confusion()


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        ({"coders": ["AB", "XY"]}, "unknown_coder", "There are AB, CD"),
        ({"coders": "AB"}, "one_coder", "these labels are by AB"),
        ({"coders": []}, "one_coder", "by nobody"),
        ({"coders": 7}, "label_invalid", "Names are texts, not 7"),
        ({"by": "word"}, "setting_error", "by cannot be 'word'"),
        ({"side": "both"}, "setting_error", "Choose 'user' or 'assistant'"),
        ({"step_ms": 0}, "setting_error", "A slice lasts"),
        ({"step_ms": 1.5}, "setting_error", "A slice lasts"),
        ({"unlabelled": None}, "setting_error", "unlabelled cannot be None"),
        ({"coder": "AB"}, "setting_error", "Did you mean 'coders'"),
    ],
)
def test_what_cannot_be_is_refused(named: dict[str, Any], code: str, says: str):
    talk = coded(("AB", {1: "request"}), ("CD", {1: "request"}))
    with pytest.raises(SettingError, match=says) as refused:
        talk.agreement(**named)
    assert (refused.value.code, bool(refused.value.next_step)) == (code, True)


def test_several_codes_of_one_turn_are_judged_one_by_one():
    talk = coded(("AB", {1: "request"}), ("CD", {1: "request"}))
    talk.label("answer", seq=1, coder="AB")
    with pytest.raises(SettingError, match="AB gave turn 1 several codes: answer, request") as refused:
        talk.agreement()
    assert refused.value.code == "several_codes"
    assert talk.agreement(code="request").percent == 100
    assert talk.agreement(code="answer").percent == 75
    with pytest.raises(SettingError, match="AB gave 200 ms several codes"):
        talk.agreement(by="stretch", step_ms=200)


def test_two_talks_have_no_agreement(tmp_path: Path):
    second = np.sin(np.arange(RATE) * 0.1) * 8000
    with wave.open(str(tmp_path / "call.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.stack([second, np.roll(second, 99)], axis=1).astype("<i2").tobytes())
    with pytest.raises(SettingError, match="These are two talks") as refused:
        agreement(Talk.example(), Talk.from_audio(tmp_path / "call.wav"))
    assert refused.value.code == "not_one_talk"


def of_file(path: Path, *tones: tuple[int, int], level: int = 8000, ms: int = 5000) -> Talk:
    """A talk from a file with these tones on both sides, one after the other, each coded."""
    pcm = np.zeros((ms * RATE // 1000, 2))
    for place, (start, end) in enumerate(tones):
        count = (end - start) * RATE // 1000
        pcm[start * RATE // 1000 :][:count, place % 2] = level * np.sin(np.arange(count) * 0.1)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())
    talk = Talk.from_audio(path)
    assert len(talk.rows) == len(tones)
    talk.scheme = Scheme("x")
    for row in talk.rows:
        talk.label("x", seq=row["seq"], coder=path.stem)
    return talk


ONE = ((500, 1500), (2000, 3000))


@pytest.mark.parametrize("tones", [((500, 1500), (2000, 3100)), ((500, 1600), (2000, 3000)), ONE[:1]])
def test_two_files_are_not_one_talk_for_having_as_many_turns(tmp_path: Path, tones: Any):
    one, other = of_file(tmp_path / "a.wav", *ONE), of_file(tmp_path / "b.wav", *tones)
    for pair in ((one, other), (other, one), (one.labels_df, one, other)):
        with pytest.raises(SettingError, match="These are two talks: their turns are not the same") as told:
            agreement(*pair)
        assert told.value.code == "not_one_talk"
        assert told.value.next_step


def test_two_files_without_turns_are_told_by_their_length(tmp_path: Path):
    pcm = np.random.default_rng(1).integers(-3, 4, (3 * RATE, 2))
    talks = []
    for seconds in (2, 3):
        with wave.open(str(tmp_path / "call.wav"), "wb") as file:
            file.setparams((2, 2, RATE, 0, "NONE", ""))
            file.writeframes(pcm[: seconds * RATE].astype("<i2").tobytes())
        talks.append(Talk.from_audio(tmp_path / "call.wav"))
    assert [talk.rows for talk in talks] == [[], []]
    with pytest.raises(SettingError, match="they are not of one length"):
        agreement(*talks)


def test_two_talks_of_a_double_are_told_by_when_they_began(tmp_path: Path):
    from dataclasses import replace

    one = coded(("AB", {1: "request"}))
    manifest = {**one.manifest, "created_at": "2026-01-01T00:00:00+00:00"}
    other = Talk(replace(one._record, manifest=manifest))
    other.scheme = Scheme("request")
    other.label("request", seq=1, coder="CD")
    with pytest.raises(SettingError, match=r"one began at .*, the other at 2026-01-01"):
        agreement(one, other)


def test_copies_are_copies_wherever_they_lie(tmp_path: Path):
    import os
    import shutil

    from voice_widget import read_talk

    called = coded(("AB", {1: "request"}))
    filed = of_file(tmp_path / "a.wav", *ONE)
    shutil.copy(tmp_path / "a.wav", tmp_path / "other name.wav")
    os.utime(tmp_path / "other name.wav", (1e9, 1e9))
    anew = Talk.from_audio(tmp_path / "other name.wav", began=None, stt=lambda pcm, rate: "Well.")
    anew.scheme = Scheme("x")
    anew.label("x", seq=1, coder="CD")
    assert agreement(filed, anew).percent == 50
    for name, talk in (("called", called), ("filed", filed)):
        talk.save(tmp_path / name)
        shutil.move(talk.save(tmp_path / f"{name} 2", sound="opus"), tmp_path / f"{name} of CD")
        copy = read_talk(tmp_path / f"{name} of CD")
        for label in copy.labels():
            copy.relabel(label.number, coder="CD")
        copy.redact(1)
        worse = copy.impaired(gain_db=-6, delay_ms=300)
        for other in (copy, worse):
            found = agreement(talk, read_talk(tmp_path / name), other)
            assert found.coders[-1] == "CD"
            assert found.percent == 100
    assert agreement(called, called).percent == 100


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "Nothing was given"),
        ((7,), "7 is neither a talk nor a table"),
        ((pd.DataFrame({"code": ["a"], "seq": [1]}),), "no column coder"),
        ((pd.DataFrame({"code": ["a"], "coder": ["A"]}),), "no column seq, nor start_ms"),
        (
            (pd.DataFrame({"code": ["a"], "coder": [None], "seq": [1]}),),
            "Row 1 of this table .* has no coder",
        ),
    ],
)
def test_what_is_no_labels_is_refused(given: Any, says: str):
    with pytest.raises(SettingError, match=says):
        agreement(*given)


def test_a_table_may_be_of_other_types():
    """As a CSV file gives them: codes are numbers, and turns that are missing make all of them floats."""
    made = pd.DataFrame(
        {"coder": ["A", "B", "A"], "code": [1, 1, 2], "seq": [1.0, 1.0, math.nan], "start_ms": [0, 0, 5]}
    ).assign(end_ms=9)
    found = agreement(made)
    assert (found.codes, found.n, found.percent, found.left_out) == (("1",), 1, 100, 1)


@pytest.mark.parametrize("package", ["statsmodels", "krippendorff"])
def test_a_library_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingParts, match=package) as missing:
        coded(("AB", {1: "request"}), ("CD", {1: "answer"})).agreement()
    assert missing.value.next_step == 'Run: pip install "voice-widget[analysis]"'
