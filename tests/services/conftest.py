from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.bad_server import BadServer, bad_server


@pytest_asyncio.fixture
async def bad() -> AsyncIterator[BadServer]:
    async with bad_server() as server:
        yield server
