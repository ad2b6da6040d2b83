"""Every deviation by its name: how severe it is, what the protocol says, what a client loses by it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Severity = Literal["breaks", "remark"]
"""``breaks``: a client that keeps to the protocol hangs, or loses words, sound, a call or an answer.
``remark``: it costs a number or some comfort, or nothing."""


class Finding(NamedTuple):
    """What a deviation is called means this."""

    severity: Severity
    expected: str
    loses: str
    step: str = ""


def _breaks(expected: str, loses: str, step: str = "") -> Finding:
    return Finding("breaks", expected, loses, step)


def _remark(expected: str, loses: str, step: str = "") -> Finding:
    return Finding("remark", expected, loses, step)


_REFUSED = "Clients that check events by the types of the openai package drop the event."
_HANGS = "It waits for ever, and the questions behind this one with it."

FINDINGS: Mapping[str, Finding] = {
    # --- the connection ---
    "closed_early": _breaks("the connection stays open until the client closes it", "The rest of the talk."),
    "closed_by_bad_request": _breaks(
        "a bad request is answered by an `error` event, and the session goes on",
        "One wrong field costs the whole call.",
    ),
    "flood": _breaks(
        "as many events as a short talk needs",
        "Time: clients that look at each event fall behind, and are dropped.",
    ),
    "not_reached_again": _breaks("a server takes a client back after it has left", "Its next call."),
    "no_websocket": _remark(
        "`GET /v1/realtime` opens a session",
        "The widget needs its page for every call; servers and scripts have no way in.",
    ),
    "session_refused": _breaks("`GET /v1/realtime` opens a session", "Every client without a browser."),
    "no_webrtc": _remark(
        "`POST /v1/realtime/calls` answers offers",
        'Pages have to send their sound another way; the widget takes transport="comm".',
    ),
    "offer_refused": _breaks("an offer gets an answer (201, SDP)", "Every call from a browser."),
    "no_connection": _breaks(
        "the answer leads to a connection whose data channel opens", "Every call from a browser."
    ),
    "no_location": _remark(
        "`Location: /v1/realtime/calls/rtc_…` beside the answer",
        "No sideband: what the page does not send on, the server behind it never learns. "
        "The widget takes sideband=False.",
    ),
    "no_sideband": _breaks(
        "`/v1/realtime?call_id=…` opens for the call that `Location` names",
        "Whoever has to run tools or change settings beside the page.",
    ),
    "hangup_refused": _remark(
        "`POST …/calls/{call_id}/hangup` ends the call",
        "Calls whose page has gone run on until they are found.",
    ),
    "message_too_large": _breaks(
        "messages of a data channel stay below 64 KiB", "Browsers close the channel, and with it the call."
    ),
    # --- each event ---
    "not_json": _breaks("each message is one JSON object with a `type`", "What the message was about."),
    "unknown_event": _remark(
        "an event of the protocol",
        "Nothing where clients pass over what they do not know; strict ones complain.",
    ),
    "older_name": _breaks(
        "today's name of the event",
        "Clients of today's protocol do not see the event.",
        'The widget understands it; of other servers, see dialect="beta".',
    ),
    "older_shape": _breaks(
        "the session with `type`, and its settings within `audio.input` and `audio.output`",
        "Clients do not see which settings are in force. " + _REFUSED,
    ),
    "event_id_missing": _breaks("a text `event_id` in every event", _REFUSED),
    "event_id_repeated": _breaks(
        "each event has an `event_id` of its own",
        "Who follows a call by two ways tells repetitions by it, and drops the second event.",
    ),
    "id_missing": _breaks("an id that says what the event belongs to", "It belongs to nothing. " + _REFUSED),
    "field_missing": _breaks("the field is there", _REFUSED),
    "field_type": _breaks("the field has its type", _REFUSED),
    "value_unknown": _breaks("one of the protocol's values", _REFUSED),
    "broken_characters": _remark(
        "deltas are cut between characters, not within", "Its live text shows replacement characters."
    ),
    # --- the session ---
    "no_session_created": _breaks(
        "`session.created` when the connection opens, before the client has said anything",
        "Clients that wait for it never begin.",
    ),
    "session_created_late": _remark(
        "`session.created` comes first", "Clients that trust in it miss what was before."
    ),
    "session_created_on_sideband": _remark(
        "none on a sideband: `session.updated` comes first, in answer to the client's own update",
        "Nothing.",
    ),
    "no_session_updated": _breaks(
        "each `session.update` is answered by `session.updated`, or by an `error`",
        "It never knows whether its settings are in force; some never count as connected.",
    ),
    "update_refused": _breaks(
        "the settings that the protocol has", "The whole update: of its settings none is in force."
    ),
    "setting_not_in_force": _breaks(
        "what was set is in force, or the update is refused", "It talks with other settings."
    ),
    "session_incomplete": _remark(
        "`session.updated` shows the complete session", "It cannot show what is in force."
    ),
    "expiry_no_time": _remark(
        "`session.expires_at` is a time to come, in seconds since 1970",
        "It does not see the session's end coming, or takes a lost connection for it.",
    ),
    "other_format": _breaks(
        "the format that was asked for: an object, `audio/pcm` at 24000",
        "Sound at the wrong pitch and speed; played times and cuts are wrong by the same factor.",
    ),
    # --- items ---
    "item_not_added": _breaks(
        "each item is announced by `conversation.item.added`", "The turn has no place in its history."
    ),
    "item_id_changed": _breaks(
        "an item keeps the id that the client gave it", "It does not find its own item again."
    ),
    # --- answers ---
    "no_answer": _breaks("`response.created`, or an `error` that names the request", _HANGS),
    "request_refused": _breaks("a plain request is accepted", "The answer."),
    "response_without_created": _breaks(
        "`response.created` before any event of the response",
        "Clients that count responses by it lose this one.",
    ),
    "response_without_done": _breaks("`response.done` ends each response, whatever became of it", _HANGS),
    "created_twice": _breaks("one `response.created` for each response", "One answer counts as two."),
    "done_twice": _breaks(
        "one `response.done` for each response", "What it does at an answer's end is done twice."
    ),
    "after_done": _breaks("nothing of a response comes after its `response.done`", "What came late."),
    "status_unknown": _breaks(
        "`completed`, `cancelled`, `incomplete` or `failed`", "Whether the answer is whole."
    ),
    "status_details_no_object": _breaks(
        "null, or an object with `type`, `reason` and `error`", _REFUSED + " " + _HANGS
    ),
    "answer_failed": _breaks(
        "an answer",
        "The answer.",
        "Look into the server's log; the check can say nothing about what did not come.",
    ),
    "answer_incomplete": _remark("the whole answer of a few words", "The rest of the answer."),
    "reason_missing": _remark(
        "`status_details.reason` says why", "It cannot tell its user why the answer ended."
    ),
    "step_missing": _breaks(
        "every step of an answer is announced", "What it does at this step never happens."
    ),
    "step_left_out": _remark(
        "every step of an answer is announced", "Nothing, where it does without this step."
    ),
    "wrong_order": _breaks(
        "the steps of an answer come in their order", "What comes before what it belongs to."
    ),
    "cumulative_deltas": _breaks(
        "each delta brings only what is new", "It shows and says everything several times."
    ),
    "text_differs": _remark(
        "the deltas together are the text at the end", "Its live text is another than the last."
    ),
    "conversation_null": _breaks(
        'the conversation\'s id, and null only for what was asked for with `conversation: "none"`',
        "The answer: by this null clients tell what is made beside the conversation, and neither show it nor "
        "run its tools.",
    ),
    "output_missing": _remark(
        "`response.done` lists the answer's items in `output`", "Clients that read only that have nothing."
    ),
    "usage_missing": _remark(
        "`usage` of the response", "What the answer cost: the columns of tokens stay empty."
    ),
    "usage_at_top": _remark("`usage` within `response`", "What the answer cost: it is not looked for there."),
    "usage_sum": _remark(
        "`total_tokens` is the sum of `input_tokens` and `output_tokens`",
        "What the answer cost: its numbers contradict each other.",
    ),
    "index_wrong": _remark(
        "`output_index` is the item's place in the response, from 0 on",
        "Clients that find items by their place find none, or another.",
    ),
    # --- sound ---
    "audio_missing": _breaks("`response.output_audio.delta` carries the answer's sound", "It hears nothing."),
    "audio_not_base64": _breaks("base64 in `delta`", "This piece of the sound."),
    "audio_odd_bytes": _breaks(
        "whole samples of two bytes in each delta", "Clients that play each delta by itself play noise."
    ),
    "audio_silent": _breaks("sound", "It shows that the assistant speaks, and nothing is heard."),
    "audio_on_channel": _remark("none: with WebRTC the sound is in the track", "Room on the data channel."),
    "audio_on_sideband": _remark("none: a sideband carries no sound", "Some traffic."),
    "no_sound": _breaks("the answer sounds in the track of the connection", "It hears nothing."),
    "playout_not_started": _breaks(
        "`output_audio_buffer.started` when the answer begins to sound",
        "It cannot tell when the assistant speaks.",
    ),
    "playout_not_stopped": _breaks(
        "`output_audio_buffer.stopped` when the answer has sounded", "To it the assistant speaks for ever."
    ),
    # --- speech ---
    "not_heard": _breaks(
        "`input_audio_buffer.speech_started` when the caller speaks",
        "Whatever is said to it, and every interruption by voice.",
        "If the sound is at fault, give a recording of speech: --audio FILE.",
    ),
    "no_speech_stopped": _breaks(
        "`input_audio_buffer.speech_stopped` at the end of speech", "To it the caller speaks for ever."
    ),
    "not_committed": _breaks(
        "`input_audio_buffer.committed` at the end of speech", "It never knows that the turn is taken."
    ),
    "speech_item_changed": _breaks(
        "one `item_id` from `speech_started` to the item and its transcript", "The turn falls apart into two."
    ),
    "speech_times": _remark(
        "`audio_start_ms` and `audio_end_ms` count the milliseconds of the sound that was sent",
        "The times in its transcript, and every response gap.",
    ),
    "no_transcription": _breaks(
        "`….transcription.completed`, or `.failed`, for each spoken turn: the session asks for it",
        "What the user said.",
        "Without transcription: --transcription none.",
    ),
    "transcription_failed": _remark(
        "a transcript", "What the user said.", "Give a model that the server has: --transcription MODEL."
    ),
    "transcription_in_progress": _breaks(
        "`….transcription.completed` once for each turn, when the text is final",
        "It takes the first words for the whole turn.",
    ),
    "transcript_empty": _remark(
        "the words that were said", "What the user said.", "Give a recording of clear speech: --audio FILE."
    ),
    # --- tools ---
    "tool_not_called": _breaks(
        'a function call, at the latest with tool_choice "required"',
        "Every tool.",
        "Look whether this model calls tools at all.",
    ),
    "call_only_in_arguments": _breaks(
        "`response.output_item.done` with the whole call",
        "The call: most clients take it from there and run no tool.",
    ),
    "tool_unknown": _breaks(
        "`name` is that of one of the session's tools", "The call: there is no such tool to run."
    ),
    "call_id_changed": _breaks(
        "one `call_id` in all events of a call", "The tool's result: it goes to a call that is not there."
    ),
    "arguments_no_json": _breaks("`arguments` is the text of a JSON object", "The call: it cannot be run."),
    # --- interruption ---
    "cancelled_without_done": _breaks("a cancelled response gets its `response.done`", _HANGS),
    "cancelled_otherwise": _remark("`status` is `cancelled`", "The cut answer counts as whole."),
    "truncate_unanswered": _breaks(
        "`conversation.item.truncated`, or an `error`",
        "The server believes that all of the answer was heard.",
    ),
    "not_interrupted": _breaks("speech cuts an answer that is being made", "It has to listen to the end."),
    "playout_not_cleared": _breaks(
        "`output_audio_buffer.cleared` when the answer is cut", "To it the assistant speaks on."
    ),
    # --- errors ---
    "no_error": _breaks(
        "an `error` event for a request that cannot be fulfilled",
        "It waits for an answer that does not come.",
    ),
    "error_without_event_id": _breaks(
        "`error.event_id` is the `event_id` of the request",
        "It cannot tell which of its requests failed, and waits for the others as well.",
    ),
    "error_other_event_id": _breaks(
        "`error.event_id` is the `event_id` of the request", "It takes another request for failed."
    ),
    "error_no_object": _breaks(
        "`error` is an object with `type`, `code` and `message`", "The words of the service. " + _REFUSED
    ),
    "error_code_no_text": _breaks("`error.code` is a text", _REFUSED),
    "error_without_code": _remark(
        "`error.code` names what is wrong", "It cannot tell harmless errors from others."
    ),
    "error_without_message": _remark("`error.message` says what is wrong", "Its user reads nothing."),
    "active_response_unnamed": _breaks(
        "the code `conversation_already_has_active_response`",
        "It takes the collision for a failure; the request that it would send again is lost.",
    ),
}
"""All of them."""
