"""The settings of a talk, in one place: the next call's, what is in force, and what the traits say of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from voice_widget.call.deliveries import CallLost
from voice_widget.call.pending_updates import setting_refused
from voice_widget.errors import ProtocolError, SettingError, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.settings.settings import Settings
from voice_widget.realtime.state.changes import Change, StateChanged, StateName
from voice_widget.talk.preparation import with_hints

if TYPE_CHECKING:
    from voice_widget.call.call import Call

LOG = logging.getLogger("voice_widget")


class TalkSettings:
    """What a talk is set to. All of it on the loop thread.

    While a call is connected, what its service shows is in force; else the next call's settings are. A call
    keeps for itself what its service has (`Call.config`). Only this writes either.

    Args:
        first: The settings of the first call.
        session: What the service shows.
        publish: Gets what changes in the traits.
        by_webrtc: The page and the service agree on the sound, and what the session says of it means nothing.
    """

    def __init__(
        self,
        first: Settings,
        session: Session,
        publish: Callable[[Sequence[Change]], None],
        *,
        by_webrtc: bool,
    ) -> None:
        self._next, self._session, self._publish = first, session, publish
        self._by_webrtc = by_webrtc
        self._shown: dict[str, Any] = {}
        self._read: tuple[Settings, Mapping[str, Any] | None] | None = None

    @property
    def of_next(self) -> Settings:
        """Those of the next call, and of this one as far as they were accepted."""
        return self._next

    def in_force(self) -> Settings:
        """Those in force, as the service shows them; without a call the next one's."""
        shown = self._in_call()
        now = self._next if shown is None else Settings.from_session(shown)
        return replace(now, input_format=None, output_format=None) if self._by_webrtc else now

    def told(self, changes: Sequence[Change]) -> list[Change]:
        """The session's changes with what the traits say of the settings, before all else.

        The session knows this call only; what was set between two calls it has not seen.
        """
        others = [
            change
            for change in changes
            if not isinstance(change, StateChanged) or change.name not in ("voice", "turn_detection")
        ]
        return [*self._news(), *others]

    def merged(self, given: Mapping[str, Any]) -> Settings:
        """Those of the next call with these changes.

        Raises:
            SettingError: They do not fit.
        """
        try:
            return self._next.merged(Settings(**given).session())
        except ProtocolError as error:
            raise SettingError(error.message, code=error.code, next_step=error.next_step) from None

    def keep(self, given: Mapping[str, Any]) -> None:
        """The next call begins with these changes."""
        self._put(self.merged(given))

    def hinted(self, hints: Any) -> None:
        """The next call begins with what the agent expects to hear."""
        self._put(with_hints(self._next, hints))

    async def change(self, call: Call, given: Mapping[str, Any]) -> None:
        """Bring changes into force in a connected call, or with the next one if that is lost meanwhile.

        Raises:
            ServiceRefused: The service refused them.
        """
        config = self.merged(given)
        # What is merged, not what was asked for: of an object some services keep nothing that is not sent.
        values = {name: getattr(config, name) for name in given if name != "extra"}
        try:
            refused = await self._send(call, Settings(**values, extra=given.get("extra", {})))
        except CallLost:
            refused = None
        if refused is None:
            self.keep(given)
            return
        if refused.get("code") == "cannot_update_voice":
            self._put(config)  # the next call has it
        raise setting_refused(refused)

    async def catch_up(self, call: Call) -> None:
        """Tell the service what was set while it was connecting."""
        now, before = self._next, call.config
        names = [
            f.name
            for f in fields(now)
            if f.name != "model" and getattr(now, f.name) != getattr(before, f.name)
        ]
        if not names:
            return
        try:
            refused = await self._send(call, Settings(**{name: getattr(now, name) for name in names}))
        except VoiceWidgetError as error:
            LOG.debug("The settings were not sent: %s", error)  # a lost call: the next one begins with them
            return
        if refused is not None:
            self._put(before)  # the error is shown already

    async def _send(self, call: Call, settings: Settings) -> dict[str, Any] | None:
        """Send settings; None: the service has them now. Else what it says against them."""
        session = settings.session()
        answer = await call.outbox.ask({"type": "session.update", "session": session})
        if answer["type"] == "error":
            return answer.get("error") or {}
        call.config = call.config.merged(session)
        return None

    def _put(self, settings: Settings) -> None:
        self._next = settings
        if news := self._news():
            self._publish(news)

    def _in_call(self) -> Mapping[str, Any] | None:
        return self._session.settings if self._session.connection_state == "connected" else None

    def _news(self) -> list[Change]:
        asked, shown = self._next, self._in_call()
        if self._read is not None and self._read[0] is asked and self._read[1] is shown:
            return []  # so it is with nearly every event, and with each frame of sound
        self._read = asked, shown
        now = {**said_by_traits(asked), **_shown_by(shown or {})}
        if now["voice"] is None:
            del now["voice"]  # the service chooses, and its last choice is the best guess
        news = {name: value for name, value in now.items() if self._shown.get(name, ...) != value}
        self._shown |= news
        return [StateChanged(cast(StateName, name), value) for name, value in news.items()]


def said_by_traits(settings: Settings) -> dict[str, Any]:
    """What the traits say of settings that no service has seen yet."""
    return {"voice": settings.voice, "turn_detection": settings.turn_taking()}


def _shown_by(session: Mapping[str, Any]) -> dict[str, Any]:
    """What a service shows of them; what makes no sense is left out."""
    audio = session.get("audio")
    heard, spoken = (
        (audio.get(side) if isinstance(audio, Mapping) else None) for side in ("input", "output")
    )
    shown: dict[str, Any] = {}
    voice = spoken.get("voice") if isinstance(spoken, Mapping) else None
    name = voice.get("id") if isinstance(voice, Mapping) else voice
    if isinstance(name, str) and name:
        shown["voice"] = name
    if isinstance(heard, Mapping) and isinstance(heard.get("turn_detection", ""), (dict, NoneType)):
        shown["turn_detection"] = heard["turn_detection"]
    return shown
