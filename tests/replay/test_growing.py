"""A replay of a talk that goes on shows what comes; it can be heard once that is over."""

from __future__ import annotations

import gc
import pickle
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.recording.talks import Recorded, tone
from tests.widget_page import Page
from tests.widget_page import pages as pages  # a fixture
from voice_widget import Scheme, VoiceWidget
from voice_widget.errors import StateError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.replay import growing as module
from voice_widget.replay import seen as seen_module
from voice_widget.replay import widget as widget_module
from voice_widget.replay.envelope import envelope
from voice_widget.replay.growing import follow
from voice_widget.replay.widget import Replay
from voice_widget.services.scripted import ScriptedService
from voice_widget.threads.repeating import REPLAY_THREAD


@pytest.fixture(autouse=True)
def _bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "replay.js"
    path.write_text("export default {}")
    monkeypatch.setattr(widget_module, "BUNDLE", path)
    monkeypatch.setattr(module, "EVERY_S", 0.001)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path / "talk")
    recorded.user("one")
    recorded.recorder.flush()
    yield recorded
    recorded.recorder.close()


def replay_of(pages: list[Page], talk: Any, **arguments: Any) -> tuple[Replay, Page]:
    return talk.replay(**arguments), pages[-1]


def until(page: Page, turns: int, state: str, last: str = "") -> dict[str, Any]:
    """What is shown once there are so many turns, and the last one says that."""

    def there() -> bool:
        shown = page.state["_shown"]
        texts = ["".join(text for text, _, _ in turn["pieces"]) for turn in shown["turns"]]
        return len(texts) == turns and shown["sound"]["state"] == state and last in (texts or [""])[-1]

    with page.arrived:
        assert page.arrived.wait_for(there, 20), page.state["_shown"]
    shown: dict[str, Any] = page.state["_shown"]
    return shown


def test_turns_and_sound_come_as_they_are_written(pages: list[Page], talk: Recorded) -> None:
    replay, page = replay_of(pages, read_talk(talk.folder))
    shown = until(page, 1, "later")
    assert (shown["sound"]["pieces"], shown["sound"]["error"]) == (1, None)
    talk.user("two", tone(RATE, level=20_000))
    talk.recorder.flush()
    shown = until(page, 2, "later", "two")
    sound = read_talk(talk.folder).sound
    assert shown["recent_ms"] == 0
    assert replay._recent == envelope(sound)[0].tobytes()

    talk.recorder.close()
    shown = until(page, 2, "kernel")
    assert (shown["recent_ms"], replay._recent) == (None, b"")
    assert replay._envelope == envelope(read_talk(talk.folder).sound)[-1].tobytes()
    assert replay.samples[0].shape == (read_talk(talk.folder).samples, 2)
    assert [row["text"] for row in replay.rows] == ["one", "two"]


def test_of_what_goes_on_the_last_minute_is_fine_and_the_rest_is_coarse(
    pages: list[Page], talk: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_module, "RECENT_STEPS", 50)
    monkeypatch.setattr(seen_module, "GROWING_STEPS", 40)
    replay, page = replay_of(pages, read_talk(talk.folder))
    levels = envelope(read_talk(talk.folder).sound, most=40)
    shown = page.state["_shown"]
    assert shown["step_ms"] == 10 * 4 ** (len(levels) - 1) > 10
    assert replay._envelope == levels[-1].tobytes()
    assert replay._recent == levels[0][-50:].tobytes()
    assert shown["recent_ms"] == 10 * (len(levels[0]) - 50)


def test_what_is_labelled_while_it_goes_on_stays(pages: list[Page], talk: Recorded) -> None:
    replay, page = replay_of(pages, read_talk(talk.folder), coder="AB", scheme=Scheme("request"))
    page.says({"type": "label", "code": "request", "seq": 1})
    talk.user("two")
    talk.recorder.flush()
    until(page, 2, "later")
    page.says({"type": "label", "code": "request", "seq": 2})
    assert [(label.seq, label.coder) for label in read_talk(talk.folder).labels()] == [(1, "AB"), (2, "AB")]
    page.says({"type": "undo"})
    page.says({"type": "undo"})
    assert read_talk(talk.folder).labels() == []
    assert replay._labels == []


def test_a_turn_that_is_redacted_is_drawn_silent(pages: list[Page], talk: Recorded) -> None:
    replay, page = replay_of(pages, read_talk(talk.folder))
    assert np.frombuffer(replay._recent, np.int8).any()
    talk.recorder.redact(1).result(60)
    talk.user("two", np.zeros(RATE, np.int16))
    talk.recorder.flush()
    until(page, 2, "later")
    assert not np.frombuffer(replay._recent, np.int8).any()


def test_a_pause_grows_while_it_lasts(pages: list[Page], talk: Recorded) -> None:
    _, page = replay_of(pages, read_talk(talk.folder))

    def holes(end_ms: int) -> list[dict[str, Any]]:
        def there() -> bool:
            return [hole["end_ms"] for hole in page.state["_shown"]["holes"]] == [end_ms]

        with page.arrived:
            assert page.arrived.wait_for(there, 20), page.state["_shown"]
        return list(page.state["_shown"]["holes"])

    assert page.state["_shown"]["holes"] == []
    talk.recorder.pause()
    for end_ms in (2000, 3000):
        talk.sound("user", tone(RATE), end_ms - 1000)
        talk.recorder.flush()
        assert holes(end_ms) == [{"side": "user", "kind": "paused", "start_ms": 1000, "end_ms": end_ms}]


def test_what_goes_on_is_not_embedded(talk: Recorded) -> None:
    with pytest.raises(StateError, match="cannot be embedded yet") as refused:
        read_talk(talk.folder).replay(embed=True)
    assert refused.value.code == "call_running"
    assert "Hang up first" in refused.value.next_step


def test_a_folder_that_cannot_be_read_for_a_moment_changes_nothing(
    pages: list[Page], talk: Recorded, tmp_path: Path
) -> None:
    _, page = replay_of(pages, read_talk(talk.folder))
    moved = talk.folder.rename(tmp_path / "away")
    talk.recorder.flush()
    moved.rename(talk.folder)
    assert len(page.state["_shown"]["turns"]) == 1


class Counts:
    def __init__(self) -> None:
        self.grown, self.twice = 0, threading.Event()

    def grow(self) -> None:
        self.grown += 1
        if self.grown == 2:
            self.twice.set()


class Stand:
    """A talk of which only the edition is known."""

    def __init__(self) -> None:
        self.at, self.ended = 0, False

    def now(self) -> Any:
        raise AssertionError("nobody asks for it")

    def edition(self) -> int:
        return self.at

    def goes_on(self) -> bool:
        return not self.ended

    def over(self) -> bool:
        return self.ended


def test_it_grows_once_for_each_edition_and_once_more_at_the_end() -> None:
    shows, stand = Counts(), Stand()
    following = follow(shows, stand, 0)
    stand.at = 1
    while shows.grown < 1:
        threading.Event().wait(0.001)
    stand.at, stand.ended = 2, True
    following.thread.join(10)
    assert not following.thread.is_alive()
    assert shows.grown == 2


def test_a_replay_that_nobody_has_leaves_no_thread(pages: list[Page], talk: Recorded) -> None:
    replay = read_talk(talk.folder).replay()
    following = replay._follower
    assert following is not None
    assert following.thread.name == REPLAY_THREAD
    replay.close()
    gone = weakref.ref(replay)
    pages.clear()
    del replay
    gc.collect()
    following.thread.join(10)
    assert not following.thread.is_alive()
    assert gone() is None


def test_a_widget_s_talk_is_followed_from_before_its_first_call(pages: list[Page]) -> None:
    widget = VoiceWidget(agent=lambda turn: "Hello to you.", service=ScriptedService([]))
    try:
        replay, page = replay_of(pages, widget)
        assert page.state["_shown"]["turns"] == []
        assert page.state["_shown"]["sound"]["error"]["code"] == "not_recorded"
        widget.connect().result(20)
        until(page, 0, "none")
        widget.send_text("hello").result(20)
        until(page, 2, "none")
        widget.disconnect().result(20)
        following = replay._follower
        assert following is not None
        assert following.thread.is_alive()  # there may be another call
    finally:
        widget.close()
    following.thread.join(20)
    assert not following.thread.is_alive()


def test_a_closed_widget_s_talk_is_heard_from_its_folder(pages: list[Page], tmp_path: Path) -> None:
    widget = VoiceWidget(agent=lambda turn: "Hello.", service=ScriptedService([]), record=tmp_path / "kept")
    widget.connect().result(20)
    widget.play(tone(RATE), RATE).result(20)
    replay, page = replay_of(pages, widget)
    assert page.state["_shown"]["sound"]["state"] == "later"
    widget.close()
    following = replay._follower
    assert following is not None
    following.thread.join(30)
    assert not following.thread.is_alive()
    assert page.state["_shown"]["sound"]["state"] == "kernel"
    assert replay.samples[0].shape == (read_talk(tmp_path / "kept").samples, 2)


def test_a_talk_that_is_over_is_not_followed(pages: list[Page]) -> None:
    replay, _ = replay_of(pages, Talk.example())
    assert replay._follower is None
    replay.grow()
    assert len(replay.rows) == 4


def test_what_is_followed_is_what_the_events_come_to() -> None:
    widget = VoiceWidget(agent=lambda turn: "Hello to you.", service=ScriptedService([]), record=True)
    try:
        widget.connect().result(20)
        widget.play(tone(RATE), RATE).result(20)
        widget.send_text("hello").result(20)
        widget.disconnect().result(20)
        quick, whole = widget._growing().now(), widget._wiring.so_far()
        assert quick.rows == whole.rows != []
        assert quick.transcript_df.equals(whole.transcript_df)
        assert quick.words_df.equals(whole.words_df)
        assert pickle.loads(pickle.dumps(quick)).rows == whole.rows
    finally:
        widget.close()
