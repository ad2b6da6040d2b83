"""Whatever cuts an answer: its row says so, and until where it was heard, live and when it is read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recording.talks import BEGAN, Recorded, tone
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.recording.talk import Talk, read_talk

WORDS = ("One", " two", " three", " four")


def answering(recorded: Recorded, *, whole: bool = True) -> None:
    """An answer of two seconds, a word each half second, of which one second has sounded."""
    recorded("response.created", response={"id": "r"})
    made = {"id": "a", "type": "message", "role": "assistant"}
    recorded("response.output_item.added", response_id="r", item=made)
    of = {"response_id": "r", "item_id": "a"}
    recorded("response.output_audio.delta", **of, delta="A" * (2 * RATE * 2 * 4 // 3))
    for number, word in enumerate(WORDS):
        times = {"audio_start_ms": 500 * number, "audio_end_ms": 500 * number + 500}
        recorded("response.output_audio_transcript.delta", **of, delta=word, **times)
    if whole:
        recorded("response.done", response={"id": "r", "status": "completed"})
    recorded("output_audio_buffer.started", response_id="r", audio_ms=recorded.ms)
    start = recorded.ms
    recorded._goes(tone(RATE))
    recorded.sound("assistant", tone(RATE, 500), start)


def barge_in(recorded: Recorded) -> None:
    recorded("input_audio_buffer.speech_started", item_id="u", audio_start_ms=recorded.ms)
    recorded("output_audio_buffer.cleared", response_id="r", audio_ms=recorded.ms)
    recorded("conversation.item.truncated", item_id="a", audio_end_ms=1000)


def cancelled(recorded: Recorded) -> None:
    details = {"type": "cancelled", "reason": "client_cancelled"}
    recorded("response.done", response={"id": "r", "status": "cancelled", "status_details": details})
    recorded("output_audio_buffer.cleared", response_id="r", audio_ms=recorded.ms)
    recorded("conversation.item.truncated", item_id="a", audio_end_ms=1000)


def lost(recorded: Recorded) -> None:
    recorded("voice_widget.call.retrying", direction="local", attempt=1)


def failed(recorded: Recorded) -> None:
    recorded("voice_widget.call.failed", direction="local", error={"code": "engine_died", "message": "It."})


def hung_up(recorded: Recorded) -> None:
    recorded("voice_widget.call.closed", direction="local")


def events_lost(recorded: Recorded) -> None:
    recorded("voice_widget.call.events_lost", direction="local", count=3)


def killed(recorded: Recorded) -> Talk:
    """The process is gone: nobody tells of it, and nobody holds the folder any more."""
    recorded.recorder.flush()
    recorded.recorder._let_go()
    return read_talk(recorded.folder)


def cut_of(row: Row) -> tuple[object, ...]:
    assert (row["text"], row["status"]) == ("One two three four", "incomplete")
    return row["interrupted"], row["stop_reason"], row["end_ms"], row["text_heard"]


@pytest.mark.parametrize("whole", [True, False], ids=["made", "being made"])
@pytest.mark.parametrize(
    ("how", "why"),
    [
        (barge_in, "turn_detected"),
        (cancelled, "client_cancelled"),
        (lost, "call_lost"),
        (failed, "call_lost"),
        (hung_up, "call_ended"),
        (events_lost, "events_lost"),
    ],
)
def test_a_cut_answer_says_so(
    tmp_path: Path, how: Callable[[Recorded], None], why: str | None, whole: bool
) -> None:
    recorded = Recorded(tmp_path / "talk")
    recorded.user("How many?")
    recorded.silence(500)
    answering(recorded, whole=whole and how is not cancelled)
    how(recorded)
    if how is barge_in and not whole:
        details = {"type": "cancelled", "reason": "turn_detected"}
        recorded("response.done", response={"id": "r", "status": "cancelled", "status_details": details})
    live = recorded.session.row("a")
    assert live is not None
    assert cut_of(live) == (True, why, 2500, "One two")
    recorded.end()
    assert read_talk(recorded.folder).rows[1] == live


@pytest.mark.parametrize("whole", [True, False], ids=["made", "being made"])
@pytest.mark.parametrize("transport", ["memory", "comm"])
def test_so_does_one_whose_process_was_killed(tmp_path: Path, transport: str, whole: bool) -> None:
    recorded = Recorded(tmp_path / "talk")
    if transport != "memory":
        recorded("voice_widget.call.connecting", transport=transport, direction="local")
        recorded("voice_widget.call.joined", call_id="c", direction="local")
    recorded.user("How many?")
    recorded.silence(500)
    answering(recorded, whole=whole)
    assert recorded.session.row("a")["interrupted"] is False
    talk = killed(recorded)
    assert talk.cut
    assert cut_of(talk.rows[1]) == (True, "call_lost", 2500, "One two")
    assert talk.words_df["word"].tolist() == ["How", "many?", "One", "two"]
    assert [(one.text, one.interrupted) for one in talk.utterances()] == [
        ("How many?", False),
        ("One two", True),
    ]
    saved = read_talk(talk.save(tmp_path / "saved"))
    assert saved.rows == talk.rows


def test_the_samples_say_where_it_was_killed_and_not_the_wall(tmp_path: Path) -> None:
    """In memory a call may run faster than the wall's clock."""
    recorded = Recorded(tmp_path / "talk")
    recorded.silence(10_000)
    recorded.now = BEGAN + 0.1
    answering(recorded)
    assert cut_of(killed(recorded).rows[0])[1:] == ("call_lost", 11_000, "One two")


def test_what_was_said_when_it_was_killed_can_be_taken_out(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "talk")
    answering(recorded)
    talk = killed(recorded)
    talk.redact(1)
    (row,) = talk.rows
    assert (row["text"], row["text_heard"], row["end_ms"], row["interrupted"]) == ("", "", 1000, True)
    assert talk.cut
    assert read_talk(recorded.folder).rows == [row]
    assert not talk.audio()[0].any()


def test_a_call_that_had_ended_before_was_not_lost(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "talk")
    recorded.talk()
    recorded("voice_widget.call.closed", direction="local")
    assert killed(recorded).rows == recorded.session.rows
