"""When nobody speaks: looked at by values."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from voice_widget.talk.quiet import is_quiet, quiet


def call(**facts: Any) -> Any:
    """A call in which nothing happens, but for these facts."""
    connected = asyncio.Event()
    if facts.get("connected", True):
        connected.set()
    outbox = SimpleNamespace(quiet=facts.get("quiet", True))
    return SimpleNamespace(connected=connected, outbox=outbox, over=facts.get("over", False))


def session(*, speaks: bool = False, unheard_in: float | None = None) -> Any:
    return SimpleNamespace(assistant_speaking=speaks, unheard_in=unheard_in)


@pytest.mark.parametrize(
    ("facts", "state", "is_so"),
    [
        ({}, {}, True),
        ({"quiet": False}, {}, False),
        ({"connected": False}, {}, False),
        ({}, {"speaks": True}, False),
        ({}, {"unheard_in": 0.3}, False),  # made, and about to sound
    ],
)
def test_quiet_is_when_neither_side_speaks_or_is_about_to(
    facts: dict[str, Any], state: dict[str, Any], is_so: bool
) -> None:
    assert is_quiet(call(**facts), session(**state)) is is_so


@pytest.mark.parametrize("end", ["over", "unwanted", "quiet"])
def test_it_is_waited_for_as_long_as_it_makes_sense(end: str) -> None:
    async def wait() -> bool:
        one, state, wanted = call(), session(speaks=True), [True]
        waiting = asyncio.create_task(quiet(one, state, wanted=lambda: wanted[0]))
        await asyncio.sleep(0)
        assert not waiting.done()
        one.over, wanted[0], state.assistant_speaking = end == "over", end != "unwanted", end != "quiet"
        return await asyncio.wait_for(waiting, 5)

    assert asyncio.run(wait()) is (end == "quiet")


def test_a_pause_that_is_too_short_does_not_count() -> None:
    async def wait() -> tuple[bool, float]:
        one, blocked = call(), iter([False, True])
        began = asyncio.get_running_loop().time()
        found = await quiet(one, session(), for_s=0.2, unless=lambda: next(blocked, False))
        return found, asyncio.get_running_loop().time() - began

    found, seconds = asyncio.run(wait())
    assert found
    assert seconds >= 0.2 + 0.05  # the first moment was interrupted by something that comes first
