"""Write docs/tables.md from the schema of the tables, so that no column is missing and none is invented.

Usage: python scripts/make_tables_page.py [--check]
"""

from __future__ import annotations

import sys
import textwrap
from functools import partial
from pathlib import Path

from voice_widget.tables.schema import LABELS, SCHEMA_VERSION, TABLES, Column, TableName

TARGET = Path(__file__).resolve().parents[1] / "docs" / "tables.md"

TARGET_WIDTH = 118
TITLE = """\
# Tables

Made by `scripts/make_tables_page.py` from `voice_widget/tables/schema.py`: change that, not this.

"""
HEAD = "| column | type | unit | what it is |\n|---|---|---|---|\n"

INTRODUCTION = f"""\
All that happens in a talk is there as tables, while it goes on and afterwards. They are flat, an empty one
has all its columns, and the dtypes never depend on what is in them: `string`, nullable `Int64`, `Float64` and
`boolean`, and `datetime64[us, UTC]`. What is not known is empty, and never a guess that looks like a
measurement.

This is version {SCHEMA_VERSION} of the schema. Columns may be added to it; one that is renamed or means
something else makes a new version.

Each table is a copy: what you do to it changes nothing else. To ask again when nothing has happened costs
little. As JSON they go by `to_json(date_format="iso", date_unit="us")`: without a format pandas writes
numbers of milliseconds and cuts the rest off. `w.to_arrow("words")` gives a table as Arrow's, with the
version and the units as metadata, which polars and DuckDB read (`pip install 'voice-widget[data]'`).
"""

ABOUT: dict[TableName, tuple[str, str]] = {
    "transcript": (
        "The transcript",
        """
`w.transcript_df` has one row per turn. Rows of both sides may overlap in time: people talk at the same
time, and `overlap_ms` says how long. Times of one call count on its own audio clock, so compare them only
within a `call_id`; `started_at` is comparable everywhere.
""",
    ),
    "events": (
        "Events",
        """
`w.events_df` has every event of the protocol, both ways, and what our own side of the call did; the caller's
audio (`input_audio_buffer.append`), and how likely it is speech (`voice_widget.voice_activity`), are left
out. Of a very long talk the oldest go; then the first row is `voice_widget.events.dropped` and says how many.
""",
    ),
    "tool_calls": ("Tool calls", "`w.tool_calls_df` has one row per function that the model called."),
    "metrics": (
        "What was used, and how long it took",
        """
`w.metrics_df` has one row per response and per transcription. Tokens are the service's own counts, empty
where it says nothing. Its uncached, cached and output tokens add up to its total: nothing is counted twice.

From `end_wait_ms` to `transport_ms` are the stages before an answer is heard, each measured between events
of its own. They may overlap, something may lie between them, and they are not promised to add up: how long
the user waited is `response_gap_ms`. A stage that ends before it was seen to begin took 0 ms; one whose
events did not come is empty, as `transport_ms` is where the sound was heard before the service told of it.

`cost` is there with `VoiceWidget(prices=…)`: for each model, what a million tokens of `input_text`,
`cached_text`, `output_text` and the same of `audio` and `image` cost, or a `minute` of transcribed sound.
`OPENAI_PRICES` has OpenAI's list prices in US dollars of 26 November 2026. What was thought is paid as
text.
""",
    ),
    "words": (
        "Words",
        """
`w.words_df` has one row per word that was spoken; typed turns have none. Of an answer that was cut these
are the words that were heard.
""",
    ),
    "recording": (
        "The recording",
        """
One row per piece of sound or silence, in the order in which they were placed: with the pieces of a side its
timeline is whole, and what was lost, paused or redacted stands there as silence of the same length.
""",
    ),
}

LABELLED = """
`talk.labels_df` has one row per label that was [given by hand](coding.md) to a talk. It is of each talk
apart: no table of what was recorded, neither in Parquet nor in `read_talks`.
"""


def filled(text: str) -> str:
    """Paragraphs with lines of the page's length."""
    fill = partial(textwrap.fill, width=TARGET_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n\n".join(map(fill, text.strip().split("\n\n")))


def row(column: Column) -> str:
    """A line of a table."""
    return f"| `{column.name}` | {column.dtype} | {column.unit} | {column.meaning} |"


def page() -> str:
    """The whole page."""
    parts = [f"{TITLE}{filled(INTRODUCTION)}\n"]
    for name, columns in TABLES.items():
        title, about = ABOUT[name]
        rows = "\n".join(map(row, columns))
        parts.append(f"## {title}\n\n{filled(about)}\n\n{HEAD}{rows}\n")
    rows = "\n".join(map(row, LABELS))
    parts.append(f"## Labels\n\n{filled(LABELLED)}\n\n{HEAD}{rows}\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or with --check say whether it is fresh."""
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page() else 1
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
