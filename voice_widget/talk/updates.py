"""Settings that change while a widget lives: checked, then for the call of the moment or for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.session.session import Session
from voice_widget.services import Service
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.journal import Journal
from voice_widget.talk.setting_checks import (
    FORMATS,
    checked_muted,
    checked_settings,
    format_locked,
    voice_locked,
)
from voice_widget.talk.settings import TalkSettings
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools, same_tool


class Updates:
    """Changes the settings of a talk.

    Args:
        dialler: The talk's calls.
        service: Who is called.
        session: Knows whether the call of the moment has sounded.
        settings: Where they are written.
        journal: Where ``muted`` is told.
        tools: The widget's own tools, which stay whatever tools are asked for.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        service: Service,
        session: Session,
        settings: TalkSettings,
        journal: Journal,
        tools: Tools,
    ) -> None:
        self._dialler, self._service, self._session = dialler, service, session
        self._settings, self._journal, self._tools = settings, journal, tools

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
        given = checked_settings(changes, self._service, self._dialler.way.transport)
        for name in FORMATS:
            if given.get(name) is not None and self._dialler.run is not None:
                raise format_locked(name)
        if "tools" in given:
            given["tools"] = [*(given["tools"] or ()), *self._tools.specs]
        self._settings.merged(given)
        return given

    async def add_tool(self, tool: Tool) -> None:
        """The agent may call this function from now on, whatever tools are asked for."""
        self._tools.add(tool)
        await self.offer_all()

    async def offer_all(self) -> None:
        """What there is always is offered, beside what was asked for."""
        own = self._tools.specs
        others = [
            asked
            for asked in self._settings.of_next.tools or ()
            if not any(same_tool(asked, spec) for spec in own)
        ]
        await self.apply({"tools": [*others, *own]})

    async def change(self, name: str, value: Any) -> None:
        """Change one, for a page."""
        await self.apply(self.asked({name: value}))

    async def apply(self, given: Mapping[str, Any]) -> None:
        """Bring checked changes into force: now if a call runs, else with the next one.

        Raises:
            SettingError: The voice is fixed by now; the next call has it, and everything else is in force.
            ServiceRefused: The service refused them.
        """
        settings, call = self._settings, self._dialler.call
        given = dict(given)
        if "muted" in given:
            self._journal.state(muted=given.pop("muted"))
            if not given:
                return
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
        session = self._session
        ours = self._service.capabilities.kernel_agent
        return not ours and session.has_sounded and voice != session.voice
