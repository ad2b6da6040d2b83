"""All transitions live in this file: state and trigger → state.

A trigger that a state does not list leaves it as it is: a strange peer may send anything at any time. The
diagrams in ``docs/states.md`` are made from these tables.

There are four machines. *Connection* says how far the call is. *User*, *playout* and *work* run side by side,
because a person may speak while an answer is made and another still sounds; `ACTIVITY` reads one word off the
three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voice_widget.realtime.state.records import Activity, ConnectionState

Table = Mapping[str, Mapping[str, str]]

# ``connected`` needs two facts, in either order: the session is acknowledged and the media path stands.
CONNECTION: Final[Table] = {
    "idle": {"dial": "dialing", "redial": "redialing", "retry": "retrying", "fail": "failed"},
    "dialing": {
        "acknowledged": "dialing, acknowledged",
        "media up": "dialing, media up",
        "redial": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "dialing, acknowledged": {
        "dial": "dialing",
        "media up": "connected",
        "redial": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "dialing, media up": {
        "dial": "dialing",
        "acknowledged": "connected",
        "media down": "dialing",
        "redial": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "connected": {
        "dial": "dialing",
        "media down": "media lost",
        "redial": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "media lost": {
        "dial": "dialing",
        "media up": "connected",
        "redial": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "retrying": {"dial": "dialing", "redial": "redialing", "fail": "failed", "close": "idle"},
    "redialing": {
        "dial": "dialing",
        "acknowledged": "redialing, acknowledged",
        "media up": "redialing, media up",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "redialing, acknowledged": {
        "dial": "dialing",
        "redial": "redialing",
        "media up": "connected",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    "redialing, media up": {
        "dial": "dialing",
        "redial": "redialing",
        "acknowledged": "connected",
        "media down": "redialing",
        "retry": "retrying",
        "fail": "failed",
        "close": "idle",
    },
    # Closing what has failed changes nothing: the error stays to be read until the next call.
    "failed": {"dial": "dialing", "redial": "redialing", "retry": "retrying"},
}

CONNECTION_STATE: Final[Mapping[str, ConnectionState]] = {
    "idle": "disconnected",
    "dialing": "connecting",
    "dialing, acknowledged": "connecting",
    "dialing, media up": "connecting",
    "connected": "connected",
    "media lost": "reconnecting",
    "retrying": "reconnecting",
    "redialing": "reconnecting",
    "redialing, acknowledged": "reconnecting",
    "redialing, media up": "reconnecting",
    "failed": "error",
}
"""What the trait shows for each state of the connection."""

USER: Final[Table] = {
    "silent": {"speech": "speaking"},
    "speaking": {"silence": "silent", "reset": "silent"},
}

PLAYOUT: Final[Table] = {
    "quiet": {"sound": "playing", "made": "due"},
    # Due: the answer is whole and does not sound yet. With quick stages that is a moment of every turn.
    "due": {"sound": "playing", "drained": "quiet", "reset": "quiet"},
    # Another: it has sounded, and one that was made meanwhile is due.
    "playing": {"drained": "quiet", "another": "due", "reset": "quiet"},
}

WORK: Final[Table] = {
    "none": {"asked": "awaited", "response": "responding"},
    # Awaited: an answer is due but not begun. ``nothing due``: nothing was understood, or it was refused.
    # Done: a response whose beginning was not seen.
    "awaited": {
        "response": "responding",
        "nothing due": "none",
        "done": "none",
        "done, tools wanted": "tools",
        "reset": "none",
    },
    "responding": {"done": "none", "done, tools wanted": "tools", "reset": "none"},
    "tools": {"tools answered": "awaited", "response": "responding", "reset": "none"},
}

_AT_WORK: Final[Mapping[str, Activity]] = {
    "none": "idle",
    "awaited": "thinking",
    "responding": "thinking",
    "tools": "tool",
}
ACTIVITY: Final[Mapping[tuple[str, str, str], Activity]] = {
    (user, playout, work): (
        "speaking"
        if playout == "playing"
        else "listening"
        if user == "speaking"
        else "thinking"
        if playout == "due" and work == "none"
        else _AT_WORK[work]
    )
    for user in USER
    for playout in PLAYOUT
    for work in WORK
}
"""(user, playout, work) → what the trait shows: what sounds comes first, then who speaks, then the work."""


class Machine:
    """One state, moved by triggers along a table."""

    __slots__ = ("_table", "state")

    def __init__(self, table: Table) -> None:
        self._table = table
        self.state = next(iter(table))

    def fire(self, trigger: str) -> bool:
        """Move along the table; True if the state is another one now."""
        after = self._table[self.state].get(trigger)
        if after is None:
            return False
        self.state = after
        return True
