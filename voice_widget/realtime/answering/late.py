"""Text of an answer that comes when its row was thought to be whole."""

from __future__ import annotations

from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.reading import differs


def more(context: Context, turn: Turn, delta: str, part: int | None) -> None:
    """A piece that comes after the end."""
    if not turn.all_heard:
        context.stream(turn, delta, part=part)
        return
    turn.append(delta, part=part)
    turn.text_heard = turn.text
    context.show(turn)


def whole(context: Context, turn: Turn, text: str, number: int | None, *, late: bool) -> bool:
    """The whole text of a part, or of all; True if it says something new.

    Args:
        context: Shows what changed.
        turn: The row.
        text: The text.
        number: The part's number.
        late: It comes after the end: then it can only go on from what is there.
    """
    part = turn.part_of(text, number)
    there = turn.text if part is None else turn.part(part)
    if late and not (turn.takes_more and text.startswith(there)):
        return False
    if number is not None:
        turn.whole_parts.add(number)
    if not differs(there, text):
        return False
    heard = late and turn.all_heard
    turn.replace(text, part)
    turn.text_heard = turn.text if heard else turn.text_heard
    context.show(turn)
    return True
