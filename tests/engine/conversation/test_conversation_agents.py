"""The agent, the voice and the recogniser: tools, waiting, failing, and who comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds
from voice_widget.engine.conversation.actions import Speak
from voice_widget.realtime.script import Exchange, Script

WORD = "response.output_audio_transcript.delta"
CALL: dict[str, Any] = {"call_id": "call_1", "name": "look", "arguments": '{"at": "tips"}'}
CALL_EVENTS = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
]


def failed(talk: Talk) -> str:
    """The code of the newest response's failure."""
    outcome = talk.outcome()
    assert outcome["status"] == "failed"
    assert outcome["status_details"]["type"] == "failed"
    error = outcome["status_details"]["error"]
    assert error["type"] == "server_error"
    assert error["message"]
    return str(error["code"])


def asked(session: dict[str, Any] | None = None, **options: Any) -> Talk:
    talk = Talk(session, **options)
    talk.agent()
    talk.ask()
    return talk


# --- tools -----------------------------------------------------------------------------------------


def test_a_tool_call_in_the_protocol_s_order() -> None:
    talk = asked()
    first = talk.response_id
    assert kinds(talk.client("voice_widget.reply.call", response_id=first, **CALL)) == CALL_EVENTS
    assert kinds(talk.done()) == ["response.done", "rate_limits.updated"]
    added = talk.events("response.output_item.added")[0]["item"]
    assert (added["status"], added["arguments"]) == ("in_progress", "")
    done = talk.last("response.function_call_arguments.done")
    assert {name: done[name] for name in CALL} == CALL
    item = talk.outcome()["output"][0]
    assert {name: item[name] for name in CALL} == CALL
    assert (item["type"], item["status"]) == ("function_call", "completed")

    output = {"type": "function_call_output", "call_id": "call_1", "output": "42"}
    assert len(talk.client("conversation.item.create", item=output)) == 2
    out = talk.client("response.create")
    assert kinds(out) == ["response.created", "voice_widget.reply.requested"]
    assert (
        talk.last("voice_widget.reply.requested")["item_id"]
        == talk.last("input_audio_buffer.committed")["item_id"]
    )
    talk.say("It is 42.")
    talk.done()
    talk.voice()
    assert talk.outcome()["status"] == "completed"


def test_what_was_said_before_a_call_is_spoken_at_once() -> None:
    talk = asked()
    talk.say("Let me look")
    out = talk.client("voice_widget.reply.call", response_id=talk.response_id, **CALL)
    assert kinds(out) == ["Speak", *CALL_EVENTS]
    assert talk.last("response.function_call_arguments.done")["output_index"] == 1
    talk.done()
    talk.voice()
    assert [item["type"] for item in talk.outcome()["output"]] == ["message", "function_call"]


def test_text_after_a_call_has_its_own_place() -> None:
    talk = asked()
    talk.client("voice_widget.reply.call", response_id=talk.response_id, **CALL)
    talk.say("Looking. ")
    assert talk.last("response.content_part.added")["output_index"] == 1
    speak = talk.actions[-1]
    assert isinstance(speak, Speak)
    assert speak.output_index == 1


@pytest.mark.parametrize(
    ("given", "written"), [({"at": "tips"}, '{"at": "tips"}'), (None, "{}")], ids=["object", "nothing"]
)
def test_arguments_are_text_on_the_wire(given: Any, written: str) -> None:
    talk = asked()
    event = {
        "type": "voice_widget.reply.call",
        "response_id": talk.response_id,
        "call_id": "call_1",
        "name": "look",
        "arguments": given,
    }
    talk.take(talk.core.answers.reply(event))
    assert talk.last("response.function_call_arguments.done")["arguments"] == written


def test_what_the_agents_model_used_stands_in_the_response() -> None:
    talk = asked()
    talk.say("Yes.")
    talk.done(usage={"input_tokens": 70, "output_tokens": 9, "cached_tokens": 64, "reasoning_tokens": 4})
    talk.voice()
    usage = talk.outcome()["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (70, 9, 79)
    assert usage["input_token_details"]["cached_tokens_details"]["text_tokens"] == 64
    assert usage["output_token_details"] == {"text_tokens": 9, "audio_tokens": 0, "reasoning_tokens": 4}


@pytest.mark.parametrize("told", [None, {}, {"input_tokens": "7"}, {"output_tokens": True}])
def test_where_nothing_is_told_of_it_it_is_estimated(told: Any) -> None:
    talk = asked()
    talk.say("Yes, of course.")
    talk.done(usage=told)
    talk.voice()
    assert talk.outcome()["usage"]["output_token_details"]["text_tokens"] == 4


# --- an agent that fails, or is not there ----------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        ("It broke.", "agent_failed", "It broke."),
        ({"code": "agent_raised", "message": "No such column."}, "agent_raised", "No such column."),
        ({"code": "x", "message": "No.", "next_step": "Ask again."}, "x", "No. Ask again."),
        ({"detail": 1}, "agent_failed", "The agent failed."),
    ],
)
def test_an_agent_that_fails_says_why_after_what_it_had_to_say(error: Any, code: str, sentence: str) -> None:
    talk = asked()
    talk.say("Let me")
    assert kinds(talk.done(error=error)) == ["Speak"]
    talk.voice()
    assert failed(talk) == code
    assert talk.outcome()["status_details"]["error"]["message"] == sentence
    assert talk.outcome()["output"][0]["status"] == "incomplete"
    assert talk.outcome()["output"][0]["content"][0]["transcript"] == "Let me"


def test_without_an_agent_a_reply_waits_and_then_fails() -> None:
    talk = Talk()
    talk.ask()
    assert talk.core.deadline() == 5000
    assert talk.tick(4999) == []
    assert kinds(talk.tick(5000)) == ["response.done"]
    assert failed(talk) == "agent_missing"
    assert talk.core.deadline() is None


def test_an_agent_that_comes_in_time_is_asked() -> None:
    talk = Talk()
    talk.ask()
    talk.now = 3000
    assert kinds(talk.agent()) == ["voice_widget.reply.requested"]
    assert talk.core.deadline() == 33000
    talk.say("Three.")
    assert talk.tick(5000) == []


def test_a_new_socket_gets_the_open_request_again() -> None:
    talk = asked()
    first = talk.last("voice_widget.reply.requested")
    talk.say("It is")
    assert talk.agent(0) == []
    assert talk.agent(0) == []
    talk.now = 1000
    assert kinds(talk.agent(1)) == ["voice_widget.reply.requested"]
    again = talk.last("voice_widget.reply.requested")
    assert {**again, "event_id": first["event_id"]} == first


@pytest.mark.parametrize("state", ["waits for text", "all written"])
def test_a_request_that_is_not_open_is_not_sent_again(state: str) -> None:
    talk = Talk()
    talk.agent()
    talk.start()
    talk.stop()
    if state == "all written":
        talk.final()
        talk.say("Three.")
        talk.done()
    talk.agent(0)
    assert talk.agent(1) == []


def test_an_agent_that_goes_away_is_waited_for_as_long() -> None:
    talk = asked()
    talk.now = 2000
    talk.agent(0)
    assert talk.core.deadline() == 7000
    talk.tick(7000)
    assert failed(talk) == "agent_missing"


def test_one_of_two_agents_that_goes_away_is_not_missed() -> None:
    talk = Talk()
    talk.agent(2)
    talk.ask()
    talk.agent(1)
    assert talk.core.deadline() == 30000


def test_an_agent_that_says_nothing_for_too_long_fails() -> None:
    talk = asked()
    talk.now = 20000
    talk.say("Let me think")
    assert talk.core.deadline() == 50000
    assert talk.tick(49999) == []
    # What it has said is spoken first.
    assert kinds(talk.tick(50000)) == ["Speak"]
    talk.voice()
    assert failed(talk) == "agent_timeout"


def test_a_sign_of_life_without_a_word_is_waited_on() -> None:
    talk = asked()
    talk.now = 20000
    talk.say("")
    assert talk.core.deadline() == 50000
    assert talk.tick(49999) == []


def test_waiting_times_can_be_set() -> None:
    talk = Talk(agent_wait_ms=100, delta_wait_ms=200)
    talk.ask()
    assert talk.core.deadline() == 100
    talk.agent()
    assert talk.core.deadline() == 200


# --- a script answers ------------------------------------------------------------------------------


def test_without_a_kernel_the_script_answers_in_order_until_it_is_used_up() -> None:
    script = Script((Exchange("a", "One."), Exchange("b", "Two.")))
    talk = Talk({"output_modalities": ["text"]}, scripted=script)
    for _ in range(3):
        talk.ask()
        assert talk.outcome()["status"] == "completed"
    assert [event["text"] for event in talk.events("response.output_text.done")] == ["One.", "Two."]
    assert talk.outcome()["output"] == []


def test_a_kernel_is_asked_only_where_the_script_says_nothing() -> None:
    script = Script((Exchange("a", "One."), Exchange("b", ""), Exchange("a", "Two.")))
    talk = Talk({"output_modalities": ["text"]}, scripted=script)
    talk.agent()
    for text in ("a", "b", "A", "a"):
        talk.ask(text)
        if text in ("b", "a"):
            talk.client("response.cancel")
    said = [event["text"] for event in talk.events("response.output_text.done")]
    assert said == ["One.", "Two."]
    assert len(talk.events("voice_widget.reply.requested")) == 2


def test_the_result_of_a_tool_is_the_kernels_to_answer() -> None:
    script = Script((Exchange("a", ""), Exchange("a", "One.")))
    talk = Talk({"output_modalities": ["text"]}, scripted=script)
    talk.agent()
    talk.ask("a")
    talk.client("voice_widget.reply.call", response_id=talk.response_id, **CALL)
    talk.done()
    output = {"type": "function_call_output", "call_id": CALL["call_id"], "output": "4"}
    talk.client("conversation.item.create", item=output)
    talk.client("response.create")
    assert len(talk.events("voice_widget.reply.requested")) == 2
    assert talk.events("response.output_text.done") == []


def test_a_kernel_goes_before_a_script_that_has_no_such_question() -> None:
    talk = asked(scripted=Script((Exchange("a", "One."),)))
    assert len(talk.events("voice_widget.reply.requested")) == 1


# --- recogniser and voice --------------------------------------------------------------------------


def test_a_text_that_never_comes_fails_the_answer() -> None:
    talk = Talk()
    talk.agent()
    talk.start()
    talk.stop()
    assert talk.core.deadline() == 30000
    talk.tick(30000)
    assert failed(talk) == "recognition_timeout"
    assert kinds(talk.final("late")) == ["conversation.item.input_audio_transcription.completed"]


def test_a_text_that_nobody_waits_for_is_dropped() -> None:
    assert Talk().final("what") == []


def test_a_voice_that_never_ends_fails_the_answer_with_its_text() -> None:
    talk = asked()
    talk.say("Three.")
    talk.done()
    talk.now = 10000
    speech = next(iter(talk.speaking))
    talk.take(talk.core.speech_audio(speech, 20, [], now_ms=10000))
    assert talk.core.deadline() == 40000
    talk.tick(40000)
    assert failed(talk) == "speech_timeout"
    assert talk.outcome()["output"][0]["content"][0]["transcript"] == "Three."


def test_a_voice_that_fails_fails_the_answer_with_all_its_text() -> None:
    talk = asked()
    talk.say("One. Two. Three. ")
    first, second, third = talk.speaking
    talk.take(talk.core.speech_audio(first, 40, []))
    talk.take(talk.core.speech_done(first))
    del talk.speaking[first], talk.speaking[second]
    out = talk.take(talk.core.speech_done(second, "no such phoneme"))
    assert kinds(out) == [
        "CancelSpeech",
        WORD,
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "EndOfSpeech",
    ]
    assert failed(talk) == "speech_failed"
    assert "no such phoneme" in talk.outcome()["status_details"]["error"]["message"]
    rest = talk.last(WORD)
    assert (rest["delta"], rest["audio_start_ms"]) == (" Two. Three.", 40)
    # Of the first clause the voice told no times.
    assert [word.get("estimated") for word in talk.events(WORD)] == [True, None]
    assert third not in talk.speaking


def test_when_the_stages_die_what_hung_on_them_fails_and_the_session_goes_on() -> None:
    talk = asked()
    talk.say("Three. And")
    speech = next(iter(talk.speaking))
    talk.take(talk.core.speech_audio(speech, 40, []))
    talk.playing(talk.response_id)
    out = talk.take(talk.core.stages_lost(now_ms=1))
    assert "ClearPlayout" not in kinds(out)
    assert kinds(out)[-2:] == ["response.done", "EndOfSpeech"]
    assert failed(talk) == "stages_lost"
    # What is made already is played to its end.
    assert kinds(talk.drained(talk.response_id)) == ["output_audio_buffer.stopped"]

    # What is said meanwhile waits for the new process ...
    talk.client("response.create")
    talk.say("Four. Five. ")
    talk.done()
    assert "Speak" not in kinds(talk.actions[-3:])
    assert talk.speaking == {}
    back = talk.take(talk.core.stages_back(now_ms=2))
    assert kinds(back) == ["Configure", "Speak", "Speak"]
    # ... and goes on from there.
    talk.voice()
    assert talk.outcome()["status"] == "completed"


def test_what_is_cancelled_while_there_is_no_voice_is_never_spoken() -> None:
    talk = Talk()
    talk.agent()
    talk.take(talk.core.stages_lost(now_ms=1))
    talk.ask()
    talk.say("Four. ")
    assert "CancelSpeech" not in kinds(talk.client("response.cancel"))
    assert kinds(talk.take(talk.core.stages_back(now_ms=2))) == ["Configure"]


def test_when_the_stages_die_speech_is_lost_and_said_so() -> None:
    talk = Talk()
    talk.agent()
    talk.start(100)
    talk.stop(900)
    first = talk.last("input_audio_buffer.committed")["item_id"]
    talk.client("input_audio_buffer.commit", origin="page_1")
    out = talk.take(talk.core.stages_lost(now_ms=1))
    assert kinds(out) == [
        "response.done",
        "conversation.item.input_audio_transcription.failed",
        "error",
    ]
    assert failed(talk) == "stages_lost"
    lost = talk.last("conversation.item.input_audio_transcription.failed")
    assert (lost["item_id"], lost["error"]["code"]) == (first, "stages_lost")
    assert kinds(talk.final("late")) == []
    talk.start(2000)
    assert kinds(talk.take(talk.core.stages_lost(now_ms=1))) == ["input_audio_buffer.cleared"]
    assert talk.stop(2500) == []


def test_a_written_answer_needs_no_stages() -> None:
    talk = asked({"output_modalities": ["text"]})
    talk.say("Three.")
    assert talk.take(talk.core.stages_lost(now_ms=1)) == []
    talk.done()
    assert talk.outcome()["status"] == "completed"


def test_an_answer_that_waits_its_turn_ends_with_the_reason_when_its_text_is_lost() -> None:
    session = {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}}
    talk = asked(session)
    talk.say("Three. ")
    talk.start(2000)
    talk.stop(2500)
    out = talk.take(talk.core.stages_lost(now_ms=1))
    assert kinds(out)[-3:] == [
        "response.created",
        "conversation.item.input_audio_transcription.failed",
        "response.done",
    ]
    assert failed(talk) == "stages_lost"


def test_each_answer_waits_for_its_own_texts() -> None:
    talk = Talk({"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}})
    talk.agent()
    asked = {"conversation": "none", "output_modalities": ["text"]}
    talk.start(100)
    talk.stop(900)
    talk.client("response.create", response=asked)
    first = talk.response_id
    talk.start(1200)
    talk.stop(1900)
    talk.client("response.create", response=asked)
    second = talk.response_id
    assert [event["response_id"] for event in requests(talk, "one")] == [first]
    assert [event["response_id"] for event in requests(talk, "two")] == [second]


def requests(talk: Talk, text: str) -> list[dict[str, Any]]:
    """What the agent is asked once this text is there."""
    before = len(talk.events("voice_widget.reply.requested"))
    talk.final(text)
    return talk.events("voice_widget.reply.requested")[before:]
