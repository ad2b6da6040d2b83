"""What all rules together say of a record. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from voice_widget.commands.check.record import Deviation, Record
from voice_widget.commands.check.rules import answers, errors, events, session, sound, speech

_RULES = (session.rules, events.rules, answers.rules, sound.rules, speech.rules, errors.rules)


def deviations(record: Record) -> list[Deviation]:
    """What deviates in this record, each once."""

    def found() -> Iterator[Deviation]:
        for lack in record.lacks:
            yield Deviation(lack.finding, lack.event, lack.field, lack.seen)
        for rule in _RULES:
            yield from rule(record)

    # By name, event and field: what else is seen of the same deviation says nothing new.
    return list({(d.name, d.event, d.field): d for d in reversed(list(found()))}.values())[::-1]
