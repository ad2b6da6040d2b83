"""The microphone and the loudspeaker of the page, from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from voice_widget.threads import loop as loops

if TYPE_CHECKING:
    import pandas as pd

    from voice_widget.widget.wiring import Wiring


class Devices:
    """What the page's browser has, and what of it is used. No saved state has it, for it is the browser's.

    What is assigned before a page shows the widget is done once one does; a name that turns out not to be
    there is ``error`` then.
    """

    _wiring: Wiring

    @property
    def devices_df(self) -> pd.DataFrame:
        """One row per microphone and loudspeaker: ``kind``, ``label``, and whether it is ``chosen`` and used.

        Of the page that holds the call, or the one heard last. Browsers tell names only once the microphone
        was allowed: until then it is empty, with all columns.
        """
        from voice_widget.tables.devices import devices_frame

        browser = loops.call(lambda: self._wiring.talk.devices.browser)
        return devices_frame(browser.devices, browser.chosen)

    @property
    def microphone(self) -> str | None:
        """The microphone that is used, by its name in ``devices_df``; None: the one the browser takes.

        Assign to change it, also in mid-call. One that goes, or that the browser cannot open, gives way to
        another one, and ``w.notice`` is ``sound_device_unused`` until it is back.

        Raises:
            SettingError: There is none of that name (``no_such_device``).
        """
        return cast("str | None", self._chosen("microphone"))

    @microphone.setter
    def microphone(self, name: str | None) -> None:
        self._choose("microphone", name)

    @property
    def speaker(self) -> str | None:
        """The loudspeaker that is used, by its name in ``devices_df``; None: the one the browser takes.

        Assign to change it, also in mid-call. One that goes, or that the browser cannot open, gives way to
        another one, and ``w.notice`` is ``sound_device_unused`` until it is back. Some browsers let no page
        choose one, and list none.

        Raises:
            SettingError: There is none of that name (``no_such_device``).
        """
        return cast("str | None", self._chosen("speaker"))

    @speaker.setter
    def speaker(self, name: str | None) -> None:
        self._choose("speaker", name)

    @property
    def volume(self) -> float:
        """How loud the assistant is heard, from 0 to 1. Assign to change it; a recording stays as loud.

        Raises:
            SettingError: It is no such number.
        """
        return float(self._chosen("volume"))

    @volume.setter
    def volume(self, volume: float) -> None:
        self._choose("volume", volume)

    def _chosen(self, name: str) -> Any:
        return loops.call(lambda: self._wiring.talk.devices.browser.chosen[name])

    def _choose(self, name: str, value: Any) -> None:
        loops.call(lambda: self._wiring.talk.devices.choose(name, value))
