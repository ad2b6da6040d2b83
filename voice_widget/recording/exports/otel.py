"""A talk as a trace of OpenTelemetry, in the JSON of OTLP: what a collector takes at ``/v1/traces``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from voice_widget.recording.exports.laying import whole
from voice_widget.tables.transcript import heard

Record = Mapping[str, Any]
_INTERNAL, _CLIENT = 1, 3  # kinds of spans
_ERROR = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Column of the metrics → the attribute that the conventions for generative AI give it.
_USAGE = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    **{
        f"{way}_{kind}_tokens": f"gen_ai.usage.{kind}.{way}_tokens"
        for kind in ("text", "audio", "image")
        for way in ("input", "output")
    },
    **{
        f"cached_{kind}_tokens": f"gen_ai.usage.{kind}.cache_read.input_tokens"
        for kind in ("text", "audio", "image")
    },
}
_OF_A_TURN = (
    *("seq", "item_id", "status", "source", "interrupted", "start_ms", "end_ms", "time_source"),
    *("response_gap_ms", "audible_ms", "overlap_ms", "level_db"),
)
_OF_A_RESPONSE = (
    *("end_wait_ms", "recognition_ms", "first_word_ms", "first_sound_ms", "transport_ms", "response_gap_ms"),
    "cost",
)


@dataclass
class _Span:
    """A span while it is put together: what is under it may still make it longer."""

    key: str
    name: str
    start: int
    end: int
    attributes: dict[str, Any]
    kind: int = _INTERNAL
    error: str | None = None
    events: list[tuple[str, int]] = field(default_factory=list)
    under: list[_Span] = field(default_factory=list)


def to_otel(
    rows: Iterable[Record],
    metrics: Iterable[Record] = (),
    tool_calls: Iterable[Record] = (),
    *,
    talk: str,
    provider: str,
    version: str,
    content: bool = True,
) -> dict[str, Any]:
    """Spans: a call, in it its turns, in a turn the responses, in a response the tools that it asked for.

    Each call is a trace of its own; ``gen_ai.conversation.id`` is the same in all calls of a talk. A turn is
    a row of the transcript and no group is made up: its span holds the time that it sounded (the events
    ``voice_widget.sound.start`` and ``voice_widget.sound.end``) and what belongs to it. A response without a
    row, such as one that only asks for a tool, lies in the turn that was the last to begin before it. The
    identifiers follow from the talk's, so exporting again gives the same spans.

    Names are those of the conventions for generative AI where they have been agreed: ``chat``,
    ``execute_tool`` and ``invoke_agent``, usage by kind. What they have no name for begins with
    ``voice_widget.``.

    Args:
        rows: The transcript.
        metrics: Rows as those of ``metrics_df``.
        tool_calls: Mappings with ``tool_call_id``, ``name``, ``response_id``, ``call_id``, ``arguments``,
            ``output``, ``error``, ``started_at`` and ``ended_at``. Here and above None is what nobody knows;
            times are ISO 8601, or seconds since the epoch.
        talk: What names the talk among all others.
        provider: Who answered, as ``gen_ai.provider.name`` has it: ``openai`` …
        version: This package's.
        content: Whether what was said and what tools were given and gave is in it. Traces are often stored
            where more people can read.
    """
    shared = {"gen_ai.conversation.id": talk, "gen_ai.provider.name": provider}
    calls: dict[str, _Span] = {}
    turns: dict[str, _Span] = {}
    responses: dict[str, _Span] = {}

    def call_of(record: Record, at: int) -> _Span:
        name = str(record.get("call_id") or "")
        attributes = {**shared, "voice_widget.call.id": name or None}
        return calls.setdefault(name, _Span(f"call {name}", "call", at, at, attributes))

    for row in sorted(rows, key=lambda row: row["seq"]):
        turn = _turn(row, shared, content)
        call_of(row, turn.start).under.append(turn)
        turns[row["item_id"]] = turn
    for metric in metrics:
        own = turns.get(str(metric.get("item_id")))
        if metric["kind"] != "response":
            if own is not None:
                own.attributes.update(_usage(metric))
            continue
        response = _response(metric, shared)
        call = call_of(metric, response.start)
        parent = own if own is not None else _last_before(call, response.start)
        parent.under.append(response)
        responses[str(metric.get("response_id"))] = response
    for tool in tool_calls:
        span = _tool(tool, shared, content)
        if span is None:
            continue
        parent = responses.get(str(tool.get("response_id"))) or _last_before(
            call_of(tool, span.start), span.start
        )
        parent.under.append(span)
    spans = [
        span for name, call in calls.items() for span in _written(call, _hex(32, talk, name), talk, None)
    ]
    scope = {"name": "voice_widget", "version": version}
    resource = {"attributes": _attributes({"service.name": "voice_widget", "service.version": version})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]}


def _turn(row: Record, shared: Record, content: bool) -> _Span:
    """The span of a row. Without a time of its own it is the moment in which it arrived."""
    at = row.get("started_at")
    start = _nanoseconds(at if at is not None else row["arrived_at"])
    timed = at is not None and row.get("start_ms") is not None and row.get("end_ms") is not None
    end = start + max(0, row["end_ms"] - row["start_ms"]) * 1_000_000 if timed else start
    attributes = {**shared, **{f"voice_widget.turn.{name}": row.get(name) for name in _OF_A_TURN}}
    answer = row["role"] == "assistant"
    if answer:
        attributes["gen_ai.operation.name"] = "invoke_agent"
    if content and (text := heard(row)):
        message = [{"role": row["role"], "parts": [{"type": "text", "content": text}]}]
        attributes[f"gen_ai.{'output' if answer else 'input'}.messages"] = _json(message)
    span = _Span(
        f"turn {row['item_id']}", "invoke_agent" if answer else f"{row['role']} turn", start, end, attributes
    )
    if timed:
        span.events = [("voice_widget.sound.start", start), ("voice_widget.sound.end", end)]
    return span


def _response(metric: Record, shared: Record) -> _Span:
    end = _nanoseconds(metric["arrived_at"])
    start = end if metric.get("started_at") is None else _nanoseconds(metric["started_at"])
    model, status = metric.get("model"), metric.get("status")
    reason = metric.get("stop_reason") or {"completed": "stop"}.get(str(status), status)
    attributes = {
        **shared,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": metric.get("response_id"),
        "gen_ai.response.finish_reasons": [str(reason)] if reason is not None else None,
        **_usage(metric),
        **{f"voice_widget.response.{name}": metric.get(name) for name in _OF_A_RESPONSE},
    }
    return _Span(
        f"response {metric.get('response_id')}",
        f"chat {model}" if model else "chat",
        start,
        max(start, end),
        attributes,
        _CLIENT,
        str(reason) if status == "failed" else None,
    )


def _tool(tool: Record, shared: Record, content: bool) -> _Span | None:
    """The span of a tool's call; None where nobody knows when it was."""
    times = [_nanoseconds(at) for at in (tool.get("started_at"), tool.get("ended_at")) if at is not None]
    if not times:
        return None
    name, error = str(tool.get("name")), tool.get("error")
    attributes = {
        **shared,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": tool.get("tool_call_id"),
    }
    if content:
        ran_with = tool.get("approved_arguments") or tool.get("arguments")
        attributes["gen_ai.tool.call.arguments"] = _text(ran_with)
        attributes["gen_ai.tool.call.result"] = _text(tool.get("output"))
    return _Span(
        f"tool {tool.get('tool_call_id')}",
        f"execute_tool {name}",
        times[0],
        max(times),
        attributes,
        error=None if not error else str(error) if content else "tool_failed",
    )


def _usage(metric: Record) -> dict[str, Any]:
    return {name: metric.get(column) for column, name in _USAGE.items()}


def _last_before(call: _Span, at: int) -> _Span:
    """The turn of a call that was the last to begin by then; else the call."""
    begun = [turn for turn in call.under if turn.start <= at and turn.key.startswith("turn ")]
    return max(begun, key=lambda turn: turn.start, default=call)


def _written(span: _Span, trace: str, talk: str, parent: str | None) -> list[dict[str, Any]]:
    """A span and all under it, as OTLP has them; one that holds others is as long as they are."""
    own = _hex(16, talk, trace, span.key)
    under = [written for inner in span.under for written in _written(inner, trace, talk, own)]
    start = min([span.start, *(int(inner["startTimeUnixNano"]) for inner in under)])
    end = max([span.end, *(int(inner["endTimeUnixNano"]) for inner in under)])
    written = {
        "traceId": trace,
        "spanId": own,
        **({"parentSpanId": parent} if parent else {}),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "attributes": _attributes({**span.attributes, **({"error.type": span.error} if span.error else {})}),
        "events": [{"name": name, "timeUnixNano": str(at)} for name, at in span.events],
        "status": {"code": _ERROR, "message": span.error} if span.error else {},
    }
    return [written, *under]


def _attributes(values: Record) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(inner) for inner in value]}}
    return {"stringValue": whole(str(value))}


def _nanoseconds(at: str | float) -> int:
    if isinstance(at, str):
        return (datetime.fromisoformat(at) - _EPOCH) // timedelta(microseconds=1) * 1000
    return round(at * 1_000_000) * 1000


def _hex(digits: int, *names: str) -> str:
    """An identifier that follows from names."""
    return hashlib.sha256(_json(names).encode()).hexdigest()[:digits]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _json(value)


_json: Callable[[Sequence[Any] | Record], str] = json.JSONEncoder(ensure_ascii=False, default=str).encode
