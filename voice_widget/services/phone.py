"""Incoming phone calls (SIP): take one, turn it away, hand it over. A webhook tells the id of the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.errors import SettingError, shown
from voice_widget.realtime.settings.settings import SessionConfig

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_REFUSED_THERE = ("threshold", "prefix_padding_ms", "silence_duration_ms")


class PhoneCalls:
    """The part of a service that is about phone calls."""

    async def accept(self, call_id: str, session: SessionConfig) -> None:
        """Take an incoming phone call (SIP) with these settings; follow it then by ``call_id``.

        Raises:
            SettingError: The turn detection has numbers, which the service refuses for phone calls.
        """
        settings = self._session(session)
        detection = session.turn_detection if isinstance(session.turn_detection, Mapping) else {}
        wrong = [name for name in _REFUSED_THERE if detection.get(name) is not None]
        if wrong:
            raise SettingError(
                f"A phone call is accepted without {', '.join(wrong)} in turn_detection.",
                next_step="Leave that out; it may be set once the call runs.",
            )

        async def ask(client: AsyncOpenAI, headers: Any) -> None:
            # As a body: its own arguments would lose settings that it does not know.
            await client.realtime.calls.accept(
                checked(call_id), type="realtime", extra_body=settings, extra_headers=headers
            )

        await self._guard(ask, "The service did not accept the call", of_call=True)

    async def reject(self, call_id: str, status_code: int = 603) -> None:
        """Turn an incoming phone call away, with a SIP status (603: declined, 486: busy)."""
        if isinstance(status_code, bool) or not isinstance(status_code, int) or not 300 <= status_code < 700:
            raise SettingError(
                f"{shown(status_code)} is no SIP status to turn a call away with.",
                next_step="Take 603 (declined) or 486 (busy).",
            )

        async def ask(client: AsyncOpenAI, headers: Any) -> None:
            await client.realtime.calls.reject(
                checked(call_id), status_code=status_code, extra_headers=headers
            )

        await self._guard(ask, "The service did not reject the call", of_call=True)

    async def refer(self, call_id: str, target_uri: str) -> None:
        """Hand a phone call over to another number or address (``tel:…`` or ``sip:…``)."""
        if not target_uri.startswith(("tel:", "sip:", "sips:")):
            raise SettingError(
                f"{shown(target_uri)} is no address to hand a call over to.",
                next_step='Give one such as "tel:+14155550123" or "sip:desk@example.org".',
            )

        async def ask(client: AsyncOpenAI, headers: Any) -> None:
            await client.realtime.calls.refer(checked(call_id), target_uri=target_uri, extra_headers=headers)

        await self._guard(ask, "The service did not hand the call over", of_call=True)

    def _session(self, session: SessionConfig) -> dict[str, Any]:
        raise NotImplementedError

    async def _guard(
        self, ask: Callable[[AsyncOpenAI, Any], Awaitable[Any]], failed: str, *, of_call: bool = False
    ) -> Any:
        raise NotImplementedError


def checked(call_id: str) -> str:
    """The id, unless there is none."""
    if not call_id:
        raise SettingError("The id of the call is missing.", next_step='Give the call_id, such as "rtc_…".')
    return call_id
