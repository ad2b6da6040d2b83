"""The tables and their columns: the one place that says what there is. `docs/tables.md` is made from it.

A column is not renamed and keeps its meaning without a new `SCHEMA_VERSION`; columns may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

SCHEMA_VERSION = 1

TableName = Literal["transcript", "events", "tool_calls", "metrics", "words", "recording"]
UTC_TIME: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"


class Column(NamedTuple):
    """One column: its dtype in pandas, what it means, and the unit where there is one."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""


def _string(name: str, meaning: str) -> Column:
    return Column(name, "string", meaning)


def _ms(name: str, meaning: str) -> Column:
    return Column(name, "Int64", meaning, "ms")


def _time(name: str, meaning: str) -> Column:
    return Column(name, UTC_TIME, meaning, "UTC")


def _tokens(name: str, meaning: str) -> Column:
    return Column(name, "Int64", meaning, "tokens")


_CALL = _string("call_id", "the call")
_SEQ = Column("seq", "Int64", "position in the talk, from 1")

TRANSCRIPT = (
    _SEQ,
    _string("item_id", "the protocol's id of the turn"),
    _string("role", "`user` or `assistant`; of a message that `w.add_items` has put there also `system`"),
    _string("text", "what was said, or what `w.edit` has put in its place"),
    _string("text_heard", "of an answer, what was really heard of it"),
    _string(
        "status",
        "`in_progress`, `completed`, `incomplete`, `failed`, `no_transcript`; "
        "`rewound`: `w.rewind` took it back",
    ),
    _string(
        "stop_reason",
        "why an answer ended, or was cut, before it was whole or heard, in the service's word: "
        "`max_output_tokens`, `content_filter`, `turn_detected`, `client_cancelled`, …; "
        "ours are `call_lost`, `call_ended`, `events_lost`, `answer_unended` and `answer_timeout`; of one "
        "that failed, the row of `w.metrics_df` with this `item_id` has the `error` and the `next_step`",
    ),
    _string(
        "stopped_by",
        "the same in one word, whatever the service: `speech` (the user's), `interrupt` (the button, Escape "
        "or `w.interrupt()`), `token_limit`, `content_filter`, `call_ended`, `call_lost`, `events_lost`, "
        "`timeout`, `failure`, `unknown`; empty for what came to its end",
    ),
    _ms("start_ms", "when the sound began, on the call's audio clock"),
    _ms("end_ms", "when it ended, on the same clock"),
    _ms("service_start_ms", "when it began as the service says, on its own clock: often with padding"),
    _ms("service_end_ms", "when it ended as the service says, on the same clock"),
    _time("started_at", "the moment of `start_ms`; without it `arrived_at`"),
    _time("arrived_at", "when the kernel first heard of the turn"),
    _string("time_source", "where the times come from: `page`, `engine`, `samples`, `arrival`"),
    _ms("response_gap_ms", "of an answer, the silence before it"),
    Column("interrupted", "boolean", "the answer was cut, by somebody or by the end of its call"),
    _string("source", "`speech`, `typed`, `say`; `added`: nobody said it, and `w.add_items` put it there"),
    _string("voice", "the voice of an answer"),
    _string("model", "the service's model"),
    _CALL,
    _string(
        "overlap",
        "what the embedded engine took a sound of the user's over an answer for: `interruption`, "
        '`backchannel` ("mm-hm") or `cough`; `voice_widget.overlap.decided` in the events says why',
    ),
    _string("overlap_item_id", "the answer that this sound was over"),
    Column(
        "images", "Int64", "how many images the user sent with it; they are in the `conversation.item.create`"
    ),
    _string(
        "text_before",
        "what was really said, if `w.edit` has put another text in its place, or it was truncated by hand",
    ),
    _ms("audible_ms", "from `start_ms` to `end_ms`"),
    Column(
        "level_db",
        "Float64",
        "how loud it was: the root mean square of what was recorded of its side between `start_ms` and "
        "`end_ms`; empty without a recording, for silence, and until all of the turn's sound is there",
        "dBFS",
    ),
    _ms("overlap_ms", "so much of `audible_ms` the other side sounded too, as far as its times are known"),
)

EVENTS = (
    _time("at", "when it came or went"),
    _string("direction", "`received`, `sent`, `page` (sent by it), `local` (our own)"),
    _string("type", "the event's type"),
    _string("event_id", "its id, where it has one"),
    _string("event", "all of it as JSON, without audio and secrets"),
    _CALL,
)

TOOL_CALLS = (
    Column("seq", "Int64", "the turn behind which it was called"),
    _string(
        "kind",
        "`function`; of a `RealtimeAgent` also `handoff` (to another agent) and `guardrail` (it has found "
        "something in an answer, which was stopped; or it failed, and held nothing back)",
    ),
    _string("name", "the function, the MCP server's tool, or the guardrail"),
    _string("server", "the label of the MCP server at which the service called it; empty: a function"),
    _string("arguments", "as JSON, as the model wrote it; of a guardrail how much it was given"),
    _string(
        "approval",
        "where somebody had to allow it: `asked`, `approved`, `edited` (with other arguments), `always` (and "
        "so all later ones), `rejected`, `expired` (nobody answered in time)",
    ),
    _ms("approval_ms", "so long that took"),
    _string("approved_arguments", "as JSON, with what it ran, if somebody changed that"),
    _string("reason", "why it was rejected"),
    _string("output", "what the model was given; of a guardrail what it says of the text"),
    _string("error", "what went wrong"),
    _string("traceback", "where, if a function of yours raised"),
    _string(
        "status",
        "`requested` (to run, here or elsewhere); `waiting` (for approval); `running`; `completed`; "
        "`failed` (its output is an error); `rejected`; `cancelled` (the user interrupted); "
        "`not_run` (its response was cut, or its call ended first); `rewound` (taken back, or its item was "
        "deleted at the service)",
    ),
    _ms(
        "start_ms",
        "when it began, on the call's audio clock; of a guardrail, when it began to look at what was said",
    ),
    _ms("end_ms", "when it had ended, on the same clock; of a guardrail, when it had found something"),
    _time(
        "started_at", "the moment of `start_ms`; of a function of somebody else's when its response was over"
    ),
    _time("ended_at", "the moment of `end_ms`; of a function of somebody else's when its output was there"),
    _ms("duration_ms", "between these two"),
    _string("tool_call_id", "the protocol's `call_id` of the function call"),
    _string("item_id", "the item of the function call"),
    _string("response_id", "the response that called it"),
    _CALL,
)

METRICS = (
    _string("kind", "`response` or `transcription`"),
    _string("response_id", "which response"),
    _string("item_id", "the turn that it made or was made of"),
    _string("question_id", "of a response, the spoken turn that it answers"),
    _CALL,
    _string("status", "how it ended"),
    _string("stop_reason", "why before it was whole"),
    _string("error_code", "of a response that failed or came to nothing, why: the code of `w.error`"),
    _string("error", "what went wrong, as `w.error` said it"),
    _string("next_step", "what to do about it"),
    _string("model", "what did it"),
    _time("started_at", "when the response began: `response.created`"),
    _time(
        "arrived_at", "when it was over (its sound may go on): `response.done`, or the transcription's end"
    ),
    _ms("duration_ms", "between these two"),
    _ms("response_gap_ms", "of the turn `item_id`: the silence that was heard"),
    Column("interrupted", "boolean", "of the turn `item_id`"),
    _ms(
        "end_wait_ms",
        "end of speech: from the user's last sound, by the ear of the page (`voice_widget.page.voiced`), to "
        "`input_audio_buffer.speech_stopped`, or `.committed` with push to talk",
    ),
    _ms(
        "recognition_ms",
        "recognition: from there to `conversation.item.input_audio_transcription.completed`; a model that "
        "hears by itself does not wait for it",
    ),
    _ms(
        "first_word_ms",
        "the agent's first word: from `voice_widget.reply.requested` to the first "
        "`voice_widget.reply.delta`; where the service answers by itself, from `response.created` to the "
        "first piece of its text",
    ),
    _ms(
        "first_sound_ms",
        "first sound: from `response.created` to `output_audio_buffer.started`, or the first "
        "`response.output_audio.delta`",
    ),
    _ms("transport_ms", "transport and playout: from there to the page's ear (`voice_widget.page.voiced`)"),
    _tokens("input_tokens", "all of the input"),
    _tokens("output_tokens", "all of the output"),
    _tokens("total_tokens", "both"),
    _tokens("input_text_tokens", "text in the input, cached ones included"),
    _tokens("input_audio_tokens", "audio in the input, cached ones included"),
    _tokens("input_image_tokens", "images in the input, cached ones included"),
    _tokens("cached_tokens", "the cached part of the input"),
    _tokens("cached_text_tokens", "text in it"),
    _tokens("cached_audio_tokens", "audio in it"),
    _tokens("cached_image_tokens", "images in it"),
    _tokens("output_text_tokens", "text in the output"),
    _tokens("output_audio_tokens", "audio in the output"),
    _tokens("reasoning_tokens", "thought and not said"),
    _tokens("uncached_text_tokens", "text in the input that was not cached"),
    _tokens("uncached_audio_tokens", "audio in the input that was not cached"),
    _tokens("uncached_image_tokens", "images in the input that were not cached"),
    Column("audio_seconds", "Float64", "of a transcription that is counted by time", "s"),
    Column(
        "cost",
        "Float64",
        "by the prices that were given; empty where one is missing, or where the counts do not add up",
        "as the prices",
    ),
)

WORDS = (
    Column("seq", "Int64", "the turn"),
    _string("item_id", "the protocol's id of the turn"),
    _string("role", "`user` or `assistant`"),
    _string("word", "as it is written, with its punctuation; of an answer only what was heard"),
    _ms("start_ms", "when it begins, on the call's audio clock"),
    _ms("end_ms", "when it ends, on the same clock"),
    _string(
        "source",
        "who tells the times: `engine` (the embedded engine's voice), `service` (another service), "
        "`estimated` (shared out by length of the text); empty where there are none",
    ),
)

RECORDING = (
    _string("side", "`user` or `assistant`"),
    _string("kind", "`sound`; `gap`, `paused`, `redacted`: silence stands there"),
    Column("start", "Int64", "its first sample on the recording's timeline", "samples"),
    Column("samples", "Int64", "how many", "samples"),
    _ms("start_ms", "the same, in milliseconds"),
    _ms("end_ms", "where it ends"),
    _string(
        "reason",
        "why there is no sound; of sound `unaligned`: it may lie up to some 50 ms behind where it was heard, "
        "for the page could not tell",
    ),
    _CALL,
)

LABELS = (
    Column("number", "Int64", "the label's, from 1; it is not given again"),
    _string("code", "what it says, of the talk's `scheme`"),
    Column("seq", "Int64", "the turn that it is of; empty: it is of a stretch"),
    _string("side", "`user` or `assistant`; empty: of both"),
    _ms("start_ms", "where it begins on the recording's timeline; of a turn, as far as that is known"),
    _ms("end_ms", "where it ends"),
    Column("start", "Int64", "its first sample on the recording's timeline", "samples"),
    Column("end", "Int64", "the sample behind it", "samples"),
    _string("coder", "who gave it"),
    _time("labelled_at", "when it was given, or changed last"),
    _string("note", "what the coder wrote to it"),
    _string(
        "problem",
        "why it does not count: `outside` (of the talk), `unknown_turn`, `unknown_code` (not of the scheme)",
    ),
)
"""Of each talk apart (`Talk.labels_df`): what people say of it is none of the tables of what was recorded."""

TABLES: Mapping[TableName, tuple[Column, ...]] = {
    "transcript": TRANSCRIPT,
    "events": EVENTS,
    "tool_calls": TOOL_CALLS,
    "metrics": METRICS,
    "words": WORDS,
    "recording": RECORDING,
}


def dtypes(table: TableName) -> dict[str, str]:
    """The columns of a table, in order, each with its dtype.

    Example:
        >>> dtypes("recording")["samples"]
        'Int64'
    """
    return {column.name: column.dtype for column in TABLES[table]}
