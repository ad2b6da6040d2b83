"""What keeps a widget's talk, and gives it to who listens live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.tables.event_log import EventLog, Line
from voice_widget.widget.keeping import AudioStream, Keeper

CLOSED = Line(2.0, "local", "voice_widget.call.closed", None, "{}", "c1")


def ones(count: int) -> np.ndarray:
    return np.ones(count, np.int16)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path / "talk", {"transport": "memory"})
    yield made
    made.close()


async def test_both_sides_come_to_who_listens_and_into_the_folder(keeper: Keeper, tmp_path: Path) -> None:
    stream = keeper.listened()
    keeper.sound("c", "user", 0, ones(240), 1.0, "c1", ())
    keeper.sound("c", "assistant", 0, 2 * ones(240), 1.0, "c1", ())
    keeper.pause()
    keeper.sound("c", "user", 240, ones(240), 1.0, "c1", ())
    keeper.sound("c", "assistant", 240, ones(240), 1.0, "c1", ())
    keeper.event(CLOSED)
    assert [block.tolist() async for block in stream] == [[[1, 2]] * 240]
    keeper.close()
    talk = read_talk(tmp_path / "talk")
    assert talk.manifest["calls"][0]["call_id"] == "c1"
    assert {piece.kind for piece in talk.pieces} >= {"sound", "paused"}


@pytest.mark.parametrize("when", ["paused", "later", "across"])
async def test_what_sounded_in_a_pause_comes_to_nobody_however_late(tmp_path: Path, when: str) -> None:
    now = 10.0
    keeper = Keeper(tmp_path / "talk", {}, clock=lambda: now)
    stream = keeper.listened()

    def both(start: int, samples: np.ndarray, at: float) -> None:
        for side in ("user", "assistant"):
            keeper.sound("c", side, start, samples, at, "c1", ())  # type: ignore[arg-type]

    both(0, ones(RATE), 10.0)
    keeper.pause()
    now = 11.0
    if when == "paused":
        both(RATE, 7 * ones(RATE), 11.0)
    keeper.resume()
    now = 13.0
    if when == "later":
        both(RATE, 7 * ones(RATE), 11.0)
        both(2 * RATE, ones(RATE), 12.0)
    elif when == "across":
        both(RATE, np.concatenate([7 * ones(RATE), ones(RATE)]), 12.0)
    else:
        both(2 * RATE, ones(RATE), 12.0)
    keeper.event(CLOSED)
    heard = np.concatenate([block async for block in stream])[:, 0]
    assert np.array_equal(heard, np.repeat(np.array([1, 0, 1], np.int16), RATE))
    keeper.close()


async def test_holes_are_kept_with_their_reason(keeper: Keeper, tmp_path: Path) -> None:
    keeper.sound("c", "user", 0, ones(240), 1.0, "c1", ())
    hole = {"start": 240, "samples": 100, "reason": "late"}
    keeper.sound("c", "user", 340, ones(10), 1.0, "c1", [hole])  # type: ignore[list-item]
    keeper.close()
    assert [piece.reason for piece in read_talk(tmp_path / "talk").pieces if piece.reason] == ["late"]


def test_an_answer_that_sounds_on_when_the_recording_has_failed_is_not_cut(keeper: Keeper) -> None:
    log = EventLog()
    log.recorder = keeper.event
    for event in (
        {"type": "voice_widget.call.connecting", "transport": "memory"},
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.added", "response_id": "r", "item": {"id": "a", "type": "message"}},
        {"type": "response.output_text.delta", "response_id": "r", "item_id": "a", "delta": "One two"},
        {"type": "output_audio_buffer.started", "response_id": "r", "audio_ms": 0},
    ):
        log.add(event, "received", 1.0, None)
    keeper.flush()
    keeper._fail(OSError(28, "No space left on device"))
    record = keeper.record(log)
    talk = None if record is None else Talk(record)
    assert talk is not None
    assert [(row["status"], row["interrupted"]) for row in talk.rows] == [("in_progress", False)]
    assert [row["stop_reason"] for row in read_talk(keeper.folder).rows] == ["call_lost"]


async def test_who_listens_waits_for_what_comes_from_another_thread(keeper: Keeper) -> None:
    stream = keeper.listened()
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)

    async def speak() -> None:
        keeper.sound("c", "user", 0, ones(24), 1.0, "c1", ())
        keeper.sound("c", "assistant", 0, ones(24), 1.0, "c1", ())

    await asyncio.to_thread(asyncio.run, speak())
    assert (await asyncio.wait_for(first, 10)).shape == (24, 2)
    await asyncio.to_thread(keeper.close)
    assert [block async for block in stream] == []


async def test_who_is_minutes_behind_misses_the_oldest_and_is_told_how_many() -> None:
    stream = AudioStream()
    for n in range(1205):
        stream.piece("c", "user", n, ones(1))
        stream.piece("c", "assistant", n, ones(1))
    stream.over()
    assert len([block async for block in stream]) == 1200
    assert stream.missed == 5


async def test_who_listens_hears_one_side_alone_before_the_other_says_a_word(keeper: Keeper) -> None:
    stream = keeper.listened()
    keeper.sound("c", "assistant", 0, ones(24), 1.0, "c1", ())
    assert (await asyncio.wait_for(anext(stream), 10)).tolist() == [[0, 1]] * 24


async def test_what_waits_for_the_other_side_is_heard_before_the_end(keeper: Keeper) -> None:
    stream = keeper.listened()
    keeper.sound("c", "assistant", 0, ones(24), 1.0, "c1", ())
    keeper.event(CLOSED)
    assert [block.tolist() async for block in stream] == [[[0, 1]] * 24]
