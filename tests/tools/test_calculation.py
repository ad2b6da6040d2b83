"""An expression in a process of its own: what it gives, what it cannot change, and how it is ended."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voice_widget.tools.calculation import calculated

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the limits are those of POSIX systems")
DF = pd.DataFrame({"a": np.zeros(40_000)})
HOST = """
import asyncio
from voice_widget.tools import calculation
async def main():
    real = asyncio.create_subprocess_exec
    async def told(*args, **named):
        process = await real(*args, **named)
        print(process.pid, flush=True)
        return process
    asyncio.create_subprocess_exec = told
    await calculation.calculated("np.diff([1, 2], n=10**12)", {}, 60)
asyncio.run(main())
"""


def ask(expression: str, seconds: float = 30, **values: Any) -> Any:
    return asyncio.run(calculated(expression, values, seconds))


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_what_it_comes_to_comes_back() -> None:
    df = pd.DataFrame({"day": ["Sat", "Sun"], "tip": [1.0, 2.0]})
    assert ask("limit * 2", limit=4) == 8
    pd.testing.assert_frame_equal(ask("df[df.tip > 1]", df=df), df[df.tip > 1])


def test_nothing_of_the_users_is_changed() -> None:
    cells = pd.DataFrame({"e": [np.array([1.0, -2.0])]})
    assert ask("np.abs(cells.e.iloc[0], cells.e.iloc[0])", cells=cells).tolist() == [1.0, 2.0]
    assert cells.e.iloc[0].tolist() == [1.0, -2.0]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("open('x')", "The function open is not allowed"),
        ("[1][5]", "IndexError: list index"),
        ("df.groupby('a').rename", "The attribute rename"),
        ("x[:, None] * x * x[:, None]", "more than 2 GB"),
        ("df.T.corr()", "more than 2 GB"),
        ("x", "The result has 240 MB, and 200 are allowed"),
    ],
)
@POSIX
def test_why_it_gives_nothing_is_a_sentence(expression: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ask(expression, x=np.zeros(30_000_000 if expression == "x" else 20_000), df=DF)


def test_what_is_named_secret_only_in_the_result_is_hidden() -> None:
    found = ask("df.assign(password=df.a)", df=pd.DataFrame({"a": [1]}))
    assert found.columns.tolist() == ["a"]


@pytest.mark.parametrize("expression", ["round(1, -9000000)", "np.diff([1, 2], n=10**12)"])
@POSIX
def test_what_takes_too_long_is_ended_and_stops_nothing_meanwhile(expression: str, pids: list[int]) -> None:
    async def main() -> float:
        gap, last, more = 0.0, time.monotonic(), asyncio.create_task(calculated(expression, {}, 2.0))
        while not more.done():
            await asyncio.sleep(0.01)
            gap, last = max(gap, time.monotonic() - last), time.monotonic()
        with pytest.raises(ValueError, match="took too long and was ended"):
            more.result()
        return gap

    assert asyncio.run(main()) < 1.0
    assert not lives(pids[0])


@POSIX
def test_cancelled_it_ends(pids: list[int]) -> None:
    async def main() -> None:
        more = asyncio.create_task(calculated("np.diff([1, 2], n=10**12)", {}, 60.0))
        await asyncio.wait({more}, timeout=0.5)  # it has begun
        assert pids
        more.cancel()
        await asyncio.wait({more})
        assert more.cancelled()

    asyncio.run(main())
    assert not lives(pids[0])


@POSIX
def test_it_does_not_outlive_the_kernel() -> None:
    with subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        pid = int(host.stdout.readline())
        host.kill()
    ends = time.monotonic() + 10
    while lives(pid) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not lives(pid)
