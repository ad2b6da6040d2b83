"""The session of an agent of the OpenAI Agents SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.realtime import RealtimeSession

    from voice_widget.widget.wiring import Wiring


class AgentSession:
    """What of a widget's talk has to do with an agent of the Agents SDK."""

    _wiring: Wiring

    @property
    def agent_session(self) -> RealtimeSession | None:
        """The SDK's live session of the ``RealtimeAgent``; None without a call, or with another agent.

        It runs on a loop of its own. ``send_message``, ``interrupt`` and ``update_agent`` may be awaited
        anywhere; a tool's call is allowed by `approve_tool_call` of the widget.
        """
        agent = self._wiring.talk.agent
        return None if agent is None else agent.session
