"""One response at a time, by values."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.realtime.answering.response_queue import BUSY, ResponseQueue

CREATE = {"type": "response.create"}
ITEM = {"type": "conversation.item.create"}


def created(response_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": response_id, **fields}}


def done(response_id: str) -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": response_id}}


def kinds(events: Any) -> list[str]:
    return [event["type"] for event in events]


def test_a_turn_waits_whole_until_the_response_is_done() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    assert queue.submit([ITEM, CREATE]) == []
    assert kinds(queue.received(done("r1"))) == ["conversation.item.create", "response.create"]


def test_waiting_turns_go_one_by_one() -> None:
    queue = ResponseQueue()
    assert kinds(queue.submit([CREATE])) == ["response.create"]
    assert queue.submit([ITEM, CREATE]) == []
    assert queue.submit([CREATE]) == []
    queue.received(created("r1"))
    assert len(queue.received(done("r1"))) == 2
    assert queue.received(created("r2")) == []
    assert kinds(queue.received(done("r2"))) == ["response.create"]


def test_a_race_with_the_services_own_response_is_asked_again() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.received(created("theirs"))
    assert queue.received({"type": "error", "error": {"code": BUSY, "event_id": mine["event_id"]}}) == []
    # The service's `created` was taken for ours, so the error must find it all the same.
    assert kinds(queue.received(done("theirs"))) == ["response.create"]


def test_a_refusal_before_the_services_response_is_known_is_asked_again() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.received({"type": "error", "error": {"code": BUSY, "event_id": mine["event_id"]}})
    assert queue.busy
    queue.received(created("theirs"))
    assert kinds(queue.received(done("theirs"))) == ["response.create"]


def test_another_refusal_lets_the_next_turn_go() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.submit([ITEM, CREATE])
    refused = {"type": "error", "error": {"code": "invalid_value", "event_id": mine["event_id"]}}
    assert kinds(queue.received(refused)) == ["conversation.item.create", "response.create"]


def test_an_error_of_something_else_changes_nothing() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    assert queue.received({"type": "error", "error": {"code": BUSY, "event_id": "other"}}) == []
    assert queue.busy


def test_a_response_of_a_service_that_names_no_conversation_is_waited_for() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.received(created("r1", conversation_id=None))
    assert queue.active == "r1"
    assert queue.submit([CREATE]) == []
    assert kinds(queue.received(done("r1"))) == ["response.create"]


def test_asides_hold_nothing_up() -> None:
    queue = ResponseQueue()
    queue.sent_elsewhere({"type": "response.create", "response": {"conversation": "none"}})
    queue.received(created("aside", conversation_id=None))
    assert kinds(queue.submit([CREATE])) == ["response.create"]
    queue.received(created("r1", conversation_id="conv"))
    queue.received(done("aside"))
    assert queue.submit([CREATE]) == []


def test_what_the_page_asked_for_counts() -> None:
    queue = ResponseQueue()
    queue.sent_elsewhere(CREATE)
    assert queue.submit([CREATE]) == []


def test_a_response_without_an_id_holds_nothing_up() -> None:
    queue = ResponseQueue()
    queue.received({"type": "response.created"})
    queue.received({"type": "response.created", "response": {}})
    assert [event["type"] for event in queue.submit([{"type": "response.create"}])] == ["response.create"]


def test_what_was_not_sent_after_all_is_sent_again() -> None:
    queue = ResponseQueue()
    sent = queue.submit([{"type": "response.create", "event_id": "x"}])
    assert queue.busy
    assert [event["event_id"] for event in queue.again(sent)] == ["x"]


# --- errors that name nothing ---


def error(**fields: Any) -> dict[str, Any]:
    return {"type": "error", "error": fields}


@pytest.mark.parametrize("event_id", [{}, {"event_id": None}, {"event_id": ""}])
def test_an_error_that_names_none_lets_the_next_turn_go(event_id: dict[str, Any]) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.submit([ITEM, CREATE])
    refused = error(code="server_error", message="Overloaded.", **event_id)
    assert kinds(queue.received(refused)) == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize("refused", [{"type": "error", "error": "Overloaded."}, {"type": "error"}])
def test_an_error_that_is_no_object_lets_the_next_turn_go(refused: dict[str, Any]) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.submit([CREATE])
    assert kinds(queue.received(refused)) == ["response.create"]


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "response_cancel_not_active"},
        {"code": "input_audio_buffer_commit_empty"},
        {"code": "invalid_value", "param": "session.voice"},
    ],
)
def test_an_error_about_something_else_that_names_none_changes_nothing(fields: dict[str, Any]) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.submit([CREATE])
    assert queue.received(error(**fields)) == []
    assert queue.busy


def test_an_error_that_names_none_concerns_no_response_that_is_being_made() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.received(created("r1"))
    queue.submit([CREATE])
    assert queue.received(error(message="Who knows.")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"code": BUSY, "event_id": None},
        {"code": BUSY},
        {"code": None, "message": "Conversation already has an active response in progress: resp_1."},
        {"type": BUSY},
        {"message": "A response is already in progress."},
        {"message": "Another response is being generated."},
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_race_is_known_without_an_id_or_a_code(fields: dict[str, Any], known: bool) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    if known:
        queue.received(created("theirs"))
    assert queue.received(error(**fields)) == []
    assert queue.busy
    # Also where nobody says what that other response is called before it ends.
    assert kinds(queue.received(done("theirs"))) == ["response.create"]


@pytest.mark.parametrize("said", ["Cancellation failed: no active response found.", "The response failed."])
def test_not_every_word_about_a_response_is_of_a_race(said: str) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.received(created("r1"))
    queue.received(error(message=said))
    assert queue.received(done("r1")) == []  # it is not asked again


# --- a user who speaks ---

SPEAKS = {"type": "input_audio_buffer.speech_started", "item_id": "u"}
SILENT = {"type": "input_audio_buffer.speech_stopped", "item_id": "u"}
COMMITTED = {"type": "input_audio_buffer.committed", "item_id": "u"}


def talked_over(response_id: str) -> dict[str, Any]:
    details = {"type": "cancelled", "reason": "turn_detected"}
    return {
        "type": "response.done",
        "response": {"id": response_id, "status": "cancelled", "status_details": details},
    }


class Heard:
    """A queue, and whether the session says that the user speaks."""

    def __init__(self) -> None:
        self.speaks = False
        self.queue = ResponseQueue(user_speaks=lambda: self.speaks)

    def received(self, *events: dict[str, Any]) -> list[str]:
        sent: list[Any] = []
        for event in events:
            self.speaks = event is SPEAKS or (self.speaks and event is not SILENT)
            sent += self.queue.received(event)
        return kinds(sent)


@pytest.mark.parametrize("ended", [talked_over("r1"), done("r1")], ids=["cancelled", "completed"])
def test_what_is_held_waits_for_the_answer_to_the_user_who_speaks(ended: dict[str, Any]) -> None:
    heard = Heard()
    queue = heard.queue
    heard.received(created("r1"))
    queue.submit([ITEM, CREATE])
    assert heard.received(SPEAKS) == []
    assert heard.received(ended) == []
    assert queue.submit([CREATE]) == []  # and so does what comes behind it
    assert queue.gives_way == "user"
    assert heard.received(SILENT, COMMITTED) == []
    assert queue.gives_way == "answer"
    assert heard.received(created("r2")) == []
    assert queue.gives_way == ""
    assert heard.received(done("r2")) == ["conversation.item.create", "response.create"]


def test_speech_of_which_the_session_knows_nothing_holds_nothing_up() -> None:
    queue = ResponseQueue()
    for event in (created("r1"), SPEAKS, done("r1")):
        queue.received(event)
    assert kinds(queue.submit([CREATE])) == ["response.create"]


@pytest.mark.parametrize("detection", [None, {"type": "server_vad", "create_response": False}])
def test_what_is_held_goes_at_once_where_the_service_does_not_answer_by_itself(detection: Any) -> None:
    queue = ResponseQueue()
    session = {"audio": {"input": {"turn_detection": detection}}}
    queue.received({"type": "session.updated", "session": session})
    queue.received(created("r1"))
    queue.submit([CREATE])
    queue.received(SPEAKS)
    assert kinds(queue.received(talked_over("r1"))) == ["response.create"]


def test_an_answer_that_the_service_does_not_begin_is_not_waited_for_for_ever() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    queue.submit([CREATE])
    for event in (SPEAKS, talked_over("r1"), SILENT):
        queue.received(event)
    assert kinds(queue.go_on()) == ["response.create"]


def test_speech_that_was_none_is_not_waited_for() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    queue.submit([CREATE])
    for event in (SPEAKS, talked_over("r1")):
        queue.received(event)
    assert kinds(queue.received({"type": "input_audio_buffer.cleared"})) == ["response.create"]


# --- interrupted before it began ---


def test_an_answer_that_is_interrupted_before_it_begins_is_cancelled_when_it_does() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    assert queue.interrupt() == []
    assert queue.submit([CREATE]) == []
    (cancel,) = queue.received(created("r1"))
    assert (cancel["type"], cancel["response_id"], queue.unwanted) == ("response.cancel", "r1", "r1")
    assert kinds(queue.received(done("r1"))) == ["response.create"]
    assert queue.received(created("r2")) == []  # that one is wanted


def test_an_answer_that_the_service_begins_by_itself_can_be_interrupted_before_too() -> None:
    queue = ResponseQueue()
    queue.received(SPEAKS)
    queue.received(SILENT)
    queue.sent_elsewhere({"type": "response.cancel"})
    assert kinds(queue.received(created("r1"))) == ["response.cancel"]


def test_an_interruption_of_what_never_began_stops_nothing_later() -> None:
    for ended in (error(code="server_error"), done("r1"), SPEAKS):
        queue = ResponseQueue()
        if ended is SPEAKS:
            queue.received(SPEAKS)
            queue.received(SILENT)
        else:
            queue.submit([CREATE])
        queue.interrupt()
        queue.received(ended)
        assert queue.received(created("r2")) == []
    queue = ResponseQueue()
    assert queue.interrupt() == []
    assert queue.received(created("r1")) == []


def test_an_interruption_of_what_is_being_made_cancels_it_at_once() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    assert kinds(queue.interrupt()) == ["response.cancel"]


# --- ends that come late, or alone ---


def test_a_response_that_ends_without_having_begun_lets_the_next_turn_go() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    queue.submit([CREATE])
    failed = {"type": "response.done", "response": {"id": "r1", "status": "failed"}}
    assert kinds(queue.received(failed)) == ["response.create"]


def test_the_late_end_of_an_old_response_ends_no_other() -> None:
    queue = ResponseQueue()
    for event in (created("r1"), created("r2"), done("r1")):
        assert queue.received(event) == []
    assert queue.active == "r2"
    queue.submit([CREATE])
    assert kinds(queue.received(done("r2"))) == ["response.create"]
    queue.submit([CREATE])
    assert queue.received(done("r2")) == []  # once more, while another one is awaited


def test_the_end_of_an_aside_is_not_the_end_of_what_was_asked_for() -> None:
    queue = ResponseQueue()
    queue.sent_elsewhere({"type": "response.create", "response": {"conversation": "none"}})
    queue.submit([CREATE])
    queue.received(created("aside", conversation_id=None))
    queue.submit([CREATE])
    assert queue.received(done("aside")) == []


def test_a_field_that_is_wrong_costs_that_field() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    queue.submit([CREATE])
    ended = {"type": "response.done", "response": {"id": 7, "status_details": "it was cancelled"}}
    assert kinds(queue.received(ended)) == ["response.create"]


# --- what is due ---

SPOKEN = [
    {"type": f"input_audio_buffer.{what}"} for what in ("speech_started", "speech_stopped", "committed")
]
HEARD = "conversation.item.input_audio_transcription."


def after_speech(*events: dict[str, Any]) -> ResponseQueue:
    queue = ResponseQueue()
    for event in (*SPOKEN, *events):
        queue.received(event)
    return queue


@pytest.mark.parametrize(
    ("then", "due"),
    [
        ([], True),
        ([{"type": HEARD + "completed", "transcript": "hello"}], True),
        ([{"type": HEARD + "failed"}], True),  # the service may have heard the sound itself
        ([{"type": HEARD + "completed", "transcript": " "}], False),
        ([{"type": HEARD + "completed", "transcript": "", "status": "in_progress"}], True),
        (
            [{"type": HEARD + "delta", "delta": "hello"}, {"type": HEARD + "completed", "transcript": ""}],
            True,
        ),
        (SPOKEN[:1], False),
        ([{"type": "input_audio_buffer.cleared"}], False),
        ([created("r1"), done("r1")], False),
        ([done("r1")], False),  # its beginning was not seen
    ],
)
def test_after_speech_an_answer_is_due_until_it_has_come(then: list[dict[str, Any]], due: bool) -> None:
    queue = after_speech(*then)
    assert (queue.due, queue.unasked, queue.asked) == (due, due, None)


@pytest.mark.parametrize("detection", [None, {"type": "server_vad", "create_response": False}])
def test_no_answer_is_due_where_the_service_begins_none_by_itself(detection: Any) -> None:
    queue = ResponseQueue()
    session = {"audio": {"input": {"turn_detection": detection}}}
    for event in ({"type": "session.updated", "session": session}, *SPOKEN):
        queue.received(event)
    assert not queue.due


def test_an_answer_to_speech_stays_due_when_what_gave_way_goes_on() -> None:
    queue = ResponseQueue(user_speaks=lambda: True)
    for event in (created("r1"), SPOKEN[0], done("r1"), *SPOKEN[1:]):
        queue.received(event)
    assert (queue.gives_way, queue.due) == ("answer", True)
    assert queue.go_on() == []
    assert (queue.gives_way, queue.due) == ("", True)


def test_an_answer_that_ends_while_another_is_due_is_not_that_one() -> None:
    queue = ResponseQueue()
    for event in (created("r1"), *SPOKEN, done("r1")):
        queue.received(event)
    assert queue.unasked


# --- beginnings and ends out of their order ---


@pytest.mark.parametrize("events", [[done("r1"), created("r1")], [created("r1"), done("r1"), created("r1")]])
def test_a_beginning_that_comes_after_its_end_holds_nothing_up(events: list[dict[str, Any]]) -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    for event in events:
        queue.received(event)
    assert (queue.busy, queue.due) == (False, False)
    assert kinds(queue.submit([CREATE])) == ["response.create"]


def test_an_id_that_is_given_again_to_an_answer_that_is_due_is_that_answers() -> None:
    queue = ResponseQueue()
    for _ in range(3):
        assert kinds(queue.submit([CREATE])) == ["response.create"]
        queue.received(created("same"))
        assert queue.active == "same"
        queue.received(done("same"))
        assert not queue.busy


# --- a cut that is refused ---


@pytest.mark.parametrize("by_page", [True, False])
def test_a_refused_cut_leaves_doubt_whether_there_is_anything_to_cut(by_page: bool) -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    cut = {"type": "response.cancel", "event_id": "of_the_page"}
    if by_page:
        queue.sent_elsewhere(cut)
    else:
        (cut,) = queue.interrupt()
    queue.received(error(message="Nothing to cancel", event_id=cut["event_id"]))
    assert (queue.doubt, queue.cut) == ("Nothing to cancel", True)
    queue.received({"type": "response.output_text.delta", "delta": "so"})
    assert (queue.doubt, queue.cut) == (None, False)


@pytest.mark.parametrize("first", ["cut", "fault"])
def test_an_error_of_the_answer_itself_counts_more_than_a_refused_cut(first: str) -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    (cut,) = queue.interrupt()
    errors = {
        "cut": error(message="Nothing to cancel", event_id=cut["event_id"]),
        "fault": error(message="It burns."),
    }
    for each in (errors.pop(first), *errors.values()):
        queue.received(each)
    assert (queue.doubt, queue.cut) == ("It burns.", False)


def test_an_answer_that_is_asked_for_once_goes_out_when_nothing_is_being_made() -> None:
    queue = ResponseQueue()
    assert kinds(queue.submit_once()) == ["response.create"]
    other = ResponseQueue()
    other.received(created("r1"))
    assert other.submit_once() == []
    assert kinds(other.received(done("r1"))) == ["response.create"]


def test_an_answer_that_begins_by_itself_is_not_asked_for_again() -> None:
    refused = ResponseQueue()
    (mine,) = refused.submit_once()
    refused.received({"type": "error", "error": {"code": BUSY, "event_id": mine["event_id"]}})
    refused.received(created("theirs"))
    assert refused.received(done("theirs")) == []
    held = ResponseQueue()
    held.submit([CREATE])
    assert held.submit_once() == []
    assert held.submit([ITEM, CREATE]) == []
    held.received(created("r1"))
    # What somebody asked for himself is answered all the same.
    assert kinds(held.received(done("r1"))) == ["conversation.item.create", "response.create"]
    held.received(created("r2"))
    assert held.received(done("r2")) == []
