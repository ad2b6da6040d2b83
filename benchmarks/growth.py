"""What a turn and an event cost late in a long talk, as a ratio to what they cost early in it.

3,000 turns and 200,000 events go through all that a kernel does with them: the session, the event log and the
report that writes the traits. Then the tables are made. ``python benchmarks/growth.py`` prints a JSON line a
figure.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.processes import took
from benchmarks.report import Beside, figure
from benchmarks.session import turn
from voice_widget.realtime.session.session import Session
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.events import events_frame
from voice_widget.tables.transcript import transcript_frame
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.report import Report

TURNS = 3_000
MORE = 21  # events of a turn beside its own, so that there are 200,000 in all
WINDOW = 300


class Kernel:
    """A kernel's way of an event, on one thread: what the publisher is given is done right after it."""

    def __init__(self) -> None:
        self.session, self.events = Session(), EventLog()
        self.count = 0  # of events
        self.traits: dict[str, Any] = {"connection_state": "connected", "turns": 0, "error": None}
        self.publisher = Publisher(lambda message, buffers: None)
        self.jobs: deque[Callable[[], None]] = deque()
        self.publisher.submit = self._queue  # type: ignore[method-assign]
        self.report = Report(
            self.publisher,
            write=self.traits.__setitem__,
            read=self.traits.__getitem__,
            write_transcript=lambda rows, tell, send: self.traits.__setitem__("transcript", rows),
            facts=tuple(self.traits),
        )

    def _queue(self, job: Callable[[], None]) -> bool:
        self.jobs.append(job)
        return True

    def take(self, event: Any, at: float, *, sent: bool = False) -> None:
        """One event, and what it changes."""
        self.report.publish(self.session.apply(event, at, sent=sent))
        while self.jobs:
            self.jobs.popleft()()

    def turn(self, number: int) -> None:
        """One turn."""
        events = turn(number)
        at = events[-1][1]
        odd = [
            ({"type": "rate_limits.updated", "event_id": f"odd_{number}_{n}"}, at, False) for n in range(MORE)
        ]
        for event, moment, sent in [*events, *odd]:
            self.events.add(event, "sent" if sent else "received", moment, "call_1")
            self.take(event, moment, sent=sent)
        self.count += len(events) + len(odd)


def measure(turns: int = TURNS, window: int = WINDOW) -> dict[str, Any]:
    """Seconds, and counts, of one talk."""
    kernel = Kernel()
    gc.collect()
    costs = [took(partial(kernel.turn, number)) for number in range(turns)]
    row = took(lambda: transcript_frame(kernel.session.rows)) / len(kernel.session.rows)
    line = took(lambda: events_frame(kernel.events.lines())) / len(kernel.events)
    kernel.publisher.close()
    early, late = median(costs[window // 3 : window + window // 3]), median(costs[-window:])
    return {
        "early_turn": early,
        "late_turn": late,
        "row": row,
        "line": line,
        "turns": turns,
        "events": kernel.count,
    }


def main() -> None:
    """Print the figures."""
    measure(WINDOW, WINDOW // 3)
    made = measure()
    about = {"turns": made["turns"], "events": made["events"]}
    early = made["early_turn"] * 1e6
    figure("early_turn", [early], "us", **about)
    figure("late_turn", [made["late_turn"] * 1e6], "us", beside=Beside("early_turn", early), at_most=1.3)
    half = Beside("half of early_turn", early / 2)
    figure("transcript_df_per_row", [made["row"] * 1e6], "us", beside=half, at_most=0.5)
    event = Beside("an event of early_turn", early * made["turns"] / made["events"])
    figure("events_df_per_event", [made["line"] * 1e6], "us", beside=event, at_most=0.5)


if __name__ == "__main__":
    main()
