from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from voice_widget.realtime.state import table
from voice_widget.realtime.state.records import Activity, ConnectionState
from voice_widget.realtime.state.table import (
    ACTIVITY,
    CONNECTION,
    CONNECTION_STATE,
    PLAYOUT,
    USER,
    WORK,
    Machine,
)

ROOT = Path(__file__).resolve().parents[3]
TABLES = {"connection": CONNECTION, "user": USER, "playout": PLAYOUT, "work": WORK}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_closed_and_every_state_can_be_reached(name: str) -> None:
    states = TABLES[name]
    reached = {next(iter(states))}
    while more := {after for state in reached for after in states[state].values()} - reached:
        reached |= more
    assert reached == set(states)


@pytest.mark.parametrize("name", ["user", "playout", "work"])
def test_after_a_reset_nothing_goes_on(name: str) -> None:
    states = TABLES[name]
    first = next(iter(states))
    assert {row.get("reset", first) for row in states.values()} == {first}


def test_every_state_is_shown_by_a_known_word() -> None:
    assert CONNECTION_STATE.keys() == CONNECTION.keys()
    assert set(CONNECTION_STATE.values()) == set(get_args(ConnectionState))
    assert set(ACTIVITY.values()) == set(get_args(Activity))


def test_connected_needs_both_facts() -> None:
    ways = {
        (state, trigger)
        for state, row in CONNECTION.items()
        for trigger, to in row.items()
        if to == "connected"
    }
    assert ways == {
        ("dialing, acknowledged", "media up"),
        ("dialing, media up", "acknowledged"),
        ("redialing, acknowledged", "media up"),
        ("redialing, media up", "acknowledged"),
        ("media lost", "media up"),
    }


def test_an_unknown_trigger_changes_nothing() -> None:
    machine = Machine(table.USER)
    assert not machine.fire("strange")
    assert machine.fire("speech")
    assert not machine.fire("speech")
    assert machine.state == "speaking"


def test_the_diagrams_are_fresh() -> None:
    script = ROOT / "scripts" / "make_state_diagram.py"
    made = subprocess.run(
        [sys.executable, str(script), "--check"], check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    assert made.returncode == 0, "run scripts/make_state_diagram.py"
