"""The words that questions are made of, beside the names of a table: what each means to the grammar.

A word stands here or it is unknown; there is no third case. Phrases win over their words by being one item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voice_widget.agents.assistant.language import particles, wishes
from voice_widget.agents.assistant.language.lattice import Item

_SAID: Mapping[str, Mapping[Any, str]] = {
    **particles.SAID,
    **wishes.SAID,
    "count": {
        None: (
            "how many|number of|the number of|count of|the count of|count|total number of"
            "|the total number of|count up|counts|counts of|total count of|total count|number"
            "|amount of rows|how many of|counting|tally|headcount|head count|what number of"
            "|how large a number of|the amount of rows|the tally of|tally up|a count of"
            "|give me a count of|the total count of|the total count|the overall number of"
            "|overall number of"
        ),
    },
    "often": {
        None: (
            "how often|how often do|how many times|how many times do|number of times|the number of times"
            "|how frequently|frequency of|frequency|frequencies of|frequencies|value counts of"
        ),
    },
    "howmuch": {
        None: (
            "how strongly|how closely|how strong|how much|how much of|what amount of|how high|how high is"
            "|how big|how large"
        ),
    },
    "agg": {
        "mean": (
            "average|mean|avg|on average|averages|the average of|averaged|typical|average value"
            "|mean value|averaging|typically|usually|on the average|an average|averages out at"
            "|average out at|normally|an average of|in the mean|as an average|the average value of"
        ),
        "median": "median|midpoint|the midpoint|middle|middle value|the middle|median value|medians",
        "sum": (
            "total|sum|sum total|totals|in total|altogether|sum up|combined|overall total|grand total"
            "|all together|sum of all|summed|total up|cumulative total|added up|total amount of"
            "|the total amount of|put together|taken together|all in all|lumped together|all up|in sum"
            "|all added up|the sum total of|sum total of|everything added up|overall amount of|total sum"
            "|total sum of|total value|totaled|total of all|the sum of all|overall sum|add up|add up to"
            "|adds up to|added together|add together|adding up|come to|comes to"
        ),
        "std": (
            "standard deviation|std|standard dev|stddev|deviation|std dev|spread|spread of|variability"
            "|variability of|how variable"
        ),
        "range": "range|value range",
        "min": (
            "min|minimum|minimal|minimum value|smallest value|lowest value|at least|at the least"
            "|at its lowest|at the lowest|record low|all time low|low point|lower limit|the min"
            "|the minimum|bottom value"
        ),
        "max": (
            "max|maximum|maximal|maximum value|largest value|highest value|biggest value|peak|at most"
            "|at the most|at its peak|at peak|at the highest|record high|all time high|high point"
            "|the peak|peak value|upper limit|ceiling|top value|the max|the maximum"
        ),
    },
    "percentile": {
        None: "percentile|percentiles|quantile|th percentile",
        0.25: "first quartile|lower quartile|1st quartile|bottom quartile|lower quartile value|q1 quartile",
        0.75: "third quartile|upper quartile|3rd quartile|top quartile",
        0.5: "second quartile|2nd quartile",
    },
    "super": {
        "highest": (
            "highest|largest|biggest|greatest|top|best|maximum number of|the most of|strongest|topmost|record"
        ),
        "lowest": "lowest|smallest|worst|tiniest|weakest|minimum number of|slightest|poorest|puniest",
    },
    "most": {
        "highest": "most|the most|most of all",
        "lowest": "fewest|least|the least|the fewest",
    },
    "common": {
        "highest": (
            "most common|most frequent|most popular|commonest|most often|most frequently|mode of|mode"
            "|most usual|most prevalent|most typical|most numerous|most represented|most visited"
            "|most requested|most used|most seen|most frequently used"
        ),
        "lowest": (
            "least visited|least requested|least used|least common|least frequent|rarest|least popular"
            "|least often|least frequently|most rare"
        ),
    },
    "sort": {
        None: (
            "sort|sorted|order|ordered|rank|ranked|arrange|arranged|ranking|sort the rows|sort them"
            "|sorting|line up|put in order|in order|order them|rank them|arrange them|list in order"
            "|ordering|organize|organise|sort it|sort me|sort out"
        ),
    },
    "ontop": {
        "top": (
            "on top|at the top|to the top|first|up top|at the start|at the beginning|in front|up front"
            "|coming first|to begin with|leading|at top"
        ),
        "bottom": "at the bottom|last|at the end|on the bottom|to the bottom|coming last",
    },
    "sortby": {
        None: (
            "in order of|in the order of|by order of|ordered on|in order by|by ascending order of"
            "|sequenced by|arranged in order of|sorted in order of|order of|ordered according to"
            "|sorted according to"
        ),
    },
    "starts": {
        None: (
            "starting with|beginning with|starting from|beginning from|starting at|begin with|start with"
            "|starting off with|headed by|led by"
        ),
    },
    "grand": {
        "highest": "biggest|largest|most populous",
        "lowest": "smallest|tiniest",
    },
    "bestsold": {
        "highest": (
            "best selling|bestselling|top selling|best sold|most sold|most bought|most ordered"
            "|hottest selling|sells best|sell best|sold best|sells the best|sell the best"
        ),
        "lowest": "worst selling|least sold|worst sold|slowest selling|sells worst|sell worst",
    },
    "gets": {
        None: "did it get|does it get|did it ever get|has it ever got|can it get|did they get|do they get",
    },
    "dir": {
        "highest": (
            "descending|highest first|from high to low|largest first|biggest first|high to low"
            "|in descending order|from highest to lowest|decreasing|from largest to smallest|newest first"
            "|latest first|most first|most recent first|top down|oldest first by age|descending order"
            "|from the highest to the lowest|in decreasing order|from most to least|largest to smallest"
            "|highest to lowest|from z to a|z to a|reverse alphabetical order|going down|in reverse order"
            "|from top to bottom|top to bottom|downwards|in falling order|reverse chronologically"
            "|in reverse chronological order|from high to low values|desc"
        ),
        "lowest": (
            "ascending|lowest first|from low to high|smallest first|low to high|in ascending order"
            "|from lowest to highest|increasing|from smallest to largest|earliest first|cheapest first"
            "|ascending order|in increasing order|from least to most|smallest to largest"
            "|lowest to highest|from the lowest to the highest|alphabetically|in alphabetical order"
            "|from a to z|a to z|chronologically|in chronological order|going up|from bottom to top"
            "|bottom to top|upwards|in rising order|by alphabet|asc"
        ),
    },
    "topn": {
        "highest": "top",
        "lowest": "bottom",
    },
    "first": {
        "highest": "last|final",
        "lowest": "first|initial|very first|for the first time",
    },
    "newest": {
        "highest": "latest|most recent|newest|recent|most recently|most current|latest ones|most up to date",
        "lowest": "earliest|oldest recorded|least recent",
    },
    "busy": {
        "highest": "busiest|most active|most busy",
        "lowest": "quietest|least busy|least active",
    },
    "sign": {
        "above": "positive",
        "below": "negative",
    },
    "unit": {
        "hour": "hour|hour of the days|hours of the day|hour of the day|hour of day|hours|time of day",
        "day": "day|days|date|calendar day|calendar date",
        "week": "week|weeks|calendar week|calendar weeks",
        "month": "month|months|calendar month|calendar months",
        "quarter": "quarter|quarters",
        "year": "year|years|calendar year",
        "weekday": (
            "weekday|weekdays|days of a week|day of a week|day of the week|day of week|days of the week"
            "|week day"
        ),
    },
    "every": {
        "day": "daily|day by day|day after day|day to day|on a daily basis",
        "week": "weekly|week by week|week after week|on a weekly basis|week over week|week on week",
        "month": (
            "monthly|month by month|month over month|month after month|on a monthly basis|month on month"
            "|month to month"
        ),
        "quarter": "quarterly|quarter by quarter|quarter over quarter|on a quarterly basis",
        "year": (
            "yearly|annual|annually|year by year|year over year|per annum|year after year|year on year"
            "|on a yearly basis|over the years|through the years"
        ),
        "hour": "hourly|hour by hour",
    },
}

_CONTRACTIONS = {
    "whats": "what is",
    "youve": "you",
    "ill": "i",
    "whered": "where did",
    "howd": "how did",
    "howre": "how are",
    "anyones": "anyone",
    "theyd": "they",
    "itd": "it",
    "youd": "you",
    "whos": "who is",
    "hows": "how is",
    "theres": "there is",
    "thats": "that is",
    "wheres": "where is",
    "cannot": "can not",
    "cant": "can not",
    "wont": "will not",
    "im": "i",
    "ive": "i",
    "youre": "you",
    "theyre": "they are",
    "weve": "we",
    "whatre": "what are",
    "gimme": "give me",
    "wanna": "want to",
    "lets": "let us",
    "percentages": "percentage",
} | {
    f"{verb}nt": f"{verb} not"
    for verb in str.split("is are was were do does did has have had should would could")
}
_COSTS = {"grand": 1.1, "whole": 1.3, "verb": 1.2, "again": 1.2, "values": 1.1, "pron": 1.1, "all": 1.1}
"""What a word costs that may be passed over, or is likelier something else."""


def _entries() -> Iterator[tuple[tuple[str, ...], str, Any, float]]:
    for kind, meanings in _SAID.items():
        for value, said in meanings.items():
            for phrase in said.split("|"):
                # Where nothing else is meant, the word itself is told: "of" and "in" are not the same.
                yield tuple(phrase.split()), kind, phrase if value is None else value, _COSTS.get(kind, 1.0)


_BY_FIRST: dict[str, list[tuple[tuple[str, ...], str, Any, float]]] = defaultdict(list)
for _entry in _entries():
    _BY_FIRST[_entry[0][0]].append(_entry)

KNOWN = frozenset(word for entries in _BY_FIRST.values() for entry in entries for word in entry[0])
"""All words of the vocabulary: never taken for a mangled name."""
FILLERS = frozenset(_SAID["fill"][None].split("|"))


def contracted(words: Sequence[str]) -> list[str]:
    """Words with what was drawn together taken apart.

    Example:
        >>> contracted(["isnt", "north"])
        ['is', 'not', 'north']
    """
    return [part for word in words for part in _CONTRACTIONS.get(word, word).split()]


def items(words: Sequence[str]) -> Iterator[Item]:
    """What the vocabulary knows of these words."""
    for at, word in enumerate(words):
        for phrase, kind, value, cost in _BY_FIRST.get(word, ()):
            end = at + len(phrase)
            if tuple(words[at:end]) == phrase:
                # Longer phrases mean more than their words, and a little goes to whoever explains more.
                yield Item(kind, value, at, end, cost)
