"""A run of a tool: off the loop, step by step, and never without an end."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from voice_widget.agents import Show
from voice_widget.threads.work import Work
from voice_widget.tools import running
from voice_widget.tools.outputs import Output
from voice_widget.tools.running import Ended
from voice_widget.tools.tool import Tool


async def ends(
    function: Callable[..., Any], arguments: str = "", steps: list[Output] | None = None, **options: Any
) -> Ended:
    took = [] if steps is None else steps
    return await running.run(Tool(function, **options), arguments, Work(), threading.Event(), took.append)


async def gives(function: Callable[..., Any], arguments: str = "") -> str:
    return (await ends(function, arguments)).output.text


async def test_it_runs_with_checked_arguments_off_the_loop() -> None:
    threads = []

    def where(n: int) -> int:
        threads.append(threading.current_thread().name)
        return n + 1

    assert await ends(where, '{"n": "41"}') == Ended("completed", Output("42"))
    assert threads[0].startswith("voice_widget work")


async def test_async_functions_are_fine_and_plain_ones_may_run_a_loop_of_their_own() -> None:
    async def greet(name: str) -> str:
        await asyncio.sleep(0)
        return f"Hello {name}."

    def again(name: str) -> str:
        return asyncio.run(greet(name))

    assert await gives(greet, '{"name": "Ada"}') == "Hello Ada."
    assert await gives(again, '{"name": "Ada"}') == "Hello Ada."


@pytest.mark.parametrize(
    ("arguments", "says"), [("{", "not JSON"), ("{}", "day"), ('{"day": "Monday", "price": 3}', "price")]
)
async def test_the_models_mistakes_are_told_to_it(arguments: str, says: str) -> None:
    def book(day: str) -> str:
        return day

    ended = await ends(book, arguments)
    assert (ended.status, ended.traceback) == ("failed", None)
    assert says in json.loads(ended.output.text)["error"]
    assert says in (ended.error or "")


async def test_a_raising_tool_is_an_output_too_and_the_traceback_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def burn() -> None:
        raise RuntimeError("the printer burns")

    ended = await ends(burn)
    assert json.loads(ended.output.text) == {"error": "RuntimeError: the printer burns"}
    assert ended.error == "RuntimeError: the printer burns"
    assert ended.traceback is not None
    first, *_, last = ended.traceback.splitlines()
    assert (first, last) == ("Traceback (most recent call last):", "RuntimeError: the printer burns")
    assert "in burn" in ended.traceback
    assert "voice_widget/threads" not in ended.traceback
    assert "Traceback" in caplog.text


async def test_what_a_generator_yields_is_progress_and_what_it_returns_its_result() -> None:
    def count() -> Iterator[str]:
        yield "half"
        return {"rows": 2}  # type: ignore[return-value]

    steps: list[Output] = []
    ended = await ends(count, steps=steps)
    assert [step.text for step in steps] == ["half"]
    assert ended == Ended("completed", Output('{"rows": 2}'))


async def test_of_a_generator_that_returns_nothing_the_last_step_is_the_result_and_is_shown_once() -> None:
    async def draw() -> AsyncIterator[Any]:
        yield "drawing"
        yield Show(1, "figure")

    async def later() -> AsyncIterator[Any]:
        return draw()

    for function in (draw, later):
        steps: list[Output] = []
        ended = await ends(function, steps=steps)
        assert steps == [Output("drawing"), Output("Shown: figure.", Show(1, "figure"))]
        assert ended == Ended("completed", Output("Shown: figure."))


class Days:
    """An iterator that is no generator, async or not."""

    def __init__(self) -> None:
        self._days = ["Sat", "Sun"]

    def __aiter__(self) -> Days:
        return self

    async def __anext__(self) -> str:
        if not self._days:
            raise StopAsyncIteration
        return self._days.pop(0)


async def test_an_iterator_that_a_function_returns_is_a_list_and_no_progress() -> None:
    def mapped() -> Any:
        return map(str, [1, 2, 3])

    def expression() -> Any:
        return (n * n for n in [1, 2, 3])

    async def later() -> Any:
        return zip([1, 2], "ab", strict=True)

    async def days() -> Any:
        return Days()

    async def async_expression() -> Any:
        return (day async for day in Days())

    for function, text in (
        (mapped, '["1", "2", "3"]'),
        (expression, "[1, 4, 9]"),
        (later, '[[1, "a"], [2, "b"]]'),
        (days, '["Sat", "Sun"]'),
        (Days, '["Sat", "Sun"]'),
        (async_expression, '["Sat", "Sun"]'),
    ):
        steps: list[Output] = []
        ended = await ends(function, steps=steps)
        assert (ended, steps) == (Ended("completed", Output(text)), [])


async def test_an_endless_iterator_is_cut_and_one_that_raises_has_failed() -> None:
    def endless() -> Any:
        return itertools.count()

    def broken() -> Any:
        return map(int, ["1", "x"])

    assert (await gives(endless)).endswith(
        "… Cut here, of at least 8,000 items. Ask for less, or for a part."
    )
    ended = await ends(broken)
    assert ended.status == "failed"
    assert "ValueError: invalid literal" in (ended.error or "")
    assert ended.traceback is not None


async def test_a_generator_that_fails_half_way_has_failed() -> None:
    def count() -> Iterator[str]:
        yield "half"
        raise KeyError("tip")

    ended = await ends(count)
    assert (ended.status, ended.error) == ("failed", "KeyError: 'tip'")


async def test_a_result_that_cannot_be_told_has_failed_without_a_traceback() -> None:
    def lock() -> Any:
        return threading.Lock()

    ended = await ends(lock)
    assert ended.status == "failed"
    assert "there is a lock in it" in (ended.error or "")
    assert ended.traceback is None


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_what_hangs_is_given_up(kind: str) -> None:
    let_go = threading.Event()

    def blocks() -> None:
        let_go.wait(20)

    async def sleeps() -> None:
        await asyncio.Event().wait()

    ended = await ends(blocks if kind == "plain" else sleeps, timeout_s=0.05)
    let_go.set()
    assert ended.status == "failed"
    assert ended.error in (
        "blocks gave nothing for 0.05 s, and was given up.",
        "sleeps gave nothing for 0.05 s, and was given up.",
    )


async def test_arguments_and_results_are_made_and_read_on_the_work_thread() -> None:
    threads: list[str] = []

    def here(value: Any) -> Any:
        threads.append(threading.current_thread().name)
        return value

    class Piece:
        def __str__(self) -> str:
            return str(here("piece"))

    def checked(n: Any) -> Iterator[Any]:
        yield Piece()
        return Piece()  # type: ignore[return-value]

    checked.__annotations__["n"] = Annotated[int, AfterValidator(here)]
    assert await gives(checked, '{"n": 1}') == '"piece"'
    assert threads == ["voice_widget work 1"] * 3


async def test_a_validator_that_raises_costs_its_call_only() -> None:
    threads: set[str] = set()

    class Odd(ValueError):
        def __str__(self) -> str:
            threads.add(threading.current_thread().name)
            return "an odd one"

    def refuse(value: int) -> int:
        raise Odd if value == 1 else KeyError("two")

    def checked(n: Any) -> None: ...

    checked.__annotations__["n"] = Annotated[int, AfterValidator(refuse)]
    assert "an odd one" in json.loads(await gives(checked, '{"n": 1}'))["error"]
    assert json.loads(await gives(checked, '{"n": 2}')) == {"error": "KeyError: 'two'"}
    assert threads == {"voice_widget work 1"}


async def test_the_words_of_what_a_tool_raised_are_made_on_the_work_thread() -> None:
    threads: set[str] = set()

    class Traced(Exception):
        def __str__(self) -> str:
            threads.add(threading.current_thread().name)
            return "traced"

    def fail() -> None:
        raise Traced

    assert json.loads(await gives(fail)) == {"error": "Traced: traced"}
    assert threads == {"voice_widget work 1"}


async def test_a_huge_error_is_cut() -> None:
    def fail() -> None:
        raise ValueError("x" * 5_000_000)

    ended = await ends(fail)
    assert len(ended.output.text) < 2_100
    assert len(ended.error or "") < 2_100
    assert len(ended.traceback or "") <= 8_000


async def test_whether_somebody_is_asked_is_judged_on_the_work_thread_and_in_doubt_so() -> None:
    threads: list[str] = []

    class Odd:
        def __bool__(self) -> bool:
            threads.append(threading.current_thread().name)
            raise ValueError("both")

    def book() -> None: ...

    assert await running.asks(Tool(book, needs_approval=lambda given: Odd()), "{}", Work()) is True  # type: ignore[arg-type, return-value]
    assert threads == ["voice_widget work 1"]
    assert await running.asks(Tool(book, needs_approval=lambda given: False), "{}", Work()) is False


async def test_what_a_notebook_s_own_function_raises_is_told_too() -> None:
    """Its module has no package: IPython sets it to None."""
    cell: dict[str, Any] = {"__name__": "__main__", "__package__": None}
    exec("def burn():\n    raise KeyError('tip')", cell)
    ended = await ends(cell["burn"], timeout_s=5)
    assert ended.error == "KeyError: 'tip'"
    assert "in burn" in (ended.traceback or "")
