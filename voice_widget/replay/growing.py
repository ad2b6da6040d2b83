"""A talk that goes on, as a replay asks for what has become of it."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import Protocol

from voice_widget.replay.labelling import Labelled
from voice_widget.threads.repeating import REPLAY_THREAD, Repeating

EVERY_S = 1.0
log = logging.getLogger(__name__)


class Growing(Protocol):
    """A talk that may become longer."""

    def now(self) -> Labelled:
        """The talk as it is now."""

    def edition(self) -> Hashable:
        """Another value whenever something of it is new. It costs nothing to ask."""

    def goes_on(self) -> bool:
        """Somebody speaks, or may at any moment: it cannot be heard yet."""

    def over(self) -> bool:
        """Nothing more will ever come."""


class Grows(Protocol):
    """What shows it."""

    def grow(self) -> None:
        """Show the talk as it is now."""


def follow(shows: Grows, growing: Growing, seen: Hashable) -> Repeating[Grows]:
    """Let something grow with its talk, until one of them is over.

    Args:
        shows: What shows it.
        growing: The talk.
        seen: The edition that is shown already.
    """

    def look(shows: Grows) -> bool:
        nonlocal seen
        last = growing.over()
        edition = growing.edition()
        if edition != seen:
            seen = edition
            try:
                shows.grow()
            except Exception:  # what there is of it stays, and the next look may see more
                log.debug("A talk that goes on could not be read", exc_info=True)
        return not last

    return Repeating(REPLAY_THREAD, shows, look, every_s=EVERY_S)
