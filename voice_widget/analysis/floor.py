"""Who has the floor, how it passes on, and how long that takes. Pure: milliseconds in, milliseconds out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from voice_widget.analysis.spans import Span
from voice_widget.analysis.speaking import is_backchannel
from voice_widget.analysis.turns import Turn
from voice_widget.realtime.state.records import Row
from voice_widget.tables.transcript import heard

INTERRUPTS_MS = 500.0
"""An answer interrupts a user who had so much yet to say, or more: a choice of ours."""


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


def transfers(turns: Iterable[Turn], calls: Mapping[int, str | None] | None = None) -> list[Transfer]:
    """Where the floor passes from one side to the other, and the floor-transfer offset of each.

    Definition: from the last sample of the turn that has the floor to the first one of the other side's turn
    that takes it. It is signed: below zero the next one began before the other had ended, as people often do.
    A turn that begins and ends while the other side has the floor takes it not (an overlap within a speaker's
    turn, a backchannel), and has no offset. Of turns of one side that overlap the one that ends last has it.
    The floor does not pass from one call to another: each begins with nobody's.

    Source: J. P. de Ruiter, H. Mitterer, N. J. Enfield, "Projecting the end of a speaker's turn", Language 82
    (2006), 515-535 (the name and the sign); S. C. Levinson, F. Torreira, "Timing in turn-taking and its
    implications for processing models of language", Frontiers in Psychology 6 (2015), 731 (its distribution:
    in talk between people mostly about 200 ms).

    Args:
        turns: In the order in which they began.
        calls: The call of each turn, by its number; None: all are of one.
    """
    found: list[Transfer] = []
    holder: Turn | None = None
    call_of = {} if calls is None else calls
    for turn in turns:
        if holder is not None and call_of.get(turn.seq) != call_of.get(holder.seq):
            holder = None
        if holder is not None and turn.role != holder.role:
            if turn.end_ms <= holder.end_ms:
                continue
            found.append(Transfer(holder.seq, turn.seq, turn.start_ms - holder.end_ms))
        elif holder is not None and turn.end_ms <= holder.end_ms:
            continue  # within another one of the same side: that has it for longer
        holder = turn
    return found


def asked_within(
    turns: Iterable[Turn],
    calls: Mapping[int, str | None] | None = None,
    meant: Callable[[Turn, Turn], bool] = lambda turn, holder: True,
) -> list[tuple[int, int]]:
    """The user's turns that lie within an answer, each with the answer that comes after that one.

    Definition: who asks while an answer goes on takes no floor, and waits for what is said next: the next
    turn of the assistant's in the same call, if nobody else takes the floor before it. Of several such turns
    within one answer the last counts; what is not meant for an answer ("mm-hm", a cough) does not.

    Source: ours, as a part of `response_gap`.

    Args:
        turns: In the order in which they began.
        calls: The call of each turn, by its number; None: all are of one.
        meant: Whether a turn that lies within another one is to be answered.
    """
    found: list[tuple[int, int]] = []
    holder: Turn | None = None
    asked: Turn | None = None
    call_of = {} if calls is None else calls
    for turn in turns:
        if holder is None or call_of.get(turn.seq) != call_of.get(holder.seq):
            holder, asked = turn, None
        elif turn.end_ms > holder.end_ms:
            if asked is not None and turn.role == holder.role:
                found.append((asked.seq, turn.seq))
            holder, asked = turn, None
        elif turn.role == "user" != holder.role and meant(turn, holder):
            asked = turn
    return found


def response_gap(asked_end_ms: float, answer_start_ms: float) -> float:
    """The silence that was heard before an answer.

    Definition: from the last voiced sample of the user's turn to the first voiced sample of the assistant's,
    as played. 0 where the answer began before the question had ended: the floor-transfer offset says by how
    much. It is measured in the sound, and no sum of parts: those may overlap, and leave things out. A filler
    ("One moment …") ends it, for that is what one hears; `answer_gap_ms` goes on to the answer itself. Of a
    question that was asked within an answer it ends with the next one (`asked_within`).

    Source: the "gap" of M. Heldner, J. Edlund, "Pauses, gaps and overlaps in conversations", Journal of
    Phonetics 38 (2010), 555-568.

    Example:
        >>> response_gap(1000.0, 1700.0), response_gap(1000.0, 900.0)
        (700.0, 0.0)
    """
    return max(0.0, answer_start_ms - asked_end_ms)


def unexplained(
    gap_ms: float | None, end_wait_ms: int | None, first_sound_ms: int | None, transport_ms: int | None
) -> float | None:
    """What of a response gap no part explains: signed, and None where a part is missing.

    Definition: the gap without the three parts that follow each other: the wait for the end of speech, from
    the response's beginning to its first sound, and from there to the ear. What is left is between the end of
    speech and the beginning of the response (recognition, a network), and what ears and clocks differ.
    Recognition and the agent's first word run beside these and are not taken off.

    Source: ours, of the events that `metrics_df` names.

    Example:
        >>> unexplained(720.0, 499, 169, 41)
        11.0
    """
    if gap_ms is None or end_wait_ms is None or first_sound_ms is None or transport_ms is None:
        return None
    return gap_ms - end_wait_ms - first_sound_ms - transport_ms


def barge_in_onset(
    start_ms: float, end_ms: float, onsets: Iterable[Span], said: Span | None = None
) -> float | None:
    """When the user began what silenced an answer; None: not while it sounded.

    Definition: the first sample of the turn that stopped the answer (see `stopped_it`), however often the
    user paused in it; of a turn that began before the answer, the first of its stretches that began over it.
    Where no turn is known, of a sound that nobody took for a turn, the last stretch of the user's sound that
    began while the answer sounded, for it went on over those before; pauses of up to 500 ms are within a
    stretch. `barge_in_stop_ms` is from there to the answer's last voiced sample, as played: what waits in
    buffers is part of it.

    Source: "barge-in" is telephony's word. That it ends with the last sample played and not with the decision
    to stop is the point of it.

    Args:
        start_ms: The answer's first sample.
        end_ms: Its last one.
        onsets: The stretches of the user's speech, in order.
        said: From when until when the turn sounds that stopped the answer, if that is known.

    Example:
        >>> barge_in_onset(1000.0, 3000.0, [(0.0, 700.0), (2600.0, 4000.0)])
        2600.0
        >>> barge_in_onset(1000.0, 3000.0, [(2000.0, 2200.0), (2900.0, 4000.0)], (2000.0, 4000.0))
        2000.0
    """
    if said is not None and start_ms < said[0] <= end_ms:
        return said[0]
    over = [start for start, _ in onsets if start_ms < start <= end_ms]
    if said is None:
        return over[-1] if over else None
    return next((start for start in over if said[0] <= start < said[1]), None)


def stopped_it(answer: Row, over: Sequence[Row], rows: Iterable[Row]) -> Row | None:
    """The user's turn that an answer was stopped for; None: nobody knows of one.

    Definition: the one of which the engine says that it was said over this answer, and of several the one
    that it took for an interruption. Where it says nothing, the first turn that began over the answer and is
    more than a backchannel ("mm-hm"), for a service stops at the first speech that it takes for some; and if
    there are only such, the first of these.

    Args:
        answer: The answer's row.
        over: The user's turns that began while it sounded, in order.
        rows: All of them.
    """
    item = answer["item_id"]
    named = [row for row in rows if row["overlap_item_id"] is not None and row["overlap_item_id"] == item]
    if named:
        return next((row for row in named if row["overlap"] == "interruption"), named[-1])
    return next((row for row in over if not is_backchannel(heard(row))), over[0] if over else None)
