"""How a widget looks, from Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from voice_widget import ScriptedService, VoiceWidget
from voice_widget.errors import SettingError
from voice_widget.widget.looks import looks_of


@pytest.fixture
def widget() -> Iterator[VoiceWidget]:
    made = VoiceWidget(service=ScriptedService([]), view="compact", colors={"user": "#0a7"})
    yield made
    made.close()


def test_it_is_given_assigned_and_told_to_the_page(widget: VoiceWidget) -> None:
    assert (widget.view, widget.colors) == ("compact", {"user": "#0a7"})
    widget.view = "overlay"
    widget.colors = {"accent": "rgb(0 170 119 / 50%)", "assistant": "teal"}
    assert widget._wiring.publisher.flush()
    state = widget.get_state(["view", "colors"])
    assert state == {"view": "overlay", "colors": {"accent": "rgb(0 170 119 / 50%)", "assistant": "teal"}}


def test_by_itself_it_is_the_whole_panel_in_its_own_colours() -> None:
    widget = VoiceWidget(service=ScriptedService([]))
    assert (widget.view, widget.colors) == ("panel", {})
    widget.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"view": "pannel"}, "There is no view 'pannel'. Did you mean 'panel'?"),
        ({"view": 3}, "There is no view 3."),
        ({"colors": {"usr": "red"}}, "Nothing has the colour 'usr'. Did you mean 'user'?"),
        ({"colors": {"user": "red; background: url(x)"}}, "which is none. Give one as CSS has it"),
        ({"colors": {"user": "url(//x)"}}, "which is none."),
        ({"colors": {"user": 7}}, "The colour of user is 7, which is none."),
        ({"colors": {"accent": "currentColor"}}, "The colour of accent is 'currentColor', which is none."),
        ({"colors": {"accent": "inherit"}}, "which is none."),
        ({"colors": {"accent": "initial"}}, "which is none."),
        ({"colors": {"accent": "unset"}}, "which is none."),
        ({"colors": {"accent": "revert"}}, "which is none."),
        ({"colors": ["red"]}, "`colors` are given by name"),
    ],
)
def test_what_is_none_is_refused_by_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError) as refused:
        VoiceWidget(service=ScriptedService([]), **given)
    assert said in str(refused.value)
    with pytest.raises(SettingError):
        looks_of(**given)


def test_a_refused_look_leaves_what_was(widget: VoiceWidget) -> None:
    for name, bad in (("view", "large"), ("colors", {"user": "#"})):
        with pytest.raises(SettingError):
            setattr(widget, name, bad)
    assert (widget.view, widget.colors) == ("compact", {"user": "#0a7"})


def test_colours_are_assigned_whole(widget: VoiceWidget) -> None:
    with pytest.raises(SettingError) as refused:
        widget.colors["accent"] = "teal"
    assert str(refused.value).startswith("`colors` is changed by assigning all of it: in place")
    assert refused.value.next_step == 'Write w.colors = {"user": "#0a7"}.'
    widget.colors = {**widget.colors, "accent": "teal"}
    assert widget._wiring.publisher.flush()
    assert widget.colors == {"user": "#0a7", "accent": "teal"}
    widget.colors |= {"user": "red"}
    assert widget._wiring.publisher.flush()
    assert widget.get_state(["colors"])["colors"] == {"user": "red", "accent": "teal"}
