"""What the tables of a long talk cost, beside `pandas.DataFrame` of the same tuples in the same run.

A talk of 5,000 turns with a function call in every answer goes through the session, the event log and
the ledger, with other events up to 200,000. Then every table is asked for as the widget does: the first time,
again with nothing new, and with one turn more. ``python benchmarks/tables.py`` prints a JSON line a figure.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd

from benchmarks import processes
from benchmarks.report import Beside, figure
from benchmarks.session import turn
from voice_widget.realtime.session.session import Session
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.ledger import Ledger
from voice_widget.tables.live import Tables
from voice_widget.tables.pieces import recording_frame
from voice_widget.tables.schema import TableName, dtypes

TURNS = 5_000  # of both sides
EVENTS = 200_000
RUNS = 7
USAGE = {
    "total_tokens": 260,
    "input_tokens": 200,
    "output_tokens": 60,
    "input_token_details": {
        "text_tokens": 120,
        "audio_tokens": 80,
        "cached_tokens": 128,
        "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 28},
    },
    "output_token_details": {"text_tokens": 20, "audio_tokens": 40},
}
PRICES = {
    "bench": {
        **{f"input_{kind}": 4.0 for kind in ("text", "audio")},
        **{f"cached_{kind}": 0.4 for kind in ("text", "audio")},
        **{f"output_{kind}": 16.0 for kind in ("text", "audio")},
    }
}
NAMES: tuple[TableName, ...] = ("transcript", "events", "tool_calls", "metrics", "words")


class Talk:
    """A talk's records, on one thread; what reading them holds up that thread is timed."""

    def __init__(self) -> None:
        self.session = Session()
        self.log = EventLog(most=2 * EVENTS, most_bytes=1 << 40)
        self.ledger = Ledger(self.session, PRICES)
        self.held: list[float] = []
        self.noted = 0.0  # seconds in the ledger
        self._numbers = 0
        self.take({"type": "voice_widget.call.connecting", "transport": "webrtc", "model": "bench"}, 0.0)

    def take(self, event: dict[str, Any], at: float, *, sent: bool = False) -> None:
        """One event."""
        self.log.add(event, "sent" if sent else "received", at, "rtc_1")
        changes = self.session.apply(event, at, sent=sent)
        began = time.process_time()
        self.ledger.observe(event, at, changes)
        self.noted += time.process_time() - began

    def exchange(self, more: int = 0) -> None:
        """A question, an answer, and so many other events."""
        number = self._numbers = self._numbers + 1
        events = turn(number)
        call = {"id": f"item_f{number}", "type": "function_call", "call_id": f"call_{number}", "name": "look"}
        for event, at, sent in events:
            if event["type"] == "response.done":
                event["response"]["usage"] = USAGE
                event["response"]["output"].append({**call, "arguments": '{"day": "Sunday"}'})
            self.take(event, at, sent=sent)
        output = {"type": "function_call_output", "call_id": f"call_{number}", "output": '{"rows": 3}'}
        self.take({"type": "conversation.item.create", "item": output}, at, sent=True)
        for extra in range(more):
            self.take({"type": "rate_limits.updated", "event_id": f"odd_{number}_{extra}"}, at)

    def there(self, work: Callable[[], Any]) -> Any:
        """As the loop thread does for a cell."""
        began = time.thread_time()
        result = work()
        self.held.append(time.thread_time() - began)
        return result

    def tables(self) -> Tables:
        """Nobody has asked these for anything yet."""
        return Tables(self.log, self.ledger, self.there)


def took(work: Callable[[], Any]) -> float:
    """Seconds of this process's time, from a clean state on."""
    gc.collect()
    return processes.took(work)


def tuples(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """A table's rows as plain values."""
    columns = [[None if value is pd.NA else value for value in table[name].tolist()] for name in table]
    return list(zip(*columns, strict=True))


def plainest(rows: list[tuple[Any, ...]], columns: list[str]) -> float:
    """Seconds that pandas takes for these tuples."""
    return min(took(lambda: pd.DataFrame(rows, columns=columns)) for _ in range(RUNS))


def main() -> None:
    """Print the figures."""
    talk = Talk()
    for _ in range(TURNS // 2):
        left = TURNS // 2 - talk._numbers
        talk.exchange((EVENTS - len(talk.log)) // left - 47 if left else 0)
    while len(talk.log) < EVENTS:
        talk.take({"type": "rate_limits.updated", "event_id": f"rest_{len(talk.log)}"}, 9e6)
    about: dict[str, Any] = {"turns": len(talk.session.rows), "events": len(talk.log)}
    figure("ledger_per_event", [talk.noted / len(talk.log) * 1e6], "us", **about)
    for name in NAMES:
        table = getattr(talk.tables(), name)()
        rows, columns = tuples(table), list(table)
        floor = plainest(rows, columns)
        first, again, more = [], [], []
        for _ in range(RUNS):
            tables = talk.tables()
            ask = getattr(tables, name)
            first.append(1e3 * took(ask))
            again.append(1e3 * took(ask))
            talk.exchange()
            more.append(1e3 * took(ask))
        beside = Beside("pandas.DataFrame of its tuples", floor * 1e3)
        shape: dict[str, Any] = {"rows": len(rows), "columns": len(columns)}
        line = figure(f"{name}_df", first, "ms", beside=beside, at_most=3, **shape)
        figure(f"{name}_df_again", again, "ms", beside=Beside("the first time", line["p50"]), at_most=0.05)
        figure(f"{name}_df_one_turn_more", more, "ms", beside=Beside("the first time", line["p50"]))
    pieces = [
        {
            "side": "user",
            "start": 6000 * n,
            "samples": 6000,
            "kind": "sound",
            "reason": None,
            "call_id": "rtc_1",
        }
        for n in range(4 * 3600)
    ]
    made = [tuple(row) for row in tuples(recording_frame(pieces))]
    floor = plainest(made, list(dtypes("recording")))
    figure(
        "recording_df",
        [1e3 * took(lambda: recording_frame(pieces)) for _ in range(RUNS)],
        "ms",
        beside=Beside("pandas.DataFrame of its tuples", floor * 1e3),
        at_most=3,
        rows=len(made),
    )
    figure("loop_held_by_a_read", [1e3 * held for held in talk.held], "ms", of="p95", **about)


if __name__ == "__main__":
    main()
