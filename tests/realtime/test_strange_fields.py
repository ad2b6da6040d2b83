"""A bad field costs that field; an event that ends something always ends it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.realtime.talk import HEARD, Talk
from tests.realtime.test_fuzz import STRANGE
from voice_widget.errors import ProtocolError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Noticed, Problem, ResponseDone, ToolCallReady, Used
from voice_widget.realtime.wire.events import parse
from voice_widget.realtime.wire.fields import FIELDS, LOCAL_FIELDS, UNREAD

UNHASHABLE: list[Any] = [[], {}, [[]], {"a": []}]


@pytest.fixture
def talk() -> Talk:
    made = Talk(transport="webrtc")
    made("session.created", session={})
    made("voice_widget.call.media", state="connected")
    return made


def forgiven(talk: Talk, **event: Any) -> None:
    """An event as it comes from a service."""
    talk.at += 0.1
    talk.changes += talk.session.apply(parse(event, forgiving=True), talk.at)


# --- reading ---


@pytest.mark.parametrize("value", UNHASHABLE)
def test_a_type_that_cannot_be_a_key_costs_its_message(value: Any) -> None:
    for forgiving in (False, True):
        with pytest.raises(ProtocolError, match="no `type`"):
            parse({"type": value}, forgiving=forgiving)


@pytest.mark.parametrize("kind", sorted(set(FIELDS) - set(LOCAL_FIELDS)))
def test_a_service_is_read_or_says_nothing(kind: str) -> None:
    for name, _, _ in FIELDS[kind]:
        for value in [*STRANGE, *UNHASHABLE]:
            raw = json.dumps({"type": kind, name: None if value in (math.inf, math.nan) else value})
            try:
                event = parse(raw, forgiving=True)
            except ProtocolError as error:
                named = ("`item`", "`delta`", "voice_widget.")
                assert any(name in error.message for name in named)  # noqa: PT017
            else:
                Session().apply(event, 0.0)


def test_what_could_not_be_read_is_kept_beside_it() -> None:
    event = parse(
        {
            "type": "response.done",
            "event_id": 4,
            "response": {
                "id": "r",
                "conversation_id": [],
                "status_details": 5,
                "output": ["x", {"id": "a", "content": [None, {"type": 3, "text": "hello"}]}],
            },
        },
        forgiving=True,
    )
    assert "event_id" not in event
    # An explicit null means something: what cannot be read is not there.
    assert event["response"] == {"id": "r", "output": [{"id": "a", "content": [{"text": "hello"}]}]}
    assert event[UNREAD] == {
        "event_id": 4,
        "response.conversation_id": [],
        "response.status_details": 5,
        "response.output[0]": "x",
        "response.output[1].content[0]": None,
        "response.output[1].content[1].type": 3,
    }
    assert UNREAD not in parse({"type": "response.done", "response": {"id": "r"}}, forgiving=True)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"call_id": 7}, {"call_id": "7"}),
        ({"arguments": {"city": "Oslo"}}, {"arguments": '{"city":"Oslo"}'}),
        ({"content": "Hello."}, {"content": [{"type": "text", "text": "Hello."}]}),
        ({"content": ["Hello."]}, {"content": [{"type": "text", "text": "Hello."}]}),
        ({"content": {"type": "text", "text": "Hello."}}, {"content": [{"type": "text", "text": "Hello."}]}),
        ({"call_id": True, "id": 7}, {}),  # a user's item is known without it
    ],
)
def test_what_means_the_same_is_taken_for_it(given: dict[str, Any], read: dict[str, Any]) -> None:
    event = parse({"type": "conversation.item.added", "item": {"role": "user", **given}}, forgiving=True)
    assert event["item"] == {"role": "user", **read}


@pytest.mark.parametrize("output", ["Hello.", [{"type": "message", "content": ["Hello."]}]])
def test_an_answer_that_is_but_a_text_at_its_end_is_a_row(talk: Talk, output: Any) -> None:
    forgiven(talk, type="response.created", response={"id": "r"})
    forgiven(talk, type="response.done", response={"id": "r", "status": "completed", "output": output})
    assert [row["text"] for row in talk.session.rows] == ["Hello."]


# --- what ends something ends it ---


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("failed", "failed", {"response": {"id": "r", "error": {"message": "GPU died."}}}),
        ("failed", "failed", {"response": {"id": "r"}, "error": {"message": "GPU died."}}),
        ("failed", "failed", {"response_id": "r", "message": "GPU died."}),
        ("error", "failed", {"response_id": "r", "error": {"message": "GPU died."}}),
        ("error", "failed", {"response_id": "r", "error": "GPU died."}),
        ("error", "failed", {"error": {"message": "GPU died."}}),
        ("error", "failed", {"reason": "GPU died."}),
        ("completed", "completed", {"response": {"id": "r", "status": "in_progress"}}),
        ("cancelled", "cancelled", {"response": {"id": "r"}}),
        ("canceled", "cancelled", {"response": "r"}),
        ("incomplete", "incomplete", {"response": None}),
    ],
)
def test_an_end_whose_name_says_how_is_an_end(
    talk: Talk, name: str, status: str, told: dict[str, Any]
) -> None:
    talk.response()
    talk.message()
    forgiven(talk, type=f"response.{name}", **told)
    (ended,) = talk.all(ResponseDone)
    assert (ended.response_id, ended.status) == ("r", status)
    assert talk.session.activity == "idle"
    if status == "failed":
        assert talk.session.error is not None
        assert talk.session.error["message"] == "GPU died."


ENDING: list[tuple[str, dict[str, Any]]] = [
    (
        "response.done",
        {"response": {"id": "r", "status": "completed", "output": [], "usage": {"total_tokens": 3}}},
    ),
    ("input_audio_buffer.speech_stopped", {"item_id": "u", "audio_end_ms": 1000}),
    ("input_audio_buffer.committed", {"item_id": "u", "previous_item_id": None}),
    (HEARD + "completed", {"item_id": "u", "transcript": "hello", "content_index": 0, "usage": {}}),
    (HEARD + "failed", {"item_id": "u", "error": {"code": "x", "message": "no"}}),
    ("output_audio_buffer.started", {"response_id": "r"}),
    ("output_audio_buffer.stopped", {"response_id": "r"}),
    ("output_audio_buffer.cleared", {"response_id": "r"}),
]


def bent(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event with each of its fields, at any depth, in turn of a wrong type."""
    found: list[dict[str, Any]] = []
    for name, value in event.items():
        wrong = [7, [], [1], {"x": []}, True, *(() if isinstance(value, str) else ("odd",))]
        found += [{**event, name: instead} for instead in wrong]
        if isinstance(value, dict):
            found += [{**event, name: inner} for inner in bent(value)]
    return found


def scene(kind: str | None = None, changed: dict[str, Any] | None = None) -> Talk:
    """Speech and its answer; one event is replaced."""
    talk = Talk(transport="webrtc")
    talk("session.created", session={})
    talk("voice_widget.call.media", state="connected")

    def tell(name: str, **fields: Any) -> None:
        forgiven(talk, type=name, **(changed if name == kind and changed is not None else fields))

    events = dict(ENDING)
    tell("input_audio_buffer.speech_started", item_id="u", audio_start_ms=100)
    for name in ("speech_stopped", "committed"):
        tell(f"input_audio_buffer.{name}", **events[f"input_audio_buffer.{name}"])
    heard = HEARD + ("failed" if kind == HEARD + "failed" else "completed")
    tell(heard, **events[heard])
    tell("response.created", response={"id": "r", "status": "in_progress"})
    tell(
        "response.output_item.added",
        response_id="r",
        item={"id": "a", "type": "message", "role": "assistant"},
    )
    tell("response.output_audio_transcript.delta", response_id="r", item_id="a", delta="Fine.")
    tell("output_audio_buffer.started", **events["output_audio_buffer.started"])
    tell("response.done", **events["response.done"])
    ending = "cleared" if kind == "output_audio_buffer.cleared" else "stopped"
    tell(f"output_audio_buffer.{ending}", **events[f"output_audio_buffer.{ending}"])
    # The exact cut does not come; the next thing said shows that.
    talk("input_audio_buffer.speech_started", item_id="u2")
    talk("input_audio_buffer.speech_stopped", item_id="u2")
    talk("input_audio_buffer.cleared")
    return talk


@pytest.mark.parametrize(("kind", "fields"), ENDING, ids=[kind for kind, _ in ENDING])
def test_any_one_field_may_be_of_a_wrong_type(kind: str, fields: dict[str, Any]) -> None:
    for changed in bent(fields):
        talk = scene(kind, changed)
        session = talk.session
        assert talk.finished[:2] == ["u", "a"], changed
        assert session.activity in ("idle", "thinking"), changed
        assert not session.user_speaking, changed
        assert not session.assistant_speaking, changed
        assert talk.row("a")["text"] == "Fine.", changed
        assert [row["item_id"] for row in session.rows] == ["u", "a", "u2"], changed
        assert len(talk.all(ResponseDone)) == 1, changed
        assert [c.error for c in talk.all(Problem) if c.error["code"] == "invalid_event"] == [], changed


@pytest.mark.parametrize("missing", ["response_id", "item_id", "both"])
def test_text_without_an_address_is_the_answers_being_made(talk: Talk, missing: str) -> None:
    for number in (1, 2):
        named = {"response_id": f"r{number}", "item_id": f"a{number}"}
        where = {} if missing == "both" else {k: v for k, v in named.items() if k != missing}
        talk("response.created", response={"id": f"r{number}"})
        talk("response.output_text.delta", delta="One", **where)
        talk("response.output_text.delta", delta=" word", **where)
        talk("response.output_text.done", text="One word.", **where)
        talk.done(f"r{number}")
    assert [row["text"] for row in talk.session.rows] == ["One word."] * 2
    assert [row["status"] for row in talk.session.rows] == ["completed"] * 2


def test_responses_without_ids_are_told_apart(talk: Talk) -> None:
    for word in ("one", "two"):
        talk("response.created", response={})
        talk("response.output_text.delta", item_id=word, delta=word)
        talk("response.done", response={})
    assert [row["text"] for row in talk.session.rows] == ["one", "two"]
    assert len(talk.all(Used)) == 2
    assert talk.session.activity == "idle"


def test_an_item_that_is_named_late_is_the_same_row(talk: Talk) -> None:
    talk.response()
    talk("response.output_text.delta", delta="Hel", response_id="r")
    talk("conversation.item.added", item={"id": "a", "role": "assistant", "status": "in_progress"})
    talk("response.output_text.delta", delta="lo.", response_id="r", item_id="a")
    talk.done()
    assert [row["text"] for row in talk.session.rows] == ["Hello."]


def test_speech_that_is_named_late_is_the_same_row(talk: Talk) -> None:
    talk("input_audio_buffer.speech_started", audio_start_ms=5)
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=900)
    talk("input_audio_buffer.committed", item_id="u")
    talk(HEARD + "completed", item_id="u", transcript="hello")
    (row,) = talk.session.rows
    assert (row["text"], row["start_ms"], row["end_ms"]) == ("hello", 5, 900)


def users(talk: Talk) -> list[tuple[str, str]]:
    return [(row["text"], row["status"]) for row in talk.session.rows if row["role"] == "user"]


BOTH = [("good morning", "completed"), ("how are you", "completed")]


def test_utterances_under_one_id_are_rows_of_their_own(talk: Talk) -> None:
    talk.says(text="good morning")
    talk.says(text=None)
    assert talk.session.activity != "listening"
    talk(HEARD + "delta", item_id="u", delta="how ")
    talk(HEARD + "completed", item_id="u", transcript="how are you")
    assert users(talk) == BOTH


def test_texts_of_utterances_under_one_id_may_come_after_both(talk: Talk) -> None:
    talk.says(text=None)
    talk.says(text=None)
    for text in ("good morning", "how are you"):
        talk(HEARD + "completed", item_id="u", transcript=text)
    assert users(talk) == BOTH


def test_utterances_that_are_committed_under_one_id_are_rows_of_their_own(talk: Talk) -> None:
    for text in ("good morning", "how are you"):
        talk("input_audio_buffer.committed", item_id="u")
        talk(HEARD + "completed", item_id="u", transcript=text)
    assert users(talk) == BOTH


def test_another_session_may_count_its_utterances_from_one_again(talk: Talk) -> None:
    talk.says(text="good morning")
    talk("voice_widget.call.closed")
    talk("voice_widget.call.connecting", transport="memory")
    talk("session.created", session={})
    talk.says(text="how are you")
    assert users(talk) == BOTH


@pytest.mark.parametrize("moved", range(5))
def test_events_of_one_utterance_in_any_order_are_one_row(talk: Talk, moved: int) -> None:
    spoken: list[tuple[str, dict[str, Any]]] = [
        (f"input_audio_buffer.{what}", {}) for what in ("speech_started", "speech_stopped", "committed")
    ]
    spoken.append((HEARD + "completed", {"transcript": "good morning"}))
    spoken.insert(moved % 4, spoken.pop(moved - 1))
    for kind, fields in spoken:
        talk(kind, item_id="u", **fields)
    assert users(talk) == [("good morning", "completed")]


@pytest.mark.parametrize("kind", ["completed", "updated"])
def test_what_was_heard_may_be_called_a_text(talk: Talk, kind: str) -> None:
    talk.says(text=None)
    forgiven(talk, type=HEARD + kind, item_id="u", text="good morning")
    assert talk.row("u")["text"] == "good morning"


def test_a_transcription_that_fails_after_its_text_came_takes_nothing_back(talk: Talk) -> None:
    talk.says(text="good morning")
    talk(HEARD + "failed", item_id="u", error={"message": "late"})
    assert users(talk) == [("good morning", "completed")]
    assert talk.session.error is None
    assert [change for change in talk.all(Noticed) if change.notice is not None] == []


# --- errors ---


@pytest.mark.parametrize(
    ("event", "code", "said"),
    [
        ({"error": "Model is overloaded", "code": "overloaded"}, "overloaded", "Model is overloaded"),
        ({"error": {"code": 429, "message": "Slow down"}}, "429", "Slow down"),
        ({"message": "Out of memory", "code": 500}, "500", "Out of memory"),
        ({"error": {"message": {"detail": "no"}}}, "service_error", '{"detail":"no"}'),
        ({"error": ["a", "b"]}, "service_error", "a; b"),
        ({"error": {"msg": "Out of memory"}}, "service_error", "Out of memory"),
        ({"error": {"data": {"detail": "Out of memory"}}}, "service_error", "Out of memory"),
        ({"errors": [{"message": "Out of memory"}]}, "service_error", "Out of memory"),
        ({"text": "Out of memory"}, "service_error", "Out of memory"),
        ({"data": {"message": "Out of memory", "code": 5}}, "5", "Out of memory"),
        ({"error": "busy", "error_description": "Come later"}, "busy", "Come later"),
        ({"type": None, "error": {"message": "Out of memory"}}, "service_error", "Out of memory"),
        ({"type": "", "errors": ["Out of memory"]}, "service_error", "Out of memory"),
        (
            {"error": {"code": "rate_limit_exceeded", "message": "Limit 3 a minute."}},
            "rate_limit_exceeded",
            "Limit 3",
        ),
    ],
)
def test_an_error_is_told_in_the_services_own_words(talk: Talk, event: Any, code: str, said: str) -> None:
    talk("response.create", sent=True, event_id="e1")
    assert talk.session.activity == "thinking"
    forgiven(talk, **{"type": "error", **event})
    assert talk.session.error is not None
    assert talk.session.error["code"] == code
    assert said in talk.session.error["message"]
    assert talk.session.activity == "idle"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        ('{"type": "server_error", "message": "Out of memory"}', "server_error", "Out of memory"),
        ('{"type": "invalid_request_error", "code": "c", "message": "No.", "param": null}', "c", "No."),
        ('{"object": "error", "message": "Full.", "type": "BadRequestError", "code": 400}', "400", "Full."),
        ('{"type": "InternalError"}', "InternalError", "did not say which"),
        ('{"type": "failure", "error": {"message": "Full."}}', "failure", "Full."),
        ('{"type": "session.error", "error": "Full."}', "service_error", "Full."),
        ('{"error": {"type": "server_error", "message": "Full."}}', "server_error", "Full."),
        ('{"message": "Internal server error", "requestId": "r"}', "service_error", "Internal server error"),
        ('{"detail": "Not Found"}', "service_error", "Not Found"),
        ('{"code": 503, "message": "Come later."}', "503", "Come later."),
        ('{"code": "model_overloaded", "message": "Later."}', "model_overloaded", "Later."),
        ("Internal Server Error", "service_error", "Internal Server Error"),
        ("upstream connect failed:\n reset", "service_error", "upstream connect failed: reset"),
        ("<html><title>502 Bad Gateway</title>", "service_error", "502 Bad Gateway"),
        ('"RuntimeError: CUDA"', "service_error", "RuntimeError: CUDA"),
    ],
)
def test_an_error_that_does_not_say_that_it_is_one(talk: Talk, raw: str, code: str, said: str) -> None:
    talk("response.create", sent=True, event_id="e1")
    event = parse(raw, forgiving=True)
    talk(**{"kind": event.pop("type")}, **event)
    assert talk.session.error is not None
    assert talk.session.error["code"] == code
    assert said in talk.session.error["message"]
    assert talk.session.activity == "idle"


@pytest.mark.parametrize(
    "raw",
    [
        '{"type": "response.custom.failed", "error": {"message": "Not yours."}}',
        '{"type": "ping", "error": null}',
        '{"type": "status", "message": "No error so far."}',
    ],
)
def test_what_may_be_something_else_is_no_error(raw: str) -> None:
    assert parse(raw, forgiving=True) == json.loads(raw)


NEWS = ['{"message": "Welcome."}', '{"code": 200, "message": "Ok."}', "Welcome.", '"x"']


@pytest.mark.parametrize("raw", NEWS)
def test_what_says_nothing_of_a_fault_is_passed_over_by_name(raw: str) -> None:
    with pytest.raises(ProtocolError):
        parse(raw, forgiving=True)


def test_an_error_about_something_else_leaves_the_answer_due(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e1")
    talk("error", error={"code": "invalid_value", "message": "No.", "event_id": "e0"})
    assert talk.session.activity == "thinking"
    talk("error", error={"code": "response_cancel_not_active"})
    assert talk.session.activity == "thinking"


DETAILS: list[Any] = [
    {"error": {"type": "server_error", "detail": "GPU lost"}},
    {"type": "failed", "message": "GPU lost"},
    [{"message": "GPU lost"}],
]


@pytest.mark.parametrize(
    "event",
    [
        {"response": {"status": "failed", "error": "GPU lost"}},
        {"response": {"status": "failed"}, "error": {"message": "GPU lost"}},
        *({"response": {"status": "failed", "status_details": details}} for details in DETAILS),
    ],
    ids=repr,
)
def test_a_failed_response_says_why_in_the_services_own_words(talk: Talk, event: Any) -> None:
    talk("response.create", sent=True, event_id="e1")
    forgiven(talk, type="response.done", **event)
    assert talk.session.error is not None
    assert talk.session.error["message"] == "GPU lost"
    assert talk.session.activity == "idle"


def test_a_frame_that_is_no_json_is_quoted_as_it_begins() -> None:
    def told(raw: str) -> str:
        with pytest.raises(ProtocolError) as caught:
            parse(raw, forgiving=True)
        return caught.value.message

    assert told("Welcome to\n our server") == "The message is not JSON. It begins: “Welcome to our server”"
    assert "“word word" in told("word " * 100 + "x")
    # No word is cut, or half a key would not be known as one.
    assert "sk-" not in told("word " * 39 + "sk-" + "x" * 100)
    for raw in ('{"session": {"key": "x', "\x00\x01", "", "x" * 300):
        assert "begins" not in told(raw)


def test_status_details_as_a_text_are_the_reason(talk: Talk) -> None:
    talk.response()
    forgiven(
        talk, type="response.done", response={"id": "r", "status": "failed", "status_details": "It broke."}
    )
    assert talk.session.error is not None
    assert talk.session.error["message"] == "It broke."
    assert talk.session.activity == "idle"


def test_a_failure_without_a_beginning_ends_the_wait(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e1")
    talk.done(status="failed")
    assert talk.session.activity == "idle"


def test_the_late_end_of_an_older_response_leaves_the_next_one_due(talk: Talk) -> None:
    talk.response("r1")
    talk.response("r2")
    talk.done("r2")
    talk("response.create", sent=True, event_id="e1")
    talk.done("r1")
    assert talk.session.activity == "thinking"


@pytest.mark.parametrize("code", ["invalid_value", "unsupported_content_type", None])
@pytest.mark.parametrize(
    "kind", ["conversation.item.truncate", "response.cancel", "output_audio_buffer.clear"]
)
def test_a_refused_cut_is_known_by_what_it_answers(talk: Talk, code: str | None, kind: str) -> None:
    talk(kind, sent=True, event_id="e1", item_id="a", audio_end_ms=3)
    talk("error", error={"code": code, "message": "already shorter than 818", "event_id": "e1"})
    assert talk.all(Problem) == []
    talk("error", error={"code": code, "message": "already shorter than 818", "event_id": "e2"})
    assert len(talk.all(Problem)) == 1


def test_a_transcription_that_fails_each_time_names_the_setting(talk: Talk) -> None:
    steps = []
    for number in range(3):
        talk.says(f"u{number}", None)
        talk(HEARD + "failed", item_id=f"u{number}", error={"code": "odd", "message": "No."})
        assert talk.session.error is not None
        steps.append("transcription=" in talk.session.error["next_step"])
    assert steps == [False, True, True]
    talk.says("u3", "hello")
    talk.says("u4", None)
    talk(HEARD + "failed", item_id="u4", error={"code": "odd", "message": "No."})
    assert "transcription=" not in talk.session.error["next_step"]


def test_a_transcription_model_that_is_not_there_names_the_setting_at_once(talk: Talk) -> None:
    talk.says("u", None)
    talk(HEARD + "failed", item_id="u", error={"code": "DeploymentNotFound", "message": "No deployment."})
    assert talk.session.error is not None
    assert talk.session.error["message"] == "No deployment."
    assert "w.update(transcription=" in talk.session.error["next_step"]


def test_that_nothing_is_transcribed_stays_told_until_a_text_comes(talk: Talk) -> None:
    def fails(item_id: str) -> None:
        talk.says(item_id, None)
        talk(HEARD + "failed", item_id=item_id, error={"code": "odd", "message": "No deployment."})
        talk.answer(f"r_{item_id}", f"a_{item_id}")

    def notices() -> list[Any]:
        told, talk.changes = talk.all(Noticed), []
        return [change.notice and change.notice["code"] for change in told if change.about != "answer"]

    fails("u1")
    assert talk.session.error is None
    (notice,) = (change.notice for change in talk.all(Noticed))
    assert notice is not None
    assert notice["message"] == "What you say is not transcribed: No deployment."
    assert "w.update(transcription=" in notice["next_step"]
    fails("u2")
    assert notices() == ["not_transcribed"] * 2
    talk.says("u3", "hello")
    assert notices() == [None]
    fails("u4")
    heard = {"audio": {"input": {"transcription": {"model": "another"}}}}
    talk("session.updated", session=heard)
    talk("session.updated", session=heard)
    assert notices() == ["not_transcribed", None]
    fails("u5")
    talk("voice_widget.call.closed")
    talk("voice_widget.call.connecting", transport="webrtc", reconnect=True)
    assert notices() == ["not_transcribed"]
    talk("voice_widget.call.connecting", transport="webrtc")
    assert notices() == [None]


# --- what is said in another way ---


def test_a_transcript_that_is_told_so_far(talk: Talk) -> None:
    talk.says("u", None)
    for text in ("Hello", "Hello, my name"):
        talk(HEARD + "completed", item_id="u", transcript=text, status="in_progress")
        assert talk.row("u")["text"] == text
        assert talk.finished == []
    talk(HEARD + "completed", item_id="u", transcript="Hello, my name is Alex.", status="completed")
    assert talk.row("u")["text"] == "Hello, my name is Alex."
    assert talk.finished == ["u"]
    assert len(talk.all(Used)) == 1


@pytest.mark.parametrize("first", ["Hello", "Hello.", "hello my"])
def test_a_transcript_that_goes_on_after_its_end_is_kept(talk: Talk, first: str) -> None:
    talk.says("u", first)
    talk(HEARD + "completed", item_id="u", transcript="Hello, my name is")
    talk(HEARD + "completed", item_id="u", transcript="Hello, my name is Alex.")
    talk(HEARD + "completed", item_id="u", transcript="Something else.")
    assert talk.row("u")["text"] == "Hello, my name is Alex."
    assert talk.finished == ["u"]


@pytest.mark.parametrize("named", ["here", "before"])
def test_a_call_announced_by_its_arguments_only(talk: Talk, named: str) -> None:
    name = {"name": "look"} if named == "here" else {}
    talk.response()
    if named == "before":
        item = {"id": "f", "type": "function_call", "call_id": "c", "name": "look", "arguments": ""}
        talk("response.output_item.added", response_id="r", item=item)
        name = {"item_id": "f"}
    talk("response.function_call_arguments.done", response_id="r", call_id="c", arguments='{"x":1}', **name)
    assert talk.all(ToolCallReady) == []  # it may still be cancelled
    talk("response.done", response={"id": "r", "output": None})
    assert [(c.call_id, c.name, c.arguments) for c in talk.all(ToolCallReady)] == [("c", "look", '{"x":1}')]
    assert talk.session.activity == "tool"
    talk(
        "conversation.item.create",
        sent=True,
        item={"type": "function_call_output", "call_id": "c", "output": "1"},
    )
    assert talk.session.activity == "thinking"


def test_a_call_is_made_once_however_often_it_is_announced(talk: Talk) -> None:
    item = {"id": "f", "type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
    talk.response()
    talk("response.function_call_arguments.done", response_id="r", item_id="f", call_id="c", arguments="{}")
    talk("response.output_item.done", response_id="r", item=item)
    talk.done(output=[item])
    assert len(talk.all(ToolCallReady)) == 1


def test_what_was_announced_and_cancelled_is_not_called(talk: Talk) -> None:
    talk.response()
    talk("response.function_call_arguments.done", response_id="r", call_id="c", name="look", arguments="{")
    talk.cancelled()
    assert talk.all(ToolCallReady) == []


def test_usage_beside_the_response(talk: Talk) -> None:
    talk.response()
    talk("response.done", response={"id": "r"}, usage={"total_tokens": 7})
    assert [used.usage for used in talk.all(Used)] == [{"total_tokens": 7}]


def test_the_final_text_mends_letters_that_were_cut_in_two(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk.word("Gr\ufffd\ufffdn")
    content = [{"type": "output_audio", "transcript": "Grün"}]
    talk.done(output=[{"id": "a", "type": "message", "role": "assistant", "content": content}])
    assert talk.row("a")["text"] == "Grün"


@pytest.mark.parametrize(
    ("reason", "step"), [("max_output_tokens", "go on"), ("content_filter", "other words"), (None, "go on")]
)
def test_an_answer_that_ended_early_says_why(talk: Talk, reason: str | None, step: str) -> None:
    talk.response()
    talk.message()
    talk.word("Once upon")
    talk.done(status="incomplete", status_details={"type": "incomplete", "reason": reason})
    assert (talk.row("a")["status"], talk.row("a")["stop_reason"]) == ("incomplete", reason)
    assert [used.stop_reason for used in talk.all(Used)] == [reason]
    (noticed,) = talk.all(Noticed)
    assert noticed.notice is not None
    assert step in noticed.notice["next_step"]
    talk.answer("r2", "a2")
    assert talk.all(Noticed)[1:] == [Noticed(None)]
    assert talk.row("a2")["stop_reason"] is None


def test_an_answer_of_zeros_is_told(talk: Talk) -> None:
    for number, sound in enumerate(("AAAAAAAA", "AAAAAAA=", "AAABAAAA")):
        talk.response(f"r{number}")
        talk.message(f"r{number}", f"a{number}")
        for delta in ("AAAAAAAA", sound):
            talk("response.output_audio.delta", response_id=f"r{number}", item_id=f"a{number}", delta=delta)
        talk.done(f"r{number}")
    silent, voiced = talk.all(Noticed)
    assert silent.notice is not None
    assert silent.notice["code"] == "answer_silent"
    assert voiced == Noticed(None)


def test_a_detection_whose_type_is_null_is_none() -> None:
    event = parse({"type": "session.created", "session": {"voice": "ara", "turn_detection": {"type": None}}})
    assert event["session"]["audio"]["input"]["turn_detection"] is None


def test_the_voice_of_a_dialect_that_names_it_in_an_object(talk: Talk) -> None:
    forgiven(talk, type="session.updated", session={"voice": {"name": "alloy", "type": "openai"}})
    assert talk.session.voice == "alloy"


def test_an_end_without_a_name_may_have_been_anothers(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk.word("One")
    talk("response.done")
    assert (talk.finished, talk.session.activity) == ([], "thinking")
    talk.word(" two")
    talk.done(usage={"total_tokens": 3})
    talk.word(" three")
    assert talk.row("a")["text"] == "One two three"
    assert len(talk.all(ResponseDone)) == 1
    talk.sound("started")
    talk.sound("stopped")
    assert (talk.finished, talk.session.activity) == (["a"], "idle")
    assert talk.row("a")["text_heard"] == "One two three"


def test_text_after_an_end_without_a_name_is_kept(talk: Talk) -> None:
    talk.response()
    talk("response.output_text.delta", response_id="r", item_id="a", delta="One")
    talk("response.done", response="odd")
    assert (talk.finished, talk.session.activity) == (["a"], "idle")
    talk("response.output_text.delta", response_id="r", item_id="a", delta=" two")
    assert talk.session.activity == "thinking"
    talk.done()
    assert talk.session.activity == "idle"
    assert talk.row("a")["text"] == "One two"
    assert talk.finished == ["a"]
