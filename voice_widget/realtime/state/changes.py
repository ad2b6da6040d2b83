"""What an event meant: the values that `Session.apply` returns, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.state.records import Row, Side, ToolRow

StateName = Literal[
    "connection_state",
    "activity",
    "user_speaking",
    "assistant_speaking",
    "voice",
    "turn_detection",
    "reconnect_attempts",
    "error",
    "call_id",
    "wizard",
]


@dataclass(frozen=True)
class StateChanged:
    """A state has a new value. ``error`` is an `ErrorInfo`, or None once it is over."""

    name: StateName
    value: Any


@dataclass(frozen=True)
class RowChanged:
    """A row was made, or something in it other than streaming text changed. ``row`` is a copy."""

    row: Row


@dataclass(frozen=True)
class RowText:
    """The text of a row goes on: ``delta`` is appended, ``text`` replaces all of it (a partial).

    The times say when, within the item's audio, the words of ``delta`` are spoken; ``estimated``: they are
    guesses.
    """

    item_id: str
    delta: str | None = None
    text: str | None = None
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None
    estimated: bool | None = None


@dataclass(frozen=True)
class TurnFinished:
    """Nothing but late text can change this row any more. Comes once per row.

    Attributes:
        row: A copy.
        goes_on: It was said beside a tool's call: the answer is still to come.
    """

    row: Row
    goes_on: bool = False


@dataclass(frozen=True)
class SpeakingChanged:
    """A side has begun to speak, or ended.

    Attributes:
        side: Which.
        speaking: It has begun.
        at_ms: When, on the clock of the rows' times; None: unknown.
        at: When, in seconds since the epoch; where nobody has counted, when it was told.
    """

    side: Side
    speaking: bool
    at_ms: int | None
    at: float


@dataclass(frozen=True)
class Redacted:
    """Nobody is to know any more what was said in this row."""

    item_id: str


@dataclass(frozen=True)
class ToolCallReady:
    """Run this tool. ``arguments`` is the JSON text as the model wrote it. Comes once per ``call_id``.

    ``number`` is its place among all calls of the talk: sessions may give the same ids.
    """

    call_id: str
    name: str
    arguments: str
    response_id: str
    item_id: str
    number: int = 0


@dataclass(frozen=True)
class ApprovalWanted:
    """The service asks for leave to call a tool of an MCP server. Comes once per request.

    Attributes:
        request_id: The request's item.
        server: The server's label.
        name: The tool.
        response_id: The response that asks; empty: none, or one that is over.
        number: Its place among all calls of the talk.
    """

    request_id: str
    server: str
    name: str
    response_id: str
    number: int


@dataclass(frozen=True)
class AnswerDue:
    """A tool of this MCP server has given something: the service is to answer, if it does not by itself."""

    server: str


@dataclass(frozen=True)
class ToolChanged:
    """A function was called, or something of its call has changed. ``row`` is a copy."""

    row: ToolRow


@dataclass(frozen=True)
class ToolsUnwanted:
    """Nobody wants an answer any more from what the tools that run now give."""


@dataclass(frozen=True)
class ToolsTalkedOver:
    """The user says something while these tools are waited for. Comes once for each ``number``."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class ReplyRequested:
    """The engine asks the kernel's agent. The same request comes again when the socket was replaced.

    ``input`` stands in for the conversation, if there is one.
    """

    response_id: str
    item_id: str
    instructions: str
    tools: Sequence[Mapping[str, Any]]
    tool_choice: Any = "auto"
    input: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class ReplyCancelled:
    """Nobody waits for this reply any more: stop the agent."""

    response_id: str


@dataclass(frozen=True)
class ResponseDone:
    """A response has ended (its sound may go on).

    ``error`` is set when it failed, or when what it asked for is not done.
    """

    response_id: str
    status: str
    usage: Mapping[str, Any] | None = None
    error: ErrorInfo | None = None
    out_of_band: bool = False


@dataclass(frozen=True)
class Used:
    """What a response or a transcription has used, as the service counts it. Comes once for each.

    Attributes:
        kind: What it was for.
        response_id: The response; None for a transcription.
        item_id: The turn: the response's first, or the one that was transcribed.
        call_id: The call.
        status: How it ended.
        model: The model that did it, as far as the service says so.
        started_at: When the response began, in seconds since the epoch, if that was seen.
        arrived_at: When it was over.
        usage: The protocol's object; None where the service counts nothing.
        stop_reason: Why a response ended before it was whole, in the service's word.
        error: Why a response failed or came to nothing, and what to do about it.
    """

    kind: Literal["response", "transcription"]
    response_id: str | None
    item_id: str | None
    call_id: str | None
    status: str
    model: str | None
    started_at: float | None
    arrived_at: float
    usage: Mapping[str, Any] | None = None
    stop_reason: str | None = None
    error: ErrorInfo | None = None


@dataclass(frozen=True)
class Problem:
    """A fault worth showing."""

    error: ErrorInfo


@dataclass(frozen=True)
class Noticed:
    """Something that is worth knowing and no failure; None: nothing any more.

    It is about the last answer, the texts of what the user says, how late these come, an echo of answers, or
    the tools of MCP servers.
    """

    notice: ErrorInfo | None
    about: Literal["answer", "transcription", "lag", "echo", "tools"] = "answer"


Change = (
    StateChanged
    | RowChanged
    | RowText
    | TurnFinished
    | SpeakingChanged
    | Redacted
    | ToolCallReady
    | ApprovalWanted
    | AnswerDue
    | ToolChanged
    | ToolsUnwanted
    | ToolsTalkedOver
    | ReplyRequested
    | ReplyCancelled
    | ResponseDone
    | Used
    | Problem
    | Noticed
)
