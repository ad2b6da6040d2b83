"""Tables as Arrow's, for polars, DuckDB and whatever reads those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_widget.errors import MissingParts, SettingError, nearest, shown
from voice_widget.tables.schema import SCHEMA_VERSION, TABLES, UTC_TIME, TableName

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install 'voice-widget[data]'"


def to_arrow(table: pd.DataFrame, name: TableName) -> Any:
    """A table as a ``pyarrow.Table``: the schema's types, with its version and units as metadata.

    Args:
        table: The table, with the columns of the schema.
        name: Which one it is.

    Raises:
        MissingParts: pyarrow is not installed.
    """
    pa = arrow()
    return pa.Table.from_pandas(table, schema=arrow_schema(name), preserve_index=False)


def arrow_of(talk: object, table: object) -> Any:
    """A table of what has them all as attributes (``transcript_df`` …), as a ``pyarrow.Table``.

    Raises:
        SettingError: There is no such table.
        MissingParts: pyarrow is not installed.
    """
    name = table_name(table)
    return to_arrow(getattr(talk, f"{name}_df"), name)


def table_name(name: object) -> TableName:
    """The name of a table.

    Raises:
        SettingError: There is no such table.
    """
    known = next((table for table in TABLES if table == name), None)
    if known is None:
        raise SettingError(
            f"There is no table {shown(name)}.",
            next_step=nearest(name, TABLES) or f"There are {', '.join(TABLES)}.",
        )
    return known


def arrow_schema(name: TableName) -> Any:
    """The ``pyarrow.Schema`` of a table.

    Raises:
        MissingParts: pyarrow is not installed.
    """
    pa = arrow()
    kinds = {
        "string": pa.string(),
        "Int64": pa.int64(),
        "Float64": pa.float64(),
        "boolean": pa.bool_(),
        UTC_TIME: pa.timestamp("us", tz="UTC"),
    }
    fields = [
        pa.field(column.name, kinds[column.dtype], metadata={"unit": column.unit} if column.unit else None)
        for column in TABLES[name]
    ]
    about = {"voice_widget.table": name, "voice_widget.schema": str(SCHEMA_VERSION)}
    return pa.schema(fields, metadata=about)


def arrow() -> Any:
    """The module ``pyarrow``.

    Raises:
        MissingParts: It is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise MissingParts(
            "Arrow's tables need pyarrow, which is not installed: it is in the extra `data`.",
            next_step=f"Run: {INSTALL}",
        ) from error
    return pyarrow
