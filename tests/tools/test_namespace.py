"""The notebook's variables as an agent sees them."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from contextlib import closing, suppress
from datetime import datetime
from queue import Queue
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voice_widget import ScriptedService, ToolCall, Turn, VoiceWidget
from voice_widget.errors import SettingError
from voice_widget.tools.namespace import Namespace, namespace_tools


class Own:
    """An object of the user's."""


def variables() -> dict[str, Any]:
    return {
        "df": pd.DataFrame({"day": ["Sat", "Sun"], "tip": [1.0, 2.0], "password": ["a", "b"]}),
        "tips": pd.Series([1, 2, 3]),
        "grid": np.zeros((2, 3)),
        "limit": 5,
        "prices": {"a": 1, "token": "s3cret", "own": Own()},
        "np": np,
        "Own": Own,
        "own": Own(),
        "_hidden": 1,
        "In": ["x"],
        "Out": {},
        "api_key": "s3cret",
        "note": "my key is sk-proj-1234567890abcdef",
        "look": len,
    }


def test_only_data_under_public_names_and_nothing_that_looks_secret() -> None:
    assert Namespace(variables()).names() == ["df", "grid", "limit", "prices", "tips"]


def test_each_is_listed_with_type_and_size() -> None:
    listed = {row.pop("name"): row for row in Namespace(variables()).listed()}
    assert listed["df"] == {"type": "DataFrame", "shape": [2, 2]}  # a column is secret
    assert listed["grid"] == {"type": "array", "shape": [2, 3], "dtype": "float64"}
    assert listed["limit"] == {"type": "int"}
    assert listed["prices"] == {"type": "dict", "size": 3}


def test_what_they_look_like() -> None:
    seen = Namespace(variables())
    table = seen.looked_at("df", 1)
    assert table["head"] == "day,tip\nSat,1.0\n"
    assert table["dtypes"]["tip"] == "float64"
    assert "mean,1.5" in table["describe"]
    assert seen.looked_at("prices")["value"] == "{'a': 1, 'token': '…', 'own': '<Own>'}"
    assert "mean,2.0" in seen.looked_at("tips")["describe"]
    assert "s3cret" not in json.dumps([seen.looked_at(name) for name in seen.names()])


@pytest.mark.parametrize("name", ["np", "own", "_hidden", "In", "api_key", "note", "nothing"])
def test_what_is_not_there_for_it_is_not_there(name: str) -> None:
    with pytest.raises(ValueError, match="There is no data named"):
        Namespace(variables()).looked_at(name)
    with pytest.raises(ValueError, match=r"There is no data named|np is no value"):
        asyncio.run(Namespace(variables()).computed(name))


def test_an_expression_changes_nothing_and_sees_no_secret() -> None:
    given = variables()
    before = given["df"].copy()
    found = asyncio.run(Namespace(given).computed("df.assign(tip=df.tip * 2)"))
    assert found.columns.tolist() == ["day", "tip"]
    assert found.tip.tolist() == [2.0, 4.0]
    pd.testing.assert_frame_equal(given["df"], before)
    found.iloc[0, 1] = 9.0
    pd.testing.assert_frame_equal(given["df"], before)


def test_a_result_gets_a_new_name_and_no_other() -> None:
    given = variables()
    seen = Namespace(given)
    seen.bind("doubled", 4)
    assert given["doubled"] == 4
    for name in ("df", "doubled"):
        with pytest.raises(ValueError, match=f"There is a variable {name} already"):
            seen.bind(name, 5)
    for name in ("_x", "class", "match", "a b", "", "token", "print", "display", "get_ipython", "dbPassword"):
        with pytest.raises(ValueError, match="cannot be the name"):
            seen.bind(name, 5)


def test_single_numbers_dates_labels_and_none_are_data() -> None:
    seen = Namespace(
        {
            "mean": np.float64(2),
            "day": pd.Timestamp("2020-01-02"),
            "span": pd.Timedelta("1D"),
            "noon": datetime(2020, 1, 2, 12),
            "labels": pd.Index(["a", "b"]),
            "nothing": None,
            "kind": np.dtype("int"),
            "made": np.abs,
        }
    )
    assert seen.names() == ["day", "labels", "mean", "noon", "nothing", "span"]
    assert seen.looked_at("mean") == {"name": "mean", "type": "float64", "value": "2.0"}
    assert seen.looked_at("labels")["shape"] == [2]
    assert seen.looked_at("day")["value"] == "2020-01-02 00:00:00"
    assert asyncio.run(seen.computed("day + span")) == pd.Timestamp("2020-01-03")


KEY = "sk-" + "a1" * 20  # as long as one is
LEAKS: dict[str, Any] = {
    "pw": pd.Series(["hunter2"], name="password"),
    "pi": pd.Index(["hunter2"], name="password"),
    "accessToken": "hunter2",
    "dbpassword": "hunter2",
    "clientSecret": "hunter2",
    "conf": {"accessToken": "hunter2", "rows": [{"a": {"b": {"password": "hunter2"}}}]},
    "users": pd.DataFrame({"note": [KEY], "dbPassword": ["hunter2"], "n": [1]}),
    "kinds": pd.DataFrame({"kind": pd.Categorical([KEY])}),
    "kv": pd.Series({"api_key": "hunter2", "user": "u"}),
    "by": pd.DataFrame({"n": [1, 2]}, index=["api_key", "user"]),
    "named": pd.Series([1], index=pd.Index(["hunter2"], name="password")),
    "two": pd.Series([1], index=pd.MultiIndex.from_tuples([("hunter2", "a")], names=["pwd", "b"])),
    "wide": pd.DataFrame([[1]], columns=pd.Index(["hunter2"], name="token")),
    "lot": [KEY],
    "grid": np.array([[KEY, "b"]]),
    "cells": np.array([KEY, {"password": "hunter2"}], dtype=object),
    "nested": pd.DataFrame({"j": [{"password": "hunter2"}]}),
    "pairs": {("a", "password"): "hunter2"},
    "keys_": {KEY: 1},
}


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_no_secret_leaves(name: str) -> None:
    seen = Namespace(LEAKS)
    told = json.dumps(seen.listed())
    for ask in (seen.looked_at, lambda name: repr(seen.value(name)) + str(seen.value(name))):
        with suppress(ValueError):
            told += str(ask(name))
    assert "hunter2" not in told
    assert KEY[:12] not in told


def test_what_is_no_secret_beside_one_stays() -> None:
    seen = Namespace(LEAKS)
    assert seen.value("kv").to_dict() == {"user": "u"}
    assert seen.value("by").n.to_dict() == {"user": 2}
    assert seen.value("users").to_dict("list") == {"note": ["…"], "n": [1]}
    assert seen.value("grid").tolist() == [["…", "b"]]
    assert seen.value("two").to_dict() == {"a": 1}
    frame = pd.DataFrame({"kind": pd.Categorical(["a"]), "day": ["Sun"], "n": pd.array([1], "Int64")})
    pd.testing.assert_frame_equal(Namespace({"frame": frame}).value("frame"), frame)


def test_a_shape_and_a_head_need_no_copy_of_the_table() -> None:
    import tracemalloc

    seen = Namespace({"large": pd.DataFrame(np.zeros((500_000, 8))), "lot": [0.5] * 1_000_000})
    tracemalloc.start()
    try:
        assert seen.listed()[0] == {"name": "large", "type": "DataFrame", "shape": [500_000, 8]}
        assert "0.5" in seen.looked_at("lot")["value"]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        assert "mean,0.0" in seen.looked_at("large")["describe"]
        assert tracemalloc.get_traced_memory()[1] < 500_000 * 8 * 4  # half of the table
    finally:
        tracemalloc.stop()


def test_what_is_no_namespace_is_refused() -> None:
    assert namespace_tools(None) == ()
    with pytest.raises(SettingError, match="not the notebook's variables"):
        namespace_tools("globals")


def agent(turn: Turn) -> Any:
    if turn.results:
        return f"{turn.results[-1].text} It is."
    if turn.text == "look":
        return ToolCall("look_at_variable", {"name": "limit"})
    return ToolCall("compute_expression", {"expression": turn.text, "new_name": "found"})


def test_looks_are_free_and_an_expression_waits_for_leave() -> None:
    given = variables()
    with closing(
        VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, namespace=given, tools=[])
    ) as widget:
        widget.connect().result(20)
        answer = widget.next_turn("assistant")
        widget.send_text("look").result(20)
        assert '"value": "5"' in answer.result(20)["text"]
        widget.on("approval", lambda call: widget.approve_tool_call(call["tool_call_id"]))
        answer = widget.next_turn("assistant")
        widget.send_text("df.tip.sum() * limit").result(20)
        assert answer.result(20)["text"] == "15.0 It is."
        assert given["found"] == 15.0
        answer = widget.next_turn("assistant")
        widget.send_text("limit + 1").result(20)
        assert "There is a variable found already" in answer.result(20)["text"]
        calls = widget.tool_calls_df
        assert calls["approval"].fillna("").tolist() == ["", "approved", ""]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("df.to_csv('x')", "The method to_csv is not allowed"),
        ("df.query('tip > 1')", r"df\[df.tip > 2\]"),
        ("df.tip.mean(", "not one expression"),
        ("other.mean()", "There is no data named 'other'"),
    ],
)
def test_for_what_can_never_run_nobody_is_asked_and_the_model_hears_why(expression: str, says: str) -> None:
    asked: list[Any] = []
    with closing(
        VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, namespace=variables())
    ) as widget:
        widget.connect().result(20)
        widget.on("approval", asked.append)
        answer = widget.next_turn("assistant")
        widget.send_text(expression).result(20)
        assert re.search(says, answer.result(20)["text"])
        (call,) = widget.tool_calls_df.to_dict("records")
        assert (call["status"], call["traceback"]) == ("failed", None)
        assert pd.isna(call["approval"])
        assert asked == []


def test_a_rejected_expression_is_not_computed() -> None:
    given = variables()
    with closing(
        VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, namespace=given)
    ) as widget:
        widget.connect().result(20)
        widget.on("approval", lambda call: widget.reject_tool_call(call["tool_call_id"], "no"))
        answer = widget.next_turn("assistant")
        widget.send_text("limit + 1").result(20)
        assert "was not approved: no" in answer.result(20)["text"]
        assert "found" not in given


@pytest.mark.skipif(sys.platform == "win32", reason="the process is looked for as on POSIX systems")
def test_closing_the_widget_ends_the_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: Queue[Any] = Queue()
    real = asyncio.create_subprocess_exec

    async def told(*args: Any, **named: Any) -> Any:
        process = await real(*args, **named)
        begun.put(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", told)
    monkeypatch.setattr("voice_widget.tools.namespace.COMPUTE_S", 60.0)
    given = variables()
    with closing(
        VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, namespace=given)
    ) as widget:
        widget.connect().result(20)
        widget.on("approval", lambda call: widget.approve_tool_call(call["tool_call_id"]))
        widget.send_text("np.diff([1, 2], n=10**12)").result(20)
        process = begun.get(timeout=20)
        assert process.returncode is None
    ends = time.monotonic() + 10
    while process.returncode is None and time.monotonic() < ends:
        time.sleep(0.01)
    assert process.returncode == -9
    assert "found" not in given
