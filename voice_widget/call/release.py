"""Letting go: what a call holds at its service, and the connection, whatever fails on the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from voice_widget.errors import ServiceRefused, VoiceWidgetError

LOG = logging.getLogger("voice_widget")
RELEASE_S = 4.0
HANG_UP_S = 1.5  # a service that does not take it for so long is told again
HANG_UPS = 3
AGAIN_S = 0.2
Step = Callable[[], Awaitable[None]]


async def release(hang_up: Step, close: Step | None) -> None:
    """Hang up at the service and close the connection, side by side and each in its time."""
    steps = [_within_time(lambda: _told(hang_up))]
    if close is not None:
        steps.append(_within_time(close))
    await asyncio.gather(*steps)


async def _told(hang_up: Step) -> None:
    for _ in range(HANG_UPS - 1):
        try:
            async with asyncio.timeout(HANG_UP_S):
                await hang_up()
                return
        except ServiceRefused:
            raise
        except (VoiceWidgetError, TimeoutError, OSError) as error:
            LOG.debug("The service did not take the hang-up: %s", error)
        await asyncio.sleep(AGAIN_S)
    await hang_up()


async def _within_time(step: Step) -> None:
    try:
        async with asyncio.timeout(RELEASE_S):
            await step()
    except (VoiceWidgetError, TimeoutError, OSError) as error:
        # It is over for us in any case; a service that is gone cannot be told.
        LOG.debug("The call was not released in order: %s", error)
    except Exception:
        LOG.exception("The call was not released by a mistake of this package.")
