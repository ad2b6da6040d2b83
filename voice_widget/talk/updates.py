"""Settings that change while a widget lives: checked, then for the call of the moment or for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.talk.dialler import Dialler
from voice_widget.talk.setting_checks import (
    FORMATS,
    checked_muted,
    checked_settings,
    format_locked,
    voice_locked,
)
from voice_widget.talk.tools import Tools


class Updates:
    """Changes the settings of a talk.

    Args:
        dialler: The talk's calls.
        tools: The widget's own tools, which stay whatever tools are asked for.
    """

    def __init__(self, dialler: Dialler, tools: Tools) -> None:
        self._dialler, self._tools = dialler, tools

    def asked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The same with ``muted``, which is no setting of the session: the page does it."""
        rest = dict(changes)
        muted = {"muted": checked_muted(rest.pop("muted"))} if "muted" in rest else {}
        return self.checked(rest) | muted

    def checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The changes as plain values; from any thread, and the only part that reads what the user gave.

        Raises:
            SettingError: One is unknown or impossible.
        """
        if "tools" in changes:
            changes = {**changes, "tools": self._tools.described(changes["tools"])}
        given = checked_settings(changes, self._dialler.service, self._dialler.way.transport)
        for name in FORMATS:
            if given.get(name) is not None and self._dialler.run is not None:
                raise format_locked(name)
        if "tools" in given:
            given["tools"] = [*(given["tools"] or ()), *self._tools.specs]
        self._dialler.settings.merged(given)
        return given

    async def apply(self, given: Mapping[str, Any]) -> None:
        """Bring checked changes into force: now if a call runs, else with the next one.

        Raises:
            SettingError: The voice is fixed by now; the next call has it, and everything else is in force.
            ServiceRefused: The service refused them.
        """
        dialler, call = self._dialler, self._dialler.call
        given = dict(given)
        if "muted" in given:
            dialler.journal.state(muted=given.pop("muted"))
            if not given:
                return
        settings = dialler.settings
        if call is None or call.over or not call.connected.is_set():
            settings.keep(given)
            return
        voice = given.get("voice")
        if voice is None or not self._keeps_voice(voice):
            await settings.change(call, given)
            return
        settings.keep({"voice": voice})
        rest = {name: value for name, value in given.items() if name != "voice"}
        if rest:
            await settings.change(call, rest)
        raise voice_locked(voice)

    def _keeps_voice(self, voice: str) -> bool:
        session = self._dialler.session
        ours = self._dialler.service.capabilities.kernel_agent
        return not ours and session.has_sounded and voice != session.voice
