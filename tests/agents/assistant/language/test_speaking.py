"""Values as speakable text."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from voice_widget.agents.assistant.language import speaking as say


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (21.4123, "21.41"),
        (21.0, "21"),
        (4201.754, "4201.8"),
        (123_456.78, "123457"),
        (344, "344"),
        (np.int64(999_999), "999999"),
        (1_234_567, "1.23 million"),
        (2.5e9, "2.5 billion"),
        (-0.2351, "-0.235"),
        (0.004567, "0.00457"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e-9, "1 times ten to the -9"),
        (3.2e20, "3.2 times ten to the 20"),
        (float("nan"), "not known"),
        (float("-inf"), "minus infinite"),
    ],
)
def test_numbers_are_short(value: float, said: str) -> None:
    assert say.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "not known"),
        (pd.NA, "not known"),
        (pd.NaT, "not known"),
        (np.bool_(True), "yes"),
        (pd.Timestamp("2007-11-11"), "November 11, 2007"),
        (datetime(2007, 11, 11, 9, 5), "November 11, 2007, at 9:05"),
        (date(2020, 1, 2), "January 2, 2020"),
        (timedelta(hours=36), "1.5 days"),
        (pd.Timedelta(seconds=1), "1 second"),
        ("  two\n words ", "two words"),
        ("x" * 100, "x" * 57 + "..."),
        ([1, 2], "[1, 2]"),
    ],
)
def test_any_value_can_be_said(value: object, said: str) -> None:
    assert say.value(value) == said


def test_units_agree_with_their_number() -> None:
    assert say.value(1, "grams") == "1 gram"
    assert say.value(1.0, "kilometers per hour") == "1 kilometers per hour"
    assert say.value(2.5, "grams") == "2.5 grams"
    assert say.value("Gentoo", "grams") == "Gentoo"


def test_counts_and_lists() -> None:
    assert say.count(0, "rows") == "no rows"
    assert say.are(1, "values") == "1 value is"
    assert say.listing([]) == ""
    assert say.listing(["a"]) == "a"
    assert say.listing(["a", "b"], last="or") == "a or b"
    assert say.listing(list("abcdefghij"), most=4) == "a, b, c and 7 more"
