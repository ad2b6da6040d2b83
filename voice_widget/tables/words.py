"""The words of a talk with their times, and who tells these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from voice_widget.realtime.state.records import Row
from voice_widget.tables.columns import column, framed, numbers
from voice_widget.tables.schema import dtypes
from voice_widget.tables.transcript import heard

if TYPE_CHECKING:
    import pandas as pd

ENGINE = "embedded"
"""The model of rows whose voice is the embedded engine's."""


class Piece(NamedTuple):
    """A piece of an answer's text, and when, within the item's sound, it is spoken."""

    text: str
    start_ms: float
    end_ms: float | None = None
    estimated: bool = False


class _Timed(NamedTuple):
    word: str
    start_ms: float
    end_ms: float
    estimated: bool


class _Spoken(NamedTuple):
    """The words of one turn; times count from its start, and none is after its end."""

    row: Row
    pieces: int
    words: Sequence[str]
    starts: Sequence[float | None]
    ends: Sequence[float | None]
    sources: Sequence[str | None]


class WordsTable:
    """The words of a talk's rows; a row is read once, however often the table is made."""

    def __init__(self) -> None:
        self._read: dict[str, _Spoken] = {}

    def frame(self, rows: Iterable[Row], pieces: Mapping[str, Sequence[Piece]]) -> pd.DataFrame:
        """One row per word, in order."""
        import numpy as np

        read: dict[str, _Spoken] = {}
        for row in rows:
            told = pieces.get(row["item_id"], ())
            known = self._read.get(row["item_id"])
            if known is None or known.row is not row or known.pieces != len(told):
                known = _spoken(row, told)
            read[row["item_id"]] = known
        self._read = read
        spoken = sorted(read.values(), key=lambda one: one.row["seq"])
        rows = [one.row for one in spoken]
        counts = np.array([len(one.words) for one in spoken], dtype=np.intp)

        def of_rows(name: str, dtype: str) -> Any:
            return column(list(map(itemgetter(name), rows)), dtype).repeat(counts)

        def of_words(place: int) -> list[Any]:
            return list(chain.from_iterable(map(itemgetter(place), spoken)))

        zero, latest = (
            of_rows(name, "Int64").to_numpy(float, na_value=np.nan) for name in ("start_ms", "end_ms")
        )
        times = (np.fmin(zero + np.array(of_words(place), dtype=float), latest) for place in (3, 4))
        known_from = ~np.isnan(zero)
        starts, ends = (np.where(known_from, moments, np.nan) for moments in times)
        seq, item_id, role = (of_rows(name, kind) for name, kind in _OF_ROWS)
        columns = (seq, item_id, role, of_words(2), numbers(starts), numbers(ends), of_words(5))
        return framed(columns, dtypes("words"))


_OF_ROWS = (("seq", "Int64"), ("item_id", "string"), ("role", "string"))


def words_frame(rows: Iterable[Row], pieces: Mapping[str, Sequence[Piece]] | None = None) -> pd.DataFrame:
    """One row per word that was spoken, in order.

    Args:
        rows: The rows of the transcript.
        pieces: Of answers, by ``item_id``: their text with the times that a voice tells.
    """
    return WordsTable().frame(rows, pieces or {})


def _spoken(row: Row, pieces: Sequence[Piece]) -> _Spoken:
    """The words of one turn that were heard, with their times as far as these can be known."""
    said = [] if row["source"] in ("typed", "added") else heard(row).split()
    start, end = row["start_ms"], row["end_ms"]
    count, told, guess = len(said), len(pieces), "estimated"
    unknown = [None] * count
    if start is None or not said:
        return _Spoken(row, told, said, unknown, unknown, unknown)
    source = "engine" if row["model"] == ENGINE else "service"
    if pieces and (times := _told(said, pieces)) is not None:
        starts, ends, guesses = times
        sources = (
            ["estimated" if guess else source for guess in guesses] if any(guesses) else [source] * count
        )
        return _Spoken(row, told, said, starts, ends, sources)
    if end is None:
        return _Spoken(row, told, said, unknown, unknown, unknown)
    # A word takes its share of the text, the space before it included.
    reached = list(accumulate(1 + len(word) for word in said))
    per_letter = (end - start) / (reached[-1] - 1)
    shares = [(upto - 1) * per_letter for upto in reached]
    return _Spoken(row, told, said, [0.0, *shares[:-1]], shares, [guess] * count)


def _told(
    said: Sequence[str], pieces: Sequence[Piece]
) -> tuple[Sequence[float], Sequence[float], Sequence[bool]] | None:
    """What the pieces tell of these words, if they are theirs: starts, ends, and which are guesses."""
    count = len(said)
    texts, starts, ends, guesses = zip(*pieces[:count], strict=True)
    if list(map(str.strip, texts)) == said and "".join(texts).split() == said and None not in ends:
        return starts, ends, guesses  # one word a piece, as voices tell them
    timed = _timed(pieces)[:count]
    if [one.word for one in timed] != said:
        return None
    _, starts, ends, guesses = zip(*timed, strict=True)
    return starts, ends, guesses


def _timed(pieces: Sequence[Piece]) -> list[_Timed]:
    """The words of pieces. A piece may hold several, and then shares its time out; a word may go on."""
    words: list[_Timed] = []
    goes_on = False
    for number, piece in enumerate(pieces):
        text, begins = piece.text, piece.start_ms
        inside = text.split()
        if not inside:
            goes_on = False
            continue
        after = pieces[number + 1].start_ms if number + 1 < len(pieces) else begins
        ends = max(begins, after if piece.end_ms is None else piece.end_ms)
        if len(inside) == 1:
            made = [_Timed(inside[0], begins, ends, piece.estimated)]
        else:
            per_letter = (ends - begins) / len(text)
            made, place = [], 0
            for word in inside:
                place = text.index(word, place)
                until = place + len(word)
                made.append(_Timed(word, begins + per_letter * place, begins + per_letter * until, True))
                place = until
        if goes_on and not text[0].isspace():
            last = words.pop()
            made[0] = _Timed(
                last.word + made[0].word, last.start_ms, made[0].end_ms, last.estimated or made[0].estimated
            )
        words += made
        goes_on = not text[-1].isspace()
    return words
