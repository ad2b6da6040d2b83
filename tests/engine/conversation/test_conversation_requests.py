"""What ``response.create`` may ask for: its own input, limits, tools, formats, a place beside the talk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversing import Talk, kinds
from voice_widget.engine.conversation.actions import Speak

REQUESTED = "voice_widget.reply.requested"
LOOK = {"type": "function", "name": "look", "parameters": {"type": "object"}}
COUNT = {"type": "function", "name": "count", "parameters": {"type": "object"}}


def text(said: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": said}]
    return {"type": "message", "role": "user", "content": content, **fields}


def agent(session: dict[str, Any] | None = None, **options: Any) -> Talk:
    talk = Talk(session, **options)
    talk.agent()
    return talk


# --- input of its own ------------------------------------------------------------------------------


def test_items_given_with_the_request_and_references_stand_in_for_the_conversation() -> None:
    talk = agent()
    talk.client("conversation.item.create", item=text("how much is it", id="said"))
    given = [
        {"type": "item_reference", "id": "said"},
        text("in dollars"),
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Three."}]},
        {"type": "function_call_output", "call_id": "call_9", "output": "3"},
    ]
    talk.client("response.create", response={"conversation": "none", "input": given})
    request = talk.last(REQUESTED)
    said, typed, answer, output = request["input"]
    assert (said["id"], said["content"]) == ("said", [{"type": "input_text", "text": "how much is it"}])
    assert typed["content"] == [{"type": "input_text", "text": "in dollars"}]
    assert answer["content"] == [{"type": "output_text", "text": "Three."}]
    assert (output["call_id"], output["output"]) == ("call_9", "3")
    assert request["conversation"] == "none"
    talk.done()
    assert (
        talk.outcome()["usage"]["input_tokens"] == len("how much is it" + "in dollars" + "Three." + "3") // 4
    )


def test_what_is_given_enters_no_conversation() -> None:
    talk = agent()
    talk.client("response.create", response={"input": [text("in dollars")]})
    assert talk.events("conversation.item.added") == []
    assert len(talk.core.items) == 0


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ("x", "response.input"),
        ([3], "item"),
        ([{"type": "item_reference", "id": "nobody"}], "response.input"),
        ([{"type": "item_reference"}], "id"),
        ([{"type": "message", "role": "user", "content": 3}], "item.content"),
        ([{"type": "message", "role": "tool", "content": []}], "item.role"),
        ([{"type": "mcp_call"}], "item.type"),
    ],
)
def test_what_cannot_be_given_is_refused(given: Any, param: str) -> None:
    talk = agent()
    assert kinds(talk.client("response.create", response={"input": given})) == ["error"]
    assert talk.last("error")["error"]["param"] == param
    assert talk.core.answers.quiet


# --- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_a_written_answer_ends_at_its_most_tokens(piece: int) -> None:
    talk = agent()
    talk.client(
        "response.create",
        response={"output_modalities": ["text"], "max_output_tokens": 5, "metadata": {"a": "b"}},
    )
    assert talk.last(REQUESTED)["max_output_tokens"] == 5
    for at in range(0, 100, piece):
        talk.say("abcdefghij"[at % 10] * piece)
    outcome = talk.outcome()
    assert outcome["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert len(outcome["output"][0]["content"][0]["text"]) == 20
    assert outcome["output"][0]["status"] == "incomplete"
    assert outcome["usage"]["output_tokens"] == 5
    assert len(talk.events("response.done")) == 1


def test_a_written_answer_of_exactly_so_many_tokens_is_whole() -> None:
    talk = agent({"max_output_tokens": 5, "output_modalities": ["text"]})
    talk.client("response.create")
    talk.say("x" * 20)
    talk.done()
    assert (talk.outcome()["status"], talk.outcome()["usage"]["output_tokens"]) == ("completed", 5)


def test_a_spoken_answer_ends_at_its_most_tokens_and_keeps_what_was_spoken() -> None:
    talk = agent({"max_output_tokens": 20})
    talk.client("response.create")
    talk.say("one two three four five six seven eight nine ten. eleven twelve.")
    talk.voice(chunk_words=1)
    outcome = talk.outcome()
    assert outcome["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    usage = outcome["usage"]
    assert 15 <= usage["output_tokens"] <= 20
    tokens = usage["output_token_details"]
    spoken = outcome["output"][0]["content"][0]["transcript"]
    assert "one two three four five six seven eight nine ten. eleven".startswith(spoken.strip())
    assert tokens["text_tokens"] == -(-len(spoken) // 4)
    assert tokens["audio_tokens"] == pytest.approx(
        len(spoken) * 10 / 50, abs=2
    )  # a word is told when it ends
    assert talk.speaking == {}
    talk.ask(at=9000)
    talk.say("ok.")
    talk.done()
    talk.voice()
    assert talk.outcome()["status"] == "completed"


def test_a_limit_of_the_request_goes_before_the_session_s() -> None:
    talk = agent({"max_output_tokens": 2, "output_modalities": ["text"]})
    talk.client("response.create", response={"max_output_tokens": "inf"})
    talk.say("x" * 100)
    talk.done()
    assert talk.outcome()["status"] == "completed"
    assert talk.outcome()["max_output_tokens"] == "inf"


def test_a_call_that_would_be_too_long_is_not_made() -> None:
    talk = agent({"max_output_tokens": 5, "tools": [LOOK]})
    talk.client("response.create")
    call = {"response_id": talk.response_id, "call_id": "call_1", "name": "look"}
    talk.client("voice_widget.reply.call", **call, arguments='{"where": "everywhere"}')
    assert talk.outcome()["status"] == "incomplete"
    assert talk.outcome()["output"] == []
    assert talk.events("response.function_call_arguments.done") == []


# --- tools -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "asked", "offered", "choice"),
    [
        ({"tools": [LOOK, COUNT]}, {}, ["look", "count"], "auto"),
        ({"tools": [LOOK, COUNT], "tool_choice": "none"}, {}, [], "none"),
        ({"tools": [LOOK, COUNT], "tool_choice": "none"}, {"tool_choice": "auto"}, ["look", "count"], "auto"),
        ({"tools": [LOOK, COUNT]}, {"tool_choice": "required"}, ["look", "count"], "required"),
        (
            {"tools": [LOOK, COUNT]},
            {"tool_choice": {"type": "function", "name": "count"}},
            ["count"],
            {"type": "function", "name": "count"},
        ),
        ({"tools": [LOOK]}, {"tools": [COUNT]}, ["count"], "auto"),
        ({"tools": [LOOK]}, {"tools": []}, [], "auto"),
        ({"tools": [LOOK, {"type": "mcp", "server_label": "x", "server_url": "y"}]}, {}, ["look"], "auto"),
    ],
)
def test_the_agent_is_offered_the_tools_that_are_left(
    session: dict[str, Any], asked: dict[str, Any], offered: list[str], choice: Any
) -> None:
    talk = agent(session)
    talk.client("response.create", response=asked)
    request = talk.last(REQUESTED)
    assert [tool["name"] for tool in request["tools"]] == offered
    assert request["tool_choice"] == choice


def test_a_tool_s_output_and_another_request_ask_the_agent_again() -> None:
    talk = agent({"tools": [LOOK]})
    first = talk.ask("what is there")
    talk.say("Let me look.")
    talk.client("voice_widget.reply.call", response_id=first, call_id="call_1", name="look", arguments="{}")
    talk.done(first)
    talk.voice()
    message, call = talk.outcome()["output"]
    assert (call["type"], call["call_id"], call["name"], call["arguments"], call["status"]) == (
        "function_call",
        "call_1",
        "look",
        "{}",
        "completed",
    )
    ladder = [
        event["type"]
        for event in talk.events()
        if call["id"] in (event.get("item_id"), event.get("item", {}).get("id"))
    ]
    assert ladder == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "a cat"}
    assert kinds(talk.client("conversation.item.create", item=output)) == [
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert talk.last("conversation.item.done")["previous_item_id"] == call["id"]
    talk.client("response.create")
    second = talk.last(REQUESTED)
    assert second["response_id"] != first
    talk.say("A cat.")
    talk.done()
    talk.voice()
    assert talk.outcome()["status"] == "completed"
    # The agent reads the call and its output too.
    told = "what is there" + message["content"][0]["transcript"] + "{}" + "a cat"
    assert talk.outcome()["usage"]["input_tokens"] == len(told) // 4


# --- manner ----------------------------------------------------------------------------------------


def test_a_request_may_have_a_format_and_a_voice_of_its_own() -> None:
    talk = agent(
        {"audio": {"output": {"format": {"type": "audio/pcma"}}}}, media="websocket", voices=["anna", "bert"]
    )
    sound = {"voice": "bert", "format": {"type": "audio/pcmu"}}
    talk.client("response.create", response={"text": "Hello there.", "audio": {"output": sound}})
    [speak] = [action for action in talk.actions if isinstance(action, Speak)]
    assert (speak.voice, speak.output_format) == ("bert", "audio/pcmu")
    assert talk.last("response.created")["response"]["audio"]["output"] == sound
    talk.voice()
    talk.client("response.create", response={"text": "Hello there."})
    speak = [action for action in talk.actions if isinstance(action, Speak)][-1]
    assert (speak.voice, speak.output_format) == ("anna", "audio/pcma")


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
        ({"max_output_tokens": 5000}, "response.max_output_tokens"),
        ({"max_output_tokens": True}, "response.max_output_tokens"),
        ({"output_modalities": ["speech"]}, "response.output_modalities"),
        ({"output_modalities": []}, "response.output_modalities"),
        ({"tool_choice": "perhaps"}, "response.tool_choice"),
        ({"tools": [{"type": "function"}]}, "response.tools[0].name"),
        ({"audio": {"output": {"format": {"type": "audio/mp3"}}}}, "response.audio.output.format"),
        ({"metadata": {"a": 1}}, "response.metadata"),
        ({"conversation": "other"}, "response.conversation"),
        ({"conversation": {}}, "response.conversation"),
        ({"metadata": {"a": "x" * 513}}, "response.metadata"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "response.metadata"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(asked: dict[str, Any], param: str) -> None:
    talk = agent()
    assert kinds(talk.client("response.create", response=asked)) == ["error"]
    assert talk.last("error")["error"]["param"] == param
    assert talk.core.answers.quiet


def test_a_written_answer_out_of_band_leaves_the_talk_as_it_is() -> None:
    talk = agent()
    main = talk.ask("how much")
    items = len(talk.core.items)
    asked = {
        "conversation": "none",
        "metadata": {"topic": "mood"},
        "input": [],
        "output_modalities": ["text"],
    }
    talk.client("response.create", response=asked)
    beside = talk.response_id
    created = talk.last("response.created")["response"]
    assert (created["conversation_id"], created["metadata"]) == (None, {"topic": "mood"})
    talk.say("Three.", main)
    talk.say("happy", beside)
    talk.done(beside)
    outcome = talk.outcome()
    assert (outcome["id"], outcome["status"], outcome["metadata"]) == (beside, "completed", {"topic": "mood"})
    assert outcome["output"][0]["content"] == [{"type": "output_text", "text": "happy"}]
    talk.done(main)
    talk.voice()
    assert (talk.outcome()["id"], talk.outcome()["status"]) == (main, "completed")
    assert len(talk.core.items) == items + 1


def test_what_the_engine_does_not_do_is_not_shown_as_in_force() -> None:
    wanted = {"audio": {"input": {"noise_reduction": {"type": "near_field"}}}}
    talk = Talk(wanted)
    talk.client("session.update", session={"type": "realtime", **wanted})
    shown = [event["session"] for event in talk.events() if event["type"].startswith("session.")]
    assert [session["audio"]["input"]["noise_reduction"] for session in shown] == [None] * len(shown)
    assert shown
