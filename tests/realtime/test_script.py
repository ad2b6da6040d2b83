from __future__ import annotations

from typing import Any

import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.script import Exchange, Script

ONE = {"hear": "how many", "say": "Two."}


@pytest.mark.parametrize(
    "text",
    ['[{"hear": "how many", "say": "Two."}]', '  {"hear": "how many", "say": "Two."}\n   \n'],
)
def test_a_list_and_lines_read_alike(text: str) -> None:
    assert Script.load(text) == Script((Exchange("how many", "Two."),))


def test_every_field_survives_dump_and_load() -> None:
    script = Script.load(
        [
            {**ONE, "hear_ms": 500, "gap_ms": 0, "interrupt_ms": 700, "partials": ["how"]},
            Exchange("a", "b"),
            {**ONE, "interrupt_ms": None},
        ]
    )
    assert script.exchanges[0] == Exchange("how many", "Two.", 500, 0, 700, ("how",))
    assert Script.load(script.dump()) == script


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no/such/file", "not JSON"),
        ("[{]", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (None, "A script is no NoneType."),
        (7, "A script is no int."),
        ({"hear": "x", "say": "y"}, "A script is no dict."),
        ([3], "Exchange 1 of the script is no object: 3."),
        ([ONE, {**ONE, "haer": 1}], "Exchange 2 of the script has unknown fields ['haer']"),
        ([{"hear": "x"}], "Exchange 1 of the script needs the text 'say'."),
        ([{**ONE, "hear": 5}], "needs the text 'hear'."),
        ([{**ONE, "hear_ms": "5"}], "`hear_ms` of exchange 1 must be a whole number"),
        ([{**ONE, "gap_ms": -1}], "`gap_ms` of exchange 1"),
        ([{**ONE, "gap_ms": None}], "`gap_ms` of exchange 1"),
        ([{**ONE, "interrupt_ms": True}], "`interrupt_ms` of exchange 1"),
        ([{**ONE, "partials": "how"}], "`partials` of exchange 1"),
        ([{**ONE, "mcp": "files"}], "`mcp` of exchange 1"),
        ([{**ONE, "mcp": {"server": "files"}}], "`mcp` of exchange 1"),
        ([{**ONE, "mcp": {"server": "files", "name": "list", "approval": "no"}}], "`mcp` of exchange 1"),
        ([{**ONE, "mcp": {"server": "files", "name": "list", "result": "x"}}], "`mcp` of exchange 1"),
        ([{**ONE, "partials": [1]}], "`partials` of exchange 1"),
    ],
)
def test_what_is_wrong_and_where(source: Any, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        Script.load(source)
    assert said in caught.value.message
