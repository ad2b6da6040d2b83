"""When nobody speaks, so that something may be said that nobody has asked for. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from voice_widget.realtime.session.session import Session

if TYPE_CHECKING:
    from voice_widget.call.call import Call

PAUSE_S = 0.5
"""Shorter pauses are within what somebody says."""
_STEP_S = 0.05  # what ends a quiet moment comes as many events, and by time: it is looked for, not waited for


def sounds(session: Session) -> bool:
    """An answer is heard, or what is there of it will be."""
    return session.assistant_speaking or session.unheard_in is not None


def is_quiet(call: Call, session: Session) -> bool:
    """Neither side speaks, or is about to; of answers also no sound is left."""
    return call.connected.is_set() and not sounds(session) and call.outbox.quiet


async def quiet(
    call: Call,
    session: Session,
    *,
    for_s: float = 0.0,
    wanted: Callable[[], bool] = lambda: True,
    unless: Callable[[], bool] = lambda: False,
) -> bool:
    """Wait until nobody speaks. What is sent then without another wait is the first to be sent.

    Args:
        call: The call.
        session: Its state.
        for_s: So many seconds nobody must have spoken.
        wanted: Whether it is still to be waited for.
        unless: Something else comes first.

    Returns:
        Nobody speaks; False: the call is over, or nobody wants to know any more.
    """
    now = asyncio.get_running_loop().time
    since: float | None = None
    while wanted() and not call.over:
        is_free = is_quiet(call, session) and not unless()
        since = None if not is_free else now() if since is None else since
        if since is not None and now() - since >= for_s:
            return True
        await asyncio.sleep(_STEP_S)
    return False
