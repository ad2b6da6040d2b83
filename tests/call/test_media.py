"""When the sound of a call counts as lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from voice_widget.call import media as media_module
from voice_widget.call.media import Media
from voice_widget.errors import PageError


def sound() -> tuple[Media, list[PageError]]:
    """The sound of a call that is up, and how it was lost."""
    lost: list[PageError] = []

    def spawn(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.create_task(work)

    media = Media(spawn, lost.append)
    media.is_now("connected")
    return media, lost


async def test_what_breaks_off_may_come_back() -> None:
    media, lost = sound()
    media.is_now("disconnected")
    media.is_now("connected")
    assert lost == []


async def test_where_the_service_was_lost_by_another_way_already_it_is_not_waited_for() -> None:
    media, lost = sound()
    media.doubt()
    assert lost == []
    media.is_now("disconnected")
    assert [error.code for error in lost] == ["media_stopped"]


async def test_so_it_is_where_the_sound_broke_off_first() -> None:
    media, lost = sound()
    media.is_now("disconnected")
    media.doubt()
    assert [error.code for error in lost] == ["media_stopped"]
    media.is_now("connected")


async def test_what_was_lost_long_ago_says_nothing_about_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_module, "DOUBT_S", -1.0)
    media, lost = sound()
    media.doubt()
    media.is_now("disconnected")
    media.is_now("connected")
    assert lost == []


async def test_a_channel_that_was_closed_is_another_end_than_media_that_stopped() -> None:
    for state, code in (("failed", "media_stopped"), ("closed", "media_lost")):
        media, lost = sound()
        media.is_now(state)
        assert [error.code for error in lost] == [code]
