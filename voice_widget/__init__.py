"""Talk to a voice agent in a notebook; everything that happens becomes data in the kernel.

Example:
    >>> from voice_widget import VoiceWidget
    >>> w = VoiceWidget(data=df)  # doctest: +SKIP
    >>> w  # press Call and talk  # doctest: +SKIP
    >>> w.transcript_df  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voice_widget.agents import (
        Hints,
        Message,
        Notice,
        Remark,
        Show,
        Thinking,
        ToolCall,
        ToolRun,
        Turn,
        Usage,
    )
    from voice_widget.agents.assistant.notebook import NotebookAssistant
    from voice_widget.agents.chat import Chat
    from voice_widget.agents.wizard import Wizard
    from voice_widget.analysis.comparing import compare
    from voice_widget.errors import (
        AgentError,
        EngineError,
        MissingParts,
        PageError,
        ProtocolError,
        RecordingError,
        ServiceError,
        ServiceRefused,
        ServiceUnavailable,
        SettingError,
        StateError,
        UsageError,
        VoiceWidgetError,
        WaitError,
    )
    from voice_widget.realtime.settings.detection import SemanticVad, ServerVad
    from voice_widget.realtime.settings.parts import Part
    from voice_widget.realtime.settings.settings import Settings
    from voice_widget.recording.many import read_talks
    from voice_widget.recording.talk import Talk, read_talk
    from voice_widget.services.local import Local
    from voice_widget.services.openai import OpenAI
    from voice_widget.services.scripted import ScriptedService
    from voice_widget.tables.budget import Budget, BudgetUse
    from voice_widget.tables.prices import OPENAI_PRICES
    from voice_widget.tools.hosted_mcp import HostedMcp
    from voice_widget.tools.local_mcp import LocalMcp
    from voice_widget.tools.tool import Tool
    from voice_widget.widget.widget import VoiceWidget

__version__ = "0.1.0"
__all__ = [
    "OPENAI_PRICES",
    "AgentError",
    "Budget",
    "BudgetUse",
    "Chat",
    "EngineError",
    "Hints",
    "HostedMcp",
    "Local",
    "LocalMcp",
    "Message",
    "MissingParts",
    "NotebookAssistant",
    "Notice",
    "OpenAI",
    "PageError",
    "Part",
    "ProtocolError",
    "RecordingError",
    "Remark",
    "ScriptedService",
    "SemanticVad",
    "ServerVad",
    "ServiceError",
    "ServiceRefused",
    "ServiceUnavailable",
    "SettingError",
    "Settings",
    "Show",
    "StateError",
    "Talk",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolRun",
    "Turn",
    "Usage",
    "UsageError",
    "VoiceWidget",
    "VoiceWidgetError",
    "WaitError",
    "Wizard",
    "__version__",
    "compare",
    "read_talk",
    "read_talks",
]

_HOMES = {
    "Budget": "tables.budget",
    "BudgetUse": "tables.budget",
    "Chat": "agents.chat",
    "Hints": "agents",
    "HostedMcp": "tools.hosted_mcp",
    "Local": "services.local",
    "LocalMcp": "tools.local_mcp",
    "Message": "agents",
    "NotebookAssistant": "agents.assistant.notebook",
    "Notice": "agents",
    "OpenAI": "services.openai",
    "OPENAI_PRICES": "tables.prices",
    "Part": "realtime.settings.parts",
    "Remark": "agents",
    "ScriptedService": "services.scripted",
    "SemanticVad": "realtime.settings.detection",
    "ServerVad": "realtime.settings.detection",
    "Settings": "realtime.settings.settings",
    "Show": "agents",
    "Talk": "recording.talk",
    "Thinking": "agents",
    "Tool": "tools.tool",
    "ToolCall": "agents",
    "ToolRun": "agents",
    "Turn": "agents",
    "Usage": "agents",
    "VoiceWidget": "widget.widget",
    "Wizard": "agents.wizard",
    "compare": "analysis.comparing",
    "read_talk": "recording.talk",
    "read_talks": "recording.many",
}


def __getattr__(name: str) -> Any:
    # Lazy: the child processes import parts of this package and must not pay for all of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
