"""What a page had to drop of the microphone's sound is said once it is much, and no longer than that."""

from __future__ import annotations

import asyncio

import pytest

from voice_widget.errors import ErrorInfo
from voice_widget.talk import lost_sound
from voice_widget.talk.lost_sound import TOO_SLOW, LostSound


class Shown:
    """What is shown, and when that changes."""

    def __init__(self) -> None:
        self.all: list[ErrorInfo | None] = []
        self.changed = asyncio.Event()

    def put(self, notice: ErrorInfo | None) -> None:
        self.all.append(notice)
        self.changed.set()


async def test_little_is_not_spoken_of() -> None:
    shown = Shown()
    lost = LostSound(shown.put)
    lost.missed(1, 400)
    lost.missed(1, 400)
    assert shown.all == []
    lost.missed(1, 400)
    assert shown.all == [TOO_SLOW]
    lost.end()


async def test_what_was_lost_long_ago_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
    shown = Shown()
    lost = LostSound(shown.put)
    lost.missed(1, 900)
    now[0] += lost_sound.WITHIN_S + 1
    lost.missed(1, 900)
    assert shown.all == []


async def test_it_is_taken_back_when_no_more_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_sound, "WITHIN_S", 0.05)
    shown = Shown()
    LostSound(shown.put).missed(1, 2000)
    shown.changed.clear()
    async with asyncio.timeout(10):
        await shown.changed.wait()
    assert shown.all == [TOO_SLOW, None]


async def test_what_an_earlier_call_has_lost_does_not_count() -> None:
    shown = Shown()
    lost = LostSound(shown.put)
    lost.missed(1, 900)
    lost.missed(2, 900)
    assert shown.all == []
