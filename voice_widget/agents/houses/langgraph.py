"""A graph of LangGraph, compiled; also what LangChain's ``create_agent`` makes."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from voice_widget.agents import Piece, Thinking, ToolRun, Turn, Usage
from voice_widget.agents.houses.asking import history, instructions, unoffered
from voice_widget.agents.houses.refusals import in_words
from voice_widget.errors import AgentError

NAME = "the LangGraph graph"


class LangGraph:
    """Answers by a graph whose state has ``messages``; what its models write is spoken word by word.

    The graph gets what was heard as messages, each time in a thread of its own, so that a checkpointer keeps
    nothing that nobody heard. What a model writes under the tag ``nostream`` is not spoken.

    Args:
        graph: The compiled graph.
        config: What its runs are given besides. With a ``thread_id`` in ``configurable`` the graph remembers
            by itself, and gets the question alone.
        nodes: Only these nodes are heard; None: all.
        state: Makes the graph's input of a turn; None: its messages.
    """

    def __init__(
        self,
        graph: Any,
        *,
        config: Mapping[str, Any] | None = None,
        nodes: Collection[str] | None = None,
        state: Callable[[Turn], Any] | None = None,
    ) -> None:
        self._graph, self._nodes, self._state = graph, nodes, state
        self._config = dict(config or {})

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        """Stream the answer to a turn.

        Raises:
            AgentError: The model refuses, or the graph waits for a person.
        """
        for notice in unoffered(turn, NAME):
            yield notice
        with in_words(NAME):
            async with aclosing(self._run(turn)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _run(self, turn: Turn) -> Any:
        own = self._config.get("configurable") or {}
        config = {**self._config, "configurable": {"thread_id": f"voice_{uuid.uuid4().hex}", **own}}
        told = self._told(turn, remembers="thread_id" in own)
        given = told if self._state is None else self._state(turn)
        reading = _Reading({message["id"] for message in told["messages"]}, self._nodes)
        async for mode, news in self._graph.astream(given, config, stream_mode=["messages", "updates"]):
            for piece in reading.chunk(*news) if mode == "messages" else reading.update(news):
                yield piece
            yield Thinking()  # a node may give nothing to tell
        yield reading.usage

    def _told(self, turn: Turn, *, remembers: bool) -> dict[str, list[dict[str, str]]]:
        said = [("user", turn.text)]
        if not remembers:
            said = [("system", instructions(turn)), *history(turn), *said]
        names = f"voice_{uuid.uuid4().hex}"
        return {
            "messages": [
                {"role": role, "content": text, "id": f"{names}_{number}"}
                for number, (role, text) in enumerate(said)
                if text
            ]
        }


class _Reading:
    """What a run of a graph says: chunks while its models write, and messages once a node is done."""

    def __init__(self, known: set[str], nodes: Collection[str] | None) -> None:
        self._known, self._nodes = known, nodes
        self._used: dict[str, tuple[int, ...]] = {}  # by message
        self._called: set[str] = set()

    @property
    def usage(self) -> Usage:
        """What its models used."""
        return Usage(*map(sum, zip((0, 0, 0, 0), *self._used.values(), strict=True)))

    def chunk(self, message: Any, about: Mapping[str, Any]) -> Iterator[Piece]:
        """A piece of what a model writes, or a message as a node gives it."""
        if (message.id or "") in self._known and not message.type.endswith("Chunk"):
            return
        if message.id:
            self._known.add(message.id)
        yield from self._read(message, self._heard(about.get("langgraph_node")), spoken=True)

    def update(self, news: Mapping[str, Any]) -> Iterator[Piece]:
        """What nodes have given."""
        if "__interrupt__" in news:
            raise AgentError(
                "The graph waits for a person, who cannot answer it here.",
                code="agent_waits",
                next_step="Let it ask in its answer; the next turn then goes on.",
            )
        for node, given in news.items():
            messages = given.get("messages") if isinstance(given, Mapping) else None
            for message in messages if isinstance(messages, list) else [messages]:
                if isinstance(message, Mapping):
                    if message.get("role") in ("assistant", "ai") and self._heard(node):
                        yield str(message.get("content") or "")
                elif message is not None:
                    # Chunks were spoken as they came; what was whole from the start was, too.
                    fresh = message.id not in self._known
                    if message.id:
                        self._known.add(message.id)
                    yield from self._read(message, self._heard(node), spoken=fresh)

    def _heard(self, node: Any) -> bool:
        return self._nodes is None or node in self._nodes

    def _read(self, message: Any, heard: bool, *, spoken: bool) -> Iterator[Piece]:
        if message.type == "tool":
            yield from self._returned(message)
        elif message.type in ("ai", "AIMessageChunk"):
            if used := getattr(message, "usage_metadata", None):
                self._count(message.id or str(len(self._used)), used, piece=message.type != "ai")
            if heard and spoken:
                yield _text(message.content)
            if message.type == "ai":
                yield from self._calls(message)

    def _count(self, message_id: str, used: Mapping[str, Any], *, piece: bool) -> None:
        """Chunks tell in parts what the whole message tells at once."""
        known = self._used.get(message_id) if piece else None
        counts = _counts(used)
        self._used[message_id] = counts if known is None else tuple(map(sum, zip(known, counts, strict=True)))

    def _calls(self, message: Any) -> Iterator[Piece]:
        for call in message.tool_calls:
            if (call_id := call["id"] or "") not in self._called:
                self._called.add(call_id)
                yield ToolRun(call_id, call["name"], call["args"])

    def _returned(self, message: Any) -> Iterator[Piece]:
        done = f"{message.tool_call_id} done"
        if done not in self._called:
            self._called.add(done)
            text, name = _text(message.content), message.name or ""
            failed = text if message.status == "error" else None
            yield ToolRun(message.tool_call_id, name, output=text, error=failed)


def _counts(used: Mapping[str, Any]) -> tuple[int, ...]:
    """Tokens given and made, and of these those from the cache and those of thought."""
    given, made = used.get("input_token_details") or {}, used.get("output_token_details") or {}
    counts = (
        used.get("input_tokens"),
        used.get("output_tokens"),
        given.get("cache_read"),
        made.get("reasoning"),
    )
    return tuple(count or 0 for count in counts)


def _text(content: Any) -> str:
    """A message's text: some models give it in blocks."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = (block if isinstance(block, str) else block.get("text") for block in blocks)
    return "".join(text for text in texts if isinstance(text, str))
