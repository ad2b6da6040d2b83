"""Many recorded talks as one table, of which only that is read which a question needs."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from voice_widget.errors import RecordingError, SettingError, nearest, shown
from voice_widget.recording import parquet
from voice_widget.recording.folder import goes_with, temporary
from voice_widget.recording.stores import Store, missing
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.tables.arrow import arrow, arrow_schema, table_name, to_arrow
from voice_widget.tables.schema import TABLES, TableName

if TYPE_CHECKING:
    import pandas as pd

Engine = Literal["duckdb", "arrow"]
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
_TOLD = 3


def read_talks(paths: Paths, *, engine: Engine = "duckdb") -> Talks:
    """Many recorded talks, to be asked as one.

    Only what they say of themselves is read here. What cannot be read is left out: a warning names it, and
    so does `Talks.problems`.

    Args:
        paths: Folders of talks, or patterns of them such as ``"runs/*"``; also those that fsspec knows
            (``"s3://bucket/runs/*"``).
        engine: Who reads the tables: ``"duckdb"`` or ``"arrow"``.

    Raises:
        MissingParts: pyarrow, DuckDB or fsspec is not installed; they are in the extra ``data``.
        RecordingError: There is no talk (``no_talks``).
        SettingError: There is no such engine, or what is given is no path, or none that fsspec knows.

    Example:
        >>> talks = read_talks("runs/*")  # doctest: +SKIP
        >>> talks.sql("SELECT talk, median(response_gap_ms) FROM transcript GROUP BY talk")  # doctest: +SKIP
    """
    engines = get_args(Engine)
    if engine not in engines:
        raise SettingError(
            f"{shown(engine)} does not read tables.", next_step=nearest(engine, engines) or "Ask for duckdb."
        )
    arrow()
    if engine == "duckdb":
        _duckdb()
    given = [_pattern(path) for path in _several(paths)]
    return Talks([Store(path) for path in given], engine, given)


class Talks:
    """Many recorded talks as one table each, with the columns of one talk's, and ``talk``: its folder.

    ``transcript``, ``events``, ``tool_calls``, ``metrics``, ``words`` and ``recording`` are DuckDB relations
    or Arrow datasets, as the engine is: nothing is read before they are asked, and never more than is asked
    for. Parquet is read where it lies. Of talks without it (saved without pyarrow, running, killed) a table
    is made once, in a temporary folder that goes with this object. Rows come in no order.

    Attributes:
        folders: The talks, as the column ``talk`` names them.
        problems: By folder, why a talk is left out.
    """

    def __init__(self, stores: Sequence[Store], engine: Engine, given: Sequence[str]) -> None:
        self.folders: list[str] = []
        self.problems: dict[str, RecordingError] = {}
        self._engine = engine
        self._homes: dict[str, tuple[Store, str]] = {}
        self._made: dict[TableName, Any] = {}
        self._unread: set[str] = set()  # Parquet files that are broken inside: nobody knows before it is read
        self._own: Path | None = None
        self._duckdb: Any = None
        self._registered: set[TableName] = set()
        places = set[str]()  # by whatever path it was given, a talk is there once
        for store in stores:
            for folder, why in store.talks():
                name, place = store.name(folder), store.place(folder)
                if why is not None:
                    self.problems[name] = why
                elif place not in places:
                    places.add(place)
                    self._homes[name] = store, folder
        self.folders = sorted(self._homes)
        self._warn(self.problems)
        if not self.folders:
            why = next(iter(self.problems.values()), None)
            because = "." if why is None else f": {why.message}"
            where = f"in {', '.join(given)}" if given else "in no folder at all"
            raise RecordingError(
                f"There is no recorded talk {where}{because}",
                code="no_talks",
                next_step='Give the folders of talks, or a pattern of them, such as "runs/*".',
            )

    def __len__(self) -> int:
        return len(self.folders)

    def __iter__(self) -> Iterator[Talk]:
        """Each talk, read where it is asked for: one of a bucket is here until the next one is.

        What cannot be read is left out; a warning names it.
        """
        for name in self.folders:
            store, folder = self._homes[name]
            with store.here(folder, whole=True) as place:
                try:
                    talk = read_talk(place)
                except RecordingError as error:
                    self.problems[name] = error
                    self._warn({name: error})
                    continue
                yield talk

    def __repr__(self) -> str:
        left = f", {len(self.problems)} left out" if self.problems else ""
        return f"<{len(self)} talks by {self._engine}{left}: {self.folders[0]} …>"

    @property
    def transcript(self) -> Any:
        """One row per turn."""
        return self.table("transcript")

    @property
    def events(self) -> Any:
        """Every event, both ways."""
        return self.table("events")

    @property
    def tool_calls(self) -> Any:
        """One row per function call."""
        return self.table("tool_calls")

    @property
    def metrics(self) -> Any:
        """What responses and transcriptions used, and how long they took."""
        return self.table("metrics")

    @property
    def words(self) -> Any:
        """One row per word that was spoken."""
        return self.table("words")

    @property
    def recording(self) -> Any:
        """One row per stretch of sound or silence of each side."""
        return self.table("recording")

    def table(self, name: TableName) -> Any:
        """A table by its name."""
        dataset = self._dataset(name)
        if self._engine == "arrow":
            return dataset
        self._register([name])
        return self._connection.table(name)

    def sql(self, query: str) -> Any:
        """What a query gives, as a DuckDB relation; the tables go by their names.

        Raises:
            MissingParts: DuckDB is not installed; it is in the extra ``data``.
        """
        self._register([name for name in TABLES if re.search(rf"\b{name}\b", query, re.IGNORECASE)])
        return self._connection.sql(query)

    def df(self, name: TableName = "transcript") -> pd.DataFrame:
        """All of a table in memory, with the dtypes of one talk's.

        Of a talk whose Parquet file is broken inside it is made anew, here and in what is asked after that.
        """
        try:
            table = self._dataset(name).to_table()
        except (arrow().ArrowException, OSError):
            self._mend(name)
            table = self._dataset(name).to_table()
        return parquet.to_frame(table, name, {"talk": arrow().string()})

    # --- how they are read ---

    @property
    def _connection(self) -> Any:
        if self._duckdb is None:
            self._duckdb = _duckdb().connect()
        return self._duckdb

    def _register(self, names: Iterable[TableName]) -> None:
        for name in names:
            if name not in self._registered:
                self._connection.register(name, self._dataset(name))
                self._registered.add(name)

    def _dataset(self, name: TableName) -> Any:
        name = table_name(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: TableName) -> Any:
        from pyarrow import dataset, fs

        form, fragments = dataset.ParquetFileFormat(), []
        without: list[str] = []
        for store, talks in self._by_store():
            paths = [f"{self._homes[talk][1]}/{name}.parquet" for talk in talks]
            for talk, path, whole in zip(talks, paths, store.whole(paths), strict=True):
                if whole and path not in self._unread:
                    fragments.append(form.make_fragment(path, store.arrow, dataset.field("talk") == talk))
                else:
                    without.append(talk)
        if without:
            fragments.append(form.make_fragment(str(self._convert(name, without)), fs.LocalFileSystem()))
        return dataset.FileSystemDataset(fragments, _schema(name), form)

    def _mend(self, name: TableName) -> None:
        for fragment in self._made.pop(name).get_fragments():
            try:
                fragment.to_table(schema=_schema(name))
            except (arrow().ArrowException, OSError):
                self._unread.add(fragment.path)
        self._registered.discard(name)

    def _by_store(self) -> Iterable[tuple[Store, list[str]]]:
        stores: dict[Store, list[str]] = {}
        for talk in self.folders:
            stores.setdefault(self._homes[talk][0], []).append(talk)
        return stores.items()

    def _convert(self, name: TableName, talks: Sequence[str]) -> Path:
        """The table of talks without Parquet in one file, one talk after the other."""
        from pyarrow.parquet import ParquetWriter

        if self._own is None:
            self._own = temporary()
            goes_with(self, self._own)
        path, schema = self._own / f"{name}.parquet", _schema(name)
        broken: dict[str, RecordingError] = {}
        with ParquetWriter(path, schema, compression=parquet.COMPRESSION) as file:
            for talk in talks:
                store, folder = self._homes[talk]
                try:
                    with store.here(folder, sound=name == "transcript") as place:
                        made = to_arrow(getattr(read_talk(place), f"{name}_df"), name)
                except RecordingError as error:
                    broken[talk] = error
                except OSError as error:
                    broken[talk] = _broken(str(error))
                else:
                    whose = arrow().array([talk] * len(made), arrow().string())
                    file.write_table(made.add_column(0, "talk", whose).cast(schema))
        self._warn(broken)
        self.problems |= broken
        return path

    def _warn(self, broken: Mapping[str, RecordingError]) -> None:
        if not broken:
            return
        named = [f"{talk}: {why.message}" for talk, why in list(broken.items())[:_TOLD]]
        named += [f"and {len(broken) - _TOLD} more, in `problems`"] if len(broken) > _TOLD else []
        text = f"{len(broken)} of {len(self._homes) + len(self.problems)} talks are left out. "
        warnings.warn(text + "\n".join(named), stacklevel=_outside())


def _several(paths: Any) -> list[Any]:
    if isinstance(paths, str | os.PathLike):
        return [paths]
    try:
        return list(paths)
    except Exception:  # it may be any object, and its iterator the user's code
        raise _no_path(paths) from None


def _pattern(path: Any) -> str:
    """A folder, or a pattern of folders, as it was given: there may be a place of fsspec in it."""
    with contextlib.suppress(Exception):
        told = os.fspath(path)
        if isinstance(told, str) and told and "\0" not in told:
            return str.__str__(told)
    raise _no_path(path)


def _no_path(given: object) -> SettingError:
    return SettingError(
        f"Talks lie in folders, and {shown(given)} names none.",
        next_step='Give the folders of talks, or a pattern of them, such as "runs/*".',
    )


def _schema(name: TableName) -> Any:
    return arrow().schema([("talk", arrow().string()), *arrow_schema(name)])


def _broken(why: str) -> RecordingError:
    return RecordingError(f"{why}.", code="half_written", next_step="Look for another copy of it.")


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise missing("DuckDB", error) from None
    return duckdb


def _outside() -> int:
    """How many calls up the one is who is not in here."""
    import inspect

    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_code.co_filename == __file__:
        frame, level = frame.f_back, level + 1
    return level
