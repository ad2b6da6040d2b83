"""One server for all stock clients."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.stock.serving import Served, serve

# Their client of agents would send its traces to its maker.
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with serve("--stt", "pocketsphinx", "--tts", "espeak") as server:
        yield server
