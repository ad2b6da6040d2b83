"""Who has the floor, how it passes on, and how long that takes. Pure: milliseconds in, milliseconds out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from voice_widget.analysis.turns import Turn


class Transfer(NamedTuple):
    """One side takes the floor from the other.

    Attributes:
        before: The number of the turn that had it.
        after: The number of the turn that takes it.
        offset_ms: Signed: see `transfers`.
    """

    before: int
    after: int
    offset_ms: float


def transfers(turns: Iterable[Turn]) -> list[Transfer]:
    """Where the floor passes from one side to the other, and the floor-transfer offset of each.

    Definition: from the last sample of the turn that has the floor to the first one of the other side's turn
    that takes it. It is signed: below zero the next one began before the other had ended, as people often do.
    A turn that begins and ends while the other side has the floor takes it not (an overlap within a speaker's
    turn, a backchannel), and has no offset.

    Source: J. P. de Ruiter, H. Mitterer, N. J. Enfield, "Projecting the end of a speaker's turn", Language 82
    (2006), 515-535 (the name and the sign); S. C. Levinson, F. Torreira, "Timing in turn-taking and its
    implications for processing models of language", Frontiers in Psychology 6 (2015), 731 (its distribution:
    in talk between people mostly about 200 ms).

    Args:
        turns: In the order in which they began.
    """
    found: list[Transfer] = []
    holder: Turn | None = None
    for turn in turns:
        if holder is not None and turn.role != holder.role:
            if turn.end_ms <= holder.end_ms:
                continue
            found.append(Transfer(holder.seq, turn.seq, turn.start_ms - holder.end_ms))
        holder = turn
    return found
