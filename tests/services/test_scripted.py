"""The scripted service: the order of the protocol, on a clock that stands still until turned."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from voice_widget.errors import ProtocolError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.clock import ManualClock
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection

SCRIPT: list[dict[str, Any]] = [{"hear": "hello", "say": "Hello to you.", "partials": ["hel"]}]


async def take(connection: ScriptedConnection, last: str) -> list[dict[str, Any]]:
    """The events up to the first of type ``last``."""
    events = []
    async with asyncio.timeout(20):
        async for event in connection:
            events.append(event)
            if event["type"] == last:
                break
    return events


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


async def test_an_exchange_is_in_the_protocols_order() -> None:
    connection = await ScriptedService(SCRIPT).connect()
    events = [e for e in await take(connection, "rate_limits.updated") if not e["type"].endswith(".delta")]
    assert types(events) == [
        "session.created",
        "input_audio_buffer.speech_started",
        "voice_widget.transcription.partial",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]


async def test_times_are_those_of_the_script() -> None:
    service = ScriptedService([{"hear": "a", "say": "b c", "hear_ms": 800, "gap_ms": 250}])
    connection = await service.connect()
    events = await take(connection, "response.done")
    stopped = next(e for e in events if e["type"] == "input_audio_buffer.speech_stopped")
    assert stopped["audio_end_ms"] == 800
    assert connection.audio_ms() == 1050
    words = [e for e in events if e["type"] == "response.output_audio_transcript.delta"]
    assert [(w["delta"], w["audio_start_ms"], w["audio_end_ms"]) for w in words] == [
        ("b", 0, 300),
        (" c", 300, 600),
    ]


async def test_two_runs_are_equal_to_the_byte() -> None:
    runs = []
    for _ in range(2):
        connection = await ScriptedService(SCRIPT * 3).connect()
        runs.append(json.dumps([await take(connection, "response.done") for _ in range(3)]))
    assert runs[0] == runs[1]


async def test_a_clock_that_is_not_turned_holds_everything_up() -> None:
    clock = ManualClock()
    connection = await ScriptedService(SCRIPT, clock).connect()
    iteration = aiter(connection)
    assert [(await anext(iteration))["type"] for _ in range(2)] == [
        "session.created",
        "input_audio_buffer.speech_started",
    ]
    waiting = asyncio.ensure_future(anext(iteration))
    clock.advance(0.499)
    await asyncio.sleep(0.01)
    assert not waiting.done()
    clock.advance(0.001)
    assert (await asyncio.wait_for(waiting, 1))["type"] == "voice_widget.transcription.partial"


async def test_it_is_talked_over_where_the_script_says_so() -> None:
    script = [{"hear": "a", "say": "one two three", "interrupt_ms": 450}, {"hear": "b", "say": "c"}]
    connection = await ScriptedService(script).connect()
    await take(connection, "response.done")
    spoke = connection.audio_ms()
    await take(connection, "input_audio_buffer.speech_started")
    assert connection.audio_ms() - spoke == 450


async def test_without_a_text_to_say_the_kernels_agent_is_asked() -> None:
    connection = await ScriptedService([{"hear": "a", "say": ""}]).connect(
        session=SessionConfig(instructions="Be kind.")
    )
    request = (await take(connection, "voice_widget.reply.requested"))[-1]
    assert request["instructions"] == "Be kind."
    user = request["item_id"]
    for delta in ("From ", "here."):
        await connection.send(
            {"type": "voice_widget.reply.delta", "response_id": request["response_id"], "delta": delta}
        )
    await connection.send({"type": "voice_widget.reply.done", "response_id": request["response_id"]})
    events = await take(connection, "response.done")
    assert events[-1]["response"]["output"][0]["content"][0]["transcript"] == "From here."
    assert user.startswith("s1_item")


async def test_the_agent_is_told_whether_a_tool_is_required() -> None:
    connection = await ScriptedService([{"hear": "a", "say": ""}]).connect(
        session=SessionConfig(tool_choice="required")
    )
    request = (await take(connection, "voice_widget.reply.requested"))[-1]
    assert request["tool_choice"] == "required"
    await connection.send({"type": "response.cancel"})
    await connection.send({"type": "response.create", "response": {"tool_choice": "none"}})
    request = (await take(connection, "voice_widget.reply.requested"))[-1]
    assert request["tool_choice"] == "none"


async def test_the_script_waits_for_an_agent_that_is_at_work_on_what_was_typed() -> None:
    connection = await ScriptedService([*SCRIPT, {"hear": "and you", "say": "Well."}]).connect()
    await take(connection, "response.done")  # what is said next waits for the end of this
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "typed"}]}
    await connection.send({"type": "conversation.item.create", "item": item})
    await connection.send({"type": "response.create"})
    about = {"response_id": (await take(connection, "voice_widget.reply.requested"))[-1]["response_id"]}
    listening = asyncio.ensure_future(take(connection, "response.done"))
    for _ in range(1000):  # far more than it takes to come as far as it does by itself
        await asyncio.sleep(0)
    await connection.send({"type": "voice_widget.reply.delta", **about, "delta": "Late."})
    await connection.send({"type": "voice_widget.reply.done", **about})
    events = await listening
    assert events[-1]["response"]["id"] == about["response_id"]
    assert "input_audio_buffer.speech_started" not in types(events)
    assert "input_audio_buffer.speech_started" in types(await take(connection, "response.done"))


async def test_a_late_delta_of_another_response_is_dropped() -> None:
    connection = await ScriptedService([{"hear": "a", "say": ""}]).connect()
    request = (await take(connection, "voice_widget.reply.requested"))[-1]
    await connection.send({"type": "voice_widget.reply.delta", "response_id": "resp_old", "delta": "Old."})
    await connection.send(
        {"type": "voice_widget.reply.delta", "response_id": request["response_id"], "delta": "New."}
    )
    await connection.send({"type": "voice_widget.reply.done", "response_id": request["response_id"]})
    done = (await take(connection, "response.done"))[-1]
    assert done["response"]["output"][0]["content"][0]["transcript"] == "New."


async def test_a_second_response_at_a_time_is_refused() -> None:
    connection = await ScriptedService([{"hear": "a", "say": ""}]).connect()
    await take(connection, "voice_widget.reply.requested")
    await connection.send({"type": "response.create", "event_id": "mine"})
    error = (await take(connection, "error"))[-1]["error"]
    assert (error["code"], error["event_id"]) == ("conversation_already_has_active_response", "mine")


async def test_typed_text_is_answered_by_the_script() -> None:
    service = ScriptedService([])
    service.script = ScriptedService(SCRIPT).script
    connection = await service.connect()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    connection._exchanges = iter(())
    await connection.send({"type": "conversation.item.create", "item": item})
    await connection.send({"type": "response.create"})
    done = (await take(connection, "response.done"))[-1]
    assert done["response"]["output"][0]["content"][0]["transcript"] == "Hello to you."


async def test_settings_are_taken_or_refused_whole() -> None:
    connection = await ScriptedService([]).connect()
    await connection.send(
        {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "two"}}}}
    )
    assert (await take(connection, "session.updated"))[-1]["session"]["audio"]["output"]["voice"] == "two"
    await connection.send(
        {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": "fast"}}}}
    )
    assert (await take(connection, "error"))[-1]["error"]["code"] == "invalid_value"


async def test_it_says_why_it_cannot_answer_an_offer() -> None:
    with pytest.raises(ServiceRefused, match=r"cannot answer.*memory"):
        await ScriptedService([]).answer("v=0", SessionConfig())


async def test_a_cut_line_is_named_and_a_closed_one_just_ends() -> None:
    service = ScriptedService([])
    connection = await service.connect()
    await take(connection, "session.created")
    connection.cut()
    with pytest.raises(ServiceUnavailable, match="cut off"):
        await take(connection, "never")
    other = await service.connect()
    await take(other, "session.created")
    await other.close()
    assert await take(other, "never") == []


async def test_who_follows_a_call_speaks_first_and_hears_when_its_sound_is_played_in_place_of_it() -> None:
    script = [{"hear": "a", "say": "one two three", "interrupt_ms": 450}, {"hear": "b", "say": "c"}]
    connection = await ScriptedService(script).connect(call_id="rtc_1")
    await connection.send({"type": "session.update", "session": {"type": "realtime"}})
    events = await take(connection, "output_audio_buffer.stopped")
    assert events[0]["type"] == "session.updated"
    kinds = types(events)
    assert "session.created" not in kinds
    assert "response.output_audio.delta" not in kinds
    played = [kind for kind in kinds if kind.startswith("output_audio_buffer.")]
    assert played == [f"output_audio_buffer.{how}" for how in ("started", "cleared", "started", "stopped")]
    cut = next(event for event in events if event["type"] == "conversation.item.truncated")
    assert cut["audio_end_ms"] == 450
    assert kinds.index("conversation.item.truncated") > kinds.index("output_audio_buffer.cleared")


async def test_a_tool_is_called_in_the_order_of_captured_sessions() -> None:
    connection = await ScriptedService([{"hear": "a", "say": ""}]).connect()
    request = (await take(connection, "voice_widget.reply.requested"))[-1]
    about = {"response_id": request["response_id"]}
    call = {"call_id": "call_1", "name": "look", "arguments": '{"far": true}'}
    await connection.send({"type": "voice_widget.reply.call", **about, **call})
    await connection.send({"type": "voice_widget.reply.done", **about})
    assert types(await take(connection, "response.done")) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]


async def test_an_answer_that_is_made_while_another_sounds_is_played_to_its_end_behind_it() -> None:
    connection = await ScriptedService([{"hear": "a", "say": "One two."}]).connect()
    await take(connection, "response.done")
    made_ms = connection.audio_ms()
    await connection.send({"type": "response.create", "response": {"text": "Three four five."}})
    await take(connection, "response.done")
    assert connection.audio_ms() == made_ms
    ticks = []
    for _ in range(4):
        await take(connection, "voice_widget.clock")
        ticks.append(connection.audio_ms() - made_ms)
    assert ticks == [1, 600, 601, 1500]


@pytest.mark.parametrize("content", [None, [{"type": "input_text", "text": None}]], ids=["none", "no text"])
async def test_a_message_without_words_is_an_item_all_the_same(content: Any) -> None:
    connection = await ScriptedService(SCRIPT).connect()
    item = {"id": "u", "type": "message", "role": "user", "content": content}
    await connection.send({"type": "conversation.item.create", "item": item})
    added = [e["item"] for e in await take(connection, "conversation.item.done") if "item" in e]
    assert [each["id"] for each in added] == ["u", "u"]


async def test_what_no_wire_can_carry_is_refused_as_it_is_everywhere() -> None:
    connection = await ScriptedService(SCRIPT).connect()
    tool = {"type": "function", "name": "find", "parameters": {"default": float("inf")}}
    with pytest.raises(ProtocolError, match="cannot be written as JSON"):
        await connection.send({"type": "session.update", "session": {"type": "realtime", "tools": [tool]}})
    assert connection.received == []
