"""Every tape comes to the rows and the states written at its end."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.realtime.tapes import NAMES, load, play
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import (
    AnswerDue,
    ApprovalWanted,
    Problem,
    ReplyCancelled,
    ReplyRequested,
    RowChanged,
    RowText,
    StateChanged,
    ToolCallReady,
    TurnFinished,
)
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import LOCAL_FIELDS

SCENES = {
    "barge_in_generated",
    "barge_in_generating",
    "beta_names",
    "failed_response",
    "function_call",
    "late_transcript",
    "mcp_approval",
    "old_names_tool",
    "out_of_band",
    "push_to_talk",
    "reconnect",
    "say_and_stop",
    "sideband_speaks_first",
    "text_turn",
    "told_so_far",
    "voice_turn",
}


def test_all_tapes_are_here() -> None:
    assert set(NAMES) >= SCENES


@pytest.mark.parametrize("name", NAMES)
def test_rows(name: str) -> None:
    played = play(name)
    wanted = played.expect["rows"]
    rows = played.session.rows
    got = [{key: row[key] for key in want} for row, want in zip(rows, wanted, strict=True)]  # type: ignore[literal-required]
    assert got == wanted
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    for row in (row for row in rows if row["role"] == "user"):
        # Nobody is heard before they speak; an answer is written before it sounds.
        assert datetime.fromisoformat(row["started_at"] or "") <= datetime.fromisoformat(row["arrived_at"])


@pytest.mark.parametrize("name", NAMES)
def test_states(name: str) -> None:
    played = play(name)
    seen: dict[str, list[object]] = {}
    for change in played.changes:
        if isinstance(change, StateChanged):
            seen.setdefault(change.name, []).append(change.value)
    for state, values in played.expect["states"].items():
        assert seen.get(state, []) == values, state


@pytest.mark.parametrize("name", NAMES)
def test_what_is_reported(name: str) -> None:
    played = play(name)
    expect = played.expect
    changes = played.changes
    assert [c.row["item_id"] for c in changes if isinstance(c, TurnFinished)] == expect["finished"]
    assert [c.error["code"] for c in changes if isinstance(c, Problem)] == expect["problems"]
    assert all(c.error["message"] and c.error["next_step"] for c in changes if isinstance(c, Problem))
    tools = [[c.call_id, c.name, c.arguments] for c in changes if isinstance(c, ToolCallReady)]
    assert tools == expect.get("tools", [])
    requested = [c.response_id for c in changes if isinstance(c, ReplyRequested)]
    assert requested == expect.get("requested", [])
    cancelled = [c.response_id for c in changes if isinstance(c, ReplyCancelled)]
    assert cancelled == expect.get("cancelled", [])


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_of_the_changes_ends_with_the_same_rows(name: str) -> None:
    """What the page shows comes from the changes alone."""
    played = play(name)
    rows: dict[str, dict[str, object]] = {}
    for change in played.changes:
        if isinstance(change, (RowChanged, TurnFinished)):
            rows[change.row["item_id"]] = dict(change.row)
        elif isinstance(change, RowText):
            row = rows[change.item_id]
            row["text"] = change.text if change.delta is None else f"{row['text']}{change.delta}"
    end = {row["item_id"]: row for row in played.session.rows}
    for item_id, row in rows.items():
        for key in ("seq", "text", "text_heard", "status", "interrupted", "response_gap_ms"):
            assert row[key] == end[item_id][key], (item_id, key)  # type: ignore[literal-required]
    assert rows.keys() == end.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_event_twice_changes_nothing(name: str) -> None:
    """The sideband and the page may both tell of an event."""
    lines, _ = load(name)
    session = Session()
    again = []
    for line in lines:
        event = line["event"]
        event = event if event["type"] in LOCAL_FIELDS else parse(event, forgiving=not line["sent"])
        session.apply(event, line["at"], sent=line["sent"])
        if event.get("event_id"):
            again += session.apply(event, line["at"] + 0.01, sent=line["sent"])
    assert again == []
    assert session.rows == play(name).session.rows


def test_secrets_of_the_old_session_object_are_gone() -> None:
    played = play("beta_names")
    assert "ek_" not in json.dumps(played.events)
    assert "ek_" not in json.dumps(played.session.settings)


def test_a_second_call_on_the_same_session_goes_on_counting() -> None:
    played = play("voice_turn")
    again = play("text_turn", played.session)
    assert [row["seq"] for row in again.session.rows] == [1, 2, 3, 4, 5]
    # Its answers count from the same id, and each is a row.
    assert [row["text"] for row in again.session.rows if row["role"] == "assistant"] == [
        "The average tip is three dollars.",
        "Total bill, tip.",
    ]


def test_a_call_that_an_mcp_server_was_asked_to_make_is_a_row_with_what_was_decided() -> None:
    played = play("mcp_approval")
    [use] = played.session.uses.rows()
    assert (use["server"], use["name"], use["arguments"]) == ("tides", "high_water", '{"port":"Ostend"}')
    assert (use["approval"], use["approval_ms"]) == ("approved", 2000)
    assert (use["status"], use["output"], use["duration_ms"]) == ("completed", "At 14:10.", 1000)
    asked = [change for change in played.changes if isinstance(change, AnswerDue | ApprovalWanted)]
    assert asked == [ApprovalWanted("mcpr_1", "tides", "high_water", "resp_1", 1), AnswerDue("tides")]
