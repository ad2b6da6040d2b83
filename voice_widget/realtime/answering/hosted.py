"""Tools of MCP servers that the service calls: what has to be allowed, what came of it, what follows."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.state.changes import AnswerDue, ApprovalWanted, Noticed
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.tool_use import ToolUse
from voice_widget.realtime.wire.problems import call_without_id, tools_unlisted
from voice_widget.realtime.wire.reading import part
from voice_widget.realtime.wire.words import said

Told = Mapping[str, Any]
_REMEMBERED = 256
_SERVERS = 32
_UNSAID = "The MCP server's call failed, and the service does not say why."
_TYPES = ("mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools")


class Hosted:
    """The calls of tools that run at MCP servers, asked by the service.

    A call is known by its item, and by the request that asked for leave to make it. Services tell of one in
    several events and in no certain order: it has ended once its item holds what came of it.

    Args:
        context: The talk.
        wanted: What calls an answer waits for; shared with the functions.
    """

    def __init__(self, context: Context, wanted: set[str]) -> None:
        self._context, self._wanted = context, wanted
        self._uses: OrderedDict[str, ToolUse] = OrderedDict()
        self._within: dict[str, tuple[Answer, int]] = {}  # the call's response, and the turns it had by then
        self._whole: set[str] = set()  # items of calls of which only the outcome is not known yet
        self._outcome: dict[str, bool] = {}  # of calls whose item is not whole: whether all went well
        self._due = ""  # the server whose call was the last that an answer waited for
        self._servers: dict[str, str] = {}  # by the item with its tools
        self._unlisted: dict[str, str] = {}  # why, by the item
        self.handlers = {
            "response.mcp_call_arguments.done": self._arguments,
            "response.mcp_call.in_progress": self._runs,
            "response.mcp_call.completed": self._settled,
            "response.mcp_call.failed": self._settled,
            "mcp_list_tools.failed": self._list_failed,
            "mcp_list_tools.completed": self._listed,
        }

    @staticmethod
    def is_one(item: Told) -> bool:
        """This item is about an MCP server."""
        return item.get("type") in _TYPES

    def item(self, item: Told, answer: Answer | None, *, done: bool) -> None:
        """An item is in the conversation, or in a response.

        Args:
            item: The item.
            answer: The response, if that is known.
            done: It is whole.
        """
        if not self.is_one(item) or (answer is not None and answer.out_of_band):
            return
        item_id = item.get("id") or ""
        if answer is not None and item_id:
            self._within.setdefault(item_id, (answer, len(answer.turns)))
        elif item_id in self._within:
            answer = self._within[item_id][0]
        match item.get("type"):
            case "mcp_list_tools":
                self._lists(item)
            case "mcp_approval_request" if done:
                self._asks(item, answer)
            case "mcp_approval_response":
                self._decided_elsewhere(item)
            case "mcp_call":
                self._calls(item, answer, done=done)

    def settle(self, answer: Answer) -> None:
        """A response is over. Where words of its own follow the last call in it, that was the answer."""
        inside = [turns for owner, turns in self._within.values() if owner is answer]
        if not inside:
            return
        if len(answer.turns) > max(inside):
            self._due = ""
        elif self._due:
            answer.calls = max(answer.calls, 1)

    def drop(self, answer: Answer) -> None:
        """A response was cut: nobody asks for what would have followed."""
        if any(owner is answer for owner, _ in self._within.values()):
            self._due = ""

    @property
    def due(self) -> bool:
        """The last that was waited for came of an MCP server, and nobody was asked to answer yet."""
        return self._due != ""

    def follow(self) -> None:
        """Nothing is waited for any more: if an answer is due, it is to be asked for."""
        server, self._due = self._due, ""
        if server:
            self._context.changes.append(AnswerDue(server))

    def ended_here(self, number: int) -> None:
        """What somebody did not allow is over."""
        use = next((use for use in self._uses.values() if use.number == number), None)
        if use is not None:
            self._over(use, None)

    def close(self) -> None:
        """The call is over. Another session has ids and servers of its own."""
        self._uses.clear()
        self._within.clear()
        self._whole.clear()
        self._outcome.clear()
        self._servers.clear()
        self._due = ""
        self._tell_unlisted({})

    # --- calls ---

    def _asks(self, item: Told, answer: Answer | None) -> None:
        request = item.get("id") or ""
        if request in self._uses:
            return
        if not request:
            if answer is not None and answer.unanswered is None:
                answer.unanswered = call_without_id(item.get("name"))
                self._context.problem(answer.unanswered)
            return
        use = self._use(request, item, answer)
        self._want(use, answer)
        wanted = ApprovalWanted(request, use.server or "", use.name, use.response_id, use.number)
        self._context.changes.append(wanted)

    def _calls(self, item: Told, answer: Answer | None, *, done: bool) -> None:
        item_id, request = item.get("id") or "", item.get("approval_request_id") or ""
        use = self._uses.get(item_id) or self._uses.get(request)
        if use is None:
            if not item_id:
                return
            use = self._use(item_id, item, answer)
            self._want(use, answer)
        elif item_id not in self._uses:
            self._know(item_id, use)
            if answer is not None and not answer.done:  # what was allowed is called in another response
                answer.calls += 1
        self._context.uses.told(use.number, item.get("arguments"))
        self._context.uses.started(use.number, self._context.at)
        if not done:
            return
        output, error = item.get("output"), self._error(item)
        if isinstance(output, str) or error:
            self._over(use, item_id, output if isinstance(output, str) else None, error)
        elif item_id in self._outcome or item.get("status") in ("completed", "failed", "incomplete"):
            well = self._outcome.pop(item_id, item.get("status") == "completed")
            self._over(use, item_id, "", None if well else _UNSAID)
        else:
            self._whole.add(item_id)

    def _arguments(self, event: Told) -> None:
        use = self._uses.get(event.get("item_id") or "")
        if use is not None:
            self._context.uses.told(use.number, event.get("arguments"))

    def _runs(self, event: Told) -> None:
        use = self._uses.get(event.get("item_id") or "")
        if use is not None:
            self._context.uses.started(use.number, self._context.at)

    def _settled(self, event: Told) -> None:
        item_id, well = event.get("item_id") or "", event["type"].endswith("completed")
        use = self._uses.get(item_id)
        if use is not None and item_id in self._whole:
            self._over(use, item_id, "", None if well else _UNSAID)
        elif use is not None:
            self._outcome[item_id] = well

    def _decided_elsewhere(self, item: Told) -> None:
        """Another client has answered; the echo of what we said ourselves changes nothing."""
        use = self._uses.get(item.get("approval_request_id") or "")
        if use is None or not isinstance(allowed := item.get("approve"), bool):
            return
        reason = item.get("reason")
        reason = reason if isinstance(reason, str) else None
        known = not self._context.uses.decided_elsewhere(use.number, self._context.at, allowed, reason)
        if not (known or allowed):
            self._over(use, None)

    def _over(
        self, use: ToolUse, item_id: str | None, output: str | None = None, error: str | None = None
    ) -> None:
        """What came of a call is known, or it was not allowed (then without an item)."""
        context = self._context
        if item_id is not None:
            self._whole.discard(item_id)
            self._outcome.pop(item_id, None)
            told = json.dumps({"error": error}, ensure_ascii=False) if error and not output else output or ""
            context.uses.gave(use.number, told, context.rows.last)
            context.uses.ended(use.number, context.at, "failed" if error else "completed", error, None)
        within = self._within.get(item_id or "")
        answer = None if within is None or within[0].done else within[0]
        if answer is not None:
            answer.calls -= 1  # what it says from now on is no word beside a call
        if use.tool_call_id not in self._wanted:
            return
        self._wanted.discard(use.tool_call_id)
        if self._wanted:
            return
        self._due = use.server or ""
        if answer is None:
            context.fire(context.work, "tools answered")
            self.follow()

    def _use(self, tool_call_id: str, item: Told, answer: Answer | None) -> ToolUse:
        call, behind = self._context.call, self._context.rows.last
        use = ToolUse(
            tool_call_id,
            item.get("name") or "unknown",
            item.get("arguments") or "{}",
            "" if answer is None or answer.done else answer.response_id,
            item.get("id") or "",
            call.call_id,
            behind,
            call.heard,
            server=item.get("server_label") or "unknown",
            question=self._context.asked.of("" if answer is None else answer.response_id),
        )
        self._context.uses.called(use)
        self._know(tool_call_id, use)
        return use

    def _know(self, name: str, use: ToolUse) -> None:
        self._uses[name] = use
        if len(self._uses) > _REMEMBERED:
            gone, _ = self._uses.popitem(last=False)
            self._within.pop(gone, None)

    def _want(self, use: ToolUse, answer: Answer | None) -> None:
        self._wanted.add(use.tool_call_id)
        if answer is not None and not answer.done:
            answer.calls += 1
            answer.called.add(use.tool_call_id)
            for turn in answer.turns:
                turn.goes_on = True
        elif self._context.work.state in ("none", "awaited"):
            # Said when the response had ended, or of none: it goes on all the same.
            self._context.fire(self._context.work, "response")
            self._context.fire(self._context.work, "done, tools wanted")

    # --- lists ---

    def _lists(self, item: Told) -> None:
        item_id, server = item.get("id") or "", item.get("server_label") or "unknown"
        self._servers[item_id] = server
        if len(self._servers) > _REMEMBERED:
            del self._servers[next(iter(self._servers))]
        error = self._error(item)
        if error or item_id in self._unlisted:
            self._tell_unlisted({**self._unlisted, item_id: error or self._unlisted.get(item_id, "")})

    def _list_failed(self, event: Told) -> None:
        item_id = event.get("item_id") or ""
        self._tell_unlisted({item_id: "", **self._unlisted})

    def _listed(self, event: Told) -> None:
        """A server's tools are known, maybe after a try that failed."""
        server = self._servers.get(event.get("item_id") or "")
        same = {name for name, known in self._servers.items() if known == server}
        self._tell_unlisted({name: why for name, why in self._unlisted.items() if name not in same})

    def _tell_unlisted(self, now: dict[str, str]) -> None:
        before, self._unlisted = self._unlisted, dict(list(now.items())[-_SERVERS:])
        if self._unlisted != before:
            whose = {self._servers.get(item_id, "unknown"): why for item_id, why in self._unlisted.items()}
            self._context.changes.append(Noticed(tools_unlisted(whose) if whose else None, "tools"))

    @staticmethod
    def _error(item: Told) -> str | None:
        error = part(item, "error")
        words = said(error)
        kind = error.get("type") or error.get("code")
        return ": ".join(str(piece) for piece in (kind, words) if piece) or None
