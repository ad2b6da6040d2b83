"""Turns: what is sent, in which order, when nothing goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds
from voice_widget.engine.conversation.actions import AppendAudio, Configure, EndOfSpeech, Listen, Send, Speak
from voice_widget.engine.stages.contracts import Word
from voice_widget.errors import ProtocolError
from voice_widget.realtime.script import Exchange, Script

MESSAGE_OPENS = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
MESSAGE_CLOSES = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
]
DONE = ["response.done", "rate_limits.updated"]
WORD = "response.output_audio_transcript.delta"
PUSH_TO_TALK = {"audio": {"input": {"turn_detection": None}}}


def detection(**settings: Any) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": {"type": "server_vad", **settings}}}}


def test_a_spoken_turn_in_the_protocol_s_order() -> None:
    talk = Talk()
    assert talk.agent() == []
    assert kinds(talk.start(1200)) == ["input_audio_buffer.speech_started"]
    assert kinds(talk.stop(2000)) == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert kinds(talk.final("how much")) == [
        "conversation.item.input_audio_transcription.completed",
        "voice_widget.reply.requested",
    ]
    assert kinds(talk.say("It is three.")) == MESSAGE_OPENS
    assert kinds(talk.say(" Dollars")) == ["Speak"]
    assert kinds(talk.done()) == ["Speak"]
    response_id = talk.response_id
    speech = next(iter(talk.speaking))
    # A service's text runs ahead of its sound.
    assert kinds(talk.take(talk.core.speech_audio(speech, 200, [Word(0, 2, 0)]))) == [WORD]
    assert kinds(talk.playing(response_id)) == ["output_audio_buffer.started"]
    assert kinds(talk.voice()) == [WORD, WORD, WORD, *MESSAGE_CLOSES, *DONE, "EndOfSpeech"]
    assert kinds(talk.drained(response_id)) == ["output_audio_buffer.stopped"]


def test_the_ids_and_times_of_a_spoken_turn() -> None:
    talk = Talk()
    talk.agent()
    response_id = talk.ask("how much", at=1199.6)
    user = talk.last("input_audio_buffer.speech_started")["item_id"]
    assert talk.last("input_audio_buffer.speech_started")["audio_start_ms"] == 1200
    assert talk.last("input_audio_buffer.speech_stopped")["audio_end_ms"] == 2000
    assert talk.last("input_audio_buffer.committed") == {
        "event_id": "event_3",
        "type": "input_audio_buffer.committed",
        "item_id": user,
        "previous_item_id": None,
    }
    added = talk.last("conversation.item.added")["item"]
    assert (added["id"], added["status"]) == (user, "completed")
    assert added["content"] == [{"type": "input_audio", "transcript": None}]
    completed = talk.last("conversation.item.input_audio_transcription.completed")
    assert (completed["item_id"], completed["transcript"]) == (user, "how much")
    assert completed["usage"] == {"type": "duration", "seconds": 0.8}
    talk.say("Three.")
    talk.done()
    talk.voice()
    answer = talk.outcome()["output"][0]["id"]
    opened = talk.last("conversation.item.added")
    assert (opened["previous_item_id"], opened["item"]["id"]) == (user, answer)
    assert opened["item"]["status"] == "in_progress"
    # Captured sessions have it so: behind the first item it is null.
    assert talk.last("conversation.item.done")["previous_item_id"] is None
    assert talk.last("rate_limits.updated")["rate_limits"] == []
    talk.playing(response_id, 2300.4)
    assert talk.last("output_audio_buffer.started")["audio_ms"] == 2300
    talk.drained(response_id, 2361.2)
    stopped = talk.last("output_audio_buffer.stopped")
    assert (stopped["response_id"], stopped["audio_ms"]) == (response_id, 2361)


def test_what_stands_before_a_later_answer_is_told_when_it_is_done_too() -> None:
    talk = Talk()
    talk.agent()
    for _ in range(2):
        talk.ask()
        talk.say("Three.")
        talk.done()
        talk.voice()
    done = talk.events("conversation.item.done")
    users = [event["item"]["id"] for event in done if event["item"]["role"] == "user"]
    before = [event["previous_item_id"] for event in done if event["item"]["role"] == "assistant"]
    assert before == [None, users[1]]


def test_the_agent_is_asked_with_what_is_in_force() -> None:
    tool = {"type": "function", "name": "look", "parameters": {}}
    talk = Talk({"instructions": "Be brief.", "tools": [tool]})
    talk.agent()
    response_id = talk.ask()
    asked = talk.actions[-1]
    assert isinstance(asked, Send)
    assert asked.to == "kernel"
    assert asked.event == {
        "event_id": asked.event["event_id"],
        "type": "voice_widget.reply.requested",
        "response_id": response_id,
        "item_id": talk.last("input_audio_buffer.committed")["item_id"],
        "instructions": "Be brief.",
        "tools": [tool],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "conversation": "auto",
    }


def test_each_word_has_its_time_within_the_item_and_the_words_are_the_text() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    talk.say("It is three dollars. And")
    talk.say(" more! \u2026")
    talk.done()
    assert [speak.text for speak in talk.speaking.values()] == ["It is three dollars.", "And more!"]
    talk.voice(chunk_words=2)
    words = talk.events(WORD)
    assert not any("estimated" in word for word in words)
    assert [(word["delta"], word["audio_start_ms"], word.get("audio_end_ms")) for word in words] == [
        ("It", 0, None),
        (" is", 30, 60),
        (" three", 60, 120),
        (" dollars.", 120, 200),
        (" And", 200, None),
        (" more!", 240, 290),
        (" \u2026", 290, 290),
    ]
    whole = "It is three dollars. And more! \u2026"
    assert talk.last("response.output_audio_transcript.done")["transcript"] == whole
    assert talk.last("response.content_part.done")["part"] == {"type": "audio", "transcript": whole}
    content = [{"type": "output_audio", "transcript": whole}]
    assert talk.last("conversation.item.done")["item"]["content"] == content
    assert talk.outcome()["output"][0]["content"] == content
    assert talk.outcome()["output"][0]["status"] == "completed"


def test_text_without_sound_keeps_its_place_between_clauses() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    talk.say("Well. \u2026 Yes.")
    talk.done()
    first, second = talk.speaking
    talk.take(talk.core.speech_done(first))
    assert [word["delta"] for word in talk.events(WORD)] == ["Well.", " \u2026"]
    talk.take(talk.core.speech_done(second))
    assert talk.last("response.output_audio_transcript.done")["transcript"] == "Well. \u2026 Yes."


def test_an_answer_of_signs_only_is_written_and_not_spoken() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    talk.say("\u2026")
    out = talk.done()
    assert kinds(out) == [WORD, *MESSAGE_CLOSES, *DONE]
    assert talk.outcome()["status"] == "completed"


def test_a_response_says_what_it_used() -> None:
    talk = Talk({"instructions": "x" * 40}, voices=["anna", "bert"])
    talk.agent()
    talk.ask("y" * 80)
    created = talk.last("response.created")["response"]
    assert created["status"] == "in_progress"
    assert created["output"] == []
    assert created["usage"] is None
    assert created["conversation_id"] == "conv_1"
    assert created["output_modalities"] == ["audio"]
    assert created["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "anna"}
    talk.say("z" * 40)
    talk.done()
    talk.voice()  # 400 ms
    usage = talk.outcome()["usage"]
    assert usage["input_tokens"] == 20
    assert usage["output_token_details"] == {"text_tokens": 10, "audio_tokens": 8}
    assert usage["output_tokens"] == 18
    assert usage["total_tokens"] == 38


def test_the_answer_is_spoken_as_the_session_says() -> None:
    talk = Talk({"audio": {"output": {"voice": "bert", "speed": 1.2}}}, voices=["anna", "bert"])
    talk.agent()
    talk.ask()
    talk.say("Yes. ")
    spoken = talk.actions[-1]
    assert isinstance(spoken, Speak)
    assert (spoken.voice, spoken.speed, spoken.output_index) == ("bert", 1.2, 0)
    assert spoken.response_id == talk.response_id
    assert spoken.item_id == talk.last("response.output_item.added")["item"]["id"]


def test_blank_text_opens_no_message() -> None:
    talk = Talk()
    talk.agent()
    talk.ask()
    assert talk.say("\n ") == []
    assert kinds(talk.done()) == DONE
    assert talk.outcome()["output"] == []
    assert talk.outcome()["status"] == "completed"


@pytest.mark.parametrize(
    ("session", "options"),
    [({"output_modalities": ["text"]}, {}), ({}, {"missing": {"tts": "pip install voice-widget[local]"}})],
    ids=["asked for", "no voice"],
)
def test_a_written_answer(session: dict[str, Any], options: dict[str, Any]) -> None:
    talk = Talk(session, **options)
    talk.agent()
    talk.ask()
    assert kinds(talk.say("It is three. ")) == [*MESSAGE_OPENS, "response.output_text.delta"]
    talk.say("Yes")
    assert kinds(talk.done()) == [
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert talk.last("response.content_part.added")["part"] == {"type": "text", "text": ""}
    assert talk.last("response.output_text.done")["text"] == "It is three. Yes"
    assert talk.outcome()["output"][0]["content"] == [{"type": "output_text", "text": "It is three. Yes"}]
    assert talk.outcome()["output_modalities"] == ["text"]


def test_nothing_recognised_is_answered_too() -> None:
    talk = Talk()
    talk.agent()
    talk.ask("")
    assert talk.last("conversation.item.input_audio_transcription.completed")["transcript"] == ""
    assert talk.last("voice_widget.reply.requested")["response_id"] == talk.response_id


def test_without_a_recogniser_speech_gets_a_sentence_how_to_get_one_and_no_answer() -> None:
    talk = Talk(missing={"stt": "Run pip install voice-widget[local]."})
    talk.agent()
    talk.start()
    talk.stop()
    assert kinds(talk.final("")) == ["conversation.item.input_audio_transcription.failed"]
    error = talk.last("conversation.item.input_audio_transcription.failed")["error"]
    assert (error["code"], error["message"]) == ("missing_parts", "Run pip install voice-widget[local].")
    assert talk.events("response.created") == []


def test_typed_text_is_answered_without_a_recogniser() -> None:
    talk = Talk(missing={"stt": "-", "tts": "-"})
    talk.agent()
    typed = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "how much"}]}
    out = talk.client("conversation.item.create", item=typed)
    assert kinds(out) == ["conversation.item.added", "conversation.item.done"]
    assert kinds(talk.client("response.create")) == ["response.created", "voice_widget.reply.requested"]
    assert talk.last("voice_widget.reply.requested")["item_id"] == out[0].event["item"]["id"]  # type: ignore[union-attr]


def test_partial_text_goes_to_the_kernel_for_the_item_that_is_being_said() -> None:
    talk = Talk()
    item_id = talk.start()[0].event["item_id"]  # type: ignore[union-attr]
    talk.partial("how")
    talk.stop()
    talk.partial("how much")
    partials = [action for action in talk.actions if isinstance(action, Send) and action.to == "kernel"]
    assert [(a.event["item_id"], a.event["text"]) for a in partials] == [
        (item_id, "how"),
        (item_id, "how much"),
    ]


def test_texts_find_their_utterances_in_any_order() -> None:
    talk = Talk(detection(create_response=False))
    items = []
    for at in (100, 2000):
        items.append(talk.start(at)[0].event["item_id"])  # type: ignore[union-attr]
        talk.stop(at + 800)
    for number, text in ((2, "second"), (1, "first")):
        talk.take(talk.core.partial(f"{text} in part", number))
        talk.take(talk.core.final(text, number, now_ms=0))
    heard = talk.events("conversation.item.input_audio_transcription.completed")
    assert [(event["item_id"], event["transcript"]) for event in heard] == [
        (items[1], "second"),
        (items[0], "first"),
    ]
    partials = talk.events("voice_widget.transcription.partial")
    assert [event["item_id"] for event in partials] == items[::-1]
    assert talk.core.partial("again", 1) == talk.core.final("again", 1, now_ms=0) == []


@pytest.mark.parametrize(("late", "code"), [(True, "recognition_late"), (False, "recognition_failed")])
def test_an_utterance_without_a_text_says_why_and_no_agent_is_asked_what_to_say_to_it(
    late: bool, code: str
) -> None:
    talk = Talk()
    talk.agent()
    talk.start()
    talk.stop()
    out = talk.final("", failed="Refused. Check the key.", late=late)
    assert kinds(out) == ["conversation.item.input_audio_transcription.failed", "response.done"]
    error = talk.last("conversation.item.input_audio_transcription.failed")["error"]
    assert (error["code"], error["message"]) == (code, "Refused. Check the key.")
    assert talk.outcome()["status"] == "failed"
    assert talk.outcome()["status_details"]["error"] == error
    talk.ask("how much")
    assert talk.last("voice_widget.reply.requested")["response_id"] == talk.response_id


def test_what_failed_before_does_not_keep_what_is_understood_from_its_answer() -> None:
    talk = Talk()
    talk.agent()
    for at in (100, 2000):
        talk.start(at)
        talk.stop(at + 800)
    assert "voice_widget.reply.requested" not in kinds(talk.final("", failed="Refused."))
    assert kinds(talk.final("how much"))[-1] == "voice_widget.reply.requested"


def test_what_is_asked_for_after_a_failure_was_told_ends_with_it_once_and_then_is_made() -> None:
    talk = Talk(detection(create_response=False))
    talk.agent()
    talk.start()
    talk.stop()
    assert kinds(talk.final("", failed="Refused.")) == ["conversation.item.input_audio_transcription.failed"]
    assert kinds(talk.client("response.create")) == ["response.created", "response.done"]
    assert talk.outcome()["status_details"]["error"]["code"] == "recognition_failed"
    assert kinds(talk.client("response.create")) == ["response.created", "voice_widget.reply.requested"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "how much"}]},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
    ],
    ids=["typed", "a tool's result"],
)
def test_what_comes_by_other_ways_after_a_failure_is_answered(item: dict[str, Any]) -> None:
    talk = Talk(detection(create_response=False))
    talk.agent()
    talk.start()
    talk.stop()
    talk.final("", failed="Refused.")
    talk.client("conversation.item.create", item=item)
    assert kinds(talk.client("response.create")) == ["response.created", "voice_widget.reply.requested"]


def test_a_lag_is_told_to_the_kernel_only() -> None:
    talk = Talk()
    (told,) = talk.take(talk.core.lagging(2345.6))
    assert isinstance(told, Send)
    assert (told.to, told.event["type"], told.event["ms"]) == ("kernel", "voice_widget.lag", 2346)


def test_create_response_off_commits_only() -> None:
    talk = Talk(detection(create_response=False))
    talk.agent()
    talk.start()
    assert kinds(talk.stop())[-1] == "conversation.item.done"
    assert kinds(talk.final()) == ["conversation.item.input_audio_transcription.completed"]
    assert kinds(talk.client("response.create")) == ["response.created", "voice_widget.reply.requested"]


def test_a_response_asked_for_before_the_text_is_known_waits_for_it() -> None:
    talk = Talk(detection(create_response=False))
    talk.agent()
    talk.start()
    talk.stop()
    assert kinds(talk.client("response.create")) == ["response.created"]
    assert kinds(talk.final())[-1] == "voice_widget.reply.requested"


def test_text_to_the_letter_waits_for_nobody() -> None:
    talk = Talk(detection(create_response=False))
    talk.start()
    talk.stop()
    talk.client("response.create", response={"text": "Hello there."})
    assert [speak.text for speak in talk.speaking.values()] == ["Hello there."]
    assert talk.events("voice_widget.reply.requested") == []
    talk.voice()
    assert talk.outcome()["status"] == "completed"


def test_speech_that_goes_on_after_a_pause_gets_one_answer() -> None:
    talk = Talk()
    talk.agent()
    talk.start(100)
    talk.stop(900)
    first = talk.response_id
    talk.start(1200)
    assert talk.outcome()["id"] == first
    assert talk.outcome()["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert kinds(talk.final("how")) == ["conversation.item.input_audio_transcription.completed"]
    talk.stop(2000)
    assert kinds(talk.final("much"))[-1] == "voice_widget.reply.requested"
    assert len(talk.events("voice_widget.reply.requested")) == 1


# --- push to talk ----------------------------------------------------------------------------------


def test_push_to_talk() -> None:
    talk = Talk(PUSH_TO_TALK)
    talk.agent()
    assert kinds(talk.client("input_audio_buffer.clear")) == ["Listen", "input_audio_buffer.cleared"]
    assert talk.actions[0] == Listen("clear")
    talk.partial("how")
    assert talk.client("input_audio_buffer.commit") == [Listen("commit")]
    out = talk.committed(seconds=1.25)
    assert kinds(out) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert kinds(talk.client("response.create")) == ["response.created"]
    out = talk.final("how much")
    assert kinds(out)[-1] == "voice_widget.reply.requested"
    item_id = talk.last("input_audio_buffer.committed")["item_id"]
    assert talk.last("voice_widget.transcription.partial")["item_id"] == item_id
    usage = talk.last("conversation.item.input_audio_transcription.completed")["usage"]
    assert usage == {"type": "duration", "seconds": 1.25}


def test_committing_nothing_is_refused_to_the_one_who_did() -> None:
    talk = Talk(PUSH_TO_TALK)
    talk.client("input_audio_buffer.commit", origin="page_1")
    sent = talk.committed(empty=True)
    assert isinstance(sent[0], Send)
    assert sent[0].to == "page_1"
    error = sent[0].event["error"]
    assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "mine_0")


def test_a_commit_that_nobody_asked_for_goes_to_all() -> None:
    sent = Talk().committed(empty=True)
    assert isinstance(sent[0], Send)
    assert (sent[0].to, sent[0].event["error"]["event_id"]) == ("all", None)


def test_a_commit_ends_the_utterance_that_was_announced() -> None:
    talk = Talk()
    item_id = talk.start()[0].event["item_id"]  # type: ignore[union-attr]
    talk.client("input_audio_buffer.commit")
    out = talk.committed()
    assert out[0].event["item_id"] == item_id  # type: ignore[union-attr]
    assert talk.stop() == []


def test_a_clear_ends_the_utterance_that_was_announced() -> None:
    talk = Talk()
    talk.start()
    talk.client("input_audio_buffer.clear")
    assert talk.stop() == []
    assert talk.final("late") == []


def test_speech_is_no_event_with_push_to_talk() -> None:
    assert Talk(PUSH_TO_TALK).start() == []


def test_speech_starts_once() -> None:
    talk = Talk()
    talk.start(100)
    assert talk.start(200) == []


def test_speech_that_is_on_when_turn_detection_goes_off_is_kept() -> None:
    talk = Talk()
    talk.agent()
    talk.start()
    talk.client("session.update", session={"type": "realtime", **PUSH_TO_TALK})
    assert kinds(talk.stop())[-1] == "conversation.item.done"
    assert talk.last("conversation.item.done")["item"]["role"] == "user"
    assert talk.events("response.created") == []


# --- idle ------------------------------------------------------------------------------------------


def test_silence_after_an_answer_is_answered() -> None:
    talk = Talk(detection(idle_timeout_ms=6000))
    talk.agent()
    assert talk.core.deadline() is None
    response_id = talk.ask()
    talk.say("Three.")
    talk.done()
    talk.voice()
    talk.playing(response_id, 2000)
    assert talk.core.deadline() is None
    talk.now = 500
    talk.drained(response_id, 2060)
    assert talk.core.deadline() == 6500
    assert talk.tick(6499) == []
    out = talk.tick(6500)
    assert kinds(out) == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "voice_widget.reply.requested",
    ]
    triggered = talk.last("input_audio_buffer.timeout_triggered")
    assert (triggered["audio_start_ms"], triggered["audio_end_ms"]) == (2060, 8060)
    assert talk.last("voice_widget.reply.requested")["item_id"] == triggered["item_id"]


@pytest.mark.parametrize("what", ["speech", "typed", "commit"])
def test_who_says_something_is_not_idle(what: str) -> None:
    talk = Talk({**detection(idle_timeout_ms=6000), "output_modalities": ["text"]})
    talk.agent()
    talk.ask()
    talk.done()
    assert talk.core.deadline() == 6000
    if what == "speech":
        talk.start(4000)
    elif what == "typed":
        talk.client("response.create")
    else:
        talk.committed()
    assert talk.core.deadline() in (None, 30000)
    assert talk.tick(7000) == []


def test_idle_time_starts_anew_with_each_answer() -> None:
    talk = Talk({**detection(idle_timeout_ms=5000), "output_modalities": ["text"]})
    talk.agent()
    talk.ask()
    talk.done()
    talk.now = 2000
    # It begins and ends in one call.
    talk.client("response.create", response={"text": "Hello."})
    assert talk.core.deadline() == 7000


def test_idle_time_starts_anew_when_the_script_answers_at_once() -> None:
    script = Script((Exchange("a", "one"), Exchange("b", "two")))
    talk = Talk({**detection(idle_timeout_ms=5000), "output_modalities": ["text"]}, scripted=script)
    talk.ask()
    assert kinds(talk.tick(5000))[0] == "input_audio_buffer.timeout_triggered"
    assert talk.core.deadline() == 10000


def test_where_the_client_plays_the_answer_counts_as_played_in_real_time() -> None:
    talk = Talk(detection(idle_timeout_ms=5000), media="websocket")
    talk.agent()
    talk.ask()
    talk.say("Three and some.")
    talk.done()
    talk.voice()  # 150 ms
    assert talk.core.deadline() == 5150


def test_no_idle_answers_where_nothing_is_answered_by_itself() -> None:
    talk = Talk({**detection(idle_timeout_ms=5000, create_response=False), "output_modalities": ["text"]})
    talk.agent()
    talk.client("response.create")
    talk.done()
    assert talk.core.deadline() is None


# --- a session's settings --------------------------------------------------------------------------


def test_whoever_attaches_gets_the_session() -> None:
    talk = Talk({"model": "local", "instructions": "Be brief."}, voices=["anna"], expires_at=123.9)
    first, second = talk.core.open(), talk.core.open()
    assert first["event_id"] != second["event_id"]
    assert first["type"] == "session.created"
    session = first["session"]
    assert (session["id"], session["model"], session["expires_at"]) == ("sess_1", "local", 123)
    assert session["audio"]["output"]["voice"] == "anna"
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500


def test_what_to_expect_goes_to_the_recogniser() -> None:
    hints = {"keywords": ["tip", "sex"], "prompt": "average tip\n\n by day ", "language": "de"}
    talk = Talk({"audio": {"input": {"transcription": hints}}})
    assert talk.core.configuration == Configure(
        turn_detection=talk.core.turn_detection,
        keywords=("tip", "sex"),
        phrases=("average tip", "by day"),
        language="de",
    )


def test_without_hints_the_recogniser_expects_anything() -> None:
    for session in ({}, {"audio": {"input": {"transcription": None}}}):
        found = Talk(session).core.configuration
        assert (found.keywords, found.phrases, found.language) == ((), (), "en")


def test_an_update_is_confirmed_whole_and_changes_what_it_names() -> None:
    talk = Talk({"instructions": "Be brief."}, voices=["anna", "bert"])
    out = talk.client("session.update", session={"type": "realtime", "audio": {"output": {"voice": "bert"}}})
    assert kinds(out) == ["session.updated"]
    session = talk.last("session.updated")["session"]
    assert session["audio"]["output"]["voice"] == "bert"
    assert session["instructions"] == "Be brief."
    out = talk.client("session.update", session={"type": "realtime", **PUSH_TO_TALK})
    assert kinds(out) == ["session.updated", "Configure"]
    assert talk.core.configuration == out[1]
    assert talk.core.configuration.turn_detection is None


def test_the_next_answer_uses_the_new_voice() -> None:
    talk = Talk(voices=["anna", "bert"])
    talk.agent()
    talk.ask()
    talk.say("One. ")
    talk.client("session.update", session={"type": "realtime", "audio": {"output": {"voice": "bert"}}})
    talk.say("Two. ")
    talk.done()
    talk.voice()
    talk.ask()
    talk.say("Three. ")
    assert [a.voice for a in talk.actions if isinstance(a, Speak)] == ["anna", "anna", "bert"]


def test_an_unknown_voice_changes_nothing_and_names_the_voices() -> None:
    talk = Talk(voices=["anna", "bert"])
    session = {"type": "realtime", "instructions": "New.", "audio": {"output": {"voice": "carl"}}}
    assert kinds(talk.client("session.update", session=session)) == ["error"]
    error = talk.last("error")["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "session.audio.output.voice")
    assert "anna, bert" in error["message"]
    assert talk.core.session()["instructions"] == ""
    assert talk.core.session()["audio"]["output"]["voice"] == "anna"


def test_an_unknown_voice_cannot_begin() -> None:
    with pytest.raises(ProtocolError, match="anna"):
        Talk({"audio": {"output": {"voice": "carl"}}}, voices=["anna"])


def test_voices_that_show_up_later_count_from_then_on() -> None:
    talk = Talk(missing={"tts": "-"})
    out = talk.take(talk.core.stages_back(now_ms=1, voices=["anna"]))
    assert kinds(out) == ["Configure"]
    talk.client("response.create", response={"text": "Yes."})
    assert next(iter(talk.speaking.values())).voice == "anna"


# --- a session socket ------------------------------------------------------------------------------


def test_a_session_socket_hears_nothing_about_playout() -> None:
    talk = Talk(media="websocket")
    talk.agent()
    talk.ask()
    talk.say("Three.")
    talk.done()
    out = talk.voice()
    assert out[-1] == EndOfSpeech(talk.response_id)
    assert not [event for event in talk.events() if event["type"].startswith("output_audio_buffer.")]


def test_audio_comes_in_by_events_on_a_session_socket_only() -> None:
    talk = Talk(media="websocket")
    out = talk.client("input_audio_buffer.append", audio="AAAA", origin="socket")
    assert out == [AppendAudio("AAAA", "mine_0", "socket")]
    talk = Talk()
    assert kinds(talk.client("input_audio_buffer.append", audio="AAAA")) == ["error"]
