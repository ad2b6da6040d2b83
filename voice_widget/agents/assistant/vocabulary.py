"""The words that questions are made of, beside the names of a table: what each means to the grammar.

A word stands here or it is unknown; there is no third case. Phrases win over their words by being one item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voice_widget.agents.assistant import particles
from voice_widget.agents.assistant.lattice import Item

_SAID: Mapping[str, Mapping[Any, str]] = {
    **particles.SAID,
    "count": {
        None: (
            "how many|number of|the number of|count of|the count of|count|total number of"
            "|the total number of|count up|counts|counts of|total count of|total count|number"
            "|amount of rows|how many of|counting|tally|headcount|head count"
        ),
    },
    "often": {
        None: (
            "how often|how often do|how frequently|frequency of|frequency|frequencies of|frequencies"
            "|value counts of"
        ),
    },
    "howmuch": {
        None: (
            "how strongly|how closely|how strong|how much|how much of|what amount of|how high"
            "|how high is|how big|how large"
        ),
    },
    "agg": {
        "mean": (
            "average|mean|avg|on average|averages|the average of|averaged|typical|average value"
            "|mean value|averaging"
        ),
        "median": "median|middle|middle value|the middle|median value|medians",
        "sum": (
            "total|sum|sum total|totals|in total|altogether|sum up|combined|overall total|grand total"
            "|all together|sum of all|summed|total up|cumulative total|added up|total amount of"
            "|the total amount of|total sum|total sum of|total value|totaled|total of all"
            "|the sum of all|overall sum|add up|add up to|adds up to|added together|add together|adding up"
            "|come to|comes to"
        ),
        "std": "standard deviation|std|standard dev|stddev|deviation|std dev|spread|spread of|variability"
        "|variability of|how variable",
        "range": "range|value range",
        "min": "min|minimum|minimal|minimum value|smallest value|lowest value",
        "max": "max|maximum|maximal|maximum value|largest value|highest value|biggest value|peak",
    },
    "percentile": {
        None: "percentile|percentiles|quantile|th percentile",
        0.25: ("first quartile|lower quartile|1st quartile|bottom quartile|lower quartile value|q1 quartile"),
        0.75: "third quartile|upper quartile|3rd quartile|top quartile",
        0.5: "second quartile|2nd quartile",
    },
    "super": {
        "highest": "highest|largest|biggest|greatest|top|best|maximum number of|the most of|strongest",
        "lowest": "lowest|smallest|worst|tiniest|weakest",
    },
    "most": {
        "highest": "most|the most|most of all",
        "lowest": "fewest|least|the least|the fewest",
    },
    "common": {
        "highest": (
            "most common|most frequent|most popular|commonest|most often|most frequently|mode of|mode"
            "|most usual|most prevalent|most typical|most numerous|most represented"
        ),
        "lowest": ("least common|least frequent|rarest|least popular|least often|least frequently|most rare"),
    },
    "sort": {
        None: (
            "sort|sorted|order|ordered|rank|ranked|arrange|arranged|ranking|sort the rows|sort them|sorting"
        ),
    },
    "dir": {
        "highest": (
            "descending|highest first|from high to low|largest first|biggest first|high to low"
            "|in descending order|from highest to lowest|decreasing|from largest to smallest"
            "|newest first|latest first|most first|most recent first|top down|oldest first by age"
            "|descending order|from the highest to the lowest|in decreasing order|from most to least"
            "|largest to smallest|highest to lowest"
        ),
        "lowest": (
            "ascending|lowest first|from low to high|smallest first|low to high|in ascending order"
            "|from lowest to highest|increasing|from smallest to largest|earliest first|cheapest first"
            "|ascending order|in increasing order|from least to most|smallest to largest"
            "|lowest to highest|from the lowest to the highest"
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
        "highest": "latest|most recent|newest|recent|most recently|most current",
        "lowest": "earliest|oldest recorded",
    },
    "busy": {
        "highest": "busiest|most active|most busy",
        "lowest": "quietest|least busy|least active",
    },
    "share": {
        None: (
            "what percentage|what percent|percentage of|percentage|percent of|percent|share of|share"
            "|proportion of|proportion|fraction of|fraction|what share|what share of|what percentage of"
            "|what percent of|what fraction|what fraction of|what proportion|what proportion of"
            "|how much percent of|what part of|what portion of|portion of|percentage share of"
            "|which percentage of|which share of|how many percent of|how many percent|what s the share"
            "|relative share of|relative frequency of"
        ),
    },
    "exist": {
        None: (
            "is anything|anything|is there|are there|were there|was there|is there any|are there any"
            "|do we have any|were there any|does any|do any|did any|have any|has any|is any|are any"
            "|do we have|does anyone|does anybody|is anyone|is anybody|was there any|did anyone"
            "|does it have|any of|did we have any|did we have|exists there"
        ),
    },
    "missing": {
        None: (
            "missing|null|empty|blank|nan|absent|unknown|not known|not available|na|nulls|incomplete"
            "|undefined|unavailable|not given|not recorded|not specified|not filled in|unspecified"
            "|left blank|not set|gaps|holes|unfilled"
        ),
    },
    "known": {
        None: "known|present|filled in|available|non missing|not missing|given|non null|recorded|complete",
    },
    "distinct": {
        None: "distinct|different|unique|various|individual|separate",
    },
    "values": {
        None: (
            "values|value|entries of|levels|level|categories of|possible values|options|kinds of"
            "|types of|sorts of"
        ),
    },
    "describe": {
        None: (
            "describe|summarize|summarise|summary|overview|tell me about|summary of|overview of"
            "|describes|tell me more about|statistics|statistics of|stats|stats for|stats of"
            "|statistics for|profile|explain|give me an overview of|summary statistics"
            "|summary statistics of|summary statistics for|what is in|what s in|tell us about"
            "|how is distributed|distribution of|distribution|the distribution of"
            "|describe the column|statistics on|statistics about|stats on|stats about|details on"
            "|details about|details of|information on|information about|info on|info about|facts on"
            "|facts about|key figures for|key figures of|figures on"
        ),
    },
    "cols": {
        None: (
            "columns|column|variables|fields|attributes|features|column names|names of the columns"
            "|variable names|field names|header|headers|column name|variable|field"
        ),
    },
    "noun": {
        "everything": "everything|every row|every record",
        "things": "something|anything|things",
        "rows": (
            "rows|row|records|record|entries|entry|observations|observation|cases|data points"
            "|datapoints|lines|items in the table|data rows|rows of data|lines of data|samples"
            "|instances|row count|data points in total|observations in total"
        ),
    },
    "table": {
        None: "data|dataset|table|data set|data frame|dataframe|frame|sheet|data table",
    },
    "corr": {
        None: (
            "correlation|correlate|correlated|correlates|related|relationship|associated|association"
            "|depend|depends|correlation between|relation|connection|relate|relates"
            "|relationship between|linked|correlation coefficient|dependent|influence|influences|affect"
            "|affects|go together|connected|correlation of|pearson correlation|relation between"
            "|link between|association between|linear correlation"
        ),
    },
    "plot": {
        None: (
            "plot|chart|graph|draw|diagram|visualize|visualise|picture of|plot of|chart of|graph of"
            "|draw me|bar chart|bar chart of|line chart|line chart of|scatter plot|scatter plot of"
            "|scatterplot of|scatterplot|bar plot|bar plot of|line plot|line plot of|bar graph"
            "|bar graph of|line graph of|line graph|a picture of|make a plot of|make a chart of"
            "|show a plot of|show me a plot of|plot a|draw a chart of|draw a plot of|show a chart of"
            "|show me a chart of|show me a graph of|make a graph of|draw a graph of|visualization of"
            "|visualisation of"
        ),
    },
    "hist": {
        None: (
            "histogram|histogram of|a histogram of|plot a histogram of|draw a histogram of"
            "|plot the distribution of|box plot of|show a histogram of|show me a histogram of"
            "|plot the histogram of"
        ),
    },
    "trend": {
        None: (
            "trend|trend of|trend in|trend for|over time|develop|developed|evolve|evolved"
            "|change over time|changed over time|development of|progress|trends|time course of"
            "|time series of|trending|trends in|how has developed|evolution of|history of|grow|grown"
            "|grew|growing|going up|going down|rise|rising|rose|increase|increased|increasing|decrease"
            "|decreased|falling|shrink|shrinking|dropping|monthly trend|grow over time"
            "|develop over time|evolve over time|increase over time|decrease over time|declining"
            "|decline|change|changed|changes|changing|going down over time|fallen|risen"
        ),
    },
    "size": {
        None: "size|size of|dimensions|dimensions of|shape|shape of|how big|how large"
        "|how long|how wide|how tall",
    },
    "sign": {
        "above": "positive",
        "below": "negative",
    },
    "compare": {
        None: "compare|comparison of|comparison between|compared|comparison|contrast|compare the",
    },
    "diff": {
        None: (
            "difference between|difference in|difference|differ|vary|varies|varied|differs|gap between"
            "|gap in|difference of"
            "|how far apart|apart|differed|distance between|the gap between|how much more"
            "|how much higher|how much larger|how much bigger|by how much"
        ),
    },
    "unit": {
        "hour": "hour|hours of the day|hour of the day|hour of day|hours|time of day",
        "day": "day|days|date|calendar day|calendar date",
        "week": "week|weeks|calendar week|calendar weeks",
        "month": "month|months|calendar month|calendar months",
        "quarter": "quarter|quarters",
        "year": "year|years|calendar year",
        "weekday": "weekday|weekdays|day of the week|day of week|days of the week|week day",
    },
    "every": {
        "day": "daily|day by day",
        "week": "weekly|week by week",
        "month": "monthly|month by month|month over month",
        "quarter": "quarterly|quarter by quarter",
        "year": "yearly|annual|annually|year by year|year over year|per annum",
        "hour": "hourly|hour by hour",
    },
    "show": {
        None: (
            "show|list|display|show me|list all|view|print|present me|show us|name|see all|give me all"
            "|pull up|return|filter|filter for|select|keep|filter by|which ones are|output|open"
            "|bring up|let me see|i want to see|can i see|give me a list of|a list of|list of|names of"
        ),
    },
    "covers": {
        None: (
            "what period|time span|date range|what time span|time range|what time period|time period"
            "|how far back|which period|what dates|which dates|period of time|time frame"
            "|what time frame"
        ),
    },
}

_CONTRACTIONS = {
    "whats": "what is",
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
_COSTS = {"whole": 1.3, "verb": 1.2, "again": 1.2, "values": 1.1, "pron": 1.1, "all": 1.1}
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
