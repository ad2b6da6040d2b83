"""The words of a talk with their times, and who tells these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from voice_widget.realtime.state.records import Row
from voice_widget.tables.columns import framed
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


class Words(NamedTuple):
    """The words of one turn, as columns."""

    words: Sequence[str]
    starts: Sequence[int | None]
    ends: Sequence[int | None]
    sources: Sequence[str | None]


class WordsTable:
    """The words of a talk's rows; a row is read once, however often the table is made."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Row, int, Words]] = {}

    def frame(self, rows: Iterable[Row], pieces: Mapping[str, Sequence[Piece]]) -> pd.DataFrame:
        """One row per word, in order."""
        import numpy as np
        import pandas as pd

        read: dict[str, tuple[Row, int, Words]] = {}
        for row in rows:
            told = pieces.get(row["item_id"], ())
            known = self._read.get(row["item_id"])
            if known is None or known[0] is not row or known[1] != len(told):
                known = row, len(told), words_of(row, told)
            read[row["item_id"]] = known
        self._read = read
        spoken = sorted(read.values(), key=lambda one: one[0]["seq"])
        counts = np.array([len(words.words) for _, _, words in spoken], dtype=np.int64)
        of_rows = (
            pd.array([row["seq"] for row, _, _ in spoken], dtype="Int64"),
            pd.array([row["item_id"] for row, _, _ in spoken], dtype="string"),
            pd.array([row["role"] for row, _, _ in spoken], dtype="string"),
        )
        of_words = (
            list(chain.from_iterable(words[part] for _, _, words in spoken))
            for part in range(len(Words._fields))
        )
        return framed([*(values.repeat(counts) for values in of_rows), *of_words], dtypes("words"))


def words_frame(rows: Iterable[Row], pieces: Mapping[str, Sequence[Piece]] | None = None) -> pd.DataFrame:
    """One row per word that was spoken, in order.

    Args:
        rows: The rows of the transcript.
        pieces: Of answers, by ``item_id``: their text with the times that a voice tells.
    """
    return WordsTable().frame(rows, pieces or {})


def words_of(row: Row, pieces: Sequence[Piece] = ()) -> Words:
    """The words of one turn that were heard, with their times as far as these can be known.

    Example:
        >>> row = {"role": "user", "text": "How many?", "text_heard": None, "source": "speech", "model": None}
        >>> words_of(row | {"start_ms": 0, "end_ms": 900}).ends
        [300, 900]
    """
    said = [] if row["source"] == "typed" else heard(row).split()
    start, end = row["start_ms"], row["end_ms"]
    if start is None or not said:
        return Words(said, *([None] * len(said) for _ in range(3)))
    timed = _timed(pieces)
    if timed and [one.word for one in timed[: len(said)]] == said:
        source = "engine" if row["model"] == ENGINE else "service"
        latest = float("inf") if end is None else end
        timed = timed[: len(said)]
        return Words(
            said,
            [min(round(start + one.start_ms), latest) for one in timed],  # type: ignore[misc]
            [min(round(start + one.end_ms), latest) for one in timed],  # type: ignore[misc]
            ["estimated" if one.estimated else source for one in timed],
        )
    if end is None:
        return Words(said, *([None] * len(said) for _ in range(3)))
    # A word takes its share of the text, the space before it included.
    reach, reached = 0, []
    for word in said:
        reach += len(word) + (reach > 0)
        reached.append(reach)
    ends = [start + round((end - start) * upto / reach) for upto in reached]
    return Words(said, [start, *ends[:-1]], ends, ["estimated"] * len(said))


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
