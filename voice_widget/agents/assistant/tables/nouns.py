"""What the rows of a table may be called: by its name, and by what its columns speak of. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from voice_widget.agents.assistant.language.words import stem
from voice_widget.agents.assistant.tables.tables import Column, Table

_PEOPLE = frozenset(
    str.split("salary age gender sex employee surname firstname name wage email hire birth manager smoker")
)
_GENERIC_PEOPLE = str.split(
    "people person persons individuals everyone everybody folks human humans someone anyone somebody anybody"
)
_AT_WORK = str.split("employees employee workers worker staff colleagues workforce personnel")
_OF_AN_AGE = str.split(
    "patient patients member members passenger passengers student students pupil pupils player players user "
    "users customer customers client clients guest guests resident residents visitor visitors participant "
    "participants subscriber subscribers driver drivers teacher teachers candidate candidates donor donors"
)
PEOPLE = frozenset((*_GENERIC_PEOPLE, *_AT_WORK, *_OF_AN_AGE))
"""What people are called, of whom a bare number is the age."""
_ROWS = (
    (
        "request requests hit hits traffic visit visits call calls",
        frozenset(("path", "url", "status", "endpoint", "request")),
    ),
    (
        "reading readings measurement measurements",
        frozenset(("station", "sensor", "temperature", "humidity", "pressure", "wind")),
    ),
    ("transaction transactions purchase purchases", frozenset(("price", "revenue", "amount", "payment"))),
    ("trip trips ride rides", frozenset(("distance", "fare", "pickup", "dropoff"))),
    ("order orders", frozenset(("order",))),
    ("bird birds animal animals", frozenset(("bill", "beak", "flipper", "wing", "wingspan"))),
    ("animal animals", frozenset(("species", "breed"))),
    ("car cars vehicle vehicles", frozenset(("horsepower", "mpg", "cylinders", "mileage"))),
    ("house houses home homes flat flats apartment apartments", frozenset(("bedrooms", "bathrooms", "sqft"))),
    ("movie movies film films", frozenset(("director", "genre", "imdb"))),
    ("book books", frozenset(("isbn", "author"))),
    ("song songs track tracks", frozenset(("artist", "album"))),
    ("flight flights", frozenset(("airline", "carrier", "flight"))),
    ("student students pupil pupils", frozenset(("grade", "school", "exam"))),
    ("student students pupil pupils kid kids child children", frozenset(("student", "pupil", "homework"))),
    ("patient patients", frozenset(("diagnosis", "bmi", "cholesterol"))),
    ("passenger passengers", frozenset(("pclass", "embarked", "cabin"))),
    ("product products item items article articles", frozenset(("sku",))),
)


_VAGUE = frozenset(str.split("series stats metrics results values news details sales"))


def things(table: Table) -> str:
    """What the rows are called in an answer: by the table's name where that is a plural, else rows."""
    noun = table.noun
    plain = len(noun.split()) == 1 and stem(noun) != noun and noun not in _VAGUE
    return noun if plain and all(stem(column.spoken) != stem(noun) for column in table.columns) else "rows"


def of(table: Table) -> set[str]:
    """What the rows may be called."""
    found: set[str] = set()
    if table.noun:
        found.add(table.noun)
        words = table.noun.split()
        if words[-1] in ("data", "table", "df", "list") and len(words) > 1:
            found.add(" ".join(words[:-1]))
        if len(words) > 1:
            found.add(words[-1])
    taken = {stem(column.spoken) for column in table.columns}
    names = {word for column in table.columns for word in column.words}
    for column in table.columns[:3]:
        words = list(column.words)
        if len(words) == 2 and words[1] in ("id", "no", "nr", "number", "key", "code") and column.unique:
            found.add(words[0])
    found |= told(table)
    found |= {said for column in table.columns[:3] if numbered(column, said := f"{column.spoken}s")}
    for said, hints in _ROWS:
        if names & hints:
            found |= {noun for noun in said.split() if stem(noun) not in taken}
    if names & _PEOPLE:
        found |= set(_GENERIC_PEOPLE)
        if names & {"salary", "wage", "hire", "employee", "department", "dept"}:
            found |= set(_AT_WORK)
    if "data" in found:
        found.discard("data")
    return found


_OF_ONE = frozenset(("age", "sex", "gender"))
_OF_ROWS = frozenset(("date", "time", "datetime", "timestamp"))
_OF_TIMES = frozenset(
    str.split("birth due start end begin update release expiry delivery ship modified created hire day week")
)
"""Before "date" they say what was done to the thing, or when, and not what the thing is."""


def _one_each(column: Column) -> bool:
    """Whether each row is one of what a column names: patients, where each has its own row."""
    plain = len(column.words) == 1 and column.words[0] not in _CALLED
    known = column.kind == "text" and len(column.series) > 1 and not column.series.hasnans
    return plain and known and column.unique


_CALLED = frozenset(str.split("name title id code key label email text comment note"))


def dated(table: Table) -> set[str]:
    """The things that a column of dates speaks of, of which each row is one: matches, of a "match date"."""
    return _told_of(table, [c for c in table.columns if c.kind == "date" and not c.series.hasnans], _OF_ROWS)


def told(table: Table) -> set[str]:
    """The things that columns speak of: those of dates, and patients, of a "patient age"."""
    return dated(table) | _told_of(table, table.columns, _OF_ONE)


def _told_of(table: Table, columns: Iterable[Column], behind: frozenset[str]) -> set[str]:
    taken = {stem(column.spoken) for column in table.columns}
    found: set[str] = set()
    for column in columns:
        first, *rest = column.spoken.split()
        named = len(rest) == 1 and rest[0] in behind and first not in _OF_TIMES and len(first) > 3
        if named and stem(first) not in taken:
            found |= {first, f"{first}es" if first.endswith(("s", "x", "ch", "sh")) else f"{first}s"}
    return found


def numbered(column: Column, said: str) -> bool:
    """Whether a word is the plural of a column that only numbers the rows: "rides", of 7000, 7001, 7002."""
    if said != f"{column.spoken}s" or not column.whole or column.yearly or not column.unique:
        return False
    return len(column.series) > 1 and column.series.max() - column.series.min() == len(column.series) - 1


def named(table: Table) -> set[str]:
    """What the rows are by the column of their names: products, of a "product name"."""
    names = [column.spoken.split() for column in table.columns if column.kind == "text"]
    found = {words[0] for words in names if len(words) == 2 and words[1] in ("name", "title")}
    return (found | {f"{c.spoken}s" for c in table.columns[:3] if _one_each(c)}) - of(table)
