"""Barge-in, cancelling and cutting: what stops, what is told, what counts as heard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds
from voice_widget.engine.conversation.actions import CancelSpeech, ClearPlayout

WORD = "response.output_audio_transcript.delta"
CLOSES = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
]
CUT = ["output_audio_buffer.cleared", "conversation.item.truncated"]


def detection(**settings: Any) -> dict[str, Any]:
    """Every sound interrupts; what a cough does is in `test_floor`."""
    whole = {"type": "server_vad", "voice_widget.interrupt_min_ms": 0, **settings}
    return {"audio": {"input": {"turn_detection": whole}}}


def answering(session: dict[str, Any] | None = None, *, done: bool = True, **options: Any) -> Talk:
    """An answer of 150 ms that is being played; its agent may go on."""
    talk = Talk(session or detection(), **options)
    talk.agent()
    talk.ask()
    talk.say("Three and more. ")
    if done:
        talk.done()
    talk.voice()
    if options.get("media") != "websocket":
        talk.playing(talk.response_id, 2000)
    return talk


def item_text(talk: Talk, item_id: str) -> str:
    found = talk.client("conversation.item.retrieve", item_id=item_id)[0].event["item"]  # type: ignore[union-attr]
    return str(found["content"][0]["transcript"])


def test_talking_over_an_answer_that_is_made_cuts_what_was_not_heard() -> None:
    talk = answering()
    done = talk.outcome()
    assert done["status"] == "completed"
    out = talk.start(2100, played=72.9, audio=2180)
    assert kinds(out) == ["ClearPlayout", "input_audio_buffer.speech_started", *CUT]
    cleared = talk.last("output_audio_buffer.cleared")
    assert (cleared["response_id"], cleared["audio_ms"]) == (done["id"], 2180)
    cut = talk.last("conversation.item.truncated")
    item_id = done["output"][0]["id"]
    assert (cut["item_id"], cut["content_index"], cut["audio_end_ms"]) == (item_id, 0, 72)
    assert item_text(talk, item_id) == "Three"


def test_talking_over_an_answer_in_the_making_ends_it() -> None:
    talk = answering(done=False)
    talk.say("And on it goes. And")
    waiting = list(talk.speaking)
    out = talk.start(2100, played=72.9)
    assert kinds(out) == [
        "ClearPlayout",
        "CancelSpeech",
        "input_audio_buffer.speech_started",
        WORD,
        *CLOSES,
        "response.done",
        *CUT,
    ]
    assert out[:2] == [ClearPlayout(), CancelSpeech(waiting[0])]
    outcome = talk.outcome()
    assert outcome["status"] == "cancelled"
    assert outcome["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert outcome["output"][0]["status"] == "incomplete"
    # All that was written stands in the text; what had no sound comes after everything that could be heard.
    assert outcome["output"][0]["content"][0]["transcript"] == "Three and more. And on it goes. And"
    rest = talk.last(WORD)
    assert (rest["delta"], rest["audio_start_ms"], rest["audio_end_ms"]) == (" And on it goes. And", 150, 150)
    assert item_text(talk, outcome["output"][0]["id"]) == "Three"


def test_without_the_caller_s_clock_the_clear_is_timed_by_what_was_played() -> None:
    talk = answering()
    talk.start(2100, played=72.9)
    assert talk.last("output_audio_buffer.cleared")["audio_ms"] == 2072


def test_talking_before_the_answer_has_begun_cancels_it() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    assert kinds(talk.start(1000)) == ["input_audio_buffer.speech_started", "response.done"]
    assert talk.outcome()["output"] == []
    assert talk.outcome()["status"] == "cancelled"


@pytest.mark.parametrize(("playing", "played"), [(False, None), (False, 40.0), (True, None), (True, 0.9)])
def test_nothing_is_cut_at_zero(playing: bool, played: float | None) -> None:
    talk = Talk(detection())
    talk.agent()
    response_id = talk.ask()
    talk.say("Three.")
    talk.done()
    talk.voice()
    if playing:
        talk.playing(response_id, 2000)
    out = talk.start(2000, played=played)
    assert kinds(out) == ["ClearPlayout", "input_audio_buffer.speech_started", "output_audio_buffer.cleared"]
    assert ("audio_ms" in talk.last("output_audio_buffer.cleared")) == playing
    assert item_text(talk, talk.outcome()["output"][0]["id"]) == ""


def test_nothing_is_cut_beyond_what_was_made() -> None:
    talk = answering()
    talk.start(2100, played=9999)
    assert talk.last("conversation.item.truncated")["audio_end_ms"] == 150


def test_nothing_is_cut_twice() -> None:
    talk = answering()
    talk.start(2100, played=70)
    talk.stop(2500)
    assert talk.drained(talk.events("response.created")[0]["response"]["id"]) == []
    assert "conversation.item.truncated" not in kinds(talk.start(2900, played=70))
    assert len(talk.events("conversation.item.truncated")) == 1
    assert len(talk.events("output_audio_buffer.cleared")) == 1


def test_an_answer_heard_to_its_end_is_not_cut() -> None:
    talk = answering()
    talk.drained(talk.response_id)
    assert kinds(talk.start(5000, played=None)) == ["input_audio_buffer.speech_started"]


def test_late_audio_and_late_text_of_a_cancelled_answer_are_dropped() -> None:
    talk = answering(done=False)
    talk.say("And on it goes. ")
    late = next(iter(talk.speaking))
    response_id = talk.response_id
    talk.start(2100, played=70)
    assert talk.core.speech_audio(late, 100, []) == []
    assert talk.core.speech_done(late) == []
    assert talk.say("More. ", response_id) == []
    call: dict[str, Any] = {"response_id": response_id, "call_id": "call_1", "name": "look"}
    assert talk.client("voice_widget.reply.call", **call) == []
    assert talk.done(response_id) == []
    assert talk.playing(response_id) == []


def test_a_noise_is_asked_about_too() -> None:
    talk = answering()
    talk.start(2100, played=70)
    talk.stop(2300)
    assert kinds(talk.final(""))[-1] == "voice_widget.reply.requested"


def test_an_answer_that_waits_behind_another_one_is_cleared_with_it() -> None:
    talk = answering()
    first = talk.response_id
    talk.client("response.create", response={"text": "Another one."})
    second = talk.response_id
    talk.voice()
    assert kinds(talk.start(2100, played=70)) == [
        "ClearPlayout",
        "input_audio_buffer.speech_started",
        *CUT,
        "output_audio_buffer.cleared",
    ]
    assert [event["response_id"] for event in talk.events("output_audio_buffer.cleared")] == [first, second]
    assert item_text(talk, talk.outcome()["output"][0]["id"]) == ""


def test_playout_begins_once() -> None:
    talk = answering()
    assert talk.playing(talk.response_id) == []
    assert talk.playing("resp_unknown") == []


# --- interrupt_response off ------------------------------------------------------------------------


def test_with_interrupt_response_off_nothing_is_cut_and_the_next_answer_waits() -> None:
    talk = answering(detection(interrupt_response=False), done=False)
    first = talk.response_id
    assert kinds(talk.start(2100, played=70)) == ["input_audio_buffer.speech_started"]
    talk.stop(2500)
    assert talk.response_id == first
    talk.final("and by day")
    out = talk.done(first)
    assert kinds(out)[-5:] == [
        "response.done",
        "rate_limits.updated",
        "EndOfSpeech",
        "response.created",
        "voice_widget.reply.requested",
    ]
    assert talk.outcome()["status"] == "completed"


def test_a_waiting_answer_waits_for_its_text_too() -> None:
    talk = answering(detection(interrupt_response=False), done=False)
    first = talk.response_id
    talk.start(2100)
    talk.stop(2500)
    assert kinds(talk.done(first))[-1] == "response.created"
    assert kinds(talk.final("and by day"))[-1] == "voice_widget.reply.requested"


def test_a_waiting_answer_is_forgotten_when_the_user_stops_everything() -> None:
    talk = answering(detection(interrupt_response=False), done=False)
    talk.start(2100)
    talk.stop(2500)
    talk.final("and by day")
    assert "response.created" not in kinds(talk.client("output_audio_buffer.clear", played=70))


# --- by hand ---------------------------------------------------------------------------------------


def test_cancel_then_clear() -> None:
    talk = answering(done=False)
    talk.say("And on it goes. ")
    out = talk.client("response.cancel")
    assert kinds(out) == ["CancelSpeech", WORD, *CLOSES, "response.done", "EndOfSpeech"]
    assert talk.outcome()["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert kinds(talk.client("output_audio_buffer.clear", played=70)) == ["ClearPlayout", *CUT]


def test_what_is_cancelled_but_not_cleared_is_played_to_its_end() -> None:
    talk = answering(done=False)
    talk.client("response.cancel")
    assert kinds(talk.drained(talk.response_id)) == ["output_audio_buffer.stopped"]


def test_clear_alone_ends_the_answer_too() -> None:
    talk = answering(done=False)
    out = talk.client("output_audio_buffer.clear", played=70)
    assert kinds(out) == ["ClearPlayout", *CLOSES, "response.done", *CUT]
    assert talk.outcome()["status_details"]["reason"] == "client_cancelled"


def test_clearing_nothing_does_nothing() -> None:
    assert Talk().client("output_audio_buffer.clear") == []


def test_cancel_by_name() -> None:
    talk = Talk()
    talk.agent()
    response_id = talk.ask()
    assert kinds(talk.client("response.cancel", response_id=response_id)) == ["response.done"]


@pytest.mark.parametrize("named", [{}, {"response_id": "resp_9"}])
def test_cancelling_nothing_is_refused(named: dict[str, Any]) -> None:
    talk = Talk()
    assert kinds(talk.client("response.cancel", **named)) == ["error"]
    assert talk.last("error")["error"]["code"] == "response_cancel_not_active"


# --- a session socket: the client plays ------------------------------------------------------------


def test_on_a_session_socket_the_client_cuts() -> None:
    talk = answering(media="websocket")
    assert kinds(talk.start(2100)) == ["input_audio_buffer.speech_started"]
    item_id = talk.outcome()["output"][0]["id"]
    out = talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=70)
    assert kinds(out) == ["conversation.item.truncated"]
    assert talk.last("conversation.item.truncated")["audio_end_ms"] == 70
    assert item_text(talk, item_id) == "Three"


def test_on_a_session_socket_generating_ends() -> None:
    talk = answering(media="websocket", done=False)
    out = talk.start(2100)
    assert kinds(out) == ["EndOfSpeech", "input_audio_buffer.speech_started", *CLOSES, "response.done"]


def test_on_a_session_socket_there_is_nothing_to_clear() -> None:
    talk = answering(media="websocket")
    assert kinds(talk.client("output_audio_buffer.clear")) == ["error"]


@pytest.mark.parametrize("ms", [0, 150])
def test_a_cut_anywhere_within_the_answer_is_taken(ms: int) -> None:
    talk = answering(media="websocket")
    item_id = talk.outcome()["output"][0]["id"]
    assert kinds(talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=ms)) == [
        "conversation.item.truncated"
    ]


def test_a_cut_while_the_answer_is_made_shows_in_its_text() -> None:
    talk = answering(media="websocket", done=False)
    item_id = talk.last("response.output_item.added")["item"]["id"]
    talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=70)
    talk.say("And on. ")
    talk.done()
    talk.voice()
    assert talk.last("response.output_audio_transcript.done")["transcript"] == "Three and more. And on."
    assert item_text(talk, item_id) == "Three"


def test_what_is_cut_can_only_be_cut_shorter() -> None:
    talk = answering(media="websocket")
    item_id = talk.outcome()["output"][0]["id"]
    talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=70)
    assert kinds(talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=71)) == ["error"]
    talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=30)
    assert item_text(talk, item_id) == "Three"


def test_a_cut_beyond_the_answer_is_refused() -> None:
    talk = answering(media="websocket")
    item_id = talk.outcome()["output"][0]["id"]
    assert kinds(talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=151)) == ["error"]
    assert talk.last("error")["error"]["param"] == "audio_end_ms"
    assert item_text(talk, item_id) == "Three and more."


def test_only_a_spoken_answer_can_be_cut() -> None:
    talk = Talk({"output_modalities": ["text"]}, media="websocket")
    talk.agent()
    talk.ask()
    talk.say("Three.")
    user, answer = (event["item"]["id"] for event in talk.events("conversation.item.added"))
    for item_id in (user, answer, "item_none"):
        assert kinds(talk.client("conversation.item.truncate", item_id=item_id, audio_end_ms=1)) == ["error"]
        assert talk.last("error")["error"]["code"] == "item_truncate_invalid_item_id"


def test_a_deleted_answer_is_not_cut() -> None:
    talk = answering()
    talk.client("conversation.item.delete", item_id=talk.outcome()["output"][0]["id"])
    assert kinds(talk.start(2100, played=70)) == [
        "ClearPlayout",
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
    ]
