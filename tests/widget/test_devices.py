"""The page's microphone and loudspeaker, from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import ScriptedService, VoiceWidget
from voice_widget.errors import SettingError, StateError
from voice_widget.talk.devices import MOST_DEVICES, MOST_NAME, MOST_PAGES

NONE: dict[str, Any] = {
    "named": False,
    "devices": [],
    "microphone": None,
    "speaker": None,
    "instead": {},
    "volume": 1.0,
}
HEADSET = [{"kind": "microphone", "label": "Headset"}, {"kind": "speaker", "label": "Headset"}]
BOTH = {**NONE, "named": True, "devices": [*HEADSET, {"kind": "microphone", "label": "Built-in"}]}


@pytest.fixture
def widget(pages: list[Page]) -> Iterator[VoiceWidget]:  # noqa: F811 - the fixture
    made = VoiceWidget(service=ScriptedService([{"hear": "hello", "say": "Hello."}]), transport="memory")
    yield made
    made.close()


@pytest.fixture
def page(pages: list[Page], widget: VoiceWidget) -> Page:  # noqa: F811 - the fixture
    return pages[-1]


def tell(page: Page, name: str = "page_1", **more: Any) -> None:
    """A page tells of its browser."""
    page.says({"type": "devices", "page": name, **BOTH, **more})


def asked(page: Page) -> list[dict[str, Any]]:
    """What pages were asked for."""
    return [
        {key: value for key, value in message.items() if key not in ("type", "seq")}
        for message in page.messages
        if message["type"] == "devices.choose"
    ]


def problem(widget: VoiceWidget) -> Any:
    """The error of the moment, once all that happened is told."""
    assert widget.volume >= 0  # behind what pages have said
    widget._wiring.publisher.flush(10)
    return widget.error


def test_without_a_page_there_are_no_devices_and_all_columns(widget: VoiceWidget) -> None:
    table = widget.devices_df
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
        "kind": "string",
        "label": "string",
        "chosen": "boolean",
    }
    assert (len(table), widget.microphone, widget.speaker, widget.volume) == (0, None, None, 1.0)


def test_what_a_page_tells_is_a_table(widget: VoiceWidget, page: Page) -> None:
    tell(page, microphone="Headset", volume=0.5)
    assert widget.devices_df.to_numpy().tolist() == [
        ["microphone", "Headset", True],
        ["speaker", "Headset", False],
        ["microphone", "Built-in", False],
    ]
    assert (widget.microphone, widget.speaker, widget.volume) == ("Headset", None, 0.5)


def test_a_choice_goes_to_the_page_that_was_heard_last(widget: VoiceWidget, page: Page) -> None:
    tell(page)
    tell(page, "page_2")
    widget.microphone = "Headset"
    widget.volume = 0
    assert problem(widget) is None
    assert asked(page) == [
        {"page": "page_2", "microphone": "Headset"},
        {"page": "page_2", "microphone": "Headset", "volume": 0.0},
    ]
    # Asked for, until the page says that it is so; from then on what the page says.
    assert (widget.microphone, widget.volume) == ("Headset", 0.0)
    tell(page, "page_2", microphone="Headset", volume=0.0)
    tell(page, "page_2", microphone="Built-in", volume=0.25)
    assert (widget.microphone, widget.volume) == ("Built-in", 0.25)
    widget.microphone = None
    assert widget.microphone is None


def test_what_is_asked_for_before_a_page_is_there_is_done_once_it_is(widget: VoiceWidget, page: Page) -> None:
    widget.speaker = "Headset"
    widget.volume = 0.5
    assert asked(page) == []
    tell(page)
    assert problem(widget) is None
    assert asked(page) == [{"page": "page_1", "speaker": "Headset", "volume": 0.5}]
    # It is asked once; what the page cannot do it would be asked for ever.
    tell(page)
    assert len(asked(page)) == 1


def test_what_a_page_that_has_gone_was_asked_for_is_asked_of_the_next_one_that_tells(
    widget: VoiceWidget, page: Page
) -> None:
    tell(page)
    tell(page, "page_2")
    widget.volume = 0.25  # page_2's tab is closed by now
    assert problem(widget) is None
    assert asked(page) == [{"page": "page_2", "volume": 0.25}]
    tell(page)  # as when a device comes
    assert problem(widget) is None
    assert asked(page)[1:] == [{"page": "page_1", "volume": 0.25}]
    tell(page, named=False)
    assert problem(widget) is None
    assert len(asked(page)) == 2
    tell(page, volume=0.25)
    tell(page, "page_2")
    assert problem(widget) is None
    assert (len(asked(page)), widget.volume) == (2, 1.0)
    # Another wish is asked of each anew.
    widget.volume = 0.5
    tell(page)
    assert problem(widget) is None
    assert asked(page)[2:] == [{"page": name, "volume": 0.5} for name in ("page_2", "page_1")]


def test_the_page_that_takes_the_call_is_asked_and_no_other_one_as_long_as_it_holds_it(
    pages: list[Page],  # noqa: F811 - the fixture
) -> None:
    widget = VoiceWidget(service=ScriptedService([{"hear": "hello", "say": "Hello."}]))
    page = pages[-1]
    tell(page)
    tell(page, "page_2")
    widget.volume = 0.25
    page.says({"type": "call.pending", "page": "page_1", "talk": "talk_1"})
    assert problem(widget) is None
    assert asked(page) == [{"page": name, "volume": 0.25} for name in ("page_2", "page_1")]
    tell(page, "page_3")
    page.says({"type": "call.pending", "page": "page_1", "talk": "talk_1"})
    assert problem(widget) is None
    assert len(asked(page)) == 2


@pytest.mark.parametrize(
    ("name", "next_step"),
    [("Headsets", "Did you mean 'Headset'?"), ("Yeti", "There is 'Headset', 'Built-in'.")],
)
def test_a_name_that_is_not_there_is_an_error_with_the_next_step(
    widget: VoiceWidget, page: Page, name: str, next_step: str
) -> None:
    tell(page)
    with pytest.raises(SettingError, match="has no microphone") as caught:
        widget.microphone = name
    assert (caught.value.code, caught.value.next_step) == ("no_such_device", next_step)
    assert (widget.microphone, asked(page)) == (None, [])


def test_a_name_that_turns_out_not_to_be_there_is_told_once_names_are_known(
    widget: VoiceWidget, page: Page
) -> None:
    tell(page, **NONE)
    widget.speaker = "Yeti"
    tell(page, **{**NONE, "speaker": "Yeti"})
    assert problem(widget) is None
    tell(page, speaker="Yeti")
    error = problem(widget)
    step = "Take one from w.devices_df, or None for the browser's own speaker."
    assert (error["code"], error["next_step"]) == ("no_such_device", step)
    # It is a trait, and saved with the notebook.
    kept = json.dumps([page.state, widget.get_state()], default=str)
    assert not any(name in kept for name in ("Headset", "Built-in", "Yeti"))


def code(widget: VoiceWidget) -> str | None:
    """Of the notice of the moment."""
    assert problem(widget) is None
    return widget.notice and widget.notice["code"]


@pytest.mark.parametrize("used", [None, "Built-in"])
@pytest.mark.parametrize("kind", ["microphone", "speaker"])
def test_a_device_that_cannot_be_used_is_not_said_to_be_used(
    widget: VoiceWidget, page: Page, kind: str, used: str | None
) -> None:
    setattr(widget, kind, "Headset")
    tell(page, **{kind: "Headset"})
    assert (getattr(widget, kind), code(widget)) == ("Headset", None)
    tell(page, **{kind: "Headset", "instead": {kind: used}})
    assert (getattr(widget, kind), code(widget)) == (used, "sound_device_unused")
    notice = widget.notice
    assert notice is not None
    assert (f"The {kind} that was chosen" in notice["message"], "Headset" in str(notice)) == (True, False)
    table = widget.devices_df
    assert table[table.chosen & (table.kind == kind)].label.tolist() == ["Built-in"] * (
        used is not None and kind == "microphone"
    )
    # Plugged in again, it is used again.
    tell(page, **{kind: "Headset"})
    assert (getattr(widget, kind), code(widget)) == ("Headset", None)


def test_a_wish_for_a_device_that_cannot_be_opened_is_over_once_that_is_known(
    widget: VoiceWidget, page: Page
) -> None:
    tell(page)
    widget.speaker = "Headset"
    tell(page, speaker="Headset", instead={"speaker": None})
    assert (widget.speaker, code(widget)) == (None, "sound_device_unused")
    widget.speaker = None
    tell(page)
    assert (widget.speaker, code(widget)) == (None, None)


@pytest.mark.parametrize("value", [1, "", b"Headset", ["Headset"], "x" * (MOST_NAME + 1)])
def test_what_is_no_name_is_refused(widget: VoiceWidget, value: Any) -> None:
    with pytest.raises(SettingError, match="no name of a speaker"):
        widget.speaker = value


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), True, "loud", None])
def test_what_is_no_volume_is_refused(widget: VoiceWidget, value: Any) -> None:
    with pytest.raises(SettingError, match="from 0 to 1"):
        widget.volume = value
    assert widget.volume == 1.0


def test_names_are_in_no_saved_state_and_in_no_event(widget: VoiceWidget, page: Page) -> None:
    tell(page, microphone="Headset")
    widget.speaker = "Headset"
    assert problem(widget) is None
    kept = json.dumps([page.state, widget.get_state()], default=str) + widget.events_df.to_json(
        date_format="iso"
    )
    assert "Headset" not in kept


def test_a_page_that_tells_too_much_is_cut_short(widget: VoiceWidget, page: Page) -> None:
    many = [{"kind": "microphone", "label": f"{n:03}" * MOST_NAME} for n in range(10 * MOST_DEVICES)]
    for number in range(3 * MOST_PAGES):
        tell(page, f"page_{number}", devices=many)
    assert widget.devices_df.label.str.len().tolist() == [MOST_NAME] * MOST_DEVICES
    assert len(widget._wiring.talk.devices._browsers) == MOST_PAGES


def test_a_closed_widget_refuses(widget: VoiceWidget) -> None:
    widget.close()
    with pytest.raises(StateError, match="closed"):
        widget.volume = 0.5
