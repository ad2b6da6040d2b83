"""Against a server that deviates in one thing, the check names that thing."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.commands.check.double import Event, Twist, double
from tests.engine.caller import tone
from voice_widget.commands.check import tour
from voice_widget.commands.check.findings import FINDINGS
from voice_widget.commands.check.options import TALKS
from voice_widget.commands.check.report import Tried, exit_code
from voice_widget.commands.check.steps import Plan
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.openai import OpenAI

SETTINGS = SessionConfig(
    instructions="Be brief.",
    output_modalities=("audio",),
    input_format={"type": "audio/pcm", "rate": 24000},
    output_format={"type": "audio/pcm", "rate": 24000},
    transcription={"model": "whisper-1"},
    turn_detection={"type": "server_vad", "create_response": True, "interrupt_response": True},
)
PATIENCE = 10.0
DONE, CREATED = "response.done", "response.created"
ITEM_DONE = "response.output_item.done"
HEARD = "conversation.item.input_audio_transcription."
WORDS = "response.output_audio_transcript."
FORMAT = "session.audio.output.format"
OVERLOADED = {"type": "failed", "error": {"type": "server_error", "code": "overloaded"}}
SHORT = 0.6  # where something never comes


async def check(talk: str, patience: float = PATIENCE, **how: Any) -> Tried:
    async with double(**how) as server:
        service = OpenAI("m", "a-key-of-this-test", server.url)
        try:
            plan = Plan(SETTINGS, tone(300), patience, settle=0.01)
            tried = await tour.run(service, plan, ["websocket"], [talk], lambda made: None)
        finally:
            await service.close()
    return tried[0]


@pytest.mark.parametrize("talk", TALKS)
async def test_a_server_that_does_not_deviate_has_no_findings(talk: str) -> None:
    tried = await check(talk)
    assert tried.deviations == ()
    assert (tried.outcome, exit_code([tried])) == ("ok", 0)


# --- twists --------------------------------------------------------------------------------------


def on(kinds: str | tuple[str, ...], change: Callable[[Event], Event | Iterable[Any] | None]) -> Twist:
    """Change the events of a kind: into another, into several, or away."""

    def twist(event: Event) -> Iterable[Any]:
        if not event["type"].startswith(kinds):
            return [event]
        made = change(event)
        return [] if made is None else [made] if isinstance(made, dict) else made

    return twist


def without(kind: str) -> Twist:
    return on(kind, lambda event: None)


def with_field(kind: str | tuple[str, ...], path: str, value: Any) -> Twist:
    def change(event: Event) -> Event:
        *way, last = path.split(".")
        place: Any = event
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
        return event

    return on(kind, change)


GONE = object()


class Later:
    """Keeps the first event of a kind until another has gone out."""

    def __init__(self, kind: str, after: str) -> None:
        self.kind, self.after, self.kept = kind, after, None

    def __call__(self, event: Event) -> Iterable[Event]:
        if event["type"] == "session.created":
            self.kept = None
        if event["type"] == self.kind and self.kept is None:
            self.kept = event
            return []
        if event["type"] == self.after and self.kept:
            kept, self.kept = self.kept, {}
            return [event, kept]
        return [event]


class Mute:
    """Says nothing any more after the first answer."""

    over = False

    def __call__(self, event: Event) -> Iterable[Event]:
        if event["type"] == "session.created":
            self.over = False
        if self.over:
            return []
        self.over = event["type"] == DONE
        return [event]


class Echo:
    """Repeats the end of an answer after the beginning of the next."""

    last: Event | None = None

    def __call__(self, event: Event) -> Iterable[Event]:
        if event["type"] == "session.created":
            self.last = None
        if event["type"] == CREATED and self.last is not None:
            return [event, {**self.last, "event_id": self.last["event_id"] + "b"}]
        if event["type"] == DONE:
            self.last = event
        return [event]


class Cumulative:
    """Each delta repeats all that came before."""

    def __init__(self) -> None:
        self.text: dict[str, str] = {}

    def __call__(self, event: Event) -> Iterable[Event]:
        if event["type"] == WORDS + "delta":
            key = event["item_id"]
            self.text[key] = event["delta"] = self.text.get(key, "") + event["delta"]
        return [event]


class Swapped:
    """An id that changes from the second event of a kind on."""

    def __call__(self, event: Event) -> Iterable[Event]:
        if event["type"] == "input_audio_buffer.committed":
            event["item_id"] = "item_other"
        return [event]


def with_error(change: Callable[[Event], Event]) -> Twist:
    return on("error", change)


def in_progress(event: Event) -> Iterable[Event]:
    return [
        {**event, "event_id": f"{event['event_id']}b", "transcript": "two", "status": "in_progress"},
        event,
    ]


def old(event: Event) -> Event:
    return {**event, "type": event["type"].replace("output_audio", "audio")}


def _own_id(event: Event) -> Event:
    if event["item"].get("role") == "user":
        event["item"]["id"] = "item_mine"
    return event


def on_the_end(**changes: Any) -> Twist:
    return on("response.done", lambda event: {**event, "response": {**event["response"], **changes}})


def flat(event: Event) -> Event:
    shape = {"id": "sess_1", "modalities": ["audio", "text"], "voice": "alloy", "turn_detection": None}
    return {**event, "session": shape}


def recoded(change: Callable[[bytes], bytes]) -> Twist:
    def changed(event: Event) -> Event:
        return {**event, "delta": base64.b64encode(change(base64.b64decode(event["delta"]))).decode()}

    return on("response.output_audio.delta", changed)


def greeted(event: Event) -> Iterable[Event]:
    return [{"type": "conversation.created", "event_id": "event_0", "conversation": {}}, event]


def refused(event: Event) -> Event:
    error = {"type": "invalid_request_error", "code": "unknown_parameter", "message": "No."}
    return {"type": "error", "event_id": event["event_id"], "error": error}


def twice(event: Event) -> Iterable[Event]:
    return [event, {**event, "event_id": event["event_id"] + "b"}]


def pinging(event: Event) -> Iterable[Event]:
    return [event, {"type": "ping", "event_id": event["event_id"] + "b"}]


def usage_outside(event: Event) -> Event:
    return {**event, "response": {**event["response"], "usage": None}, "usage": {"total_tokens": 3}}


def completed(event: Event) -> Event:
    return {**event, "response": {**event["response"], "status": "completed"}}


def failed_at_once(event: Event) -> Event | None:
    if event["type"] == CREATED:
        return None
    event["response"] |= {"status": "failed", "status_details": OVERLOADED}
    return event


def not_transcribed(event: Event) -> Event:
    kept = {name: event[name] for name in ("event_id", "item_id", "content_index")}
    error = {"type": "server_error", "code": "DeploymentNotFound", "message": "No such deployment."}
    return {**kept, "type": HEARD + "failed", "error": error}


def _calls(event: Event) -> bool:
    return event["type"] == ITEM_DONE and event["item"]["type"] == "function_call"


def _emptied(event: Event) -> Event:
    if event["type"] == DONE and any(item["type"] == "function_call" for item in event["response"]["output"]):
        event["response"]["output"] = None
    return event


def _changed_call(event: Event, **changes: Any) -> Event:
    if _calls(event):
        event["item"] |= changes
    return event


def _renamed(event: Event) -> Iterable[Event]:
    if "session" in event:
        return [event]
    return [json.loads(json.dumps(event).replace('"get_weather"', '"functions.get_weather"'))]


def _with_call(event: Event, **changes: Any) -> Event:
    for item in event["response"]["output"]:
        if item["type"] == "function_call":
            item |= changes
    return event


def _broken_arguments(event: Event) -> Event:
    if event["type"].startswith("response.function_call_arguments"):
        return {**event, "arguments": "{city: Paris}"}
    return _changed_call(event, arguments="{city: Paris}")


@dataclass
class Case:
    """A deviation, in which talk it shows, and what follows from it."""

    finding: str
    talk: str
    twist: Twist = lambda event: [event]
    also: frozenset[str] = frozenset()
    timeout: float = PATIENCE
    how: dict[str, Any] = field(default_factory=dict)


CASES = {
    # errors
    "error without event_id": Case(
        "error_without_event_id", "bad-requests", with_field("error", "error.event_id", GONE)
    ),
    "error with event_id null": Case(
        "error_without_event_id", "bad-requests", with_field("error", "error.event_id", None)
    ),
    "error with another event_id": Case(
        "error_other_event_id", "bad-requests", with_field("error", "error.event_id", "event_0")
    ),
    "error as a text": Case(
        "error_no_object",
        "bad-requests",
        with_error(lambda event: {**event, "error": "Model is overloaded", "code": "overloaded"}),
    ),
    "numeric code": Case("error_code_no_text", "bad-requests", with_field("error", "error.code", 429)),
    "no code": Case("error_without_code", "bad-requests", with_field("error", "error.code", None)),
    "no message": Case("error_without_message", "bad-requests", with_field("error", "error.message", "")),
    "silence for bad requests": Case("no_error", "bad-requests", without("error"), timeout=SHORT),
    "a bad request closes": Case(
        "closed_by_bad_request", "bad-requests", how={"closes": "check.no_such_event"}
    ),
    "collision with null ids": Case(
        "error_without_event_id", "interruption", with_field("error", "error.event_id", None)
    ),
    "collision without code": Case(
        "active_response_unnamed",
        "interruption",
        with_field("error", "error.code", None),
        frozenset({"error_without_code"}),
    ),
    # the session
    "no session.created": Case("no_session_created", "session", without("session.created"), timeout=SHORT),
    "another event comes first": Case(
        "session_created_late",
        "session",
        on("session.created", greeted),
    ),
    "no session.updated": Case("no_session_updated", "session", without("session.updated"), timeout=SHORT),
    "an update is refused": Case(
        "update_refused",
        "session",
        on("session.updated", refused),
        frozenset({"event_id_repeated"}),
    ),
    "16 kHz": Case(
        "other_format", "session", with_field("session.updated", FORMAT, {"type": "audio/pcm", "rate": 16000})
    ),
    "a format as a text": Case("other_format", "session", with_field("session.updated", FORMAT, "g711_ulaw")),
    "other turn detection": Case(
        "setting_not_in_force",
        "session",
        with_field("session.updated", "session.audio.input.turn_detection.type", "semantic_vad"),
    ),
    "tools are dropped": Case(
        "setting_not_in_force", "tool", with_field("session.updated", "session.tools", [])
    ),
    "settings are not shown": Case(
        "session_incomplete",
        "session",
        with_field("session.updated", "session.audio.input.transcription", None),
    ),
    "milliseconds": Case(
        "expiry_no_time", "session", with_field("session.", "session.expires_at", int(1.8e12))
    ),
    "a time that is over": Case(
        "expiry_no_time", "session", with_field("session.", "session.expires_at", 1000)
    ),
    "the older session": Case(
        "older_shape", "session", on("session.", flat), frozenset({"session_incomplete"})
    ),
    # every event
    "no event_id": Case("event_id_missing", "typed", with_field("response.", "event_id", GONE)),
    "the same event_id": Case("event_id_repeated", "typed", with_field("response.", "event_id", "event_x")),
    "no response_id": Case("id_missing", "typed", with_field(WORDS + "delta", "response_id", GONE)),
    "no item_id": Case("id_missing", "typed", with_field("response.output_audio.delta", "item_id", GONE)),
    "no index": Case(
        "field_missing", "typed", with_field("response.output_audio.done", "output_index", GONE)
    ),
    "a text for a number": Case(
        "field_type", "typed", with_field("response.output_audio.done", "output_index", "first")
    ),
    "an unknown value": Case("value_unknown", "typed", with_field(ITEM_DONE, "item.role", "bot")),
    "older names": Case("older_name", "typed", on("response.output_audio.", old)),
    "an event of its own": Case(
        "unknown_event",
        "typed",
        on(CREATED, pinging),
        frozenset({"event_id_repeated"}),
    ),
    "no JSON": Case("not_json", "typed", on(CREATED, lambda event: [event, "pong"])),
    "no number": Case("not_json", "typed", lambda event: [json.dumps({**event, "x": math.nan})]),
    "no type": Case("not_json", "typed", on(CREATED, lambda event: [event, {"event_id": "x"}])),
    "half characters": Case(
        "broken_characters",
        "typed",
        with_field(WORDS + "delta", "delta", "caf\ufffd"),
        frozenset({"text_differs"}),
    ),
    # answers
    "nothing for response.create": Case(
        "no_answer", "typed", timeout=SHORT, how={"deaf": frozenset({"response.create"})}
    ),
    "response.done without created": Case("response_without_created", "typed", without(CREATED)),
    "no response.done": Case("response_without_done", "typed", without(DONE), timeout=SHORT),
    "created twice": Case("created_twice", "typed", on(CREATED, twice)),
    "done twice": Case("done_twice", "typed", on(DONE, twice)),
    "status_details as a text": Case(
        "status_details_no_object", "typed", on_the_end(status_details="unimplemented")
    ),
    "no status": Case("status_unknown", "typed", on_the_end(status=None)),
    "a failed answer": Case(
        "answer_failed",
        "typed",
        on_the_end(status="failed", status_details=OVERLOADED),
    ),
    "an incomplete answer": Case(
        "answer_incomplete",
        "typed",
        on_the_end(status="incomplete", status_details={"type": "incomplete", "reason": "content_filter"}),
    ),
    "incomplete for no reason": Case(
        "reason_missing", "typed", on_the_end(status="incomplete"), frozenset({"answer_incomplete"})
    ),
    "no usage": Case("usage_missing", "typed", on_the_end(usage=None)),
    "usage at the top": Case(
        "usage_at_top",
        "typed",
        on(DONE, usage_outside),
    ),
    "no conversation": Case(
        "conversation_null", "typed", with_field((CREATED, DONE), "response.conversation_id", None)
    ),
    "no conversation at the end": Case(
        "conversation_null", "typed", with_field(DONE, "response.conversation_id", None)
    ),
    "no output": Case("output_missing", "typed", on_the_end(output=None)),
    "usage that is no sum": Case(
        "usage_sum",
        "typed",
        on_the_end(usage={"total_tokens": 3, "input_tokens": 10, "output_tokens": 0}),
    ),
    "another place": Case("index_wrong", "typed", with_field("response.output_", "output_index", 9)),
    "no output_item.done": Case("step_missing", "typed", without(ITEM_DONE)),
    "no content_part": Case("step_left_out", "typed", without("response.content_part.")),
    "after the end": Case("after_done", "typed", Later("response.output_audio.done", DONE)),
    "wrong order": Case(
        "wrong_order", "typed", Later("response.output_item.added", "response.output_audio.delta")
    ),
    "text before its end": Case(
        "wrong_order",
        "typed",
        Later(WORDS + "delta", WORDS + "done"),
        frozenset({"text_differs"}),
    ),
    "cumulative deltas": Case("cumulative_deltas", "typed", Cumulative()),
    "another last text": Case("text_differs", "typed", with_field(WORDS + "done", "transcript", "No.")),
    "another text at the end": Case(
        "text_differs", "typed", with_field(DONE, "response.output.0.content.0.transcript", "No.")
    ),
    "the client's item id": Case("item_id_changed", "typed", on("conversation.item.", _own_id)),
    "no item.added": Case(
        "item_not_added", "typed", without("conversation.item.added"), frozenset({"step_missing"})
    ),
    # sound
    "zeros": Case("audio_silent", "typed", recoded(lambda sound: bytes(len(sound)))),
    "an odd number of bytes": Case("audio_odd_bytes", "typed", recoded(lambda sound: sound[:-1])),
    "no base64": Case(
        "audio_not_base64",
        "typed",
        with_field("response.output_audio.delta", "delta", "…"),
        frozenset({"audio_missing"}),
    ),
    "no sound": Case("audio_missing", "typed", without("response.output_audio.delta")),
    # speech
    "deaf": Case(
        "not_heard", "spoken", timeout=SHORT, how={"deaf": frozenset({"input_audio_buffer.append"})}
    ),
    "no speech_stopped": Case(
        "no_speech_stopped", "spoken", without("input_audio_buffer.speech_stopped"), timeout=1.0
    ),
    "no committed": Case("not_committed", "spoken", without("input_audio_buffer.committed"), timeout=1.0),
    "another item": Case("speech_item_changed", "spoken", Swapped()),
    "a transcript of another item": Case(
        "speech_item_changed", "spoken", with_field(HEARD + "completed", "item_id", "item_other")
    ),
    "a whole transcript of another item": Case(
        "speech_item_changed",
        "spoken",
        on(HEARD, lambda e: None if e["type"].endswith("delta") else {**e, "item_id": "item_other"}),
    ),
    "seconds for milliseconds": Case(
        "speech_times", "spoken", with_field("input_audio_buffer.speech_stopped", "audio_end_ms", 0)
    ),
    "no transcript": Case("no_transcription", "spoken", without(HEARD), timeout=1.0),
    "cumulative transcripts": Case(
        "transcription_in_progress", "spoken", on(HEARD + "completed", in_progress)
    ),
    "transcription fails": Case(
        "transcription_failed",
        "spoken",
        on(
            HEARD + "completed",
            not_transcribed,
        ),
    ),
    "no words": Case("transcript_empty", "spoken", with_field(HEARD + "completed", "transcript", "")),
    "usage of a transcript": Case("field_missing", "spoken", with_field(HEARD + "completed", "usage", GONE)),
    "not interrupted by speech": Case(
        "cancelled_without_done", "barge-in", without(DONE), frozenset({"response_without_done"}), timeout=1.0
    ),
    # tools
    "a call only in its arguments": Case(
        "call_only_in_arguments",
        "tool",
        on((ITEM_DONE, DONE), lambda e: None if _calls(e) else _emptied(e)),
        frozenset({"output_missing"}),
    ),
    "no call_id": Case("id_missing", "tool", on(ITEM_DONE, lambda e: _changed_call(e, call_id=None))),
    "another name": Case("tool_unknown", "tool", _renamed),
    "another call_id in the arguments": Case(
        "call_id_changed",
        "tool",
        with_field("response.function_call_arguments.done", "call_id", "call_other"),
    ),
    "another call_id at the end": Case(
        "call_id_changed", "tool", on(DONE, lambda e: _with_call(e, call_id="call_other"))
    ),
    "no name": Case(
        "field_missing", "tool", with_field("response.function_call_arguments.done", "name", GONE)
    ),
    "arguments are no JSON": Case(
        "arguments_no_json",
        "tool",
        on(
            ("response.function_call_arguments.done", ITEM_DONE, DONE),
            _broken_arguments,
        ),
        frozenset({"text_differs"}),
    ),
    # interruption
    "cancelled without done": Case(
        "cancelled_without_done",
        "interruption",
        without(DONE),
        frozenset({"response_without_done"}),
        timeout=SHORT,
    ),
    "cancelled, and completed": Case(
        "cancelled_otherwise",
        "interruption",
        on(DONE, completed),
        frozenset({"usage_missing", "output_missing", "step_missing", "step_left_out"}),
        timeout=SHORT,
    ),
    "cancelled for no reason": Case(
        "reason_missing", "interruption", on_the_end(status_details={"type": "cancelled"})
    ),
    "truncate is passed over": Case(
        "truncate_unanswered", "interruption", without("conversation.item.truncated"), timeout=SHORT
    ),
    "mute after an answer": Case("no_answer", "typed", Mute(), timeout=SHORT),
    "failed before it was created": Case(
        "response_without_created",
        "typed",
        on((CREATED, DONE), failed_at_once),
        frozenset({"answer_failed"}),
    ),
    "the end of an answer that was before": Case("done_twice", "typed", Echo(), frozenset({"wrong_order"})),
    "only conversation.created": Case(
        "no_session_created",
        "session",
        on("session.created", lambda event: [*greeted(event)][:1]),
        timeout=SHORT,
    ),
    "status_details as a text at the beginning": Case(
        "status_details_no_object", "typed", with_field(CREATED, "response.status_details", "none")
    ),
    "an error that says nothing": Case(
        "error_without_message",
        "bad-requests",
        on("error", lambda event: {**event, "error": dict.fromkeys(event["error"])}),
        frozenset({"error_without_code", "error_without_event_id", "field_type"}),
    ),
    # the connection
    "it leaves in the middle": Case("closed_early", "typed", how={"closes": "response.create"}),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_deviation_is_named(name: str) -> None:
    case = CASES[name]
    for patience in (case.timeout, PATIENCE):
        tried = await check(case.talk, patience, twist=case.twist, **case.how)
        found = {deviation.name for deviation in tried.deviations}
        if found <= {case.finding, *case.also}:
            break  # else something was late, on a busy machine: that it is not there, more patience must show
    assert case.finding in found, tried.deviations
    assert found <= {case.finding, *case.also}, tried.deviations
    assert exit_code([tried]) == int(any(FINDINGS[name].severity == "breaks" for name in found))


async def test_of_a_server_that_says_nothing_at_all_one_talk_is_enough() -> None:
    async with double(twist=lambda event: []) as server:
        service = OpenAI("m", "a-key-of-this-test", server.url)
        try:
            plan = Plan(SETTINGS, tone(300), 0.2, settle=0.01)
            tried = await tour.run(service, plan, ["websocket"], TALKS, lambda made: None)
        finally:
            await service.close()
    assert [made.talk for made in tried] == ["session"]
    names = {deviation.name for deviation in tried[0].deviations}
    assert names == {"no_session_created", "no_session_updated"}
    assert exit_code(tried) == 1


def only_greets(event: Event) -> Iterable[Event]:
    return [event] if event["type"] == "session.created" else []


async def test_of_a_server_that_greets_and_answers_nothing_two_talks_are_enough() -> None:
    async with double(twist=only_greets) as server:
        service = OpenAI("m", "a-key-of-this-test", server.url)
        try:
            plan = Plan(SETTINGS, tone(300), 0.2, settle=0.01)
            tried = await tour.run(service, plan, ["websocket"], TALKS, lambda made: None)
        finally:
            await service.close()
    assert [made.talk for made in tried] == ["session", "typed"]


async def test_who_answers_nothing_is_asked_one_bad_thing_and_leaves_for_no_request() -> None:
    silent = await check("bad-requests", 0.2, twist=only_greets)
    assert {deviation.name for deviation in silent.deviations} == {"no_session_updated", "no_error"}
    gone = await check("bad-requests", 0.2, twist=only_greets, closes="check.no_such_event")
    assert {deviation.name for deviation in gone.deviations} == {"no_session_updated", "closed_early"}


async def test_a_flood_is_named_and_ends_the_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_widget.commands.check.lines.MOST", 300)
    drops = on(
        WORDS + "delta", lambda event: [{**event, "event_id": f"e{n}", "delta": ""} for n in range(200)]
    )
    tried = await check("typed", twist=drops)
    assert "flood" in {deviation.name for deviation in tried.deviations}
    assert "closed_early" not in {deviation.name for deviation in tried.deviations}
