"""Spans, read by OpenTelemetry's own messages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from tests.recording.exports.samples import TEXTS
from voice_widget.recording.exports.otel import to_otel

ZERO = 1_767_225_600_000_000_000  # 2026-01-01


def row(seq: int, role: str, second: float | None, **more: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "item_id": f"item_{seq}",
        "role": role,
        "text": f"text {seq}",
        "text_heard": None,
        "status": "completed",
        "start_ms": None if second is None else round(second * 1000),
        "end_ms": None if second is None else round(second * 1000) + 800,
        "started_at": None if second is None else at(second),
        "arrived_at": at(9),
        "response_gap_ms": None,
        "interrupted": False,
        "source": "speech",
        "call_id": "call_1",
        **more,
    }


def at(second: float) -> str:
    return f"2026-01-01T00:00:{second:09.6f}+00:00"


def metric(response: str, item: str | None, began: float | None, ended: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "response",
        "response_id": response,
        "item_id": item,
        "call_id": "call_1",
        "status": "completed",
        "stop_reason": None,
        "model": "gpt-realtime",
        "started_at": None if began is None else at(began),
        "arrived_at": at(ended),
        "input_tokens": 50,
        **more,
    }


TOOL = {
    "tool_call_id": "fc_1",
    "name": "weather",
    "response_id": "resp_1",
    "call_id": "call_1",
    "arguments": '{"city":"Oslo"}',
    "output": {"sky": "clear"},
    "error": None,
    "started_at": at(2.5),
    "ended_at": at(3.25),
}


def exported(*records: Any, **more: Any) -> list[Span]:
    """The spans as the foreign messages hold them; a field that they do not know is refused."""
    exported = to_otel(*records, talk="talk_1", provider="openai", version="0.1", **more)
    data = json.loads(json.dumps(exported), object_hook=_bytes)
    scope = ParseDict(data, TracesData()).resource_spans[0].scope_spans[0]
    assert scope.scope.name == "voice_widget"
    return list(scope.spans)


def _bytes(values: dict[str, Any]) -> dict[str, Any]:
    """OTLP has its identifiers in hex, where protobuf's JSON has base64."""
    return {
        key: base64.b64encode(bytes.fromhex(value)).decode()
        if key in ("traceId", "spanId", "parentSpanId")
        else value
        for key, value in values.items()
    }


def attributes(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in span.attributes:
        kind = one.value.WhichOneof("value")
        value = getattr(one.value, kind)
        found[one.key] = [inner.string_value for inner in value.values] if kind == "array_value" else value
    return found


def tree(spans: list[Span]) -> list[tuple[str, str | None]]:
    names = {span.span_id: span.name for span in spans}
    return [(span.name, names.get(span.parent_span_id)) for span in spans]


def times(span: Span) -> tuple[float, float]:
    return (span.start_time_unix_nano - ZERO) / 1e9, (span.end_time_unix_nano - ZERO) / 1e9


TALK = (
    [row(1, "user", 1), row(2, "assistant", 4, interrupted=True)],
    [
        metric("resp_1", "item_of_the_tool", 2, 2.25),
        metric("resp_2", "item_2", 3.5, 4.5, status="cancelled", stop_reason="turn_detected"),
    ],
    [TOOL],
)


def test_a_call_holds_turns_a_turn_responses_and_a_response_tools():
    spans = exported(*TALK)
    assert tree(spans) == [
        ("call", None),
        ("user turn", "call"),
        ("chat gpt-realtime", "user turn"),
        ("execute_tool weather", "chat gpt-realtime"),
        ("invoke_agent", "call"),
        ("chat gpt-realtime", "invoke_agent"),
    ]
    assert [times(span) for span in spans] == [
        (1, 4.8),
        (1, 3.25),
        (2, 3.25),
        (2.5, 3.25),
        (3.5, 4.8),
        (3.5, 4.5),
    ]
    assert len({span.trace_id for span in spans}) == 1
    assert {len(span.trace_id) for span in spans} == {16}
    assert len({span.span_id for span in spans}) == 6
    assert {len(span.span_id) for span in spans} == {8}


def test_a_turn_tells_when_it_sounded_and_what_was_heard():
    answer = exported(*TALK)[4]
    assert [(one.name, (one.time_unix_nano - ZERO) / 1e9) for one in answer.events] == [
        ("voice_widget.sound.start", 4),
        ("voice_widget.sound.end", 4.8),
    ]
    found = attributes(answer)
    assert found["gen_ai.operation.name"] == "invoke_agent"
    assert found["gen_ai.conversation.id"] == "talk_1"
    assert found["voice_widget.turn.interrupted"] is True
    assert json.loads(found["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "text 2"}]}
    ]
    assert "voice_widget.turn.response_gap_ms" not in found
    half = attributes(exported([row(1, "assistant", 1, text_heard="text")])[1])
    assert json.loads(half["gen_ai.output.messages"])[0]["parts"][0]["content"] == "text"


def test_a_response_tells_what_it_used_by_the_agreed_names():
    used = metric(
        "resp_1",
        "item_2",
        3,
        4,
        input_audio_tokens=40,
        input_text_tokens=10,
        cached_tokens=30,
        cached_audio_tokens=20,
        output_audio_tokens=7,
        output_tokens=9,
        reasoning_tokens=None,
        first_sound_ms=310,
        cost=0.25,
    )
    response = exported([row(2, "assistant", 4)], [used])[2]
    assert response.kind == Span.SPAN_KIND_CLIENT
    assert attributes(response) == {
        "gen_ai.conversation.id": "talk_1",
        "gen_ai.provider.name": "openai",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-realtime",
        "gen_ai.response.model": "gpt-realtime",
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 50,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 30,
        "gen_ai.usage.text.input_tokens": 10,
        "gen_ai.usage.audio.input_tokens": 40,
        "gen_ai.usage.audio.output_tokens": 7,
        "gen_ai.usage.audio.cache_read.input_tokens": 20,
        "voice_widget.response.first_sound_ms": 310,
        "voice_widget.response.cost": 0.25,
    }


def test_what_a_transcription_used_stands_at_its_turn():
    used = metric("", "item_1", None, 2, kind="transcription", response_id=None)
    spans = exported([row(1, "user", 1)], [used])
    assert [span.name for span in spans] == ["call", "user turn"]
    assert attributes(spans[1])["gen_ai.usage.input_tokens"] == 50


def test_a_tool_tells_what_it_was_given_and_gave():
    found = attributes(exported(*TALK)[3])
    assert found["gen_ai.tool.name"] == "weather"
    assert found["gen_ai.tool.call.id"] == "fc_1"
    assert found["gen_ai.tool.call.arguments"] == '{"city":"Oslo"}'
    assert json.loads(found["gen_ai.tool.call.result"]) == {"sky": "clear"}
    seconds = {**TOOL, "started_at": ZERO / 1e9 + 2.5, "ended_at": ZERO / 1e9 + 3.25}
    assert exported(*TALK[:2], [seconds]) == exported(*TALK)


def test_a_tool_tells_with_what_it_ran_where_somebody_has_changed_that():
    changed = {**TOOL, "approved_arguments": '{"city":"Rome"}'}
    found = attributes(exported(*TALK[:2], [changed])[3])
    assert found["gen_ai.tool.call.arguments"] == '{"city":"Rome"}'


def test_what_failed_is_an_error_with_its_reason():
    failed = metric("resp_1", None, 2, 3, status="failed", stop_reason="rate_limit_exceeded")
    spans = exported([row(1, "user", 1)], [failed], [{**TOOL, "error": "no such city"}])
    assert [span.status.code for span in spans] == [
        Status.STATUS_CODE_UNSET,
        Status.STATUS_CODE_UNSET,
        Status.STATUS_CODE_ERROR,
        Status.STATUS_CODE_ERROR,
    ]
    assert attributes(spans[2])["error.type"] == "rate_limit_exceeded"
    assert spans[3].status.message == "no such city"


def test_without_content_nothing_that_was_said_is_in_it():
    whole = json.dumps(to_otel(*TALK, talk="t", provider="p", version="0"))
    bare = json.dumps(
        to_otel(*TALK[:2], [{**TOOL, "error": "no Oslo"}], talk="t", provider="p", version="0", content=False)
    )
    assert [word in whole for word in ("text 1", "Oslo", "clear")] == [True] * 3
    assert [word in bare for word in ("text 1", "Oslo", "clear")] == [False] * 3


def test_each_call_is_a_trace_and_exporting_again_gives_the_same():
    rows = [row(1, "user", 1), row(2, "user", 5, call_id="call_2")]
    spans = exported(rows)
    assert tree(spans) == [("call", None), ("user turn", "call")] * 2
    assert len({span.trace_id for span in spans}) == 2
    assert exported(rows) == spans


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_can_be_written(name: str):
    spans = exported([row(1, "user", 1, text=TEXTS[name])])
    assert spans[1].name == "user turn"


def test_rows_without_times_and_talks_without_rows():
    assert exported([]) == []
    spans = exported([row(1, "user", None, call_id=None)])
    assert [times(span) for span in spans] == [(9, 9), (9, 9)]
    assert (
        exported([], [metric("resp_1", None, None, 2)], [{**TOOL, "started_at": None, "ended_at": None}])[
            1
        ].name
        == "chat gpt-realtime"
    )
