"""MCP servers of the scripted service: it lists and calls their tools, as far as they stand in the script.

Which events there are and what they hold is documented; no capture says in which order they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.script import McpStep, Script
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event
from voice_widget.services.scripted_line import ScriptedLine
from voice_widget.services.scripted_reply import Reply


class ScriptedMcp(ScriptedLine):
    """What of a scripted session has to do with MCP servers."""

    _config: SessionConfig
    _last_item: str | None
    _asked: dict[str, McpStep]
    _listed: set[str]
    _then: str
    _waits_for_client: bool

    def _put(self, item_id: str) -> None: ...

    def _finish(self, reply: Reply, status: str) -> None: ...

    def _list_servers(self, script: Script) -> None:
        """Say which tools the servers have that were asked for; those of no exchange cannot be reached."""
        known = [exchange.mcp for exchange in script.exchanges if exchange.mcp is not None]
        for tool in self._config.tools or ():
            server = tool.get("server_label")
            if tool.get("type") != "mcp" or not isinstance(server, str) or server in self._listed:
                continue
            self._listed.add(server)
            names = dict.fromkeys(step.name for step in known if step.server == server)
            item: Event = {"id": self._id("item"), "type": "mcp_list_tools", "server_label": server}
            told = [{"name": name, "input_schema": {"type": "object"}} for name in names]
            self._emit(
                "conversation.item.added", item={**item, "tools": []}, previous_item_id=self._last_item
            )
            self._emit("mcp_list_tools.in_progress", item_id=item["id"])
            self._emit(f"mcp_list_tools.{'completed' if names else 'failed'}", item_id=item["id"])
            if not names:
                item["error"] = {"type": "http_error", "message": f"The script has no server {server!r}."}
            self._emit(
                "conversation.item.done", item={**item, "tools": told}, previous_item_id=self._last_item
            )

    def _call_server(self, reply: Reply, step: McpStep) -> None:
        """Within a response: ask for leave, or make the call."""
        item: Event = {"id": reply.item, **_called(step)}
        where = {"response_id": reply.id, "output_index": 0}
        kind = "mcp_approval_request" if step.approval else "mcp_call"
        begun = {**item, "type": kind, "arguments": ""}
        self._emit("response.output_item.added", **where, item=begun)
        self._emit("conversation.item.added", item=begun, previous_item_id=self._last_item)
        part = {**where, "item_id": reply.item}
        self._emit("response.mcp_call_arguments.delta", **part, delta=step.arguments)
        self._emit("response.mcp_call_arguments.done", **part, arguments=step.arguments)
        made = {**item, "type": kind}
        if step.approval:
            self._asked[reply.item] = step
        else:
            self._run(reply.item, step)
            made |= _came(step)
        self._emit("conversation.item.done", item=made, previous_item_id=self._last_item)
        self._emit("response.output_item.done", **where, item=made)
        reply.output = [made]
        self._put(reply.item)
        self._then, self._waits_for_client = reply.text, True
        self._finish(reply, "completed")

    def _on_approval(self, item: Mapping[str, Any]) -> None:
        """Somebody has answered: what was allowed is called, outside of any response."""
        request = str(item.get("approval_request_id"))
        step = self._asked.pop(request, None)
        if step is None or item.get("approve") is not True:
            return
        call: Event = {
            "id": self._id("item"),
            "type": "mcp_call",
            "approval_request_id": request,
            **_called(step),
        }
        self._emit("conversation.item.added", item=call, previous_item_id=self._last_item)
        self._run(call["id"], step)
        self._emit("conversation.item.done", item={**call, **_came(step)}, previous_item_id=self._last_item)

    def _run(self, item_id: str, step: McpStep) -> None:
        where = {"item_id": item_id, "output_index": 0}
        self._emit("response.mcp_call.in_progress", **where)
        self._emit(f"response.mcp_call.{'failed' if step.error else 'completed'}", **where)


def _called(step: McpStep) -> Event:
    return {"server_label": step.server, "name": step.name, "arguments": step.arguments}


def _came(step: McpStep) -> Event:
    if step.error:
        return {"output": None, "error": {"type": "tool_execution_error", "message": step.error}}
    return {"output": step.output, "error": None}
