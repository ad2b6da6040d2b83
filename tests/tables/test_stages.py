"""Where the time of an answer goes: each stage from its own events, by the tapes and by what may be odd."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.tapes import load
from tests.tables.test_ledger import Talk
from voice_widget.tables.metrics import MetricsTable
from voice_widget.tables.stages import Stages

STAGES = ["end_wait_ms", "recognition_ms", "first_word_ms", "first_sound_ms", "transport_ms"]
HEARD = "conversation.item.input_audio_transcription.completed"


def metrics(name: str) -> Any:
    talk = Talk()
    for line in load(name)[0]:
        talk.take(line["event"], line["at"], sent=line["sent"])
    records = talk.ledger.read()
    return MetricsTable().frame(records.first, records.counted, records.rows)


def test_a_spoken_turn_with_a_page():
    table = metrics("voice_turn")
    heard, answer = (table[table["kind"] == kind].iloc[0] for kind in ("transcription", "response"))
    # The page heard the end at 2.9 s of its clock, which began at 0.0; the service ended the turn at 3.3.
    assert answer["question_id"] == "item_u1"
    assert answer[STAGES].tolist() == [400, 185, 52, 142, 60]
    assert heard[STAGES[:2]].tolist() == [400, 185]
    assert heard[STAGES[2:]].isna().all()


def test_an_answer_after_a_tool_answers_no_question_again():
    table = metrics("function_call")
    answers = table[table["kind"] == "response"]
    assert answers["question_id"].isna().tolist() == [False, True]
    assert answers["end_wait_ms"].isna().all()  # no page heard the user
    assert answers["recognition_ms"].iloc[0] == 375


class Watched:
    """Stages that are told of events of one call that began at zero."""

    def __init__(self) -> None:
        self.stages = Stages()
        self.tell(0.0, "voice_widget.call.connecting")

    def tell(self, at: float, kind: str, **fields: Any) -> None:
        self.stages.observe({"type": kind, **fields}, at)

    def voiced(self, at: float, side: str, voiced: bool) -> None:
        self.tell(at, "voice_widget.page.voiced", side=side, voiced=voiced, at_ms=at * 1000)


def test_our_agents_first_word_counts_from_when_it_was_asked():
    talk = Watched()
    talk.tell(1.0, "input_audio_buffer.committed", item_id="u")
    talk.tell(1.1, "response.created", response={"id": "r"})
    talk.tell(1.3, "voice_widget.reply.requested", response_id="r", item_id="u")
    talk.tell(1.8, "voice_widget.reply.delta", response_id="r", delta="So")
    talk.tell(2.0, "response.output_audio_transcript.delta", response_id="r", delta="So")
    talk.tell(2.1, "response.output_audio.delta", response_id="r", delta="AAAA")
    answer = talk.stages.response("r")
    assert answer is not None
    assert answer.question is not None
    assert (answer.question.item_id, answer.first_word_ms, answer.first_sound_ms) == ("u", 500, 1000)
    assert (answer.question.end_wait_ms, answer.question.recognition_ms, answer.transport_ms) == (None,) * 3


def test_a_service_quicker_than_the_pages_ear_kept_nobody_waiting():
    talk = Watched()
    talk.voiced(0.5, "user", True)
    talk.tell(1.0, "input_audio_buffer.speech_stopped", item_id="u")
    talk.voiced(1.2, "user", False)
    question = talk.stages.question("u")
    assert question is not None
    assert question.end_wait_ms == 0


def test_the_silence_before_one_turn_is_not_that_of_the_next():
    talk = Watched()
    talk.voiced(0.5, "user", True)
    talk.voiced(0.9, "user", False)
    for at, item_id in ((1.2, "u1"), (5.0, "u2")):
        talk.tell(at, "input_audio_buffer.committed", item_id=item_id)
    waits = [question.end_wait_ms for name in ("u1", "u2") if (question := talk.stages.question(name))]
    assert waits == [300, None]


def test_sound_heard_before_it_was_told_says_nothing_of_the_way():
    talk = Watched()
    talk.tell(1.0, "response.created", response={"id": "r"})
    talk.voiced(1.4, "assistant", True)
    talk.tell(1.6, "output_audio_buffer.started", response_id="r")
    talk.voiced(2.0, "assistant", False)
    talk.voiced(2.5, "assistant", True)  # after a breath
    answer = talk.stages.response("r")
    assert answer is not None
    assert (answer.first_sound_ms, answer.transport_ms) == (600, None)


def test_a_response_beside_the_conversation_answers_nobody():
    talk = Watched()
    talk.tell(1.0, "input_audio_buffer.committed", item_id="u")
    talk.tell(1.1, "response.created", response={"id": "aside", "conversation_id": None})
    talk.tell(1.2, "response.created", response={"id": "r", "conversation_id": "conv_1"})
    asked = [answer.question for name in ("aside", "r") if (answer := talk.stages.response(name))]
    assert [question and question.item_id for question in asked] == [None, "u"]


def test_another_call_may_use_the_same_ids():
    talk = Watched()
    talk.tell(1.0, "response.created", response={"id": "r"})
    talk.tell(2.0, "voice_widget.call.connecting")
    assert talk.stages.response("r") is None


@pytest.mark.parametrize("odd", [None, 3, [], {}, "x"])
@pytest.mark.parametrize(
    "kind",
    [HEARD, "response.created", "voice_widget.page.voiced", "input_audio_buffer.committed", "response.done"],
)
def test_odd_events_are_no_stages(kind: str, odd: Any):
    talk = Watched()
    talk.tell(1.0, kind, item_id=odd, response=odd, response_id=odd, side=odd, voiced=odd, at_ms=odd)
    assert talk.stages.response("r") is None
