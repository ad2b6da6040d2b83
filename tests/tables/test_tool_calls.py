"""Function calls as rows: when they ran, what they gave, and how they ended."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.realtime.tapes import load
from tests.tables.test_ledger import Talk
from voice_widget.realtime.state.tool_use import error_of
from voice_widget.tables.tool_calls import tool_calls_frame


def table_of(talk: Talk) -> pd.DataFrame:
    return tool_calls_frame(talk.ledger.uses())


def calls(*lines: tuple[dict[str, Any], bool]) -> Talk:
    talk = Talk()
    opening = ({"type": "voice_widget.call.connecting", "transport": "memory"}, False)
    for number, (event, sent) in enumerate([opening, *lines]):
        talk.take(event, 10.0 + number, sent=sent)
    return talk


def wants(call_id: str, status: str = "completed") -> list[tuple[dict[str, Any], bool]]:
    item = {
        "id": f"f_{call_id}",
        "type": "function_call",
        "call_id": call_id,
        "name": "look",
        "arguments": "{}",
    }
    response = {"id": f"r_{call_id}", "output": []}
    return [
        ({"type": "response.created", "response": response}, False),
        ({"type": "response.output_item.done", "response_id": response["id"], "item": item}, False),
        ({"type": "response.done", "response": {**response, "status": status}}, False),
    ]


def gives(call_id: str, output: str) -> tuple[dict[str, Any], bool]:
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return {"type": "conversation.item.create", "item": item}, True


def test_a_call_of_a_tape_is_a_row():
    talk = Talk()
    for line in load("function_call")[0]:
        talk.take(line["event"], line["at"], sent=line["sent"])
    table = table_of(talk).astype(object)
    [row] = table.where(table.notna(), None).to_dict("records")
    assert (row["seq"], row["name"], row["arguments"]) == (1, "lookup", '{"day":"Sun"}')
    assert (row["output"], row["error"], row["status"]) == ('{"mean": 3.2}', None, "completed")
    assert row["started_at"] == pd.Timestamp(1760000002.815, unit="s", tz="UTC").round("us")
    assert row["duration_ms"] == 600
    assert (row["tool_call_id"], row["item_id"], row["response_id"], row["call_id"]) == (
        "call_1",
        "item_f1",
        "resp_1",
        "rtc_1",
    )


def test_how_calls_end():
    talk = calls(
        *wants("a"),
        gives("a", '{"error": "There is no such day."}'),
        *wants("b", "cancelled"),
        *wants("c"),
    )
    table = table_of(talk)
    assert table["status"].tolist() == ["failed", "not_run", "requested"]
    assert table["error"].tolist()[0] == "There is no such day."
    assert table["duration_ms"].isna().tolist() == [False, True, True]
    running = talk.ledger.uses()[2]
    talk.take({"type": "voice_widget.call.closed"}, 99.0)
    assert table_of(talk)["status"].tolist() == ["failed", "not_run", "not_run"]
    assert running["status"] == "requested"  # what was read stays as it was


def test_an_output_is_taken_once_also_when_the_service_shows_it():
    shown = {
        "type": "conversation.item.added",
        "item": {"id": "o", "type": "function_call_output", "call_id": "a"},
    }
    shown["item"] |= {"output": "3"}  # type: ignore[operator]
    table = table_of(calls(*wants("a"), gives("a", "3"), (shown, False)))
    assert table["duration_ms"].tolist() == [1000]
    assert table["output"].tolist() == ["3"]


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ('{"error": "No."}', "No."),
        ('{"error": "No.", "rows": 3}', None),
        ('{"error": 3}', None),
        ('["error"]', None),
        ('"error"', None),
        ("{'error': 3", None),
        ("", None),
        (None, None),
    ],
)
def test_what_an_error_is(output: str | None, error: str | None):
    assert error_of(output) == error
