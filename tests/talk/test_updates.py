"""What a change of settings does before, in and after a call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from tests.talk.test_setting_checks import Reading
from tests.talking import Stage
from voice_widget.agents import ToolCall, Turn
from voice_widget.errors import ServiceRefused, SettingError
from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import Problem, StateChanged
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import retrying as retrying_module
from voice_widget.threads import loop as loops

HELLO = [{"hear": "hello", "say": "Hello to you."}]
Open = Callable[..., Stage]


@pytest.fixture
def open_stage():
    stages: list[Stage] = []

    def make(service: Any, config: SessionConfig | None = None, **options: Any) -> Stage:
        stages.append(Stage(service, config, **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def another(script: Any = HELLO) -> ScriptedService:
    """A service that is not ours: it takes any voice, and keeps it once it has sounded."""
    service = ScriptedService(script)
    service.capabilities = replace(service.capabilities, kernel_agent=False, voices=(), any_voice=True)
    return service


def voices_sent(stage: Stage) -> list[Any]:
    updates = [event["session"] for event in stage.client_events("session.update")]
    return [update.get("audio", {}).get("output", {}).get("voice") for update in updates]


def test_a_voice_that_has_sounded_is_kept_for_the_next_call_and_nothing_is_sent(open_stage: Open):
    stage = open_stage(another(), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    stage.finished(2)
    sent = len(stage.client_events("session.update"))
    with pytest.raises(SettingError, match="fixed once the assistant has spoken; 'two' is used") as raised:
        stage.talk.update(voice="two").result(20)
    assert raised.value.code == "voice_locked"
    assert raised.value.next_step
    assert len(stage.client_events("session.update")) == sent
    assert stage.states()["voice"] == "one"
    stage.talk.update(voice="one").result(20)  # that one may be asked for again
    stage.talk.update(voice="two").exception(5)
    stage.talk.disconnect().result(20)
    stage.talk.connect().result(20)
    stage.has(voice="two")
    assert voices_sent(stage)[-1] in (None, "two")


def test_what_was_asked_for_beside_a_fixed_voice_is_in_force(open_stage: Open):
    stage = open_stage(another(), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    stage.finished(2)
    with pytest.raises(SettingError, match="'two'"):
        stage.talk.update(voice="two", speed=1.25).result(20)
    assert stage.client_events("session.update")[-1]["session"] == {
        "type": "realtime",
        "audio": {"output": {"speed": 1.25}},
    }
    assert stage.talk.config.speed == 1.25
    assert stage.talk.config.voice == "two"
    assert stage.talk._dialler.call is not None
    assert stage.talk._dialler.call.config.voice == "one"


def test_before_it_has_sounded_a_voice_may_change(open_stage: Open):
    stage = open_stage(another([]), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    stage.talk.update(voice="nova").result(20)
    stage.has(voice="nova")


def test_our_engine_changes_its_voice_at_any_time(open_stage: Open):
    stage = open_stage(ScriptedService(HELLO), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    stage.finished(2)
    stage.talk.update(voice="two").result(20)
    stage.has(voice="two")


def test_the_formats_are_fixed_while_a_call_runs(open_stage: Open):
    stage = open_stage(another([]))
    wanted = {"type": "audio/pcmu"}
    stage.talk.update(output_format=wanted).result(20)
    stage.talk.connect().result(20)
    assert stage.talk.session.settings is not None
    assert stage.talk.session.settings["audio"]["output"]["format"] == wanted
    with pytest.raises(SettingError, match="Hang up first") as raised:
        stage.talk.update(output_format={"type": "audio/pcma"})
    assert raised.value.code == "format_locked"


def test_an_object_is_sent_whole(open_stage: Open):
    stage = open_stage(
        ScriptedService([]), SessionConfig(transcription={"model": "scripted", "language": "en"})
    )
    stage.talk.connect().result(20)
    stage.talk.update(transcription={"language": "de"}, turn_detection=ServerVad(threshold=0.3)).result(20)
    stage.talk.update(turn_detection={"silence_duration_ms": 900}).result(20)
    first, second = (
        event["session"]["audio"]["input"] for event in stage.client_events("session.update")[-2:]
    )
    assert first["transcription"] == {"model": "scripted", "language": "de"}
    assert second["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.3,
        "silence_duration_ms": 900,
    }
    stage.talk.update(turn_detection=SemanticVad(eagerness="low")).result(20)
    stage.has(
        turn_detection={
            "type": "semantic_vad",
            "eagerness": "low",
            "create_response": True,
            "interrupt_response": True,
        }
    )


def test_the_widgets_own_tools_stay_whatever_tools_are_asked_for(open_stage: Open):
    def lookup(word: str) -> str:
        """Look a word up."""
        return word

    stage = open_stage(ScriptedService([]), tools=[lookup])
    stage.talk.connect().result(20)
    stage.talk.update(tools=[{"type": "mcp", "server_label": "files"}]).result(20)
    tools = stage.client_events("session.update")[-1]["session"]["tools"]
    assert [tool.get("name") or tool["server_label"] for tool in tools] == ["files", "lookup"]


def test_functions_can_be_tools_from_now_on(open_stage: Open):
    def lookup(word: str) -> str:
        """Look a word up."""
        return word

    def double(n: int) -> int:
        """Double a number."""
        return 2 * n

    def agent(turn: Turn) -> Any:
        results = [m.text for m in turn.history if m.role == "tool"]
        return f"It is {results[-1]}." if results else ToolCall("double", {"n": 21})

    stage = open_stage(ScriptedService([]), tools=[lookup], agent=agent)
    stage.talk.connect().result(20)
    stage.talk.update(tools=[double, {"type": "mcp", "server_label": "files"}]).result(20)
    tools = stage.client_events("session.update")[-1]["session"]["tools"]
    assert [tool.get("name") or tool["server_label"] for tool in tools] == ["double", "files", "lookup"]
    assert tools[0]["description"] == "Double a number."
    stage.talk.send_text("Double it.").result(20)
    stage.wait(lambda: any(row["text"] == "It is 42." for row in stage.rows()))
    for wrong, sentence in (([lookup], "'lookup' already"), ([double, double], "Two tools"), (5, "must be")):
        with pytest.raises(SettingError, match=sentence) as raised:
            stage.talk.update(tools=wrong)
        assert raised.value.next_step


def test_what_the_service_refuses_changes_nothing(open_stage: Open, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: ScriptedConnection, event: Any) -> None:
        self._error(event, "cannot_update_voice" if "voice" in str(event) else "invalid_value", "No.")

    stage = open_stage(another([]), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    monkeypatch.setattr(ScriptedConnection, "_on_session_update", refuse)
    with pytest.raises(ServiceRefused, match=r"No\."):
        stage.talk.update(speed=1.5).result(20)
    assert stage.talk.config.speed is None
    with pytest.raises(ServiceRefused) as raised:
        stage.talk.update(voice="two").result(20)
    assert raised.value.code == "cannot_update_voice"
    assert stage.talk.config.voice == "two"
    assert stage.states()["voice"] == "one"


@pytest.mark.parametrize("answer", ["the call is lost", "the user hangs up"])
def test_a_change_at_the_moment_of_a_loss_is_kept_for_the_next_call(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, answer: str
):
    monkeypatch.setattr(retrying_module, "WAITS_S", (0.01, 0.01, 0.01))
    asked: Future[None] = Future()

    def loses(self: ScriptedConnection, event: Any) -> None:
        if event["session"].get("instructions") != "NEW":
            update(self, event)
        elif not asked.done():
            asked.set_result(None)
            if answer == "the call is lost":
                self.cut()
        else:
            update(self, event)

    update = ScriptedConnection._on_session_update
    monkeypatch.setattr(ScriptedConnection, "_on_session_update", loses)
    stage = open_stage(another([]), SessionConfig(instructions="OLD"))
    stage.talk.connect().result(20)
    changing = stage.talk.update(instructions="NEW", voice="nova")
    asked.result(20)
    if answer == "the user hangs up":
        stage.talk.disconnect().result(20)
    changing.result(20)
    assert stage.talk.config.instructions == "NEW"
    if answer == "the user hangs up":
        stage.has(connection_state="disconnected", voice="nova")
        stage.talk.connect().result(20)
    stage.wait(lambda: (stage.talk.session.settings or {}).get("instructions") == "NEW")
    assert stage.problems == []


def test_after_a_hang_up_the_voice_is_that_of_the_next_call(open_stage: Open):
    stage = open_stage(another(), SessionConfig(voice="one"))
    stage.talk.connect().result(20)
    stage.finished(2)
    stage.talk.update(voice="two").exception(5)
    assert stage.states()["voice"] == "one"
    stage.talk.disconnect().result(20)
    assert stage.states()["voice"] == stage.talk.config.voice == "two"


def test_what_the_service_refuses_is_told_in_the_words_of_the_verb(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
):
    def refuse(self: ScriptedConnection, event: Any) -> None:
        self._error(event, "invalid_value", "No.")

    stage = open_stage(another([]), agent=lambda turn: "Yes.")
    stage.talk.connect().result(20)
    for name in ("session_update", "conversation_item_create"):
        monkeypatch.setattr(ScriptedConnection, f"_on_{name}", refuse)
    for verb in (lambda: stage.talk.update(speed=1.5), lambda: stage.talk.send_text("Hello.")):
        before = len(stage.changes)
        error = verb().exception(5)
        assert isinstance(error, ServiceRefused)
        told = stage.changes[before:]
        assert [c.error for c in told if isinstance(c, Problem)] == [error.info()]
        errors = [c.value for c in told if isinstance(c, StateChanged) and c.name == "error"]
        assert all(value in (None, error.info()) for value in errors)


def test_the_users_own_mapping_is_read_on_the_users_thread_only(open_stage: Open):
    stage = open_stage(ScriptedService([]))
    Reading.threads.clear()
    stage.talk.connect().result(20)
    stage.talk.update(turn_detection=Reading()).result(20)
    assert Reading.threads
    assert loops.LOOP_THREAD not in Reading.threads


def test_refused_settings_are_an_error_until_others_are_taken(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
):
    stage = open_stage(ScriptedService([{"hear": "a", "say": "One."}, {"hear": "b", "say": "Two."}]))
    stage.talk.connect().result(20)
    with monkeypatch.context() as no:
        no.setattr(
            ScriptedConnection,
            "_on_session_update",
            lambda self, event: self._error(event, "invalid_value", "No."),
        )
        error = stage.talk.update(speed=1.5).exception(5)
    assert isinstance(error, ServiceRefused)
    assert stage.states()["error"] == error.info()
    stage.talk.send_text("a").result(20)
    stage.finished(2)
    stage.has(activity="idle")
    assert stage.states()["error"] == error.info()  # an answer has come, and the setting is not in force
    stage.talk.update(speed=1.25).result(20)
    stage.has(error=None)
    stage.talk.disconnect().result(20)


def test_a_change_without_a_call_is_said_as_it_will_be_in_force(open_stage: Open):
    stage = open_stage(ScriptedService([]))
    stage.talk.update(voice="two", turn_detection=ServerVad(silence_duration_ms=900)).result(20)
    told = {change.name: change.value for change in stage.changes if isinstance(change, StateChanged)}
    assert told["voice"] == "two"
    assert told["turn_detection"]["silence_duration_ms"] == 900
    assert told["turn_detection"]["threshold"] == 0.5


def test_the_traits_and_the_settings_show_what_the_service_kept(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
):
    def keeps(self: ScriptedConnection, event: Any) -> None:
        event["session"].get("audio", {}).get("input", {}).pop("turn_detection", None)
        update(self, event)

    async def connects(self: ScriptedService, **options: Any) -> ScriptedConnection:
        options["session"] = replace(options["session"], turn_detection=ServerVad())
        return await connect(self, **options)

    update, connect = ScriptedConnection._on_session_update, ScriptedService.connect
    stage = open_stage(another([]))

    def kinds() -> set[str]:
        in_force = loops.call(stage.talk.settings).turn_taking()
        assert in_force is not None
        return {stage.states()["turn_detection"]["type"], in_force["type"]}

    stage.talk.connect().result(20)
    assert kinds() == {"server_vad"}
    stage.talk.disconnect().result(20)
    stage.talk.update(turn_detection=SemanticVad()).result(20)
    assert kinds() == {"semantic_vad"}  # of the next call
    monkeypatch.setattr(ScriptedConnection, "_on_session_update", keeps)
    monkeypatch.setattr(ScriptedService, "connect", connects)
    stage.talk.connect().result(20)
    assert kinds() == {"server_vad"}
    stage.talk.update(turn_detection=SemanticVad(eagerness="low")).result(20)
    assert kinds() == {"server_vad"}
    stage.talk.disconnect().result(20)
    assert kinds() == {"semantic_vad"}
