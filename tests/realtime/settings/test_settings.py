from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.settings import UNSET, SessionConfig, Settings

EVERYTHING = SessionConfig(
    model="m",
    instructions="be brief",
    voice="marin",
    speed=1.25,
    output_modalities=("text",),
    turn_detection={"type": "server_vad", "threshold": 0.4},
    transcription={"model": "whisper-1", "keywords": ["tip"]},
    noise_reduction={"type": "near_field"},
    tools=({"type": "function", "name": "f", "parameters": {}},),
    tool_choice="required",
    max_output_tokens=100,
    input_format={"type": "audio/pcm", "rate": 24000},
    output_format={"type": "audio/pcmu"},
    extra={"reasoning": {"effort": "low"}},
)


def inside(path: str, value: Any) -> dict[str, Any]:
    session: dict[str, Any] = {"type": "realtime"}
    place = session
    *steps, last = path.split(".")
    for step in steps:
        place = place.setdefault(step, {})
    place[last] = value
    return session


def test_nothing_set_is_nothing_said() -> None:
    assert SessionConfig().session() == {"type": "realtime"}
    assert repr(UNSET) == "UNSET"


def test_null_is_a_setting_of_its_own() -> None:
    silent = SessionConfig(turn_detection=None, transcription=None, noise_reduction=None).session()
    assert silent["audio"]["input"] == {
        "turn_detection": None,
        "transcription": None,
        "noise_reduction": None,
    }


def test_everything_goes_and_comes_back() -> None:
    session = EVERYTHING.session()
    assert session["audio"]["output"] == {"voice": "marin", "speed": 1.25, "format": {"type": "audio/pcmu"}}
    assert session["tools"] == [{"type": "function", "name": "f", "parameters": {}}]
    assert SessionConfig.from_session(session) == EVERYTHING
    assert SessionConfig().merged(session) == EVERYTHING


def test_a_voice_by_id() -> None:
    config = SessionConfig(voice="voice_123")
    assert config.session()["audio"]["output"]["voice"] == {"id": "voice_123"}
    assert SessionConfig.from_session(config.session()) == config


def test_old_shape_is_read() -> None:
    config = SessionConfig.from_session(
        {"voice": "ash", "modalities": ["audio", "text"], "turn_detection": None}
    )
    assert (config.voice, config.output_modalities, config.turn_detection) == ("ash", ("audio",), None)
    assert SessionConfig().merged({"voice": "ash"}).voice == "ash"


def test_from_session_leaves_out_what_makes_no_sense() -> None:
    config = SessionConfig.from_session(
        {"audio": {"output": 7, "input": {"transcription": 3}}, "instructions": "yes", "id": "s"}
    )
    assert config == SessionConfig(instructions="yes")


def test_absent_fields_stay() -> None:
    after = EVERYTHING.merged(inside("audio.output.speed", 1))
    assert after == replace(EVERYTHING, speed=1.0)
    assert EVERYTHING.merged({"type": "realtime", "audio": None}) == EVERYTHING
    assert EVERYTHING.merged({"type": "realtime", "tracing": "auto"}).extra == {
        "reasoning": {"effort": "low"},
        "tracing": "auto",
    }


def test_the_model_cannot_change_once_there_is_one() -> None:
    assert EVERYTHING.merged({"type": "realtime", "model": "other"}).model == "m"
    assert SessionConfig().merged({"type": "realtime", "model": "other"}).model == "other"


def test_turn_detection_merges_within_a_type_and_starts_anew_with_another() -> None:
    where = "audio.input.turn_detection"
    more = EVERYTHING.merged(inside(where, {"silence_duration_ms": 200}))
    assert more.turn_detection == {"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 200}
    cleared = more.merged(inside(where, {"type": "server_vad", "threshold": None}))
    assert cleared.turn_detection == {"type": "server_vad", "silence_duration_ms": 200}
    other = more.merged(inside(where, {"type": "semantic_vad", "eagerness": "high"}))
    assert other.turn_detection == {"type": "semantic_vad", "eagerness": "high"}
    assert other.turn_taking() == {
        "type": "semantic_vad",
        "eagerness": "high",
        "create_response": True,
        "interrupt_response": True,
    }
    assert more.merged(inside(where, None)).turn_taking() is None
    assert SessionConfig().merged(inside(where, {})).turn_detection == {"type": "server_vad"}
    assert SessionConfig(turn_detection={"type": "odd"}).turn_taking() == {"type": "odd"}


def test_transcription_merges() -> None:
    after = EVERYTHING.merged(inside("audio.input.transcription", {"language": "de"}))
    assert after.transcription == {"model": "whisper-1", "keywords": ["tip"], "language": "de"}
    assert SessionConfig().merged(inside("audio.input.transcription", {"prompt": "x"})).transcription == {
        "prompt": "x"
    }


@pytest.mark.parametrize(
    ("path", "value", "empty"),
    [
        ("instructions", None, ""),
        ("tools", None, ()),
        ("tools", [], ()),
        ("tool_choice", None, None),
        ("max_output_tokens", None, None),
        ("output_modalities", None, None),
        ("audio.output.voice", None, None),
        ("audio.output.speed", None, None),
        ("audio.input.format", None, None),
        ("audio.input.noise_reduction", None, None),
        ("audio.input.transcription", None, None),
    ],
)
def test_null_clears(path: str, value: Any, empty: Any) -> None:
    name = {"audio.input.format": "input_format"}.get(path, path.rsplit(".", 1)[-1])
    assert getattr(EVERYTHING.merged(inside(path, value)), name) == empty


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tool_choice", {"type": "function", "name": "f"}),
        ("max_output_tokens", "inf"),
        ("audio.output.speed", 0.25),
        ("tools", [{"type": "mcp", "server_label": "x"}]),
        ("audio.input.turn_detection", {"idle_timeout_ms": 5000}),
        ("audio.input.turn_detection", {"type": "server_vad", "idle_timeout_ms": None}),
    ],
)
def test_allowed(path: str, value: Any) -> None:
    SessionConfig().merged(inside(path, value))


TURNS = "audio.input.turn_detection"


@pytest.mark.parametrize(
    ("path", "value", "param"),
    [
        ("type", "transcription", "type"),
        ("instructions", 3, ""),
        ("model", 3, ""),
        ("audio", 3, ""),
        ("audio.output", [], ""),
        ("audio.output.voice", 5, ""),
        ("audio.output.voice", "", ""),
        ("audio.output.voice", {"id": 4}, ""),
        ("audio.output.speed", 2, ""),
        ("audio.output.speed", "1", ""),
        ("audio.output.speed", float("nan"), ""),
        ("audio.output.speed", 10**400, ""),
        ("output_modalities", ["audio", "audio"], ""),
        ("output_modalities", "audio", ""),
        ("tools", {}, ""),
        ("tools", [3], "tools[0]"),
        ("tools", [{"type": "web"}], "tools[0].type"),
        ("tools", [{"type": "function"}], "tools[0].name"),
        ("tools", [{"type": "function", "name": ""}], "tools[0].name"),
        ("tools", [{"type": "function", "name": "f", "parameters": []}], "tools[0].parameters"),
        ("tools", [{"type": "mcp", "server_url": "https://example.org/mcp"}], "tools[0].server_label"),
        ("tools", [{"type": "mcp", "server_label": 7}], "tools[0].server_label"),
        ("tool_choice", "maybe", ""),
        ("tool_choice", {"type": "x"}, ""),
        ("tool_choice", {"type": "function"}, ""),
        ("tool_choice", {"type": "function", "name": 7}, ""),
        ("tool_choice", {"type": "mcp"}, ""),
        ("tool_choice", {"type": []}, ""),
        ("max_output_tokens", 0, ""),
        ("max_output_tokens", 4097, ""),
        ("max_output_tokens", True, ""),
        ("max_output_tokens", "many", ""),
        ("audio.input.format", "pcm", ""),
        ("audio.input.format", {"type": "audio/mp3"}, ""),
        ("audio.output.format", {"type": "audio/pcm", "rate": 16000}, "audio.output.format.rate"),
        ("audio.input.noise_reduction", "near", ""),
        ("audio.input.noise_reduction", {"type": "x"}, ""),
        ("audio.input.transcription", "whisper", ""),
        ("audio.input.transcription", {"language": 3}, "audio.input.transcription.language"),
        ("audio.input.transcription", {"keywords": "tip"}, "audio.input.transcription.keywords"),
        ("audio.input.transcription", {"keywords": [1]}, "audio.input.transcription.keywords"),
        (TURNS, "server_vad", ""),
        (TURNS, {"type": "x"}, f"{TURNS}.type"),
        (TURNS, {"type": []}, f"{TURNS}.type"),
        (TURNS, {"threshold": 1.1}, f"{TURNS}.threshold"),
        (TURNS, {"threshold": 10**400}, f"{TURNS}.threshold"),
        (TURNS, {"threshold": True}, f"{TURNS}.threshold"),
        (TURNS, {"silence_duration_ms": -1}, f"{TURNS}.silence_duration_ms"),
        (TURNS, {"idle_timeout_ms": 100}, f"{TURNS}.idle_timeout_ms"),
        (TURNS, {"create_response": 1}, f"{TURNS}.create_response"),
        (TURNS, {"type": "semantic_vad", "eagerness": "very"}, f"{TURNS}.eagerness"),
    ],
)
def test_refused_with_the_name_of_the_setting(path: str, value: Any, param: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        SessionConfig().merged(inside(path, value))
    assert caught.value.param == f"session.{param or path}"
    assert caught.value.code in ("invalid_value", "missing_required_parameter")
    assert "must be" in caught.value.message or "not possible" in caught.value.message


def test_a_refused_setting_says_how_to_write_it() -> None:
    for path in ("instructions", "tools", "audio.output.speed", "audio.input.turn_detection"):
        with pytest.raises(ProtocolError) as caught:
            SessionConfig().merged(inside(path, 9))
        assert path.rpartition(".")[2] in caught.value.next_step
        assert "must be" in caught.value.message


def test_the_type_is_required_in_every_update() -> None:
    with pytest.raises(ProtocolError) as caught:
        SessionConfig().merged({"instructions": "x"})
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", "session.type")


def test_the_complete_session() -> None:
    bare = SessionConfig().full("sess_1", 12.9)
    assert (bare["id"], bare["expires_at"], bare["object"]) == ("sess_1", 12, "realtime.session")
    assert bare["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500
    assert bare["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    full = EVERYTHING.full("sess_1", 1.0)
    assert full["audio"]["input"]["turn_detection"]["threshold"] == 0.4
    assert full["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.25}
    assert full["tools"] == [{"type": "function", "name": "f", "parameters": {}}]
    assert (
        SessionConfig.from_session(full).session()["audio"]["output"]
        == EVERYTHING.session()["audio"]["output"]
    )


def test_what_is_shown_is_what_is_set_and_no_secret() -> None:
    shown = Settings.from_session(
        {
            "type": "realtime",
            "client_secret": {"value": "ek_1"},
            "tools": [{"type": "mcp", "server_label": "files", "authorization": "sk-1"}],
            "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin"}},
        }
    )
    assert repr(shown) == "Settings(voice='marin', turn_detection=None, tools=['files'])"
    assert shown.given().keys() == {"voice", "turn_detection", "tools"}
    assert repr(Settings()) == "Settings()"


def test_what_is_long_is_not_shown_whole() -> None:
    heard = {
        "keywords": [f"word{n}" for n in range(500)],
        "prompt": "\n".join(f"line {n}" for n in range(500)),
    }
    deep = {"a": {"b": "x" * 5_000}}
    shown = repr(Settings(instructions="Be brief. " * 500, transcription=heard, extra=deep))
    assert len(shown) < 800
    assert "\n" not in shown
    assert "<5,000 characters: 'Be brief. Be brief." in shown
    assert "<500: 'word0', 'word1'," in shown
    assert repr(Settings(instructions="x" * 80)) == f"Settings(instructions='{'x' * 80}')"


@pytest.mark.parametrize("both", [["text", "audio"], ["audio", "text"], ("text", "audio")])
def test_a_spoken_answer_has_its_text_too(both: Any) -> None:
    assert Settings().merged({"type": "realtime", "output_modalities": both}).output_modalities == ("audio",)
    with pytest.raises(ProtocolError, match=r'must be \["audio"\] or \["text"\]') as raised:
        Settings().merged({"type": "realtime", "output_modalities": ["speech"]})
    assert "spoken" in raised.value.next_step


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("parallel_tool_calls", [True, False, None], ["yes", 1, {}]),
        (
            "prompt",
            [None, {"id": "pmpt_1", "variables": {"a": "b"}, "version": "2"}],
            ["pmpt_1", {}, {"id": 3}],
        ),
        (
            "truncation",
            ["auto", "disabled", {"type": "retention_ratio", "retention_ratio": 0.5}],
            [5, "never", {"type": "other"}, {"type": "retention_ratio"}, []],
        ),
        ("tracing", [None, "auto", {"workflow_name": "w", "metadata": {}}], [True, "on", {"group_id": 3}]),
        ("include", [None, ["item.input_audio_transcription.logprobs"]], ["all", [3], {}]),
    ],
)
def test_what_is_passed_on_has_the_types_of_the_protocol(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        taken = Settings(voice="marin").merged({"type": "realtime", name: value})
        assert taken.extra == {name: value}
        assert taken.full("sess_1", 1.0)[name] == value
        assert Settings().merged(taken.full("sess_1", 1.0)).extra[name] == value
    for value in bad:
        with pytest.raises(ProtocolError, match=f"session.{name}") as raised:
            Settings().merged({"type": "realtime", name: value})
        assert raised.value.param is not None
        assert raised.value.next_step.startswith(f"Write extra={{'{name}':")
        assert name not in Settings.from_session({"type": "realtime", name: value}).extra
    kept = Settings().merged({"type": "realtime", "reasoning": {"effort": "low"}, "new": 5})
    assert kept.extra == {"reasoning": {"effort": "low"}, "new": 5}


def test_a_function_without_parameters_may_have_null_for_them() -> None:
    tool = {"type": "function", "name": "now", "parameters": None}
    assert Settings().merged({"type": "realtime", "tools": [tool]}).tools == (
        {"type": "function", "name": "now"},
    )
    with pytest.raises(ProtocolError, match="a JSON schema"):
        Settings().merged({"type": "realtime", "tools": [{**tool, "parameters": "none"}]})
