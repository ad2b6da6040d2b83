"""The conversation by hand, with the double and with the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from tests.talking import Stage
from voice_widget.agents import Message, ToolCall, Turn
from voice_widget.errors import ServiceRefused, SettingError, StateError, VoiceWidgetError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import ToolChanged
from voice_widget.recording.replay import replay
from voice_widget.services import Service
from voice_widget.services.local import Local
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk.steering import Steering
from voice_widget.threads.loop import call, submit
from voice_widget.tools.hosted_mcp import HostedMcp

asked: list[Turn] = []


def agent(turn: Turn) -> str:
    """It says what it was asked, and how."""
    asked.append(turn)
    manner = f" [{turn.instructions}]" if turn.instructions else ""
    return f"You said {turn.text or 'nothing'}{manner}."


def double() -> Service:
    return ScriptedService([])


def engine() -> Service:
    return Local(vad="level", tts="tone")


@pytest.fixture(scope="module", autouse=True)
def held() -> Iterator[None]:
    """One engine for all of them, as widgets of a kernel share one."""
    service = Local(vad="level", tts="tone")
    submit(service.start()).result(60)
    yield
    submit(service.close()).result(10)


@pytest.fixture(params=[double, engine], ids=["double", "engine"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    asked.clear()
    config = SessionConfig(output_modalities=("text",))
    made = Stage(request.param(), config, agent=agent)
    made.talk.connect().result(30)
    yield made
    made.close()


def by_hand(stage: Stage) -> Steering:
    return stage.talk.steering


def history(stage: Stage) -> list[tuple[str, str]]:
    """What the agent knows of when it is asked now."""
    stage.types("?")
    return [(message.role, message.text) for message in asked[-1].history]


def events(stage: Stage, kind: str, direction: str = "sent") -> list[dict[str, Any]]:
    return [e.event for e in stage.talk.events if (e.direction, e.event["type"]) == (direction, kind)]


def reads_again_the_same(stage: Stage) -> None:
    """The record of the talk tells the same rows."""
    lines = call(stage.talk.events.lines)
    assert list(replay(lines).rows) == stage.rows()


# --- events ---


def test_an_event_is_sent_as_it_is_and_stands_in_the_events(stage: Stage):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
    given = {"type": "conversation.item.create", "item": item}
    sent = by_hand(stage).send_event(given).result(10)
    assert sent["event_id"]
    assert sent["item"]["content"] == item["content"]
    assert events(stage, "conversation.item.create") == [sent]
    stage.finished(1)
    assert stage.texts() == [("user", "Hello.", "completed")]
    assert "event_id" not in given
    assert "id" not in item


def test_what_asks_for_an_answer_waits_for_the_one_that_is_made(stage: Stage):
    by_hand(stage).add_items(["Hello."]).result(10)
    first, second = (by_hand(stage).send_event({"type": "response.create"}) for _ in "12")
    ids = [first.result(10)["event_id"], second.result(10)["event_id"]]
    stage.finished(3)
    assert [event["event_id"] for event in events(stage, "response.create")] == ids
    assert [row["text"] for row in stage.rows() if row["role"] == "assistant"] == ["You said Hello.."] * 2
    assert stage.problems == []


MESSAGE = {"type": "conversation.item.create", "item": {"type": "message", "content": []}}


def message_of(role: str) -> dict[str, Any]:
    return {**MESSAGE, "item": {"type": "message", "role": role, "content": []}}


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"type": "response.crate"}, "event_unknown", "Did you mean 'response.create'?"),
        ({"type": "voice_widget.reply.done"}, "event_unknown", "output_audio_buffer.clear, response.cancel"),
        ({"no": "type"}, "event_invalid", "is no event"),
        ("response.create", "event_invalid", "is no event"),
        ({"type": "conversation.item.delete"}, "event_invalid", "`item_id` of `conversation.item.delete`"),
        ({"type": "response.create", "response": {"instructions": 3}}, "event_invalid", "must be a text"),
        ({"type": "conversation.item.create", "item": {"role": "user"}}, "event_invalid", "no `type`"),
        (MESSAGE, "event_invalid", "The message has no role. Give one of user, assistant, system"),
        (message_of("foo"), "event_invalid", "There is no role 'foo'. Give one of user, assistant, system"),
        (message_of("developer"), "event_invalid", "a developer's message is one of the system's"),
        (
            {"type": "response.create", "response": {"input": [message_of("bot")["item"]]}},
            "event_invalid",
            "There is no role 'bot'",
        ),
        ({"type": "response.create", "respons": {}}, "event_invalid", "Did you mean 'response'?"),
        (
            {"type": "response.create", "response": {"instructionz": "x"}},
            "event_invalid",
            "`response` has no field 'instructionz'. Did you mean 'instructions'?",
        ),
        (
            {"type": "response.cancel", "quickly": True},
            "event_invalid",
            "`response.cancel` has no field 'quickly'. There are event_id, response_id, type.",
        ),
        ({"type": "response.create", "response": {"instructions": "x" * 2_000_000}}, "text_too_long", "long"),
        ({"type": "response.create", "response": {"metadata": {"at": b"1"}}}, None, "as JSON"),
    ],
)
def test_what_is_no_event_is_refused_at_once(given: Any, code: str | None, words: str):
    stage = Stage(double(), agent=agent)
    with pytest.raises(SettingError) as refused:
        by_hand(stage).send_event(given)
    assert words in str(refused.value)
    assert code in (None, refused.value.code)
    stage.close()


PARTS = [{"type": "input_text", "text": "Hello."}]
WHOLE = {"type": "message", "role": "user", "content": PARTS}
MISTYPED = {"type": "message", "role": "user", "contents": PARTS}


@pytest.mark.parametrize(
    ("act", "code", "words"),
    [
        (
            lambda steering: steering.send_event({"type": "conversation.item.create", "item": MISTYPED}),
            "event_invalid",
            "`item` has no field 'contents'. Did you mean 'content'?",
        ),
        (
            lambda steering: steering.add_items(["Hello.", MISTYPED]),
            "item_invalid",
            "`item` has no field 'contents'. Did you mean 'content'?",
        ),
        (
            lambda steering: steering.respond({"input": [MISTYPED]}),
            "item_invalid",
            "`item` has no field 'contents'. Did you mean 'content'?",
        ),
        (
            lambda steering: steering.add_items(["Hello.", {**WHOLE, "stats": "completed"}]),
            "item_invalid",
            "`items[1]` has no field 'stats'. Did you mean 'status'?",
        ),
        (
            lambda steering: steering.respond({"input": ["Hello.", {**WHOLE, "stats": "completed"}]}),
            "event_invalid",
            "`response.input[1]` has no field 'stats'. Did you mean 'status'?",
        ),
        (
            lambda steering: steering.add_items([{"type": "message", "role": "user"}]),
            "item_invalid",
            "The message has no `content`. "
            "Give as content: a list of parts, each an object with a type and a text.",
        ),
        (
            lambda steering: steering.add_items([{"role": "user", "text": "Hello.", "name": "Ada"}]),
            "item_invalid",
            "`item` has no field 'name'. There are role, text, content, id.",
        ),
    ],
    ids=["event", "items", "input", "among items", "within input", "no content", "short"],
)
def test_a_mistyped_field_in_an_item_is_refused_at_once(
    act: Callable[[Steering], Any], code: str, words: str
):
    stage = Stage(double(), agent=agent)
    with pytest.raises(SettingError) as refused:
        act(by_hand(stage))
    assert (str(refused.value), refused.value.code) == (words, code)
    stage.close()


def test_the_id_of_an_item_in_its_short_form_is_kept(stage: Stage):
    assert by_hand(stage).add_items([{"id": "mine", "role": "user", "text": "Hello."}]).result(10) == ["mine"]
    assert [row["item_id"] for row in stage.finished(1)] == ["mine"]
    (made,) = by_hand(stage).add_items([{"id": None, "role": "user", "text": "Hello again."}]).result(10)
    assert stage.finished(2)[-1]["item_id"] == made
    assert made not in ("", "None")


def test_a_service_that_is_not_ours_may_know_more_fields():
    service: Any = double()
    service.capabilities = replace(service.capabilities, kernel_agent=False)
    stage = Stage(service, agent=agent)
    stage.talk.connect().result(20)
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi."}],
        "mood": "warm",
    }
    by_hand(stage).add_items([item]).result(10)
    assert events(stage, "conversation.item.create")[-1]["item"]["mood"] == "warm"
    event = {"type": "response.create", "response": {"instructions": "Be brief.", "verbosity": "low"}}
    sent = by_hand(stage).send_event(event).result(10)
    assert sent["response"] == event["response"]
    stage.close()


OURS: dict[str, tuple[dict[str, Any], str]] = {
    "a setting": (
        {"type": "session.update", "session": {"type": "realtime", "instructions": "x"}},
        "w.update(",
    ),
    "sound": ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "w.play("),
    "playout": ({"type": "output_audio_buffer.clear"}, "w.interrupt()"),
    "say": ({"type": "response.create", "response": {"text": "Hello."}}, "w.say("),
    "metadata": ({"type": "response.create", "response": {"metadata": {"voice_widget_turn": "1"}}}, "name"),
}


@pytest.mark.parametrize("which", OURS)
def test_what_the_widget_does_itself_is_refused_with_the_verb_for_it(which: str):
    stage = Stage(double(), agent=agent)
    stage.talk.connect().result(20)
    before = len(stage.talk.events)
    event, verb = OURS[which]
    error = by_hand(stage).send_event(event).exception(10)
    assert isinstance(error, SettingError)
    assert error.code == "event_is_ours"
    assert verb in error.next_step
    assert len(stage.talk.events) == before
    stage.close()


def test_settings_that_the_widget_does_not_keep_may_be_sent(stage: Stage):
    update = {"type": "session.update", "session": {"type": "realtime", "truncation": "disabled"}}
    by_hand(stage).send_event(update).result(10)
    stage.wait(lambda: stage.talk.settings().extra.get("truncation") == "disabled")


@pytest.mark.parametrize("later", [False, True], ids=["from the start", "later"])
def test_the_output_of_a_tool_that_runs_here_cannot_be_sent_and_of_another_can(later: bool):
    def calls(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield turn.results[0].text
        else:
            yield ToolCall(turn.text, {})

    def ours() -> str:
        return "done"

    theirs = {"type": "function", "name": "theirs", "parameters": {"type": "object", "properties": {}}}
    served = HostedMcp("files", "https://example.org/mcp")
    tools = [served] if later else [served, ours]
    stage = Stage(double(), SessionConfig(tools=[theirs]), agent=calls, tools=tools)
    stage.talk.connect().result(20)
    if later:
        stage.talk.update(tools=[ours, theirs]).result(10)
    stage.talk.send_text("ours").result(10)
    stage.finished(2)
    own = stage.talk.session.uses.rows()[0]["tool_call_id"]

    def output(call_id: str) -> dict[str, Any]:
        item = {"type": "function_call_output", "call_id": call_id, "output": "by hand"}
        return {"type": "conversation.item.create", "item": item}

    error = by_hand(stage).send_event(output(own)).exception(10)
    assert isinstance(error, SettingError)
    assert error.code == "event_is_ours"
    stage.close()


VERBS: dict[str, Callable[[Steering], Any]] = {
    "send_event": lambda steering: steering.send_event({"type": "response.cancel"}),
    "respond": lambda steering: steering.respond({}),
    "add_items": lambda steering: steering.add_items(["Hello."]),
    "edit": lambda steering: steering.edit(1, "Hello."),
    "rewind": lambda steering: steering.rewind(0),
}


@pytest.mark.parametrize("verb", ["send_event", "respond", "add_items"])
def test_without_a_call_they_say_to_connect(verb: str):
    stage = Stage(double(), agent=agent)
    error = VERBS[verb](by_hand(stage)).exception(10)
    assert isinstance(error, StateError)
    assert (error.code, "connect()" in error.next_step) == ("no_call", True)
    stage.close()


@pytest.mark.parametrize("verb", VERBS)
def test_a_closed_widget_takes_none_of_them(verb: str):
    stage = Stage(double(), agent=agent)
    stage.close()
    with pytest.raises(StateError, match="closed"):
        VERBS[verb](by_hand(stage))


# --- one answer ---


def test_an_answer_has_its_own_instructions_and_the_next_one_the_sessions(stage: Stage):
    stage.types("one")
    row = by_hand(stage).respond({"instructions": "In French."}).result(10)
    assert (row["role"], row["text"]) == ("assistant", "You said nothing [In French.].")
    assert [(message.role, message.text) for message in asked[-1].history] == [
        ("user", "one"),
        ("assistant", "You said one."),
    ]
    stage.types("two")
    assert stage.rows()[-1]["text"] == "You said two."
    reads_again_the_same(stage)


def test_an_answer_to_an_input_of_its_own(stage: Stage):
    stage.types("one")
    given = [{"role": "system", "text": "Be brief."}, "two"]
    row = by_hand(stage).respond({"input": given}).result(10)
    assert row["text"] == "You said two."
    assert asked[-1].history == (Message("system", "Be brief."),)
    assert stage.texts()[-1] == ("assistant", "You said two.", "completed")


def test_an_answer_beside_the_conversation_is_no_row():
    stage = Stage(engine(), SessionConfig(output_modalities=("text",)), agent=agent)
    stage.talk.connect().result(30)
    stage.types("one")
    response = (
        by_hand(stage)
        .respond({"input": ["two"], "conversation": "none", "metadata": {"topic": "mood"}})
        .result(10)
    )
    assert response["output"][0]["content"] == [{"type": "output_text", "text": "You said two."}]
    assert response["metadata"]["topic"] == "mood"
    assert stage.texts() == [("user", "one", "completed"), ("assistant", "You said one.", "completed")]
    assert history(stage) == [("user", "one"), ("assistant", "You said one.")]
    stage.close()


def test_a_written_answer_of_a_call_that_speaks():
    stage = Stage(engine(), agent=agent)
    stage.talk.connect().result(30)
    by_hand(stage).add_items(["Hello."]).result(10)
    row = by_hand(stage).respond({"output_modalities": ["text"]}).result(10)
    assert (row["text"], row["start_ms"]) == ("You said Hello..", None)
    made = events(stage, "response.created", "received")[-1]["response"]
    assert made["output_modalities"] == ["text"]
    stage.close()


def test_after_a_tool_the_answer_to_what_it_gave_is_the_one():
    def calls(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield f"It gave {turn.results[0].text}."
        else:
            yield ToolCall("seven", {})

    def seven() -> int:
        return 7

    stage = Stage(double(), agent=calls, tools=[seven])
    stage.talk.connect().result(20)
    by_hand(stage).add_items(["Go."]).result(10)
    assert by_hand(stage).respond({}).result(10)["text"] == "It gave 7."
    stage.close()


def test_an_answer_that_does_not_come_fails_with_the_reason(stage: Stage):
    def raises(turn: Turn) -> str:
        raise ValueError("no such table")

    stage.talk._dialler._replies._agent = None  # nobody answers
    error = by_hand(stage).respond({}).exception(10)
    assert isinstance(error, VoiceWidgetError)
    assert error.code.startswith("agent_")


def test_who_waits_for_an_answer_is_told_when_the_call_ends():
    stage = Stage(double(), agent=agent)
    stage.talk.connect().result(20)
    call(lambda: setattr(stage.talk.service.connections[0], "_respond", lambda *_: None))  # type: ignore[attr-defined]
    waiting = by_hand(stage).respond({})
    stage.wait(lambda: stage.client_events("response.create"))
    stage.talk.disconnect().result(10)
    error = waiting.exception(10)
    assert isinstance(error, VoiceWidgetError)
    assert error.code == "call_lost"
    stage.close()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"instruction": "x"}, "Did you mean 'instructions'?"),
        ({"conversation": "some"}, "'some' is unknown"),
        ({"output_modalities": ["smell"]}, "output_modalities"),
        ({"input": "Hello."}, "is no list of items"),
        ({"metadata": {"voice_widget": "x"}}, "is the widget's"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
def test_what_no_answer_can_be_is_refused_at_once(given: dict[str, Any], words: str):
    stage = Stage(double(), agent=agent)
    with pytest.raises(SettingError) as refused:
        by_hand(stage).respond(given)
    assert words in str(refused.value)
    stage.close()


# --- items ---


def test_items_stand_in_the_transcript_as_what_they_are(stage: Stage):
    ids = (
        by_hand(stage)
        .add_items(
            [
                {"role": "system", "text": "Be brief."},
                {"role": "developer", "content": "Be kind."},
                Message("user", "Hello."),
                {"role": "assistant", "text": "Hi."},
            ]
        )
        .result(10)
    )
    rows = stage.finished(4)
    assert [row["item_id"] for row in rows] == ids
    assert [(row["role"], row["text"], row["source"]) for row in rows] == [
        ("system", "Be brief.", "added"),
        ("system", "Be kind.", "added"),
        ("user", "Hello.", "typed"),
        ("assistant", "Hi.", "added"),
    ]
    assert not stage.client_events("response.create")
    known = history(stage)
    assert known == [
        ("system", "Be brief."),
        ("system", "Be kind."),
        ("user", "Hello."),
        ("assistant", "Hi."),
    ]
    reads_again_the_same(stage)


@pytest.mark.parametrize(
    "items",
    [
        "Hello.",
        {"role": "system", "text": "x"},
        3,
        [],
        [""],
        [3],
        [{"role": "tool", "text": "x"}],
        [{"type": "message", "role": "foo", "content": []}],
        [{"text": "x"}],
    ],
)
def test_what_is_no_item_is_refused_at_once(items: Any):
    stage = Stage(double(), agent=agent)
    with pytest.raises(SettingError) as refused:
        by_hand(stage).add_items(items)
    assert refused.value.code == "item_invalid"
    stage.close()


def test_an_item_that_the_service_refuses_is_told_and_those_before_are_there():
    stage = Stage(engine(), agent=agent)
    stage.talk.connect().result(30)
    image = {"type": "message", "role": "system", "content": [{"type": "input_image", "image_url": "data:,"}]}
    error = by_hand(stage).add_items(["Hello.", image, "Not sent."]).exception(10)
    assert isinstance(error, ServiceRefused)
    assert error.code == "unsupported_content_type"
    assert stage.texts() == [("user", "Hello.", "completed")]
    stage.close()


# --- edited ---


def test_an_edited_turn_keeps_what_was_said_and_everybody_knows_the_new_text(stage: Stage):
    stage.types("one")
    for seq, text in ((1, "eins"), (2, "You said eins."), (1, "uno")):
        by_hand(stage).edit(seq, text).result(10)
    rows = stage.rows()
    assert [(row["text"], row["text_before"]) for row in rows] == [
        ("uno", "one"),
        ("You said eins.", "You said one."),
    ]
    assert [row["item_id"] for row in rows] == [row["item_id"] for row in stage.turns]
    assert history(stage) == [("user", "uno"), ("assistant", "You said eins.")]
    reads_again_the_same(stage)


def test_the_new_item_stands_at_the_service_where_the_old_one_stood():
    stage = Stage(engine(), SessionConfig(output_modalities=("text",)), agent=agent)
    stage.talk.connect().result(30)
    stage.types("one")
    old = stage.rows()[0]["item_id"]
    by_hand(stage).edit(1, "eins").result(10)
    created = stage.client_events("conversation.item.create")[-1]
    assert created["previous_item_id"] == old
    assert events(stage, "conversation.item.added", "received")[-1]["previous_item_id"] == old
    assert [event["item_id"] for event in stage.client_events("conversation.item.delete")] == [old]
    # What the engine has is what it shows: the new one, and no longer the old one.
    new = created["item"]["id"]
    for item_id in (old, new):
        by_hand(stage).send_event({"type": "conversation.item.retrieve", "item_id": item_id}).result(10)
    stage.wait(lambda: events(stage, "conversation.item.retrieved", "received"))
    shown = events(stage, "conversation.item.retrieved", "received")[0]["item"]
    assert (shown["id"], shown["content"][0]["text"]) == (new, "eins")
    assert events(stage, "error", "received")[-1]["error"]["code"] == "item_retrieve_invalid_item_id"
    stage.close()


def refusing(monkeypatch: pytest.MonkeyPatch, kind: str, only: Callable[[dict[str, Any]], bool]) -> None:
    """The double refuses some events of a kind, as a service may that has no such thing."""
    name = f"_on_{kind.replace('.', '_')}"
    does = getattr(ScriptedConnection, name)

    def on(self: ScriptedConnection, event: dict[str, Any]) -> None:
        if only(event):
            self._error(event, "not_supported", f"There is no {kind} here.")
        else:
            does(self, event)

    monkeypatch.setattr(ScriptedConnection, name, on)


@pytest.mark.parametrize("kind", ["conversation.item.create", "conversation.item.delete"])
def test_what_the_service_refuses_to_edit_stays_as_it_was(kind: str, monkeypatch: pytest.MonkeyPatch):
    stage = Stage(double(), agent=agent)
    stage.talk.connect().result(20)
    stage.types("one")
    before, old = stage.rows(), stage.rows()[0]["item_id"]
    with monkeypatch.context() as refuses:
        refusing(refuses, kind, lambda event: "item" in event or event["item_id"] == old)
        error = by_hand(stage).edit(1, "eins").exception(10)
    assert isinstance(error, ServiceRefused)
    assert (error.code, f"There is no {kind} here." in error.message) == ("not_supported", True)
    assert stage.rows() == before
    if kind.endswith("delete"):  # the new item is not left behind
        new = stage.client_events("conversation.item.create")[-1]["item"]["id"]
        assert events(stage, "conversation.item.deleted", "received")[-1]["item_id"] == new
    by_hand(stage).edit(1, "eins").result(10)
    assert stage.rows()[0]["text"] == "eins"
    reads_again_the_same(stage)
    stage.close()


def test_a_turn_can_be_edited_when_the_call_is_over(stage: Stage):
    stage.types("one")
    stage.talk.disconnect().result(10)
    by_hand(stage).edit(1, "eins").result(10)
    assert [row["text_before"] for row in stage.rows()] == ["one", None]
    stage.talk.connect().result(20)
    assert history(stage) == [("user", "eins"), ("assistant", "You said one.")]
    reads_again_the_same(stage)


def test_a_turn_that_is_not_over_or_not_there_is_not_edited(stage: Stage):
    stage.types("one")
    for seq in (False, 3, "1", None):
        error = by_hand(stage).rewind(seq).exception(10)
        assert isinstance(error, SettingError)
        assert error.code == "unknown_turn"
    for seq in (0, 3, "1", None):
        error = by_hand(stage).edit(seq, "eins").exception(10)
        assert isinstance(error, SettingError)
        assert error.code == "unknown_turn"
    with pytest.raises(SettingError, match="no text"):
        by_hand(stage).edit(1, " ")
    by_hand(stage).rewind(1).result(10)
    error = by_hand(stage).edit(2, "eins").exception(10)
    assert isinstance(error, StateError)
    assert error.code == "turn_gone"


# --- deleted and truncated by hand ---


def truncation(row: dict[str, Any], end_ms: int) -> dict[str, Any]:
    where = {"item_id": row["item_id"], "content_index": 0, "audio_end_ms": end_ms}
    return {"type": "conversation.item.truncate", **where}


@pytest.fixture
def spoken() -> Iterator[Stage]:
    """An answer of our engine's that was heard."""
    made = Stage(engine(), agent=lambda turn: "One two three four five six seven eight.")
    made.talk.connect().result(30)
    made.talk.send_text("Count.").result(10)
    made.finished(2)
    yield made
    made.close()


def test_of_an_answer_that_is_truncated_by_hand_the_row_keeps_what_is_left_and_what_was_said(spoken: Stage):
    row = spoken.rows()[1]
    by_hand(spoken).send_event(truncation(row, (row["end_ms"] - row["start_ms"]) // 2)).result(10)
    left = spoken.rows()[1]
    assert left["text_before"] == "One two three four five six seven eight."
    assert left["text"].startswith("One two")
    assert len(left["text"]) < len(left["text_before"])
    assert left["text_heard"] == row["text_heard"]  # that is as it was
    assert left["status"] == "completed"
    told = [item["content"][0]["text"] for item in spoken.talk.session.conversation()]
    assert told == ["Count.", left["text"]]
    assert spoken.problems == []
    reads_again_the_same(spoken)


def test_one_of_which_nothing_is_left_is_taken_back(spoken: Stage):
    by_hand(spoken).send_event(truncation(spoken.rows()[1], 0)).result(10)
    row = spoken.rows()[1]
    assert (row["status"], row["text"]) == ("rewound", "One two three four five six seven eight.")
    assert len(spoken.talk.session.conversation()) == 1
    reads_again_the_same(spoken)


def test_what_the_service_does_not_truncate_stays_as_it_was(spoken: Stage):
    before = spoken.rows()
    for row, end_ms in ((before[1], 1_000_000), (before[0], 10)):
        error = by_hand(spoken).send_event(truncation(row, end_ms)).exception(10)
        assert isinstance(error, ServiceRefused)
    assert spoken.rows() == before


def test_an_answer_that_sounds_is_not_truncated_by_hand_and_the_verb_for_it_is_named():
    stage = Stage(engine(), agent=lambda turn: " ".join(["word"] * 400))
    stage.talk.connect().result(30)
    stage.talk.send_text("Go on.").result(10)
    stage.has(assistant_speaking=True)
    error = by_hand(stage).send_event(truncation(stage.rows()[1], 100)).exception(10)
    assert isinstance(error, StateError)
    assert error.code == "turn_runs"
    assert "w.interrupt()" in error.next_step
    assert stage.client_events("conversation.item.truncate") == []
    stage.close()


def after_a_tool(seven: Callable[[], int]) -> Stage:
    def calls(turn: Turn) -> Iterator[Any]:
        yield f"It gave {turn.results[0].text}." if turn.results else ToolCall("seven", {})

    config = SessionConfig(output_modalities=("text",))
    stage = Stage(engine(), config, agent=calls, tools=[seven])
    stage.talk.connect().result(30)
    stage.talk.send_text("go").result(10)
    return stage


@pytest.mark.parametrize("which", ["call", "output"])
def test_of_a_tool_whose_item_is_deleted_the_row_says_so_and_nobody_is_told_of_it_again(which: str):
    def seven() -> int:
        return 7

    stage = after_a_tool(seven)
    stage.finished(2)
    output_item, call_item = stage.talk.session.uses.items_behind(0, stage.talk.session.call_id)
    item_id = call_item if which == "call" else output_item
    by_hand(stage).send_event({"type": "conversation.item.delete", "item_id": item_id}).result(10)
    stage.wait(lambda: stage.talk.session.uses.rows()[0]["status"] == "rewound")
    told = [change.row["status"] for change in stage.changes if isinstance(change, ToolChanged)]
    assert told[-1] == "rewound"
    assert [item["type"] for item in stage.talk.session.conversation()] == ["message", "message"]
    reads_again_the_same(stage)
    stage.close()


def test_the_item_of_a_tool_that_runs_is_not_deleted():
    goes_on = Event()

    def seven() -> int:
        goes_on.wait(10)
        return 7

    stage = after_a_tool(seven)
    (row,) = stage.wait(lambda: stage.talk.session.uses.rows())
    error = (
        by_hand(stage)
        .send_event({"type": "conversation.item.delete", "item_id": row["item_id"]})
        .exception(10)
    )
    goes_on.set()
    assert isinstance(error, StateError)
    assert error.code == "tool_runs"
    assert stage.finished(2)[1]["text"] == "It gave 7."
    stage.close()


# --- taken back ---


def test_what_stands_behind_a_turn_is_taken_back_and_nobody_knows_it(stage: Stage):
    stage.types("one")
    stage.types("two")
    by_hand(stage).rewind(2).result(10)
    assert stage.texts() == [
        ("user", "one", "completed"),
        ("assistant", "You said one.", "completed"),
        ("user", "two", "rewound"),
        ("assistant", "You said two.", "rewound"),
    ]
    rows = stage.rows()
    gone = [event["item_id"] for event in stage.client_events("conversation.item.delete")]
    assert gone == [rows[3]["item_id"], rows[2]["item_id"]]
    assert history(stage) == [("user", "one"), ("assistant", "You said one.")]
    by_hand(stage).rewind(0).result(10)
    assert {row["status"] for row in stage.rows()} == {"rewound"}
    assert len(stage.client_events("conversation.item.delete")) == 6
    assert history(stage) == []
    assert stage.problems == []
    reads_again_the_same(stage)


def test_so_is_what_tools_did_there():
    def calls(turn: Turn) -> Iterator[Any]:
        if turn.results:
            yield f"It gave {turn.results[0].text}."
        elif turn.text == "go":
            yield ToolCall("seven", {})
        else:
            yield "Well."

    def seven() -> int:
        return 7

    stage = Stage(engine(), SessionConfig(output_modalities=("text",)), agent=calls, tools=[seven])
    stage.talk.connect().result(30)
    stage.types("go")
    assert len(stage.talk.session.conversation()) == 4
    by_hand(stage).rewind(1).result(10)
    assert [use["status"] for use in stage.talk.session.uses.rows()] == ["rewound"]
    assert len(stage.client_events("conversation.item.delete")) == 3
    assert stage.problems == []
    assert [item["type"] for item in stage.talk.session.conversation()] == ["message"]
    stage.close()


def test_an_answer_that_is_heard_is_stopped_first():
    long = " ".join(["word"] * 400)
    stage = Stage(engine(), agent=lambda turn: long)
    stage.talk.connect().result(30)
    stage.talk.send_text("Go on.").result(10)
    stage.has(assistant_speaking=True)
    by_hand(stage).rewind(1).result(20)
    assert [(row["role"], row["status"], row["interrupted"]) for row in stage.rows()] == [
        ("user", "completed", False),
        ("assistant", "rewound", True),
    ]
    assert stage.talk.session.activity == "idle"
    assert stage.problems == []
    reads_again_the_same(stage)
    stage.close()


def test_what_the_service_refuses_to_delete_stays_with_all_before_it(monkeypatch: pytest.MonkeyPatch):
    stage = Stage(double(), agent=agent)
    stage.talk.connect().result(20)
    stage.types("one")
    stage.types("two")
    kept = stage.rows()[2]["item_id"]
    refusing(monkeypatch, "conversation.item.delete", lambda event: event["item_id"] == kept)
    error = by_hand(stage).rewind(0).exception(10)
    assert isinstance(error, ServiceRefused)
    assert error.code == "not_supported"
    assert [row["status"] for row in stage.rows()] == ["completed"] * 3 + ["rewound"]
    assert [problem for problem in stage.problems if problem == "not_supported"]
    reads_again_the_same(stage)
    stage.close()


def test_a_service_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch):
    from voice_widget.call import item_changes

    stage = Stage(double(), agent=agent)
    stage.talk.connect().result(20)
    stage.types("one")
    monkeypatch.setattr(ScriptedConnection, "_on_conversation_item_delete", lambda self, event: None)
    monkeypatch.setattr(item_changes.ItemChanges.ask, "__defaults__", (0.05,))
    error = by_hand(stage).rewind(1).exception(10)
    assert isinstance(error, VoiceWidgetError)
    assert error.code == "item_timeout"
    assert [row["status"] for row in stage.rows()] == ["completed"] * 2
    stage.close()


def test_another_call_is_told_what_was_edited_and_not_what_was_taken_back(stage: Stage):
    stage.types("one")
    stage.types("two")
    by_hand(stage).edit(1, "eins").result(10)
    by_hand(stage).rewind(2).result(10)
    told = [item["content"][0]["text"] for item in stage.talk.session.conversation()]
    assert told == ["eins", "You said one."]
    stage.talk.disconnect().result(10)
    stage.talk.connect().result(20)
    by_hand(stage).rewind(1).result(10)  # the service of this call has none of it
    assert len(stage.client_events("conversation.item.delete")) == 3
    assert history(stage) == [("user", "eins")]
