"""What can be said, as examples: for the recogniser, which learns from them, and for people who ask for help.

The grammar understands much more; each of these it understands too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from voice_widget.agents.assistant.intents.intents import Intent
from voice_widget.agents.assistant.intents.phrases import Phrase
from voice_widget.agents.assistant.intents.slots import named

_SAID: Sequence[tuple[str, str]] = (
    ("says what can be asked", "help|what can you do|what can i ask"),
    (
        "counts rows",
        "how many rows are there|how many {table} are there|how many {values} are there|how many rows "
        "are {values}",
    ),
    (
        "lists the columns",
        "which columns are there|what are the column names|how many columns are there|list the columns",
    ),
    (
        "calculates an average, median, maximum, minimum, total, standard deviation or percentile",
        "what is the {agg} {column}|{agg} {column}|what is the {agg} of {column}|what is the "
        "ninetieth percentile of {column}",
    ),
    (
        "by group",
        "what is the {agg} {column} by {by}|{agg} {column} by {by}|{agg} {column} by {by} and {by2}"
        "|compare {column} by {by}",
    ),
    (
        "for some rows",
        "what is the {agg} {column} for {values}|{agg} {column} of {values}|{agg} {column} except {values}",
    ),
    (
        "counts how often each value occurs",
        "count by {by}|how many rows for each {by}|what is the most common {by}",
    ),
    ("says which group has most", "which {by} has the highest {agg} {column}|which {by} has the most rows"),
    ("lists the values of a column", "which {by} are there|how many different {by} are there"),
    ("says what share", "what share is {values}|what percentage of rows are {values}"),
    (
        "shows rows",
        "show only {values}|show the first {number} rows|show the table|show the data|how big is the "
        "table|number of rows|show rows not {values}",
    ),
    (
        "picks rows by a number",
        "how many have {column} {comparison} {number}|show rows where {column} is {comparison} {number}"
        "|show rows where {column} is between {number} and {number2}|how many have a {column} between "
        "{number} and {number2}",
    ),
    (
        "sorts",
        "sort by {column}|sort by {column} descending|top {number} by {column}|bottom {number} by {column}",
    ),
    (
        "says what is missing",
        "are there missing values|how many values are missing in {column}|which columns have missing values",
    ),
    ("describes the table or a column", "describe the table|describe {column}|tell me about {column}"),
    (
        "says how strongly two columns go together",
        "what is the correlation of {column} and {column2}|is {column} related to {column2}",
    ),
    ("draws", "plot {column}|plot {column} by {by}|plot {column} against {column2}"),
    (
        "goes on with the last question",
        "and by {by}|what about {values}|what about the {agg}|say that again|repeat that|once more|go on",
    ),
    ("greets, and says who it is", "hello|good morning|who are you|thank you"),
    ("says no more", "stop|never mind|be quiet|forget it"),
)


@cache
def intents() -> tuple[Intent, ...]:
    """The examples with their blanks."""
    found: list[Intent] = []
    for number, (about, said) in enumerate(_SAID):
        phrases = tuple(Phrase(text) for text in said.split("|"))
        slots = named(blank for phrase in phrases for blank in phrase.blanks)
        found.append(Intent(f"saying_{number}", lambda: None, phrases, slots, about, False, False))
    return tuple(found)


def helped() -> list[tuple[str, list[str]]]:
    """What can be asked, and what is said for it."""
    return [(about, said.split("|")) for about, said in _SAID]
