"""Whatever a service sends: the talk can go on or has ended with a named error, and no text is lost."""

from __future__ import annotations

import importlib
import json
import logging
import os
import pkgutil
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import voice_widget.call
import voice_widget.talk
from tests.e2e.measured import Measured
from tests.strange.service import ANSWER, END, StrangeServer
from tests.strange.streams import ASIDES, TAPES, Change, Frame, changed, changes, names
from voice_widget import VoiceWidget
from voice_widget.errors import ProtocolError, VoiceWidgetError
from voice_widget.realtime.wire.events import parse

EXAMPLES = int(os.environ.get("VOICE_WIDGET_EXAMPLES", "100"))
QUESTION = "And what else?"
SHORT_S = 0.15
BOUND_S = 20.0
FINAL = {
    "response.output_text.done": "text",
    "response.output_audio_transcript.done": "transcript",
    "conversation.item.input_audio_transcription.completed": "transcript",
}
DELTAS = (
    "response.output_text.delta",
    "response.output_audio_transcript.delta",
    "conversation.item.input_audio_transcription.delta",
)


@pytest.fixture(scope="module", autouse=True)
def short_waits() -> Iterator[None]:
    """Every bound of a wait is there, but short: what hangs for ever shows all the same."""
    patch = pytest.MonkeyPatch()
    for room in (voice_widget.call, voice_widget.talk):
        # All of it, also what is imported no earlier than a call is made.
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(found.name)
            for constant, value in vars(module).items():
                if constant.endswith("_S") and isinstance(value, float) and value > SHORT_S:
                    patch.setattr(module, constant, SHORT_S)
                if constant == "WAITS_S":
                    patch.setattr(module, constant, (0.01, 0.01, 0.01))
    yield
    patch.undo()


class Mistakes(logging.Handler):
    """What the package says of itself: to pass an event over is no mistake, to break on one is."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter().format(record)
        if "mistake of this package" in text:
            self.said.append(text)


@pytest.fixture(scope="module")
def mistakes() -> Iterator[Mistakes]:
    handler = Mistakes()
    logging.getLogger("voice_widget").addHandler(handler)
    yield handler
    logging.getLogger("voice_widget").removeHandler(handler)


def get_weather(city: str = "", location: str = "") -> str:
    """The weather."""
    return "sunny"


def wait(condition: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def named(error: Any) -> bool:
    return bool(error.code and error.message and error.next_step)


@pytest.fixture(scope="module")
def server() -> Iterator[StrangeServer]:
    made = StrangeServer()
    yield made
    made.close()


def over(examples: int) -> settings:
    """So many examples, always the same: what fails can be looked at again."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes longer than anybody waits
    )


@pytest.mark.timeout(0)  # each wait has a bound of its own
@over(EXAMPLES)
@given(name=names, what=changes)
def test_the_talk_goes_on_or_ends_with_a_name(
    server: StrangeServer, mistakes: Mistakes, name: str, what: Sequence[Change]
) -> None:
    hold(server, mistakes, changed(name, what))


@pytest.mark.parametrize("name", sorted(TAPES))
def test_a_conversation_that_is_null_in_every_response_costs_nothing(
    server: StrangeServer, mistakes: Mistakes, name: str
) -> None:
    said = [re.sub(r'("conversation_id"): "[^"]*"', r"\1: null", raw) for raw in TAPES[name]]
    # Nor where nothing else shows that the answer is in the conversation.
    said = [raw for raw in said if not json.loads(raw)["type"].startswith("conversation.item.")]
    assert hold(server, mistakes, said) is None


@pytest.mark.real
@pytest.mark.timeout(0)
@over(1_000)
@given(name=names, what=changes)
def test_the_talk_goes_on_or_ends_with_a_name_a_thousand_times(
    server: StrangeServer, mistakes: Mistakes, measured: Measured, name: str, what: Sequence[Change]
) -> None:
    where, ended = "strange services", None
    try:
        ended = hold(server, mistakes, changed(name, what))
    except BaseException:
        measured.outcome("the talk went on, or ended with a name", where, False)
        raise
    measured.outcome("the talk went on, or ended with a name", where, True)
    measured.outcome("the talk went on", where, ended is None)


def hold(server: StrangeServer, mistakes: Mistakes, stream: Sequence[Frame]) -> VoiceWidgetError | None:
    """A talk with such a service. Gives the error with which it ended; None: it went on."""
    mistakes.said.clear()
    widget = VoiceWidget(service=server.service(stream), transport="memory", tools=[get_weather])
    read = threading.Event()
    widget.on("event", lambda entry: read.set() if entry["event"]["type"] == END else None)
    try:
        try:
            widget.connect().result(BOUND_S)
            wait(lambda: read.is_set() or server.lines[0].over.is_set(), "the stream is read to its end")
            widget.send_text(QUESTION).result(BOUND_S)
        except VoiceWidgetError as error:
            if not named(error):
                raise AssertionError("an error without a name or a next step") from error
            return error
        wait(lambda: asked(server), f"the next question is sent; {widget.connection_state} {widget.error}")
        wait(lambda: answered(widget), f"its answer is a row; {widget.connection_state} {widget.transcript}")
        if read.is_set():  # else the call was given up before all of it came
            assert lost(stream, rows(widget)) == []
        return None
    finally:
        widget.close()
        assert mistakes.said == []


def asked(service: StrangeServer) -> bool:
    """The question has left, and behind it the wish for an answer."""
    for line in service.lines:
        types = [
            "question"
            if event["type"] == "conversation.item.create" and QUESTION in str(event["item"])
            else event["type"]
            for event in list(line.sent)
        ]
        if "question" in types and "response.create" in types[types.index("question") :]:
            return True
    return False


def answered(widget: VoiceWidget) -> bool:
    return any(row["role"] == "assistant" and row["text"] == ANSWER for row in widget.transcript)


def rows(widget: VoiceWidget) -> list[dict[Any, Any]]:
    return widget.transcript_df.to_dict("records")


def lost(stream: Sequence[Frame], rows: Sequence[Any]) -> list[tuple[str, list[str], str | None]]:
    """The items of which a whole text came, and whose row shows none of theirs."""
    finals: dict[str, list[str]] = defaultdict(list)
    said: set[str] = set()  # also without the id of its item
    pieces: dict[str, str] = defaultdict(str)
    for raw in stream:
        try:
            event = parse(raw, forgiving=True)
        except ProtocolError:
            continue
        said.update(_texts(event))
        item = event.get("item")
        item_id = event.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
        kind = event["type"]
        if not isinstance(item_id, str) or item_id in ASIDES:
            continue
        text = event.get(FINAL.get(kind, ""))
        if isinstance(text, str) and text.strip():
            finals[item_id].append(text.strip())
        if kind in DELTAS and isinstance(event.get("delta"), str):
            pieces[item_id] += event["delta"]
    shown = {row["item_id"]: row["text"].strip() for row in rows}
    missing: list[tuple[str, list[str], str | None]] = []
    for item_id in finals.keys() | {one for one, piece in pieces.items() if piece.strip()}:
        text = shown.get(item_id)
        known = {*said, *finals[item_id], pieces[item_id].strip()}
        # A row keeps the name that it had before the service named its item.
        whole = any(one in shown.values() for one in (*finals[item_id], pieces[item_id].strip()))
        if not whole and (not text or (finals[item_id] and text not in known)):
            missing.append((item_id, finals[item_id], text))
    return missing


def _texts(value: Any) -> list[str]:
    """Whatever is called a text in there."""
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if not isinstance(value, dict):
        return []
    own = [value[name].strip() for name in ("text", "transcript") if isinstance(value.get(name), str)]
    return own + [text for one in value.values() for text in _texts(one)]
