"""MCP servers that a session asks for: nobody here calls one, and that is said of each, once."""

from __future__ import annotations

from voice_widget.engine.conversation.actions import Action
from voice_widget.engine.conversation.wire import Wire
from voice_widget.realtime.settings.settings import SessionConfig

_WHY = {"type": "protocol_error", "message": "This server calls no MCP servers."}


class Servers:
    """Those that were asked for.

    Args:
        wire: Makes events.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._told: set[str] = set()

    def unlisted(self, config: SessionConfig) -> list[Action]:
        """That the tools of these servers, if they are new, cannot be listed."""
        out: list[Action] = []
        for tool in config.tools or ():
            server = tool.get("server_label")
            if tool.get("type") != "mcp" or not isinstance(server, str) or server in self._told:
                continue
            self._told.add(server)
            item_id = self._wire.new_id("item")
            item = {"id": item_id, "type": "mcp_list_tools", "server_label": server, "tools": []}
            out += (
                self._wire.send("conversation.item.added", previous_item_id=None, item=dict(item)),
                self._wire.send("mcp_list_tools.in_progress", item_id=item_id),
                self._wire.send("mcp_list_tools.failed", item_id=item_id),
                self._wire.send(
                    "conversation.item.done", previous_item_id=None, item={**item, "error": _WHY}
                ),
            )
        return out
