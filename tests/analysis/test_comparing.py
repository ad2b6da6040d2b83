from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from tests.analysis.made import exchange, talk
from voice_widget import MissingParts, SettingError, Talk, compare
from voice_widget.analysis import comparing
from voice_widget.analysis.comparison import ALIKE, Comparison
from voice_widget.analysis.measurable import Measurable
from voice_widget.analysis.resampling import Groups, Statistic, interval, students_t

GAPS = [400, 450, 500, 550, 600, 650, 700, 750, 800, 850]


class Told(Measurable):
    """A talk whose measures are told."""

    manifest: dict[str, Any]

    def __init__(
        self,
        gaps: Sequence[float] = (),
        *,
        missing: int = 0,
        doubtful: int = 0,
        unit: str = "ms",
        prices: Any = None,
        **values: float,
    ) -> None:
        self.gaps, self.missing, self.unit, self.told = gaps, missing, unit, values
        self.doubtful = doubtful
        self.manifest = {"prices": prices}

    def _analysed(self) -> Any:
        return self

    def tables(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        gap = ("response_gap_ms", "assistant", self.unit, len(self.gaps), self.missing, self.doubtful, None)
        told = [gap, *((name, None, "tokens", 1, 0, 0, value) for name, value in self.told.items())]
        columns = ("measure", "side", "unit", "n", "missing", "doubtful", "value")
        turns: list[dict[str, Any]] = [{"role": "assistant", "response_gap_ms": each} for each in self.gaps]
        return [dict(zip(columns, row, strict=True)) for row in told], [{"role": "user"}, *turns]


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = comparing._tables
    monkeypatch.setattr(
        comparing, "_tables", lambda talk: talk.tables() if isinstance(talk, Told) else measure(talk)
    )


def row(found: Comparison, measure: str, side: str | None = None) -> dict[str, Any]:
    table = found.table
    own = table["side"].isna() if side is None else table["side"] == side
    (found_row,) = table[(table["measure"] == measure) & own].to_dict("records")
    return {str(name): None if value is pd.NA else value for name, value in found_row.items()}


def gap(a: Any, b: Any, **named: Any) -> dict[str, Any]:
    return row(compare(a, b, **named), "response_gap_ms", "assistant")


def test_a_known_difference_is_found() -> None:
    found = gap(exchange(*GAPS), exchange(*(each + 500 for each in GAPS)))
    assert (found["a"], found["b"], found["difference"]) == (625.0, 1125.0, 500.0)
    assert (found["n_a"], found["n_b"], found["missing_a"], found["missing_b"]) == (10, 10, 0, 0)
    assert found["unit"] == "ms"
    assert found["low"] < 500 < found["high"]
    assert found["clear"] is True
    assert found["reason"] is None


def test_the_difference_is_b_less_a() -> None:
    found = gap(exchange(*(each + 500 for each in GAPS)), exchange(*GAPS))
    assert found["difference"] == -500.0
    assert found["high"] < 0
    assert found["clear"] is True


def test_what_is_equal_is_not_clear() -> None:
    found = compare(exchange(*GAPS), exchange(*GAPS)).table
    known = found[found["reason"].isna()]
    assert len(known) > 1
    assert not known["clear"].any()
    assert (known["difference"] == 0).all()
    copies = gap([exchange(*GAPS)] * 5, [exchange(*GAPS)] * 5)
    assert (copies["clear"], copies["reason"]) == (None, ALIKE)


def test_the_same_seed_gives_the_same() -> None:
    a, b = Told(GAPS), Told([each * 1.37 for each in GAPS])
    one, again, other = (gap(a, b, seed=seed) for seed in (1, 1, 2))
    assert (one["low"], one["high"]) == (again["low"], again["high"])
    assert (one["low"], one["high"]) != (other["low"], other["high"])
    more = compare(Told(GAPS, input_tokens=5), Told([each * 1.37 for each in GAPS], input_tokens=7), seed=1)
    assert row(more, "response_gap_ms", "assistant")["low"] == one["low"]


def test_more_certainty_takes_a_wider_interval() -> None:
    a, b = Told(GAPS), Told([each * 1.37 for each in GAPS])
    widths = [gap(a, b, level=level) for level in (0.5, 0.8, 0.99)]
    assert sorted(each["high"] - each["low"] for each in widths) == [
        each["high"] - each["low"] for each in widths
    ]


def test_what_is_missing_is_counted() -> None:
    found = gap([Told(GAPS, missing=2), Told(GAPS, missing=1)], Told(GAPS))
    assert (found["missing_a"], found["missing_b"]) == (3, 0)
    assert (found["n_a"], found["n_b"]) == (20, 10)


def test_what_is_mostly_doubtful_is_counted_and_not_clear() -> None:
    later = [each + 500 for each in GAPS]
    found = gap(Told(GAPS, doubtful=2), Told(later, doubtful=5))
    assert (found["doubtful_a"], found["doubtful_b"]) == (2, 5)
    assert (found["clear"], found["reason"]) == (True, None)
    compared = compare([Told(GAPS, doubtful=2)], [Told(later, doubtful=6)], names=("quiet", "loud"))
    found = row(compared, "response_gap_ms", "assistant")
    assert (found["clear"], found["reason"]) == (False, "mostly doubtful in loud")
    assert found["low"] < 500 < found["high"]
    (axes,) = compared.plot().axes
    assert axes.get_title(loc="left").endswith("] (mostly doubtful in loud; doubtful: 2 and 6)")
    assert axes.title.get_fontweight() == "normal"


@pytest.mark.parametrize(
    ("a", "b", "reason", "difference"),
    [
        (Told(GAPS), Told([1, 2, 3, 4]), "fewer than 5 values in b", 2.5 - 625),
        (Told(), Told(GAPS), "no value in a", None),
        (Told(), Told(), "no value in a", None),
        ([Told(GAPS), Told(GAPS)], Told(GAPS), "fewer than 3 talks with a value in a", 0.0),
        ([Told(GAPS), Told(), Told()], Told(GAPS), "fewer than 3 talks with a value in a", 0.0),
        ([Told(GAPS)] * 5, [Told([each + 9 for each in GAPS])] * 5, ALIKE, 9.0),
        (Told(GAPS), Told(GAPS, unit="s"), "units differ", None),
        ([Told(GAPS), Told(GAPS, unit="s"), Told(GAPS)], Told(GAPS), "units differ", None),
    ],
)
def test_where_nobody_can_say_it_the_reason_stands(
    a: Any, b: Any, reason: str, difference: float | None
) -> None:
    found = gap(a, b)
    assert found["reason"] == reason
    assert found["difference"] is None if difference is None else found["difference"] == difference
    assert found["low"] is found["high"] is found["clear"] is None


def test_values_of_talks_are_compared_by_their_means() -> None:
    a = [Told(input_tokens=value) for value in (10, 12, 14, 16, 18)]
    b = [Told(input_tokens=value) for value in (30, 32, 34, 36, 38, 40)]
    found = row(compare(a, b), "input_tokens")
    assert (found["n_a"], found["n_b"], found["a"], found["b"]) == (5, 6, 14.0, 35.0)
    assert found["low"] < 21 < found["high"]
    assert found["clear"] is True
    single = row(compare(a[0], b[0]), "input_tokens")
    assert (single["difference"], single["reason"]) == (20.0, "one value in a: it is of one talk")
    few = row(compare(a, b[:4]), "input_tokens")
    assert few["reason"] == "fewer than 5 values in b"


def test_what_was_paid_at_different_prices_is_not_compared() -> None:
    a, same = Told(cost=1.0, prices={"m": {"input": 1}}), Told(cost=2.0, prices={"m": {"input": 1}})
    other = Told(cost=2.0, prices={"m": {"input": 2}})
    assert row(compare(a, same), "cost")["difference"] == 1.0
    found = row(compare(a, other), "cost")
    assert (found["a"], found["b"], found["difference"]) == (1.0, 2.0, None)
    assert found["reason"] == "prices differ"
    assert (
        row(compare(Told(input_tokens=1, prices=1), Told(input_tokens=2)), "input_tokens")["difference"]
        == 1.0
    )


def test_a_measure_that_one_has_alone_stays_in_the_table() -> None:
    found = compare(Told(input_tokens=4), Told(output_tokens=5))
    assert row(found, "input_tokens")["reason"] == "no value in b"
    assert row(found, "output_tokens")["reason"] == "no value in a"
    assert row(found, "output_tokens")["b"] == 5.0


def test_talks_of_one_turn_and_of_none_are_compared() -> None:
    one = talk(("user", "Hello.", 0, 900), ("assistant", "Hi.", 1500, 1900))
    found = compare(one, talk(), names=("one", "none"))
    assert row(found, "response_gap_ms", "assistant")["a"] == 600.0
    assert row(found, "response_gap_ms", "assistant")["reason"] == "no value in none"
    assert compare(one, one).table["clear"].isna().all()
    assert not compare(talk(), talk()).table["clear"].any()


def test_the_table_says_how_it_was_made() -> None:
    found = compare(
        Talk.example(), Talk.example(), names=("before", "after"), seed=3, resamples=200, level=0.9
    )
    assert found.table.attrs == {"a": "before", "b": "after", "resamples": 200, "level": 0.9, "seed": 3}
    assert found.table.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(["measure", "side", "unit", "reason"], "string"),
        **dict.fromkeys(["n_a", "n_b", "missing_a", "missing_b", "doubtful_a", "doubtful_b"], "Int64"),
        **dict.fromkeys(["a", "b", "difference", "low", "high"], "Float64"),
        "clear": "boolean",
    }
    assert repr(found).startswith("<Comparison of before (1 talk) and after (1 talk): ")
    shown = compare(Told(GAPS), [Told(GAPS)] * 5, names=("<a>", "b"))._repr_html_()
    assert "<b>&lt;a&gt;</b> (1 talk) and <b>b</b> (5 talks)" in shown
    assert "95 % interval" in shown
    assert "response_gap_ms" in shown
    assert "&lt;NA&gt;" not in shown


def test_its_values_can_be_had() -> None:
    found = compare([Told([1, 2]), Told([3])], Told([4], input_tokens=7))
    assert found.values("response_gap_ms", "assistant") == ([1.0, 2.0, 3.0], [4.0])
    assert found.values("input_tokens") == ([], [7.0])
    with pytest.raises(SettingError, match="Did you mean 'response_gap_ms'") as refused:
        found.values("response_gaps_ms", "assistant")
    assert refused.value.code == "unknown_measure"


@pytest.mark.parametrize(
    ("a", "named", "said"),
    [
        ("runs/p01", {}, "'runs/p01' is no recorded talk"),
        (None, {}, "None is no recorded talk"),
        ([Talk.example(), 7], {}, "7 is no recorded talk"),
        ({"a": Talk.example()}, {}, "is no recorded talk"),
        (Talk, {}, "is no recorded talk"),
        ([], {}, "There is no talk in a"),
        (Talk.example(), {"names": ("a", "a")}, "two texts that differ"),
        (Talk.example(), {"names": "ab"}, "two texts that differ"),
        (Talk.example(), {"names": ("a", "b", "c")}, "two texts that differ"),
        (Talk.example(), {"seed": -1}, "`seed` is a whole number from 0, not -1"),
        (Talk.example(), {"seed": None}, "`seed` is a whole number"),
        (Talk.example(), {"resamples": 10}, "`resamples` is a whole number from 100, not 10"),
        (Talk.example(), {"level": 95}, "`level` lies between 0 and 1, not 95"),
        (Talk.example(), {"sead": 1}, "compare has no argument 'sead'"),
    ],
)
def test_what_cannot_be_compared_is_refused(a: Any, named: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        compare(a, Talk.example(), **named)


# --- the interval ---


def known(
    a: Groups, b: Groups, statistic: Statistic, *, resamples: int, level: float, seed: Sequence[int]
) -> tuple[float, float]:
    """One that is there."""
    found = interval(a, b, statistic, resamples=resamples, level=level, seed=seed)
    assert found is not None
    return found


def test_students_t_is_the_librarys() -> None:
    for freedom in (1, 2, 2.7, 4, 30, 5000):
        for level in (0.5, 0.95, 0.999):
            theirs = stats.t.ppf((1 + level) / 2, freedom)
            assert students_t(level, freedom) == pytest.approx(theirs, rel=2e-3)


@pytest.mark.parametrize(("name", "statistic"), [("median", np.median), ("mean", np.mean)])
def test_its_standard_errors_are_the_librarys(name: Statistic, statistic: Any) -> None:
    chance = np.random.default_rng(5)
    a, b = chance.lognormal(6, 0.5, 40), chance.lognormal(6.3, 0.5, 30)
    low, high = known([a], [b], name, resamples=20_000, level=0.9, seed=[1])
    assert (low + high) / 2 == pytest.approx(statistic(b) - statistic(a))
    parts = [
        stats.bootstrap((each,), statistic, n_resamples=20_000, rng=np.random.default_rng(2)).standard_error
        ** 2
        * len(each)
        / (len(each) - 1)
        for each in (a, b)
    ]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 39 + parts[1] ** 2 / 29)
    half = stats.t.ppf(0.95, freedom) * np.sqrt(sum(parts))
    assert (high - low) / 2 == pytest.approx(half, rel=0.02)


def test_of_means_it_is_nearly_welchs() -> None:
    chance = np.random.default_rng(6)
    a, b = chance.normal(0, 1, 5), chance.normal(3, 4, 8)
    low, high = known([a], [b], "mean", resamples=100_000, level=0.95, seed=[1])
    theirs = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert [low, high] == pytest.approx([theirs.low, theirs.high], rel=0.02)


def test_it_holds_the_truth_as_often_as_it_says() -> None:
    chance, held = np.random.default_rng(11), 0
    for trial in range(300):
        a, b = [chance.lognormal(6, 0.5, 25)], [chance.lognormal(6, 0.5, 25) + 100]
        low, high = known(a, b, "median", resamples=400, level=0.9, seed=[trial])
        held += low <= 100 <= high
    assert 0.87 <= held / 300 <= 0.97


@pytest.mark.parametrize("talks", [3, 4, 5, 8, 20])
@pytest.mark.parametrize("between", [0.0, 1.0], ids=["alike", "apart"])
def test_of_few_talks_chance_alone_is_not_called_clear(talks: int, between: float) -> None:
    """Gaps whose talks differ by as much as their turns do, or not at all: of 100 some 5 are clear."""
    chance, trials, clear = np.random.default_rng(talks), 300, 0

    def drawn() -> list[Any]:
        return [chance.lognormal(6 + 0.4 * between * chance.normal(), 0.4, 10) for _ in range(talks)]

    for trial in range(trials):
        low, high = known(drawn(), drawn(), "median", resamples=100, level=0.95, seed=[trial])
        clear += not low <= 0 <= high
    assert 0.01 <= clear / trials <= 0.06


def test_what_differs_by_much_is_clear_of_three_talks() -> None:
    chance, clear = np.random.default_rng(3), 0
    for trial in range(50):
        a, b = ([chance.normal(chance.normal(at, 50), 100, 10) for _ in range(3)] for at in (600, 1100))
        clear += known(a, b, "median", resamples=200, level=0.95, seed=[trial])[0] > 0
    assert clear >= 45


def test_turns_of_one_talk_are_no_talks() -> None:
    """Talks differ by more than their turns do: who takes turns for talks is too sure."""
    chance, trials = np.random.default_rng(12), 150
    held = {"talks": 0, "turns": 0}

    def drawn() -> list[Any]:
        return [chance.normal(chance.normal(600, 100), 50, 8) for _ in range(10)]

    for trial in range(trials):
        a, b = drawn(), drawn()
        for name, (one, other) in {
            "talks": (a, b),
            "turns": ([np.concatenate(a)], [np.concatenate(b)]),
        }.items():
            low, high = known(one, other, "mean", resamples=300, level=0.9, seed=[trial])
            held[name] += low <= 0 <= high
    assert 0.82 <= held["talks"] / trials <= 0.97
    assert held["turns"] / trials < 0.6


def test_groups_may_have_any_size() -> None:
    groups = [np.full(1, 1.0), np.full(50, 2.0), np.full(3, 3.0)]
    # The median of what is drawn is 2 if any of the three is the large one, and else 1, 2 or 3.
    low, high = known(groups, [np.zeros(9)], "median", resamples=2000, level=0.9, seed=[0])
    assert low < -2.0 < high < 0.0
    assert (low + high) / 2 == pytest.approx(-2.0)
    low, high = known([np.zeros(4)], groups, "mean", resamples=2000, level=0.5, seed=[0])
    assert (low + high) / 2 == pytest.approx((1 + 100 + 9) / 54)


def test_where_nothing_varies_there_is_none() -> None:
    assert interval([np.ones(5)], [np.zeros(5)], "mean", resamples=100, level=0.9, seed=[0]) is None
    low, high = known([np.ones(5)], [np.arange(5.0)], "mean", resamples=900, level=0.9, seed=[0])
    assert low < 1.0 < high


# --- the picture ---


def lines(figure: Figure, panel: int, name: str) -> list[list[float]]:
    return [list(map(float, line.get_xdata())) for line in figure.axes[panel].lines if line.get_gid() == name]  # type: ignore[arg-type]


def test_both_are_drawn_below_each_other() -> None:
    figure = compare(Told(GAPS), Told([each + 500 for each in GAPS]), names=("old", "new")).plot()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["old", "new"]
    assert lines(figure, 0, "points 0") == [list(map(float, GAPS))]
    assert lines(figure, 0, "median 0") == [[625.0, 625.0]]
    assert lines(figure, 0, "median 1") == [[1125.0, 1125.0]]
    assert axes.get_title(loc="left").startswith("response_gap_ms, assistant: +500 ms [")
    assert axes.title.get_fontweight() == "normal"
    boxes = [each.get_paths()[0].get_extents().intervalx.tolist() for each in axes.collections]
    assert boxes == [[512.5, 737.5], [1012.5, 1237.5]]


def test_measures_are_chosen_by_name() -> None:
    found = compare(Told([1, 2], input_tokens=4), Told([3], input_tokens=5))
    figure = found.plot("input_tokens", "response_gap_ms")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "input_tokens: +1 tokens (one value in a: it is of one talk)",
        "response_gap_ms, assistant: +1.5 ms (fewer than 5 values in a)",
    ]
    assert not figure.axes[1].collections
    with pytest.raises(SettingError, match="Did you mean 'input_tokens'"):
        found.plot("input_token")


def test_many_points_are_thinned_and_their_ends_stay() -> None:
    figure = compare(Told(range(5000)), Told(range(10))).plot()
    (points,) = lines(figure, 0, "points 0")
    assert (len(points), points[0], points[-1]) == (400, 0.0, 4999.0)


def test_where_there_is_nothing_to_draw_it_says_so() -> None:
    figure = compare(talk(), talk()).plot()
    assert [text.get_text() for text in figure.texts] == ["No measure has values of turns in both."]
    figure.savefig("/dev/null", format="png")


def test_it_needs_the_extra_for_the_picture_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found = compare(Told(GAPS), Told(GAPS))
    with pytest.raises(MissingParts, match=r'pip install "voice-widget\[analysis\]"'):
        found.plot()


def test_a_script_that_all_talks_have_adds_the_word_error_rate() -> None:
    said, other = (talk(("user", text, 0, 900), sound=True) for text in ("Is it so?", "It is so?"))
    found = row(compare(said, [said, other], script=["Is it so?"]), "word_error_rate", "user")
    assert (found["n_a"], found["n_b"], found["a"], found["b"]) == (1, 2, 0.0, 1 / 3)
    assert found["unit"] == "errors/word"
    with pytest.raises(SettingError, match="2 sentences, and 1 turns"):
        compare(said, other, script=["Is it so?", "It is."])
