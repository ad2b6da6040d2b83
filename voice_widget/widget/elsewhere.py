"""Calls that were made elsewhere, as by phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from voice_widget.talk.setting_checks import Changes
from voice_widget.widget.verbs import Verbs
from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    pass


class Elsewhere(Verbs):
    """What a widget does about calls that it has not made."""

    def join(self, call_id: str) -> Waiting[None]:
        """Follow and steer a call that runs already, as a phone call, with no sound of the widget's own.

        `disconnect` leaves it and does not end it; `hangup` ends it.
        """
        return self._verb(self._wiring.talk.join(call_id), "the call to be joined")

    def accept(self, call_id: str, **settings: Unpack[Changes]) -> Waiting[None]:
        """Take an incoming phone call, with the widget's settings and these; then `join` it."""
        return self._verb(self._wiring.talk.accept(call_id, **settings), "the call to be accepted")

    def reject(self, call_id: str, status_code: int = 603) -> Waiting[None]:
        """Turn an incoming phone call away, with a SIP status: 603 is declined, 486 busy."""
        return self._verb(self._wiring.talk.reject(call_id, status_code), "the call to be turned away")

    def refer(self, target_uri: str, call_id: str | None = None) -> Waiting[None]:
        """Hand a phone call over to ``tel:…`` or ``sip:…``; by default the one that was joined."""
        return self._verb(self._wiring.refer(target_uri, call_id), "the call to be handed over")

    def hangup(self, call_id: str | None = None) -> Waiting[None]:
        """End a call for all who are in it; by default the one of the moment."""
        return self._verb(self._wiring.hangup(call_id), "the end of the call")
