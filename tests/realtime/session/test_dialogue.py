"""What an agent beside the engine is told of a session."""

from __future__ import annotations

from typing import Any

from voice_widget.realtime.session.dialogue import Dialogue, Message, Question


def message(item_id: str, role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": item_id, "type": "message", "role": role, "content": list(parts)}


def text(item_id: str, role: str, said: str) -> dict[str, Any]:
    return message(
        item_id, role, {"type": "output_text" if role == "assistant" else "input_text", "text": said}
    )


class Talk:
    """A dialogue, and short ways to say what happens."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.last: str | None = None

    def item(self, item: dict[str, Any], *, after: str | None = "last") -> None:
        previous = self.last if after == "last" else after
        for what in ("added", "done"):
            event = {"type": f"conversation.item.{what}", "previous_item_id": previous, "item": item}
            self.dialogue.hear(event)
        if after == "last":
            self.last = item["id"]

    def speaks(self, item_id: str, *words: str, response_id: str = "resp_1") -> None:
        """The assistant says words of half a second each."""
        self.item(message(item_id, "assistant"))
        for place, word in enumerate(words):
            self.dialogue.hear(
                {
                    "type": "response.output_audio_transcript.delta",
                    "response_id": response_id,
                    "item_id": item_id,
                    "delta": word,
                    "audio_start_ms": 500 * place,
                }
            )

    def hears(self, kind: str, **fields: Any) -> None:
        self.dialogue.hear({"type": kind, **fields})

    def tool(self, call_id: str, name: str, arguments: str, output: str | None) -> None:
        call = {"call_id": call_id, "name": name, "arguments": arguments}
        self.item({"id": f"item_{call_id}", "type": "function_call", **call})
        if output is not None:
            done = {"id": f"item_o{call_id}", "type": "function_call_output"}
            self.item({**done, "call_id": call_id, "output": output})


def test_a_spoken_question_follows_what_was_said_before():
    talk = Talk()
    talk.item(text("item_s", "system", "Be kind."))
    talk.item(text("item_1", "user", "Hello"))
    talk.speaks("item_2", "Hello,", " you.")
    talk.item(message("item_3", "user", {"type": "input_audio", "transcript": None}))
    talk.hears(
        "conversation.item.input_audio_transcription.completed", item_id="item_3", transcript=" and now? "
    )
    assert talk.dialogue.question("item_3") == Question(
        "and now?",
        (Message("system", "Be kind."), Message("user", "Hello"), Message("assistant", "Hello, you.")),
    )


def test_before_anyone_has_spoken_there_is_no_question():
    assert Talk().dialogue.question("") == Question("", ())


def test_a_written_answer_counts():
    talk = Talk()
    talk.item(message("item_1", "assistant"))
    talk.hears("response.output_text.delta", response_id="resp_1", item_id="item_1", delta="Hi.")
    assert talk.dialogue.question("").history == (Message("assistant", "Hi."),)


def test_of_an_interrupted_answer_only_what_was_heard_counts():
    talk = Talk()
    talk.speaks("item_1", "one", " two", " three", " four")
    talk.hears("output_audio_buffer.cleared", response_id="resp_1")
    talk.hears("conversation.item.truncated", item_id="item_1", audio_end_ms=900)
    assert talk.dialogue.question("").history == (Message("assistant", "one two"),)


def test_an_answer_that_was_cleared_before_it_sounded_was_not_said():
    talk = Talk()
    talk.speaks("item_1", "one", " two")
    talk.hears("output_audio_buffer.cleared", response_id="resp_1")
    assert talk.dialogue.question("").history == ()


def test_an_answer_that_was_played_is_not_taken_back_by_the_next_one():
    talk = Talk()
    talk.speaks("item_1", "one")
    talk.hears("output_audio_buffer.stopped", response_id="resp_1")
    talk.hears("output_audio_buffer.cleared", response_id="resp_1")
    assert talk.dialogue.question("").history == (Message("assistant", "one"),)


def test_outputs_of_tools_stand_last_with_their_calls():
    talk = Talk()
    talk.item(text("item_1", "user", "first"))
    talk.tool("call_1", "add", '{"a": 1}', "2")
    talk.speaks("item_2", "Two.")
    talk.item(text("item_3", "user", "second"))
    talk.speaks("item_4", "One moment.")
    talk.tool("call_2", "look", "{}", "there")
    talk.tool("call_3", "wait", "{}", None)
    assert talk.dialogue.question("item_3") == Question(
        "second",
        (
            Message("user", "first"),
            Message("tool", "2", "add", '{"a": 1}', "call_1"),
            Message("assistant", "Two."),
            Message("tool", "there", "look", "{}", "call_2", spoken="One moment."),
        ),
    )


def test_a_system_message_after_the_question_is_not_lost():
    talk = Talk()
    talk.item(text("item_1", "user", "why?"))
    talk.item(text("item_2", "system", "Be brief."))
    assert talk.dialogue.question("item_1") == Question("why?", (Message("system", "Be brief."),))


def test_items_are_put_in_where_they_belong_and_taken_out():
    talk = Talk()
    talk.item(text("item_1", "user", "one"))
    talk.item(text("item_3", "user", "three"))
    talk.item(text("item_2", "user", "two"), after="item_1")
    talk.item(text("item_0", "user", "zero"), after=None)
    talk.item(text("item_4", "user", "four"), after="item_unknown")
    talk.hears("conversation.item.deleted", item_id="item_3")
    talk.hears("conversation.item.deleted", item_id="item_3")
    said = [said.text for said in talk.dialogue.question("").history]
    assert said == ["zero", "one", "two", "four"]


def test_an_input_of_the_response_stands_in_for_the_conversation():
    talk = Talk()
    talk.item(text("item_1", "user", "private"))
    talk.item(text("item_2", "user", "public"))
    given = [
        {"type": "item_reference", "id": "item_2"},
        {"type": "item_reference", "id": "item_unknown"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes?"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sum it up."}]},
        {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "3"},
        "nonsense",
        {"type": "message", "role": "system", "content": 7},
        {"type": "message", "role": "martian"},
    ]
    assert talk.dialogue.question("item_2", given) == Question(
        "Sum it up.",
        (
            Message("user", "public"),
            Message("assistant", "Yes?"),
            Message("tool", "3", "add", "{}", "call_1"),
        ),
    )
    assert talk.dialogue.question("item_2", []) == Question("", ())


def test_what_was_said_before_each_call_stands_with_what_it_returned():
    talk = Talk()
    talk.item(text("item_1", "user", "book it"))
    talk.speaks("item_2", "One", " moment.", response_id="resp_1")
    talk.tool("call_1", "look", "{}", "free")
    talk.tool("call_2", "price", "{}", "9")
    talk.speaks("item_3", "It", " is", " free.", response_id="resp_2")
    talk.hears("output_audio_buffer.cleared", response_id="resp_2")
    talk.hears("conversation.item.truncated", item_id="item_3", audio_end_ms=900)
    talk.tool("call_3", "book", "{}", "done")
    talk.speaks("item_4", "Booked.", response_id="resp_3")
    assert talk.dialogue.question("item_1").history == (
        Message("tool", "free", "look", "{}", "call_1", spoken="One moment."),
        Message("tool", "9", "price", "{}", "call_2"),
        Message("tool", "done", "book", "{}", "call_3", spoken="It is"),
    )


def test_what_is_told_of_items_that_nobody_knows_changes_nothing():
    talk = Talk()
    talk.item(text("item_1", "user", "one"))
    words = {"response_id": "resp_1", "item_id": "item_x", "delta": "two"}
    talk.hears("response.output_text.delta", **words)
    talk.hears("conversation.item.input_audio_transcription.completed", item_id="item_x", transcript="three")
    talk.hears("conversation.item.truncated", item_id="item_x", audio_end_ms=0)
    talk.hears("rate_limits.updated", rate_limits=[])
    assert talk.dialogue.question("").history == (Message("user", "one"),)


def late(talk: Talk) -> None:
    """A tool gives something only when the user has asked something else."""
    talk.item(text("item_1", "user", "how many?"))
    talk.item({"id": "item_f", "type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"})
    talk.item(text("item_2", "user", "and the weather?"))
    talk.item({"id": "item_o", "type": "function_call_output", "call_id": "c", "output": "seven"})


def test_what_a_tool_gives_to_an_earlier_question_is_no_answer_to_the_last_one():
    talk = Talk()
    late(talk)
    assert talk.dialogue.asked("item_2") == "item_2"
    assert talk.dialogue.question("item_2") == Question("and the weather?", (Message("user", "how many?"),))


def test_it_is_asked_again_once_that_has_its_answer():
    talk = Talk()
    late(talk)
    talk.item(text("item_3", "assistant", "Sunny."))
    assert talk.dialogue.asked("item_2") == "item_1"
    assert talk.dialogue.question("item_1") == Question(
        "how many?",
        (
            Message("user", "and the weather?"),
            Message("assistant", "Sunny."),
            Message("tool", "seven", "add", "{}", "c"),
        ),
    )


def test_where_nothing_was_understood_what_a_tool_gave_is_answered():
    talk = Talk()
    talk.item(text("item_1", "user", "how many?"))
    talk.item({"id": "item_f", "type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"})
    talk.item(message("item_2", "user", {"type": "input_audio", "transcript": ""}))
    talk.item({"id": "item_o", "type": "function_call_output", "call_id": "c", "output": "seven"})
    assert talk.dialogue.asked("item_2") == "item_1"
