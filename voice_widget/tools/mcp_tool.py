"""A tool of an MCP server that the kernel calls, as one of the widget's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from voice_widget.tools.mcp_results import tool_name
from voice_widget.tools.schemas import sendable
from voice_widget.tools.tool import NeedsApproval, Tool


class McpServer(Protocol):
    """What a tool has of its server."""

    name: str
    prefix: str
    needs_approval: NeedsApproval
    timeout_s: float | None
    approval_timeout_s: float | None


class McpTool(Tool):
    """One tool of a server: its schema is the server's, which also holds the arguments against it.

    Args:
        server: Whose it is.
        there: Its name at the server.
        function: Calls it.
        description: What it does, in the server's words.
        parameters: The JSON schema of its arguments.

    Attributes:
        server: Whose it is.
        there: Its name at the server.
    """

    def __init__(
        self,
        server: McpServer,
        there: str,
        function: Callable[..., Any],
        description: str,
        parameters: dict[str, Any],
    ) -> None:
        self.server, self.there, self.function = server, there, function
        self.timeout_s, self.cancel_on_interruption = server.timeout_s, False
        self.needs_approval, self.approval_timeout_s = server.needs_approval, server.approval_timeout_s
        self.spec = {"type": "function", "description": description, "parameters": parameters}
        self.call_it(tool_name(there, server.prefix))

    def call_it(self, name: str) -> None:
        """Give it another name, for its own may be taken."""
        self.name = name
        self.spec = sendable({**self.spec, "name": name})
        self.function.__name__ = self.function.__qualname__ = name

    def arguments(self, text: str) -> dict[str, Any]:
        """The arguments that a model sent, as they are.

        Raises:
            ValueError: They are no object.
        """
        try:
            value = json.loads(text or "{}")
        except ValueError as error:
            raise ValueError(f"The arguments are not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ValueError(f"The arguments are a {type(value).__name__}, not an object.")
        return value
