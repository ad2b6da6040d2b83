"""A sound over an answer: it pauses at once; then who wanted to speak is heard, and a cough costs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds
from voice_widget.engine.conversation.actions import Action, ClearPlayout, HoldPlayout, Send
from voice_widget.engine.conversation.floor import takes_the_floor

PLAYING = {"on": True, "origin": "kernel"}
DECIDED = "voice_widget.overlap.decided"
CUT = ["output_audio_buffer.cleared", "conversation.item.truncated"]


def answering(**settings: Any) -> Talk:
    """An answer of 150 ms that is being played, at 1,000 ms of our clock."""
    own = {f"voice_widget.{name}": value for name, value in settings.items()}
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", **own}}}})
    talk.agent()
    talk.ask()
    talk.say("Three and more. ")
    talk.done()
    talk.voice()
    talk.playing(talk.response_id, 2000)
    talk.now = 1000.0
    return talk


def begin(talk: Talk) -> list[Action]:
    return talk.start(2100, played=72.9, audio=2180)


def go_on(talk: Talk, played: float | None = None, audio: float | None = None) -> list[Action]:
    number = talk.utterances
    return talk.take(talk.core.spoken_on(number, now_ms=talk.now, played_ms=played, audio_ms=audio))


def asked(talk: Talk) -> int:
    return len(talk.events("response.created"))


def test_the_answer_pauses_at_once_and_nothing_is_cut_yet():
    talk = answering()
    assert begin(talk)[0] == HoldPlayout(True)
    assert kinds(talk.actions[-2:]) == ["HoldPlayout", "input_audio_buffer.speech_started"]


def test_who_goes_on_interrupts_and_the_cut_is_where_it_paused():
    talk = answering()
    begin(talk)
    assert kinds(go_on(talk, played=72.9, audio=2600)) == ["ClearPlayout", *CUT, DECIDED]
    assert talk.last("conversation.item.truncated")["audio_end_ms"] == 72
    assert talk.last("output_audio_buffer.cleared")["audio_ms"] == 2180
    assert kinds(talk.stop(3000))[-1] == "response.created"
    assert kinds(talk.final("and by day"))[-1] == "voice_widget.reply.requested"


@pytest.mark.parametrize("text", ["", "mm-hm", "Uh-huh, yeah.", "okay", "the"])
def test_a_cough_or_a_nod_ends_nothing_and_gets_no_answer(text):
    talk = answering()
    begin(talk)
    assert "response.created" not in kinds(talk.stop(2400))
    out = talk.final(text)
    assert out[0] == HoldPlayout(False)
    assert kinds(out)[1:] == [DECIDED, "conversation.item.input_audio_transcription.completed"]
    assert asked(talk) == 1
    assert talk.core.floor.deadline() is None
    assert kinds(talk.drained(talk.response_id)) == ["output_audio_buffer.stopped"]


@pytest.mark.parametrize(("text", "final"), [("हिन्दी", False), ("cafe\u0301", False), ("रुकिए", True)])
def test_a_word_is_one_in_any_script(text: str, final: bool):
    assert takes_the_floor(text, final=final) is final


@pytest.mark.parametrize("text", ["stop", "no, by day", "wait"])
def test_a_short_word_that_means_something_interrupts_and_is_answered(text):
    talk = answering()
    begin(talk)
    talk.stop(2400)
    out = kinds(talk.final(text))
    assert out[:3] == ["ClearPlayout", *CUT]
    assert out[-1] == "voice_widget.reply.requested"
    assert asked(talk) == 2
    assert (
        talk.last("voice_widget.reply.requested")["item_id"]
        == talk.events("conversation.item.done")[-1]["item"]["id"]
    )


def test_what_is_understood_so_far_interrupts_where_it_says_enough():
    talk = answering()
    begin(talk)
    assert "ClearPlayout" not in kinds(talk.partial("what"))
    assert kinds(talk.partial("what is"))[:3] == ["ClearPlayout", *CUT]
    assert kinds(go_on(talk)) == []


def test_the_answer_goes_on_when_nothing_is_known_in_time_and_can_still_be_interrupted():
    talk = answering()
    begin(talk)
    assert talk.core.deadline() == 1000 + 1200
    assert talk.tick(2199) == []
    assert talk.tick(2200) == [HoldPlayout(False)]
    assert talk.core.floor.deadline() is None
    out = talk.take(talk.core.spoken_on(talk.utterances, now_ms=2500, played_ms=120.0, audio_ms=3500))
    assert kinds(out) == ["ClearPlayout", *CUT, DECIDED]
    # Of what went on after the pause some was heard, too.
    assert talk.last("conversation.item.truncated")["audio_end_ms"] == 120
    assert talk.last("output_audio_buffer.cleared")["audio_ms"] == 3500


def test_a_text_that_comes_late_interrupts_what_has_gone_on():
    talk = answering()
    begin(talk)
    talk.stop(2400)
    talk.tick(2200)
    out = talk.take(talk.core.final("stop", talk.utterances, now_ms=2600, played_ms=120.0))
    assert kinds(out)[:3] == ["ClearPlayout", *CUT]
    assert asked(talk) == 2


def test_a_second_sound_leaves_no_doubt():
    talk = answering()
    begin(talk)
    talk.stop(2400)
    out = talk.start(2500, played=72.9, audio=2600)
    assert kinds(out)[:2] == ["ClearPlayout", "input_audio_buffer.speech_started"]
    assert kinds(out)[2:4] == CUT


def test_where_every_sound_interrupts_nobody_waits():
    talk = answering(interrupt_min_ms=0)
    assert kinds(begin(talk)) == ["ClearPlayout", "input_audio_buffer.speech_started", *CUT]


def test_the_time_to_decide_can_be_set():
    talk = answering(interrupt_wait_ms=300)
    begin(talk)
    assert talk.core.deadline() == 1300


def test_before_an_answer_sounds_there_is_nothing_to_pause():
    talk = Talk()
    talk.agent()
    talk.ask()
    assert kinds(talk.start(1000)) == ["input_audio_buffer.speech_started", "response.done"]


def test_an_answer_that_ends_while_it_pauses_leaves_the_next_one_free():
    talk = answering()
    begin(talk)
    talk.drained(talk.response_id)
    assert kinds(go_on(talk)) == ["HoldPlayout"]
    assert HoldPlayout(False) in talk.actions


def test_what_a_client_throws_away_was_nothing():
    talk = answering()
    begin(talk)
    out = talk.client("input_audio_buffer.clear")
    assert kinds(out) == ["HoldPlayout", "Listen", "input_audio_buffer.cleared"]


def test_what_a_client_commits_was_meant():
    talk = answering()
    begin(talk)
    assert kinds(talk.committed())[:3] == ["ClearPlayout", *CUT]


def test_without_a_speech_process_the_answer_goes_on():
    talk = answering()
    begin(talk)
    assert HoldPlayout(False) in talk.take(talk.core.stages_lost(now_ms=1100))


def answered_by_socket(**settings: Any) -> Talk:
    """An answer that is being made, and that a client plays by itself."""
    own = {f"voice_widget.{name}": value for name, value in settings.items()}
    detection = {"type": "server_vad", **own}
    talk = Talk({"audio": {"input": {"turn_detection": detection}}}, media="websocket")
    talk.agent()
    talk.ask()
    talk.say("Three and more. ")
    return talk


def test_where_the_kernel_plays_and_says_so_it_is_told_to_pause_before_it_hears_who_speaks():
    talk = answered_by_socket()
    assert talk.client("voice_widget.playing", **PLAYING) == []
    assert kinds(talk.start(2100)) == ["HoldPlayout", "input_audio_buffer.speech_started"]
    assert "response.created" not in kinds(talk.stop(2400))
    assert kinds(talk.final("mm-hm")) == [
        "HoldPlayout",
        DECIDED,
        "conversation.item.input_audio_transcription.completed",
    ]
    assert talk.events("response.done") == []


def test_where_the_kernel_plays_who_goes_on_stops_it_and_what_is_being_made():
    talk = answered_by_socket()
    talk.client("voice_widget.playing", **PLAYING)
    talk.start(2100)
    out = kinds(go_on(talk))
    assert out[0] == "ClearPlayout"
    assert out[-2:] == ["response.done", DECIDED]
    assert "HoldPlayout" not in out
    assert talk.outcome()["status_details"]["reason"] == "turn_detected"


@pytest.mark.parametrize("settings", [{}, {"interrupt_min_ms": 0}], ids=["silent", "every sound"])
def test_without_a_word_that_it_sounds_or_where_every_sound_counts_nobody_waits(settings):
    talk = answered_by_socket(**settings)
    talk.client("voice_widget.playing", **PLAYING)
    if not settings:
        talk.client("voice_widget.playing", **{**PLAYING, "on": False})
    out = kinds(talk.start(2100))
    assert "HoldPlayout" not in out
    assert ("ClearPlayout" in out) == bool(settings)
    assert out[-1] == "response.done"


def test_a_client_that_plays_and_says_nothing_of_it_is_interrupted_by_every_sound():
    talk = answered_by_socket()
    out = kinds(talk.start(2100))
    assert {"ClearPlayout", "HoldPlayout"}.isdisjoint(out)
    assert out[-1] == "response.done"


def test_a_client_may_stop_the_answer_meanwhile():
    talk = answering()
    begin(talk)
    out = talk.client("output_audio_buffer.clear", played=72.9)
    assert ClearPlayout() in out
    talk.stop(2400)
    assert "response.created" in kinds(talk.final("by day"))


# --- what was decided, and why ---


def decided(talk: Talk) -> list[dict[str, Any]]:
    """What the kernel is told, without what every event has."""
    told = [action for action in talk.actions if isinstance(action, Send) and action.event["type"] == DECIDED]
    assert all(action.to == "kernel" for action in told)
    return [{k: v for k, v in action.event.items() if k not in ("type", "event_id")} for action in told]


def sound(talk: Talk) -> dict[str, Any]:
    return {
        "item_id": talk.last("input_audio_buffer.speech_started")["item_id"],
        "over_item_id": talk.events("response.output_item.added")[0]["item"]["id"],
        "audio_start_ms": 2100,
    }


@pytest.mark.parametrize(
    ("text", "failed", "verdict"),
    [
        ("", None, {"decision": "cough", "reason": "no_words", "text": ""}),
        ("", "Too much to do.", {"decision": "cough", "reason": "not_recognised", "text": ""}),
        ("Mm-hm.", None, {"decision": "backchannel", "reason": "words", "text": "Mm-hm."}),
        ("Stop.", None, {"decision": "interruption", "reason": "words", "text": "Stop."}),
    ],
)
def test_what_a_sound_was_taken_for_is_told_with_its_reason(text, failed, verdict):
    talk = answering()
    begin(talk)
    talk.stop(2400)
    talk.final(text, failed)
    assert decided(talk) == [{**sound(talk), **verdict, "audio_end_ms": 2400}]


def test_who_goes_on_is_told_of_with_how_long_they_had_spoken_then():
    talk = answering()
    begin(talk)
    go_on(talk, played=72.9, audio=2600)
    talk.stop(3000)
    talk.final("and by day")
    told = {"decision": "interruption", "reason": "duration", "text": "", "audio_end_ms": 2600}
    assert decided(talk) == [{**sound(talk), **told}]


def test_of_what_was_no_doubt_nothing_is_told():
    talk = answering(interrupt_min_ms=0)
    begin(talk)
    talk.stop(2400)
    talk.final("stop")
    assert decided(talk) == []


# --- a microphone opens ---


def greeting(*, sounds: bool, media: Any = "webrtc", **settings: Any) -> Talk:
    """A call begins with words of the agent's; nobody has said anything."""
    own = {f"voice_widget.{name}": value for name, value in settings.items()}
    detection = {"type": "server_vad", **own}
    talk = Talk({"audio": {"input": {"turn_detection": detection}}}, media=media)
    talk.agent()
    talk.client("response.create", response={"input": []})
    talk.say("Good morning. ")
    talk.done()
    talk.voice()
    if sounds:
        talk.playing(talk.response_id, 300)
    return talk


@pytest.mark.parametrize("sounds", [True, False], ids=["sounds", "is made"])
@pytest.mark.parametrize("settings", [{}, {"interrupt_min_ms": 0}], ids=["", "every sound"])
def test_the_microphone_s_opening_noise_cancels_no_greeting(settings, sounds):
    talk = greeting(sounds=sounds, **settings)
    assert kinds(talk.start(200, audio=300)) == ["HoldPlayout", "input_audio_buffer.speech_started"]
    assert go_on(talk, audio=800) == []  # however long it is
    talk.stop(900)
    assert kinds(talk.start(1000, audio=1100)) == ["input_audio_buffer.speech_started"]  # nor how often
    talk.stop(1200)
    assert kinds(talk.final("")) == [DECIDED, "conversation.item.input_audio_transcription.completed"]
    assert talk.final("")[0] == HoldPlayout(False)
    assert [told["decision"] for told in decided(talk)] == ["cough", "cough"]
    assert asked(talk) == 1


@pytest.mark.parametrize("sounds", [True, False], ids=["sounds", "is made"])
def test_words_interrupt_a_greeting_and_are_answered(sounds):
    talk = greeting(sounds=sounds)
    talk.start(200, audio=300)
    talk.stop(900)
    talk.start(1000, audio=1100)
    talk.stop(1200)
    assert "ClearPlayout" in kinds(talk.final("what is the mean"))
    assert asked(talk) == 2
    assert [told["decision"] for told in decided(talk)] == ["interruption"]


def test_later_in_a_call_a_sound_is_no_opening_noise():
    talk = greeting(sounds=True)
    talk.start(1600, audio=1700)
    assert kinds(go_on(talk, audio=2200))[0] == "ClearPlayout"


def test_who_has_typed_has_their_words_over_the_answer_judged_as_always():
    talk = Talk()
    talk.agent()
    part = {"type": "input_text", "text": "hello"}
    talk.client("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    talk.client("response.create")
    talk.say("Good morning. ")
    talk.done()
    talk.voice()
    talk.playing(talk.response_id, 300)
    talk.start(800, audio=900)
    assert kinds(go_on(talk, audio=1400))[0] == "ClearPlayout"


def test_who_was_understood_has_a_microphone_that_is_open():
    talk = Talk()
    talk.agent()
    talk.ask()
    talk.say("Fine. ")
    assert kinds(talk.start(1000))[-1] == "response.done"


def test_a_client_that_cannot_pause_hears_of_the_end_at_once():
    talk = Talk(media="websocket")
    talk.client("response.create", response={"input": []})
    assert kinds(talk.start(200))[-1] == "response.done"
