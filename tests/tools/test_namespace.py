"""The notebook's variables as an agent sees them."""

from __future__ import annotations

import json
from contextlib import closing
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
        Namespace(variables()).computed(name)


def test_an_expression_changes_nothing_and_sees_no_secret() -> None:
    given = variables()
    before = given["df"].copy()
    found = Namespace(given).computed("df.assign(tip=df.tip * 2)")
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
    for name in ("_x", "class", "a b", "", "token"):
        with pytest.raises(ValueError, match="cannot be the name"):
            seen.bind(name, 5)


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
        widget.send_text("df.to_csv('x')").result(20)
        assert "There is a variable found already" in answer.result(20)["text"]
        calls = widget.tool_calls_df
        assert calls["approval"].tolist()[1:] == ["approved", "approved"]
        assert pd.isna(calls["approval"][0])


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
