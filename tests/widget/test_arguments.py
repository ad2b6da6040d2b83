from __future__ import annotations

import io
import wave
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_widget import VoiceWidget, Wizard
from voice_widget.data import load
from voice_widget.errors import SettingError
from voice_widget.services.local import Local
from voice_widget.services.openai import OpenAI
from voice_widget.services.scripted import ScriptedService
from voice_widget.widget.arguments import checked, samples_of, service_of, text_of


class Unprintable(dict[str, Any]):
    """Raises at whatever is done with what is in it."""

    def __repr__(self) -> str:
        return "Unprintable"

    def items(self) -> Any:
        raise RuntimeError("not for you")

    __iter__ = keys = values = items


def wav(samples: Any, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    stored = io.BytesIO()
    with wave.open(stored, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples).tobytes())
    return stored.getvalue()


def test_a_wav_file_is_read_from_its_path_and_from_its_bytes(tmp_path: Path):
    stored = wav(np.array([1, -2, 3], np.int16))
    path = tmp_path / "question.wav"
    path.write_bytes(stored)
    for source in (path, str(path), stored, bytearray(stored)):
        samples, rate = samples_of(source, None)
        assert samples.tolist() == [[1], [-2], [3]]
        assert rate == 16_000


def test_two_channels_stay_two():
    samples, _ = samples_of(wav(np.array([1, 2, 3, 4], np.int16), channels=2), None)
    assert samples.tolist() == [[1, 2], [3, 4]]


def test_an_array_passes_with_its_rate():
    array = np.zeros(3)
    assert samples_of(array, 8_000) == (array, 8_000)


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        ("/no/such/file.wav", "cannot be read"),
        (b"RIFF0000", "cannot be read"),
        (wav(np.zeros(3, np.uint8), width=1), "8 bits per sample"),
    ],
)
def test_what_is_no_wav_file_is_refused(audio: Any, sentence: str):
    with pytest.raises(SettingError, match=sentence):
        samples_of(audio, None)


def test_the_embedded_engine_is_the_default():
    assert isinstance(service_of(None), Local)


def test_a_text_is_something_to_say():
    assert text_of(" hello ") == " hello "
    assert type(text_of(type("OwnText", (str,), {})("hello"))) is str
    with pytest.raises(SettingError):
        text_of("\n")


def plan(service: Any, transport: str | None) -> Any:
    return checked(
        data=None,
        agent=None,
        service=service,
        tools=None,
        transport=transport,
        flow="ephemeral",
        language="en",
        settings=None,
        singly={},
    )


@pytest.mark.parametrize("transport", ["memory", "comm", "webrtc"])
@pytest.mark.parametrize(
    "service",
    [OpenAI(api_key="x"), OpenAI(base_url="http://127.0.0.1:1/v1", api_key="x", dialect="beta")],
    ids=["OpenAI", "compatible"],
)
@pytest.mark.parametrize(
    ("name", "value"), [("agent", Wizard()), ("agent", lambda turn: "Yes."), ("data", load())]
)
def test_nobody_is_given_for_the_answers_of_a_model_in_silence(
    name: str, value: Any, service: Any, transport: str
) -> None:
    with pytest.raises(SettingError, match=f"`{name}` is given, and nobody would ask it") as raised:
        VoiceWidget(service=service, transport=transport, **{name: value})
    assert "Leave it out, or use service=Local()" in raised.value.next_step


def test_a_service_that_asks_the_kernel_takes_any_agent() -> None:
    wizard = Wizard()
    for service in (Local(), ScriptedService([])):
        with closing(VoiceWidget(service=service, transport="memory", agent=wizard)) as widget:
            assert widget.notice is None


def test_a_fork_at_a_service_with_a_model_needs_no_agent() -> None:
    with closing(VoiceWidget(service=OpenAI(api_key="x"), transport="memory")) as widget:
        widget.fork().close()


def test_an_agent_is_no_setting_that_changes() -> None:
    widget = VoiceWidget(service=ScriptedService([]), transport="memory")
    with closing(widget), pytest.raises(SettingError):
        widget.update(agent=Wizard())


def test_a_flow_by_token_needs_a_service_that_makes_some() -> None:
    with pytest.raises(SettingError, match="makes no tokens") as raised:
        plan(ScriptedService([]), "webrtc")
    assert raised.value.next_step == 'Write flow="unified".'


@pytest.mark.parametrize("transport", ["memory", "comm"])
def test_where_no_page_posts_an_offer_none_is_needed(transport: str) -> None:
    assert plan(ScriptedService([]), transport).flow == "ephemeral"


def test_those_that_make_tokens_are_taken() -> None:
    assert plan(OpenAI(), "webrtc").flow == plan(Local(), "webrtc").flow == "ephemeral"


@pytest.mark.parametrize(("service", "transport"), [(ScriptedService([]), "memory"), (Local(), "webrtc")])
def test_where_nobody_chooses_the_transport_is_one_that_the_service_has(service: Any, transport: str) -> None:
    assert plan(service, None).transport == transport


@pytest.mark.parametrize("value", [np.zeros(2), np.zeros((2, 2)), Unprintable(a=1)], ids=repr)
@pytest.mark.parametrize("name", ["extra", "instructions", "voice", "tools", "input_format"])
def test_what_has_no_truth_and_no_json_is_refused_by_a_sentence(name: str, value: Any) -> None:
    settings = {"settings": None, "singly": {name: value}}
    arguments = {"data": None, "agent": None, "tools": None, "transport": "memory", "flow": "unified"}
    with pytest.raises(SettingError) as raised:
        checked(service=ScriptedService([]), language="en", **arguments, **settings)
    assert raised.value.next_step


@pytest.mark.parametrize("language", ["", "  ", 7, None])
def test_a_language_has_a_name(language: Any) -> None:
    with pytest.raises(SettingError, match="language"):
        VoiceWidget(service=ScriptedService([]), language=language)


@pytest.mark.parametrize("wrong", [{"clock": 1}, {"clock": "now"}, {"voices": 1}, {"voices": [1]}])
def test_a_double_takes_only_what_it_can_use(wrong: Any) -> None:
    with pytest.raises(SettingError) as raised:
        ScriptedService([], **wrong)
    assert raised.value.next_step


@pytest.mark.parametrize("timeout", [10**400, float("inf"), float("nan"), 0, "15", True])
def test_a_time_that_nobody_can_wait_is_refused(timeout: Any) -> None:
    with pytest.raises(SettingError, match="number of seconds"):
        OpenAI(timeout=timeout)
