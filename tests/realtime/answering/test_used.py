"""What responses and transcriptions have used is told once for each."""

from __future__ import annotations

from tests.realtime.talk import HEARD, Talk
from voice_widget.realtime.state.changes import Used


def talk() -> Talk:
    made = Talk(transport="webrtc", model="gpt-realtime-2.1")
    made("voice_widget.call.joined", call_id="rtc_1")
    made("session.created", session={"audio": {"input": {"transcription": {"model": "whisper-1"}}}})
    return made


def test_a_response_is_told_with_its_turn_its_call_and_its_times() -> None:
    made = talk()
    made("response.created", response={"id": "r"})
    began = made.at
    made("conversation.item.added", item={"id": "a", "type": "message", "role": "assistant", "content": []})
    made("response.output_audio_transcript.delta", response_id="r", item_id="a", delta="Hello.", wait=1)
    for _ in range(2):
        made("response.done", response={"id": "r", "status": "completed", "usage": {"total_tokens": 3}})
    usage = {"total_tokens": 3}
    assert made.all(Used) == [
        Used("response", "r", "a", "rtc_1", "completed", "gpt-realtime-2.1", began, made.at - 0.1, usage)
    ]


def test_a_response_counts_once_however_late_it_comes_again() -> None:
    made = talk()
    for number in [*range(40), 0]:
        made.done(f"r{number}")
    assert len(made.all(Used)) == 40
    made("voice_widget.call.connecting", transport="webrtc", reconnect=True)
    made.done("r0")  # of another session, which counts from 0 too
    assert len(made.all(Used)) == 41
    made.done("")
    made.done("")
    assert len(made.all(Used)) == 42


def test_a_response_whose_beginning_was_missed_has_no_beginning() -> None:
    made = talk()
    call = {"id": "f", "type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
    made("response.done", response={"id": "r", "status": "failed", "output": [{"type": "odd"}, call]})
    used = made.all(Used)[0]
    assert (used.status, used.started_at, used.item_id, used.usage) == ("failed", None, "f", None)


def test_a_transcription_is_told_once() -> None:
    made = talk()
    made.says("u", None)
    for number in range(2):
        made(
            HEARD + "completed",
            event_id=f"event_{number}",
            item_id="u",
            transcript="hello",
            usage={"type": "duration", "seconds": 1.5},
        )
    (used,) = made.all(Used)
    assert (used.kind, used.item_id, used.model, used.usage) == (
        "transcription",
        "u",
        "whisper-1",
        {"type": "duration", "seconds": 1.5},
    )


def test_a_response_that_fails_or_comes_to_nothing_says_why() -> None:
    made = talk()
    error = {"type": "server_error", "code": "rate_limit_exceeded", "message": "Slow down."}
    made.response("r1")
    made.message("r1", "a")
    made.done("r1", "failed", status_details={"error": error})
    made.done("r2")
    assert (made.row("a")["status"], made.all(Used)[0].item_id) == ("failed", "a")
    failed, empty = (used.error for used in made.all(Used))
    assert failed is not None
    assert (failed["code"], failed["next_step"]) == ("rate_limit_exceeded", "Wait a moment and try again.")
    assert "Slow down." in failed["message"]
    assert empty is not None
    assert empty["code"] == "answer_empty"
