"""Settings that change while a widget lives: checked, then sent, and in force once the service says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voice_widget.call.deliveries import CallLost
from voice_widget.call.pending_updates import setting_refused
from voice_widget.errors import ProtocolError, SettingError
from voice_widget.realtime.settings import Settings
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.setting_checks import (
    FORMATS,
    checked_muted,
    checked_settings,
    format_locked,
    voice_locked,
)
from voice_widget.talk.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call


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
        self.merged(given)
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
        if call is None or call.over or not call.connected.is_set():
            self._keep(given)
            return
        voice = given.get("voice")
        if voice is None or not self._keeps_voice(voice):
            await self._send(call, given)
            return
        dialler.settings.of_next = replace(dialler.config, voice=voice)
        rest = {name: value for name, value in given.items() if name != "voice"}
        if rest:
            await self._send(call, rest)
        raise voice_locked(voice)

    def _keep(self, given: Mapping[str, Any]) -> None:
        """The next call begins with them."""
        self._dialler.settings.of_next = self.merged(given)

    def _keeps_voice(self, voice: str) -> bool:
        session = self._dialler.session
        ours = self._dialler.service.capabilities.kernel_agent
        return not ours and session.has_sounded and voice != session.voice

    async def _send(self, call: Call, given: Mapping[str, Any]) -> None:
        config = self.merged(given)
        # What is merged, not what was asked for: of an object some services keep nothing that is not sent.
        values = {name: getattr(config, name) for name in given if name != "extra"}
        session = Settings(**values, extra=given.get("extra", {})).session()
        try:
            answer = await call.outbox.ask({"type": "session.update", "session": session})
        except CallLost:
            self._keep(given)
            return
        if answer["type"] != "error":
            self._dialler.settings.of_next, call.config = self.merged(given), call.config.merged(session)
            return
        error = answer.get("error") or {}
        if error.get("code") == "cannot_update_voice":
            self._dialler.settings.of_next = config  # the next call has it
        raise setting_refused(error)

    def merged(self, given: Mapping[str, Any]) -> Settings:
        """The settings of the next call with these changes.

        Raises:
            SettingError: They do not fit.
        """
        try:
            return self._dialler.config.merged(Settings(**given).session())
        except ProtocolError as error:
            raise SettingError(error.message, code=error.code, next_step=error.next_step) from None
