"""What is changed by assigning all of it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from voice_widget import ScriptedService, ServerVad, VoiceWidget
from voice_widget.errors import SettingError
from voice_widget.widget.whole import Whole


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.__setitem__("a", 2),
        lambda one: one.__delitem__("a"),
        lambda one: one.update(a=2),
        lambda one: one.setdefault("b", 2),
        lambda one: one.pop("a"),
        lambda one: one.popitem(),
        lambda one: one.clear(),
    ],
)
def test_it_is_not_changed_in_place(change: Callable[[Any], Any]) -> None:
    one = Whole({"a": 1}, "it", "Write w.it = {}.")
    with pytest.raises(SettingError) as refused:
        change(one)
    assert (refused.value.next_step, one) == ("Write w.it = {}.", {"a": 1})


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, dict.copy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_a_copy_may_be_changed(copied: Callable[[Any], Any]) -> None:
    one = Whole({"a": 1}, "it", "")
    other = copied(one)
    other["a"] = 2
    assert (type(other), one, json.dumps(one)) == (dict, {"a": 1}, '{"a": 1}')


def test_the_settings_of_a_widget_that_can_be_assigned_are_so() -> None:
    widget = VoiceWidget(service=ScriptedService([]), turn_detection=ServerVad(threshold=0.5))
    detection = widget.turn_detection
    assert detection is not None
    with pytest.raises(SettingError, match="assigning all of it"):
        detection["threshold"] = 0.9
    assert detection["threshold"] == 0.5
    widget.turn_detection = {**detection, "threshold": 0.9}
    widget._wiring.publisher.flush()
    assert widget.turn_detection["threshold"] == 0.9
    with pytest.raises(SettingError, match=r"Write w.colors = "):
        widget.colors["accent"] = "teal"
    assert widget.colors == {}
    widget.close()
