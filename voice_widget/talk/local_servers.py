"""The MCP servers that the kernel calls for a talk: started with it, and let go of with it."""

from __future__ import annotations

import asyncio

from voice_widget.errors import ErrorInfo, VoiceWidgetError
from voice_widget.services import users
from voice_widget.talk.journal import Journal
from voice_widget.talk.preparation import Preparation
from voice_widget.talk.updates import Updates
from voice_widget.threads.work import log_failure, told
from voice_widget.tools.local_mcp import LocalMcp
from voice_widget.tools.mcp_tool import McpTool
from voice_widget.tools.tools import Tools

READY_S = 10.0
"""So long a call waits for its servers; what they offer later is offered later."""


class LocalServers:
    """Starts the servers and offers their tools; one that cannot costs its tools alone. On the loop thread.

    Each server ends with the last talk that holds it.

    Args:
        tools: Where their tools are found from then on.
        ready: They are started beside the service.
        updates: Bring their tools into force.
        journal: What goes wrong is a notice there.
    """

    def __init__(self, tools: Tools, ready: Preparation, updates: Updates, journal: Journal) -> None:
        self._tools, self._updates, self._journal = tools, updates, journal
        self._starting: dict[LocalMcp, asyncio.Task[None]] = {}
        self._failed: dict[str, VoiceWidgetError] = {}
        self._held = list(tools.servers)
        for server in self._held:
            users.hold(server)
        ready.beside = self.start

    async def start(self) -> None:
        """Start those that were not, or could not be; quick once they run."""
        for server in self._held:
            known = self._starting.get(server)
            if known is None or (known.done() and server.name in self._failed):
                self._starting[server] = asyncio.create_task(self._start(server))
        if self._starting:
            await asyncio.wait(self._starting.values(), timeout=READY_S)

    async def close(self) -> None:
        """Let them go."""
        for task in self._starting.values():
            task.cancel()
        held, self._held = self._held, []
        ending = [asyncio.wrap_future(server.stop()) for server in held if users.let_go(server)]
        await asyncio.gather(*ending, return_exceptions=True)

    async def _start(self, server: LocalMcp) -> None:
        try:
            tools: list[McpTool] = await asyncio.wrap_future(server.tools())
            self._tools.serve(tools)
            await self._updates.offer_all()
            if self._failed.pop(server.name, None) is not None:
                self._tell()
        except VoiceWidgetError as error:
            self._failed[server.name] = error
            self._tell()
        except Exception as error:
            log_failure("A mistake of this package.", error)
            self._failed[server.name] = VoiceWidgetError(told(error), code="mcp_failed")
            self._tell()

    def _tell(self) -> None:
        errors = list(self._failed.values())
        if not errors:
            self._journal.notices.put("servers", None)
            return
        notice: ErrorInfo = {
            "code": errors[0].code,
            "message": " ".join(error.message for error in errors),
            "next_step": errors[0].next_step,
        }
        self._journal.notices.put("servers", notice)
