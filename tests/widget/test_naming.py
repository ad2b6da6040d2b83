"""What the notebook calls a widget."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from voice_widget import ScriptedService, VoiceWidget
from voice_widget.widget.naming import variable_of


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["talk"], "talk"),
        (["assistant", "talk", "bot"], "bot"),
        (["beta", "alfa"], "alfa"),
        (["_", "_12", "__", "_mine", "assistant"], "assistant"),
        (["_", "_12"], "w"),
        ([], "w"),
    ],
)
def test_the_shortest_name_that_is_not_private(names: list[str], name: str) -> None:
    widget = object()
    others = {"x": object(), "Out": {12: widget}}
    assert variable_of(widget, {**others, **dict.fromkeys(names, widget)}) == name


def test_a_value_that_claims_to_be_everything_is_not_asked() -> None:
    class Everything:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("asked")

        __hash__ = None  # type: ignore[assignment]

    assert variable_of(object(), {"x": Everything()}) == "w"


def test_a_shown_widget_knows_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {}
    shell = SimpleNamespace(user_ns=names)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    widget = VoiceWidget(service=ScriptedService([]))
    assert widget.variable == "w"
    names.update(_=widget, penguins=widget)
    widget._ipython_display_()
    widget._wiring.publisher.flush(5)
    assert widget.variable == "penguins"
    # And where there is no notebook.
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    widget._ipython_display_()
    widget._wiring.publisher.flush(5)
    assert widget.variable == "w"
    widget.close()
