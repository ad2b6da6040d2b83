"""One expression over data: what it comes to, and what is refused by its name."""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_widget.tools.expressions import Refused, compute, names_in

DF = pd.DataFrame({"day": ["Sat", "Sun", "Sun"], "tip": [1.0, 2.0, 4.0], "size": [2, 3, 4]})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("df.tip.mean()", 7 / 3),
        ("df['tip'].sum() / len(df)", 7 / 3),
        ("df[df.tip > 1].tip.max() - df.tip.min()", 3.0),
        ("df[(df.tip > 1) & (df.day == 'Sun')].shape[0]", 2),
        ("df.groupby('day').tip.mean()['Sun']", 3.0),
        ("df.groupby('day').agg({'tip': 'sum'}).loc['Sun', 'tip']", 6.0),
        ("df.groupby('day').agg(most=('tip', 'max')).loc['Sun', 'most']", 4.0),
        ("df.sort_values('tip').iloc[-1].day", "Sun"),
        ("df.day.str.upper().tolist()", ["SAT", "SUN", "SUN"]),
        ("df.day.str.contains('.').sum()", 0),  # a text, and no pattern
        ("df.assign(share=df.tip / df.tip.sum()).share.round(2).tolist()", [0.14, 0.29, 0.57]),
        ("np.sqrt(df.tip).round(1).tolist()", [1.0, 1.4, 2.0]),
        ("pd.to_numeric(df.tip).max()", 4.0),
        ("1 < 2 < limit and not False", True),
        ("'large' if limit > 2 else 'small'", "large"),
        ("prices['a'] + max([1, 2])", 5),
        ("[1, 2, 3][:2]", [1, 2]),
    ],
)
def test_what_it_comes_to(expression: str, value: Any) -> None:
    found = compute(expression, {"df": DF, "limit": 3, "prices": {"a": 3}})
    assert found == pytest.approx(value) if isinstance(value, float) else found == value


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("df.__class__", "The attribute __class__"),
        ("df.tip.__class__.__base__", "The attribute __class__"),
        ("().__class__.__bases__[0].__subclasses__()", "The method __subclasses__"),
        ("df.mean.__globals__", "The attribute mean"),
        ("__import__('os').system('x')", "The method system"),
        ("__import__('os')", "The function __import__"),
        ("eval('1')", "The function eval"),
        ("open('x')", "The function open"),
        ("getattr(df, 'tip')", "The function getattr"),
        ("df.query('@x')", "The method query"),
        ("df.eval('tip')", "The method eval"),
        ("df.to_csv('x')", "The method to_csv"),
        ("pd.read_csv('x')", "pd.read_csv is not"),
        ("pd.io.common.os.system('x')", "The method system"),
        ("np.load('x')", "np.load is not"),
        ("np.fromfile('x')", "np.fromfile is not"),
        ("df.apply(lambda row: row)", "The method apply"),
        ("df.tip.map(lambda x: x)", "The method map"),
        ("df.pipe(len)", "The method pipe"),
        ("df.agg('to_csv')", "agg of 'to_csv'"),
        ("df.agg({'tip': '__class__'})", "agg of '__class__'"),
        ("df.agg(x=('tip', 'to_pickle'))", "agg of 'to_pickle'"),
        ("df.agg(['mean', 'to_sql'])", "agg of 'to_sql'"),
        ("df.tip.agg(func='to_csv')", "The argument func"),
        ("df.drop(columns='tip', inplace=True)", "The argument inplace"),
        ("df.tip.astype('M8[ns]')", "astype of"),
        ("df.day.str.contains('a', regex=True)", "The argument regex"),
        ("'{0.__class__}'.format(df)", "The method format"),
        ("df.day * 1000000000", "not repeated"),
        ("'x' * 1000000000", "not repeated"),
        ("9 ** 99999999", "as large as that"),
        ("(lambda: 1)()", "A call of Lambda"),
        ("[x for x in df]", "ListComp is not allowed"),
        ("(x := 1)", "NamedExpr is not allowed"),
        ("f'{df}'", "JoinedStr is not allowed"),
        ("b'x'", "Constant is not allowed"),
        ("len(*df)", "Starred"),
        ("df.assign(**{})", "Starred"),
        ("pd.cut(df.tip, 1000000000)", "into more than"),
        ("np", "np is no value"),
        ("other", "There is no data named other"),
        ("pd.Timestamp('2020-01-01', tz='dateutil//etc/passwd')", "time zone of dateutil"),
        ("pd.Timestamp(0, 'dateutil//etc/passwd')", "time zone of dateutil"),
        ("1; 2", "not one expression"),
        ("x = 1", "not one expression"),
        ("1 +", "not one expression"),
        ("(" * 300 + ")" * 300, "not one expression"),
        ("-" * 60 + "1", "nested too deep"),
        ("1" * 3000, "at most 2,000"),
    ],
)
def test_what_is_refused_is_named(expression: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        compute(expression, {"df": DF})


def test_what_a_cell_holds_is_no_way_out() -> None:
    cells = pd.DataFrame({"house": [ast, len]})
    for expression in ("cells.iloc[0, 0]", "cells.iloc[0, 0].get('x')", "cells.house[1]"):
        with pytest.raises(Refused, match="is not allowed here"):
            compute(expression, {"cells": cells})


def test_its_names_are_those_it_reads() -> None:
    assert names_in("np.sqrt(df.tip).max() + len(other[limit])") == ["df", "limit", "other"]


@given(st.text(alphabet="abcdfx.()[]'\"_,:+*-=@ 0123", max_size=60))
def test_no_text_changes_the_data(expression: str) -> None:
    values = {"df": DF.copy(), "a": np.arange(3), "x": "text", "b": [1, 2]}
    with suppress(Exception):
        compute(expression, values)
    pd.testing.assert_frame_equal(values["df"], DF)
    assert values["a"].tolist() == [0, 1, 2]
    assert values["b"] == [1, 2]


@given(
    st.from_regex(r"__[a-z]{1,12}__", fullmatch=True), st.sampled_from(["df", "df.tip", "x", "(1)", "[1]"])
)
def test_nothing_with_two_underscores_is_reached(name: str, owner: str) -> None:
    for expression in (f"{owner}.{name}", f"{owner}.{name}()"):
        with pytest.raises(Refused):
            compute(expression, {"df": DF, "x": "text"})
