"""Tables as Parquet, with the version of their schema, and back again with the very same dtypes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voice_widget.errors import MissingParts
from voice_widget.tables.arrow import arrow, arrow_schema, to_arrow
from voice_widget.tables.schema import TableName

if TYPE_CHECKING:
    import pandas as pd

COMPRESSION = "zstd"


def installed() -> bool:
    """Whether tables can be written so."""
    try:
        arrow()
    except MissingParts:
        return False
    return True


def write(table: pd.DataFrame, name: TableName, path: str | os.PathLike[str]) -> None:
    """Write a table.

    Args:
        table: The table, with the columns of the schema.
        name: Which one it is.
        path: The file.

    Raises:
        MissingParts: pyarrow is not installed; it is in the extra ``data``.
    """
    made = to_arrow(table, name)
    from pyarrow import parquet

    parquet.write_table(made, os.fspath(path), compression=COMPRESSION)


def rows(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The rows of a file; none if it cannot be read, or if pyarrow is not installed."""
    if not installed():
        return []
    from pyarrow import parquet

    try:
        found: list[dict[str, Any]] = parquet.ParquetFile(os.fspath(path)).read().to_pylist()
    except (arrow().ArrowException, OSError):
        return []
    return found


def to_frame(table: Any, name: TableName, more: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """A ``pyarrow.Table`` as the data frame that it was: the same values and dtypes, bit for bit.

    A column that was not there yet when it was written is empty.

    Args:
        table: The table.
        name: Which one it is.
        more: Other columns, which stand before its own, and their types.
    """
    import pandas as pd

    pa = arrow()
    schema = pa.schema([*(more or {}).items(), *arrow_schema(name)])
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    known = {
        pa.string(): pd.StringDtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    made: pd.DataFrame = pa.table(columns, schema=schema).to_pandas(
        types_mapper=known.get, ignore_metadata=True
    )
    return made
