"""Values of the user's whose own texts, comparisons and errors fail: misuse has a name all the same."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import (
    Chat,
    Local,
    OpenAI,
    ScriptedService,
    ServerVad,
    Settings,
    Show,
    ToolCall,
    VoiceWidget,
)
from voice_widget.errors import AgentError, VoiceWidgetError
from voice_widget.talk.setting_checks import NAMES


class Speechless(Exception):
    """Cannot even say what is wrong."""

    def __str__(self) -> str:
        raise Speechless

    __repr__ = __str__


def fails(self: Any, *given: Any) -> Any:
    raise Speechless


class Hostile:
    """Nothing can be done with it but to ask for its class."""

    __repr__ = __str__ = __format__ = __eq__ = __bool__ = __len__ = __index__ = __float__ = fails
    __array__ = __contains__ = fails
    __hash__ = None  # type: ignore[assignment]


class HostileFunction(Hostile):
    """The same, and it can be called."""

    def __call__(self, *given: Any) -> Any:
        raise Speechless


def scripted() -> ScriptedService:
    return ScriptedService([{"hear": "Hello.", "say": ""}])


@pytest.fixture
def widget(pages: list[Page]):  # noqa: F811
    made = VoiceWidget(service=scripted(), transport="memory")
    yield made
    made.close()


MADE = (
    "data",
    "agent",
    "service",
    "settings",
    "instructions",
    "voice",
    "tools",
    "turn_detection",
    "transport",
)
MADE = (*MADE, "flow", "language", "speed", "extra")
ASSIGNED = ("voice", "muted", "turn_detection", "turns", "error", "transcript")
NAMED: dict[str, Callable[[Any, Any], Any]] = {
    **{f"VoiceWidget({name})": lambda w, x, name=name: VoiceWidget(**{name: x}) for name in MADE},
    "VoiceWidget(tools=[])": lambda w, x: VoiceWidget(tools=[x]),
    "VoiceWidget(data={})": lambda w, x: VoiceWidget(data={"x": x}),
    **{f"w.{name} =": lambda w, x, name=name: setattr(w, name, x) for name in ASSIGNED},
    **{f"update({name})": lambda w, x, name=name: w.update(**{name: x}) for name in (*NAMES, "muted")},
    "update(in a list)": lambda w, x: w.update(output_modalities=[x]),
    "update(in a dict)": lambda w, x: w.update(extra={"a": x}),
    "update(in a tool)": lambda w, x: w.update(tools=[x]),
    "update(in a class)": lambda w, x: w.update(turn_detection=ServerVad(threshold=x)),
    "on": lambda w, x: w.on(x, print),
    "on(function)": lambda w, x: w.on("turn", x),
    "until": lambda w, x: w.until(x),
    "next_turn": lambda w, x: w.next_turn(x),
    "say": lambda w, x: w.say(x),
    "send_text": lambda w, x: w.send_text(x),
    "join": lambda w, x: w.join(x),
    "accept": lambda w, x: w.accept(x),
    "refer": lambda w, x: w.refer(x),
    "refer(call_id)": lambda w, x: w.refer("tel:+1", x),
    "hangup": lambda w, x: w.hangup(x),
    "play": lambda w, x: w.play(x),
    "play(list)": lambda w, x: w.play([x]),
    "play(sample_rate)": lambda w, x: w.play(bytes(2), x),
    "play(pace)": lambda w, x: w.play(bytes(2), pace=x),
    **{
        f"OpenAI({name})": lambda w, x, name=name: OpenAI(**{name: x})
        for name in ("model", "api_key", "base_url", "dialect", "sideband", "headers", "voices", "timeout")
    },
    "OpenAI(in headers)": lambda w, x: OpenAI(headers={"a": x}),
    "OpenAI(in voices)": lambda w, x: OpenAI(voices=(x,)),
    **{f"Local({name})": lambda w, x, name=name: Local(**{name: x}) for name in ("vad", "stt", "tts")},
    "Local(script)": lambda w, x: Local(script=x),
    "ScriptedService": lambda w, x: ScriptedService(x),
    "ScriptedService([])": lambda w, x: ScriptedService([x]),
    "ScriptedService(hear)": lambda w, x: ScriptedService([{"hear": x, "say": ""}]),
    "ScriptedService(clock)": lambda w, x: ScriptedService([], x),
    "Chat(base_url)": lambda w, x: Chat(x, "m"),
    "Chat(model)": lambda w, x: Chat(None, x),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_cannot_be_said_is_refused_by_name(widget: VoiceWidget, name: str):
    functions = name in ("VoiceWidget(agent)", "VoiceWidget(tools=[])", "on(function)", "OpenAI(api_key)")
    with pytest.raises(VoiceWidgetError) as raised:
        NAMED[name](widget, Hostile())
    assert raised.value.message
    assert raised.value.next_step or name.startswith("ScriptedService")
    if not functions and name not in ("update(in a tool)", "VoiceWidget(tools)"):
        with pytest.raises(VoiceWidgetError):
            NAMED[name](widget, HostileFunction())


def test_settings_that_cannot_be_said_have_a_repr():
    assert "Hostile" in repr(Settings(voice=Hostile()))  # type: ignore[arg-type]
    assert "Hostile" in repr(Settings(extra={"a": Hostile()}))
    assert "Hostile" in repr(ServerVad(threshold=Hostile()))  # type: ignore[arg-type]


PIECES: dict[str, Callable[[], Any]] = {
    "raises": lambda: fails(None),
    "a value": Hostile,
    "a label": lambda: Show(1, Hostile()),  # type: ignore[arg-type]
    "a tool": lambda: ToolCall(Hostile()),  # type: ignore[arg-type]
    "arguments": lambda: ToolCall("look", {"a": Hostile()}),
    "no arguments": lambda: ToolCall("look", Hostile()),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("piece", PIECES)
def test_an_agent_whose_errors_cannot_be_said_costs_its_turn(pages: list[Page], piece: str):  # noqa: F811
    def agent(turn: Any) -> Any:
        return PIECES[piece]() if turn.text == "bad" else "Fine."

    widget = VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent)
    try:
        widget.connect().result(20)
        for text, answered in (("bad", False), ("good", True)):
            answer = widget.next_turn("assistant")
            widget.send_text(text).result(20)
            if answered:
                assert answer.result(20)["text"] == "Fine."
            else:
                with pytest.raises(AgentError) as raised:
                    answer.result(20)
                assert raised.value.message
                assert raised.value.next_step
    finally:
        widget.close()


def test_a_value_that_cannot_be_said_is_shown_all_the_same(pages: list[Page]):  # noqa: F811
    value = Hostile()

    def agent(turn: Any) -> Any:
        yield "Look."
        yield Show(value)

    widget = VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent)
    try:
        got = threading.Event()
        widget.on("result", lambda result: got.set())
        widget.send_text("Show it.").result(20)
        assert got.wait(20)
        assert widget.results[0].value is value
        assert "Hostile" not in repr(widget.results)
    finally:
        widget.close()


@pytest.mark.parametrize("tool", ["raises", "returns", "takes"])
def test_a_tool_whose_errors_cannot_be_said_has_an_output(pages: list[Page], tool: str):  # noqa: F811
    def look() -> Any:
        """Look."""
        return fails(None) if tool == "raises" else Hostile()

    def agent(turn: Any) -> Any:
        return turn.results[0].text if turn.results else ToolCall("look", {"x": 1} if tool == "takes" else {})

    widget = VoiceWidget(service=ScriptedService([]), transport="memory", agent=agent, tools=[look])
    try:
        answer = widget.next_turn("assistant")
        widget.send_text("Look.").result(20)
        assert "error" in answer.result(20)["text"]
    finally:
        widget.close()


def test_callbacks_and_observers_whose_errors_cannot_be_said_cost_themselves(
    widget: VoiceWidget, caplog: pytest.LogCaptureFixture
):
    told: list[Any] = []
    for event in ("state", "event"):
        widget.on(event, HostileFunction())
        widget.on(event, told.append)
    widget.observe(HostileFunction(), "connection_state")
    with caplog.at_level(logging.ERROR, "voice_widget"):
        widget.connect().result(20)
        assert widget._wiring.publisher.flush(calls=True)
    assert any(record.exc_info and record.exc_info[0] is Speechless for record in caplog.records)
    assert [x["value"] for x in told if x.get("name") == "connection_state"][-1] == "connected"


@pytest.mark.parametrize("key", ["raises", "gives"])
def test_a_key_that_cannot_be_said_is_refused_by_name(pages: list[Page], key: str):  # noqa: F811
    service = OpenAI(
        api_key=(lambda: fails(None)) if key == "raises" else Hostile, base_url="http://127.0.0.1:9/v1"
    )
    widget = VoiceWidget(service=service, transport="memory")
    try:
        with pytest.raises(VoiceWidgetError) as raised:
            widget.connect().result(10)
        assert raised.value.code == ("api_key_failed" if key == "raises" else "no_api_key")
    finally:
        widget.close()
