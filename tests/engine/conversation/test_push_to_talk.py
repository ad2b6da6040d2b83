"""A client that commits and asks for the answer in one breath, as push-to-talk pages do."""

import base64

import pytest

from tests.engine.caller import tone
from tests.engine.conversing import Talk, kinds
from tests.engine.rig import engine

SESSION = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}


def asked_at_once() -> Talk:
    talk = Talk(SESSION)
    talk.agent()
    talk.client("input_audio_buffer.commit")
    assert talk.client("response.create") == []
    return talk


def test_the_answer_is_to_what_was_committed_before() -> None:
    talk = asked_at_once()
    assert kinds(talk.committed())[0::3] == [
        "input_audio_buffer.committed",
        "response.created",
    ]
    assert not talk.events("voice_widget.reply.requested")
    talk.final("how much")
    requested = talk.last("voice_widget.reply.requested")
    assert requested["item_id"] == talk.last("input_audio_buffer.committed")["item_id"]


def test_it_begins_after_a_commit_of_nothing_too() -> None:
    talk = asked_at_once()
    out = talk.committed(empty=True)
    assert kinds(out) == ["error", "response.created", "voice_widget.reply.requested"]


@pytest.mark.parametrize("how", ["stages_lost", "unheard"])
def test_it_begins_when_nobody_is_left_to_answer_the_commit(how: str) -> None:
    talk = asked_at_once()
    out = talk.take(getattr(talk.core, how)(now_ms=1))
    assert kinds(out) == ["error", "response.created", "voice_widget.reply.requested"]
    assert talk.last("error")["error"]["code"] == "stages_lost"


def test_it_ends_with_the_reason_when_what_was_committed_could_not_be_recognised() -> None:
    talk = asked_at_once()
    talk.committed()
    out = talk.final("", failed="Refused. Check the key.")
    assert kinds(out) == ["conversation.item.input_audio_transcription.failed", "response.done"]
    error = talk.outcome()["status_details"]["error"]
    assert (error["code"], error["message"]) == ("recognition_failed", "Refused. Check the key.")


def test_each_of_several_waits_for_its_own_commit() -> None:
    talk = asked_at_once()
    talk.client("input_audio_buffer.commit")
    talk.client("response.create", response={"conversation": "none"})
    talk.committed()
    assert len(talk.events("response.created")) == 1
    talk.committed()
    assert len(talk.events("response.created")) == 2


def test_a_second_one_for_the_conversation_is_refused() -> None:
    talk = asked_at_once()
    talk.client("response.create")
    assert talk.last("error")["error"]["code"] == "conversation_already_has_active_response"


def test_it_can_be_cancelled_before_it_begins() -> None:
    talk = asked_at_once()
    assert talk.client("response.cancel") == []
    assert "response.created" not in kinds(talk.committed())


async def test_over_a_socket_the_text_is_answered() -> None:
    async with engine() as rig:
        kernel = await rig.kernel("model=any", lambda event: "it is three")
        await kernel.send({"type": "session.update", "session": SESSION})
        await kernel.send(
            {"type": "input_audio_buffer.append", "audio": base64.b64encode(tone(900)).decode()}
        )
        await kernel.send({"type": "input_audio_buffer.commit"})
        await kernel.send({"type": "response.create"})
        committed = await kernel.events.until("input_audio_buffer.committed")
        requested = await kernel.events.until("voice_widget.reply.requested")
        assert requested["item_id"] == committed["item_id"]
        kinds = kernel.events.types()
        heard = kinds.index("conversation.item.input_audio_transcription.completed")
        assert heard < kinds.index("voice_widget.reply.requested")


async def test_without_stages_a_commit_is_refused_at_once() -> None:
    async with engine() as rig:
        socket = await rig.socket("model=any")
        await socket.events.until("session.created")
        rig.keeper.warm = False
        await socket.send({"type": "input_audio_buffer.commit", "event_id": "mine"})
        error = (await socket.events.until("error"))["error"]
        rig.keeper.warm = True
    assert (error["code"], error["event_id"]) == ("stages_lost", "mine")
