"""An MCP server over standard input and output, as people write them; run as a program by the tests."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Image

server = MCPServer("tides")


@server.tool()
def high_water(port: str) -> str:
    """When the tide is high."""
    return f"In {port} at 14:10."


@server.tool()
def gauge(metres: int = 3) -> dict[str, Any]:
    """How high it is."""
    return {"metres": metres}


@server.tool(structured_output=False)
def chart() -> list[Any]:
    """A picture of it, with a word about it."""
    return ["The chart.", Image(data=b"\x89PNG\r\n", format="png")]


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("no tide")


@server.tool()
def hang() -> str:
    """Hang."""
    time.sleep(60)
    return ""


@server.tool()
def die() -> str:
    """End the program."""
    print("The sea took me.", file=sys.stderr, flush=True)
    os._exit(3)


@server.prompt()
def pilot(port: str) -> str:
    """Who answers."""
    return f"You are the pilot of {port}."


if __name__ == "__main__":
    server.run()
