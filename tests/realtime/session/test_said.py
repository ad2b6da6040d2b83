"""What an agent is asked: as if the whole talk were gone through, at no more cost when it is long."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.session import turn
from tests.realtime.talk import HEARD, Talk
from tests.widget.test_growth import counted
from voice_widget.agents import Turn
from voice_widget.agents.turns import turn_of
from voice_widget.realtime.session.dialogue import question
from voice_widget.realtime.session.session import Session


def gone_through(session: Session, item_id: str) -> Any:
    """The question from all items, as they stand."""
    said = {message["item_id"]: message["text"] for message in session.history()}
    items = [
        {
            "id": row["item_id"],
            "type": "message",
            "role": row["role"],
            "content": [{"type": "input_text", "text": said.get(row["item_id"], "")}],
        }
        for row in session.rows
    ]
    return question(items, item_id)


def asked(session: Session, item_id: str) -> Turn:
    """What the agent gets."""
    return turn_of(session.question(item_id), response_id="resp_1", item_id=item_id)


def test_the_question_is_the_same_whatever_happens_late() -> None:
    chance = random.Random(5)
    talk = Talk(transport="memory")
    for number in range(60):
        user, answer, response = f"u{number}", f"a{number}", f"r{number}"
        talk.says(user, chance.choice(["hello", "what is it?", "", None]))
        assert talk.session.question(user) == gone_through(talk.session, user)
        talk.response(response)
        talk.message(response, answer)
        talk.word("One two three.", response, answer)
        talk.sound("started", response)
        if chance.random() < 0.4:
            talk.sound("cleared", response)
            talk.cancelled(response)
        else:
            talk.done(response)
            talk.sound("stopped", response)
        old = f"u{chance.randrange(number + 1)}"
        if chance.random() < 0.3:
            talk(HEARD + "completed", item_id=old, transcript="late words")
        if chance.random() < 0.1:
            talk("conversation.item.deleted", item_id=old)
        for asked in (old, user):
            assert talk.session.question(asked) == gone_through(talk.session, asked)
    assert talk.session.question("nobody") == gone_through(talk.session, "nobody")


def test_a_question_late_in_a_talk_is_as_much_work_as_an_early_one() -> None:
    session, work = Session(), []
    for number in range(300):
        for event, at, sent in turn(number):
            session.apply(event, at, sent=sent)
        work.append(counted(lambda number=number: asked(session, f"item_u{number}")))
    assert len(asked(session, "item_u299").history) == 598
    assert work[-1] <= work[10] * 1.05


def test_whether_a_turn_was_told_is_known_without_a_look_at_the_others() -> None:
    session, work = Session(), []
    for number in range(100):
        for event, at, sent in turn(number):
            session.apply(event, at, sent=sent)
        work.append(counted(lambda number=number: session.retold(f"item_u{number}")))
    assert work[-1] == work[10]
    told = {message["item_id"] for message in session.history()}
    assert told == {
        f"item_{side}{n}" for side in "ua" for n in range(100) if session.retold(f"item_{side}{n}")
    }
    assert not session.retold("item_of_nobody")
    assert len(told) == 200
