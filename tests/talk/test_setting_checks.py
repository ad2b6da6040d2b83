from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, get_type_hints

import numpy as np
import pytest

from voice_widget.errors import SettingError
from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
from voice_widget.realtime.settings.settings import UNSET
from voice_widget.services import Capabilities
from voice_widget.talk.setting_checks import (
    KEPT,
    NAMES,
    Changes,
    check_voice,
    checked_settings,
    refuse_unknown,
)


def service(**capabilities: Any) -> Any:
    return SimpleNamespace(name="service", capabilities=Capabilities(**capabilities))


def test_unknown_names_are_listed_when_none_is_near():
    with pytest.raises(SettingError, match=r"The event 'xyzzy' is unknown\. There are row, turn"):
        refuse_unknown("The event", ["xyzzy"], ["turn", "row"])
    refuse_unknown("The event", ["turn"], ["turn", "row"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("instruction", "instructions"),
        ("vioce", "voice"),
        ("tool", "tools"),
        ("detection", "turn_detection"),
        ("truncation", None),
        ("choice", None),
        ("serve", None),
    ],
)
def test_only_a_name_that_is_close_is_offered(name: str, near: str | None):
    with pytest.raises(SettingError) as raised:
        checked_settings({name: 1})
    assert raised.value.message == f"The setting {name!r} is unknown."
    step = f"Did you mean {near!r}?" if near else f"There are {', '.join(sorted(NAMES))}."
    assert raised.value.next_step == step


@pytest.mark.parametrize("name", KEPT)
def test_what_a_widget_keeps_is_no_misspelt_setting(name: str):
    with pytest.raises(SettingError) as raised:
        checked_settings({name: None})
    assert raised.value.message == f"A widget keeps the `{name}` that it was made with."
    assert raised.value.next_step == f"Make a new VoiceWidget({name}=…)."


def test_settings_in_one_are_for_a_new_widget():
    with pytest.raises(SettingError, match=r"`settings` is for a new widget.* Write w\.update\(speed=1\.2\)"):
        checked_settings({"settings": {"speed": 1.2}})


def test_every_known_name_is_listed_once():
    with pytest.raises(SettingError) as raised:
        refuse_unknown("The argument", ["zzzzzz"], ["voice", "tools", "voice"])
    assert raised.value.next_step == "There are tools, voice."


def test_both_modalities_ask_for_speech():
    assert checked_settings({"output_modalities": ("text", "audio")}) == {"output_modalities": ["audio"]}


def test_settings_that_are_not_set_stay_out_and_none_is_a_setting():
    assert checked_settings({"voice": None}) == {"voice": None}
    assert checked_settings({"turn_detection": UNSET}) == {}
    assert checked_settings({"turn_detection": None}) == {"turn_detection": None}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"speed": 9}, "invalid_value"),
        ({"speed": 0.2}, "invalid_value"),
        ({"speed": "fast"}, "invalid_value"),
        ({"tools": 3}, "invalid_value"),
        ({"max_output_tokens": -1}, "invalid_value"),
        ({"max_output_tokens": 4097}, "invalid_value"),
        ({"max_output_tokens": "all"}, "invalid_value"),
        ({"instructions": 3}, "setting_error"),
        ({"output_modalities": ["smell"]}, "invalid_value"),
        ({"output_modalities": []}, "invalid_value"),
        ({"extra": {"truncation": 5}}, "invalid_value"),
        ({"extra": {"parallel_tool_calls": "yes"}}, "invalid_value"),
        ({"turn_detection": ServerVad(threshold=1.5)}, "invalid_value"),
        ({"turn_detection": ServerVad(silence_duration_ms=-1)}, "invalid_value"),
        ({"turn_detection": ServerVad(idle_timeout_ms=100)}, "invalid_value"),
        ({"turn_detection": SemanticVad(eagerness="very")}, "invalid_value"),  # type: ignore[arg-type]
        ({"noise_reduction": {"type": "none"}}, "invalid_value"),
        ({"noise_reduction": "near_field"}, "invalid_value"),
        ({"transcription": {"model": 3}}, "invalid_value"),
        ({"tool_choice": "perhaps"}, "invalid_value"),
        ({"model": "other"}, "model_locked"),
        ({"input_format": {"type": "audio/pcmu"}}, "format_locked"),
        ({"speed": float("nan")}, "setting_error"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings: dict[str, Any], code: str):
    with pytest.raises(SettingError) as raised:
        checked_settings(settings)
    assert raised.value.code == code
    assert raised.value.next_step


def test_a_function_among_the_settings_is_told_its_place():
    with pytest.raises(SettingError, match=r"w\.update\(tools=\[my_function\]\)"):
        checked_settings({"tools": [print]})
    with pytest.raises(SettingError, match="Give texts"):
        checked_settings({"extra": {"reasoning": print}})


def test_the_formats_can_be_chosen_where_the_kernel_has_the_sound():
    wanted = {"input_format": {"type": "audio/pcmu"}, "output_format": {"type": "audio/pcma"}}
    for transport in ("comm", "memory"):
        assert checked_settings(wanted, transport=transport) == wanted
    with pytest.raises(SettingError, match="audio/pcm"):
        checked_settings({"input_format": {"type": "audio/mp3"}}, transport="memory")


class Reading(Mapping[str, Any]):
    """The user's own mapping: it says on which thread it is read."""

    threads: ClassVar[set[str]] = set()

    def __getitem__(self, name: str) -> Any:
        self.threads.add(threading.current_thread().name)
        return {"type": "server_vad", "silence_duration_ms": np.int64(700)}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(("type", "silence_duration_ms"))

    def __len__(self) -> int:
        return 2


class OwnText(str):
    """A text whose methods are the user's."""


def test_settings_become_plain_values():
    given = checked_settings(
        {"turn_detection": Reading(), "voice": OwnText("one"), "speed": np.float64(1.25)}
    )
    assert given["turn_detection"] == {"type": "server_vad", "silence_duration_ms": 700}
    assert [type(value) for value in (given["turn_detection"], given["voice"], given["speed"])] == [
        dict,
        str,
        float,
    ]
    assert type(given["turn_detection"]["silence_duration_ms"]) is int
    assert checked_settings({"turn_detection": ServerVad(silence_duration_ms=9)}) == {
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 9}
    }


def test_what_refers_to_itself_is_no_setting():
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    with pytest.raises(SettingError, match="cannot be written as JSON"):
        checked_settings({"extra": loop})


def test_a_voice_that_the_service_lacks_is_refused_with_the_nearest_one():
    ours = service(voices=("one", "two"))
    check_voice("one", ours)
    check_voice(None, ours)
    with pytest.raises(SettingError, match=r"no voice 'ones'\. Did you mean 'one'"):
        check_voice("ones", ours)
    with pytest.raises(SettingError, match="Choose one of one, two") as raised:
        check_voice("xyz", ours)
    assert raised.value.code == "unknown_voice"


def test_any_voice_may_be_tried_where_the_service_takes_any():
    for takes_any in (service(voices=("one",), any_voice=True), service()):
        check_voice("voice_1234", takes_any)
        assert checked_settings({"voice": "nova"}, takes_any) == {"voice": "nova"}


def test_the_types_of_changes_are_those_of_the_settings():
    assert set(get_type_hints(Changes)) == set(NAMES)
