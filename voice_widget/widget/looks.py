"""How the widget looks on the page, from Python: which view it is, and its colours."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, cast, get_args

from voice_widget.errors import SettingError, nearest, shown
from voice_widget.page.from_kernel import Colors, View
from voice_widget.talk.setting_checks import More
from voice_widget.widget.agent_arguments import AgentArguments
from voice_widget.widget.traits import KernelTrait, KernelWidget

LOOKS = ("view", "colors")
SELDOM = ("namespace", "ice_servers")
LAYOUT = ("layout", "tooltip", "tabbable")  # of every Jupyter widget
VIEWS = get_args(View)
COLORS = tuple(Colors.__annotations__)
# A name, a hexadecimal number, or a function of numbers. Whether there is such a colour the browser knows.
_COLOR = re.compile(
    r"[a-zA-Z]{1,40}|#[0-9a-fA-F]{3,8}|(?:rgba?|hsla?|hwb|(?:ok)?(?:lab|lch)|color)\([0-9a-z.,%/ +-]{1,80}\)"
)


# What CSS takes for a colour, and is that of something else.
_NO_COLOR = ("currentcolor", "inherit", "initial", "unset", "revert")


class Others(More, AgentArguments, total=False):
    """Arguments of a widget that are seldom given.

    ``namespace``: variables that the agent may look at. ``ice_servers``: STUN and TURN servers.
    """

    namespace: MutableMapping[str, Any] | None
    ice_servers: Any
    view: View
    colors: Colors
    layout: Any
    tooltip: str | None
    tabbable: bool | None


class Looks(KernelWidget):
    """The view and the colours, which are in force as soon as they are assigned."""

    view = KernelTrait[View](
        "panel",
        "How a page shows the widget: as the whole panel, a compact bar, a button that floats over the "
        "notebook, or during a call as an overlay over the page. Assign to change it.",
        example='Write w.view = "compact".',
    )
    colors = KernelTrait[Colors](
        {},
        "Colours of the lanes and of buttons. Assign to change them.",
        example='Write w.colors = {"user": "#0a7"}.',
    )

    def _look(self, requests: Mapping[str, Any]) -> dict[str, Any]:
        """Show what was asked for of the looks; gives what else was asked for."""
        looks = looks_of(**{name: value for name, value in requests.items() if name in LOOKS})

        def write() -> None:
            for name, value in looks.items():
                self._write(name, value)

        if looks and self._publisher is not None:
            self._publisher.submit(write)
        return {name: value for name, value in requests.items() if name not in LOOKS}


def parted(more: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Of `Others` the looks, what every Jupyter widget has, and the settings.

    Raises:
        SettingError: The looks are none.
    """
    looks = looks_of(**{name: value for name, value in more.items() if name in LOOKS})
    layout = {name: value for name, value in more.items() if name in LAYOUT}
    return looks, layout, {name: value for name, value in more.items() if name not in (*LOOKS, *LAYOUT)}


def looks_of(view: Any = None, colors: Any = None) -> dict[str, Any]:
    """What the traits say of what was asked for.

    Raises:
        SettingError: There is no such view, or something is no colour.

    Example:
        >>> looks_of(view="compact", colors={"user": "#0a7"})
        {'view': 'compact', 'colors': {'user': '#0a7'}}
    """
    told: dict[str, Any] = {}
    if view is not None:
        if not isinstance(view, str) or view not in VIEWS:
            raise SettingError(
                f"There is no view {shown(view)}.",
                next_step=nearest(view, VIEWS) or f"There are {', '.join(VIEWS)}.",
            )
        told["view"] = str.__str__(view)
    if colors is not None:
        told["colors"] = {name: _color(name, value) for name, value in _named(colors).items()}
    return told


def _named(colors: Any) -> dict[str, Any]:
    if not isinstance(colors, Mapping):
        raise SettingError(
            f"`colors` are given by name, not as {shown(colors)}.", next_step='Write colors={"user": "#0a7"}.'
        )
    for name in colors:
        if name not in COLORS:
            raise SettingError(
                f"Nothing has the colour {shown(name)}.",
                next_step=nearest(name, COLORS) or f"There are {', '.join(COLORS)}.",
            )
    return dict(cast("Mapping[str, Any]", colors))


def _color(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _COLOR.fullmatch(value) or value.lower() in _NO_COLOR:
        raise SettingError(
            f"The colour of {name} is {shown(value)}, which is none.",
            next_step='Give one as CSS has it: "#0a7", "teal" or "rgb(0 170 119)".',
        )
    return str.__str__(value)
