"""The answers: does each have its beginning and its end, and every step between them in its order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from voice_widget.commands.check.record import Deviation, Received, Record, member, shown
from voice_widget.commands.check.rules.responses import Item, Response, responses
from voice_widget.realtime.wire.events import Event

_STATUS = ("completed", "cancelled", "incomplete", "failed")
_AUDIO, _TRANSCRIPT, _TEXT = (
    "response.output_audio",
    "response.output_audio_transcript",
    "response.output_text",
)
_ARGUMENTS = "response.function_call_arguments"
_ADDED, _DONE = "response.output_item.added", "response.output_item.done"
_PART_ADDED, _PART_DONE = "response.content_part.added", "response.content_part.done"
_ITEM_ADDED, _ITEM_DONE = "conversation.item.added", "conversation.item.done"


def rules(record: Record) -> Iterator[Deviation]:
    """What is wrong with the steps of the responses."""
    made = responses(record)
    yield from _conversation(made)
    for response in made:
        yield from _ends(response)
        if response.status == "completed":
            yield from _completed(response)
        for item in response.items.values():
            if response.status not in ("cancelled", "failed"):
                yield from _steps(item, response)
            yield from _order(item, response)
            yield from _texts(item, response)
            if item.kind == "function_call":
                yield from _named(record, item, response)


def _conversation(made: list[Response]) -> Iterator[Deviation]:
    """None of what is asked here is asked for beside the conversation."""
    for steps in (
        [step for one in made for step in one.created],
        [step for one in made for step in one.done],
    ):
        told = [member(step.event, "response") for step in steps]
        told = [response for response in told if isinstance(response, Mapping)]
        if told and all(response.get("conversation_id", "") is None for response in told):
            yield Deviation(
                "conversation_null", steps[0].kind, "response.conversation_id", "null in every response"
            )


def _ends(response: Response) -> Iterator[Deviation]:
    first = min((*response.created, *response.done, *response.steps), key=lambda step: step.place)
    if not response.created:
        yield Deviation("response_without_created", "response.created", "", f"first came `{first.kind}`")
    elif first.kind != "response.created":
        yield Deviation("wrong_order", first.kind, "", "before `response.created`")
    if len(response.created) > 1:
        yield Deviation("created_twice", "response.created", "", f"{len(response.created)} for one id")
    if not response.done:
        return
    if len(response.done) > 1:
        yield Deviation("done_twice", "response.done", "", f"{len(response.done)} for one id")
    end = response.done[0]
    status, details = response.status, member(end.event, "response", "status_details")
    if status not in _STATUS:
        seen = "none" if status is None else shown(status)
        yield Deviation("status_unknown", "response.done", "response.status", seen)
    elif status == "failed":
        error = member(details, "error")
        words = (
            member(error, "message") or member(error, "code") or (details if isinstance(details, str) else "")
        )
        yield Deviation(
            "answer_failed", "response.done", "response.status", f"failed: {words or 'no reason'}"
        )
    elif status == "incomplete":
        yield Deviation("answer_incomplete", "response.done", "response.status", _reason(details))
    if (
        status in ("incomplete", "cancelled")
        and not isinstance(details, str)
        and not member(details, "reason")
    ):
        yield Deviation("reason_missing", "response.done", "response.status_details.reason", "none")
    if status == "cancelled":
        return  # what was on its way may still come
    for step in response.steps:
        if step.place > end.place and not step.kind.startswith("output_audio_buffer."):
            yield Deviation("after_done", step.kind, "", "after `response.done`")


def _reason(details: Any) -> str:
    return f"incomplete: {member(details, 'reason') or 'no reason'}"


def _completed(response: Response) -> Iterator[Deviation]:
    end = response.done[0].event
    if not member(end, "response", "usage"):
        name, seen = ("usage_at_top", "beside `response`") if end.get("usage") else ("usage_missing", "none")
        yield Deviation(name, "response.done", "response.usage", seen)
    if response.items and not member(end, "response", "output"):
        yield Deviation(
            "output_missing", "response.done", "response.output", shown(member(end, "response", "output"))
        )
    parts = [member(end, "response", "usage", f"{name}_tokens") for name in ("input", "output", "total")]
    if all(isinstance(part, int) for part in parts) and parts[0] + parts[1] != parts[2]:
        yield Deviation(
            "usage_sum",
            "response.done",
            "response.usage.total_tokens",
            f"{parts[2]} for {parts[0]} and {parts[1]}",
        )
    yield from _indices(response)


def _indices(response: Response) -> Iterator[Deviation]:
    for item in response.items.values():
        first: int | None = None
        for step in item.steps:
            given = step.event.get("output_index")
            if not isinstance(given, int):
                continue
            first = given if first is None else first
            if not 0 <= given < len(response.items):
                seen = f"{given} among {len(response.items)}"
                yield Deviation("index_wrong", step.kind, "output_index", seen)
            elif given != first:
                yield Deviation("index_wrong", step.kind, "output_index", f"{given} after {first}")


def _steps(item: Item, response: Response) -> Iterator[Deviation]:
    """The steps that are not there. Of an answer that is still going on nothing is missing."""
    if not response.done:
        return
    kinds = {step.kind for step in item.steps}
    if item.kind == "function_call":
        needed, spared = [_ADDED, _DONE], [_ITEM_ADDED, _ITEM_DONE, f"{_ARGUMENTS}.done"]
        if _DONE not in kinds and f"{_ARGUMENTS}.done" in kinds:
            needed.remove(_DONE)
            yield Deviation("call_only_in_arguments", _DONE, "", f"only `{_ARGUMENTS}.done`")
    else:
        streams = [s for s in (_TRANSCRIPT, _TEXT) if {f"{s}.delta", f"{s}.done"} & kinds]
        needed = [_ADDED, _DONE, _ITEM_ADDED, *(f"{stream}.done" for stream in streams)]
        spared = [_PART_ADDED, _PART_DONE, _ITEM_DONE, *(f"{stream}.delta" for stream in streams)]
        if _TEXT not in streams:
            needed += [f"{_AUDIO}.done"] + ([] if _TRANSCRIPT in streams else [f"{_TRANSCRIPT}.done"])
    for name, steps in (("step_missing", needed), ("step_left_out", spared)):
        for step in steps:
            if step not in kinds:
                yield Deviation(
                    name, step, "", f"none for {'the call' if item.kind == 'function_call' else 'the answer'}"
                )
    yield from _call(item)


def _call(item: Item) -> Iterator[Deviation]:
    """A function call that cannot be run."""
    if item.kind != "function_call":
        return
    done = item.first(_DONE)
    if done is not None:
        for name, called in (("call_id", "id_missing"), ("name", "field_missing")):
            if not member(done.event, "item", name):
                yield Deviation(called, _DONE, f"item.{name}", shown(member(done.event, "item", name)))
    for step, given in _arguments(item):
        if isinstance(given, str) and not _is_object(given):
            yield Deviation("arguments_no_json", step.kind, "arguments", shown(given))


def _named(record: Record, item: Item, response: Response) -> Iterator[Deviation]:
    """The name that a call has is a tool's, and its id remains."""
    tools: set[Any] = set()
    for place, sent in record.sent("session.update"):
        if place < response.start:
            tools = {member(tool, "name") for tool in member(sent, "session", "tools") or ()} or tools
    told = [
        (step.kind, "item.", step.event["item"]) if "item" in step.event else (step.kind, "", step.event)
        for step in item.steps
    ]
    told += [
        (step.kind, "response.output.", output)
        for step in response.done[:1]
        for output in member(step.event, "response", "output") or ()
        if member(output, "id") == item.id
    ]
    first: str | None = None
    for kind, where, call in told:
        name, call_id = member(call, "name"), member(call, "call_id")
        if tools and isinstance(name, str) and name not in tools:
            yield Deviation("tool_unknown", kind, f"{where}name", shown(name))
        if isinstance(call_id, str) and call_id:
            first = first or call_id
            if call_id != first:
                yield Deviation(
                    "call_id_changed", kind, f"{where}call_id", f"{shown(call_id)} after {shown(first)}"
                )


def _arguments(item: Item) -> Iterator[tuple[Received, Any]]:
    for step in item.steps:
        if step.kind == f"{_ARGUMENTS}.done":
            yield step, step.event.get("arguments")
        elif step.kind == _DONE:
            yield step, member(step.event, "item", "arguments")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text or "{}"), dict)
    except (ValueError, RecursionError):
        return False


def _order(item: Item, response: Response) -> Iterator[Deviation]:
    end = response.done[0].place if response.done else None
    streams = (_AUDIO, _TRANSCRIPT, _TEXT, _ARGUMENTS)
    deltas = tuple(f"{stream}.delta" for stream in streams)
    ends = tuple(f"{stream}.done" for stream in streams)
    pairs = [
        (item.first(_ADDED), item.first(*deltas, *ends, _PART_ADDED, _PART_DONE, _DONE)),
        *((item.last(f"{stream}.delta"), item.first(f"{stream}.done")) for stream in streams),
        (item.last(*deltas, *ends), item.first(_DONE)),
        (item.first(_ITEM_ADDED), item.first(_ITEM_DONE)),
    ]
    for before, after in pairs:
        if before is None or after is None or (end is not None and before.place > end):
            continue
        if before.place > after.place:
            yield Deviation("wrong_order", after.kind, "", f"before `{before.kind}`")


def _texts(item: Item, response: Response) -> Iterator[Deviation]:
    """The live text against the last one."""
    for stream, name in ((_TRANSCRIPT, "transcript"), (_TEXT, "text"), (_ARGUMENTS, "arguments")):
        deltas = [step.event.get("delta") for step in item.steps if step.kind == f"{stream}.delta"]
        texts = [delta for delta in deltas if isinstance(delta, str) and delta]
        if not texts:
            continue
        if _cumulative(texts):
            yield Deviation(
                "cumulative_deltas",
                f"{stream}.delta",
                "delta",
                f"{shown(texts[-2])}, then {shown(texts[-1])}",
            )
            continue
        live = "".join(texts)
        end = item.last(f"{stream}.done")
        whole = end.event.get(name) if end is not None else None
        if isinstance(whole, str) and whole.strip() != live.strip():
            yield Deviation("text_differs", f"{stream}.done", name, f"{shown(live)}, then {shown(whole)}")
        elif response.status == "completed" and name != "arguments":
            last = _spoken(response.done[0].event, item.id)
            if last and last.strip() != live.strip():
                yield Deviation(
                    "text_differs", "response.done", "response.output", f"{shown(live)}, then {shown(last)}"
                )


def _cumulative(texts: list[str]) -> bool:
    return len(texts) > 2 and all(
        len(after) > len(before) and after.startswith(before) for before, after in pairwise(texts)
    )


def _spoken(done: Event, item_id: str) -> str:
    """The text of an item in ``response.done``."""
    for output in member(done, "response", "output") or ():
        if member(output, "id") == item_id:
            parts = member(output, "content")
            texts = [member(part, "transcript") or member(part, "text") for part in parts or ()]
            return "".join(text for text in texts if isinstance(text, str))
    return ""
