"""What the notebook assistant can be asked about a table: phrases and the answers they call."""

from __future__ import annotations

from collections.abc import Callable

from voice_widget.agents.assistant import answers, views
from voice_widget.agents.assistant.answers import Answer
from voice_widget.agents.assistant.intents import Intents
from voice_widget.agents.assistant.plots import plot
from voice_widget.agents.assistant.slots import Agg, Comparison, End, Group, Measure
from voice_widget.agents.assistant.tables import Column, Table, Value

ASKED_BACK = {"stat": "column"}
"""By which parameter an answer is asked back for when it was not said."""


def register(intents: Intents, current: Callable[[], Table]) -> None:
    """Register all questions.

    Args:
        intents: Where.
        current: Gives the table that a question is about.
    """

    def ask(*phrases: str, about: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return intents.intent(*phrases, about=about, own=False)

    @ask(
        "how many rows are there",
        "how many {table} are there",
        "number of rows",
        "row count",
        "how big is the table",
        about="counts the rows",
    )
    def rows(table: Table | None = None) -> Answer:
        return answers.rows(current())

    @ask(
        "which columns are there",
        "how many columns are there",
        "what columns do we have",
        "list all the columns",
        "column names",
        about="lists the columns",
    )
    def columns() -> Answer:
        return answers.columns(current())

    @ask(
        "what is the {agg} {column}",
        "tell me the {agg} {column}",
        "give me the {agg} {column}",
        "what is the {agg} of {column}",
        "{agg} {column}",
        "what is the {agg} {column} by {by}",
        "{agg} {column} by {by}",
        "{agg} of {column} for each {by}",
        "which {by} has the {agg} {column}",
        "what is the {agg} {column} for {values}",
        "{agg} {column} of {values}",
        "what is the {agg} {column} in {values}",
        "what is the {agg} {column} by {by} for {values}",
        "compare {column} by {by}",
        "what is the {agg}",
        about="calculates an average, median, maximum, minimum, total or standard deviation",
    )
    def stat(
        agg: Agg = Agg.MEAN,
        column: Measure | None = None,
        by: Group | None = None,
        values: list[Value] | None = None,
    ) -> Answer:
        if column is None:  # asked back for before it comes here, where there is something to choose from
            return ["There are no columns of numbers."]
        return answers.stat(agg, column, by, values or ())

    @ask(
        "count the {column}",
        "count by {column}",
        "how many rows by {column}",
        "how many for each {column}",
        "what is the most common {column}",
        "which {column} is most common",
        "which {column} has the most rows",
        "which {column} has the most {table}",
        "how often does each {column} occur",
        about="counts how often each value occurs",
    )
    def counts(column: Group, table: Table | None = None) -> Answer:
        return answers.counts(column)

    @ask(
        "how many {values} are there",
        "how many {values} do we have",
        "how many rows are {values}",
        "count the {values}",
        "number of {values}",
        about="counts the rows with some values",
    )
    def how_many_values(values: list[Value]) -> Answer:
        return views.count_values(current(), values)

    @ask(
        "how many {column} are there",
        "which {column} are there",
        "number of {column}",
        "values of {column}",
        "distinct values of {column}",
        about="lists the values of a column",
    )
    def distinct(column: Group) -> Answer:
        return answers.distinct(column)

    @ask(
        "show only {values}",
        "show only the {values}",
        "show {values}",
        "filter {values}",
        "show rows where {column} is {values}",
        about="shows the rows with some values",
    )
    def only(values: list[Value], column: Column | None = None) -> Answer:
        return views.only(current(), values)

    @ask(
        "how many have {column} {comparison} {number}",
        "how many have a {column} {comparison} than {number}",
        about="counts the rows above or below a number",
    )
    def how_many(column: Measure, comparison: Comparison, number: float) -> Answer:
        return views.compare(column, comparison, number, how_many=True)

    @ask(
        "show rows where {column} is {comparison} {number}",
        "show rows with {column} {comparison} {number}",
        "filter {column} {comparison} {number}",
        "{column} {comparison} {number}",
        about="shows the rows above or below a number",
    )
    def compare(column: Measure, comparison: Comparison, number: float) -> Answer:
        return views.compare(column, comparison, number)

    @ask(
        "filter {column} is {number}", "rows where {column} is {number}", about="shows the rows with a number"
    )
    def equals(column: Measure, number: float) -> Answer:
        return views.compare(column, Comparison.EQUAL, number)

    @ask(
        "show rows where {column} is between {number} and {number2}",
        "filter {column} between {number} and {number2}",
        about="shows the rows between two numbers",
    )
    def between(column: Measure, number: float, number2: float) -> Answer:
        return views.between(column, number, number2)

    @ask("how many have {column} between {number} and {number2}", about="counts the rows between two numbers")
    def how_many_between(column: Measure, number: float, number2: float) -> Answer:
        return views.between(column, number, number2, how_many=True)

    @ask(
        "sort by {column} descending",
        "sort by {column} highest first",
        "sort by {column} from high to low",
        about="sorts, highest first",
    )
    def sort_down(column: Column) -> Answer:
        return views.sort(current(), column, descending=True)

    @ask("sort by {column} [ascending]", "sort the table by {column}", about="sorts, lowest first")
    def sort(column: Column) -> Answer:
        return views.sort(current(), column, descending=False)

    @ask(
        "show the {number} rows with the {end} {column}",
        "top {number} by {column}",
        "the {number} {end} {column}",
        about="shows the rows at one end",
    )
    def extremes(number: int, column: Measure, end: End = End.HIGHEST) -> Answer:
        return views.sort(current(), column, descending=end is End.HIGHEST, number=number)

    @ask(
        "show the first {number} rows",
        "show the first rows",
        "show the table",
        "show the data",
        "show all rows",
        about="shows the first rows",
    )
    def head(number: int | None = None) -> Answer:
        return views.head(current(), number)

    @ask(
        "are there missing values",
        "how many values are missing",
        "count missing values",
        "how many values are missing in {column}",
        "missing values in {column}",
        about="counts what is missing",
    )
    def missing(column: Column | None = None) -> Answer:
        return answers.missing_table(current()) if column is None else answers.missing_column(column)

    @ask(
        "describe the table",
        "describe the data",
        "describe {column}",
        "tell me about {column}",
        "summary of {column}",
        "what is in the table",
        about="describes the table or a column",
    )
    def describe(column: Column | None = None) -> Answer:
        return answers.describe_table(current()) if column is None else answers.describe_column(column)

    @ask(
        "what is the correlation of {column} and {column2}",
        "correlation between {column} and {column2}",
        "is {column} related to {column2}",
        "does {column} depend on {column2}",
        about="says how strongly two columns go together",
    )
    def correlation(column: Measure, column2: Measure) -> Answer:
        return answers.correlation(column, column2)

    @ask(
        "plot {column}",
        "plot a histogram of {column}",
        "plot {column} by {column2}",
        "draw {column} by {column2}",
        "plot {column} against {column2}",
        "plot {column} and {column2}",
        about="draws a plot",
    )
    def draw(column: Measure, column2: Column | None = None) -> Answer:
        return plot(column, column2)

    @ask(
        "delete {column}",
        "delete the rows",
        "delete the table",
        "change {column}",
        "change {column} to {number}",
        "change the table",
        about="refuses to change the data",
    )
    def refuse(column: Column | None = None, number: float | None = None) -> Answer:
        return ["I never change your data. I can filter it and sort it, and show you the result."]
