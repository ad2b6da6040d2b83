from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import traitlets

import voice_widget
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import (
    OpenAI,
    ScriptedService,
    SemanticVad,
    ServerVad,
    Settings,
    Show,
    ToolCall,
    VoiceWidget,
)
from voice_widget.errors import (
    AgentError,
    EngineError,
    ServiceRefused,
    ServiceUnavailable,
    SettingError,
    StateError,
    UsageError,
    VoiceWidgetError,
    WaitError,
)
from voice_widget.realtime.state.changes import Problem, StateChanged
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk import travelling as travelling_module
from voice_widget.talk.setting_checks import KEPT, NAMES
from voice_widget.threads import publisher as publisher_module
from voice_widget.widget import arguments as arguments_module
from voice_widget.widget.callbacks import FAST
from voice_widget.widget.report import EVENTS
from voice_widget.widget.traits import kernel_traits

HELLO = [{"hear": "hello", "say": "Hello to you."}]


class Anything(ScriptedService):
    """A service that has any voice."""

    def __init__(self, script: Any) -> None:
        super().__init__(script)
        self.capabilities = replace(self.capabilities, voices=(), any_voice=True)


class WithExamples:
    """An agent with examples to try, or without."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __call__(self, turn: Any) -> str:
        return "Yes."

    def examples(self) -> Any:
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


class Made:
    """Widgets over the scripted service, closed at the end, with the page of each."""

    def __init__(self, opened: list[Page]) -> None:
        self.opened = opened
        self.widgets: list[VoiceWidget] = []

    def __call__(self, script: Any = HELLO, **options: Any) -> VoiceWidget:
        options.setdefault("service", ScriptedService(script))
        options.setdefault("transport", "memory")
        widget = VoiceWidget(**options)
        self.widgets.append(widget)
        return widget

    def page(self, widget: VoiceWidget) -> Page:
        return next(page for page in self.opened if page.comm_id == widget.model_id)


@pytest.fixture
def made(pages: list[Page]):  # noqa: F811
    factory = Made(pages)
    yield factory
    for widget in factory.widgets:
        widget.close()


def settle(widget: VoiceWidget) -> None:
    assert widget._wiring.publisher.flush(calls=True)


def talk_through(widget: VoiceWidget) -> None:
    """A whole call of the scripted service, to its end."""
    script = widget._wiring._plan.service.script  # type: ignore[attr-defined]
    finished: list[Any] = []
    over: Future[None] = Future()

    def count(row: Any) -> None:
        finished.append(row)
        if len(finished) == 2 * len(script.exchanges):
            over.set_result(None)

    undo = widget.on("turn", count)
    widget.connect().result(10)
    over.result(30)
    undo()
    widget.disconnect().result(10)
    settle(widget)


# --- making one ---


def test_unknown_arguments_are_refused_with_the_nearest_one(made: Made):
    with pytest.raises(SettingError, match=r"'instruction' is unknown. Did you mean 'instructions'\?"):
        VoiceWidget(instruction="Be brief.")
    assert made.opened == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"voice": 3}, "`voice` is a int, not a str"),
        ({"voice": "ones"}, "no voice 'ones'. Did you mean 'one'"),
        ({"instructions": ["x"]}, "`instructions` is a list"),
        ({"transport": "pigeon"}, "no transport 'pigeon'"),
        ({"turn_detection": "server_vad"}, "turn_detection"),
        ({"turn_detection": {"type": "server_vad", "threshold": 7}}, "threshold"),
        ({"agent": "hello"}, "An agent is a function of one turn, not a str"),
        ({"agent": print, "data": {}}, "`data` is for the default agent"),
        ({"service": "openai"}, "A str is no service"),
        ({"service": ScriptedService}, r"Write service=ScriptedService\(\)"),
        ({"tools": [3]}, "A tool is a function"),
        ({"language": 3}, "`language` is a int"),
        ({"data": 3}, "."),
        ({"tools": print}, "not a list of functions"),
        ({"tools": 3}, "not a list of functions"),
        ({"agent": Made}, "The agent is the class Made"),
        ({"transport": "wire"}, "Choose one of webrtc, comm, memory"),
        ({"transport": []}, "no transport"),
        ({"flow": "sideways"}, "no flow 'sideways'. Choose one of unified, ephemeral"),
        ({"settings": {"voice": "two"}}, "`settings` is a dict"),
        ({"settings": Settings(voice="two"), "voice": "one"}, "`voice` is given twice"),
        ({"settings": Settings(model="other")}, "The model belongs to the service"),
        ({"speed": 2}, "speed` must be a number from 0.25 to 1.5"),
        ({"output_modalities": ["speech"]}, r'must be \["audio"\] or \["text"\]'),
        ({"max_output_tokens": 5000}, "1 to 4096"),
        ({"instruction": "Be brief."}, "Did you mean 'instructions'"),
        ({"extra": {"voice": "two"}}, "'voice' is no extra setting"),
        ({"extra": ["x"]}, "`extra` must be a dict"),
        ({"transcription": {"model": object()}}, "cannot be written as JSON"),
        ({"agent": WithExamples(ValueError("boo"))}, r"examples\(\) failed: ValueError: boo"),
    ],
)
def test_impossible_arguments_are_refused_before_anything_starts(
    made: Made, arguments: dict[str, Any], sentence: str
):
    with pytest.raises(SettingError, match=sentence) as caught:
        made(**arguments)
    assert len(caught.value.message) < 300
    assert made.opened == []


def test_the_arguments_of_every_jupyter_widget_are_taken(made: Made):
    assert made(layout={"width": "300px"}, tooltip="talk").layout.width == "300px"


def test_a_missing_bundle_names_the_line_to_run(made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    monkeypatch.setattr(arguments_module, "BUNDLE", tmp_path / "widget.js")
    with pytest.raises(EngineError, match="npm run build"):
        made(transport="webrtc")
    # Without a page it is not needed, and a page says what is missing.
    assert "npm run build" in made(transport="memory")._esm


def test_the_bundle_is_text_and_nobody_watches_its_file(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
):
    bundle = tmp_path / "widget.js"
    bundle.write_text("export default {};")
    monkeypatch.setattr(arguments_module, "BUNDLE", bundle)
    widget = made(transport="webrtc")
    assert widget._esm == "export default {};"
    assert not any("watch" in thread.name.lower() for thread in threading.enumerate())


def test_the_service_is_warmed_and_what_it_can_do_is_shown(made: Made):
    widget = made()
    widget._wiring.talk.warm().result(20)
    settle(widget)
    assert widget.voices == ["one", "two"]
    assert widget.service_name == "scripted service"
    assert widget.model == "scripted"
    assert widget.examples
    assert not widget.can_call


@pytest.mark.parametrize(("transport", "can_call"), [("webrtc", False), ("comm", True), ("memory", False)])
def test_by_comm_a_page_can_call_any_service(made: Made, transport: str, can_call: bool):
    assert made(transport=transport).can_call is can_call


def test_an_iterator_is_spoken_and_what_it_raises_is_shown(made: Made):
    def speech():
        yield bytes(480)
        raise KeyError("tip")

    widget = made()
    with pytest.raises(SettingError, match="KeyError: 'tip'"):
        widget.play(speech()).result(10)
    settle(widget)
    assert (widget.error or {}).get("code") == "audio_failed"
    assert widget.connection_state == "connected"


def test_a_service_that_cannot_be_warmed_is_told_and_not_raised(made: Made):
    class Broken(ScriptedService):
        async def start(self) -> None:
            raise ServiceUnavailable("It is not there.", next_step="Start it.")

    told: Future[Any] = Future()
    widget = made(service=Broken(HELLO))
    widget.on("error", told.set_result)
    if widget.error is None:
        assert told.result(20)["next_step"] == "Start it."
    settle(widget)
    assert widget.error == {
        "code": "service_unavailable",
        "message": "It is not there.",
        "next_step": "Start it.",
    }


# --- facts and requests ---


def test_facts_cannot_be_assigned_and_say_what_to_do_instead(made: Made):
    widget = made()
    for name, fact in kernel_traits(VoiceWidget).items():
        if name in ("voice", "muted", "turn_detection", "view", "colors"):
            assert not fact.ask
            continue
        before = getattr(widget, name)
        for assign in (setattr, traitlets.HasTraits.set_trait):
            with pytest.raises(SettingError, match=f"`{name}` says what is and cannot be assigned") as caught:
                assign(widget, name, before)  # type: ignore[operator]
            assert caught.value.next_step == fact.ask


def test_assigning_is_a_request_in_force_at_once_without_a_call(made: Made):
    widget = made()
    widget.voice = "two"
    assert widget.voice == "two"
    widget.muted = True
    assert widget.muted is True
    widget.turn_detection = {"type": "server_vad", "silence_duration_ms": 900}
    assert widget.turn_detection["silence_duration_ms"] == 900  # type: ignore[index]
    assert made.page(widget).state["voice"] == "two"
    assert widget._wiring.talk.config.voice == "two"


ASSIGNED = [name for name, fact in kernel_traits(VoiceWidget).items() if not fact.ask]


@pytest.mark.parametrize("name", ASSIGNED)
def test_what_the_message_of_a_trait_says_to_write_can_be_written(made: Made, name: str):
    widget = made(service=Anything(HELLO), turn_detection=None)
    before = getattr(widget, name)
    with pytest.raises(SettingError) as raised:
        setattr(widget, name, object())
    step = raised.value.next_step
    assert step == kernel_traits(VoiceWidget)[name].example
    public = {public: getattr(voice_widget, public) for public in voice_widget.__all__}
    exec(step.removeprefix("Write ").removesuffix("."), public | {"w": widget})
    settle(widget)
    assert getattr(widget, name) != before
    assert widget.error is None


@pytest.mark.parametrize("asked", [ServerVad(silence_duration_ms=900), SemanticVad(eagerness="low")])
def test_a_typed_turn_detection_can_be_assigned_given_and_updated(made: Made, asked: Any):
    widget = made()
    widget.turn_detection = asked
    assert widget.turn_detection is not None
    assert dict(asked).items() <= widget.turn_detection.items()
    other = made(turn_detection=asked)
    assert other.turn_detection == widget.turn_detection
    with widget.hold_sync():
        widget.turn_detection = asked
    third = made()
    third.update(turn_detection=asked).result(20)
    settle(third)
    assert third.turn_detection == widget.turn_detection


def test_every_fact_that_changes_is_told(made: Made, monkeypatch: pytest.MonkeyPatch):
    widget = made([{"hear": "hello", "say": "Hello to you, and more.", "interrupt_ms": 400}, *HELLO])
    settle(widget)
    names = kernel_traits(VoiceWidget).keys() - {"transcript"}
    before = {name: getattr(widget, name) for name in names}
    told: dict[str, list[Any]] = {name: [] for name in names}
    widget.on("state", lambda state: told[state["name"]].append(state["value"]))
    talk_through(widget)
    widget.muted = True
    widget.connect().result(20)
    monkeypatch.setattr(
        ScriptedConnection, "_on_session_update", lambda self, event: self._error(event, "no", "No.")
    )
    refused = widget.update(speed=1.5)
    with pytest.raises(ServiceRefused):
        refused.result(20)
    settle(widget)
    assert widget.error is not None
    assert told["error"][-1] == widget.error
    widget.disconnect().result(20)
    settle(widget)
    for name, values in told.items():
        assert (values or [before[name]])[-1] == getattr(widget, name), name
        assert all(one != other for one, other in itertools.pairwise(values)), name
    assert told["turns"][:4] == [1, 2, 3, 4]
    assert told["summary"][0]["turns"] == 4


def test_muting_is_told_whoever_does_it(made: Made):
    widget = made()
    page = made.page(widget)
    told: list[Any] = []
    widget.on("state", lambda state: told.append(state) if state["name"] == "muted" else None)
    widget.muted = True
    page.says({"type": "set", "page": "p", "request_id": "r", "name": "muted", "value": False})
    page.waits_for(lambda message: message["type"] == "request.done")
    widget.update(muted=True).result(20)
    settle(widget)
    assert [state["value"] for state in told] == [True, False, True]
    assert widget.muted is True
    for wrong in ("banana", None, 1):
        with pytest.raises(SettingError, match="`muted` is") as raised:
            widget.update(muted=wrong)
        assert raised.value.next_step
        page.says({"type": "set", "page": "p", "request_id": f"r{wrong}", "name": "muted", "value": wrong})
        page.waits_for(lambda message, wrong=wrong: message.get("request_id") == f"r{wrong}")
    settle(widget)
    assert [message["type"] for message in page.messages].count("request.failed") == 3
    assert len(told) == 3
    with pytest.raises(SettingError, match="'muted' is unknown"):
        widget.accept("rtc_1", muted=True)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voice", "three"),
        ("voice", 3),
        ("muted", "yes"),
        ("turn_detection", 3),
        ("turn_detection", {"type": "x"}),
    ],
)
def test_an_impossible_request_raises_and_changes_nothing(made: Made, name: str, value: Any):
    widget = made()
    settle(widget)
    before = getattr(widget, name)
    with pytest.raises(SettingError) as raised:
        setattr(widget, name, value)
    assert raised.value.next_step
    settle(widget)
    assert getattr(widget, name) == before


def test_what_the_service_refuses_is_the_error_and_the_trait_stays(
    made: Made, monkeypatch: pytest.MonkeyPatch
):
    widget = made()
    refused: Future[None] = Future()
    refused.set_exception(ServiceUnavailable("No.", next_step="Hang up first."))
    monkeypatch.setattr(widget._wiring.talk, "update", lambda **changes: refused)
    widget.voice = "two"
    settle(widget)
    assert widget.voice is None
    assert widget.error is not None
    assert widget.error["message"] == "No."
    with pytest.raises(ServiceUnavailable):
        widget.update(voice="two").result(20)
    monkeypatch.undo()  # the fixture `pages` too, but its comm is open
    widget.voice = "two"  # now it is taken, and what was refused is no error any more
    settle(widget)
    assert widget.voice == "two"
    assert widget.error is None


def test_a_refusal_is_told_once(made: Made, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: ScriptedConnection, event: Any) -> None:
        self._error(event, "invalid_value", "No.")

    widget = made([])
    widget.connect().result(20)
    monkeypatch.setattr(ScriptedConnection, "_on_session_update", refuse)
    told: list[Any] = []
    widget.on("error", told.append)
    with pytest.raises(ServiceRefused) as raised:
        widget.update(speed=1.5).result(20)
    settle(widget)
    assert told == [widget.error] == [raised.value.info()]


def test_what_users_get_is_theirs_to_change(made: Made):
    widget = made()
    asked = {"type": "server_vad", "silence_duration_ms": 400}
    widget.turn_detection = asked
    asked["silence_duration_ms"] = 9
    assert widget.turn_detection["silence_duration_ms"] == 400  # type: ignore[index]
    widget.on("turn", lambda row: row.clear())
    widget.on("row", lambda row: row.clear())
    widget.observe(lambda change: [row.clear() for row in change["new"]], "transcript")
    talk_through(widget)
    assert list(widget.transcript_df["text"]) == ["hello", "Hello to you."]
    page = made.page(widget)
    page.says({"type": "hello", "page": "p"})
    snapshot = page.waits_for(lambda message: message["type"] == "snapshot")
    assert [row["text"] for row in snapshot["rows"]] == ["hello", "Hello to you."]
    assert [row["text"] for row in page.state["transcript"]] == ["hello", "Hello to you."]


def test_unknown_settings_are_refused_with_the_nearest_one(made: Made):
    with pytest.raises(SettingError, match="Did you mean 'instructions'"):
        made().update(instruction="Be brief.")


def test_an_argument_that_cannot_change_is_named_as_one(made: Made):
    arguments = set(VoiceWidget.__init__.__kwdefaults__ or ())
    assert {*KEPT, "settings", "budget"} == arguments - {*NAMES}
    widget = made()
    for name in KEPT:
        with pytest.raises(SettingError, match=f"A widget keeps the `{name}` that it was made with"):
            widget.update(**{name: None})


def test_requests_inside_hold_sync_become_one(made: Made, monkeypatch: pytest.MonkeyPatch):
    widget = made()
    asked: list[dict[str, Any]] = []
    update = widget._wiring.talk.update
    monkeypatch.setattr(
        widget._wiring.talk, "update", lambda **changes: asked.append(changes) or update(**changes)
    )
    with widget.hold_sync(), widget.hold_trait_notifications():
        widget.voice = "two"
        widget.turn_detection = {"type": "semantic_vad"}
        assert asked == []
    assert asked == [{"voice": "two", "turn_detection": {"type": "semantic_vad"}}]
    assert widget.voice == "two"


@pytest.mark.parametrize("hold", ["hold_sync", "hold_trait_notifications"])
def test_a_cell_that_holds_neither_blocks_nor_loses_what_the_publisher_writes(made: Made, hold: str):
    widget = made()
    page = made.page(widget)
    seen: list[int] = []
    widget.observe(lambda change: seen.append(change["new"]), "reconnect_attempts")
    with getattr(widget, hold)():
        for n in range(1, 51):
            widget._wiring.report.publish([StateChanged("reconnect_attempts", n)])
        settle(widget)  # does not wait for the end of this block
        assert widget.reconnect_attempts == 50
        assert page.updates("reconnect_attempts") == list(range(1, 51))
        assert seen == list(range(1, 51))
    settle(widget)
    assert page.updates("reconnect_attempts") == list(range(1, 51))


def test_a_page_state_applied_meanwhile_loses_no_write(made: Made):
    widget = made()
    page = made.page(widget)
    stop = threading.Event()

    def hammer() -> None:
        while not stop.is_set():
            # A refused value is what makes traitlets roll back what others wrote in between.
            page.handle_msg(
                {
                    "content": {
                        "data": {
                            "method": "update",
                            "state": {"reconnect_attempts": "x", "turns": 9, "tooltip": 3, "error": {}},
                        }
                    },
                    "buffers": [],
                }
            )

    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    thread = threading.Thread(target=hammer, name="subshell-1")
    thread.start()
    try:
        for n in range(1, 301):
            widget._wiring.report.publish([StateChanged("reconnect_attempts", n)])
        settle(widget)
    finally:
        stop.set()
        thread.join(20)
    assert widget.reconnect_attempts == 300
    assert page.updates("reconnect_attempts") == list(range(1, 301))
    assert widget.turns == 0
    assert widget.error is None


def test_a_page_may_set_layout_but_no_fact_and_nothing_is_echoed(made: Made):
    widget = made()
    page = made.page(widget)
    page.delivers(
        {"method": "update", "state": {"tooltip": "mine", "voice": "two", "transcript": [{}], "turns": 4}}
    )
    assert widget.tooltip == "mine"
    assert widget.voice is None
    assert widget.transcript == []
    assert widget.turns == 0
    assert not any(
        {"voice", "turns", "transcript"} & data["state"].keys()
        for kind, data, *_ in page.crossed
        if data.get("method") == "echo_update"
    )


# --- observers and callbacks ---


def test_an_observer_that_sleeps_or_raises_or_blocks_disturbs_nobody(made: Made):
    widget = made([{"hear": f"q{n}", "say": f"Answer {n}."} for n in range(5)])
    release, later = threading.Event(), []

    def blocks(change: Any) -> None:
        release.wait(30)

    def raises(change: Any) -> None:
        raise ValueError("mine")

    widget.observe(blocks, "turns")
    widget.observe(raises, "turns")
    widget.observe(lambda change: later.append((change["new"], threading.current_thread().name)), "turns")
    last: Future[Any] = Future()
    widget.observe(lambda change: change["new"] == 10 and last.set_result(None), "turns")
    page = made.page(widget)
    widget.connect().result(10)
    page.waits_for(lambda message: message["type"] == "row" and message["row"]["text"] == "Answer 4.", 20)
    widget.until("connected").result(20)
    widget.disconnect().result(10)
    assert widget._wiring.publisher.flush()
    assert widget.turns == 10
    assert page.updates("turns") == list(range(1, 11))
    assert later == []
    assert not last.done()
    release.set()
    settle(widget)
    assert [n for n, _ in later] == list(range(1, 11))
    assert {name for _, name in later} == {"voice_widget publisher calls"}
    assert last.done()


def test_unobserving_works(made: Made):
    widget = made()
    seen: list[Any] = []
    widget.observe(seen.append, "turns")
    widget.unobserve(seen.append, "turns")
    talk_through(widget)
    assert seen == []


def test_an_observer_may_ask_for_something(made: Made):
    widget = made()
    widget.observe(lambda change: setattr(widget, "muted", True), "turns")
    talk_through(widget)
    settle(widget)
    assert widget.muted


def test_observers_of_the_transcript_fire_once_per_finished_turn(made: Made):
    widget = made(HELLO * 3)
    lengths: list[int] = []
    widget.observe(lambda change: lengths.append(len(change["new"])), "transcript")
    talk_through(widget)
    assert lengths == [1, 2, 3, 4, 5, 6]


def test_callbacks_get_what_happened_until_they_are_undone(made: Made):
    widget = made()
    got: dict[str, list[Any]] = {name: [] for name in ("turn", "row", "text", "state", "error")}
    undo = [widget.on(name, got[name].append) for name in got]
    talk_through(widget)
    assert [row["text"] for row in got["turn"]] == ["hello", "Hello to you."]
    assert [change["value"] for change in got["state"] if change["name"] == "connection_state"] == [
        "connecting",
        "connected",
        "disconnected",
    ]
    assert "".join(piece.get("delta", "") for piece in got["text"]) == "Hello to you."
    assert got["error"] == []
    before = len(got["turn"])
    for stop in undo:
        stop()
        stop()
    talk_through(widget)
    assert len(got["turn"]) == before
    with pytest.raises(SettingError, match="Did you mean 'turn'"):
        widget.on("turns", print)


def test_callbacks_get_what_the_protocol_says(made: Made):
    widget = made([{"hear": "hello", "say": "Hello to you, dear listener.", "interrupt_ms": 700}, *HELLO])
    names = ("event", "speech_started", "speech_stopped", "response_done", "transcript", "interrupted")
    got: dict[str, list[Any]] = {name: [] for name in names}
    undo = [widget.on(name, got[name].append) for name in names]
    talk_through(widget)
    types = [told["event"]["type"] for told in got["event"]]
    assert types == list(widget.events_df["type"])
    assert {told["direction"] for told in got["event"]} == {"received", "sent", "local"}
    assert [told["event"]["type"] for told in got["speech_started"]] == [
        "input_audio_buffer.speech_started"
    ] * 2
    assert [told["event"]["item_id"] for told in got["speech_stopped"]] == [
        row["item_id"] for row in widget.transcript if row["role"] == "user"
    ]
    assert [used["kind"] for used in got["response_done"]] == ["response", "response"]
    assert [row["text"] for row in got["interrupted"]] == ["Hello to you, dear listener."]
    assert got["transcript"][-1] == widget.transcript
    assert [len(rows) for rows in got["transcript"]][:2] == [1, 2]
    for stop in undo:
        stop()
        stop()
    counts = {name: len(values) for name, values in got.items()}
    talk_through(widget)
    assert {name: len(values) for name, values in got.items()} == counts


def test_what_callbacks_change_stays_theirs(made: Made):
    widget = made()
    widget.on("transcript", lambda rows: [row.clear() for row in rows])
    widget.on("event", lambda told: told["event"].clear())
    widget.on("interrupted", lambda row: row.clear())
    talk_through(widget)
    assert [row["text"] for row in widget.transcript] == ["hello", "Hello to you."]
    assert widget.events_df["type"].notna().all()


def test_unknown_events_are_refused_with_the_list(made: Made):
    widget = made()
    with pytest.raises(SettingError, match="There are agent_event, approval, error, event, interrupted"):
        widget.on("xyzzy", print)
    with pytest.raises(SettingError, match="Did you mean 'speech_started'"):
        widget.on("speech_start", print)


def test_the_docstring_of_on_has_a_line_for_every_event():
    told = VoiceWidget.on.__doc__ or ""
    assert [name for name in (*EVENTS, *FAST) if f"\n        ``{name}`` " not in told] == []


# --- settings ---


def test_settings_in_one_object_or_by_their_own_names(made: Made):
    together = Settings(voice="two", speed=1.25, turn_detection=ServerVad(silence_duration_ms=900))
    agent = WithExamples(None)  # without hints, which are settings too
    one = made(settings=together, agent=agent)
    vad = ServerVad(silence_duration_ms=900)
    other = made(voice="two", speed=1.25, turn_detection=vad, agent=agent)
    assert one.settings == other.settings
    assert one.settings.speed == 1.25
    assert one.turn_detection is not None
    assert one.turn_detection["silence_duration_ms"] == 900
    assert made(settings=one.settings).settings.speed == 1.25


def test_the_settings_are_those_that_the_service_shows(made: Made):
    widget = made([])
    assert widget.settings.max_output_tokens is None
    widget.connect().result(20)
    assert widget.settings.max_output_tokens == "inf"
    widget.update(speed=1.5, output_modalities=["text"], max_output_tokens=100).result(20)
    assert widget.settings.speed == 1.5
    assert widget.settings.output_modalities == ("text",)
    assert widget.settings.max_output_tokens == 100
    widget.disconnect().result(20)
    assert widget.settings.speed == 1.5


def test_settings_are_shown_without_the_keys_that_tools_hold(made: Made):
    tool = {"type": "mcp", "server_label": "files", "authorization": "very-secret"}
    widget = made(settings=Settings(tools=[tool], voice="two"))
    assert "very-secret" not in repr(widget.settings)
    assert "files" in repr(widget.settings)
    assert "voice='two'" in repr(widget.settings)


def test_the_flow_and_the_language_reach_the_talk(made: Made, monkeypatch: pytest.MonkeyPatch):
    heard = {"model": "whisper-1"}
    flows: list[str] = []

    class Noted(travelling_module.ByPeer):
        def __init__(self, flow: Any, *ways: Any) -> None:
            flows.append(flow)
            super().__init__(flow, *ways)

    monkeypatch.setattr(travelling_module, "ByPeer", Noted)
    made(service=OpenAI(api_key="sk-secret"), transport="webrtc", flow="ephemeral")
    assert flows == ["ephemeral"]
    widget = made(language="de", transcription=heard, agent=WithExamples(None))
    assert widget.settings.transcription == {"language": "de", "model": "whisper-1"}
    assert made(transcription=None).settings.transcription is None


# --- calls made elsewhere ---


class Phone(ScriptedService):
    """A service with phone calls."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked: list[Any] = []

    async def accept(self, call_id: str, session: Settings) -> None:
        self.asked.append(("accept", call_id, session.voice))

    async def reject(self, call_id: str, status_code: int) -> None:
        self.asked.append(("reject", call_id, status_code))

    async def refer(self, call_id: str, target_uri: str) -> None:
        self.asked.append(("refer", call_id, target_uri))

    async def hangup(self, call_id: str) -> None:
        self.asked.append(("hangup", call_id))


def test_phone_calls_are_taken_turned_away_handed_over_and_ended(made: Made):
    phone = Phone()
    widget = made(service=phone)
    widget.accept("rtc_1", voice="two").result(20)
    assert widget.settings.voice is None  # these were for that call only
    widget.join("rtc_1").result(20)
    assert widget.connection_state == "connected"
    widget.refer("tel:+14155550123").result(20)
    widget.hangup().result(20)
    widget.reject("rtc_2", 486).result(20)
    widget.refer("sip:desk@example.org", "rtc_3").result(20)
    widget.hangup("rtc_3").result(20)
    assert phone.asked == [
        ("accept", "rtc_1", "two"),
        ("refer", "rtc_1", "tel:+14155550123"),
        ("hangup", "rtc_1"),
        ("reject", "rtc_2", 486),
        ("refer", "rtc_3", "sip:desk@example.org"),
        ("hangup", "rtc_3"),
    ]


def test_without_phone_calls_there_is_a_sentence(made: Made):
    with pytest.raises(StateError, match="has no phone calls") as raised:
        made().accept("rtc_1")
    assert raised.value.next_step


def test_a_closed_widget_hands_no_call_over(made: Made):
    widget = made(service=Phone())
    widget.close()
    with pytest.raises(StateError, match="The widget is closed"):
        widget.refer("tel:+14155550123")


def test_hanging_up_a_call_of_ones_own_by_its_id_is_no_loss(made: Made):
    widget = made([])
    widget.connect().result(20)
    call_id = widget._wiring.talk.session.call_id
    widget.hangup(call_id).result(20)
    assert (widget.connection_state, widget.error, widget.reconnect_attempts) == ("disconnected", None, 0)


def test_hanging_up_a_call_of_ones_own_ends_it(made: Made):
    widget = made([])
    widget.connect().result(20)
    widget.hangup().result(20)
    assert widget.connection_state == "disconnected"


# --- waiting ---


async def test_states_and_turns_can_be_awaited(made: Made):
    widget = made()
    turn, answer = widget.next_turn(), widget.next_turn("assistant")
    await widget.connect()
    assert widget.connection_state == "connected"
    await widget.until("connected")
    assert (await turn)["role"] == "user"
    assert (await answer)["text"] == "Hello to you."
    await widget.disconnect()
    assert widget.connection_state == "disconnected"
    with pytest.raises(SettingError, match="Did you mean 'connected'"):
        widget.until("conected")  # type: ignore[arg-type]


def test_the_main_thread_may_block_because_nothing_needs_it(made: Made):
    widget = made()
    answer = widget.next_turn("assistant")
    widget.connect().result(10)
    assert widget.connection_state == "connected"
    assert answer.result(10)["text"] == "Hello to you."


@pytest.mark.parametrize("spoken", ["", "Well. "])
def test_who_waits_for_an_agent_that_raises_gets_what_it_raised(made: Made, spoken: str):
    def broken(turn: Any) -> Any:
        if spoken:
            yield spoken
        raise ZeroDivisionError("division by zero")

    widget = made([], agent=broken)
    widget.connect().result(20)
    answer, asked = widget.next_turn("assistant"), widget.next_turn("user")
    widget.send_text("divide").result(20)
    assert asked.result(20)["text"] == "divide"
    with pytest.raises(AgentError, match="broken raised ZeroDivisionError: division by zero") as raised:
        answer.result(20)
    assert (raised.value.code, raised.value.next_step) == (
        "agent_failed",
        "The traceback is in the log; mend the agent and ask again.",
    )
    question = widget.next_turn("user")
    after = widget.next_turn()
    widget.send_text("again").result(20)
    assert question.result(20) == after.result(20)


def look() -> str:
    """Look."""
    return "there"


@pytest.mark.parametrize("spoken", [False, True])
def test_the_assistants_next_turn_is_its_answer_and_its_filler_is_said_once(made: Made, spoken: bool):
    def agent(turn: Any) -> Any:
        yield "One moment. "  # whether it looks or not: it is asked from its beginning
        if not turn.results:
            yield ToolCall("look")
        else:
            yield f"It is {turn.results[-1].text}."

    widget = made([{"hear": "where", "say": ""}] * spoken, agent=agent, tools=[look])
    asked, said, answer = widget.next_turn("user"), widget.next_turn(), widget.next_turn("assistant")
    widget.connect().result(20)
    if not spoken:
        widget.send_text("where").result(20)
    assert answer.result(20)["text"] == "It is there."
    assert asked.result(20) == said.result(20)
    assert [row["text"] for row in widget.transcript] == ["where", "One moment.", "It is there."]


def test_who_begins_to_wait_just_after_the_agent_has_raised_gets_what_it_raised(made: Made):
    def broken(turn: Any) -> Any:
        if turn.text == "divide":
            raise ZeroDivisionError("division by zero")
        return "Yes."

    widget = made([], agent=broken)
    failed = threading.Event()
    widget.on("error", lambda error: failed.set())
    widget.connect().result(20)
    widget.send_text("divide").result(20)
    assert failed.wait(20)
    question = widget.next_turn("user")
    with pytest.raises(AgentError, match="division by zero"):
        widget.next_turn("assistant").result(20)
    after = widget.next_turn("assistant")  # it was told
    widget.send_text("again").result(20)
    assert after.result(20)["text"] == "Yes."
    assert question.result(20)["text"] == "again"


def test_an_agent_that_waits_for_its_own_turn_is_told(made: Made):
    caught: Future[BaseException] = Future()

    def agent(turn: Any) -> str:
        try:
            widget.next_turn().result()
        except WaitError as error:
            caught.set_result(error)
        return "done"

    widget = made([{"hear": "hello", "say": ""}], agent=agent)
    answer = widget.next_turn("assistant")
    widget.connect().result(10)
    assert "voice_widget work 1" in str(caught.result(10))
    assert answer.result(10)["text"] == "done"


def test_a_call_that_fails_ends_every_wait_with_its_reason(made: Made, monkeypatch: pytest.MonkeyPatch):
    async def refuse(self: ScriptedService, **_: Any) -> Any:
        raise ServiceRefused("Wrong key.", code="invalid_api_key", next_step="Check the key.")

    monkeypatch.setattr(ScriptedService, "connect", refuse)
    widget = made()
    waits = [widget.until("connected"), widget.next_turn(), widget.next_turn("assistant"), widget.connect()]
    for wait in waits:
        with pytest.raises(VoiceWidgetError, match="Wrong key") as raised:
            wait.result(20)
        assert raised.value.code == "invalid_api_key"


def test_closing_ends_every_wait(made: Made):
    widget = made()
    waits = [widget.next_turn(), widget.until("connected")]
    widget.close()
    for wait in waits:
        with pytest.raises(StateError, match="closed"):
            wait.result(20)


# --- what crosses ---


def test_hello_is_answered_with_the_rows(made: Made):
    widget = made()
    talk_through(widget)
    page = made.page(widget)
    page.says({"type": "hello", "page": "late"})
    snapshot = page.waits_for(lambda message: message["type"] == "snapshot")
    assert snapshot["page"] == "late"
    assert [row["text"] for row in snapshot["rows"]] == ["hello", "Hello to you."]
    assert snapshot["seq"] == page.messages[-1]["seq"]


def test_rebuilding_from_the_messages_gives_the_transcript(made: Made):
    widget = made(HELLO * 3)
    talk_through(widget)
    rows: dict[str, Any] = {}
    for n, message in enumerate(made.page(widget).messages, 1):
        assert message["seq"] == n
        if message["type"] == "row":
            rows[message["row"]["item_id"]] = message["row"]
        elif message["type"] == "text":
            row = rows[message["item_id"]]
            row["text"] = row["text"] + message["delta"] if "delta" in message else message["text"]
    assert sorted(rows.values(), key=lambda row: row["seq"]) == widget.transcript
    assert made.page(widget).state["transcript"] == widget.transcript


def test_missed_messages_come_again_or_as_a_snapshot(made: Made):
    widget = made()
    talk_through(widget)
    page = made.page(widget)
    count = len(page.messages)
    page.says({"type": "missing", "page": "p", "first": 2, "last": 4})
    settle(widget)
    assert [message["seq"] for message in page.messages[count:]] == [2, 3, 4]
    assert page.messages[count:] == page.messages[1:4]

    count = len(page.messages)
    widget._wiring.publisher._sent.clear()
    page.says({"type": "missing", "page": "p", "first": 2, "last": 4})
    settle(widget)
    assert [message["type"] for message in page.messages[count:]] == ["snapshot"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        3,
        [],
        "hello",
        {},
        {"type": "x"},
        {"type": "hello"},
        {"type": "missing", "page": "p", "first": "1"},
        {"type": "set", "page": "p", "request_id": 1, "name": "voice", "value": 1},
    ],
)
def test_a_hostile_message_costs_itself_and_is_logged_once(
    made: Made, message: Any, caplog: pytest.LogCaptureFixture
):
    widget = made()
    page = made.page(widget)
    with caplog.at_level(logging.WARNING, "voice_widget"):
        page.says(message)
        page.says(message, subshell=False)
        page.says({"type": "hello", "page": "p"})
        page.waits_for(lambda message: message["type"] == "snapshot")
    assert len(caplog.records) == 1


def test_nothing_hostile_gets_through_whole_comm_messages_either(
    made: Made, caplog: pytest.LogCaptureFixture
):
    widget = made()
    page = made.page(widget)
    page.delivers({"method": "custom"})
    page.delivers({"method": "dance"})
    page.says({"type": "missing", "page": "p", "first": -5, "last": 10**12})
    page.says({"type": "missing", "page": "p", "first": 9, "last": 1})
    page.says({"type": "hello", "page": "p"})
    page.waits_for(lambda message: message["type"] == "snapshot")
    settle(widget)


def test_a_users_own_messages_still_work(made: Made):
    widget = made()
    got: Future[Any] = Future()
    widget.on_msg(
        lambda _widget, content, _buffers: got.set_result((content, threading.current_thread().name))
    )
    made.page(widget).says({"type": "hello", "page": "p"})
    assert got.result(20) == ({"type": "hello", "page": "p"}, "voice_widget publisher calls")


def test_sound_by_comm_leaves_the_callbacks_their_lane_and_an_error_is_always_told(
    made: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publisher_module, "MOST_CALLS", 50)
    widget = made(transport="comm")
    page = made.page(widget)
    blocked, release = threading.Event(), threading.Event()
    turned: list[str] = []
    told: list[Any] = []
    got: list[str] = []
    widget.on_msg(lambda _widget, content, _buffers: got.append(content["type"]))
    widget.on("state", lambda state: (blocked.set(), release.wait(20)))
    widget.on("error", told.append)
    widget.observe(lambda change: told.append(change["new"]), "error")
    widget.on("turn", lambda row: turned.append(row["text"]))
    widget.muted = True
    assert blocked.wait(20)
    lane = widget._wiring.publisher._calls
    before = lane.waiting
    for number in range(200):
        for kind, more in (("audio", {}), ("audio.played", {"played_ms": 40.0 * number, "cleared": False})):
            page.says({"type": kind, "page": "p", "call": 1, **more}, subshell=False)
    assert lane.waiting == before
    while widget._wiring.publisher.call(lambda: None):
        pass  # other callbacks fill the lane
    widget._wiring.report.publish([Problem({"code": "gone", "message": "It is gone.", "next_step": ""})])
    assert widget._wiring.publisher.flush()
    release.set()
    settle(widget)
    assert [error["code"] for error in told] == ["gone", "gone"]
    assert got == []


def test_a_second_and_different_fault_of_a_page_is_logged_too(made: Made, caplog: pytest.LogCaptureFixture):
    page = made.page(made())
    for _ in range(3):
        page.says({"type": "hello"}, subshell=False)
        page.says({"type": "call.plays"}, subshell=False)
    for number in range(100):  # and whatever a page makes up does not fill the log
        page.says({"type": f"nonsense {number}"}, subshell=False)
    said = [record.getMessage() for record in caplog.records]
    assert [sentence for sentence in said if "hello.page" in sentence] == said[:1]
    assert [sentence for sentence in said if "call.plays.page" in sentence] == said[1:2]
    assert len(said) == 20


def test_everything_leaves_from_the_publisher(made: Made):
    widget = made()
    page = made.page(widget)
    opening = len(page.crossed)
    talk_through(widget)
    assert {thread for *_, thread in page.crossed[opening:]} == {"voice_widget publisher"}


def test_bytes_per_turn_do_not_grow_over_500_turns(made: Made):
    exchanges = [{"hear": f"question {n:03}", "say": f"Answer number {n:03}."} for n in range(250)]
    widget = made(exchanges)
    page = made.page(widget)
    marks: list[int] = []
    told: list[int] = []
    widget.on("turn", lambda row: told.append(row["seq"]))
    talk_through(widget)
    assert told == list(range(1, 501))

    per_turn, total = [], 0
    for kind, data, size, _ in page.crossed:
        if kind != "comm_msg":
            continue
        if "transcript" in data.get("state", {}):
            marks.append(len(data["state"]["transcript"]))
            continue
        total += size
        if "turns" in data.get("state", {}):
            per_turn.append(total)
            total = 0
    assert len(per_turn) == 500
    early, late = per_turn[8:28], per_turn[-20:]
    assert sum(late) < sum(early) * 1.1
    assert marks == [500]
    assert [row["seq"] for row in page.state["transcript"]] == [row["seq"] for row in widget.transcript]
    assert len(widget._wiring.publisher._sent) <= 500
    assert list(widget.transcript_df["text"]) == [x for e in exchanges for x in (e["hear"], e["say"])]


# --- tables ---


def test_the_table_is_right_before_while_and_after(made: Made):
    widget = made(HELLO)
    empty = widget.transcript_df
    assert len(empty) == 0
    sizes: list[int] = []
    widget.on("turn", lambda row: sizes.append(len(widget.transcript_df)))
    talk_through(widget)
    assert sizes[0] >= 1
    first = widget.transcript_df
    assert list(first["text"]) == ["hello", "Hello to you."]
    assert (first.dtypes == empty.dtypes).all()
    talk_through(widget)
    second = widget.transcript_df
    assert list(second["text"]) == ["hello", "Hello to you."] * 2
    assert second["call_id"].nunique() == 2
    assert second["seq"].is_monotonic_increasing
    assert widget.turns == 4
    assert len(made.page(widget).state["transcript"]) == 4
    assert widget.summary is not None
    assert widget.summary["turns"] == 4


def test_what_was_used_is_a_table(made: Made):
    widget = made()
    empty = widget.metrics_df
    assert len(empty) == 0
    talk_through(widget)
    used = widget.metrics_df
    assert (used.dtypes == empty.dtypes).all()
    assert list(used["kind"]) == ["transcription", "response"]
    assert list(used["item_id"]) == list(widget.transcript_df["item_id"])
    assert used["response_gap_ms"].iloc[1] == widget.transcript_df["response_gap_ms"].iloc[1]
    assert used["audio_seconds"].iloc[0] > 0


def test_events_of_both_ways_are_kept(made: Made):
    widget = made()
    assert len(widget.events_df) == 0
    talk_through(widget)
    events = widget.events_df
    assert {"received", "sent", "local"} <= set(events["direction"])
    assert (
        json.loads(events[events["type"] == "session.created"]["event"].iloc[0])["type"] == "session.created"
    )


# --- in the notebook ---


def test_the_mime_bundle_reads_without_a_kernel_and_holds_no_secret(made: Made):
    widget = made([{"hear": "<b>hello</b>", "say": "Hello to you."}])
    talk_through(widget)
    data, _ = widget._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    assert "w.transcript_df" in data["text/plain"]
    assert "Hello to you." in data["text/plain"]
    assert "&lt;b&gt;hello&lt;/b&gt;" in data["text/html"]
    assert "audio" not in data["text/html"]


def test_no_secret_stands_in_the_state_the_repr_or_the_events(made: Made):
    class Secretive(ScriptedService):
        key = "sk-very-secret"

    widget = made(service=Secretive(HELLO))
    talk_through(widget)
    everything = (
        json.dumps(made.page(widget).crossed, default=str) + repr(widget) + repr(widget._repr_mimebundle_())
    )
    everything += widget.events_df.to_csv() + repr(widget._wiring._plan)
    assert "very-secret" not in everything


def test_what_an_agent_shows_is_kept_noted_and_told(made: Made):
    def agent(turn: Any):
        yield "Here are four rows."
        yield Show([1, 2, 3, 4], "list · 4 items")

    widget = made([{"hear": "show me", "say": ""}], agent=agent)
    told: Future[Any] = Future()
    widget.on("result", told.set_result)
    answer = widget.next_turn("assistant")
    widget.connect().result(10)
    answer.result(10)
    result = told.result(10)
    assert result.value == [1, 2, 3, 4]
    assert result.question == "show me"
    assert widget.results == [result]
    page = made.page(widget)
    shown = page.waits_for(lambda message: message["type"] == "result")["result"]
    assert shown == {"number": 0, "item_id": result.item_id, "label": "list · 4 items", "under": []}
    page.says({"type": "hello", "page": "p"})
    assert page.waits_for(lambda message: message["type"] == "snapshot")["results"] == [shown]
    # A page, and one that is opened later, asks for what it draws.
    for number, request_id in enumerate(("one", "two")):
        page.says({"type": "result.wanted", "page": "p", "request_id": request_id, "number": number})
    content = page.waits_for(lambda message: message.get("request_id") == "one")
    assert (content["type"], content["mime"], content["data"]) == (
        "result.content",
        "text/plain",
        "[1, 2, 3, 4]",
    )
    refused = page.waits_for(lambda message: message.get("request_id") == "two")
    assert (refused["type"], refused["error"]["code"]) == ("request.failed", "result_not_shown")


# --- the end ---


def test_closing_hangs_up_ends_the_threads_and_can_be_repeated(made: Made):
    widget = made()
    widget.connect().result(10)
    service: Any = widget._wiring._plan.service
    page = made.page(widget)
    publisher = widget._wiring.publisher
    widget.close()
    widget.close()
    assert page.crossed[-1][0] == "comm_close"
    assert widget.connection_state == "disconnected"
    assert (
        all(connection.closed for connection in service.connections)
        if hasattr(service.connections[0], "closed")
        else service.connections
    )
    for lane in (publisher._writes, publisher._calls):
        if lane.thread is not None:
            lane.thread.join(20)
            assert not lane.thread.is_alive()
    for verb in (widget.connect, lambda: widget.say("hello"), lambda: widget.update(voice="two")):
        with pytest.raises(StateError, match="closed"):
            verb()


def test_closing_while_a_callback_blocks_does_not_hang(made: Made):
    widget = made()
    release = threading.Event()
    widget.on("turn", lambda row: release.wait(30))
    turn = widget.next_turn()
    widget.connect().result(10)
    turn.result(10)
    widget.close()
    assert made.page(widget).crossed[-1][0] == "comm_close" if widget.comm else True
    release.set()


def test_verbs_check_what_they_are_given(made: Made):
    widget = made()
    for text in ("", "  ", None, 3):
        with pytest.raises(SettingError):
            widget.say(text)  # type: ignore[arg-type]
        with pytest.raises(SettingError):
            widget.send_text(text)  # type: ignore[arg-type]
    for audio in ("/no/such.wav", b"RIFF....", "x", {"a": 1}, [["x"]]):
        with pytest.raises(SettingError):
            widget.play(audio)


def test_two_widgets_do_not_mix(made: Made):
    one, two = made([{"hear": "a", "say": "One."}]), made([{"hear": "b", "say": "Two."}])
    talk_through(one)
    talk_through(two)
    assert list(one.transcript_df["text"]) == ["a", "One."]
    assert list(two.transcript_df["text"]) == ["b", "Two."]
    assert asyncio.iscoroutinefunction(one.connect) is False


def test_a_verb_is_done_only_when_the_traits_say_so(made: Made):
    widget = made()
    gate, done = threading.Event(), Future[None]()
    widget._wiring.publisher.submit(lambda: gate.wait(20) and None)
    told = widget._wiring.told(done)
    done.set_result(None)
    assert not told.done()
    gate.set()
    told.result(20)
    widget.close()
    failed: Future[None] = Future()
    failed.set_exception(StateError("Too late."))
    with pytest.raises(StateError, match="Too late"):
        widget._wiring.told(failed).result(20)


def test_a_script_that_ends_in_mid_call_ends_cleanly_and_soon():
    code = """
from voice_widget import ScriptedService, VoiceWidget
w = VoiceWidget(service=ScriptedService([{"hear": "hello", "say": "Hello to you."}]), transport="memory")
w.on("state", lambda change: change["name"] == "connection_state" and print(change["value"], flush=True))
w.connect().result(10)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["connecting", "connected", "disconnected"]


def test_a_widget_that_was_refused_holds_no_service(made: Made, monkeypatch: pytest.MonkeyPatch):
    closed: list[Any] = []

    async def close(self: Any) -> None:
        closed.append(self)

    monkeypatch.setattr(ScriptedService, "close", close)
    service = ScriptedService(HELLO)
    for wrong in ({"tools": [3]}, {"layout": "nonsense"}):
        with pytest.raises((SettingError, traitlets.TraitError)):
            made(service=service, **wrong)
    gc.collect()
    made(service=service).close()
    assert service in closed


def test_a_service_that_was_given_outlives_the_widget(made: Made, monkeypatch: pytest.MonkeyPatch):
    closed: list[Any] = []

    async def close(self: Any) -> None:
        closed.append(self)

    monkeypatch.setattr(ScriptedService, "close", close)
    service = ScriptedService(HELLO)
    first, second = made(service=service), made(service=service)
    first.close()
    assert closed == []
    talk_through(second)
    assert [row["text"] for row in second.transcript] == ["hello", "Hello to you."]


# --- misuse has a name ---


async def _async(_: Any) -> None:
    """A callback that nobody would await."""


@pytest.mark.parametrize(
    "misuse",
    [
        lambda w: w.on("turn", 3),
        lambda w: w.on("turn", _async),
        lambda w: w.on(3, print),
        lambda w: w.until(None),
        lambda w: w.next_turn(3),
        lambda w: w.play([[1], [1, 2]]),
        lambda w: w.play("a\0b"),
        lambda w: w.update(model="other"),
        lambda w: w.join(3),
        lambda w: w.join(" "),
        lambda w: w.refer(3),
        lambda w: w.refer("tel:+1"),
        lambda w: w.reject("rtc_1"),
        lambda w: w.accept("rtc_1"),
    ],
)
def test_misuse_has_a_name(made: Made, misuse: Any):
    with pytest.raises(UsageError):
        misuse(made())


def test_no_examples_are_none(made: Made):
    assert made(agent=WithExamples(None)).examples == []


def test_a_closed_widget_waits_for_nothing(made: Made):
    widget = made()
    widget.close()
    for wait in (lambda: widget.until("connected"), widget.next_turn):
        with pytest.raises(StateError) as raised:
            wait()
        assert raised.value.code == "closed"


def test_closed_in_a_callback_the_facts_say_that_it_is_over(made: Made):
    widget = made()
    over: Future[None] = Future()
    widget.on("turn", lambda row: widget.close())
    widget.observe(
        lambda change: change["new"] == "disconnected" and over.set_result(None), "connection_state"
    )
    widget.connect()
    over.result(10)
    assert widget.connection_state == "disconnected"


def test_what_fails_to_start_after_the_end_is_not_told(made: Made, caplog: pytest.LogCaptureFixture):
    widget = made()
    widget.close()
    failed: Future[None] = Future()
    failed.set_exception(ValueError("too late"))
    widget._wiring._warmed(failed)
    assert "too late" not in caplog.text


def test_what_a_page_sets_is_applied_under_the_publishers_lock_and_holds_no_write_up(made: Made):
    widget = made()
    lock = widget._wiring.publisher.lock
    free: list[bool] = []
    release, blocked = threading.Event(), threading.Event()

    def somebody_else_writes() -> None:
        free.append(lock.acquire(blocking=False))
        if free[-1]:
            lock.release()

    def look(owner: Any, proposal: Any) -> Any:  # in the midst of it
        other = threading.Thread(target=somebody_else_writes)
        other.start()
        other.join(20)
        return proposal["value"]

    def blocks(change: Any) -> None:
        blocked.set()
        release.wait(10)

    widget._register_validator(look, ("tooltip",))
    widget.observe(blocks, "tooltip")
    page = threading.Thread(target=widget.set_state, args=({"tooltip": "mine"},))
    page.start()
    assert blocked.wait(20)
    page.join(20)
    try:
        assert not page.is_alive()
        assert widget.tooltip == "mine"
        assert free
        assert not any(free)
        widget._wiring.publisher.submit(lambda: widget._write("muted", True))
        assert widget._wiring.publisher.flush(5)
        assert widget.muted is True
    finally:
        release.set()
