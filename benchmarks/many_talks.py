"""What a question to 10,000 recorded talks costs, beside reading them one by one in the same run.

Each talk has 40 turns and their events. One by one is `read_talk` and its table, of some of them; the whole
question is asked of all. Memory is what the process that asks grows by, beside the table that is asked.
``python benchmarks/many_talks.py`` prints a JSON line a figure.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, get_args

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.processes import took
from benchmarks.report import Beside, figure
from benchmarks.session import turn
from voice_widget.recording.many import Engine, read_talks
from voice_widget.recording.record import Record
from voice_widget.recording.saving import manifest
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.tables.event_log import EventLog

TALKS = 10_000
SAMPLE = 200  # of them are read one by one
EXCHANGES = 20
RUNS = 3
GAPS = "SELECT talk, count(*), median(response_gap_ms) FROM transcript WHERE role = 'assistant' GROUP BY talk"
KINDS = "SELECT type, count(*), sum(length(event)) FROM events GROUP BY type"


def made(folder: Path, exchanges: int = EXCHANGES) -> Talk:
    """A saved talk."""
    log = EventLog()
    log.add({"type": "voice_widget.call.connecting", "transport": "memory"}, "local", 0.0, None)
    for number in range(exchanges):
        for event, at, sent in turn(number):
            log.add(event, "sent" if sent else "received", at, "call")
    told = manifest({"created_at": "2026-01-01T00:00:00+00:00"})
    return read_talk(Talk(Record(None, told, log.lines)).save(folder))


def spread(talk: Talk, runs: Path, count: int, whole: int) -> None:
    """The talk so many times; the first ones whole, the others without JSON lines and sound."""
    assert talk.folder is not None
    files = {path.name: path.read_bytes() for path in talk.folder.iterdir()}
    for number in range(count):
        folder = runs / f"p{number:05}"
        folder.mkdir(parents=True)
        for name, data in files.items():
            if number < whole or name == "manifest.json" or name.endswith(".parquet"):
                (folder / name).write_bytes(data)


def ask(pattern: Path, engine: Engine) -> int:
    """The gaps of each talk, from looking for the talks on; gives how many talks have any."""
    talks = read_talks(pattern, engine=engine)
    if engine == "duckdb":
        return len(talks.sql(GAPS).fetchall())
    from pyarrow import compute

    answers = talks.transcript.to_table(
        columns=["talk", "response_gap_ms"], filter=compute.field("role") == "assistant"
    )
    grouped = answers.group_by("talk").aggregate(
        [("response_gap_ms", "count"), ("response_gap_ms", "approximate_median")]
    )
    return len(grouped)


def one_by_one(folders: list[Path]) -> None:
    """The same of these talks."""
    for folder in folders:
        table = read_talk(folder).transcript_df
        table.loc[table["role"] == "assistant", "response_gap_ms"].median()


def growth(runs: Path, pattern: str) -> float:
    """By how many MB a fresh process grows at most that asks all events of these talks."""
    command = [sys.executable, __file__, str(runs / pattern)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def most_memory() -> float:
    """The most MB that this process has had; its parent's do not count, as they do in `resource`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main(talks: int = TALKS, sample: int = SAMPLE) -> None:
    """Print the figures."""
    place = Path(tempfile.mkdtemp(prefix="many_talks"))
    try:
        talk, runs = made(place / "one"), place / "runs"
        spread(talk, runs, talks, sample)
        about: dict[str, Any] = {"talks": talks, "rows": talks * len(talk.transcript_df)}
        one_by_one([runs / "p00000"])
        single = 1000 * took(lambda: one_by_one(sorted(runs.iterdir())[:sample])) / sample
        beside = Beside("one by one", single)
        figure("talk_one_by_one", [single], "ms", talks=sample)
        for engine in get_args(Engine):
            ask(runs / "p00000", engine)
            costs = [1000 * took(partial(ask, runs / "*", engine)) / talks for _ in range(RUNS)]
            figure(f"talk_by_{engine}", costs, "ms", beside=beside, at_most=0.2, **about)
        table = read_talks(str(runs / "p00000"), engine="arrow").events.to_table()
        size = Beside("the table", table.nbytes * talks / 1e6)
        few, all_of_them = growth(runs, "p00000"), growth(runs, "*")
        figure("events_asked", [all_of_them - few], "MB", beside=size, at_most=0.25, talks=talks)
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read_talks(sys.argv[1]).sql(KINDS).fetchall()
        print(most_memory())
    else:
        main()
