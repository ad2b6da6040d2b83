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

from voice_widget.tools.expressions import check, compute, names_in
from voice_widget.tools.sizes import Refused

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
        ("df.isnull().sum().sum() + df.tip.notnull().sum() + pd.isnull(df.day).sum()", 3),
        ("df.select_dtypes('number').columns.to_list()", ["tip", "size"]),
        ("df.select_dtypes(include=['number', 'bool'], exclude=None).shape[1]", 2),
        ("df.copy().tail(1).to_dict('records')", [{"day": "Sun", "tip": 4.0, "size": 4}]),
        ("df.day.value_counts().to_dict()", {"Sun": 2, "Sat": 1}),
        ("df.tip.to_frame().shape", (3, 1)),
        ("df.pivot_table(index='day', values='tip').loc['Sun', 'tip']", 3.0),
        ("df.pivot_table('tip', 'day', 'size', aggfunc='sum').shape", (2, 3)),
        ("df.pivot_table(index=['day'], values='tip', aggfunc={'tip': ['min', 'max']}).shape", (2, 2)),
        ("pd.concat([df, df.head(1)]).shape", (4, 3)),
        ("pd.concat([df.tip, df.day], axis=1).shape", (3, 2)),
        ("np.arange(3).tolist() + np.arange(1, 2, 0.5).tolist()", [0, 1, 2, 1.0, 1.5]),
        ("np.linspace(0, limit, 3).tolist()", [0.0, 1.5, 3.0]),
    ],
)
def test_what_it_comes_to(expression: str, value: Any) -> None:
    check(expression)
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
        ("df.query('@x')", r"The method query is not allowed: select rows as in df\[df.tip > 2\]"),
        ("df.eval('tip')", "The method eval"),
        ("df.to_dict(into={})", "The argument into"),
        ("df.select_dtypes('load')", "select_dtypes of 'load'"),
        ("df.select_dtypes(include=('load', 'number'))", "select_dtypes of 'load'"),
        ("df.pivot_table(index='day', aggfunc='to_csv')", "pivot_table with 'to_csv'"),
        (
            "df.pivot_table(index='day', aggfunc={'tip': ['sum', '__class__']})",
            "pivot_table with '__class__'",
        ),
        ("df.pivot_table('tip', 'day', 'size', 'to_csv')", "name the other arguments"),
        ("df.pivot_table(index=df.day)", "A Series is not allowed here"),
        ("df.pivot_table(index='nothing')", "names of columns"),
        ("np.arange(10 ** 12)", "arange of more than 10,000,000"),
        ("np.arange(0, 1, 0.00000001)", "arange of more than 10,000,000"),
        ("np.arange(stop=10 ** 12)", "arange of more than"),
        ("np.arange(float('nan'))", "arange of more than"),
        ("np.arange('x')", "arange takes numbers only"),
        ("np.arange(5, dtype='M8')", "arange takes start, stop and step only"),
        ("np.linspace(0, 1, 10 ** 12)", "linspace of more than"),
        ("np.linspace(df.tip, 1)", "linspace takes numbers only"),
        ("pd.concat({'a': df})", "a list of tables only"),
        ("pd.concat([df, 'x'])", "a list of tables only"),
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


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("big.pivot_table(index='a', columns='b')", "too large to be pivoted"),
        ("big.pivot_table(index='k', columns='l', observed=False)", "too large to be pivoted"),
        ("pd.concat([big] * 2)", "not repeated"),
        (f"pd.concat([{', '.join(['big'] * 40)}])", "too large to be joined"),
        ("big.merge(big)", "too large to be merged"),
    ],
)
def test_what_would_give_too_much_of_little_is_refused_before_it_is_made(expression: str, says: str) -> None:
    numbers, kinds = range(20_000), pd.Categorical(["x"] * 20_000, [f"{n}" for n in range(9_000)] + ["x"])
    big = pd.DataFrame({"a": numbers, "b": numbers, "k": kinds, "l": kinds})
    with pytest.raises(Refused, match=says):
        compute(expression, {"big": big})


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("df.tip.mean(", "not one expression"),
        ("df.groupby('day').apply(len)", "The method apply is not allowed: compute with whole columns"),
        ("max([open('x'), 1])", "The function open"),
        ("{'a': pd.read_csv('x')}", "pd.read_csv is not allowed"),
        ("df[df.tip.__class__]", "The attribute __class__"),
        ("df.drop(columns='tip', inplace=True)", "The argument inplace"),
        ("[x for x in df]", "ListComp is not allowed"),
        ("df.tip.map(len)", "The method map"),
        ("(lambda: 1)()", "A call of Lambda"),
        ("len(*df)", "Starred"),
        ("np", "np is no value"),
        ("df.groupby(len)", "There is no data named len"),
        ("-" * 60 + "1", "nested too deep"),
    ],
)
def test_what_can_never_be_computed_is_known_without_data(expression: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        check(expression)
    with pytest.raises(Refused):
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
