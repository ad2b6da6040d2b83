"""The agent's driver: whatever an agent does, the engine gets its ``reply.done`` and the user a sentence."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

from voice_widget.agents import Notice, Piece, Remark, Show, Thinking, ToolCall, ToolRun, Turn, Usage
from voice_widget.agents.driver import Driver
from voice_widget.errors import AgentError
from voice_widget.threads.work import Work


class Bench:
    """A driver, and what it sent and showed."""

    def __init__(self, agent: Callable[[Turn], Any], timeout_s: float = 5.0, **paces: float) -> None:
        self.sent: list[dict[str, Any]] = []
        self.shown: list[Show] = []
        self.told: list[dict[str, Any]] = []
        self.spoke = asyncio.Event()
        self.driver = Driver(
            agent,
            Work(),
            send=self.send,
            show=lambda turn, show: self.shown.append(show),
            tell=self.told.append,
            timeout_s=timeout_s,
            **paces,
        )

    async def send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)
        self.spoke.set()

    def answer(self, turn: Turn) -> asyncio.Task[None]:
        async def made() -> Turn:
            return turn

        task = self.driver.answer(turn.response_id, made)
        assert task is not None
        return task

    async def run(self, text: str = "hello") -> dict[str, Any]:
        """Answer a turn; gives the closing event."""
        async with asyncio.timeout(10):
            await self.answer(Turn(text, response_id="resp_1", item_id="item_1"))
        assert self.sent[-1]["type"] == "voice_widget.reply.done"
        return self.sent[-1]

    @property
    def deltas(self) -> list[str]:
        return [e["delta"] for e in self.sent if e["type"] == "voice_widget.reply.delta"]


def plain(turn: Turn) -> str:
    return f"You said {turn.text}."


async def asynchronous(turn: Turn) -> str:
    await asyncio.sleep(0)
    return f"You said {turn.text}."


def pieces(turn: Turn) -> Iterator[str]:
    yield "You said "
    yield f"{turn.text}."


async def async_pieces(turn: Turn) -> AsyncIterator[str]:
    yield "You said "
    await asyncio.sleep(0)
    yield f"{turn.text}."


@pytest.mark.parametrize("agent", [plain, asynchronous, pieces, async_pieces])
async def test_every_kind_of_function_answers(agent: Callable[[Turn], Any]) -> None:
    bench = Bench(agent)
    done = await bench.run()
    assert "".join(bench.deltas) == "You said hello."
    assert "error" not in done
    assert {e["response_id"] for e in bench.sent} == {"resp_1"}


async def test_the_first_piece_is_sent_before_the_second_is_made() -> None:
    release = threading.Event()

    def slow(turn: Turn) -> Iterator[str]:
        yield "First."
        assert release.wait(20)
        yield " Second."

    bench = Bench(slow)
    running = asyncio.ensure_future(bench.run())
    await asyncio.wait_for(bench.spoke.wait(), 20)
    assert bench.deltas == ["First."]
    release.set()
    await running
    assert bench.deltas == ["First.", " Second."]


async def test_a_raising_agent_is_named_with_what_it_raised(caplog: pytest.LogCaptureFixture) -> None:
    def broken(turn: Turn) -> Iterator[str]:
        yield "So far so good."
        raise KeyError("tip")

    bench = Bench(broken)
    done = await bench.run()
    assert done["error"]["code"] == "agent_failed"
    assert "broken raised KeyError: 'tip'" in done["error"]["message"]
    assert bench.deltas == ["So far so good."]
    assert bench.driver.errors["resp_1"]["next_step"]
    assert "Traceback" in caplog.text


async def test_a_hanging_agent_is_given_up_and_the_next_turn_is_answered() -> None:
    release = threading.Event()
    hung = threading.Event()

    def hangs_once(turn: Turn) -> str:
        if turn.text == "hang":
            hung.set()
            release.wait(10)
        return "Here."

    bench = Bench(hangs_once, timeout_s=0.2)
    done = await bench.run("hang")
    assert done["error"]["code"] == "agent_timeout"
    assert hung.is_set()
    bench.driver._timeout_s = 10.0  # this one only has to begin, on however busy a machine
    try:
        assert "error" not in await bench.run("again")
        assert bench.deltas == ["Here."]
    finally:
        release.set()


@pytest.mark.parametrize("nothing", [lambda turn: None, lambda turn: "", lambda turn: iter(())])
async def test_an_agent_that_says_nothing_is_named(nothing: Callable[[Turn], Any]) -> None:
    done = await Bench(nothing).run()
    assert done["error"]["code"] == "agent_silent"


async def test_a_piece_that_cannot_be_spoken_is_named() -> None:
    done = await Bench(lambda turn: 42).run()
    assert done["error"]["code"] == "agent_piece"
    assert "int" in done["error"]["message"]


async def test_an_interruption_closes_the_generator_and_drops_what_it_still_says() -> None:
    closed = threading.Event()
    seen: list[Turn] = []

    async def endless(turn: Turn) -> AsyncIterator[str]:
        seen.append(turn)
        try:
            while True:
                yield "More. "
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    bench = Bench(endless)
    answering = bench.answer(Turn("go on", response_id="resp_1"))
    await asyncio.wait_for(bench.spoke.wait(), 20)
    bench.driver.cancel("resp_1")
    await asyncio.wait({answering}, timeout=20)
    assert await asyncio.to_thread(closed.wait, 20)
    assert seen[0].cancelled.is_set()
    assert bench.sent[-1]["type"] == "voice_widget.reply.delta"  # and no reply.done: nobody waits for it


async def test_a_tool_call_goes_out_as_json() -> None:
    bench = Bench(lambda turn: ToolCall("add", {"a": 1}))
    done = await bench.run()
    call = bench.sent[0]
    assert (call["type"], call["name"], json.loads(call["arguments"])) == (
        "voice_widget.reply.call",
        "add",
        {"a": 1},
    )
    assert call["call_id"].startswith("call_")
    assert "error" not in done


async def test_a_tool_call_with_arguments_that_are_no_json_is_named() -> None:
    done = await Bench(lambda turn: ToolCall("add", {"a": object()})).run()
    assert "no JSON" in done["error"]["message"]


async def test_the_arguments_of_a_tool_call_are_written_on_the_work_thread() -> None:
    threads: set[str] = set()

    class Numbers(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            threads.add(threading.current_thread().name)
            return 2

        def __iter__(self) -> Iterator[str]:
            threads.add(threading.current_thread().name)
            return iter(["a"])

        def __len__(self) -> int:
            return 1

    bench = Bench(lambda turn: ToolCall("add", Numbers()))
    await bench.run()
    assert bench.sent[0]["arguments"] == '{"a": 2}'
    assert threads == {"voice_widget work 1"}


async def test_texts_of_the_users_own_kind_cross_as_plain_ones() -> None:
    class Text(str):
        def strip(self, *args: Any) -> str:
            raise AssertionError(threading.current_thread().name)

    def agent(turn: Turn) -> Iterator[Any]:
        yield Text("Hello.")
        yield ToolCall(Text("add"), {Text("a"): Text("b")})
        yield Show(1, Text("one"))

    bench = Bench(agent)
    done = await bench.run()
    assert "error" not in done
    texts = [bench.deltas[0], bench.sent[1]["name"], bench.sent[1]["arguments"], bench.shown[0].label]
    assert texts == ["Hello.", "add", '{"a": "b"}', "one"]
    assert {type(text) for text in texts} == {str}


async def test_the_words_of_what_an_agent_raised_are_made_on_the_work_thread() -> None:
    threads: set[str] = set()

    class Traced(Exception):
        def __str__(self) -> str:
            threads.add(threading.current_thread().name)
            return "traced"

    def broken(turn: Turn) -> str:
        raise Traced

    assert "broken raised Traced: traced." in (await Bench(broken).run())["error"]["message"]
    assert threads == {"voice_widget work 1"}


async def test_an_agents_own_timeout_is_not_taken_for_silence() -> None:
    def late(turn: Turn) -> str:
        raise TimeoutError("the database is slow")

    error = (await Bench(late).run())["error"]
    assert error["code"] == "agent_failed"
    assert "TimeoutError: the database is slow" in error["message"]


async def test_what_an_agent_says_of_itself_is_told_as_it_is() -> None:
    def away(turn: Turn) -> str:
        raise AgentError("The database is away.", code="away", next_step="Start it.")

    bench = Bench(away)
    assert (await bench.run())["error"] == {"code": "away", "message": "The database is away."}
    assert bench.driver.errors["resp_1"]["next_step"] == "Start it."


async def test_an_agent_with_attributes_of_its_own_making_is_not_asked_for_them_on_the_loop() -> None:
    threads: set[str] = set()

    class Proxy:
        def __getattr__(self, name: str) -> Any:
            threads.add(threading.current_thread().name)
            raise AttributeError(name)

        def __call__(self, turn: Turn) -> str:
            return "Here."

    await Bench(Proxy()).run()
    assert threads <= {"voice_widget work 1"}


async def test_what_is_shown_reaches_the_cell_and_something_is_said() -> None:
    bench = Bench(lambda turn: Show([1, 2], "list · 2"))
    await bench.run()
    assert [show.label for show in bench.shown] == ["list · 2"]
    assert bench.deltas == ["Here it is."]


async def test_an_answer_can_be_cancelled_before_its_turn_is_there() -> None:
    asked: list[Turn] = []
    there = asyncio.Event()
    bench = Bench(lambda turn: asked.append(turn) or "Too late.")

    async def late() -> Turn:
        await there.wait()
        return Turn("hello", response_id="resp_1")

    begun = [bench.driver.answer("resp_1", late)]
    bench.driver.cancel("resp_1")  # before its task has begun
    begun.append(bench.driver.answer("resp_1", late))
    await asyncio.sleep(0)
    bench.driver.cancel("resp_1")  # while it waits
    there.set()
    await asyncio.wait({task for task in begun if task}, timeout=20)
    assert (asked, bench.sent) == ([], [])


async def test_an_answer_that_is_asked_for_again_is_given_once() -> None:
    there = asyncio.Event()
    bench = Bench(plain)

    async def late() -> Turn:
        await there.wait()
        return Turn("hello", response_id="resp_1")

    bench.driver.answer("resp_1", late)
    await asyncio.sleep(0)
    again = bench.driver.answer("resp_1", late)
    there.set()
    assert again is not None
    await asyncio.wait_for(again, 20)
    assert bench.deltas == ["You said hello."]
    assert [event["type"] for event in bench.sent][-1:] == ["voice_widget.reply.done"]
    assert not bench.driver._running


async def test_what_models_used_is_summed_and_told_with_the_end() -> None:
    def agent(turn: Turn) -> Iterator[Piece]:
        yield Usage(input_tokens=7, output_tokens=2, cached_tokens=4)
        yield "Hello."
        yield Usage(3, 1, reasoning_tokens=1)

    done = await Bench(agent).run()
    assert done["usage"] == {
        "input_tokens": 10,
        "output_tokens": 3,
        "cached_tokens": 4,
        "reasoning_tokens": 1,
    }
    assert "usage" not in await Bench(plain).run()


async def test_what_was_used_is_told_of_an_answer_that_fails_too() -> None:
    def broken(turn: Turn) -> Iterator[Piece]:
        yield Usage(5, 1)
        raise KeyError("tip")

    done = await Bench(broken).run()
    assert (done["error"]["code"], done["usage"]["input_tokens"]) == ("agent_failed", 5)


async def test_counts_that_are_none_count_nothing() -> None:
    odd: Any = "7"
    done = await Bench(lambda turn: iter(["Hello.", Usage(odd, -1, True, 2)])).run()
    assert list(done["usage"].values()) == [0, 0, 0, 2]


async def test_a_tool_of_the_agents_own_is_told_when_it_begins_and_once_when_it_ends() -> None:
    def agent(turn: Turn) -> Iterator[Piece]:
        yield ToolRun("call_1", "look", {"at": "tips"})
        yield ToolRun("call_1", output="42")
        yield ToolRun("call_1", output="42")
        yield ToolRun("call_2", "look", "{}", error="no such column")
        yield "It is 42."

    bench = Bench(agent)
    await bench.run()
    assert [event.pop("type").rpartition(".")[2] for event in bench.told] == [
        *("tool_started", "tool_ended") * 2,
    ]
    response = {"response_id": "resp_1"}
    assert bench.told == [
        {**response, "tool_call_id": "call_1", "name": "look", "arguments": '{"at": "tips"}'},
        {**response, "tool_call_id": "call_1", "status": "completed", "output": "42"},
        {**response, "tool_call_id": "call_2", "name": "look", "arguments": "{}"},
        {**response, "tool_call_id": "call_2", "status": "failed", "error": "no such column"},
    ]


async def test_what_an_agents_tool_gave_is_kept_up_to_a_length() -> None:
    bench = Bench(lambda turn: iter([ToolRun("call_1", "look", output="x" * 1_000_000), "Yes."]))
    await bench.run()
    assert len(bench.told[-1]["output"]) == 16_000


async def test_a_tool_of_the_agents_own_that_is_interrupted_is_told_as_cancelled() -> None:
    release = threading.Event()

    def agent(turn: Turn) -> Iterator[Piece]:
        yield ToolRun("call_1", "look")
        yield "One moment."
        release.wait(20)

    bench = Bench(agent)
    answering = bench.answer(Turn("go on", response_id="resp_1"))
    await asyncio.wait_for(bench.spoke.wait(), 20)
    bench.driver.cancel("resp_1")
    await asyncio.wait({answering}, timeout=20)
    release.set()
    assert (bench.told[-1]["type"], bench.told[-1]["status"]) == (
        "voice_widget.agent.tool_ended",
        "cancelled",
    )


async def test_a_notice_is_told_with_its_details() -> None:
    bench = Bench(lambda turn: iter([Notice("cut", "It is cut.", "Ask for less.", {"messages": 3}), "Yes."]))
    await bench.run()
    assert bench.told == [
        {
            "type": "voice_widget.agent.noticed",
            "response_id": "resp_1",
            "code": "cut",
            "message": "It is cut.",
            "next_step": "Ask for less.",
            "details": {"messages": 3},
        }
    ]


@pytest.mark.parametrize(
    "piece",
    [
        Thinking(),
        Remark("plan", {"steps": 2}),
        Usage(3, 4),
        Notice("cut", "It is cut.", "Ask for less."),
        ToolRun("call_1", "look"),
        Show(1),
        "",
        None,
    ],
    ids=lambda piece: type(piece).__name__,
)
async def test_all_that_an_agent_gives_is_a_sign_of_life(piece: Any) -> None:
    bench = Bench(lambda turn: iter([piece, "Here."]), apart_s=0.0)
    assert "error" not in await bench.run()
    assert bench.deltas == ["", "Here."]


async def test_signs_of_life_do_not_flood_the_call() -> None:
    bench = Bench(lambda turn: iter([*[Thinking()] * 500, "Here."]), apart_s=60.0)
    await bench.run()
    assert bench.deltas == ["Here."]


async def test_words_are_a_sign_of_life_by_themselves() -> None:
    bench = Bench(lambda turn: iter(["Here ", "it is."]), apart_s=0.0)
    await bench.run()
    assert bench.deltas == ["Here ", "it is."]


async def test_a_tool_of_the_agents_own_counts_as_life_while_it_runs() -> None:
    """Longer than an agent may be silent, which it may not be once that tool is done."""
    seen = threading.Event()

    def slow(turn: Turn) -> Iterator[Piece]:
        yield ToolRun("call_1", "look")
        assert seen.wait(20)
        yield ToolRun("call_1", output="3")
        yield "It is three."

    bench = Bench(slow, timeout_s=0.1, beat_s=0.2)
    answering = bench.answer(Turn("look", response_id="resp_1"))
    async with asyncio.timeout(20):
        while bench.deltas.count("") < 3:
            bench.spoke.clear()
            await bench.spoke.wait()
        seen.set()
        await answering
    assert bench.deltas[-1] == "It is three."
    assert "error" not in bench.sent[-1]


async def test_an_agent_is_given_up_that_is_silent_after_its_tool() -> None:
    release = threading.Event()

    def silent(turn: Turn) -> Iterator[Piece]:
        yield ToolRun("call_1", "look")
        yield ToolRun("call_1", output="3")
        release.wait(20)

    bench = Bench(silent, timeout_s=0.2)
    try:
        assert (await bench.run())["error"]["code"] == "agent_timeout"
    finally:
        release.set()
